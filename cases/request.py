"""A request under the GDPR as a record: what it names, what was found, what must stay. Pure."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Literal, get_args

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import AwareDatetime, Field

from cases.optouts import MOST_ALONE, Wish
from core.accounts import named_account, read_account, spellings
from core.errors import Conflict, Invalid
from core.records import Record
from core.urls import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Kind = Literal["acces", "effacement", "rectification", "opposition"]
State = Literal["recue", "examinee", "accordee", "faite", "refusee"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ERASING: tuple[Kind, ...] = ("effacement", "opposition")
MOST_LINES = 20
ACCOUNT = re.compile(r"(?P<account>\S.*) sur (?P<platform>\S+)", re.IGNORECASE)


class Kept(Record):
    """Something that must stay, why and until when; ``until`` None: no date is known yet. ``what`` and ``why`` are French."""

    kind: str  # decision, notice, dossier, urgence, preuve, opposition, registre
    id: str = ""  # of the notice or dossier
    documents: int = 0
    what: str
    why: str
    until: AwareDatetime | None = None


class Found(Record):
    """What was found. ``places``: counts by place; ``documents``: content items; ``held``: of these, that an open case needs."""

    places: dict[str, int] = Field(default_factory=dict)
    documents: int = 0
    held: int = 0
    everything: bool = False  # two people agreed that what an open case needs goes too
    unread: bool = False  # the person wants no answer any more to what they asked to see: it goes too


class Request(Record):
    """A request and what became of it. ``subject`` is empty once it is over; ``proof``: see flows/rights.py."""

    id: str
    kind: Kind
    subject: tuple[str, ...]
    received_at: AwareDatetime
    due_at: AwareDatetime
    noted_by: str
    identity_checked: str
    state: State
    found: Found
    examined_at: AwareDatetime | None
    agreed_by: str | None
    agreed_at: AwareDatetime | None
    kept: tuple[Kept, ...]
    proof: dict[str, Any]
    answered_at: AwareDatetime | None
    answer: str | None

    @property
    def is_over(self) -> bool:
        """Whether nothing waits any more but, perhaps, the answer to the person."""
        return self.state in ("faite", "refusee")

    def needs_two(self, *, everything: bool) -> bool:
        """Whether another person than who noted it must agree."""
        return self.kind in ERASING and (self.found.documents > MOST_ALONE or (everything and self.found.held > 0))


def wish_of(line: str) -> Wish:
    """What one line names: an address, ``@nom@instance.example``, or ``nom sur forum.example``. Raises Invalid."""
    line = line.strip()
    named = ACCOUNT.fullmatch(line)
    return Wish(platform=named["platform"], account=named["account"]) if named else Wish(address=line) if "@" not in line[:1] else _handle(line)


def _handle(line: str) -> Wish:
    name, _, host = line.removeprefix("@").partition("@")
    if not host:
        raise Invalid(f"{line[:80]!r} names an account without its site; expected @nom@instance.example, or: nom sur forum.example")
    return Wish(platform=host, account=name)


def lines_of(subject: str) -> tuple[str, ...]:
    """The lines of what a person gave, each checked. Raises Invalid."""
    lines = tuple(dict.fromkeys(line.strip() for line in subject.splitlines() if line.strip()))
    if not 1 <= len(lines) <= MOST_LINES:
        raise Invalid(f"{len(lines)} addresses or accounts, one a line; expected 1 to {MOST_LINES}")
    for line in lines:
        wish_of(line)
    return lines


def keys_of(lines: Iterable[str]) -> frozenset[tuple[str, ...]]:
    """What lines name, in one spelling: ``@anne@instance.example`` is ``anne sur instance.example`` and the address of that profile."""
    return frozenset(key for line in lines for key in _keys(line))


def _keys(line: str) -> Iterable[tuple[str, ...]]:
    wish = wish_of(line)
    try:
        account = named_account(wish.account, platform=wish.platform) if wish.account else read_account(wish.address)
        if account:
            return [(platform, name.casefold()) for platform, name in spellings(account)]
        return ((canonical(wish.address if "://" in wish.address else f"https://{wish.address}/").partition("://")[2].rstrip("/"),),)
    except Invalid:
        return ((line.casefold(),),)


def _box(secret: bytes) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"vigie rights").derive(secret)
    return Fernet(base64.urlsafe_b64encode(key))


def sealed(lines: tuple[str, ...], secret: bytes) -> str:
    """What a request names, as it is kept. ``secret``: the console's."""
    return _box(secret).encrypt("\n".join(lines).encode()).decode()


def opened(kept: str | None, secret: bytes) -> tuple[str, ...]:
    """The lines again; none once the request is over. Raises Conflict where the secret was changed."""
    if kept is None:
        return ()
    try:
        return tuple(_box(secret).decrypt(kept.encode()).decode().split("\n"))
    except InvalidToken as error:
        raise Conflict("what this request names cannot be read any more, the console's secret was changed; refuse it and note it anew") from error


def digest_of(proof: Mapping[str, Any]) -> str:
    """SHA-256 of a proof in one spelling, its own digest left out."""
    told = {name: value for name, value in proof.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()
