"""What becomes of a page and of each item on it: documents, or named reasons why not. Pure, so that another process may do it."""

from __future__ import annotations

import traceback
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from core.errors import Invalid, SourceError
from core.records import Document
from crawlers.reading.drafts import Draft, Left, owners, to_document
from crawlers.reading.walls import reserved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from crawlers.catalog import Source
    from crawlers.erasing.optout import OptOuts
    from crawlers.reading.page import Page

    Parser = Callable[[Page], Iterable[Draft | Left]]

UNREADABLE = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError)


class Dropped(NamedTuple):
    """Nothing of an item is kept: its author does not want it read, or the source's rules find it irrelevant."""

    reason: str


class Aside(NamedTuple):
    """An item that cannot be read."""

    url: str
    reason: str
    detail: str


Verdict = Document | Dropped | Aside


@dataclass(frozen=True)
class Judge:
    """Decides by the source's rules and the opt-outs in force. ``key``: that of the pseudonyms; ``max_chars``: of a text."""

    source: Source
    key: bytes
    opt_outs: OptOuts
    max_chars: int

    def __call__(self, draft: Draft) -> Verdict:
        """Who does not want to be read is asked first: a text that cannot be kept has an author too."""
        now = datetime.now(UTC)
        if any(self.opt_outs.covers_author(name) for name in owners(draft, key=self.key)) or self.opt_outs.covers_address(draft.url):
            return Dropped("opted_out")
        try:
            document = to_document(draft, source=self.source, key=self.key, now=now, max_chars=self.max_chars)
        except SourceError as error:
            return Aside(draft.url, error.reason, str(error))
        except Invalid as error:
            return Aside(draft.url[:2000], "bad_address", str(error))
        reason = self.source.keep.refuses(document, now=now)
        return Dropped(reason) if reason else document


@dataclass(frozen=True)
class Reading:
    """What was read on a page: its items, and what becomes of each, by its address; or why the page could not be read."""

    items: tuple[Draft | Left, ...] = ()
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    reason: str = ""
    detail: str = ""


def read_page(page: Page, *, parse: Parser, judge: Judge) -> Reading:
    """Read one page; what is wrong with it is the ``reason``. Raises ConfigError."""
    try:
        refuse_reserved(page)
        items = tuple(parse(page))
    except SourceError as error:
        return Reading(reason=error.reason, detail=str(error))
    except UNREADABLE as error:
        return Reading(reason="unreadable_page", detail=unforeseen(page, error))
    verdicts: dict[str, Verdict] = {}
    for item in items:
        if isinstance(item, Draft) and item.url not in verdicts:
            verdicts[item.url] = judge(item)
    return Reading(items, verdicts)


def unforeseen(page: Page, error: BaseException) -> str:
    """What a parser met in a page that nobody foresaw: where our code met it, for the error's words may be the page's."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{page.url}: {type(error).__name__} in {Path(last.filename).name}:{last.lineno}; look at the page, it has a new form"


def refuse_reserved(page: Page) -> None:
    """Raises SourceError(tdm_reserved) for a page that opposes being mined."""
    if is_reserved(page):
        raise SourceError("tdm_reserved", f"{page.url}: the site reserves text and data mining (CPI L. 122-5-3, III); it is left out")


def is_reserved(page: Page) -> bool:
    """In HTML alone the page's owner speaks in meta; in an answer of an interface it would be a post's author."""
    html = "html" in (page.content_type or "") or page.body[:100].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"
    return reserved(page.text if html else "", headers=page.headers)
