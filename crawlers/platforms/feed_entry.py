"""One entry of a feed, and the pieces that feeds of every form share. Pure."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape
from typing import TYPE_CHECKING, NamedTuple

from core.urls import host_of
from crawlers.reading.drafts import Draft
from crawlers.reading.markup import absolute, html_to_text
from crawlers.reading.page import parse_html
from crawlers.reading.times import HALF_DAY, parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.records import ContentType

URL = re.compile(r"https?://[^\s<>\"«»]{1,2000}")
ENDS = ".,;:!?…'’”]"  # what ends a sentence ends no address
KINDS: dict[str, ContentType] = {"audio": "AUDIO", "video": "VIDEO", "image": "IMAGE"}
ENDINGS = re.compile(r"\.(?:(mp3|m4a|ogg|opus|aac|wav|flac)|(mp4|m4v|webm|mov|gifv)|(jpe?g|png|gif|webp|avif))(?:$|[?#])", re.IGNORECASE)
ZONES = {"CET": "+0100", "MET": "+0100", "CEST": "+0200", "MEST": "+0200"}  # names that no standard for mail knows
MAX_COUNT = 2**53  # more is no count


class Entry(Draft):
    """An entry of a feed. ``whole``: its own text is the content, and its address adds nothing to it."""

    whole: bool = False


class Words(NamedTuple):
    """A piece of text as people see it, what it leads to, and how it describes its images."""

    text: str = ""
    links: tuple[str, ...] = ()
    images: tuple[str, ...] = ()


def words(value: str, *, base: str, plain: bool = False) -> Words:
    """The words of a piece of a feed; ``plain`` says that it is no HTML, which feeds often say in error."""
    if plain and "<" not in value:
        text = unescape(value).strip()
        return Words(text, links_in(text))
    text = html_to_text(value)
    if "<" not in value:
        return Words(text, links_in(text))
    tree = parse_html(f"<div>{value}</div>", url=base)
    links = (absolute(base, anchor.get("href") or "") for anchor in tree.iter("a"))
    shown = (" ".join((image.get("alt") or "").split()) for image in tree.iter("img"))
    images = tuple(dict.fromkeys(alt for alt in shown if any(char.isalpha() for char in alt)))
    return Words("\n\n".join(part for part in (text, image_lines(images)) if part), web_addresses(links), images)


def image_lines(images: Iterable[str]) -> str:
    """How the descriptions of images stand in a text."""
    return "\n".join(f"[image : {image}]" for image in images)


def links_in(text: str) -> tuple[str, ...]:
    """The web addresses that a text without markup shows."""
    found = (match.rstrip(ENDS) for match in URL.findall(text))
    return web_addresses(link if "(" in link else link.rstrip(")" + ENDS) for link in found)


def web_addresses(links: Iterable[object]) -> tuple[str, ...]:
    """Those that are addresses of the web, in order, once each."""
    return tuple(dict.fromkeys(link for link in links if isinstance(link, str) and link.startswith(("http://", "https://")) and host_of(link)))


def media_kind(mime: object, url: object) -> ContentType | None:
    """What an attached file consists of, by its declared type, else by its address."""
    declared = KINDS.get(mime.split("/", 1)[0].strip().lower()) if isinstance(mime, str) else None
    ending = ENDINGS.search(url[-200:]) if declared is None and isinstance(url, str) else None
    return declared or (next(kind for kind, group in zip(KINDS.values(), ending.groups(), strict=True) if group) if ending else None)


def content_types(text: str, media: Iterable[ContentType | None]) -> tuple[ContentType, ...]:
    """What an entry consists of."""
    found: list[ContentType] = ["TEXT"] if text else []
    found += [kind for kind in media if kind]
    return tuple(dict.fromkeys(found)) or ("TEXT",)


def time_of(value: object) -> datetime | None:
    """The time that a feed states, with its offset; None where there is none."""
    if not isinstance(value, str) or not value.strip():
        return None
    said = value.strip()[:80]
    head, _, zone = said.rpartition(" ")
    for read in (datetime.fromisoformat, parsedate_to_datetime) if not HALF_DAY.search(said) else ():
        try:
            time = read(f"{head} {ZONES[zone]}" if zone in ZONES else said)
            aware = time.replace(tzinfo=UTC) if time.tzinfo is None else time
            aware.astimezone(UTC)  # the year 1 cannot be shifted
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        return aware
    return parse_time(said)


def later(edited: datetime | None, published: datetime | None) -> datetime | None:
    """When an entry was changed, if that is after it was published."""
    return edited if edited and published and edited > published else None


def language_of(value: object) -> str | None:
    """ISO 639-1 of a declared language ("fr-FR")."""
    first = re.split(r"[-_]", value.strip(), maxsplit=1)[0].lower() if isinstance(value, str) else ""
    return first if re.fullmatch(r"[a-z]{2}", first) else None


def count(value: object) -> int | None:
    """A number of views or answers, which feeds write as text."""
    number = int(value) if isinstance(value, str) and re.fullmatch(r"[0-9]{1,15}", value.strip()) else value
    return number if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < MAX_COUNT else None


def digest(entry: Draft) -> str:
    """SHA-256 of what a feed says of an entry: the same as at the last reading, its page need not be read again."""
    times = [time.isoformat() if time else None for time in (entry.published_at, entry.edited_at)]
    return hashlib.sha256(json.dumps([entry.platform_id, *times, entry.title, entry.text]).encode()).hexdigest()
