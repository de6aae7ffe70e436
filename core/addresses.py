"""Which addresses may be named from outside: the half of the guard that looks at an address as it is written. The rest: crawlers/fetching/guard.py.

That one judges what a name leads to, where it is resolved, and every redirect. Both ask ``inside`` and ``core.urls.is_public_address``: there is one
judgement of what is private.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args
from urllib.parse import urlsplit, urlunsplit

from core.closed_places import is_closed
from core.errors import Invalid
from core.urls import DEFAULT_PORTS, canonical, is_ip, is_public_address

if TYPE_CHECKING:
    from urllib.parse import SplitResult

# why an address is refused: pages say it in French by these words
Fault = Literal[
    "empty", "too_long", "sentence", "characters", "email", "scheme", "no_host", "credentials", "bad_host", "number_host", "port", "local_name",
    "private_address", "closed_place",
]  # fmt: skip
FAULTS: tuple[Fault, ...] = get_args(Fault)

MOST = 2000  # characters
# names that lead nowhere, to this machine or into a house's own network (RFC 2606, 6761, 6762, 7686, 8375, 9476 and what routers use)
LOCAL = ("localhost", "local", "internal", "invalid", "onion", "alt", "arpa", "lan", "home", "corp", "intranet", "private", "localdomain")
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp")  # categories of Unicode
FORBIDDEN = re.compile(r"[\s\\\x00-\x1f\x7f]")
SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
BARE = re.compile(r"[^\s/?#@:]+\.[^\s/?#@:]+(?:[/?#]|$)")  # "www.exemple.fr/page": as people copy it from an address bar
EMAIL = re.compile(r"(?:mailto:)?[^\s/?#@:]+@[^\s/?#@:]+\.[^\s/?#@:]+", re.IGNORECASE)
FEW = 3  # words: an address that was copied badly may hold a space or two, a sentence holds more
LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
MOST_HOST = 253
NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")
DOTS = str.maketrans(dict.fromkeys("\u3002\uff0e\uff61", "."))  # that IDNA takes for a dot


class BadAddress(Invalid):
    """An address that may not be named; ``reason`` is a stable word of FAULTS."""

    def __init__(self, reason: Fault, message: str) -> None:
        super().__init__(message)
        self.reason: Fault = reason


class _Host(NamedTuple):
    """A host in one spelling, an IPv6 address without brackets; and as it was written, in small ASCII letters."""

    name: str
    written: str

    @property
    def plain(self) -> bool:
        """Whether it was written so, not in a notation of numbers that only machines use."""
        return self.name == self.written


def check_address(url: str, *, places: frozenset[str] = frozenset()) -> str:
    """The canonical form of an address that may be fetched. ``places``: ``host:port`` of this machine or network that are allowed all the same.

    Raises BadAddress, an Invalid: one line, and a word for what is wrong.
    """
    given = url.strip(" \t\r\n")
    if not given:
        raise BadAddress("empty", "no address was given; expected one such as https://exemple.fr/page")
    if len(given) > MOST:
        raise BadAddress("too_long", f"an address of {len(given)} characters; expected at most {MOST}")
    if _is_sentence(given):
        raise BadAddress("sentence", "a sentence without an address was given; expected one such as https://exemple.fr/page, or submit it as a text")
    if FORBIDDEN.search(given) or any(unicodedata.category(char) in UNSEEN for char in given):
        raise BadAddress("characters", "the address holds a space, a backslash or a sign that cannot be seen; copy it again from the address bar")
    parts = _parts(given)
    if "@" in parts.netloc:
        raise BadAddress("credentials", "the address holds a name or a password before @; remove it: only pages that everybody can open are read")
    host, port = _host(parts.netloc), _port(parts)
    place = f"{_bracketed(host.name)}:{port}"
    if not (host.plain and place in places):
        _refuse_private(host)
        if port != DEFAULT_PORTS[parts.scheme]:
            raise BadAddress("port", f"the address names port {port}; expected none: only the usual port of {parts.scheme} is read")
    return canonical(urlunsplit((parts.scheme, place, parts.path, parts.query, "")))


@lru_cache(maxsize=8192)
def inside(host: str) -> bool:
    """Whether a host, as it is written, lies on this machine or network, or where nobody can say."""
    name = host.lower().rstrip(".")
    if is_ip(name):
        return not is_public_address(name.strip("[]"))
    found = _numbers(name)
    return any(not is_public_address(str(one)) for one in found) if found else name.rpartition(".")[2] in LOCAL


def check_open(url: str) -> str:
    """The same canonical address, unless it names a closed group or an invitation. Raises BadAddress."""
    if is_closed(url):
        raise BadAddress("closed_place", "the address leads to a closed group or is an invitation to one, which is never entered; submit the text")
    return url


def _is_sentence(given: str) -> bool:
    words = given.split()
    return "://" not in given and len(words) > 1 and (len(words) > FEW or not any(map(BARE.match, words)))


def _parts(given: str) -> SplitResult:
    if EMAIL.fullmatch(given):
        raise BadAddress("email", "an e-mail address was given; expected the address of a page, such as https://exemple.fr/page")
    if not SCHEME.match(given) and BARE.match(given):
        given = f"https://{given}"
    try:
        parts = urlsplit(given)
    except ValueError as error:
        raise BadAddress("bad_host", f"the address cannot be read ({error}); expected one such as https://exemple.fr/page") from error
    if parts.scheme not in DEFAULT_PORTS:
        raise BadAddress("scheme", f"the address begins with {given[:12]!r}; expected http:// or https://")
    if not parts.netloc:
        raise BadAddress("no_host", "the address names no site; expected one such as https://exemple.fr/page")
    return parts


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError as error:
        raise BadAddress("port", "the address names a port that is no number from 1 to 65535; expected none") from error
    return DEFAULT_PORTS[parts.scheme] if port is None else port


def _host(netloc: str) -> _Host:
    """The host in one spelling. Raises BadAddress."""
    if netloc.startswith("["):
        return _ipv6(netloc)
    name = netloc.partition(":")[0]
    if "%" in name:
        raise BadAddress("bad_host", "the site's name is written with % signs; expected letters, such as exemple.fr")
    name = _ascii(name)
    if found := _numbers(name):
        return _Host(str(found[0]), name)
    if not all(map(LABEL.fullmatch, name.split("."))) or len(name) > MOST_HOST:
        raise BadAddress("bad_host", f"{name[:80]!r} is no name of a site; expected one such as exemple.fr")
    if NUMBER.fullmatch(name.rpartition(".")[2]):  # browsers take it for an address that is wrong
        raise BadAddress("number_host", f"{name[:80]!r} is no address of a site; expected four numbers up to 255, or a name")
    return _Host(name, name)


def _ipv6(netloc: str) -> _Host:
    inner, _, rest = netloc[1:].partition("]")
    if "%" in inner:  # a zone: the address means something on one network alone
        raise BadAddress("private_address", "the address lies on this machine or in a private network; only public pages are read")
    try:
        found = ipaddress.IPv6Address(inner)
    except ValueError as error:
        raise BadAddress("bad_host", f"[{inner[:80]}] is no IPv6 address; expected a name such as exemple.fr") from error
    if rest and not rest.startswith(":"):
        raise BadAddress("bad_host", "the address cannot be read; expected one such as https://exemple.fr/page")
    return _Host(str(found.ipv4_mapped or found), inner if found.ipv4_mapped else str(found))


def _ascii(name: str) -> str:
    """A name in small ASCII letters, as it is looked up: ``xn--`` for others, and ordinary digits and dots for full-width ones."""
    import idna

    name = name.translate(DOTS)
    rooted = name.removesuffix(".")
    if not rooted or rooted.startswith(".") or ".." in rooted or rooted.endswith("."):
        raise BadAddress("bad_host", f"{name[:80]!r} is no name of a site: a dot too many; expected one such as exemple.fr")
    if rooted.isascii() and "xn--" not in rooted.lower():
        return rooted.lower()
    try:
        plain = idna.uts46_remap(rooted, std3_rules=False, transitional=False)
        return plain if plain.isascii() and "xn--" not in plain else idna.encode(plain).decode("ascii")
    except idna.IDNAError as error:
        raise BadAddress("bad_host", f"{name[:80]!r} is no name of a site; expected letters and digits, such as exemple.fr") from error


def _numbers(name: str) -> tuple[ipaddress.IPv4Address, ...]:
    """The addresses that a name of numbers may stand for: machines read ``0177.0.0.1`` with 0 for octal, or without. () for others."""
    pieces = name.split(".")
    if len(pieces) > 4 or not all(map(NUMBER.fullmatch, pieces)):
        return ()
    found = (_joined([_value(piece, octal=octal) for piece in pieces]) for octal in (False, True))
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _value(piece: str, *, octal: bool) -> int | None:
    digits, base = (piece[2:] or "0", 16) if piece[:2].lower() == "0x" else (piece, 8 if octal and piece.startswith("0") else 10)
    try:
        return int(digits[:20], base)
    except ValueError:
        return None


def _joined(values: list[int | None]) -> ipaddress.IPv4Address | None:
    """As C's inet_aton: the last number fills what the others leave."""
    *heads, last = [-1 if value is None else value for value in values]
    room = 4 - len(heads)
    if not 0 <= last < 256**room or any(not 0 <= head < 256 for head in heads):
        return None
    return ipaddress.IPv4Address(sum(head << (24 - 8 * at) for at, head in enumerate(heads)) + last)


def _refuse_private(host: _Host) -> None:
    if inside(host.written) and is_ip(host.name):
        raise BadAddress("private_address", "the address lies on this machine or in a private network; only public pages are read")
    if inside(host.name) or (not is_ip(host.name) and "." not in host.name):
        raise BadAddress("local_name", f"{host.name[:80]!r} is a name of this machine or of a private network; only public pages are read")
    if not host.plain:
        raise BadAddress("number_host", "the site is written as a number; expected its name, such as exemple.fr")


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name else name
