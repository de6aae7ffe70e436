"""By what an erased document is known again in evidence that others share: its addresses, the platform's id, pieces of its text. Pure.

Kept in memory only, while a purge runs.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, NamedTuple

from core.errors import Invalid, SourceError
from core.urls import canonical, host_of
from crawlers.erasing.redact import IDENTITIES
from crawlers.evidence.matching import OURS, plain, unpacked, views
from crawlers.reading.page import decode, parse_json

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from core.records import Document
    from crawlers.evidence.members import Record

PIECE = 40  # letters and digits: about eight words, which two people seldom write alike
PIECES = 5  # of a text: a page that shows a part of it shows one of them
SHORT = 12  # letters and digits; a shorter text is known by its address or id alone
TELLING = 12  # characters of an id that nothing else on a site bears
FEW = 300  # pieces: as many are looked for one by one faster than all at once


class Known(NamedTuple):
    """An erased document, as answers name it."""

    url: str
    platform_id: str


class Traces:
    """Of all documents that a purge erases."""

    def __init__(self) -> None:
        self.ids: set[str] = set()
        self._platform_ids: set[str | None] = set()
        self.hosts: set[str] = set()
        self.places: dict[tuple[str, int], dict[int, str]] = {}  # file and offset of evidence: numbers of what rests on it, and the record's id
        self.lengths: dict[tuple[str, int], int] = {}
        self._known: list[Known] = []
        self._pieces: dict[str, set[int]] = {}
        self._short: dict[str, set[int]] = {}
        self._names: dict[str, set[int]] = {}  # addresses and telling ids
        self._wordless: set[int] = set()

    def add(self, document: Document) -> None:
        """One version of an erased document."""
        number, known = len(self._known), Known(document.url, document.platform_id or "")
        self._known.append(known)
        self.ids.add(document.id)
        self._platform_ids |= {document.platform_id} - {None}
        self.hosts.add(host_of(document.url))
        if document.evidence:
            place = (document.evidence.file, document.evidence.offset)
            self.places.setdefault(place, {})[number] = document.evidence.record_id
            self.lengths[place] = document.evidence.length
        for name in known:
            if name == document.url or len(name) >= TELLING:
                self._names.setdefault(name, set()).add(number)
        pieces = _pieces(document.text)  # not of the title: the posts of a thread share it
        for piece in pieces:
            (self._pieces if len(piece) == PIECE else self._short).setdefault(piece, set()).add(number)
        if not pieces:
            self._wordless.add(number)

    def __len__(self) -> int:
        return len(self._known)

    def names(self, numbers: Collection[int]) -> set[str]:
        """What answers call these documents."""
        return {name for number in numbers for name in self._known[number] if name}

    def at(self, url: str) -> set[int]:
        """Numbers of the documents of an address."""
        with contextlib.suppress(Invalid):
            return set(self._names.get(canonical(url), ()))
        return set()

    def is_id(self, name: str) -> bool:
        """Whether this is a platform's id of one of the documents."""
        return name in self._platform_ids

    def named_in(self, payload: Payload) -> set[int]:
        """Numbers of the documents that a JSON answer has among its objects."""
        return {number for name in payload.identities() & self._names.keys() for number in self._names[name]}

    def found_in(self, payload: Payload) -> set[int]:
        """Numbers of the documents of which a payload shows something."""
        found = self.named_in(payload) | {number for number in self._wordless if self._known[number].url in payload.text}
        for text in payload.readings() if self._pieces or self._short else ():
            found.update(*(self._pieces[piece] for piece in self._pieces_in(text)))
            for piece, numbers in self._short.items():
                if piece in text:  # too few words to tell by themselves whose they are
                    found |= {number for number in numbers if any(name in payload.text for name in self._known[number] if len(name) > 1)}
        return found

    def _pieces_in(self, text: str) -> Iterator[str]:
        if len(self._pieces) < FEW:
            return (piece for piece in self._pieces if piece in text)
        return (piece for at in range(len(text) - PIECE + 1) if (piece := text[at : at + PIECE]) in self._pieces)


class Payload:
    """What an answer in evidence shows."""

    def __init__(self, body: bytes, *, kind: str = "") -> None:
        self.body = body
        self.text = decode(body, kind)

    def identities(self) -> set[str]:
        """What the objects of a JSON answer are called."""
        with contextlib.suppress(SourceError):
            return set(_identities(parse_json(self.body, url="")))
        return set()

    def rows(self) -> list[dict[str, Any]]:
        """The objects of a JSON list: posts, or the documents that stand for a page of which only a part may be kept."""
        with contextlib.suppress(SourceError):
            found = parse_json(self.body, url="")
            return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        return []

    def readings(self) -> Iterator[str]:
        """Its letters and digits, in each way in which it may be read, once."""
        seen: set[int] = set()
        for view in views(self.text):
            if hash(view) in seen:
                continue
            text = plain(view)
            if hash(text) not in seen:
                yield text
            seen |= {hash(view), hash(text)}


def payload_of(record: Record) -> Payload | None:
    """What a record's answer shows; None where there is nothing, or nothing that can be unpacked."""
    _, headers, body = record.message
    kind = headers.get("content-type") or record.get("Content-Type")
    try:
        return Payload(unpacked(body, headers.get("content-encoding", "")), kind=kind) if body else None
    except ValueError:
        return None


def _pieces(text: str) -> set[str]:
    """Pieces of a text, evenly spread; the whole of a short one; none of a very short one. Each line by itself: a page may show them apart."""
    lines = [line for part in text.split("\n") if (line := plain(OURS.sub("", part)))]
    long = [line for line in lines if len(line) >= PIECE]
    if not long:
        return {line for line in lines if len(line) >= SHORT}
    starts = [(line, start) for line in long for start in range(0, len(line) - PIECE + 1, PIECE)]
    step = max(1, len(starts) // PIECES)
    return {line[start : start + PIECE] for line, start in starts[::step][: PIECES + 1]}


def _identities(value: Any) -> Iterator[str]:
    waiting = [value]  # a list, for an answer may nest deeper than calls may
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield from (str(one[key]) for key in IDENTITIES if isinstance(one.get(key), str | int))
        if isinstance(one, dict | list):
            waiting += one.values() if isinstance(one, dict) else one
