"""What a parser finds on a page, and how it becomes a document: the only place where a name turns into a pseudonym."""

from __future__ import annotations

import hashlib
import json
from functools import partial
from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime

from core.errors import Invalid, SourceError
from core.pseudonyms import pseudonym
from core.records import Channel, ContentType, Document, Funding, Kind, Record
from core.urls import canonical, document_id, host_of
from crawlers.reading.channels import channels
from crawlers.reading.language import detect

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from crawlers.catalog import Source


class Draft(Record):
    """A content item as parsed; ``account`` and ``organiser`` are names and are never stored."""

    url: str
    kind: Kind
    text: str
    title: str | None = None
    account: str | None = None
    organiser: str | None = None
    platform_id: str | None = None
    content_type: tuple[ContentType, ...] = ("TEXT",)
    thread_root: str | None = None
    thread_parent: str | None = None
    images: tuple[str, ...] = ()
    language: str | None = None
    published_at: AwareDatetime | None = None
    edited_at: AwareDatetime | None = None
    links: tuple[str, ...] = ()
    views: int | None = None
    likes: int | None = None
    reposts: int | None = None
    replies: int | None = None
    followers: int | None = None
    funding: Funding | None = None


# fields that a document says in its own way
OWN = {"url", "text", "account", "organiser", "language", "funding", "published_at", "edited_at", "thread_root", "thread_parent"}


class Left(Record):
    """An item of a page that is not kept, and why. ``status``: nothing of it is stored; met before; cannot be read."""

    reason: str  # short and stable: opted_out, not_public, boost, unreadable_post, ...
    status: Literal["dropped", "duplicate", "set_aside"] = "dropped"
    platform_id: str | None = None  # as the answer writes it, so that the evidence can leave it out


def content_digest(draft: Draft) -> str:
    """SHA-256 of what makes a version: title, text and amounts. Counters of views change without the content changing."""
    amounts = draft.funding.model_dump(mode="json") if draft.funding else None
    return hashlib.sha256(json.dumps([draft.title, draft.text, amounts], ensure_ascii=False).encode()).hexdigest()


def deleted(document: Document, *, at: datetime) -> Document:
    """The last version of a document that the site no longer shows: its text and evidence stay, and it says since when it is known to be gone."""
    digest = hashlib.sha256(f"deleted {document.content_sha256}".encode()).hexdigest()
    return document.model_copy(update={"deleted_at": at, "collected_at": at, "content_sha256": digest})


def owners(draft: Draft, *, key: bytes) -> tuple[str, ...]:
    """The pseudonyms of those whose words these are."""
    platform = host_of(draft.url)
    return tuple(pseudonym(key, platform=platform, account=name) for name in (draft.account, draft.organiser) if name)


def to_document(draft: Draft, *, source: Source, key: bytes, now: datetime, max_chars: int) -> Document:
    """The document to archive, without evidence. Raises SourceError for an empty or an oversized text, and Invalid for an address that is none."""
    text = draft.text.strip() or (draft.title or "").strip()
    if not text:
        raise SourceError("empty_text", f"{draft.url}: no text was found where one was expected; look at the page, it may have changed")
    if len(text) > max_chars:
        raise SourceError("too_long", f"{draft.url}: {len(text)} characters; at most {max_chars} (VIGIE_MAX_TEXT_CHARS)")
    url = canonical(draft.url)
    hide = partial(pseudonym, key, platform=host_of(url))
    funding = draft.funding
    if funding and draft.organiser:
        funding = funding.model_copy(update={"organiser": hide(account=draft.organiser)})
    account = draft.account or draft.organiser
    contacts, payments = channels(text, draft.links)
    return Document(
        **draft.model_dump(exclude=OWN),
        id=document_id(url),
        url=url,
        source=source.name,
        platform=host_of(url),
        thread_root=address_of(draft.thread_root),
        thread_parent=address_of(draft.thread_parent),
        text=text,
        language=detect(text, draft.language or source.language),
        published_at=draft.published_at,
        edited_at=draft.edited_at,
        collected_at=now,
        author=hide(account=account) if account else None,
        access_mode=source.access_mode,
        link_hosts=tuple(dict.fromkeys(host for link in draft.links if (host := host_of(link)))),
        contacts=_hidden(contacts, key=key),
        payments=_hidden(payments, key=key),
        funding=funding,
        content_sha256=content_digest(draft.model_copy(update={"text": text, "funding": funding})),
    )


def address_of(place: str | None) -> str | None:
    """An address in the one spelling that documents have, so that a thread's items are found; an id of the platform stays."""
    if place is None or not place.startswith(("http://", "https://")):
        return place
    try:
        return canonical(place)
    except Invalid:
        return None


def _hidden(found: Iterable[tuple[str, str, bool]], *, key: bytes) -> tuple[Channel, ...]:
    """E-mail, phone and account numbers become keyed hashes, the same on every platform: two posts that share one are seen to."""
    return tuple(Channel(kind=kind, value=pseudonym(key, platform=kind, account=value) if private else value) for kind, value, private in found)
