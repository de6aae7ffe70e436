"""The one way out for a browser: a proxy on this machine that reaches public addresses on ports 80 and 443, within limits, and notes what it did.

A page under a stranger's control runs its scripts in that browser; none of them may call a machine inside the house. A name is resolved once, here,
and the address that was judged is the one that is connected to, so that a name that changes its address (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from core.urls import is_public_address

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Collection

    Ends = tuple[StreamReader, StreamWriter]

PORTS = (80, 443)
MAX_BYTES = 30 * 2**20  # of one page with all that it loads
SECONDS = 60.0
HEAD = 64 * 1024  # bytes of request or response headers
WAIT = 10.0  # seconds to resolve or to connect
MAX_NAMES = 300  # of hosts that one page may have looked up
NOTES = 1000  # places that are noted
KEPT_OUT = ("proxy-", "connection", "keep-alive")


class Refused(Exception):  # noqa: N818 - no error: the guard at work
    """This place may not be reached; the message is a short stable reason."""


@dataclass
class Traffic:
    """What went through: places with the address reached, places refused with the reason, bytes received."""

    reached: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    received: int = 0
    exhausted: bool = False  # the limit of bytes was met: the page was cut there


class GuardProxy:
    """``async with GuardProxy() as proxy:`` listens on 127.0.0.1:``proxy.port`` until the block ends.

    ``allowed``: places written host:port that may be reached though they are private; the demonstration and tests have some.
    ``closed``: hosts that the browser calls for itself, and that no page is read from.
    """

    def __init__(self, *, allowed: Collection[str] = (), closed: Collection[str] = (), max_bytes: int = MAX_BYTES, seconds: float = SECONDS) -> None:
        self.traffic = Traffic()
        self.port = 0
        self._allowed, self._closed, self._max_bytes, self._seconds = frozenset(allowed), frozenset(closed), max_bytes, seconds
        self._names: dict[str, asyncio.Task[list[str]]] = {}
        self._open: set[asyncio.Task[None]] = set()
        self._end = 0.0

    async def __aenter__(self) -> Self:
        self._end = asyncio.get_running_loop().time() + self._seconds
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=HEAD)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        pending = [*self._open, *self._names.values()]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _accept(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._open.add(task)
        try:
            async with asyncio.timeout_at(self._end):
                await self._serve(reader, writer)
        except (OSError, asyncio.CancelledError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ValueError):
            pass  # one end went away, talked nonsense, or the block has ended: asyncio would report a connection that was cancelled as an error
        finally:
            writer.close()
            if task is not None:
                self._open.discard(task)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        method, target, headers = _request(await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), WAIT))
        try:
            site = await self._connect(*place_of(method, target))
        except Refused as error:
            self._note(self.traffic.refused, target if method == "CONNECT" else urlsplit(target).netloc, str(error))
            return  # without an answer: a browser would show it as the site's page
        try:
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                await self._tunnel((reader, writer), site)
            else:
                await self._forward((reader, writer), site, method=method, target=target, headers=headers)
        finally:
            site[1].close()

    async def _connect(self, host: str, port: int) -> Ends:
        """A connection to the very address that was judged. Raises Refused."""
        place = f"{host}:{port}"
        free = place in self._allowed
        if self.traffic.exhausted:
            raise Refused("too_many_bytes")
        if host in self._closed:
            raise Refused("not_of_the_page")
        if port not in PORTS and not free:
            raise Refused("other_port")
        addresses = await self._resolve(host)
        if not free and not all(is_public_address(address) for address in addresses):
            raise Refused("private_address")
        for address in addresses[:3]:
            with contextlib.suppress(OSError, TimeoutError):
                found = await asyncio.wait_for(asyncio.open_connection(address, port), WAIT)
                self._note(self.traffic.reached, place, address)
                return found
        raise Refused("unreachable")

    async def _resolve(self, host: str) -> list[str]:
        """The addresses of a name, asked for once. Raises Refused."""
        if host not in self._names:
            if len(self._names) >= MAX_NAMES:
                raise Refused("too_many_names")
            self._names[host] = asyncio.create_task(_addresses(host))
        try:
            return await asyncio.wait_for(asyncio.shield(self._names[host]), WAIT)
        except (OSError, UnicodeError, TimeoutError) as error:
            raise Refused("unknown_name") from error

    async def _tunnel(self, browser: Ends, site: Ends) -> None:
        """Bytes both ways until one end closes; what the site sends is counted."""
        sent = asyncio.create_task(_pass(browser[0], site[1]))
        try:
            await self._receive(site[0], browser[1])
        finally:
            sent.cancel()
            await asyncio.gather(sent, return_exceptions=True)

    async def _forward(self, browser: Ends, site: Ends, *, method: str, target: str, headers: list[str]) -> None:
        """One request and its answer. The connection then ends: a second request on it could be meant for another host."""
        parts = urlsplit(target)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        site[1].write(_head([f"{method} {path} HTTP/1.1", *headers]))
        length = next((int(line.partition(":")[2]) for line in headers if line.lower().startswith("content-length:")), 0)
        if length:
            site[1].write(await browser[0].readexactly(min(length, self._max_bytes)))
        await site[1].drain()
        status = "100"
        while status.startswith("1"):  # interim answers come before the answer
            lines = (await site[0].readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
            status = lines[0].partition(" ")[2]
            browser[1].write(_head(lines))
        await self._receive(site[0], browser[1])

    async def _receive(self, up_reader: StreamReader, writer: StreamWriter) -> None:
        while data := await up_reader.read(HEAD):
            self.traffic.received += len(data)
            if self.traffic.received > self._max_bytes:
                self.traffic.exhausted = True
            if self.traffic.exhausted:
                return
            writer.write(data)
            await writer.drain()

    @staticmethod
    def _note(notes: dict[str, str], place: str, said: str) -> None:
        if len(notes) < NOTES:
            notes.setdefault(place[:300], said)


def place_of(method: str, target: str) -> tuple[str, int]:
    """Host and port that a request to a proxy names. Raises Refused."""
    try:
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise Refused("bad_address") from error
    if not host or (method != "CONNECT" and parts.scheme != "http") or (method == "CONNECT" and port is None):
        raise Refused("bad_address")
    return host, 80 if port is None else port


async def _addresses(host: str) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


async def _pass(reader: StreamReader, writer: StreamWriter) -> None:
    while data := await reader.read(HEAD):
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


def _request(head: bytes) -> tuple[str, str, list[str]]:
    first, *headers = head.decode("latin-1").split("\r\n")[:-2]
    method, target, _ = first.split(" ")
    if any(line.lower().startswith("transfer-encoding:") for line in headers):
        raise ValueError("a body of unknown length")
    return method, target, headers


def _head(lines: list[str]) -> bytes:
    """A head that says that the connection ends after this."""
    kept = [line for line in lines[1:] if not line.lower().startswith(KEPT_OUT)]
    return ("\r\n".join([lines[0], *kept, "Connection: close"]) + "\r\n\r\n").encode("latin-1")
