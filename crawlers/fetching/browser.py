"""Debian's Chromium without a window, spoken to over a pair of pipes (DevTools protocol): no port that another program could speak to."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Listener = Callable[[str, dict[str, Any]], None]

MAX_MESSAGE = 128 * 2**20  # bytes: a picture in base64, with room
ASKED, ANSWERED = 3, 4  # the file descriptors that Chromium reads from and writes to
DYING = 3.0  # seconds that killed processes may take to go
FLAGS = (
    "--headless=new", "--remote-debugging-pipe", "--incognito", "--no-first-run", "--no-default-browser-check", "--hide-scrollbars", "--mute-audio",
    "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync",
    "--disable-domain-reliability", "--disable-breakpad", "--disable-crash-reporter", "--disable-client-side-phishing-detection", "--disable-gpu",
    "--disable-dev-shm-usage", "--disable-quic", "--disable-notifications", "--deny-permission-prompts", "--block-new-web-contents",
    "--metrics-recording-only", "--password-store=basic", "--no-pings", "--disable-search-engine-choice-screen", "--lang=fr-FR",
    "--disable-features=Translate,MediaRouter,OptimizationHints,OptimizationGuideModelDownloading,AutofillServerCommunication,"
    "InterestFeedContentSuggestions,CertificateTransparencyComponentUpdater,DialMediaRouteProvider,NetworkTimeServiceQuerying,SegmentationPlatform",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",  # else a page could send UDP around the proxy
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # and ask the name server: only the proxy resolves names
    "--proxy-bypass-list=<-loopback>",  # and reach this machine
)  # fmt: skip


class Gone(Exception):  # noqa: N818 - says what happened
    """The browser ended, or refused a command."""


class Browser:
    """``async with Browser(...) as browser:`` runs one; when the block ends, it and all that it started are killed."""

    def __init__(self, chromium: Path, *, folder: Path, proxy: int, agent: str, size: tuple[int, int]) -> None:
        # Chromium refuses to start its sandbox as root; every other user gets it
        self.sandbox = os.geteuid() != 0
        own = [f"--user-data-dir={folder}", f"--proxy-server=http://127.0.0.1:{proxy}", f"--user-agent={agent}", f"--window-size={size[0]},{size[1]}"]
        self._command = [str(chromium), *FLAGS, *own, *([] if self.sandbox else ["--no-sandbox"]), "about:blank"]
        self._environment = {
            "HOME": str(folder),
            "TMPDIR": str(folder),
            "PATH": "/usr/bin:/bin",
            "LANG": "fr_FR.UTF-8",
            "DBUS_SESSION_BUS_ADDRESS": "/dev/null",
        }
        self._folder = folder
        self._answers: dict[int | str, asyncio.Future[dict[str, Any]]] = {}  # by the number of a command, or the name of an event
        self._listener: Listener = lambda _, __: None
        self._number = self._process = 0
        self._session = ""

    async def __aenter__(self) -> Self:
        _prefer(self._folder)
        with contextlib.ExitStack() as made:  # undone in reverse, here if something fails, else when the block ends
            read = self._start(made)
            self._reader = asyncio.StreamReader(limit=MAX_MESSAGE)
            answers = os.fdopen(read, "rb", 0)
            transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(self._reader), answers)
            made.callback(transport.close)
            self._task = asyncio.create_task(self._listen())
            self._made = made.pop_all()
        return self

    def _start(self, made: contextlib.ExitStack) -> int:
        """Start the process; the end of the pipe that its answers come from. Raises OSError."""
        theirs, self._write = _pipe()
        read, answers = _pipe()
        made.callback(_close, self._write)
        devices = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
        pipes = [(os.POSIX_SPAWN_DUP2, theirs, ASKED), (os.POSIX_SPAWN_DUP2, answers, ANSWERED)]
        try:
            self._process = os.posix_spawn(self._command[0], self._command, self._environment, file_actions=devices + pipes, setsid=True)
        except OSError:
            _close(read)
            raise
        finally:
            _close(theirs, answers)
        made.callback(_kill, self._process)
        return read

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._made.close()

    def listen(self, listener: Listener) -> None:
        """Hand every event (method, parameters) to ``listener``."""
        self._listener = listener

    async def attach(self, target: str) -> None:
        """Make a page the one that ``page=True`` means."""
        self._session = (await self.call("Target.attachToTarget", {"targetId": target, "flatten": True}))["sessionId"]

    def tell(self, method: str, parameters: dict[str, Any]) -> None:
        """Send a command to the page without waiting for its answer. Raises Gone."""
        self._send(method, parameters, page=True)

    async def call(self, method: str, parameters: dict[str, Any] | None = None, *, page: bool = False) -> dict[str, Any]:
        """The answer to a command. Raises Gone."""
        number = self._send(method, parameters or {}, page=page)
        try:
            answer = await self._waiting(number)
        finally:
            del self._answers[number]
        if "error" in answer:
            raise Gone(f"{method}: {str(answer['error'].get('message'))[:200]}")
        found: dict[str, Any] = answer.get("result", {})
        return found

    def expect(self, event: str) -> asyncio.Future[dict[str, Any]]:
        """The parameters of the next such event, once it comes; to be asked for before what causes it. Awaiting it raises Gone."""
        return self._waiting(event)

    def _waiting(self, key: int | str) -> asyncio.Future[dict[str, Any]]:
        waiting = self._answers[key] = asyncio.get_running_loop().create_future()
        if self._task.done():
            waiting.set_exception(Gone("it is not running"))
        return waiting

    def _send(self, method: str, parameters: dict[str, Any], *, page: bool) -> int:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters, **({"sessionId": self._session} if page else {})}
        try:
            os.write(self._write, json.dumps(message).encode() + b"\0")
        except OSError as error:
            raise Gone("it is not running") from error
        return self._number

    async def _listen(self) -> None:
        try:
            while True:
                self._hear(json.loads((await self._reader.readuntil(b"\0"))[:-1]))
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, ValueError, Gone):
            self._ended()

    def _hear(self, message: dict[str, Any]) -> None:
        told = message.get("params") or {}
        waiting = self._answers.get(message["id"] if "id" in message else message.get("method", ""))
        if waiting and not waiting.done():
            waiting.set_result(message if "id" in message else told)
        if "method" in message:
            self._listener(message["method"], told)

    def _ended(self) -> None:
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_exception(Gone("it ended"))
                waiting.exception()  # nobody may be waiting any more


def _prefer(folder: Path) -> None:
    """What a fresh profile is told a second time, for options change their names: no UDP around the proxy, no downloads."""
    (folder / "Default").mkdir()
    wishes = {"webrtc": {"ip_handling_policy": "disable_non_proxied_udp"}, "download_restrictions": 3}
    (folder / "Default" / "Preferences").write_text(json.dumps(wishes), encoding="utf-8")


def _pipe() -> tuple[int, int]:
    """The read and the write end of a pipe, numbered so that they do not collide with those that Chromium wants."""
    ends = os.pipe()
    read, write = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    _close(*ends)
    return read, write


def _close(*handles: int) -> None:
    for handle in handles:
        with contextlib.suppress(OSError):
            os.close(handle)


def _kill(process: int) -> None:
    """End a browser with everything it started: they share its process group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(process, 0)
    end = time.monotonic() + DYING
    while time.monotonic() < end:
        try:
            os.killpg(process, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
