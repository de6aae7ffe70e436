"""An opt-out erases what is stored: documents, evidence, assessments, what was set aside, cursors, ledger and index; what others share stays proved."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import signal
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from warcio.checker import Checker

from cli.optout import optout
from core.errors import ConfigError, Invalid, Unavailable
from core.files import locked, write_text
from core.pseudonyms import pseudonym
from core.records import MARKERS, Assessment, Document, Evidence, SetAside, WarcRef
from core.settings import Settings
from core.urls import document_id
from crawlers.erasing.optout import OptOuts, add, load_opt_outs, wishes_of
from crawlers.erasing.purge import LOG, WORKSHOP, Purge
from crawlers.erasing.remains import remains
from crawlers.erasing.sweep import ANSWERS
from crawlers.erasing.traces import Payload, Traces
from crawlers.evidence.archive import Archive
from crawlers.evidence.gaps import fitted, gap
from crawlers.evidence.members import Record, member, members, new_id, parse, record_of
from crawlers.evidence.proof import Verifier
from crawlers.fetching.capture import Capture
from flows.forgetting import forgetting
from flows.publishing import publish_waiting
from flows.purging import Purged, purge, verify
from flows.results import Results
from index.campaigns.store import Campaigns, Text
from index.fields import MAPPING_VERSION
from index.open import open_index
from index.queries import Query
from tests.conftest import make_document

KEY = b"k" * 32
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
TAG = "https://instance.test/api/v1/timelines/tag/tisane"
THREAD = "https://forum.test/sujet/7"


def capture(
    url: str, body: bytes, *, kind: str = "text/html", packed: bool = False, at: int = 0, redirects: tuple[Capture, ...] = (), status: int = 200
) -> Capture:
    headers = [("Content-Type", kind), *([("Content-Encoding", "gzip")] if packed else [])]
    return Capture(url=url, method="GET", request_headers=[("User-Agent", "Vigie")], request_body=b"", status=status, headers=headers,
                   body=gzip.compress(body, mtime=0) if packed else body, at=NOW + timedelta(hours=at), address="192.0.2.7", certificate=None, tls=None,
                   redirects=redirects)  # fmt: skip


def status(number: int, name: str, words: str) -> dict[str, Any]:
    account = {"id": f"1000{name}", "acct": name, "url": f"https://instance.test/@{name}", "display_name": name.title()}
    return {"id": f"10900000000000{number:04}", "url": f"https://instance.test/@{name}/10900000000000{number:04}", "account": account,
            "content": f"<p>{words}</p>"}  # fmt: skip


def post(found: dict[str, Any], ref: WarcRef | None, **more: Any) -> Document:
    text = found["content"][3:-4]
    return of(found["url"], text, ref, account=found["account"]["url"], platform_id=found["id"], **more)


def of(url: str, text: str, ref: WarcRef | None, *, account: str | None = None, **more: Any) -> Document:
    platform = url.split("/")[2]
    author = pseudonym(KEY, platform=platform, account=account) if account else None
    return make_document(url, text, evidence=ref, author=author, collected_at=NOW + timedelta(days=1), **more)


ANNE_1 = status(1, "anne", "La tisanette de prunelle calme les insomnies depuis trois générations dans notre famille.")
ANNE_2 = status(2, "anne", "Un deuxième billet sur la belladonette que ma grand-mère cueillait au bord du chemin creux.")
PAUL_1 = status(3, "paul", "Ce soir au jardin nous avons parlé de mirabellette et de confiture sans sucre ajouté.")
PAUL_2 = status(4, "paul", "Une autre remarque sur la quetschette qui mûrit toujours après la fin du mois de septembre.")
FORUM_ANNE = "Bonjour à vous tous, la giroflette pousse très bien à l'ombre de mon vieux mur de pierre."
FORUM_PAUL = "Je réponds que la pivoinette demande au contraire beaucoup de soleil et un sol drainé."
SITE = "Notre maison présente la clématinette, une recette ancienne que nous vendons sur place."
ANNE_WORDS = ("tisanette", "belladonette")
PAUL_WORDS = ("mirabellette", "quetschette")


@dataclass
class Scene:
    """Three batches in an archive that was scored and published."""

    settings: Settings
    archive: Archive
    batches: list[str] = field(default_factory=list)

    def documents(self) -> dict[str, Document]:
        return {document.text: document for batch in self.archive.batches() for document in self.archive.documents(batch)}

    def purge(self, *values: str) -> Purged:
        add(self.archive.root, [wish for value in values for wish in wishes_of(value, key=KEY)], at=NOW)
        index = open_index(self.settings)
        try:
            return purge(self.archive, index, self.opt_outs, forget=forgetting(self.settings))
        finally:
            index.close()

    @property
    def opt_outs(self) -> OptOuts:
        return load_opt_outs(self.archive.root, key=KEY)

    def indexed(self) -> set[str]:
        return {entry["text"] for entry in open_index(self.settings).scan(Query())}


def records(archive: Archive) -> Iterator[tuple[str, int, bytes, Record]]:
    for path in sorted((archive.root / "evidence").glob("*.warc.gz")):
        for offset, raw, data in members(path):
            yield f"evidence/{path.name}", offset, raw, parse(data)


def first(archive: Archive) -> str:
    """A page of posts as JSON, a campaign reached through a redirect, and what could not be read."""
    batch = archive.open_batch("tisane")
    ref = batch.add_response(capture(TAG, json.dumps([ANNE_1, PAUL_1]).encode(), kind="application/json", packed=True))
    batch.add(post(ANNE_1, ref))
    batch.add(post(PAUL_1, ref))
    led = capture("https://court.test/r", b"moved", status=302)
    ref = batch.add_response(capture("https://oppose.test/recette", f"<p>{SITE}</p>".encode(), redirects=(led,)))
    batch.add(of("https://oppose.test/recette", SITE, ref))
    aside = capture("https://www.oppose.test/panne", b"<p>clematinette en panne</p>")
    batch.add_set_aside(SetAside(source="tisane", url=aside.url, reason="selector_none", detail=f"{aside.url}: rien", at=NOW,
                                 evidence=batch.add_response(aside)))  # fmt: skip
    batch.add_set_aside(SetAside(source="tisane", url=TAG, reason="unreadable_post", detail="illisible", at=NOW))
    batch.seal()
    return batch.name


def second(archive: Archive) -> str:
    """A page of a forum as HTML, the first page unchanged, and the same page later with one new post."""
    batch = archive.open_batch("forum")
    page = f"<ol><li id=p1>Anne : <b>{FORUM_ANNE[:20]}</b>{FORUM_ANNE[20:]}</li><li id=p2>Paul : {FORUM_PAUL}</li></ol>"
    ref = batch.add_response(capture(THREAD, page.encode(), at=1))
    batch.add(of(f"{THREAD}/1", FORUM_ANNE, ref, account="anne", platform_id="1"))
    batch.add(of(f"{THREAD}/2", FORUM_PAUL, ref, account="paul", platform_id="2"))
    batch.add_response(capture(TAG, json.dumps([ANNE_1, PAUL_1]).encode(), kind="application/json", packed=True, at=1))  # a revisit
    ref = batch.add_response(capture(TAG, json.dumps([ANNE_1, PAUL_1, PAUL_2]).encode(), kind="application/json", at=2))
    batch.add(post(PAUL_2, ref))
    batch.seal()
    return batch.name


def third(archive: Archive) -> str:
    """A post alone on its page."""
    batch = archive.open_batch("urls")
    ref = batch.add_response(capture(ANNE_2["url"], f"<title>Anne</title><p>{ANNE_2['content']}</p>".encode(), at=3))
    batch.add(post(ANNE_2, ref))
    batch.seal()
    return batch.name


def assess(scene: Scene) -> None:
    results = Results(scene.archive, model="essai", revision="0")
    for batch in results.waiting():
        found = [
            Assessment(
                document_id=document.id, model="essai", revision="0", scores=dict.fromkeys(MARKERS, 0.9), decision=dict.fromkeys(MARKERS, "alerte"),
                evidence=(Evidence(marker="gourou", start=0, end=len(document.text), text=document.text, score=0.9),),
            )
            for document in scene.archive.documents(batch)
        ]  # fmt: skip
        aside = SetAside(source="x", url="https://ailleurs.test/", reason="too_long", detail="x", at=NOW, document_id=found[0].document_id)
        results.write(batch, assessments=found, set_aside=[aside])
    index = open_index(scene.settings)
    publish_waiting(results, index)
    index.close()


def remember(scene: Scene) -> None:
    items = {one["id"]: one["url"] for one in (ANNE_1, ANNE_2, PAUL_1, PAUL_2)}
    cursor = {"values": {"next": "https://oppose.test/flux?after=3", "last": "12"}, "marks": {TAG: [ANNE_1["id"], PAUL_1["id"]]},
              "pages": {"https://oppose.test/recette": {"etag": "x"}, TAG: {"etag": "y"}}, "read": {ANNE_2["url"]: "d", PAUL_2["url"]: "d"},
              "items": items | {"9": "https://jamais.test/lu"}}  # fmt: skip
    write_text(scene.archive.root / "cursors" / "tisane.json", json.dumps(cursor))


def build(settings: Settings) -> Scene:
    scene = Scene(settings, Archive(settings.archive_dir))
    scene.batches = [make(scene.archive) for make in (first, second, third)]
    assess(scene)
    remember(scene)
    return scene


@pytest.fixture
def scene(settings: Settings) -> Scene:
    return build(settings)


def holding(folder: Path, word: str) -> list[str]:
    """The files under a folder that hold a word, as they are or unpacked, also in answers that a site packed."""
    return [path.name for path in folder.rglob("*") if path.is_file() and any(word in text for text in readings(path))]


def readings(path: Path) -> Iterator[str]:
    raw = path.read_bytes()
    yield from (raw.decode("utf-8", "replace"), raw.decode("utf-16-le", "replace"))
    if path.name.endswith(".warc.gz"):
        for _, _, data in members(path):
            yield data.decode("utf-8", "replace")
            _, _, body = parse(data).message
            if body[:2] == b"\x1f\x8b":
                yield gzip.decompress(body).decode()
    elif path.suffix == ".gz":
        yield gzip.decompress(raw).decode()


def is_sound(path: Path) -> bool:
    checker = Checker(type("Options", (), {"verbose": False, "inputs": [str(path)]})())
    checker.process_one(str(path))
    return bool(checker.exit_value == 0)


def assert_sound(scene: Scene) -> None:
    """Every file is whole, and whatever rests on a record finds it with all its digests."""
    for path in (scene.archive.root / "evidence").glob("*.warc.gz"):
        assert is_sound(path)
    places = {(file, offset): (raw, record) for file, offset, raw, record in records(scene.archive)}
    resting: list[Any] = [*scene.documents().values(), *(entry for batch in scene.batches for entry in scene.archive.set_aside(batch))]
    for ref in [one.evidence for one in resting if one.evidence] + [ref for _, _, ref in scene.archive.ledger.payloads()]:
        raw, record = places[ref.file, ref.offset]
        assert len(raw) == ref.length
        assert record.get("WARC-Record-ID") == ref.record_id
        assert record.get("WARC-Type") in ANSWERS
        assert hashlib.sha256(record.message[2]).hexdigest() == ref.payload_sha256
        assert ref.record_sha256 in (None, hashlib.sha256(raw).hexdigest())
    verifier = Verifier(scene.archive)
    proofs = [verifier.verify(document) for document in scene.documents().values() if document.evidence]
    assert [(proof.url, check.sentence) for proof in proofs if not proof.proved for check in proof.checks if check.outcome != "ok"] == []
    for entry in open_index(scene.settings).scan(Query()):
        document = scene.documents()[entry["text"]]
        assert entry["warc"] == (document.evidence.model_dump(mode="json") if document.evidence else None)
    assert Archive(scene.archive.root).recover() == []


def test_an_account_is_erased_and_others_stay_proved(scene: Scene) -> None:
    before = scene.documents()
    for word in (*ANNE_WORDS, *PAUL_WORDS):
        assert len(holding(scene.settings.data_dir, word)) >= 4  # documents, evidence, assessments, index
    done = scene.purge("@anne@instance.test")
    assert (done.archive.documents, done.archive.assessments, done.index) == (2, 2, 2)
    assert done.archive.rewritten == 2  # the two pages that Paul's posts share
    assert done.archive.records == 2  # the page of one post, and the request for it
    assert done.archive.set_aside == 2  # by the scorer
    assert done.archive.open == 0
    assert done.left == {}
    assert done.done
    for word in (*ANNE_WORDS, "Anne", ANNE_1["id"], ANNE_2["id"]):
        assert set(holding(scene.settings.data_dir, word)) <= ({f"{scene.batches[1]}.warc.gz"} if word == "Anne" else set()), word
    assert {document.text for document in scene.documents().values()} == before.keys() - {ANNE_1["content"][3:-4], ANNE_2["content"][3:-4]}
    assert scene.indexed() == scene.documents().keys()
    assert_sound(scene)


def test_what_others_share_is_kept_as_it_was_but_for_the_covered_items(scene: Scene) -> None:
    scene.purge("@anne@instance.test")
    kept = {document.platform_id: document for document in scene.documents().values()}
    for number, shown in ((PAUL_1["id"], [PAUL_1]), (PAUL_2["id"], [PAUL_1, PAUL_2])):
        ref = kept[number].evidence
        assert ref is not None
        record = next(record for file, offset, _, record in records(scene.archive) if (file, offset) == (ref.file, ref.offset))
        assert json.loads(record.block) == shown
        assert (record.get("WARC-Type"), record.get("WARC-Target-URI")) == ("conversion", TAG)
        assert ref.record_sha256 is not None


def test_a_page_that_is_no_json_gives_way_to_the_others_own_documents(scene: Scene) -> None:
    done = scene.purge("https://forum.test/u/anne")
    assert (done.archive.documents, done.archive.rewritten, done.done) == (1, 1, True)
    assert holding(scene.settings.data_dir, "giroflette") == []
    paul = scene.documents()[FORUM_PAUL]
    assert paul.evidence is not None
    record = next(record for file, offset, _, record in records(scene.archive) if (file, offset) == (paul.evidence.file, paul.evidence.offset))
    (told,) = json.loads(record.block)
    assert (told["text"], told["url"]) == (FORUM_PAUL, paul.url)
    assert_sound(scene)


def test_a_host_is_erased_with_the_redirects_that_led_to_it(scene: Scene) -> None:
    done = scene.purge("oppose.test")
    assert (done.archive.documents, done.archive.set_aside, done.done) == (1, 1, True)
    assert done.archive.records == 6  # page and redirect, the page set aside, and their requests
    for word in ("clématinette", "clematinette", "oppose.test/", "court.test"):
        assert holding(scene.settings.data_dir, word) == []
    assert len(scene.documents()) == 6
    assert_sound(scene)


def test_an_address_covers_what_lies_below_it(scene: Scene) -> None:
    done = scene.purge(THREAD)
    assert (done.archive.documents, done.archive.rewritten, done.done) == (2, 0, True)
    assert "giroflette" not in str(scene.documents())
    assert scene.indexed() == scene.documents().keys()
    assert_sound(scene)


def test_documents_read_on_a_covered_host_stay_as_what_was_read_of_them(scene: Scene) -> None:
    """The instance asked not to be read; a post that it relayed is of another site."""
    relayed = status(8, "zoe", "Un billet relayé sur la capucinette d'un autre serveur que celui qui le montre.")
    relayed["url"] = "https://ailleurs.test/@zoe/1"
    batch = scene.archive.open_batch("tisane")
    ref = batch.add_response(capture(TAG, json.dumps([ANNE_1, relayed]).encode(), at=9))
    batch.add(of(relayed["url"], relayed["content"][3:-4], ref))
    batch.seal()
    done = scene.purge("instance.test")
    assert done.done
    assert holding(scene.settings.data_dir, "capucinette")
    assert not any(record.get("WARC-Target-URI").startswith("https://instance.test") for _, _, _, record in records(scene.archive))
    assert_sound(scene)


def test_cursors_forget_what_went_and_what_was_never_kept(scene: Scene) -> None:
    scene.purge("@anne@instance.test", "oppose.test")
    cursor = json.loads((scene.archive.root / "cursors" / "tisane.json").read_text())
    assert cursor == {
        "values": {"last": "12"}, "marks": {TAG: [PAUL_1["id"]]}, "pages": {TAG: {"etag": "y"}}, "read": {PAUL_2["url"]: "d"},
        "items": {one["id"]: one["url"] for one in (PAUL_1, PAUL_2)},
    }  # fmt: skip


def test_the_ledger_forgets_and_the_next_crawl_keeps_evidence_anew(scene: Scene) -> None:
    anne = scene.documents()[ANNE_1["content"][3:-4]]
    scene.purge("@anne@instance.test")
    ledger = scene.archive.ledger
    assert ledger.newest(anne.id) is None
    assert holding(scene.archive.root, anne.id) == []
    redacted = json.dumps([PAUL_1], ensure_ascii=False).encode()
    assert ledger.payload(hashlib.sha256(redacted).hexdigest(), url=TAG) is not None
    assert all(url != ANNE_2["url"] for _, url, _ in ledger.payloads())


def test_purging_again_changes_nothing(scene: Scene) -> None:
    scene.purge("@anne@instance.test", "oppose.test")
    files = {path: path.read_bytes() for path in scene.archive.root.rglob("*.gz")}
    done = scene.purge()
    assert done.archive.nothing
    assert done.done
    assert {path: path.read_bytes() for path in scene.archive.root.rglob("*.gz")} == files
    assert len((scene.archive.root / LOG).read_text().splitlines()) == 1


def test_what_was_erased_is_written_down_as_numbers_alone(scene: Scene) -> None:
    scene.purge("@anne@instance.test")
    (line,) = (scene.archive.root / LOG).read_text().splitlines()
    told = json.loads(line)
    assert (told["documents"], told["records"], told["rewritten"]) == (2, 2, 2)
    assert set(told["wishes"]) == {"author"}
    assert "instance" not in line


def test_one_wish_after_another(scene: Scene) -> None:
    for value in ("@anne@instance.test", "@paul@instance.test", "https://forum.test/u/paul", "https://forum.test/u/anne", "oppose.test"):
        assert scene.purge(value).done
        assert_sound(scene)
    assert scene.documents() == {}
    for word in (*ANNE_WORDS, *PAUL_WORDS, "giroflette", "pivoinette", "clématinette"):
        assert holding(scene.settings.data_dir, word) == []
    kinds = Counter(record.get("WARC-Type") for _, _, _, record in records(scene.archive))
    assert not kinds.keys() & {"response", "conversion"}


def test_verification_sees_what_is_there(scene: Scene) -> None:
    add(scene.archive.root, wishes_of("oppose.test", key=KEY), at=NOW)
    found = verify(scene.archive, open_index(scene.settings), scene.opt_outs)
    assert found == {"documents": 1, "set_aside": 1, "evidence": 4, "ledger": 2, "cursors": 2, "index": 1}
    scene.purge()
    assert verify(scene.archive, open_index(scene.settings), scene.opt_outs) == {}


def test_a_lost_index_hides_from_nobody_what_is_erased(scene: Scene) -> None:
    ids = {document.id for text, document in scene.documents().items() if any(word in text for word in ANNE_WORDS)}
    texts = [Text(one.id, one.content_sha256, one.text, scene.batches[0], one.author, one.platform, NOW) for one in scene.documents().values()]
    with closing(Campaigns(scene.settings.index_dir, scene.settings.index_name)) as campaigns:
        campaigns.add(texts)
    for path in [*scene.settings.index_dir.glob("vigie-documents-v*"), *scene.settings.index_dir.glob("*.current")]:
        path.unlink()
    add(scene.archive.root, wishes_of("@anne@instance.test", key=KEY), at=NOW)
    told: list[set[str]] = []

    def forget(gone: list[str]) -> None:
        assert ids <= {document.id for document in scene.documents().values()}  # a purge that is killed here knows them again
        told.append(set(gone))
        forgetting(scene.settings)(gone)

    with closing(open_index(scene.settings)) as index:
        assert purge(scene.archive, index, scene.opt_outs, forget=forget).done
    assert told == [ids]
    assert ids
    with closing(Campaigns(scene.settings.index_dir, scene.settings.index_name)) as campaigns:
        assert campaigns.remove(ids) == 0
        assert campaigns.remove([one.id for one in texts]) == len(texts) - len(ids)


def test_an_index_that_cannot_be_read_stops_the_purge_before_it_erases(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {path: path.read_bytes() for path in scene.archive.root.rglob("*.gz")}
    with monkeypatch.context() as patched:
        patched.setattr("index.generations.MAPPING_VERSION", MAPPING_VERSION + 1)
        with pytest.raises(ConfigError, match="run vigie reindex"):
            scene.purge("@anne@instance.test")
        assert {path: path.read_bytes() for path in scene.archive.root.rglob("*.gz")} == files
    assert scene.purge().archive.documents


def test_a_newer_version_that_is_not_covered_stays_in_the_index(scene: Scene) -> None:
    """As of a page whose author is no longer shown."""
    old = next(document for text, document in scene.documents().items() if ANNE_WORDS[0] in text)
    batch = scene.archive.open_batch("plus-tard")
    batch.add(of(old.url, "Une page sans nom d'auteur.", None))
    batch.seal()
    assess(scene)
    author = old.author or ""
    add(scene.archive.root, wishes_of(author, key=KEY), at=NOW)
    assert scene.purge().done
    assert "Une page sans nom d'auteur." in scene.indexed()


def test_without_a_list_nothing_is_touched(scene: Scene) -> None:
    files = {path: path.read_bytes() for path in scene.archive.root.rglob("*.gz")}
    done = scene.purge()
    assert (done.done, done.index) == (True, 0)
    assert {path: path.read_bytes() for path in scene.archive.root.rglob("*.gz")} == files


def test_an_empty_archive(settings: Settings) -> None:
    done = purge(Archive(settings.archive_dir), open_index(settings), OptOuts())
    assert (done.archive.nothing, done.left) == (True, {})
    assert settings.archive_dir.stat().st_mode & 0o077 == 0


def test_a_batch_that_is_being_written_is_told_and_purged_later(scene: Scene) -> None:
    batch = scene.archive.open_batch("tisane")
    again = status(7, "anne", "Encore un mot sur la tisanette qui infuse toujours longtemps.")
    batch.add(post(again, batch.add_response(capture(again["url"], again["content"].encode(), at=5))))
    done = scene.purge("@anne@instance.test")
    assert (done.archive.open, done.left, done.done) == (1, {"open": 1}, True)
    batch.seal()
    assert verify(scene.archive, open_index(scene.settings), scene.opt_outs)["documents"] == 1
    assert scene.purge().archive.documents == 1
    assert holding(scene.settings.data_dir, "tisanette") == []


def test_assessments_written_while_their_document_went_are_erased_by_the_next_purge(scene: Scene) -> None:
    path = next((scene.archive.root / "assessments").glob(f"*/{scene.batches[2]}.jsonl.gz"))
    late = path.read_bytes()
    scene.purge("@anne@instance.test")
    path.write_bytes(late)
    assert verify(scene.archive, open_index(scene.settings), scene.opt_outs) == {"assessments": 1}
    assert scene.purge().archive.assessments == 1


def test_a_post_that_another_quotes_leaves_the_evidence_of_both(scene: Scene) -> None:
    """A copy of the erased words in another's post goes from the evidence; the other's own text stays."""
    quoting = status(5, "paul", "Je ne suis pas d'accord avec elle.")
    shown = {**quoting, "content": f"<blockquote>{ANNE_1['content']}</blockquote><p>Je ne suis pas d'accord avec elle.</p>"}
    batch = scene.archive.open_batch("tisane")
    batch.add(post(quoting, batch.add_response(capture(TAG, json.dumps([shown]).encode(), at=6))))
    batch.seal()
    assert scene.purge("@anne@instance.test").done
    assert holding(scene.settings.data_dir, "tisanette") == []
    assert_sound(scene)


def test_a_post_that_does_not_fit_leaves_no_evidence(scene: Scene) -> None:
    """The page was packed better than gzip packs what is left of it: nothing false is kept in its place."""
    noise = os.urandom(3000).hex()
    page = zlib.compress(f"<p>{FORUM_ANNE} rhubarbette</p>".encode() + noise.encode(), 9)
    batch = scene.archive.open_batch("forum")
    ref = batch.add_response(capture(f"{THREAD}/page/2", b"short" + page[:20], at=4))
    batch.add(of(f"{THREAD}/8", f"{FORUM_ANNE} rhubarbette", ref, account="anne"))
    batch.add(of(f"{THREAD}/9", noise, ref, account="paul"))
    batch.seal()
    done = scene.purge("https://forum.test/u/anne")
    assert done.done
    assert scene.documents()[noise].evidence is None
    assert_sound(scene)


def test_ids_that_other_things_share_do_not_take_them_along(scene: Scene) -> None:
    """A forum numbers posts, topics and people from 1 each."""
    posts = [
        {"id": 7, "username": "anne", "cooked": f"<p>{FORUM_ANNE} primevérette</p>"},
        {"id": 8, "username": "paul", "cooked": "<p>Merci pour tout cela.</p>"},
    ]
    page = {"id": 7, "title": "Un sujet", "post_stream": {"posts": posts}, "users": [{"id": 7, "username": "luc"}]}
    batch = scene.archive.open_batch("forum")
    ref = batch.add_response(capture("https://forum.test/t/7/posts.json", json.dumps(page).encode(), kind="application/json", at=4))
    batch.add(of("https://forum.test/t/7/1", f"{FORUM_ANNE} primevérette", ref, account="anne", platform_id="7"))
    batch.add(of("https://forum.test/t/7/2", "Merci pour tout cela.", ref, account="paul", platform_id="8"))
    batch.seal()
    assert scene.purge("https://forum.test/u/anne").done
    paul = scene.documents()["Merci pour tout cela."]
    assert paul.evidence is not None
    record = next(record for file, offset, _, record in records(scene.archive) if (file, offset) == (paul.evidence.file, paul.evidence.offset))
    assert "Merci pour tout cela." in record.block.decode()
    assert holding(scene.settings.data_dir, "primevérette") == []
    assert_sound(scene)


def test_two_purges_at_once_exclude_each_other(scene: Scene) -> None:
    with locked(scene.archive.root / ".purge.lock", what="x"), pytest.raises(Unavailable, match="another process"):
        Purge(scene.archive, OptOuts()).run()


def test_a_damaged_file_of_evidence_is_told(scene: Scene) -> None:
    path = scene.archive.root / "evidence" / f"{scene.batches[1]}.warc.gz"
    path.write_bytes(path.read_bytes()[:-40] + b"rubbish" * 10)
    done = scene.purge("@anne@instance.test")
    assert done.archive.damaged == (f"evidence/{path.name}",)
    assert done.left["damaged"] == 1
    assert not done.done


def test_files_that_killed_processes_left_are_removed_when_they_are_old(scene: Scene) -> None:
    old, young = (scene.archive.root / "assessments" / f".x{number}.tmp" for number in (1, 2))
    for path in (old, young):
        path.write_text("tisanette")
    os.utime(old, (0, 0))
    assert verify(scene.archive, open_index(scene.settings), scene.opt_outs) == {"unfinished": 1}
    assert scene.purge("oppose.test").done
    assert (old.exists(), young.exists()) == (False, True)


@pytest.mark.parametrize("length", [200, 201, 333, 700, 70_000, 5_000_000])
def test_a_gap_is_a_sound_record_of_any_length(length: int, tmp_path: Path) -> None:
    old = record_of(member([("WARC-Type", "response"), ("WARC-Record-ID", new_id())], b"x"))
    raw = gap(old, length, at=NOW)
    assert len(raw) == length
    assert record_of(raw).get("Vigie-Erased")
    (tmp_path / "a.warc.gz").write_bytes(raw + raw)
    assert is_sound(tmp_path / "a.warc.gz")
    assert [len(part) for _, part, _ in members(tmp_path / "a.warc.gz")] == [length, length]


def test_what_does_not_fit_is_said(tmp_path: Path) -> None:
    old = record_of(member([("WARC-Type", "response"), ("WARC-Record-ID", new_id())], b"x"))
    assert fitted([("WARC-Type", "metadata")], os.urandom(500), 400) is None
    with pytest.raises(ConfigError, match="too short"):
        gap(old, 60, at=NOW)


CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "shutil.rmtree", "sqlite3.connect"}


def killed(settings: Settings, *, at: int) -> int:
    """Purge in a child that is killed (SIGKILL) at its Nth change to the disk; the number of changes it made."""
    out, into = os.pipe()
    if os.fork() == 0:
        try:
            os.write(into, str(_purge_until(settings, at=at, seen=into)).encode())
        finally:
            os._exit(1)
    os.close(into)
    os.wait()
    with os.fdopen(out, "rb") as told:
        return len(told.read())


def _purge_until(settings: Settings, *, at: int, seen: int) -> str:
    changes, fsync = 0, os.fsync

    def change() -> None:
        nonlocal changes
        changes += 1
        os.write(seen, b".")
        if changes == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(handle: int) -> None:
        change()
        fsync(handle)

    def watch(event: str, details: tuple[Any, ...]) -> None:
        written = event == "open" and isinstance(details[1], str) and bool(set(details[1]) & set("wa+"))
        if (event in CHANGES or written) and any(
            str(settings.data_dir) in os.fsdecode(one) for one in details if isinstance(one, str | bytes | Path)
        ):
            change()

    os.fsync = watched
    sys.addaudithook(watch)
    archive = Archive(settings.archive_dir)
    purge(archive, open_index(settings), load_opt_outs(archive.root, key=KEY))
    return ""


def test_a_purge_killed_at_any_point_is_completed_by_the_next(tmp_path: Path) -> None:
    def fresh(name: str) -> Scene:
        scene = build(Settings(data_dir=tmp_path / name))
        for value in ("@anne@instance.test", "oppose.test", "https://forum.test/u/anne"):
            add(scene.archive.root, wishes_of(value, key=KEY), at=NOW)
        scene.archive.ledger.close()  # before the fork
        return scene

    whole = fresh("whole")
    most = killed(whole.settings, at=0)
    assert most > 60
    whole = Scene(whole.settings, Archive(whole.settings.archive_dir))
    assert not whole.purge().archive.documents
    for at in range(1, most + 1, 3):
        scene = fresh(f"killed{at}")
        assert killed(scene.settings, at=at) == at
        killed(scene.settings, at=at // 2 + 3)  # and the next one too
        scene = Scene(scene.settings, Archive(scene.settings.archive_dir), scene.batches)
        assert scene.purge().done, at
        assert not (scene.archive.root / WORKSHOP).exists()
        for word in (*ANNE_WORDS, "giroflette", "clématinette", ANNE_1["id"], ANNE_2["id"], document_id(ANNE_1["url"])):
            assert holding(scene.settings.data_dir, word) == [], (at, word)
        assert scene.documents().keys() == whole.documents().keys()
        assert scene.indexed() == whole.indexed()
        assert_sound(scene)


def command(scene: Scene, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str]:
    monkeypatch.setenv("VIGIE_DATA_DIR", str(scene.settings.data_dir))
    monkeypatch.setenv("VIGIE_PSEUDONYM_KEY", KEY.decode())
    done = CliRunner().invoke(optout, list(arguments), obj={"verbose": False}, standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.return_value, " ".join(done.output.split())


def test_the_command_adds_erases_lists_and_verifies(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = command(scene, monkeypatch, "add", "@anne@instance.test", "--note", "courriel du 20/11", "--no-purge")
    assert (code, "26 lignes ajoutées" in said, "RGPD, art. 17 (effacement) et 21 (opposition)" in said) == (0, True, True)
    code, said = command(scene, monkeypatch, "verify")
    assert (code, "Il reste : 2 documents" in said) == (2, True)
    code, said = command(scene, monkeypatch, "add", "oppose.test", "--yes")
    assert code == 0
    assert "Effacés : 3 documents, 3 évaluations, 8 enregistrements de preuve" in said
    assert "Vérifié : rien de ce que couvrent les 27 lignes de la liste n'est plus conservé." in said
    assert command(scene, monkeypatch, "verify", "--json") == (0, "{}")
    code, said = command(scene, monkeypatch, "list")
    assert ("anne" in said, "oppose.test" in said, "(26)" in said, "courriel du 20/11" in said) == (False, True, True, True)
    assert len(command(scene, monkeypatch, "list", "--json")[1].split('"kind"')) == 28
    assert command(scene, monkeypatch, "add", "--author", "anne", "--platform", "forum.test")[0] == 0
    assert FORUM_ANNE not in scene.documents()
    assert command(scene, monkeypatch, "remove", "oppose.test") == (0, "1 ligne retirée de la liste des oppositions.")
    assert command(scene, monkeypatch, "remove", "oppose.test")[0] == 2
    assert json.loads(command(scene, monkeypatch, "purge", "--json")[1])["archive"]["documents"] == 0
    for wrong in (("add",), ("add", "--author", "anne"), ("add", "fr")):
        with pytest.raises(Invalid):
            command(scene, monkeypatch, *wrong)


def test_the_command_warns_that_bluesky_posts_are_known_by_did(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "did:plc:…" in command(scene, monkeypatch, "add", "https://bsky.app/profile/anne.test")[1]


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 900 + b"]" * 900,
        b'{"id":' * 800 + b"1" + b"}" * 800,
        b"<" * 300_000,
        b"\\u" * 100_000,
        b"\xff\x00" * 1000,
        b'[{"id": 1e999}, {"url": ["x"]}]',
        b"",
    ],
)
def test_hostile_answers_are_searched_and_taken_apart(archive: Archive, body: bytes) -> None:
    batch = archive.open_batch("tisane")
    ref = batch.add_response(capture(TAG, body, kind="application/json"))
    batch.add(post(ANNE_1, ref))
    batch.add(post(PAUL_1, ref))
    batch.add_response(capture(f"{TAG}?page=2", body, kind="application/json"))
    batch.seal()
    add(archive.root, wishes_of("@anne@instance.test", key=KEY), at=NOW)
    run = Purge(archive, load_opt_outs(archive.root, key=KEY))
    assert (run.run().documents, remains(archive, run.opt_outs, traces=run.traces)) == (1, Counter())


@hypothesis_settings(deadline=None)
@given(
    st.binary(max_size=300)
    | st.text(max_size=200).map(str.encode)
    | st.recursive(
        st.integers() | st.text(max_size=5) | st.none(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["id", "url", "uri", "x"]), inner),
    ).map(lambda value: json.dumps(value).encode())
)
def test_no_answer_breaks_the_search(body: bytes) -> None:
    traces = Traces()
    traces.add(make_document("https://instance.test/@anne/1", "Bonjour à tous", platform_id="1"))
    shown = Payload(body)
    assert traces.found_in(shown) in (set(), {0})
    assert all(isinstance(row, dict) for row in shown.rows())


def test_many_erased_documents_are_searched_at_once(archive: Archive) -> None:
    batch = archive.open_batch("tisane")
    texts = [
        f"Le billet numéro {number} parle de la plante {hashlib.sha256(str(number).encode()).hexdigest()} sans rien en dire." for number in range(400)
    ]
    for number, text in enumerate(texts):
        batch.add(of(f"https://instance.test/@anne/{number}", text, None, account="https://instance.test/@anne"))
    ref = batch.add_response(capture(TAG, "".join(f"<li>{text}</li>" for text in texts[:3]).encode()))
    batch.add(of("https://instance.test/@paul/1", "Un mot de Paul.", ref))
    batch.seal()
    add(archive.root, wishes_of("@anne@instance.test", key=KEY), at=NOW)
    run = Purge(archive, load_opt_outs(archive.root, key=KEY))
    assert (run.run().documents, remains(archive, run.opt_outs, traces=run.traces)) == (400, Counter())
    assert holding(archive.root, "billet numéro 2") == []
