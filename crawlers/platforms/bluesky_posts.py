"""A post of Bluesky as its record says it, the same in answers and in the stream. Pure."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from core.urls import host_of
from crawlers.reading.drafts import Draft
from crawlers.reading.times import parse_time

if TYPE_CHECKING:
    from datetime import datetime

    from core.records import ContentType

UNREADABLE = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError)
POST = "app.bsky.feed.post"
URI = re.compile(r"at://(did:[a-z]{1,20}:[A-Za-z0-9._:%-]{1,250})/([a-zA-Z][a-zA-Z0-9.-]{2,100})/([A-Za-z0-9._:~-]{1,512})")
PLACES = {  # where bsky.app shows a record of this collection
    POST: "profile/{}/post/{}",
    "app.bsky.feed.generator": "profile/{}/feed/{}",
    "app.bsky.graph.list": "profile/{}/lists/{}",
    "app.bsky.graph.starterpack": "starter-pack/{}/{}",
}
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,20})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
SIGNED_IN_ONLY = "!no-unauthenticated"
HIDDEN = frozenset({"!hide", "!takedown", "!suspend"})
MAX_PARTS = 500  # facets, images, labels of one post that are looked at; a real one has some ten
NUMBER = re.compile(r"[0-9]{1,15}")
MAX_COUNT = 2**53
LATE = timedelta(days=1)  # an author's clock may be wrong, but no post is written after it was received


class Parts(NamedTuple):
    """What a post shows beside its text."""

    kinds: tuple[ContentType, ...] = ()
    described: tuple[tuple[str, str], ...] = ()  # "image" or "vidéo", and its description
    links: tuple[str, ...] = ()
    title: str | None = None  # of a link's preview


def public_url(uri: object) -> str | None:
    """The address at which bsky.app shows a record; None for what is no such record."""
    found = URI.fullmatch(uri) if isinstance(uri, str) and len(uri) < 1000 else None
    place = PLACES.get(found[2]) if found and found[3] not in {".", ".."} else None
    return f"https://bsky.app/{place.format(found[1], found[3])}" if found and place else None


def left_out(view: dict[str, Any]) -> str | None:
    """Why a post must not be kept: ``opted_out`` by its author's wish, ``not_public`` where the platform hides it; else None."""
    author, record = view.get("author"), view.get("record", view.get("value"))
    author, record = author if isinstance(author, dict) else {}, record if isinstance(record, dict) else {}
    own = record.get("labels")
    marks = [*_labels(view.get("labels")), *_labels(author.get("labels")), *_labels(own.get("values") if isinstance(own, dict) else None)]
    taken_back = {(mark.get("src"), mark.get("val")) for mark in marks if mark.get("neg") is True}
    valid = [mark for mark in marks if mark.get("neg") is not True and (mark.get("src"), mark.get("val")) not in taken_back]
    if any(mark["val"] == SIGNED_IN_ONLY for mark in valid):
        return "opted_out"
    hidden = [mark for mark in valid if mark["val"] in HIDDEN]
    if not hidden:
        return None
    return "opted_out" if any(mark.get("src") in (None, author.get("did")) for mark in hidden) else "not_public"


def _labels(found: Any) -> list[dict[str, Any]]:
    listed = found[:MAX_PARTS] if isinstance(found, list) else []
    return [mark for mark in listed if isinstance(mark, dict) and isinstance(mark.get("val"), str) and isinstance(mark.get("src"), str | None)]


def draft_of(
    uri: str, record: dict[str, Any], *, view: dict[str, Any] | None = None, seen_at: datetime | None = None, edited_at: datetime | None = None
) -> Draft:
    """The draft of a post's record; ``view`` has its counts. Raises one of UNREADABLE for a record that is no post."""
    found, url = URI.fullmatch(uri), public_url(uri)
    if found is None or found[2] != POST or url is None or not isinstance(record["text"], str):
        raise ValueError(f"{uri[:200]}: no post")
    counts, text = view or {}, record["text"].replace("\x00", "").strip()
    parts, reply = _parts(record.get("embed")), _reply(record)
    kinds: tuple[ContentType, ...] = ("TEXT", *parts.kinds) if text or not parts.kinds else parts.kinds
    return Draft(
        url=url,
        kind="post",
        text="\n".join([text, *(f"[{word} : {description}]" for word, description in parts.described)]).strip(),
        title=None if text or parts.described else parts.title,  # a link without a word: its preview is all there is to read
        account=found[1],
        platform_id=uri,
        content_type=tuple(dict.fromkeys(kinds)),
        thread_root=reply.get("root"),
        thread_parent=reply.get("parent"),
        images=tuple(description for _, description in parts.described),
        language=language_of(record),
        published_at=_published(record.get("createdAt"), seen_at=seen_at),
        edited_at=edited_at,
        links=tuple(dict.fromkeys((*_facet_links(record), *parts.links))),
        likes=_count(counts.get("likeCount")),
        reposts=_count(counts.get("repostCount")),
        replies=_count(counts.get("replyCount")),
    )


def languages_of(record: dict[str, Any]) -> tuple[str, ...]:
    """The languages that the author's app declares, as two letters: "fr-CA" is "fr"."""
    found = record.get("langs")
    codes = (value[:20].split("-")[0].lower() for value in (found[:20] if isinstance(found, list) else []) if isinstance(value, str))
    return tuple(dict.fromkeys(code for code in codes if re.fullmatch(r"[a-z]{2}", code)))


def language_of(record: dict[str, Any]) -> str | None:
    """The first declared language."""
    return next(iter(languages_of(record)), None)


def _published(created: Any, *, seen_at: datetime | None) -> datetime | None:
    """When the author's app says that the post was written; what cannot be, gives way to when it was received."""
    said = time_of(created)
    return seen_at if said is None or (seen_at and said > seen_at + LATE) else said


def time_of(value: Any) -> datetime | None:
    """The time of a record; anything but the one form that Bluesky asks for is none ("yesterday" would be read as a date)."""
    return parse_time(value) if isinstance(value, str) and ISO.fullmatch(value) else None


def _reply(record: dict[str, Any]) -> dict[str, str]:
    reply = record.get("reply")
    refs = ((name, reply.get(name)) for name in ("root", "parent")) if isinstance(reply, dict) else ()
    uris = {name: ref["uri"] for name, ref in refs if isinstance(ref, dict) and isinstance(ref.get("uri"), str)}
    return {name: public_url(uri) or uri for name, uri in uris.items() if uri.startswith("at://") and len(uri) < 1000}


def _facet_links(record: dict[str, Any]) -> list[str]:
    """The targets of the links in the text, in its order. Facets count bytes of UTF-8; one that lies outside the text is not shown."""
    size, facets = len(record["text"].encode(errors="replace")), record.get("facets")
    found: list[tuple[int, str]] = []
    for facet in facets[:MAX_PARTS] if isinstance(facets, list) else []:
        index, features = (facet.get("index"), facet.get("features")) if isinstance(facet, dict) else (None, None)
        start, end = (index.get("byteStart"), index.get("byteEnd")) if isinstance(index, dict) else (None, None)
        if isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= size and isinstance(features, list):
            found.extend((start, one["uri"]) for one in features[:10] if isinstance(one, dict) and _is_link(one.get("uri")))
    return [link for _, link in sorted(found, key=lambda pair: pair[0])]


def _is_link(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 4000 and value.startswith(("http://", "https://")) and bool(host_of(value))


def _parts(embed: Any) -> Parts:
    """What an embed shows; a quoted post's words are not the author's, its address is a link."""
    if not isinstance(embed, dict):
        return Parts()
    kind = str(embed.get("$type", "")).removesuffix("#view")
    if kind == "app.bsky.embed.recordWithMedia":
        media, quoted = embed.get("media"), _quoted(embed)
        nested = isinstance(media, dict) and "recordWithMedia" in str(media.get("$type"))  # as no app writes it: a chain without end
        first = Parts() if nested else _parts(media)
        return first._replace(links=(*first.links, *quoted.links))
    readers = {"images": _images, "gallery": _images, "video": _video, "external": _card, "record": _quoted}
    return readers.get(kind.removeprefix("app.bsky.embed."), _other)(embed)


def _images(embed: dict[str, Any]) -> Parts:
    listed: list[Any] = next((embed[key] for key in ("images", "media", "items") if isinstance(embed.get(key), list)), [])
    described = (_line(image.get("alt")) for image in listed[:MAX_PARTS] if isinstance(image, dict))
    return Parts(kinds=("IMAGE",), described=tuple(("image", description) for description in described if description))


def _video(embed: dict[str, Any]) -> Parts:
    description = _line(embed.get("alt"))
    return Parts(kinds=("VIDEO",), described=(("vidéo", description),) if description else ())


def _card(embed: dict[str, Any]) -> Parts:
    """The preview of a link. Animated images come so too: their description then begins with "Alt:"."""
    card = embed.get("external")
    if not isinstance(card, dict):
        return _other(embed)
    description, title = _line(card.get("description")), _line(card.get("title"))
    if description.lower().startswith("alt:"):
        alt = description[4:].strip()
        return Parts(kinds=("IMAGE",), described=(("image", alt),) if alt else ())
    return Parts(links=(card["uri"],) if _is_link(card.get("uri")) else (), title=title or None)


def _quoted(embed: dict[str, Any]) -> Parts:
    """``record`` is a reference or, beside media, an embed that holds one."""
    ref = embed.get("record")
    if isinstance(ref, dict) and "uri" not in ref:
        ref = ref.get("record")
    url = public_url(ref.get("uri")) if isinstance(ref, dict) else None
    return Parts(links=(url,) if url else ())


def _other(_embed: dict[str, Any]) -> Parts:
    return Parts(kinds=("OTHER",))


def _line(value: object) -> str:
    return " ".join(value.replace("\x00", "").split()) if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    value = int(value) if isinstance(value, str) and NUMBER.fullmatch(value) else value
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_COUNT else None
