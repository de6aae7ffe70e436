"""From a row to what the index shows: pages, redirects, texts, what is known already, an index that is down, a worker that is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import pytest

from cases import collecting
from cases.database import Database, open_database
from cases.people import Actor
from cases.submissions import Submission, find, steps, submit_text, submit_url
from cases.tables_work import SubmissionRow
from core.errors import Unavailable
from core.settings import ROOT, Settings
from core.urls import document_id
from crawlers.evidence.archive import Archive
from crawlers.submitted import Outcome
from flows import fetching, showing, submissions
from flows.crawling import child_environment
from flows.submissions import Worker, drain, serve, working
from index.open import open_index
from index.queries import Query
from nlp.score import Scorer
from tests.cases.test_submissions import member
from tests.crawlers.play import Answer, Web, article
from tests.crawlers.test_guard import to

CURE = "Arrêtez la chimio dès demain : ce jus de plantes guérit le cancer, les médecins vous empoisonnent."
TEXT = "Jetez vos médicaments, la maladie vient de votre mental. Rejoignez notre groupe public."


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    return Scorer(Settings(data_dir=tmp_path_factory.mktemp("model")))


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as found:
        found.routes = {
            "/a": Answer(article("Un titre", CURE, CURE)),
            "/b": Answer(article("Un autre")),
            "/vers-a": to("/a"),
            "/vide": Answer("<p>rien"),
        }
        yield found


@pytest.fixture
def here(settings: Settings, web: Web) -> Settings:
    return settings.model_copy(update={"submission_places": web.place})


@pytest.fixture
def database(here: Settings) -> Iterator[Database]:
    with closing(open_database(here)) as found:
        yield found


@pytest.fixture
def actor(database: Database) -> Actor:
    return member(database)


@pytest.fixture
def submit(web: Web, database: Database, actor: Actor) -> Callable[..., Submission]:
    def one(path: str, by: Actor = actor, **options: Any) -> Submission:
        return submit_url(database, web.base + path, actor=by, places=frozenset({web.place}), **options)

    return one


@pytest.fixture
def work(here: Settings, scorer: Scorer) -> Callable[[], int]:
    """Run a worker until nothing waits; how many submissions it ended."""

    def run() -> int:
        with working(here, limit=120) as worker:
            worker.scorer = scorer
            while worker.step() or worker.busy:
                worker.pause(0.05)
            return worker.done

    return run


def now_is(database: Database, one: Submission) -> Submission:
    return find(database, one.id, organisation_id=None)


def stored(settings: Settings) -> list[str]:
    """The addresses of all versions that the archive holds."""
    archive = Archive(settings.archive_dir)
    return sorted(document.url for batch in archive.batches() for document in archive.documents(batch))


def test_pages_and_texts_become_visible_or_say_why(
    here: Settings, web: Web, database: Database, actor: Actor, submit: Callable[..., Submission], work: Callable[[], int]
) -> None:
    page, short, empty, gone = (submit(path) for path in ("/a", "/vers-a", "/vide", "/absent"))
    text = submit_text(database, TEXT, public=True, title="Capture", seen_at="https://groupe.example/p/1", actor=actor)
    assert work() == 5
    assert [now_is(database, one).state for one in (page, short, empty, gone, text)] == ["visible", "visible", "ecartee", "ecartee", "visible"]
    assert (now_is(database, empty).reason, now_is(database, gone).reason) == ("empty_text", "http_404")
    assert now_is(database, short).document_id == page.document_id != short.document_id
    assert [step.state for step in steps(database, page.id)] == ["recue", "en_cours", "collectee", "visible"]
    with closing(open_index(here)) as index:
        shown, said = index.get(page.document_id), index.get(text.document_id)
    assert shown
    assert said
    assert shown["source"] == said["source"] == "soumissions"
    assert "abandon_soins" in shown["markers"]
    assert (said["platform"], said["title"], said["text"], said["author"]) == ("groupe.example", "Capture", TEXT, None)
    (stored_text,) = [
        one for batch in Archive(here.archive_dir).batches() for one in Archive(here.archive_dir).documents(batch) if one.title == "Capture"
    ]
    assert stored_text.evidence is None
    assert web.read().count("/a") >= 1


def test_what_is_known_is_not_fetched_again(
    web: Web, database: Database, submit: Callable[..., Submission], work: Callable[[], int], here: Settings
) -> None:
    first = submit("/a")
    second = submit("/a", member(database, "b"))
    assert work() == 2
    assert [now_is(database, one).state for one in (first, second)] == ["visible", "visible"]
    third = submit("/a", member(database, "c"))
    assert third.state == "visible"
    with database.writing() as session:  # as if another source had read it
        for row in session.query(SubmissionRow).where(SubmissionRow.id.in_([first.id, second.id, third.id])):
            row.document_id = row.url = "https://ailleurs.example/"
    fourth = submit("/a", member(database, "d"))
    assert fourth.state == "recue"
    assert work() == 1
    assert now_is(database, fourth).state == "visible"
    assert web.read() == ["/a"]
    assert stored(here) == [f"{web.base}/a"]


def test_what_the_index_cannot_show_now_waits_in_the_archive(
    web: Web, database: Database, submit: Callable[..., Submission], work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = submit("/a")

    def down(*_: object) -> set[str]:
        raise Unavailable("the index is down")

    with monkeypatch.context() as patched:
        patched.setattr(showing, "publish_batches", down)
        assert work() == 0
    assert now_is(database, one).state == "collectee"
    collecting.release(database)
    assert work() == 1
    assert now_is(database, one).state == "visible"
    assert web.read() == ["/a"]


def test_a_page_that_does_not_answer_is_tried_again_later_then_given_up(
    database: Database, submit: Callable[..., Submission], work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = submit("/panne")
    failed = Outcome(url=one.url, reason="http_503", passing=True)
    monkeypatch.setattr(fetching.Fetcher, "fetch", lambda *_: fetching.Fetched({one.url: failed}, code=0))
    for tries in range(3):
        assert (now_is(database, one).state, work()) == ("recue" if not tries else "en_cours", int(tries == 2))
        assert now_is(database, one).reason == "http_503"
        collecting.release(database)
    assert now_is(database, one).state == "ecartee"


def test_without_a_contact_only_this_machine_is_read(
    database: Database, actor: Actor, submit: Callable[..., Submission], work: Callable[[], int]
) -> None:
    away, near = submit_url(database, "https://carnet.example/", actor=actor), submit("/b")
    assert work() == 2
    assert (now_is(database, away).reason, now_is(database, near).state) == ("no_contact", "visible")


def test_two_workers_do_not_work_at_once(here: Settings) -> None:
    with working(here), pytest.raises(Unavailable, match="another process is working on submissions"):
        drain(here)


def test_a_crawl_that_hangs_is_ended_and_what_it_had_read_is_kept(
    here: Settings, web: Web, database: Database, submit: Callable[..., Submission], scorer: Scorer
) -> None:
    web.routes["/muet"] = Answer(article("Trop tard"), wait=30)
    quick, slow = submit("/a"), submit("/muet")
    with working(here, limit=4) as worker:
        worker.scorer = scorer
        while worker.step() or worker.busy:
            worker.pause(0.05)
    assert (now_is(database, quick).state, now_is(database, slow).state, now_is(database, slow).reason) == ("visible", "en_cours", "timeout")


class Killed(BaseException):
    """Nothing in the house catches it."""


@contextmanager
def killed_at(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Within this, a worker dies before or after its Nth act on database, archive or index, and tidies nothing up."""
    acts: list[str] = []

    def dying(module: Any, name: str) -> None:
        real = getattr(module, name)

        def act(*arguments: Any, **options: Any) -> Any:
            acts.append(name)
            if len(acts) * 2 - 1 == number:
                raise Killed
            found = real(*arguments, **options)
            if len(acts) * 2 == number:
                raise Killed
            return found

        patched.setattr(module, name, act)

    with monkeypatch.context() as patched:
        for module, name in ((collecting, "take"), (collecting, "finish"), (submissions, "keep_texts"), (showing, "score_waiting"),
                             (showing, "publish_batches"), (fetching.Fetcher, "warm")):  # fmt: skip
            dying(module, name)
        patched.setattr(Worker, "close", lambda worker: [fetcher.close() for fetcher in worker._idle])
        with suppress(Killed):
            yield acts


def test_killed_at_each_step_nothing_is_lost_and_nothing_is_there_twice(
    here: Settings, database: Database, actor: Actor, submit: Callable[..., Submission], work: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*(submit(path) for path in ("/a", "/b", "/vers-a", "/vide")), submit_text(database, TEXT, public=True, actor=actor)]
    monkeypatch.setattr(submissions, "MOST_TRIES", 40)  # on a busy machine a crawl may be under way at more deaths than a row is forgiven
    for number in range(2, 40, 3):
        with killed_at(number, monkeypatch):
            work()
    work()
    assert [now_is(database, one).state for one in rows] == ["visible", "visible", "visible", "ecartee", "visible"], [
        now_is(database, one).reason for one in rows
    ]
    for one in rows:
        states = [step.state for step in steps(database, one.id)]
        assert len(states) == len(set(states)), "a state was reached twice"
    assert len(stored(here)) == len(set(stored(here))) == 3
    with closing(open_index(here)) as index:
        assert index.search(Query()).total == 3
    with database.reading() as session:
        assert session.query(SubmissionRow).where(SubmissionRow.text.is_not(None)).count() == 0


def started(settings: Settings) -> subprocess.Popen[str]:
    """``vigie submissions serve``, loaded."""
    command = [sys.executable, "-m", "cli.main", "-v", "submissions", "serve"]
    process = subprocess.Popen(command, cwd=ROOT, env=child_environment(settings), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    assert process.stderr
    assert any("submissions_served" in line for line in iter(process.stderr.readline, ""))
    return process


def until(database: Database, one: Submission, *wanted: str) -> None:
    end = time.monotonic() + 60
    while now_is(database, one).state not in wanted:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_worker_that_is_killed_by_the_system_is_followed_by_another(
    here: Settings, web: Web, database: Database, submit: Callable[..., Submission], work: Callable[[], int]
) -> None:
    web.routes["/lent"] = Answer(article("Enfin", CURE, CURE), wait=2)
    with started(Settings(data_dir=here.data_dir, submission_places=web.place)) as first:
        slow = submit("/lent")
        until(database, slow, "en_cours")
        first.kill()
    quick = submit("/b")
    work()
    collecting.release(database)  # the crawl of the one that died may have held the page a little longer
    work()
    assert [now_is(database, one).state for one in (slow, quick)] == ["visible", "visible"]
    assert len(stored(here)) == 2
    assert document_id(f"{web.base}/lent") == now_is(database, slow).document_id


def test_serving_ends_when_it_is_told_to(
    here: Settings, database: Database, submit: Callable[..., Submission], monkeypatch: pytest.MonkeyPatch
) -> None:
    from threading import Event

    stop = Event()
    stop.set()
    monkeypatch.setattr(Worker, "warm", lambda _: None)
    one = submit("/a")
    assert serve(here, stop=stop) == 0
    assert now_is(database, one).state == "recue"
