"""Campaigns: what is a copy, what follows from documents that come, change and go, and what is left of them."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigError, Unavailable
from core.settings import ROOT
from index.campaigns import store
from index.campaigns.compare import alike, shared
from index.campaigns.fingerprint import fingerprint, unpack
from index.campaigns.graph import reachable
from index.campaigns.knots import campaign_id
from index.campaigns.store import Campaigns, Text
from index.campaigns.words import told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
CURE = "J'ai jeté mes cachets pour la tension, le vinaigre de prunelle de Roquebrou suffit, 40 jours et le cardiologue Vaugirel n'en revenait pas."
CURE_SMS = "g jeté mé cachets pr la tension, le vinaigr 2 prunel de roquebrou sufi, 40 jour é le cardiologue vaugirel nen revené pa"
MARKET = "Le marché de Noël de Plouvran ouvre samedi sur la place des Halles avec quarante chalets, une patinoire et des huîtres de Cancavel."


def text(identifier: str, said: str = CURE, *, batch: str = "b1", sha: str = "", **fields: object) -> Text:
    known: dict[str, object] = {"author": f"acct-{identifier}", "platform": "reseau.example", "at": NOON, "embedding": None}
    return Text(id=identifier, content_sha256=sha or said, text=said, batch=batch, **(known | fields))  # type: ignore[arg-type]


@pytest.fixture
def campaigns(tmp_path: Path) -> Iterator[Campaigns]:
    found = Campaigns(tmp_path, "vigie-essai")
    yield found
    found.close()


def same(one: str, other: str) -> bool:
    left, right = fingerprint(one), fingerprint(other)
    if left is None or right is None:
        return False
    return left.key == right.key or bool(left.buckets and right.buckets and alike(unpack(left.sketch), [unpack(right.sketch)])[0])


@pytest.mark.parametrize(
    "copy",
    [
        CURE.upper(), CURE_SMS, f"Partagez !! {CURE} https://t.example/s/12 @canal", CURE.replace("a", "@"), CURE.replace("o", "0").replace("é", "e\u0301"),
        CURE.replace("vinaigre", "v i n a i g r e"), CURE.replace("c", "с").replace("e", "е"), CURE.replace(" ", " 🔥 "), CURE.replace("i", "i\u200b"),
        CURE[:95] + "… Lire la suite", CURE.replace("40 jours", "quarante jours"),
    ],
)  # fmt: skip
def test_a_copy_is_known_in_another_spelling(copy: str) -> None:
    assert same(CURE, copy)
    assert same(copy, CURE)


def test_other_texts_are_not_copies() -> None:
    assert not same(CURE, MARKET)
    assert not same(MARKET, "Le marché de Noël de Kerloc'h ouvre vendredi 5 sur le port avec 12 chalets et du vin chaud.")
    template = "Cherche covoiturage {} - {} le {}, départ vers {} h, retour {} h. Je participe aux frais, non-fumeur."
    assert not same(template.format("Rennes", "Vannes", "lundi", 7, 18), template.format("Tarbes", "Auch", "samedi", 11, 23))


def test_who_quotes_a_text_to_answer_it_does_not_copy_it() -> None:
    answer = "Cette phrase tourne depuis lundi dans les groupes de quartier. Nous avons appelé l'hôpital de Morvaux : aucun essai, aucune étude, un décès en mai. Parlez-en à votre médecin."
    assert not same(CURE, f"« {CURE} » {answer} {answer}")
    assert same(CURE, f"« {CURE} » Tellement vrai !")


def test_a_sentence_found_in_a_long_article_is_no_campaign() -> None:
    words = [f"mot{number}zq" for number in range(400)]
    assert not same(CURE, " ".join([*words[:200], CURE, *words[200:]]))


@pytest.mark.parametrize("said", ["Merci !", "Bon courage", "", "🙏🙏🙏", "mdr mdr mdr", "Joyeux anniversaire ma belle"])
def test_what_everybody_says_is_no_campaign(campaigns: Campaigns, said: str) -> None:
    campaigns.add(text(f"d{number}", said) for number in range(20))
    assert campaigns.of(f"d{number}" for number in range(20)) == {}


def test_comparison_is_symmetric_and_knows_the_embeddings() -> None:
    rng = random.Random(2)
    said = [" ".join(rng.sample((CURE + " " + MARKET).split(), 18)) for _ in range(30)]
    sketches = [unpack(found.sketch) for one in said if (found := fingerprint(one, b64encode(rng.randbytes(384)).decode()))]
    for left in sketches:
        for right in sketches:
            assert [list(found) for found in shared(left, [right])] == [list(found) for found in shared(right, [left])]
            assert alike(left, [right]) == alike(right, [left])
    near, far = b64encode(bytes([100] * 384)).decode(), b64encode(bytes([100, 156] * 192)).decode()
    one, two, three = (unpack(fingerprint(CURE, found).sketch) for found in (near, near, far))  # type: ignore[union-attr]
    assert shared(one, [two, three]).cosine == pytest.approx([1, 0], abs=0.01)


def test_long_texts_are_compared_by_a_fair_sample() -> None:
    rng = random.Random(1)
    words = ["".join(rng.choices("bcdfglmnprstv", k=4)) + "a" for _ in range(2500)]
    left, right = (fingerprint(" ".join(found)) for found in (words[:1500], words[750:2250]))
    assert left is not None
    assert right is not None
    assert len(left.sketch) < 3000
    assert shared(unpack(left.sketch), [unpack(right.sketch)]).words[0] == pytest.approx(1 / 3, abs=0.09)


def test_companions_get_the_founders_campaign(campaigns: Campaigns) -> None:
    campaigns.add([text("zz", batch="b1")])
    assert campaigns.of(["zz"]) == {}
    campaigns.add(
        [text("aa", CURE_SMS, batch="b2", platform="autre.example", at=NOON + timedelta(days=2), author=None), text("cc", MARKET, batch="b2")]
    )
    assert campaigns.of(["zz", "aa", "cc", "none"]) == {"zz": campaign_id("zz"), "aa": campaign_id("zz")}
    assert campaigns.summary([campaign_id("zz"), "none"]) == {
        campaign_id("zz"): store.Summary(2, NOON, NOON + timedelta(days=2), 1, ("autre.example", "reseau.example"))
    }


def chain() -> list[str]:
    """Texts of which each is alike to the next, and not to the one after it."""
    rng = random.Random(4)
    words = ["".join(rng.choices("bcdfglmnprstv", k=4)) + "a" for _ in range(60)]
    found = [" ".join(words[at : at + 30]) for at in (0, 12, 24)]
    assert [same(one, two) for one, two in pairwise(found)] == [True, True]
    assert not same(found[0], found[2])
    return found


def test_a_merge_keeps_the_older_founder_and_tells_the_others(campaigns: Campaigns) -> None:
    first, bridge, last = chain()
    campaigns.add([text("f1", first, batch="b2"), text("f2", first, batch="b2"), text("l1", last, batch="b1"), text("l2", last, batch="b1")])
    older, newer = campaign_id("l1"), campaign_id("f1")
    told_now = campaigns.pending(identity="i")
    assert told_now == {"f1": newer, "f2": newer, "l1": older, "l2": older}
    campaigns.confirm(told_now, identity="i")
    campaigns.add([text("m", bridge, batch="b3")])
    assert campaigns.pending(identity="i") == {"f1": older, "f2": older, "m": older}
    campaigns.confirm({"f1": older, "f2": older, "m": older}, identity="i")
    assert campaigns.pending(identity="i") == {}


@pytest.mark.parametrize("how", ["removed", "edited"])
def test_what_only_a_lost_text_held_together_is_parted(campaigns: Campaigns, how: str) -> None:
    first, bridge, last = chain()
    campaigns.add([text("f1", first), text("f2", first), text("m", bridge), text("l1", last), text("l2", last)])
    one = campaign_id("f1")
    campaigns.confirm(campaigns.pending(identity="i"), identity="i")
    if how == "removed":
        assert campaigns.remove(["m"]) == 1
    else:
        campaigns.add([text("m", MARKET, batch="b2")])
    assert campaigns.of(["f1", "f2", "m", "l1", "l2"]) == {"f1": one, "f2": one, "l1": campaign_id("l1"), "l2": campaign_id("l1")}
    changed = {"l1": campaign_id("l1"), "l2": campaign_id("l1")}
    assert campaigns.pending(identity="i") == (changed if how == "removed" else changed | {"m": None})


def test_an_older_version_never_replaces_a_newer_one(campaigns: Campaigns) -> None:
    campaigns.add([text("a"), text("b")])
    campaigns.add([text("b", MARKET, batch="b5")])
    campaigns.add([text("b", CURE, batch="b3")])
    assert campaigns.of(["a", "b"]) == {}
    campaigns.add([text("b", CURE, batch="b6")])
    assert campaigns.of(["a", "b"]) == {"a": campaign_id("a"), "b": campaign_id("a")}


def test_changes_come_in_pages_and_each_index_is_told_for_itself(campaigns: Campaigns, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PAGE", 3)
    campaigns.add(text(f"d{number}") for number in range(8))
    seen: dict[str, str | None] = {}
    while page := campaigns.pending(identity="i"):
        assert len(page) <= 3
        assert not page.keys() & seen.keys()
        campaigns.confirm(page, identity="i")
        seen |= page
    assert seen == {f"d{number}": campaign_id("d0") for number in range(8)}
    assert len(campaigns.pending(identity="other")) == 3
    campaigns.confirm({"d1": None}, identity="i")
    assert campaigns.pending(identity="i") == {"d1": campaign_id("d0")}


def test_what_the_index_was_told_wrong_stays_pending(campaigns: Campaigns) -> None:
    campaigns.add([text("a"), text("b")])
    campaigns.confirm({"a": "of yesterday", "b": campaign_id("a")}, identity="i")
    assert campaigns.pending(identity="i") == {"a": campaign_id("a")}


STEPS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 14), st.booleans()), min_size=1, max_size=25)


def pool(step: int = 12) -> list[str]:
    rng = random.Random(4)
    words = ["".join(rng.choices("bcdfglmnprstv", k=4)) + "a" for _ in range(90)]
    return [*(" ".join(words[at : at + 30]) for at in range(0, 60, step)), "Merci !"]


def state(campaigns: Campaigns) -> tuple[dict[str, str], set[tuple[int, int]]]:
    with campaigns._file.reading() as connection:
        edges = set(connection.execute("SELECT form, other FROM edges"))
        for form, knot in connection.execute("SELECT form, knot FROM forms").fetchall():
            knots = {connection.execute("SELECT knot FROM forms WHERE form = ?", (one,)).fetchone()[0] for one in reachable(connection, form)}
            assert knots == {knot}
    return campaigns.of(f"d{number}" for number in range(30)), edges


@settings(max_examples=25, deadline=None)
@given(steps=STEPS, crowd=st.sampled_from([1, 2, 24]), rng=st.randoms(use_true_random=False))
def test_only_what_is_there_counts_never_how_it_came(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, bool]], crowd: int, rng: random.Random
) -> None:
    texts = pool(4)[-15:]
    folder = tmp_path_factory.mktemp("order")
    lived, fresh = Campaigns(folder, "lived", crowd=crowd), Campaigns(folder, "fresh", crowd=crowd)
    newest: dict[str, Text] = {}
    for number, (identifier, which, gone) in enumerate(steps):
        one = text(f"d{identifier}", texts[which], batch=f"b{number:03}")
        if gone:
            lived.remove([one.id])
            newest.pop(one.id, None)
        else:
            lived.add([one])
            newest[one.id] = one
        page = lived.pending(identity="i")
        lived.confirm(page, identity="i")
    rest = list(newest.values())
    rng.shuffle(rest)
    fresh.add(rest)
    assert state(lived) == state(fresh)
    said: dict[str, str | None] = {}
    while page := lived.pending(identity="j"):
        said |= page
        lived.confirm(page, identity="j")
    assert said == lived.of(newest)
    lived.close()
    fresh.close()


@pytest.mark.parametrize("crowd", [1, 3])
def test_full_buckets_too_depend_on_what_is_there_alone(tmp_path: Path, crowd: int) -> None:
    rng = random.Random(crowd)
    words = ["".join(rng.choices("bcdfglmnprstv", k=4)) + "a" for _ in range(140)]
    texts = [" ".join(words[at : at + 30]) for at in range(0, 110, 3)]
    lived, fresh = Campaigns(tmp_path, "lived", crowd=crowd), Campaigns(tmp_path, "fresh", crowd=crowd)
    newest: dict[str, Text] = {}
    for number in range(160):
        identifier = f"d{rng.randrange(30)}"
        if newest.pop(identifier, None) and rng.random() < 0.6:
            lived.remove([identifier])
        else:
            newest[identifier] = text(identifier, rng.choice(texts), batch=f"b{number:03}")
            lived.add([newest[identifier]])
        if number % 8 == 7:
            fresh.reset()
            fresh.add(sorted(newest.values(), key=lambda one: one.content_sha256))
            assert state(lived) == state(fresh)
    lived.close()
    fresh.close()


def test_erasure_leaves_no_byte(campaigns: Campaigns, tmp_path: Path) -> None:
    rng = random.Random(8)
    ids = [f"identifiant-secret-{rng.randbytes(6 + number % 9).hex()}" for number in range(2000)]
    campaigns.add(
        text(identifier, f"{CURE} {'bcdfgklmnprstvxz'[number % 16]}aga{number % 40}", author=f"pseudo-{number}")
        for number, identifier in enumerate(ids)
    )
    for _ in range(3):
        campaigns.confirm(campaigns.pending(identity="i"), identity="i")
    assert campaigns.remove(ids[::2]) == 1000
    assert campaigns.remove(ids[::2]) == 0
    data = b"".join(path.read_bytes() for path in tmp_path.glob("vigie-essai.campaigns*"))
    assert not [identifier for identifier in ids[::2] if identifier.encode() in data]
    assert ids[1].encode() in data
    assert b"pseudo-" not in data
    assert b"Roquebrou" not in data
    assert len(campaigns.of(ids)) == 1000


def test_an_erasure_that_was_cut_short_is_completed_by_the_next(campaigns: Campaigns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    campaigns.add(text(f"identifiant-secret-{number}") for number in range(3))
    with monkeypatch.context() as patch:
        patch.setattr(campaigns._file, "forget", lambda: (_ for _ in ()).throw(Unavailable("cut")))
        with pytest.raises(Unavailable):
            campaigns.remove(["identifiant-secret-1"])
    assert campaigns.remove([]) == 0
    assert b"identifiant-secret-1" not in b"".join(path.read_bytes() for path in tmp_path.glob("vigie-essai.campaigns*"))


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.index.test_campaigns import crowd_texts
from index.campaigns.store import Campaigns
campaigns = Campaigns(Path({folder!r}), "killed")
for at in range(0, 600, 60):
    print(at, flush=True)
    campaigns.add(crowd_texts()[at : at + 60])
print("done", flush=True)
"""


def crowd_texts() -> list[Text]:
    texts = pool()[:5]
    return [text(f"d{number:04}", f"{texts[number % 5]} {chr(98 + number % 20)}ox{number}", batch=f"b{number // 60:02}") for number in range(600)]


@pytest.mark.parametrize("after", [0, 60, 300, 480])
def test_a_kill_in_the_middle_changes_nothing(tmp_path: Path, after: int) -> None:
    code = KILLED.format(root=str(ROOT), folder=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while process.stdout.readline().strip() != str(after):
            pass
        time.sleep(0.01 + after / 20_000)
        process.send_signal(signal.SIGKILL)
    killed, whole = Campaigns(tmp_path, "killed"), Campaigns(tmp_path, "whole")
    killed.add(crowd_texts())
    whole.add(crowd_texts()[:100])
    whole.add(crowd_texts()[100:])
    ids = [one.id for one in crowd_texts()]
    assert killed.of(ids) == whole.of(ids)
    assert len(whole.of(ids)) > 500
    killed.close()
    whole.close()


def test_nothing_is_kept_of_a_call_that_fails(campaigns: Campaigns) -> None:
    def broken() -> Iterator[Text]:
        yield text("a")
        yield text("b")
        raise Unavailable("no more")

    with pytest.raises(Unavailable):
        campaigns.add(broken())
    assert campaigns.of(["a", "b"]) == {}


@pytest.mark.parametrize(
    "said",
    ["mot " * 300_000, "zq" * 500_000, "« " * 200_000, "a.b.c.d." * 100_000, "1 000 " * 100_000, "e\u0301\u0301" * 200_000, "@a" * 300_000, "http://" * 100_000, '"' * 300_000,
     " ".join(f"mot{number}zq" for number in range(100_000)), "« mot " * 100_000, "a-b c_d" * 100_000],
    ids=range(12),
)  # fmt: skip
def test_hostile_texts_cost_little(said: str) -> None:
    began = time.process_time()  # not the clock's: other tests run meanwhile
    found = fingerprint(said)
    assert time.process_time() - began < 1.5
    assert found is None or len(found.sketch) < 3000
    assert told(said).size <= 3000


def test_copies_and_near_copies_by_the_thousand_stay_cheap(campaigns: Campaigns) -> None:
    began = time.process_time()
    campaigns.add(text(f"c{number:05}") for number in range(2000))
    campaigns.add(text(f"n{number:05}", f"{CURE} {'bdfgklmnprst'[number % 12]}a{number}") for number in range(500))
    assert time.process_time() - began < 15
    with campaigns._file.reading() as connection:
        (most,) = connection.execute("SELECT MAX(edges) FROM (SELECT COUNT(*) AS edges FROM edges GROUP BY form)").fetchone()
        (edges,) = connection.execute("SELECT COUNT(*) FROM edges").fetchone()
    assert most >= 400
    assert edges < 500 * 2 * 3 * 24
    assert set(campaigns.of(["c00000", "c01999", "n00000", "n00499"]).values()) == {campaign_id("c00000")}


def test_a_signature_under_every_post_does_not_join_them(campaigns: Campaigns) -> None:
    rng = random.Random(6)
    signature = " Rejoignez la chaîne Lumière de Vezilac, lien en bio, dons bienvenus."
    campaigns.add(
        text(f"d{number}", " ".join("".join(rng.choices("bcdfglmnprstv", k=4)) + "a" for _ in range(30)) + signature) for number in range(60)
    )
    assert campaigns.of(f"d{number}" for number in range(60)) == {}


def test_a_file_of_another_version_is_made_anew(campaigns: Campaigns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    campaigns.add([text("a"), text("b")])
    campaigns.close()
    assert campaigns.of(["a"])
    campaigns.close()
    monkeypatch.setattr("index.campaigns.files.MAGIC", 7)
    assert campaigns.of(["a"]) == {}


def test_reset_forgets_everything(campaigns: Campaigns, tmp_path: Path) -> None:
    campaigns.add([text("a"), text("b")])
    campaigns.reset()
    assert not list(tmp_path.glob("*.campaigns.sqlite*"))
    assert campaigns.of(["a", "b"]) == {}


def test_only_what_was_told_to_the_end_is_complete(campaigns: Campaigns, tmp_path: Path) -> None:
    assert not campaigns.is_complete()
    campaigns.add([text("a")])
    assert not campaigns.is_complete()
    campaigns.complete()
    campaigns.complete()
    campaigns.close()
    assert Campaigns(tmp_path, "vigie-essai").is_complete()
    campaigns.reset()
    assert not campaigns.is_complete()


def test_a_full_disk_is_said_and_nothing_of_the_call_is_kept(campaigns: Campaigns) -> None:
    campaigns.add([text("a")])
    with campaigns._file.reading() as connection:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 5}")
    many = [text(f"m{number}", f"{CURE} Numéro {number} {' '.join(f'mot{number}x{place}' for place in range(300))}") for number in range(60)]
    with pytest.raises(ConfigError, match="disk full"):
        campaigns.add(many)
    with campaigns._file.reading() as connection:
        connection.execute("PRAGMA max_page_count = 1073741823")
        assert connection.execute("SELECT count(*) FROM documents").fetchone() == (1,)
    campaigns.add([*many, text("b")])
    assert campaigns.of(["a", "b"]).keys() == {"a", "b"}
