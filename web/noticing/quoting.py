"""The passages that readers quoted of a notice's items: what an element of a legal basis may rest on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cases.masking import masked
from cases.notice import Quoted
from cases.reviews import reviews
from web.passages import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cases.database import Database
    from cases.notice import Item


class Passage(NamedTuple):
    """One passage that may be ticked. ``value``: as a form carries it; ``text`` crawled."""

    value: str
    number: int  # of the item, from 1
    text: str
    submarker: str
    quoted: Quoted


def value_of(quote: Quoted, items: Sequence[Item]) -> str:
    """``number-start-end-sign``, where number is the item's, from 1."""
    number = next((place for place, item in enumerate(items, 1) if item.document_id == quote.document_id), 0)
    return f"{number}-{quote.start}-{quote.end}-{quote.submarker or ''}"


def passages(database: Database, items: Sequence[Item], *, also: Iterable[Quoted] = ()) -> dict[str, Passage]:
    """By value, in the order of the items and their texts: of the readings that stand, masked where it leads to people. ``also``: of the notice."""
    found: dict[str, Quoted] = {}
    for item in items:
        for one in reviews(database, item.document_id):
            if one.withdrawn_at is None and one.text_sha256 == item.text_sha256:
                said = ({**quote.model_dump(), "text": masked(quote.text)} for quote in one.quotes)
                quotes = (Quoted(document_id=item.document_id, **quote) for quote in said)
                found |= {value_of(quote, items): quote for quote in quotes}
    found |= {value_of(one, items): one for one in also}  # as it stands in the notice
    ordered = sorted(found.items(), key=lambda pair: (_number(pair[0]), pair[1].start, pair[1].end, pair[1].submarker or ""))
    return {value: Passage(value, _number(value), shown(one.text), one.submarker or "", one) for value, one in ordered}


def for_basis(known: Mapping[str, Passage], submarkers: Iterable[str]) -> tuple[Passage, ...]:
    """Those of the signs that a basis serves come first."""
    wanted = set(submarkers)
    return tuple(sorted(known.values(), key=lambda one: one.submarker not in wanted))


def _number(value: str) -> int:
    return int(value.partition("-")[0])
