"""Evidence without what must not be kept: the items of an answer that their authors or the source's rules leave out. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from lxml import etree

from core.errors import SourceError
from crawlers.reading.markup import html_to_text
from crawlers.reading.page import parse_html, parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from crawlers.reading.page import Page

IDENTITIES = ("id", "uri", "url", "ap_id")
# an object without any of these is no item: ids of topics, reactions and people may be those of posts
SPEAKING = frozenset(
    {"attributes", "body", "comment", "content", "contentHtml", "cooked", "description", "description_fr", "post", "raw", "record", "text"}
)
OTHER_TYPES = frozenset({"discussions", "groups", "tags", "users"})  # of JSON:API, where ids are unique by type alone
BLANK = "[…]"
WORDS = re.compile(r"[\W_]+")
LEAST = 4  # letters: shorter pieces tell nothing


def without_items(body: bytes, *, out: Collection[str], url: str, unwanted: Callable[[str], bool] | None = None) -> bytes | None:
    """A JSON answer without the objects whose identity is in ``out``, or one of whose addresses is ``unwanted``, wherever they stand.

    The very same bytes where there are none; None for an answer that is no JSON.
    """
    try:
        value = parse_json(body, url=url)
    except SourceError:
        return None
    kept = _without(value, frozenset(out), unwanted, root=True)
    return body if kept == value else json.dumps(kept, ensure_ascii=False).encode()


def _without(value: Any, out: frozenset[str], unwanted: Callable[[str], bool] | None, *, root: bool = False) -> Any:
    """``parse_json`` bounds the depth: Python's own parser refuses what nests deeper than recursion may go."""
    if isinstance(value, dict):
        if not root and _is_out(value, out, unwanted):
            return None
        return {key: _without(inner, out, unwanted) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner, out, unwanted) for inner in value if not (isinstance(inner, dict) and _is_out(inner, out, unwanted))]
    return value


def _is_out(value: dict[str, Any], out: frozenset[str], unwanted: Callable[[str], bool] | None) -> bool:
    named = [str(value[key]) for key in IDENTITIES if isinstance(value.get(key), str | int)]
    if unwanted and any(unwanted(name) for name in named if ":" in name):
        return True
    return bool(out.intersection(named)) and not SPEAKING.isdisjoint(value) and value.get("type") not in OTHER_TYPES


def without_texts(page: Page, *, out: Sequence[str], kept: Sequence[str]) -> bytes | None:
    """A page of markup in which the pieces of the texts ``out`` are blanked, unless they stand in a ``kept`` text too; None if it cannot be read."""
    tree = _tree(page)
    if tree is None:
        return None
    gone, staying = _letters("\n".join(out)), _letters("\n".join(kept))
    for element in tree.iter():
        if not isinstance(element.tag, str):
            continue
        if _is_gone(element.text, gone, staying):
            element.text = BLANK
        if _is_gone(element.tail, gone, staying):
            element.tail = BLANK
        for name, value in element.attrib.items():
            if _is_gone(value, gone, staying):
                element.set(name, BLANK)
    found: bytes = etree.tostring(tree, encoding="utf-8")
    return found


def _tree(page: Page) -> Any:
    head = page.body[:200].lstrip().lower()
    if head.startswith((b"<?xml", b"<rss", b"<feed", b"<rdf")) and b"<html" not in page.body[:2000].lower():
        return etree.fromstring(page.body, etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False))
    try:
        return parse_html(page.text, url=page.url)
    except SourceError:
        return None


def _is_gone(piece: str | None, gone: str, staying: str) -> bool:
    if not piece or len(piece) < LEAST:
        return False
    letters = _letters(html_to_text(piece) if "<" in piece else piece)
    return len(letters) >= LEAST and letters in gone and letters not in staying


def _letters(text: str) -> str:
    return WORDS.sub("", text.casefold())
