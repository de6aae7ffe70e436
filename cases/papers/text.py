"""A paper as plain text: for an e-mail, and for whoever reads without a screen."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from cases.papers.paper import Block, Caution, Chart, Facts, Heading, Listing, PageBreak, Quote, Table, Text

if TYPE_CHECKING:
    from cases.papers.paper import Paper

WIDTH = 78
UNDER = {1: "=", 2: "-", 3: "."}


def paper_text(paper: Paper) -> str:
    """The paper in lines of at most 78 characters, save addresses, hashes and words longer than that, which are never cut."""
    head = [line for line in (paper.organisation, *paper.sender, "", *paper.addressee, "", paper.date) if line or paper.addressee]
    parts = ["\n".join(head).strip(), paper.title.upper(), _wrapped(paper.subtitle), *(_said(block) for block in paper.shown), paper.reference]
    return "\n\n".join(part for part in parts if part) + "\n"


def _said(block: Block) -> str:  # noqa: PLR0911 - one line a kind
    match block:
        case Heading():
            return f"{block.text}\n{UNDER[block.level] * min(len(block.text), WIDTH)}"
        case Text():
            return _wrapped(block.text)
        case Caution():
            return _wrapped(f"ATTENTION. {block.text}")
        case Facts():
            return "\n".join(_wrapped(f"{label} : {value}", after="  ") for label, value in block.facts)
        case Listing():
            return "\n".join(_wrapped(item, first=f"{number}. " if block.ordered else "- ", after="  ") for number, item in enumerate(block.items, 1))
        case Quote():
            return _wrapped(block.text, first="> ", after="> ") + (f"\n> ({block.source})" if block.source else "")
        case Chart():
            return _wrapped(f"[Graphique. {block.alt}]")
        case Table():
            return _table(block)
        case PageBreak():
            return ""


def _table(table: Table) -> str:
    """One row after the other, each value after its column's name: read aloud it says the same as the table."""
    rows = ["\n".join(_wrapped(f"{name} : {value}", after="  ") for name, value in zip(table.head, row, strict=False)) for row in table.rows]
    return "\n\n".join([*([_wrapped(table.caption)] if table.caption else []), *rows])


def _wrapped(text: str, *, first: str = "", after: str = "") -> str:
    lines = text.split("\n")
    options = {"width": WIDTH, "subsequent_indent": after, "break_long_words": False, "break_on_hyphens": False}
    return "\n".join(
        textwrap.fill(line, initial_indent=after if number else first, **options) or (after if number else first).rstrip()  # type: ignore[arg-type]
        for number, line in enumerate(lines)
    )
