"""The guarded WebSocket, against real servers on this machine that behave and misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.server import Request, Response, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed

from core.errors import SourceError
from crawlers.fetching import sockets
from crawlers.fetching.sockets import Gate, Message, messages

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    Play = Callable[[ServerConnection], Awaitable[None]]


class Stream:
    """A stream on this machine: each new connection plays the next of the given parts, the last one for ever."""

    def __init__(
        self, *plays: Play, answer: Callable[[ServerConnection, Request], Response | None] | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._tls = tls
        self.plays, self.paths, self.agents = list(plays), list[str](), list[str]()
        self._answer, self._ready, self._loop = answer, threading.Event(), asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Stream:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._done.set)
        self._thread.join(10)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        self._done = asyncio.Event()
        async with serve(self._play, "127.0.0.1", 0, process_request=self._answer, close_timeout=1, ssl=self._tls) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            self._ready.set()
            await self._done.wait()

    async def _play(self, connection: ServerConnection) -> None:
        assert connection.request is not None
        self.paths.append(connection.request.path)
        self.agents.append(connection.request.headers["User-Agent"])
        with contextlib.suppress(ConnectionClosed):
            await self.plays[min(len(self.paths), len(self.plays)) - 1](connection)

    @property
    def url(self) -> str:
        return f"wss://localhost:{self.port}/subscribe" if self._tls else f"ws://127.0.0.1:{self.port}/subscribe"


def say(*lines: str | bytes, then: str = "stay") -> Play:
    async def play(connection: ServerConnection) -> None:
        for line in lines:
            await connection.send(line)
        if then == "stay":
            await connection.wait_closed()
        elif then == "cut":
            connection.transport.abort()
        else:
            await connection.close()

    return play


def gate(stream: Stream) -> Gate:
    hosts = frozenset({"127.0.0.1", "localhost"})
    return Gate(hosts=hosts, places=frozenset(f"{host}:{stream.port}" for host in hosts), agent="Vigie/0.1 (+veille@exemple.test)")


def read(stream: Stream, **options: Any) -> list[str | bytes]:
    async def collect() -> list[str | bytes]:
        found = messages(lambda: stream.url, gate=options.pop("gate", gate(stream)), **{"seconds": 1.0, "silence": 5.0, **options})
        return [one.data async for one in found]

    return asyncio.run(collect())


def reason(stream: Stream, **options: Any) -> str:
    with pytest.raises(SourceError) as raised:
        read(stream, **options)
    assert "\n" not in str(raised.value)
    return raised.value.reason


def test_the_window_ends() -> None:
    with Stream(say("a", "b")) as stream:
        start = time.monotonic()
        assert read(stream) == ["a", "b"]
        assert 0.9 < time.monotonic() - start < 4
        assert stream.agents == ["Vigie/0.1 (+veille@exemple.test)"]


def test_who_stops_reading_a_flood_hangs_up() -> None:
    async def flood(connection: ServerConnection) -> None:
        while True:
            await connection.send("x" * 1000)

    async def first(stream: Stream) -> int:
        count = 0
        async with contextlib.aclosing(messages(lambda: stream.url, gate=gate(stream), seconds=60)) as found:
            async for _ in found:
                count += 1
                if count == 5000:
                    break
        return count

    with Stream(flood) as stream:
        start = time.monotonic()
        assert asyncio.run(first(stream)) == 5000
        assert time.monotonic() - start < 20


@pytest.mark.parametrize("then", ["cut", "close"])
def test_after_a_cut_reading_goes_on(then: str) -> None:
    with Stream(say("a", then=then), say("b")) as stream:
        assert read(stream, seconds=2.5) == ["a", "b"]
        assert len(stream.paths) == 2


def test_a_stream_that_is_always_cut_is_given_up() -> None:
    with Stream(say("a", then="cut")) as stream:
        assert reason(stream, seconds=30, retries=1) == "cut_short"
        assert len(stream.paths) == 2


def test_silence_has_its_name() -> None:
    with Stream(say("a")) as stream:
        assert reason(stream, seconds=10, silence=0.5) == "silent_stream"
    with Stream(say()) as stream:
        assert reason(stream, seconds=0.5) == "silent_stream"


def test_a_huge_message_ends_the_reading() -> None:
    with Stream(say("a" * (sockets.MAX_MESSAGE + 1))) as stream:
        assert reason(stream) == "too_large"


def test_bytes_are_handed_on_as_bytes() -> None:
    with Stream(say(b"\x28\xb5\x2f\xfd")) as stream:
        assert read(stream) == [b"\x28\xb5\x2f\xfd"]


def answering(status: int, **headers: str) -> Callable[[ServerConnection, Request], Response]:
    return lambda connection, request: Response(status, "x", Headers({"Content-Length": "0", **headers}))


@pytest.mark.parametrize("place", ["http://127.0.0.1:1/", "ws://10.0.0.1/", "/subscribe?x=1", "gopher://[", "wss://autre.exemple.test/"])
def test_no_redirect_is_followed(place: str) -> None:
    with Stream(say("a"), answer=answering(302, Location=place)) as stream:
        assert reason(stream) == "redirect_refused"
        assert stream.paths == []


@pytest.mark.parametrize("status", [403, 429, 503])
def test_a_refusal_has_its_name(status: int) -> None:
    with Stream(say("a"), answer=answering(status)) as stream:
        assert reason(stream) == f"http_{status}"


def test_where_nothing_listens() -> None:
    with Stream(say("a")) as stream:
        pass
    assert reason(stream, seconds=5, retries=0) == "refused"


def test_what_speaks_no_websocket_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "OPEN_TIMEOUT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stream = Stream()
        stream.port = listener.getsockname()[1]
        assert reason(stream, seconds=5, retries=0) == "timeout"

        def hang_up() -> None:
            for _ in range(2):  # the first connection waits in the queue
                accepted, _ = listener.accept()
                with accepted, contextlib.suppress(OSError):
                    accepted.recv(4096)
                    accepted.sendall(b"SSH-2.0-essai\r\n")

        threading.Thread(target=hang_up, daemon=True).start()
        assert reason(stream, seconds=5, retries=0) in {"no_websocket", "cut_short"}


def certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    """A server's context with a certificate for this name, and the file by which a client may trust it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key, subject, now = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    made = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), now - timedelta(days=1), now + timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    path, private = folder / "cert.pem", folder / "key.pem"
    path.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, private)
    return context, path


def test_the_certificate_is_checked_and_taken_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def first(stream: Stream) -> Message:
        async with contextlib.aclosing(messages(lambda: stream.url, gate=gate(stream), seconds=5)) as found:
            return await anext(found)

    context, trusted = certificate(tmp_path, "localhost")
    with Stream(say("a"), tls=context) as stream:
        assert reason(stream, retries=0) == "tls", "nobody vouches for this certificate"
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        peer = asyncio.run(first(stream)).peer
        assert peer.address in {"127.0.0.1", "::1"}
        assert peer.tls == "TLSv1.3"
        assert peer.certificate == ssl.PEM_cert_to_DER_cert(trusted.read_text())
    context, trusted = certificate(tmp_path, "autre.exemple.test")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with Stream(say("a"), tls=context) as stream:
        assert reason(stream, retries=0) == "tls", "a certificate for another name"


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("ws://127.0.0.1:9/", "private_address"),
        ("ws://localhost/", "private_address"),
        ("ws://[::1]/", "private_address"),
        ("ws://machine.internal/", "private_address"),
        ("wss://autre.exemple.test/", "other_host"),
        ("https://flux.exemple.test/", "bad_address"),
        ("ws://[", "bad_address"),
        ("ws://flux.exemple.test:99999/", "bad_address"),
        ("ws:///", "bad_address"),
    ],
)
def test_only_the_named_host_is_reached(url: str, found: str) -> None:
    with pytest.raises(SourceError) as raised:
        asyncio.run(sockets.open_socket(url, gate=Gate(hosts=frozenset({"flux.exemple.test"}), places=frozenset({"flux.exemple.test"}), agent="a")))
    assert raised.value.reason == found


def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = Gate(hosts=frozenset({"flux.exemple.test"}), places=frozenset({"flux.exemple.test"}), agent="a")
    reached: list[str] = []

    async def reach(places: list[sockets.Address], *, url: str) -> socket.socket:
        reached.extend(place[0] for _, place in places)
        raise SourceError("refused", "essai")

    monkeypatch.setattr(sockets, "_reach", reach)
    for addresses, found in (
        (["127.0.0.1", "10.0.0.1", "::1", "169.254.1.1"], "private_address"),
        (["127.0.0.1", "8.8.8.8"], "refused"),
        ([], "private_address"),
    ):

        async def look_up(host: str, port: int, addresses: list[str] = addresses) -> list[sockets.Address]:
            return [(socket.AF_INET, (one, port)) for one in addresses]

        monkeypatch.setattr(sockets, "look_up", look_up)
        with pytest.raises(SourceError) as raised:
            asyncio.run(sockets.open_socket("wss://flux.exemple.test/", gate=allowed))
        assert raised.value.reason == found
    assert reached == ["8.8.8.8"]
