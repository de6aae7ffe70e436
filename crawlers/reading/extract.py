"""The article of a page, without menus, asides and comments. Pure."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from core.errors import SourceError
from core.urls import host_of
from crawlers.reading.body import read_body
from crawlers.reading.bylines import plain
from crawlers.reading.drafts import Draft
from crawlers.reading.markup import absolute, as_seen
from crawlers.reading.meta import Meta
from crawlers.reading.page import parse_html
from crawlers.reading.times import parse_time
from crawlers.reading.walls import wall

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from lxml.html import HtmlElement

    from core.records import ContentType
    from crawlers.reading.body import Body
    from crawlers.reading.page import Page

LEAST_WORDS = 15  # less is a date line or a button, not an article
MAX_NOTICE = 1500  # characters: more is an article, about lost pages perhaps
NOT_FOUND = re.compile(r"^\W*(?:erreur|error)\W*404|^\W*404\b|page (?:introuvable|non trouv[ée]e|not found)|^not found", re.IGNORECASE)
SMALL = 500_000  # characters of page: what is slow is not asked about more
THIN = 200  # characters: less may be a page that the quick reading does not understand, and a second, slower opinion is asked for
LATEST = "2099-12-31"  # htmldate would else take the day of this import for the end of time
CREDIT = re.compile(r"photo\s?:|©|\(c\)|cr[ée]dits?\b|\b(?:AFP|Reuters|Getty|Shutterstock|iStock|Unsplash|Pixabay|Bestimage)\b", re.IGNORECASE)
FILE_NAME = re.compile(
    r"^[\w-]*\d{4}[\w-]*$|^(?:jpe?g|png|gif)\b.{0,12}\bk?o$|\.(?:jpe?g|png|gif|webp|svg|avif)\b|^(?:img|dsc|image|photo|logo|capture)[\W_\d]*$",
    re.IGNORECASE,
)


def article(page: Page) -> Draft:
    """The article of a page. Raises SourceError: not_html, empty_page, too_deep, too_large, a wall's name, no_such_post, or empty_text."""
    kind = page.content_type or "text/html"
    if not any(word in kind for word in ("html", "xml", "text/plain")):
        raise SourceError("not_html", f"{page.url}: {kind.split(';')[0][:100]} where an article was expected")
    tree, url = parse_html(page.text, url=page.url, whole=True), page.url
    meta = Meta(tree, html=page.text, url=url)
    title = meta.title()
    body = read_body(tree, title=title, host=host_of(url))
    text = as_seen(_checked_text(page, body, tree, title=title))
    images = _descriptions(body.images, title=title)
    said = plain(text) if images else ""
    near = (*body.near, text.partition("\n")[0])
    published, edited = meta.times(near)
    return Draft(
        url=meta.url(),
        kind="article",
        title=as_seen(title) if title else None,
        text="\n".join([text, *(f"[image : {image}]" for image in images if plain(image) not in said)]),
        account=meta.author(near, text=text),
        content_type=_content_type(body, meta.kind),
        images=images,
        language=meta.language(),
        published_at=published or (_guessed_time(tree, url) if len(page.text) <= SMALL else None),
        edited_at=edited,
        links=_links(body.links, base=url),
        replies=meta.replies(),
    )


def _checked_text(page: Page, body: Body, tree: HtmlElement, *, title: str | None) -> str:
    """The text, if it is an article's and not what stands in its place."""
    url = page.url
    if reason := wall(page.text, headers=page.headers, visible=body.text):
        raise SourceError(reason, f"{url}: {reason} in place of the content; Vigie does not go around it")
    if len(body.text) < MAX_NOTICE and NOT_FOUND.search(title or ""):
        raise SourceError("no_such_post", f"{url}: the page says that it does not exist ({title}); the address may be old")
    text = body.text if len(body.text) >= THIN or len(page.text) > SMALL else _second_opinion(tree, body.text)
    if len(text.split()) < LEAST_WORDS:
        raise SourceError("empty_text", f"{url}: {len(text.split())} words of article were found; look at the page, it may be empty or have changed")
    return text


def _second_opinion(tree: HtmlElement, text: str) -> str:
    """What trafilatura finds on a page where little was found, if it is more."""
    from trafilatura import bare_extraction

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # that it finds nothing is no news here
    for table in tree.xpath("//table[.//td//h1 or .//td//h2 or .//td//div or .//td//table]"):  # old pages place their columns with tables
        for cell in table.iter("table", "tbody", "tr", "td"):
            cell.tag = "div"
    found: Any = bare_extraction(tree, include_comments=False, favor_precision=True)
    other = (found.text or "").strip() if found else ""
    return other if len(other) > 2 * len(text) else text


def _guessed_time(tree: HtmlElement, url: str) -> datetime | None:
    """What htmldate finds on a page that states no date in a usual place: slow, and the day alone."""
    from htmldate import find_date

    found = find_date(tree, url=url, original_date=True, max_date=LATEST)
    return None if found and found.endswith("-01-01") else parse_time(found)  # a year alone, of a copyright notice for example


def _descriptions(images: Iterable[str], *, title: str | None) -> tuple[str, ...]:
    """What describes an image: not its file's name nor who made it, not the page's title once more."""
    return tuple(
        as_seen(image[:1000])
        for image in images
        if len(image) > 3 and not FILE_NAME.search(image) and not CREDIT.search(image) and plain(image[:1000]) != plain(title or "")
    )


def _content_type(body: Body, kind: str) -> tuple[ContentType, ...]:
    found: list[ContentType] = ["TEXT"]
    if "IMAGE" in body.media:
        found.append("IMAGE")
    if "VIDEO" in body.media or kind.startswith("video"):
        found.append("VIDEO")
    if "AUDIO" in body.media or kind.startswith("music"):
        found.append("AUDIO")
    return tuple(found)


def _links(links: Iterable[str], *, base: str) -> tuple[str, ...]:
    found = (absolute(base, link) for link in links if not link.startswith("#"))
    return tuple(dict.fromkeys(link for link in found if link.startswith(("http://", "https://")) and host_of(link)))
