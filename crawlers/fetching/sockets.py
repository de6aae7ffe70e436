"""WebSockets under the rules of crawlers/fetching/guard.py: a stream is read for a bounded time, and only from the host that its source file names.

The name is resolved once, the addresses found are checked, and the connection goes to one of these very addresses, so that a name that changes
its address between check and use gains nothing. A private address is reached only where the file writes it in digits (or as localhost), with
that port. No redirect is followed, no proxy used, and nothing is decompressed, so that no small message becomes a large one.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from core.addresses import inside
from core.errors import SourceError
from core.urls import host_of, is_ip, is_public_address

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from websockets.asyncio.client import ClientConnection

MAX_MESSAGE = 2 * 2**20  # bytes; a stream of posts sends some hundred
MAX_WAITING = 64  # messages read ahead; the connection stops reading beyond
MAX_ADDRESSES = 4  # of one name that are tried
OPEN_TIMEOUT = 15.0  # seconds for address, TLS and handshake
CLOSE_TIMEOUT = 3.0
TICK = 0.01  # a timer may ring a little early
SILENCE = 30.0  # seconds without a message after which a stream that always flows is broken
RETRIES = 3  # new connections after a cut, in one window
TOO_BIG = 1009  # WebSocket's code
PORTS = {"ws": 80, "wss": 443}
PASSING = frozenset({"cut_short", "refused", "timeout", "unknown_host", "tls", "http_429", "http_500", "http_502", "http_503", "http_504"})
AGAIN = frozenset({"cut_short", "refused", "timeout"})  # worth a new connection at once
Address = tuple[socket.AddressFamily, Any]


@dataclass(frozen=True)
class Gate:
    """What a source may reach: ``source.own_hosts()``, ``source.own_places()``; ``agent`` says to whom it speaks."""

    hosts: frozenset[str]
    places: frozenset[str]
    agent: str


@dataclass(frozen=True)
class Peer:
    """Who answered, for the evidence."""

    address: str | None = None
    certificate: bytes | None = None  # in DER
    tls: str | None = None


class Message(NamedTuple):
    """One message as it came, when it came, and from whom."""

    data: str | bytes
    at: datetime
    peer: Peer


class Straight(connect):
    """A connection that follows no redirect."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """Never another address."""
        return exc


async def messages(
    address: Callable[[], str], *, gate: Gate, seconds: float, silence: float = SILENCE, retries: int = RETRIES
) -> AsyncGenerator[Message, None]:
    """The messages of a stream for so many seconds; ``address`` says, at each connection, where the stream goes on.

    Raises SourceError: silent_stream, too_large, those of ``open_socket``, and after so many new connections cut_short.
    """
    loop = asyncio.get_running_loop()
    end, cuts, heard = loop.time() + seconds, 0, False
    last: SourceError | None = None
    while loop.time() < end:
        try:
            async with contextlib.aclosing(_one(address(), gate=gate, end=end, silence=silence)) as found:
                async for message in found:
                    heard = True
                    yield message
            break
        except SourceError as error:
            if error.reason not in AGAIN or cuts >= retries:
                raise
            cuts, last = cuts + 1, error
            await asyncio.sleep(max(0.0, min(2.0 ** (cuts - 1), end - loop.time())))
    if not heard:
        raise last or SourceError("silent_stream", f"{address()}: no message in {seconds:g} s from a stream that always flows; look at its address")


async def _one(url: str, *, gate: Gate, end: float, silence: float) -> AsyncGenerator[Message, None]:
    """The messages of one connection, until the window ends."""
    loop = asyncio.get_running_loop()
    connection = await open_socket(url, gate=gate)
    peer = _peer(connection)
    try:
        while (left := end - loop.time()) > 0:
            async with asyncio.timeout(min(left, silence)):
                data = await connection.recv()
            yield Message(data, datetime.now(UTC), peer)
    except TimeoutError:
        if end - loop.time() > TICK:
            raise SourceError("silent_stream", f"{url}: no message for {silence:g} s from a stream that always flows") from None
    except ConnectionClosed as error:
        if error.sent is not None and error.sent.code == TOO_BIG:
            raise SourceError("too_large", f"{url}: a message of more than {MAX_MESSAGE} bytes; no post is as large") from error
        raise SourceError("cut_short", f"{url}: the connection was cut ({str(error)[:100]})") from error
    finally:
        await connection.close()


def _peer(connection: ClientConnection) -> Peer:
    place, secure = connection.remote_address, connection.transport.get_extra_info("ssl_object")
    return Peer(str(place[0]) if place else None, secure.getpeercert(binary_form=True) if secure else None, secure.version() if secure else None)


async def open_socket(url: str, *, gate: Gate) -> ClientConnection:
    """A connection to a place that may be reached.

    Raises SourceError: bad_address, other_host, private_address, unknown_host, refused, timeout, tls, redirect_refused, http_<status>, no_websocket.
    """
    host, port = _allowed(url, gate=gate)
    try:
        async with asyncio.timeout(OPEN_TIMEOUT):
            plain = await _reach(await _places_of(host, port), url=url)
            try:
                return await _shake_hands(url, plain, gate=gate)
            except BaseException:
                plain.close()
                raise
    except TimeoutError as error:
        raise SourceError("timeout", f"{url}: no connection within {OPEN_TIMEOUT:g} s") from error


def _allowed(url: str, *, gate: Gate) -> tuple[str, int]:
    """Host and port of an address that the source names. Raises SourceError."""
    try:
        parts = urlsplit(url)
        host, port, place = host_of(url), parts.port, parts.netloc.rpartition("@")[2].lower()
    except ValueError as error:
        raise SourceError("bad_address", f"{url[:200]}: cannot be read ({error}); expected wss:// and a host") from error
    if parts.scheme not in PORTS or not host:
        raise SourceError("bad_address", f"{url[:200]}: not the address of a stream; expected wss:// and a host")
    if inside(host) and place not in gate.places:
        raise SourceError("private_address", f"{url}: lies on this machine or network, and the source file does not name it")
    if host not in gate.hosts:
        raise SourceError("other_host", f"{url}: the source file does not name {host}")
    return host, port or PORTS[parts.scheme]


async def _places_of(host: str, port: int) -> list[Address]:
    """The addresses of a host that may be connected to. Raises SourceError."""
    try:
        found = await look_up(host, port)
    except (OSError, UnicodeError) as error:
        raise SourceError("unknown_host", f"{host}: no address was found ({str(error)[:100]})") from error
    if not is_ip(host) and host != "localhost":  # what is written in digits has been judged
        found = [(family, place) for family, place in found if is_public_address(place[0])]
    if not found:
        raise SourceError("private_address", f"{host}: lies at a private address; a stranger's name must not lead into this network")
    return found[:MAX_ADDRESSES]


async def look_up(host: str, port: int) -> list[Address]:
    """All addresses of a name, as the system resolves it. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, place) for family, _, _, _, place in found]


async def _reach(places: list[Address], *, url: str) -> socket.socket:
    """A socket connected to the first of the places that answers. Raises SourceError(refused)."""
    failed = "no address"
    for family, place in places:
        plain = socket.socket(family, socket.SOCK_STREAM)
        plain.settimeout(0)  # for the event loop
        try:
            async with asyncio.timeout(OPEN_TIMEOUT / 2):
                await asyncio.get_running_loop().sock_connect(plain, place)
        except OSError as error:  # TimeoutError is one
            plain.close()
            failed = str(error)[:100] or "no answer"
        except BaseException:
            plain.close()
            raise
        else:
            return plain
    raise SourceError("refused", f"{url}: no connection ({failed})")


async def _shake_hands(url: str, plain: socket.socket, *, gate: Gate) -> ClientConnection:
    secure: dict[str, Any] = {"server_hostname": host_of(url)} if url.startswith("wss:") else {}
    try:
        return await Straight(
            url, sock=plain, user_agent_header=gate.agent, proxy=None, compression=None, max_size=MAX_MESSAGE, max_queue=MAX_WAITING,
            open_timeout=None, close_timeout=CLOSE_TIMEOUT, **secure,
        )  # fmt: skip
    except InvalidStatus as error:
        status = error.response.status_code
        reason = "redirect_refused" if 300 <= status < 400 else f"http_{status}"
        raise SourceError(reason, f"{url}: the service answered {status} where a WebSocket was expected") from error
    except ssl.SSLError as error:
        raise SourceError("tls", f"{url}: no safe connection ({str(error)[:100]})") from error
    except (InvalidHandshake, InvalidURI, ValueError) as error:
        raise SourceError("no_websocket", f"{url}: no WebSocket answers there ({str(error)[:100]})") from error
    except (OSError, EOFError) as error:
        raise SourceError("cut_short", f"{url}: the connection was cut ({str(error)[:100]})") from error
