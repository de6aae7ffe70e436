"""Pages read in other processes: in order, each answered for, whatever becomes of who reads it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core.errors import SourceError
from core.records import Document
from crawlers import readers
from crawlers.erasing.optout import OptOuts
from crawlers.judge import Aside, Dropped, Judge, read_page
from crawlers.readers import Readers
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.page import Page
from crawlers.spiders.site import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawlers.judge import Reading

WORDS = "Le verger partagé compte vingt pommiers, et les voisins les arrosent chaque soir."
KEEP = {"words": ["verger"]}


def judge() -> Judge:
    about = {"title": "Le verger", "purpose": "essai des lectures", "legal_basis": "essai des lectures"}
    source = Options.model_validate({"name": "verger", "kind": "site", "url": "https://verger.example/", "keep": KEEP, **about})
    return Judge(source, b"k" * 32, OptOuts(), 1000)


def parse(page: Page) -> Iterator[Draft | Left]:
    """The body is what happens."""
    word = page.body.decode()
    if word == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    while word == "hangs":
        pass
    if word == "waits":
        time.sleep(30)
    if word.startswith("/") and not Path(word).exists():  # dies once
        Path(word).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if word == "wall":
        raise SourceError("bot_wall", f"{page.url}: a wall")
    if word == "new":
        raise KeyError("secret words of the page")
    if word == "fault":
        raise OSError("a fault of ours")
    yield Draft(url=page.url, kind="article", text={"long": "x" * 2000, "other": "Un texte sur la halle."}.get(word, f"{WORDS} {word}"))
    yield Left(reason="boost")


def outcome(reading: Reading) -> Any:
    """One word for what came of a page."""
    if reading.reason:
        return reading.reason
    (verdict,) = reading.verdicts.values()
    assert len(reading.items) == 2
    return verdict.text.split()[-1] if isinstance(verdict, Document) else verdict.reason


def read(*words: str, count: int = 1, before: Any = None) -> list[Any]:
    """What became of pages that are given together; ``before``: what is done to the readers first."""

    async def run() -> list[Any]:
        pages = [Page(f"https://verger.example/{number}", word.encode()) for number, word in enumerate(words)]
        return [outcome(one) for one in await asyncio.gather(*(found.read("step", page) for page in pages))]

    with closing(Readers(count, parsers={"step": parse}, judge=judge())) as found:
        if before:
            before(found)
        return asyncio.run(run())


@pytest.fixture(autouse=True)
def _light(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "prepare", lambda: None)  # the texts are short enough to be read without


@pytest.mark.parametrize("count", [0, 1, 2])
def test_each_page_has_the_answer_that_it_would_have_here(count: int) -> None:
    here = [outcome(read_page(Page(f"https://verger.example/{word}", word.encode()), parse=parse, judge=judge())) for word in EACH]
    assert read(*EACH, count=count) == here == ["a", "bot_wall", "unreadable_page", "too_long", "no_word", "b"]


EACH = ("a", "wall", "new", "long", "other", "b")


def test_verdicts_say_why_an_item_is_no_document() -> None:
    verdicts = [
        next(iter(read_page(Page("https://verger.example/1", word.encode()), parse=parse, judge=judge()).verdicts.values())) for word in EACH[3:]
    ]
    assert [type(verdict) for verdict in verdicts] == [Aside, Dropped, Document]


def test_what_a_page_holds_is_not_in_the_words_about_it() -> None:
    reading = read_page(Page("https://verger.example/1", b"new"), parse=parse, judge=judge())
    assert "KeyError in test_readers.py" in reading.detail
    assert "secret" not in reading.detail


@pytest.mark.parametrize("word", ["dies", "fault"])
def test_a_page_that_ends_its_reader_is_set_aside_and_the_others_are_read(word: str) -> None:
    assert read("a", word, "b", word, word, "c") == ["a", "reader_died", "b", "reader_died", "reader_died", "c"]


def test_they_end_although_the_last_page_ended_a_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one comes when the loop is over."""
    hand_over = socket.send_fds

    def late(*given: Any) -> int:
        time.sleep(0.03)
        return hand_over(*given)

    monkeypatch.setattr(socket, "send_fds", late)
    assert read("a", "dies") == ["a", "reader_died"]


def test_a_page_is_blamed_when_two_readers_died_of_it(tmp_path: Path) -> None:
    once = str(tmp_path / "once")
    assert read("a", once, "b") == ["a", once, "b"]


@pytest.mark.parametrize(("word", "limit"), [("hangs", "LONGEST"), ("waits", "LONGEST_STILL")])
def test_a_parser_that_does_not_end_is_stopped(monkeypatch: pytest.MonkeyPatch, word: str, limit: str) -> None:
    read_page(Page("https://verger.example/1", b"a"), parse=parse, judge=judge())  # what is loaded once counts for no page
    monkeypatch.setattr(readers, limit, 0.1)
    assert read("a", word, "b") == ["a", "reader_died", "b"]


def test_where_nobody_can_be_had_pages_are_read_here() -> None:
    def kill(found: Readers) -> None:
        for pid, _ in found._guardians:
            os.kill(pid, signal.SIGKILL)

    assert read("a", "b", before=kill) == ["a", "b"]


@pytest.mark.parametrize("forks", [0, 1])
def test_where_the_system_gives_no_more_processes_fewer_read(monkeypatch: pytest.MonkeyPatch, forks: int) -> None:
    fork, left, handles = os.fork, [None] * forks, len([*Path("/proc/self/fd").iterdir()])

    def short() -> int:
        if not left:
            raise BlockingIOError("Resource temporarily unavailable")
        left.pop()
        return fork()

    monkeypatch.setattr(os, "fork", short)
    assert read("a", "b", count=3) == ["a", "b"]
    assert len([*Path("/proc/self/fd").iterdir()]) == handles, "what was opened for them is closed"


def test_who_waits_no_more_keeps_nobody_from_an_answer() -> None:
    async def run(found: Readers) -> list[Any]:
        tasks = [asyncio.ensure_future(found.read("step", Page(f"https://verger.example/{word}", word.encode()))) for word in "abc"]
        await asyncio.sleep(0)
        tasks[1].cancel()
        answers = [outcome(one) for one in (await tasks[0], await tasks[2], await found.read("step", Page("https://verger.example/d", b"d")))]
        return [*answers, found._lines[0].closed]

    with closing(Readers(1, parsers={"step": parse}, judge=judge())) as found:
        assert asyncio.run(run(found)) == ["a", "c", "d", False]


def test_they_end_with_the_process_that_asked() -> None:
    """Killed in the middle of a page that does not end, it leaves nobody behind: no reader holds what the crawl held open."""
    out, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(out)
        try:
            with closing(Readers(1, parsers={"step": parse}, judge=judge())) as found:
                asyncio.run(_told(found, told))
        finally:
            os._exit(0)
    os.close(told)
    guardian = int(os.read(out, 20))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    deadline = time.monotonic() + 20
    while _lives(guardian):
        assert time.monotonic() < deadline
    os.close(out)


async def _told(found: Readers, told: int) -> None:
    await found.read("step", Page("https://verger.example/1", b"a"))
    os.write(told, str(found._guardians[0][0]).encode())
    await asyncio.sleep(60)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
