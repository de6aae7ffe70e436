"""Wishes of the console: counted, agreed to, put on the crawlers' list, erased everywhere and proved; completed by the next call after a kill."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest

from cases import accounts, collecting, optouts
from cases.database import Database, open_database
from cases.decisions import decide, history
from cases.optouts import OptOutRequest, Wish
from cases.people import Actor
from cases.submissions import find, submit_url
from core import logs
from core.pseudonyms import load_key, pseudonym
from core.records import MARKERS, Assessment
from core.settings import Settings
from crawlers.erasing.optout import load_opt_outs
from crawlers.evidence.archive import Archive
from flows import optouts as flow
from flows.optouts import Handled, handle_opt_outs
from flows.publishing import publish_waiting
from flows.results import Results
from index.open import open_index
from index.queries import Query
from tests.cases.conftest import act, choice, item
from tests.conftest import make_document

HOST = "forum.example"


class Scene:
    """Two accounts of a forum, with two posts and one; archived, scored and published."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings, self.database = settings, database
        house = accounts.add_organisation(database, name="Maison", capacity="ordre", by="test")
        self.anne, self.paul = (self._person(house.id, name) for name in ("anne", "paul"))
        archive, key = Archive(settings.archive_dir), load_key(settings)
        batch = archive.open_batch("essai")
        self.ids: dict[str, str] = {}
        for number, account in ((1, "verveine"), (2, "verveine"), (3, "tilleul")):
            text = f"Le message numéro {number}, assez long pour être reconnu par la suite."
            author = pseudonym(key, platform=HOST, account=account)
            document = make_document(f"https://{HOST}/sujet/{number}", text, author=author)
            batch.add(document)
            self.ids[f"{account}-{number}"] = document.id
        batch.seal()
        results = Results(archive, model="essai", revision="0")
        for name in results.waiting():
            results.write(name, assessments=[_assessed(document.id) for document in archive.documents(name)], set_aside=[])
        with closing(open_index(settings)) as index:
            publish_waiting(results, index)

    def _person(self, house: str, name: str) -> Actor:
        made = accounts.add_person(self.database, organisation_id=house, login=f"{name}@maison.example", name=name, roles=("droit",), by="test")
        return Actor(id=made.id, organisation_id=house, name=name, roles=("droit",))

    def ask(self, **wish: str) -> OptOutRequest:
        return optouts.ask(self.database, Wish(**wish), reason="Lettre.", actor=self.anne)

    def indexed(self) -> set[str]:
        with closing(open_index(self.settings)) as index:
            held = {entry["id"] for entry in index.scan(Query())}
        return {name for name, identifier in self.ids.items() if identifier in held}

    def archived(self) -> set[str]:
        archive = Archive(self.settings.archive_dir)
        held = {document.id for batch in archive.batches() for document in archive.documents(batch)}
        return {name for name, identifier in self.ids.items() if identifier in held}

    def state(self, request: OptOutRequest) -> OptOutRequest:
        return optouts.find(self.database, request.id)


def _assessed(document_id: str) -> Assessment:
    return Assessment(
        document_id=document_id, model="essai", revision="0", scores=dict.fromkeys(MARKERS, 0.9), decision=dict.fromkeys(MARKERS, "alerte")
    )


@pytest.fixture
def scene(settings: Settings) -> Iterator[Scene]:
    with closing(open_database(settings)) as database:
        yield Scene(settings, database)


def test_counted_agreed_to_erased_and_proved(scene: Scene) -> None:
    asked = scene.ask(platform=HOST, account="@Verveine")
    assert handle_opt_outs(scene.settings) == Handled(examined=1)
    assert scene.state(asked).covered == 2, "whatever the way the name is written"
    assert handle_opt_outs(scene.settings) == Handled(), "it waits for a person"
    assert len(scene.archived()) == 3
    optouts.agree(scene.database, asked.id, seen=2, actor=scene.anne)
    assert handle_opt_outs(scene.settings) == Handled(carried_out=1)
    assert scene.indexed() == scene.archived() == {"tilleul-3"}
    done = scene.state(asked)
    assert (done.state, done.wish, done.erased["documents"], done.erased["index"]) == ("faite", None, 2, 2)
    listed = load_opt_outs(scene.settings.archive_dir, key=load_key(scene.settings))
    assert listed.wishes, "what is to come is not read either"
    assert {wish.note for wish in listed.wishes} == {f"console {asked.id}"}
    assert not any("verveine" in wish.value for wish in listed.wishes)
    assert handle_opt_outs(scene.settings) == Handled()


def test_what_was_submitted_and_never_read_is_reached_by_its_address(scene: Scene) -> None:
    covered, kept = (submit_url(scene.database, f"https://{HOST}/{name}", note="Vu.", actor=scene.anne) for name in ("blog/7", "reste"))
    collecting.finish(scene.database, covered.id, "ecartee", "timeout")
    asked = scene.ask(address=f"https://{HOST}/blog")
    handle_opt_outs(scene.settings)
    optouts.agree(scene.database, asked.id, seen=0, actor=scene.anne)
    assert handle_opt_outs(scene.settings) == Handled(carried_out=1)
    found = [find(scene.database, one.id, organisation_id=None) for one in (covered, kept)]
    assert [(one.url, one.note) for one in found] == [("", ""), (f"https://{HOST}/reste", "Vu.")]


def test_evidence_of_an_open_case_stays_until_two_people_agreed(scene: Scene) -> None:
    decide(scene.database, [item(scene.ids["verveine-1"])], choice("illicite_presume", "gourou"), act=act())
    asked = scene.ask(address=f"https://{HOST}/sujet/1")
    handle_opt_outs(scene.settings)
    assert (scene.state(asked).covered, scene.state(asked).open_cases) == (1, 1)
    optouts.agree(scene.database, asked.id, seen=1, actor=scene.paul)
    assert handle_opt_outs(scene.settings).carried_out == 1
    assert scene.indexed() == {"verveine-2", "tilleul-3"}
    assert history(scene.database, scene.ids["verveine-1"]) == ()


def test_a_case_opened_after_one_person_agreed_stops_it(scene: Scene) -> None:
    asked = scene.ask(address=f"https://{HOST}/sujet/1")
    handle_opt_outs(scene.settings)
    optouts.agree(scene.database, asked.id, seen=1, actor=scene.anne)
    decide(scene.database, [item(scene.ids["verveine-1"])], choice("urgence", "gourou"), act=act())
    assert handle_opt_outs(scene.settings).carried_out == 0
    assert scene.state(asked).state == "a_confirmer"
    assert len(scene.archived()) == 3


def test_a_notice_counts_as_an_open_case(scene: Scene) -> None:
    with closing(open_index(scene.settings)) as index:
        index.change([scene.ids["tilleul-3"]], lambda entry: {**entry, "notice_state": "envoyee"})
    asked = scene.ask(address=f"https://{HOST}/sujet/3")
    handle_opt_outs(scene.settings)
    assert scene.state(asked).open_cases == 1


def test_what_is_no_host_after_all_ends_as_unreadable(scene: Scene) -> None:
    asked, other = scene.ask(address="gouv.fr"), scene.ask(address=f"https://{HOST}/sujet/3")
    handle_opt_outs(scene.settings)
    assert (scene.state(asked).state, scene.state(asked).wish) == ("illisible", None)
    assert scene.state(other).covered == 1, "one that cannot be read stops no other"


def test_while_a_crawl_writes_it_is_left_for_the_next_call(scene: Scene) -> None:
    asked = scene.ask(address=f"https://{HOST}/sujet/3")
    handle_opt_outs(scene.settings)
    optouts.agree(scene.database, asked.id, seen=1, actor=scene.anne)
    batch = Archive(scene.settings.archive_dir).open_batch("crawl")
    try:
        batch.add(make_document(f"https://{HOST}/sujet/9", "Un message que la lecture en cours vient de voir."))
        assert handle_opt_outs(scene.settings) == Handled(left=1)
        assert scene.indexed() == {"verveine-1", "verveine-2"}, "what is there goes at once"
        assert scene.state(asked).wish is not None
    finally:
        batch.seal()
    assert handle_opt_outs(scene.settings) == Handled(carried_out=1)


@pytest.mark.parametrize("place", ["add", "purge", "carried_out"])
def test_killed_anywhere_the_next_call_completes_it(scene: Scene, place: str) -> None:
    asked = scene.ask(platform=HOST, account="verveine")
    handle_opt_outs(scene.settings)
    optouts.agree(scene.database, asked.id, seen=2, actor=scene.anne)
    child = os.fork()
    if not child:  # pragma: no cover - dies
        owner = optouts if place == "carried_out" else flow
        made = getattr(owner, place)

        def then_die(*given: object, **named: object) -> None:
            if place != "carried_out":
                made(*given, **named)
            os.kill(os.getpid(), signal.SIGKILL)

        setattr(owner, place, then_die)
        handle_opt_outs(scene.settings)
        sys.exit(0)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    assert scene.state(asked).state == "a_executer"
    assert handle_opt_outs(scene.settings) == Handled(carried_out=1)
    assert scene.indexed() == scene.archived() == {"tilleul-3"}


def test_logs_hold_ids_and_no_names(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(level="INFO")  # whatever another test has set
    asked = scene.ask(platform=HOST, account="verveine")
    handle_opt_outs(scene.settings)
    optouts.agree(scene.database, asked.id, seen=2, actor=scene.anne)
    handle_opt_outs(scene.settings)
    said = "".join(capsys.readouterr())
    assert asked.id in said
    assert "verveine" not in said


def test_nothing_waits_nothing_is_opened(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "open_index", lambda _: pytest.fail("the index was opened"))
    assert handle_opt_outs(settings) == Handled()
