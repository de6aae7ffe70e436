"""Who asked not to be read. The list holds hosts, addresses and pseudonyms, never a name; nothing of what it covers is read or stored.

The right to object and to have data erased: GDPR art. 21 and 17 (in force on 25/05/2018); to be checked by a lawyer.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import AwareDatetime, ValidationError

from core.accounts import account_in, read_account, spellings
from core.errors import ConfigError, Invalid
from core.files import disk_errors, locked, read_json_lines, write_text
from core.pseudonyms import pseudonym
from core.records import Record
from core.urls import canonical, host_of, is_ip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from tldextract import TLDExtract

    from core.accounts import Account
    from core.records import Document, SetAside

FILE = "opt_outs.jsonl"
HELD = "held.jsonl"
MAX_STEPS = 50  # of a path: an address with more is not compared further
PSEUDONYM = re.compile(r"p-[0-9a-f]{24}")
HOST = re.compile(r"[a-z0-9_:-][a-z0-9_.:-]*")
Kind = Literal["host", "address", "author"]


class OptOut(Record):
    """One wish. ``value``: a host (and its subdomains), the beginning of an address (its keyed hash where it names an account), or an author's
    pseudonym.
    """

    kind: Kind
    value: str
    at: AwareDatetime
    note: str = ""  # how and when the wish arrived; no name


class Wish(NamedTuple):
    """What a person asked for, as it is compared."""

    kind: Kind
    value: str


class OptOuts:
    """The wishes in force. With the ``key`` of the pseudonyms, an account's wish covers the addresses of its profile and posts too.

    ``held``: ids of documents that must stay all the same, such as evidence of an open case (GDPR art. 17(3)(e)).
    """

    def __init__(self, wishes: Iterable[OptOut] = (), *, key: bytes | None = None, held: Iterable[str] = ()) -> None:
        self.wishes = tuple(wishes)
        self.held = frozenset(held)
        self._key = key
        self._hosts = {wish.value.removeprefix("www.") for wish in self.wishes if wish.kind == "host"}
        self._addresses = {wish.value if PSEUDONYM.fullmatch(wish.value) else _plain(wish.value) for wish in self.wishes if wish.kind == "address"}
        self._authors = {wish.value for wish in self.wishes if wish.kind == "author"}

    def covers_address(self, url: str) -> bool:
        """Whether an address must not be asked for."""
        labels = host_of(_canonical(url)).split(".")
        if any(".".join(labels[start:]) in self._hosts for start in range(len(labels))):
            return True
        return self._lies_below(url) or self._is_of_author(url)

    def covers_author(self, author: object) -> bool:
        """Whether a pseudonym is one that asked."""
        return isinstance(author, str) and author in self._authors

    def covers_row(self, row: Mapping[str, Any]) -> bool:
        """Whether an object of an answer, or a document as JSON, is of a covered author or address."""
        return self.covers_author(row.get("author")) or self.covers_address(str(row.get("url") or ""))

    def covers(self, document: Document) -> bool:
        """Whether a document must not be stored."""
        if document.id in self.held:
            return False
        return self.covers_author(document.author) or self.covers_author(_organiser(document)) or self.covers_address(document.url)

    def covers_entry(self, entry: SetAside) -> bool:
        """Whether something set aside must not be kept."""
        return self.covers_address(entry.url)

    def _lies_below(self, url: str) -> bool:
        """Whether an address is one of those of the list, or begins with one and goes on as a path or a query does."""
        if not self._addresses:
            return False
        address = _plain(url)
        steps = [address[:at] for at in range(len(address)) if address[at] in "/?&"][:MAX_STEPS]
        return any(step in self._addresses or (self._key and _hidden(step, self._key) in self._addresses) for step in (address, *steps))

    def _is_of_author(self, url: str) -> bool:
        account = account_in(url) if self._key and self._authors else None
        return account is not None and pseudonym(self._key or b"", platform=account.platform, account=account.name) in self._authors


def _organiser(document: Document) -> str | None:
    return document.funding.organiser if document.funding else None


def _canonical(url: str) -> str:
    try:
        return canonical(url)
    except Invalid:
        return url


def _plain(url: str) -> str:
    """An address without scheme, "www." and last slash: how addresses are compared."""
    return _canonical(url).partition("://")[2].removeprefix("www.").rstrip("/")


def _hidden(address: str, key: bytes) -> str:
    return pseudonym(key, platform="address", account=address)


def load_opt_outs(archive: Path, *, key: bytes | None = None) -> OptOuts:
    """The list of an archive; empty where there is none. Raises ConfigError, Invalid."""
    path = archive / FILE
    if not path.exists():
        return OptOuts(key=key)
    try:
        return OptOuts((OptOut.model_validate(value) for _, value in read_json_lines(path)), key=key, held=load_held(archive))
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{path}: {first['msg']} at {'.'.join(map(str, first['loc']))}; each line is one wish: kind, value, at, note") from error


def wishes_of(value: str, *, key: bytes) -> tuple[Wish, ...]:
    """What a host, an address or an account as a person writes it stands for. Raises Invalid."""
    value = value.strip()
    account = read_account(value)
    if account is not None:
        return author_wishes(account, key=key)
    if PSEUDONYM.fullmatch(value):
        return (Wish("author", value),)
    if "://" not in value:
        return (_host(value),)
    address = canonical(value)
    if not {"/", "?"} & set(_plain(address)):
        return (_host(host_of(address)),)
    return (Wish("address", _hidden(_plain(address), key) if account_in(address) else address),)


def author_wishes(account: Account, *, key: bytes) -> tuple[Wish, ...]:
    """The pseudonyms that an account may have been given; its name appears nowhere."""
    found = (pseudonym(key, platform=platform, account=name) for platform, name in spellings(account))
    return tuple(Wish("author", value) for value in dict.fromkeys(found))


def _host(written: str) -> Wish:
    host = host_of(_canonical(f"https://{written}/")).removeprefix("www.") if "/" not in written and "@" not in written else ""
    if not HOST.fullmatch(host):
        raise Invalid(
            f"{written[:200]!r} is no host, address or account; expected exemple.fr, https://exemple.fr/page, @nom@instance.fr, or --author"
        )
    if not is_ip(host) and host != "localhost" and not _has_owner(host):
        raise Invalid(f"{host!r} is shared by many sites; expected a site's own host such as exemple.fr")
    return Wish("host", host)


def _has_owner(host: str) -> bool:
    """Whether a host is more than a public suffix such as "fr" or "gouv.fr"; the list is the one that came with the library."""
    found = _suffixes()(host)
    return bool(found.domain and (found.suffix or found.subdomain))


@cache
def _suffixes() -> TLDExtract:
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None)


def load_held(archive: Path) -> frozenset[str]:
    """Ids of the documents that stay although a wish covers them. Raises ConfigError."""
    path = archive / HELD
    return frozenset(str(value["document"]) for _, value in read_json_lines(path)) if path.exists() else frozenset()


def hold(archive: Path, documents: Iterable[str]) -> None:
    """Let these documents stay, and no others. Raises ConfigError, Unavailable."""
    with _changing(archive):
        write_text(archive / HELD, "".join(f"{json.dumps({'document': one})}\n" for one in sorted(set(documents))))


def add(archive: Path, wishes: Iterable[Wish], *, at: datetime, note: str = "") -> int:
    """Write wishes down, those already there excepted; how many are new. Raises ConfigError, Invalid, Unavailable."""
    with _changing(archive):
        known = load_opt_outs(archive).wishes
        held = {(wish.kind, wish.value) for wish in known}
        new = [OptOut(kind=wish.kind, value=wish.value, at=at, note=note) for wish in dict.fromkeys(wishes) if wish not in held]
        if new:
            _write(archive, (*known, *new))
    return len(new)


def remove(archive: Path, wishes: Iterable[Wish]) -> int:
    """Take wishes off the list; how many were on it. Raises ConfigError, Invalid, Unavailable."""
    gone = set(wishes)
    hidden = {wish.value for wish in gone if PSEUDONYM.fullmatch(wish.value)}  # given as the list shows them
    with _changing(archive):
        known = load_opt_outs(archive).wishes
        kept = [wish for wish in known if (wish.kind, wish.value) not in gone and wish.value not in hidden]
        if len(kept) < len(known):
            _write(archive, kept)
    return len(known) - len(kept)


@contextmanager
def _changing(archive: Path) -> Iterator[None]:
    with disk_errors(archive):
        archive.mkdir(parents=True, exist_ok=True, mode=0o700)  # evidence will hold names as the sites show them
    with locked(archive / f".{FILE}.lock", what="changing the list of opt-outs"):
        yield


def _write(archive: Path, wishes: Iterable[OptOut]) -> None:
    write_text(archive / FILE, "".join(f"{wish.model_dump_json()}\n" for wish in wishes))
