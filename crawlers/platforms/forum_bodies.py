"""The words of one post: without what it quotes, with what its images show. Pure."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml.etree import tostring

from crawlers.platforms.css import compiled, find
from crawlers.reading.markup import html_to_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lxml.html import HtmlElement

    from core.records import ContentType
    from crawlers.platforms.forum_profiles import Post

UNSEEN = ("./descendant::*[self::script or self::style or self::noscript or self::template or self::button or self::select or self::textarea]",)
NO_DESCRIPTION = re.compile(
    r"(?:posted |attached )?(?:images?|img|photos?|pictures?|pi[eè]ces? jointes?|attachments?|avatar)?[\s\d:]{0,8}"
    r"|\S{1,200}\.(?:jpe?g|png|gif|webp|bmp|avif|svg)|(?:https?:|data:)\S{0,500}", re.IGNORECASE)  # fmt: skip
PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|bmp|avif)(?:$|[?#])", re.IGNORECASE)
FILM = re.compile(r"youtu\.?be|dailymotion|vimeo|peertube|rumble|odysee|tiktok|twitch|/videos?/|\.(?:mp4|webm|mov)(?:$|[?#])", re.IGNORECASE)
SOUND = re.compile(r"soundcloud|deezer|spotify|audiomack|\.(?:mp3|ogg|m4a|wav)(?:$|[?#])", re.IGNORECASE)
LONGEST_DESCRIPTION = 1000
# browsers show &#146; as the apostrophe of Windows-1252, and boards older than UTF-8 are full of it
C1 = {code: char for code in range(0x80, 0xA0) if (char := bytes([code]).decode("cp1252", errors="ignore"))}


@dataclass(frozen=True)
class Body:
    """What a post says. ``quoted``: the address of the first post that it repeats."""

    text: str = ""
    images: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    quoted: str = ""
    media: tuple[ContentType, ...] = ()


def body_of(element: HtmlElement, post: Post) -> Body:
    """The body of a post; the page itself stays as it is."""
    body = deepcopy(element)
    body.tail = None
    quotes = _all(post.quotes, body)
    quoted = next((str(link) for quote in quotes for link in find(post.quoted, quote)), "")
    _drop(quotes)
    _drop([*_all(post.leave_out, body), *_all(UNSEEN, body)])
    links = tuple(str(link) for link in compiled("./descendant::a/@href")(body))
    _write_signs(_all(post.smilies, body))
    images = list(dict.fromkeys(alt for image in body.iter("img") if (alt := _described(image))))
    text = html_to_text(tostring(body, encoding="unicode", method="html")).translate(C1)
    text = "\n".join(part for part in (text, *(f"[image : {words}]" for words in images)) if part)
    return Body(text=text, images=tuple(images), links=links, quoted=quoted, media=_media(body))


def _all(selectors: tuple[str, ...], body: HtmlElement) -> list[HtmlElement]:
    """What any of the selectors finds inside a body."""
    return [one for selector in selectors for one in compiled(selector)(body) if not isinstance(one, str) and one is not body]


def _drop(elements: Iterable[HtmlElement]) -> None:
    for element in elements:
        if element.getparent() is not None:
            element.drop_tree()


def _write_signs(images: Iterable[HtmlElement]) -> None:
    """A smiley is a character of the text."""
    for image in images:
        if image.tag == "img":
            sign = (image.get("alt") or "")[:40]
            image.attrib.clear()
            image.tag, image.text = "span", sign


def _described(image: HtmlElement) -> str:
    words = " ".join((image.get("alt") or "")[:LONGEST_DESCRIPTION].split())
    return "" if NO_DESCRIPTION.fullmatch(words) else words


def _media(body: HtmlElement) -> tuple[ContentType, ...]:
    found: list[ContentType] = []
    if next(body.iter("img"), None) is not None:
        found.append("IMAGE")
    frames = " ".join((frame.get("src") or frame.get("data-src") or "")[:300] for frame in body.iter("iframe", "embed", "source"))
    if next(body.iter("video"), None) is not None or FILM.search(frames):
        found.append("VIDEO")
    if next(body.iter("audio"), None) is not None or SOUND.search(frames):
        found.append("AUDIO")
    return tuple(found)


def kinds_of(body: Body, attached: Iterable[str], *, pictured: bool = False) -> tuple[ContentType, ...]:
    """What a post consists of; ``pictured``: images are attached to it."""
    found: dict[ContentType, None] = {"TEXT": None, **dict.fromkeys(body.media)}
    links = [link[:500] for link in attached]
    if pictured or any(PICTURE.search(link) for link in links):
        found["IMAGE"] = None
    if any(FILM.search(link) for link in links):
        found["VIDEO"] = None
    return tuple(found)
