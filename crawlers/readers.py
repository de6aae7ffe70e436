"""Pages are read in processes of their own, so that fetching waits for nobody while a page is read.

Each of them has a guardian, forked before the crawl opens a file: it loads what reading needs, forks the reader, hands the crawl the way to
it, and forks another where that one dies. A page of which two readers die (of memory, or of a parser that does not end) is set aside by name;
those that waited behind it are read by the next one. When the crawl dies, its sockets close and all of them end.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import pickle
import signal
import socket
import struct
from collections import deque
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from crawlers.judge import Reading, read_page
from crawlers.reading.channels import load_table
from crawlers.reading.language import prepare
from crawlers.reading.page import Page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawlers.judge import Judge, Parser

LONGEST = 60.0  # seconds of the processor for one page; the longest that a parser lets itself take is 5
LONGEST_STILL = 900.0  # seconds of the clock, for a reader that waits without using the processor
SIZE = struct.Struct("!Q")  # how many bytes follow: a pickle, which only processes of this very crawl can write here
READY = b"."
DIED, NOBODY = "reader_died", "no_reader"
Asked = tuple[str, Page]


class Waiting(NamedTuple):
    """A page that was handed to a reader, and who waits for it."""

    asked: Asked
    answer: asyncio.Future[Reading]


class Readers:
    """``count`` processes that read pages by the parsers of a kind's steps; where they cannot be had, pages are read here."""

    def __init__(self, count: int, *, parsers: Mapping[str, Parser], judge: Judge) -> None:
        self._parsers, self._judge = parsers, judge
        self._guardians: list[tuple[int, socket.socket]] = []
        with contextlib.suppress(OSError):  # no memory or no processes left: fewer read, or the crawl by itself
            for _ in range(count):
                self._guardians.append(self._guarded())
        self._lines: list[Line] | None = None

    def _guarded(self) -> tuple[int, socket.socket]:
        ours, theirs = socket.socketpair()
        gc.freeze()  # what exists is not looked through in the other process, which would copy it
        try:
            pid = os.fork()
            if pid == 0:
                for _, other in self._guardians:
                    other.close()
                ours.close()
                _guard(theirs, self._parsers, self._judge)
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
            gc.unfreeze()
        return pid, ours

    async def read(self, step: str, page: Page) -> Reading:
        """What stands on a page, read by the least busy reader. Raises ConfigError."""
        if self._lines is None:
            self._lines = [Line(guardian) for _, guardian in self._guardians]
        living = [line for line in self._lines if not line.closed]
        if living:
            found = await min(living, key=lambda line: len(line.waiting)).read((step, page))
            if found is not None:
                return found
        prepare()
        return read_page(page, parse=self._parsers[step], judge=self._judge)

    def close(self) -> None:
        """End them."""
        for _, guardian in self._guardians:
            with contextlib.suppress(OSError):
                guardian.shutdown(socket.SHUT_RDWR)  # closing alone would not wake who still listens to it
            guardian.close()
        for line in self._lines or ():
            line.close()
        for pid, _ in self._guardians:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
        self._guardians, self._lines = [], []


class Line:
    """The way to one reader. Answers come in the order of the pages."""

    def __init__(self, guardian: socket.socket) -> None:
        self.waiting: deque[Waiting] = deque()
        self.closed = False  # there is no guardian any more
        self._guardian = guardian
        self._writer: asyncio.StreamWriter | None = None
        self._socket: socket.socket | None = None
        self._listener: asyncio.Task[None] | None = None
        self._over = False
        self._suspect: Waiting | None = None  # stood first when a reader died

    async def read(self, asked: Asked) -> Reading | None:
        """The page's reading; None where no reader can be had."""
        waiting = Waiting(asked, asyncio.get_running_loop().create_future())
        self.waiting.append(waiting)
        if self._listener is None:
            self._listener = asyncio.ensure_future(self._listen())
        elif self._writer is not None:
            self._send(waiting)
        found = await waiting.answer
        return found if found.reason != NOBODY else None

    async def _listen(self) -> None:
        """Serve one reader after the other, until there is no guardian. Whatever ends this, nobody waits for ever."""
        try:
            while (reader := await self._reached()) is not None:
                for waiting in self.waiting:
                    self._send(waiting)
                with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                    while True:
                        (size,) = SIZE.unpack(await reader.readexactly(SIZE.size))
                        self._answer(pickle.loads(await reader.readexactly(size)))  # noqa: S301 - see SIZE
                if self._writer is not None:
                    self._writer.close()
                self._writer = None
                self._died()
        finally:
            self.closed = True
            while self.waiting:
                self._answer(Reading(reason=NOBODY))

    def _died(self) -> None:
        """Set a page aside when two readers died of it: the first may have died of the next page, with an answer still on its way."""
        if not self.waiting:
            return
        if self.waiting[0] is not self._suspect:
            self._suspect = self.waiting[0]
            return
        url = self._suspect.asked[1].url
        detail = f"{url}: two who read this page died, for want of memory or time or by a fault of ours; look at it"
        self._answer(Reading(reason=DIED, detail=detail))

    def _answer(self, found: Reading) -> None:
        """Tell who waits first; a crawl that is stopped may wait no more."""
        answer = self.waiting.popleft().answer
        if not answer.done():
            answer.set_result(found)

    async def _reached(self) -> asyncio.StreamReader | None:
        """The way to a new reader, from the guardian; None if that is gone."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(None, self._received)
        except OSError:
            return None
        if found is None:
            return None
        reader, self._writer = await asyncio.open_connection(sock=found)
        return reader

    def _received(self) -> socket.socket | None:
        """The end of a new reader's way, in a thread: the loop may be over when it comes, and a way that nobody closes would keep its reader."""
        _, handles, *_ = socket.recv_fds(self._guardian, len(READY), 1)
        if not handles:
            return None
        self._socket = found = socket.socket(fileno=handles[0])
        if self._over:
            found.close()
        return None if self._over else found

    def _send(self, waiting: Waiting) -> None:
        if self._writer is not None:
            data = pickle.dumps(waiting.asked, pickle.HIGHEST_PROTOCOL)
            self._writer.writelines((SIZE.pack(len(data)), data))

    def close(self) -> None:
        """Tell the reader that no page follows; the loop that served it may have ended."""
        self._over = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)


def _guard(crawl: socket.socket, parsers: Mapping[str, Parser], judge: Judge) -> NoReturn:
    """The body of a guardian: one reader at a time. What goes wrong here shows in the crawl, which then reads by itself and meets it."""
    code = 1
    try:
        _apart()
        prepare()
        load_table()
        while True:
            ours, theirs = socket.socketpair()
            pid = os.fork()
            if pid == 0:
                crawl.close()
                ours.close()
                _serve(theirs, parsers, judge)
            theirs.close()
            socket.send_fds(crawl, [READY], [ours.fileno()])
            ours.close()
            os.waitpid(pid, 0)
    except OSError:  # the crawl has ended
        code = 0
    finally:
        os._exit(code)


def _apart() -> None:
    """Who waits for the crawl's output waits for the crawl alone, and what stops a crawl lets it end in order."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nowhere, stream)


def _serve(crawl: socket.socket, parsers: Mapping[str, Parser], judge: Judge) -> NoReturn:
    """The body of a reader: page by page, until the crawl has no more. One that takes too long ends it (the default of both signals)."""
    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    try:
        with crawl.makefile("rb") as asked:
            while head := asked.read(SIZE.size):
                step, page = pickle.loads(asked.read(SIZE.unpack(head)[0]))  # noqa: S301 - see SIZE
                _allow(LONGEST, LONGEST_STILL)
                data = pickle.dumps(read_page(page, parse=parsers[step], judge=judge), pickle.HIGHEST_PROTOCOL)
                _allow(0, 0)
                crawl.sendall(SIZE.pack(len(data)) + data)
    finally:
        os._exit(0)


def _allow(busy: float, still: float) -> None:
    """Seconds of the processor and of the clock; 0 for no limit."""
    signal.setitimer(signal.ITIMER_PROF, busy)
    signal.setitimer(signal.ITIMER_REAL, still)
