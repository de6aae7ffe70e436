"""What a parser finds on a page, and how it becomes a document: the only place where a name turns into a pseudonym."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from pydantic import AwareDatetime

from core.errors import SourceError
from core.pseudonyms import pseudonym
from core.records import Document, Funding, Kind, Record
from core.urls import canonical, document_id, host_of

if TYPE_CHECKING:
    from datetime import datetime

    from core.records import AccessMode, WarcRef


class Draft(Record):
    """A content item as parsed; ``account`` and ``organiser`` are names and are never stored."""

    url: str
    kind: Kind
    text: str
    title: str | None = None
    account: str | None = None
    organiser: str | None = None
    platform_id: str | None = None
    language: str | None = None
    published_at: AwareDatetime | None = None
    edited_at: AwareDatetime | None = None
    links: tuple[str, ...] = ()
    views: int | None = None
    reposts: int | None = None
    replies: int | None = None
    funding: Funding | None = None


def content_digest(draft: Draft) -> str:
    """SHA-256 of what makes a version: title, text and amounts. Counters of views change without the content changing."""
    amounts = draft.funding.model_dump(mode="json") if draft.funding else None
    return hashlib.sha256(json.dumps([draft.title, draft.text, amounts], ensure_ascii=False).encode()).hexdigest()


def to_document(
    draft: Draft, *, source: str, access_mode: AccessMode, language: str | None, key: bytes, evidence: WarcRef | None, now: datetime, max_chars: int
) -> Document:
    """The document to archive. Raises SourceError for an empty or an oversized text, and Invalid for an address that is none."""
    text = draft.text.strip() or (draft.title or "").strip()
    if not text:
        raise SourceError("empty_text", f"{draft.url}: no text was found where one was expected; look at the page, it may have changed")
    if len(text) > max_chars:
        raise SourceError("too_long", f"{draft.url}: {len(text)} characters; at most {max_chars} (VIGIE_MAX_TEXT_CHARS)")
    url = canonical(draft.url)
    platform = host_of(url)
    funding = draft.funding
    if funding and draft.organiser:
        funding = funding.model_copy(update={"organiser": pseudonym(key, platform=platform, account=draft.organiser)})
    account = draft.account or draft.organiser
    return Document(
        id=document_id(url),
        url=url,
        source=source,
        kind=draft.kind,
        platform=platform,
        platform_id=draft.platform_id,
        title=draft.title,
        text=text,
        language=draft.language or language,
        published_at=draft.published_at,
        edited_at=draft.edited_at,
        collected_at=now,
        author=pseudonym(key, platform=platform, account=account) if account else None,
        access_mode=access_mode,
        links=draft.links,
        views=draft.views,
        reposts=draft.reposts,
        replies=draft.replies,
        funding=funding,
        evidence=evidence,
        content_sha256=content_digest(draft.model_copy(update={"text": text, "funding": funding})),
    )
