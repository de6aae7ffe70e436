"""The article of a page, without menus, asides and comments. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from core.errors import SourceError
from crawlers.drafts import Draft
from crawlers.page import parse_html
from crawlers.times import parse_time
from crawlers.walls import wall

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from crawlers.page import Page

LEAST_WORDS = 15  # less is a date line or a button, not an article
MAX_DEPTH = 2000  # nested tags beyond this are an attack on the parser


def article(page: Page) -> Draft:
    """The article of a page. Raises SourceError: a wall's name, too_deep, or empty_text."""
    from trafilatura import bare_extraction

    html, url = page.text, page.url
    found: Any = None
    if _depth(html) <= MAX_DEPTH:
        tree = _without_layout_tables(parse_html(html, url=url))
        # precision: on recorded French pages 94 % of the wanted and 7 % of the unwanted segments are kept, 98 % and 17 % without it
        found = bare_extraction(tree, url=url, with_metadata=True, include_comments=False, favor_precision=True)
    text = (found.text or "").strip() if found else ""
    reason = wall(html, headers=page.headers, visible=text)
    if reason:
        raise SourceError(reason, f"{url}: {reason} in place of the content; Vigie does not go around it")
    if len(text.split()) < LEAST_WORDS:
        raise SourceError("empty_text", f"{url}: {len(text.split())} words of article were found; look at the page, it may be empty or have changed")
    return Draft(
        url=found.url or url,
        kind="article",
        title=found.title or None,
        text=text,
        account=found.author or None,
        language=found.language or None,
        published_at=parse_time(found.date),
    )


def _without_layout_tables(tree: HtmlElement) -> HtmlElement:
    """Old pages place their columns with tables; as blocks, a menu is seen as a menu. A table of data holds no heading and no block."""
    for table in tree.xpath("//table[.//td//h1 or .//td//h2 or .//td//div or .//td//table]"):
        for cell in table.iter("table", "tbody", "tr", "td"):
            cell.tag = "div"
    return tree


def _depth(html: str) -> int:
    """An upper bound of how deep tags nest, without parsing: what a hostile page would use against the parser."""
    if html.count("<") <= MAX_DEPTH:
        return 0
    depth = most = 0
    for mark in re.finditer(r"<(/?)(div|span|p|ul|ol|li|table|tr|td|b|i|em|font|blockquote|section)\b", html, re.IGNORECASE):
        depth = max(0, depth + (-1 if mark[1] else 1))
        most = max(most, depth)
    return most
