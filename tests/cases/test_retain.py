"""A run of the retention periods: from index, decisions and archive alike, counted once, proved, and completed by the next one after a kill."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from cases.database import Database, open_database
from cases.decisions import decide, history
from cases.leaving import erased_counts, leaving
from core.records import MARKERS, Assessment, ScoredDocument
from core.settings import Settings
from crawlers.erasing.purge import Purge
from crawlers.evidence.archive import Archive
from flows import retention as flow
from flows.deadlines import deadlines
from flows.results import Results
from flows.retention import foreseen, retain
from index.open import open_index
from index.protocol import Index
from tests.cases.conftest import NOW, act, choice, item
from tests.crawlers.test_expired import assert_proved
from tests.crawlers.test_purge import CHANGES, capture, holding, of
from tests.index.conftest import Backend
from tests.index.making import entry_of

COLLECTED = NOW + timedelta(days=1)  # when ``of`` collects
WORDS = {"ordinaire": "verveinette", "signale": "tisanette", "ecarte": "mirabellette", "dossier": "quetschette", "jeune": "pivoinette"}
PAGES = {"ordinaire": "commune", "dossier": "commune", "signale": "b", "ecarte": "c", "jeune": "d"}  # two share a page


@dataclass
class Scene:
    """One document of each class; the ordinary one shares its page with the one of the open case."""

    archive: Archive
    index: Index
    database: Database
    ids: dict[str, str] = field(default_factory=dict)

    def run(self, days: float, **options: Any) -> flow.Retained:
        options.setdefault("yes", True)  # nothing ran since
        return retain(self.archive, self.index, self.database, now=COLLECTED + timedelta(days=days), **options)

    def indexed(self) -> set[str]:
        return {name for name, identifier in self.ids.items() if self.index.get(identifier)}

    def archived(self) -> set[str]:
        held = {document.id for batch in self.archive.batches() for document in self.archive.documents(batch)}
        return {name for name, identifier in self.ids.items() if identifier in held}


def build(archive: Archive, index: Index, database: Database) -> Scene:
    scene = Scene(archive, index, database)
    body = "".join(f"<p>Le mot {WORDS[name]} dans une phrase assez longue pour être reconnue.</p>" for name in ("ordinaire", "dossier"))
    for name, word in WORDS.items():
        batch = archive.open_batch(name)
        url = f"https://maison.test/{PAGES[name]}"
        text = f"Le mot {word} dans une phrase assez longue pour être reconnue."
        ref = batch.add_response(capture(url, body.encode() if PAGES[name] == "commune" else f"<p>{text}</p>".encode()))
        document = of(f"{url}#{name}" if PAGES[name] == "commune" else url, text, ref)
        document = document.model_copy(update={"id": f"{name:x<32}"[:32]})
        if name == "jeune":
            document = document.model_copy(update={"collected_at": COLLECTED + timedelta(days=300)})
        batch.add(document)
        batch.seal()
        scene.ids[name] = document.id
    results = Results(archive, model="essai", revision="0")
    for batch_name in results.waiting():
        for document in archive.documents(batch_name):
            alert = "rien" if document.id in (scene.ids["ordinaire"], scene.ids["jeune"]) else "alerte"
            scores: Any = dict.fromkeys(MARKERS, 0.1) | {"gourou": 0.9 if alert == "alerte" else 0.1}
            decision: Any = dict.fromkeys(MARKERS, "rien") | {"gourou": alert}
            assessment = Assessment(document_id=document.id, model="essai", revision="0", scores=scores, decision=decision)
            results.write(batch_name, assessments=[assessment], set_aside=[])
            index.write([entry_of(ScoredDocument(document=document, assessment=assessment, batch=batch_name))])
    for name, said in (("ecarte", choice("hors_champ")), ("dossier", choice("illicite_presume", "gourou"))):
        text = f"Le mot {WORDS[name]} dans une phrase assez longue pour être reconnue."
        decide(database, [item(scene.ids[name], text=text)], said, act=act(COLLECTED))
    return scene


@pytest.fixture(autouse=True)
def _batches_of_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches are named by the clock; theirs goes with the documents."""
    ticks = count()

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return COLLECTED + timedelta(microseconds=next(ticks))

    monkeypatch.setattr("crawlers.evidence.archive.datetime", Clock)


@pytest.fixture
def scene(settings: Settings, index: Index, database: Database) -> Scene:
    return build(Archive(settings.archive_dir), index, database)


def test_nothing_goes_before_its_time(scene: Scene) -> None:
    done = scene.run(29)
    assert done == flow.Retained()
    assert scene.indexed() == scene.archived() == set(WORDS)


def test_each_goes_at_its_own_time_and_an_open_case_stays_whole(scene: Scene, settings: Settings) -> None:
    done = scene.run(30)
    assert (done.documents, done.index, done.left, done.done) == ({"ordinaire": 1}, 1, {}, True)
    assert scene.indexed() == scene.archived() == set(WORDS) - {"ordinaire"}
    assert holding(settings.data_dir / "archive" / "evidence", "verveinette")  # on the page that proves the open case
    assert not holding(settings.data_dir / "archive" / "documents", "verveinette")
    assert scene.run(60).documents == {}
    done = scene.run(61)  # two months of the calendar, from 2 November
    assert done.documents == {"non_lu": 1}
    assert scene.run(92).documents == {"hors_champ": 1}
    assert scene.run(250).documents == {}
    assert scene.indexed() == scene.archived() == {"dossier", "jeune"}
    for name in ("signale", "ecarte"):
        assert not holding(settings.data_dir, WORDS[name])
    assert history(scene.database, scene.ids["ecarte"]) == ()
    assert len(history(scene.database, scene.ids["dossier"])) == 1
    assert_proved(scene.archive)
    assert leaving(scene.database) == {}
    assert {(one.outcome, one.documents) for one in erased_counts(scene.database) if one.marker == "tous"} == {
        ("ordinaire", 1), ("non_lu", 1), ("hors_champ", 1)}  # fmt: skip


def test_a_decision_made_in_time_keeps_what_would_have_gone(scene: Scene) -> None:
    text = f"Le mot {WORDS['signale']} dans une phrase assez longue pour être reconnue."
    decide(scene.database, [item(scene.ids["signale"], text=text)], choice("urgence"), act=act(COLLECTED + timedelta(days=50)))
    scene.run(400)
    assert scene.indexed() == scene.archived() == {"signale", "dossier"}


def test_what_the_index_does_not_show_counts_as_waiting(scene: Scene) -> None:
    scene.index.delete(scene.ids.values())
    assert scene.run(45).documents == {}
    assert scene.run(61).documents == {"non_lu": 2}


def test_a_newer_version_keeps_what_would_have_gone(scene: Scene) -> None:
    batch = scene.archive.open_batch("plus-tard")
    old = next(one for name in scene.archive.batches() for one in scene.archive.documents(name) if one.id == scene.ids["signale"])
    batch.add(old.model_copy(update={"content_sha256": "3" * 64, "collected_at": COLLECTED + timedelta(days=60)}))
    batch.seal()
    assert scene.run(61).documents == {"ordinaire": 1}
    assert scene.run(121).documents == {"hors_champ": 1, "non_lu": 1}


def test_a_dry_run_tells_and_erases_nothing(scene: Scene) -> None:
    now = COLLECTED + timedelta(days=100)
    assert foreseen(scene.archive, scene.index, scene.database, now=now) == {"ordinaire": 1, "en_attente": 1, "ecarte": 1}
    assert scene.indexed() == scene.archived() == set(WORDS)


def test_what_else_holds_documents_is_told_which_to_forget(scene: Scene) -> None:
    told: list[list[str]] = []
    scene.run(30, forget=lambda ids: told.append(sorted(ids)))
    assert told == [[scene.ids["ordinaire"]]]


def test_what_was_collected_again_meanwhile_stays(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written down as going, then killed; collected, scored and published anew before the next run."""
    with monkeypatch.context() as patch:  # the clock stays
        patch.setattr(flow, "erase_expired", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            scene.run(30)
    assert leaving(scene.database).keys() == {scene.ids["ordinaire"]}
    batch = scene.archive.open_batch("encore")
    old = next(one for name in scene.archive.batches() for one in scene.archive.documents(name) if one.id == scene.ids["ordinaire"])
    ref = batch.add_response(capture("https://maison.test/encore", b"<p>Le mot verveinette est encore en ligne, dans une autre version.</p>"))
    again = old.model_copy(update={"text": "Le mot verveinette est encore en ligne, dans une autre version.", "evidence": ref,
                                   "content_sha256": "2" * 64, "collected_at": COLLECTED + timedelta(days=31)})  # fmt: skip
    batch.add(again)
    batch.seal()
    assessment = Assessment(document_id=again.id, model="essai", revision="0", scores={}, decision={})
    scene.index.write([entry_of(ScoredDocument(document=again, assessment=assessment, batch=batch.name))])
    done = scene.run(32)
    assert (done.resumed, done.documents, done.left) == (1, {}, {})
    assert "ordinaire" in scene.indexed() & scene.archived()
    assert leaving(scene.database) == {}


def test_what_is_left_is_told_and_tried_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    from crawlers.erasing.purge import Erased

    monkeypatch.setattr(Purge, "run", lambda self: Erased())
    done = scene.run(30)
    assert not done.done
    assert done.left == {"documents": 1}
    monkeypatch.undo()
    done = scene.run(30)
    assert (done.resumed, done.documents, done.done) == (1, {}, True)
    assert {(one.outcome, one.documents) for one in erased_counts(scene.database) if one.marker == "tous"} == {("ordinaire", 1)}


def test_what_soon_goes_unread_is_seen_in_advance(scene: Scene) -> None:
    from cases.standing import project

    project(scene.index, scene.database, scene.ids.values())
    found = deadlines(scene.index, before=COLLECTED + timedelta(days=62))
    assert ([due.document_id for due in found.due], found.total, found.open) == ([scene.ids["signale"]], 1, 1)
    assert found.due[0].markers == ("gourou",)
    assert deadlines(scene.index, before=COLLECTED + timedelta(days=40)).due == ()


# --- killed


def killed(folder: Path, *, at: int) -> int:
    """Retain in a child that is killed (SIGKILL) at its Nth change to the disk; the number of changes it made."""
    out, into = os.pipe()
    if os.fork() == 0:
        try:
            _retain_until(folder, at=at, seen=into)
        finally:
            os._exit(1)
    os.close(into)
    os.wait()
    with os.fdopen(out, "rb") as told:
        return len(told.read())


def _retain_until(folder: Path, *, at: int, seen: int) -> None:
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
        if (event in CHANGES or written) and any(str(folder) in os.fsdecode(one) for one in details if isinstance(one, str | bytes | Path)):
            change()

    os.fsync = watched
    sys.addaudithook(watch)
    run_in(folder, COLLECTED + timedelta(days=100))


def run_in(folder: Path, now: datetime) -> flow.Retained:
    settings = Settings(data_dir=folder)
    with closing(open_database(settings)) as database, closing(open_index(settings)) as index:
        return retain(Archive(settings.archive_dir), index, database, now=now, yes=True)


def test_a_run_killed_at_any_point_is_completed_by_the_next(tmp_path: Path) -> None:
    def fresh(name: str) -> Path:
        settings = Settings(data_dir=tmp_path / name)
        archive = Archive(settings.archive_dir)
        with closing(open_database(settings)) as database, closing(open_index(settings)) as index:
            build(archive, index, database)
        archive.ledger.close()  # before the fork
        return tmp_path / name

    most = killed(fresh("whole"), at=0)
    assert most > 40
    for at in range(1, most + 1, 11):
        folder = fresh(f"killed{at}")
        assert killed(folder, at=at) == at
        killed(folder, at=at // 2 + 3)  # and the next one too
        done = run_in(folder, COLLECTED + timedelta(days=100))
        assert done.done, at
        for name in ("signale", "ecarte"):
            assert not holding(folder, WORDS[name]), (at, name)
        settings = Settings(data_dir=folder)
        with closing(open_database(settings)) as database, closing(open_index(settings)) as index:
            assert leaving(database) == {}
            counts = {one.outcome: one.documents for one in erased_counts(database) if one.marker == "tous"}
            assert counts == {"ordinaire": 1, "non_lu": 1, "hors_champ": 1}, at
            assert index.health().documents == 2
        assert_proved(Archive(settings.archive_dir))


def test_on_the_embedded_index_no_file_holds_a_word_of_it(sqlite_backend: Backend, embedded: Database) -> None:
    settings = sqlite_backend.settings
    with closing(sqlite_backend.open()) as index:
        scene = build(Archive(settings.archive_dir), index, embedded)
        assert holding(settings.index_dir, WORDS["signale"])
        scene.run(61)
    assert not holding(settings.data_dir, WORDS["signale"])
