"""What Scrapy's connections do not do by themselves: break off headers without end, hold back a request when a pause began meanwhile, and tell which
TLS was agreed.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import fail

from core.urls import host_of
from crawlers.fetching.capture import TLS

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_HEAD = 2**20  # bytes before a body; servers and browsers allow some 16 kB


class Held(Exception):  # noqa: N818 - no error: the pace at work
    """The host asked for a pause while the connection was made: nothing was sent."""


def bounded(factory: Any, *, pauses: Callable[[str], bool]) -> type[Any]:
    """A factory of connections that are broken off where headers do not end: Twisted keeps them all, gigabytes within the time of one download.

    ``pauses``: whether a host must not be asked now.
    """

    class Bounded(factory):  # type: ignore[misc]  # the factory's class is Scrapy's own affair
        def buildProtocol(self, address: Any) -> Any:  # noqa: N802 - Twisted's name
            connection = super().buildProtocol(address)
            connection.dataReceived = _counting(connection, connection.dataReceived)
            connection.request = _holding(connection, connection.request, pauses)
            connection.makeConnection = _telling(connection.makeConnection)
            return connection

    return Bounded


def _counting(connection: Any, received: Callable[[bytes], None]) -> Callable[[bytes], None]:
    parser, size = None, 0

    def data_received(data: bytes) -> None:
        nonlocal parser, size
        if connection._parser is not parser:  # noqa: SLF001 - Twisted tells by nothing else that the next answer begins
            parser, size = connection._parser, 0  # noqa: SLF001
        if parser is not None and parser.state in ("STATUS", "HEADER"):
            size += len(data)
            if size > MAX_HEAD:
                connection.transport.abortConnection()
                return
        received(data)

    return data_received


def _holding(connection: Any, send: Callable[[Any], Any], pauses: Callable[[str], bool]) -> Callable[[Any], Any]:
    """Asked when the connection stands: between the turn that a request was given and this moment, another answer may have asked for a pause."""

    def request(asked: Any) -> Any:
        if pauses(host_of(asked.absoluteURI.decode("latin-1"))):
            connection.transport.loseConnection()
            return fail(Held())
        return send(asked)

    return request


def _telling(make: Callable[[Any], None]) -> Callable[[Any], None]:
    """The certificate is all that Scrapy hands on of a connection: it bears what was agreed."""

    def make_connection(transport: Any) -> None:
        if hasattr(transport, "getPeerCertificate"):
            transport.getPeerCertificate = functools.partial(_named, transport, transport.getPeerCertificate)
        make(transport)

    return make_connection


def _named(transport: Any, ask: Callable[[], Any]) -> Any:
    certificate, agreed = ask(), transport.getHandle()
    if certificate is not None:
        setattr(certificate, TLS, f"{agreed.get_protocol_version_name()} {agreed.get_cipher_name()}")
    return certificate
