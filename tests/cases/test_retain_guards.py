"""What keeps a run from erasing what it must not: another case database, an edited text, an undo, a wrong clock, an amount nobody confirmed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cases.database import Database, open_database
from cases.decisions import decide, undo
from cases.leaving import leaving
from cases.retention import FILE, Rules, load_rules
from cases.standing import begun_at, project
from core.errors import ConfigError
from core.settings import Settings
from crawlers.evidence.archive import Archive
from flows import retention as flow
from flows.expiry import too_many
from index.protocol import Index
from tests.cases.conftest import act, choice, item
from tests.cases.test_retain import COLLECTED, WORDS, Scene, _batches_of_then, build  # noqa: F401 - a fixture
from tests.crawlers.test_purge import of


@pytest.fixture
def scene(settings: Settings, index: Index, embedded: Database) -> Scene:
    built = build(Archive(settings.archive_dir), index, embedded)
    project(index, embedded, built.ids.values())
    return built


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Database]:
    with closing(open_database(Settings(data_dir=tmp_path / "other"))) as opened:
        yield opened


def words(name: str) -> str:
    return f"Le mot {WORDS[name]} dans une phrase assez longue pour être reconnue."


def test_another_case_database_is_refused(scene: Scene, other: Database) -> None:
    scene.run(1)
    scene.database = other
    with pytest.raises(ConfigError, match="VIGIE_DATABASE_URL"):
        scene.run(250)
    assert scene.archived() == scene.indexed() == set(WORDS)


def test_a_database_that_lacks_what_the_index_shows_erases_none_of_it_and_is_not_adopted(scene: Scene, embedded: Database, other: Database) -> None:
    scene.database = other
    done = scene.run(250)
    assert (done.left, done.done) == ({"undecided_elsewhere": 2}, False)
    assert scene.archived() == scene.indexed() == {"dossier", "ecarte", "jeune"}
    scene.database = embedded
    assert scene.run(250).documents == {"hors_champ": 1}


def test_a_backup_is_the_same_database_and_a_kill_after_the_decisions_went_is_resumed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(flow, "_from_index", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            scene.run(100)
    assert scene.run(100).done
    assert scene.archived() == scene.indexed() == {"dossier", "jeune"}


def test_an_open_case_outlives_what_its_author_wrote_since(scene: Scene) -> None:
    decide(scene.database, [item(scene.ids["dossier"], text="Tout va bien.")], choice("hors_champ"), act=act(COLLECTED + timedelta(days=2)))
    scene.run(250)
    assert "dossier" in scene.archived()
    undo(scene.database, [scene.ids["dossier"]], reason="x", by="AB", act=act(COLLECTED + timedelta(days=251)))
    undo(scene.database, [scene.ids["dossier"]], reason="x", by="AB", act=act(COLLECTED + timedelta(days=251)))
    scene.run(400)
    assert "dossier" not in scene.archived()


def test_after_an_undo_it_waits_like_any_other(scene: Scene) -> None:
    undo(scene.database, [scene.ids["dossier"]], reason="Mauvais marqueur.", by="AB", act=act(COLLECTED + timedelta(days=200)))
    scene.run(201)
    assert "dossier" in scene.archived()
    scene.run(262)
    assert "dossier" not in scene.archived()


def test_no_period_starts_before_the_batch_or_the_collection(scene: Scene) -> None:
    batch = scene.archive.open_batch("vieux")
    batch.add(of("https://maison.test/vieux", "Un texte.", None).model_copy(update={"collected_at": COLLECTED - timedelta(days=90)}))
    batch.seal()
    assert begun_at(batch.name) == COLLECTED
    assert begun_at("essai") is None
    text = words("jeune")
    decide(scene.database, [item(scene.ids["jeune"], text=text)], choice("hors_champ"), act=act(COLLECTED - timedelta(days=400)))
    assert scene.run(29) == flow.Retained()
    scene.run(302)
    assert "jeune" in scene.archived()


def test_a_wrong_clock_is_refused(scene: Scene) -> None:
    with pytest.raises(ConfigError, match="set the clock"):
        scene.run(-1)
    with pytest.raises(ConfigError, match="365 days after"):
        scene.run(365, yes=False)
    assert scene.run(6, yes=False).done
    assert scene.archived() == set(WORDS)


def test_most_of_all_documents_go_only_when_confirmed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [too_many(20, 39), too_many(20, 40), too_many(19, 19)] == [True, False, False]
    monkeypatch.setattr("flows.expiry.MANY", 3)
    monkeypatch.setattr("flows.expiry.QUIET", timedelta(days=1000))
    done = scene.run(100, yes=False)
    assert (done.left, done.documents, done.done) == ({"unconfirmed": 3}, {}, False)
    assert scene.archived() == scene.indexed() == set(WORDS)
    assert sum(scene.run(100).documents.values()) == 3


def test_the_command_says_how_many_and_ends_with_2(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from cli.retention import retention

    asked: list[bool] = []

    def retained(_: Settings, *, yes: bool, **__: Any) -> flow.Retained:
        asked.append(yes)
        return flow.Retained(left={} if yes else {"unconfirmed": 23})

    monkeypatch.setattr(flow, "retain_all", retained)
    monkeypatch.setattr("cli.retention.start", lambda _: Settings(data_dir=tmp_path))
    result = CliRunner().invoke(retention, ["run"], standalone_mode=False)
    assert (result.return_value, "23 documents partiraient" in " ".join(result.output.split())) == (2, True)
    assert CliRunner().invoke(retention, ["run", "--yes"], standalone_mode=False).return_value == 0
    assert asked == [False, True]


def test_what_was_submitted_and_never_read_goes_too(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[datetime, str]] = []

    def erased(_: Database, *, now: datetime, rules: Rules) -> int:
        asked.append((now, rules.classes["en_attente"].label))
        return 2

    monkeypatch.setattr("cases.erasing.erase_unread", erased)
    assert flow.retain_all(settings, now=COLLECTED).submissions == 2
    assert asked == [(COLLECTED, load_rules().classes["en_attente"].label)]


def test_one_damaged_record_keeps_its_own_document_alone(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    erase = flow.erase_expired

    def damaged(*given: Any) -> Any:
        return erase(*given)._replace(left=Counter(evidence=1), stuck=frozenset({scene.ids["signale"]}))

    monkeypatch.setattr(flow, "erase_expired", damaged)
    assert not scene.run(100).done
    assert leaving(scene.database).keys() == {scene.ids["signale"]}


def test_whose_evidence_stands_is_told(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawlers.erasing.expired._stands", lambda root, file, *_: "-signale" in file)
    done = scene.run(100)
    assert done.left == {"evidence": 1}
    assert leaving(scene.database).keys() == {scene.ids["signale"]}


@pytest.mark.parametrize(("before", "after"), [("    since: collecte", "    since: decision"), ("since: cloture", "since: collecte\n    days: 1")])
def test_a_class_counts_from_what_it_can_count_from(tmp_path: Path, before: str, after: str) -> None:
    changed = tmp_path / "retention.yml"
    changed.write_text(FILE.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"retention\.yml.*since.*expected"):
        load_rules(changed)


def test_what_came_back_into_the_index_alone_goes_too(scene: Scene) -> None:
    entry = scene.index.get(scene.ids["signale"])
    kept = scene.index.get(scene.ids["dossier"])
    assert entry
    assert kept
    scene.run(100)
    late = {**kept, "id": "e" * 32, "qualification": None, "retain_until": COLLECTED.isoformat()}
    decide(scene.database, [item("e" * 32, text=kept["text"])], choice("urgence"), act=act(COLLECTED))  # not shown yet
    scene.index.write([entry, late])
    assert scene.run(101).index == 1
    assert scene.index.get(scene.ids["signale"]) is None
    assert scene.index.get("e" * 32)


def test_what_was_collected_again_meanwhile_is_not_forgotten(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(flow, "erase_expired", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            scene.run(61)
    old = next(one for name in scene.archive.batches() for one in scene.archive.documents(name) if one.id == scene.ids["signale"])
    batch = scene.archive.open_batch("encore")
    batch.add(old.model_copy(update={"content_sha256": "2" * 64, "evidence": None, "collected_at": COLLECTED + timedelta(days=61)}))
    batch.seal()
    told: list[str] = []
    scene.run(62, forget=told.extend)
    assert told == [scene.ids["ordinaire"]]
