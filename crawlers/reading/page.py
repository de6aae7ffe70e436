"""A page as it was served, and what a parser finds in it. Every parser is a pure function ``parse(page) -> Found``; what is not the content
that was expected raises SourceError with a stable reason.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lxml import etree
from lxml.html import HtmlElement, document_fromstring
from lxml.html import HTMLParser as LxmlParser
from w3lib.encoding import html_to_unicode

from core.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crawlers.reading.drafts import Draft, Left

MAX_TAGS = 400_000  # take 5 s and 1 GB
# lxml takes a time for a tag that grows with the square of its attributes: 12 s for 100,000, 20 minutes for a million
LARGE = 100_000  # characters: in less they cost a second at most
MAX_SQUARES = 4 * 10**9  # 5 s; scripts are not told from tags, and count too, but use the same words again and again
MANY = 500  # attributes: fewer cost nothing
TAG = re.compile(r"""<[a-zA-Z](?:[^>"'=]++|=\s*+"[^"]*+"|=\s*+'[^']*+'|["'=])*+""")
QUOTED = re.compile(r"""=\s*+(?:"[^"]*+"|'[^']*+')""")
ATTRIBUTE = re.compile(r"""[\s/"']([^\s/"'=]+)""")
MAX_DEPTH = 250  # lxml itself stops at 255 and leaves out the rest without a word
DEEP = etree.XPath(f"boolean({'/*' * MAX_DEPTH})")
HTML_CLASSES = etree.ElementDefaultClassLookup(element=HtmlElement)  # lxml.html's own lookup asks Python for each element
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True)
class Page:
    """An answer whose body is no longer compressed. ``headers`` have lower-case names."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200

    @property
    def content_type(self) -> str | None:
        """The Content-Type header."""
        return self.headers.get("content-type")

    @cached_property
    def text(self) -> str:
        """The body as text."""
        return decode(self.body, self.content_type)

    @cached_property
    def tree(self) -> HtmlElement:
        """The body as HTML. Raises SourceError(empty_page)."""
        return parse_html(self.text, url=self.url)

    @cached_property
    def json(self) -> Any:
        """The body as JSON. Raises SourceError(unreadable_json)."""
        return parse_json(self.body, url=self.url)


@dataclass(frozen=True)
class Found:
    """What a parser found: items in the page's order, and where the same listing goes on."""

    items: tuple[Draft | Left, ...]
    next: str | None = None


def decode(body: bytes, content_type: str | None = None) -> str:
    """The text of a page whose declared charset may lie: valid UTF-8 is UTF-8, else the declared one, else Windows-1252."""
    try:
        return body.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError:
        pass
    try:
        encoding, text = html_to_unicode(content_type, body, default_encoding="cp1252")
    except (LookupError, UnicodeError):  # Python knows codings, such as zlib, that are no charset
        return body.decode("cp1252", errors="replace")
    if b"<" in body and "<" not in text:  # declared in a charset that has no tags where these bytes have them
        return body.decode("cp1252", errors="replace")
    if encoding.replace("-", "").lower() != "utf8":
        return text
    # declared UTF-8 with invalid bytes: a few broken characters stay, but a page in another charset is read as Windows-1252
    broken, sound = text.count("\ufffd"), sum(1 for char in text if char > "\x7f" and char != "\ufffd")
    return text if sound >= broken else body.decode("cp1252", errors="replace")


def parse_html(html: str, *, url: str, whole: bool = False) -> HtmlElement:
    """The tree of a page or fragment, without comments. Raises SourceError(empty_page), and too_large for what would take minutes or gigabytes.

    ``whole``: raises SourceError(too_deep) where tags nest so deep that the parser left out the rest.
    """
    if html.count("<") > MAX_TAGS:
        raise SourceError("too_large", f"{url}: more than {MAX_TAGS} tags, where a long page has 20,000; look at it")
    if len(html) > LARGE and sum(_attributes(tag) ** 2 for tag in TAG.finditer(html)) > MAX_SQUARES:
        raise SourceError("too_large", f"{url}: tags with tens of thousands of attributes; no page that people read has that, look at it")
    parser = LxmlParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    parser.set_element_class_lookup(HTML_CLASSES)
    try:
        tree = document_fromstring(html.replace("\x00", "").encode(errors="replace"), base_url=url, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise SourceError("empty_page", f"{url}: the page holds no markup ({error}); look at it in a browser") from error
    if whole and DEEP(tree):
        raise SourceError("too_deep", f"{url}: tags nest more than {MAX_DEPTH} deep, what stands deeper cannot be read; look at the page")
    return tree


def _attributes(tag: re.Match[str]) -> int:
    """How many different attributes a start tag has, or a few more."""
    return len(set(ATTRIBUTE.findall(QUOTED.sub("=", tag[0])))) if tag.end() - tag.start() > 2 * MANY else 0


def parse_json(body: bytes, *, url: str) -> Any:
    """The value of a JSON body; raw control characters inside strings are let through. Raises SourceError(unreadable_json)."""
    text = decode(body)
    try:
        value = json.loads(text, strict=False)
        # halves of surrogate pairs, which no UTF-8 text can hold, become "?"
        return json.loads(json.dumps(value, ensure_ascii=False).encode(errors="replace")) if SURROGATE.search(text) else value
    except (ValueError, RecursionError) as error:
        raise SourceError("unreadable_json", f"{url}: the answer is not JSON ({error}); the site may have changed or blocked the crawl") from error
