"""Submitted texts as documents: what people copied from where no crawl gets. There is no answer of a site, so that no WARC can prove them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from core.errors import SourceError
from core.pseudonyms import load_key
from core.urls import host_of
from crawlers.erasing.optout import load_opt_outs
from crawlers.evidence.archive import Archive
from crawlers.reading.drafts import Draft, to_document
from crawlers.submitted import Job, Outcome, source_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.settings import Settings
    from crawlers.catalog import Source
    from crawlers.erasing.optout import OptOuts
    from crawlers.evidence.archive import OpenBatch


class Text(NamedTuple):
    """What was submitted. ``url``: leads nowhere; ``seen_at``: where it was read, or ""."""

    url: str
    text: str
    title: str | None
    seen_at: str


class _Keeping(NamedTuple):
    batch: OpenBatch
    source: Source
    key: bytes
    opt_outs: OptOuts
    most: int


def keep_texts(texts: Iterable[Text], *, settings: Settings) -> tuple[Outcome, ...]:
    """Write texts to the archive in a batch of their own; what became of each. Harmless to repeat. Raises ConfigError."""
    given = tuple(texts)
    if not given:
        return ()
    key, archive = load_key(settings), Archive(settings.archive_dir)
    source = source_of(Job(pages=tuple(one.url for one in given)))
    batch = archive.open_batch(source.name, operator=settings.contact)
    keeping = _Keeping(batch, source, key, load_opt_outs(settings.archive_dir, key=key), settings.max_text_chars)
    try:
        found = tuple(_keep(one, keeping) for one in given)
    finally:
        batch.seal()
    return found


def _keep(given: Text, keeping: _Keeping) -> Outcome:
    """A text bears no author: who copied it is no author, and whom it names is not asked."""
    if given.seen_at and keeping.opt_outs.covers_address(given.seen_at):
        return Outcome(url=given.url, reason="opted_out")
    draft = Draft(url=given.url, kind="post", text=given.text, title=given.title)
    try:
        document = to_document(draft, source=keeping.source, key=keeping.key, now=datetime.now(UTC), max_chars=keeping.most)
    except SourceError as error:
        return Outcome(url=given.url, reason=error.reason)
    seen_on = host_of(given.seen_at)
    keeping.batch.add(document.model_copy(update={"platform": seen_on} if seen_on else {}))
    return Outcome(url=given.url, documents=(document.id,))
