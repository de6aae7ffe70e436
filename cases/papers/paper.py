"""A printed document as one pure record: what PDF, DOCX, HTML and plain text all show.

Texts are data, never markup. Whatever is put in comes out visible (see visible.py), so that no renderer has to think of it.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, NamedTuple

from pydantic import Field, InstanceOf, field_validator

from cases.papers.visible import unbroken, visible
from core.records import Record

CODE = re.compile(r"[0-9a-f]{32,}|[a-z][a-z0-9+.-]*://\S+|[a-z]+:[^\s:]+:\S+", re.IGNORECASE)  # a hash, an address, an id of a document


class Heading(NamedTuple):
    """``level`` 1 to 3, under the title of the paper."""

    level: int
    text: str


class Text(NamedTuple):
    """A paragraph; line ends are kept."""

    text: str


class Facts(NamedTuple):
    """Labels and values: "Adresse exacte" - "https://…"."""

    facts: tuple[tuple[str, str], ...]


class Listing(NamedTuple):
    """A list with dots, or numbers where ``ordered``."""

    items: tuple[str, ...]
    ordered: bool = False


class Table(NamedTuple):
    """Every row is as long as ``head``. ``widths``: shares of the line, one a column; ``numbers``: columns that stand at the right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    widths: tuple[float, ...] = ()
    numbers: tuple[int, ...] = ()


class Quote(NamedTuple):
    """Words of somebody else, and where they stand."""

    text: str
    source: str = ""


class Chart(NamedTuple):
    """A picture, and what it shows in words; the same figures stand in a table beside it."""

    png: bytes
    alt: str
    caption: str = ""


class Caution(NamedTuple):
    """What a reader must not miss."""

    text: str


class PageBreak(NamedTuple):
    """What follows begins on a new page."""


Block = Heading | Text | Facts | Listing | Table | Quote | Chart | Caution | PageBreak
AnyBlock = (
    InstanceOf[Heading] | InstanceOf[Text] | InstanceOf[Facts] | InstanceOf[Listing] | InstanceOf[Table]
    | InstanceOf[Quote] | InstanceOf[Chart] | InstanceOf[Caution] | InstanceOf[PageBreak]
)  # fmt: skip


class Paper(Record):
    """A document to print. ``sender`` and ``addressee`` are lines; with an addressee it looks like a letter."""

    title: Annotated[str, Field(min_length=1, pattern=r"\S")]
    subtitle: str = ""
    blocks: tuple[AnyBlock, ...] = ()
    organisation: str = ""  # at the head of each page
    sender: tuple[str, ...] = ()
    addressee: tuple[str, ...] = ()
    date: str = ""  # as it is printed: "le 22 novembre 2026"
    reference: str = ""  # at the foot of each page
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "fr"

    @field_validator("*", mode="after")
    @classmethod
    def _visible(cls, value: Any) -> Any:
        return _seen(value)

    @property
    def data(self) -> dict[str, Any]:
        """Plain values for a template: the blocks that are shown, as mappings with their ``kind``."""
        printed = self.printed
        return {**printed.model_dump(exclude={"blocks"}), "blocks": [_plain(block) for block in printed.shown]}

    @property
    def printed(self) -> Paper:
        """As it is set in lines, in PDF, DOCX and HTML: French marks stay with their word; words of somebody else are left as they are."""
        if self.language != "fr":
            return self
        return self.model_copy(update={name: _set(getattr(self, name)) for name in Paper.model_fields if name != "language"})

    @property
    def shown(self) -> tuple[Block, ...]:
        """The blocks as they are shown: no heading or table without a word, levels of headings that never skip one, rows as long as their head."""
        shown: list[Block] = []
        level = 0
        for block in self.blocks:
            if isinstance(block, Heading):
                if block.text.strip():
                    level = max(1, min(block.level, level + 1, 3))
                    shown.append(block._replace(level=level))
            elif not isinstance(block, Table):
                shown.append(block)
            elif block.head:
                shown.append(block._replace(rows=tuple(_row(row, len(block.head)) for row in block.rows)))
        return tuple(shown)


def is_code(text: str) -> bool:
    """Whether it is a hash, an address or an id alone, which is printed in letters of one width."""
    return CODE.fullmatch(text.strip()) is not None


def _seen(value: Any) -> Any:
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, tuple):
        parts = [_seen(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value


def _set(value: Any) -> Any:
    if isinstance(value, Quote):
        return value._replace(source=unbroken(value.source))
    if isinstance(value, str):
        return unbroken(value)
    if isinstance(value, tuple):
        parts = [_set(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value


def _plain(block: Block) -> dict[str, Any]:
    return {"kind": type(block).__name__.lower(), **block._asdict()}


def _row(row: tuple[str, ...], length: int) -> tuple[str, ...]:
    return (*row, *[""] * length)[:length]
