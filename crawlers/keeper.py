"""One source's run: every content item ends here in exactly one counted status."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.errors import Invalid, SourceError, VigieError
from core.logs import get_logger
from core.records import SetAside, SourceReport
from core.urls import document_id
from crawlers.clock import Clock
from crawlers.drafts import Draft, Left, deleted, to_document
from crawlers.expect import presence
from crawlers.redact import without_items

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from core.records import Document, WarcRef
    from core.settings import Settings
    from crawlers.archive import Archive, OpenBatch
    from crawlers.catalog import Source
    from crawlers.optout import OptOuts
    from crawlers.page import Page
    from crawlers.warc import Capture

MAX_EVIDENCE = 512 * 2**20  # bytes of WARC in one batch; the WARC guidelines' upper end is 1 GB
STATUSES = ("kept", "duplicate", "dropped", "set_aside", "failed")
log = get_logger(__name__)


class Keeper:
    """Writes batches for one source and counts what became of each item."""

    def __init__(self, archive: Archive, *, source: Source, key: bytes, settings: Settings, opt_outs: OptOuts) -> None:
        self._archive, self._source, self._key, self._settings, self.opt_outs = archive, source, key, settings, opt_outs
        self._batch: OpenBatch = archive.open_batch(source.name, operator=settings.contact)
        self._counts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._present: Counter[str] = Counter()
        self._unchanged = self._bytes = 0
        self._transient = False
        self.clock = Clock()
        self.error: BaseException | None = None  # the disk is full or refuses, or a fault of ours: the run must stop

    @property
    def complete(self) -> bool:
        """Whether nothing failed so far that another run could read."""
        return not self._transient and self.error is None

    def take(self, items: Sequence[Draft | Left], *, capture: Capture | None, page: Page) -> list[Document]:
        """Archive the items of one page with their evidence, or count why not; those that are documents, new or known. Raises ConfigError."""
        documents: list[Document] = []
        aside: list[tuple[str, str, str]] = []  # address, reason, detail
        out: set[str] = set()  # what must not be in the evidence
        for item in items:
            found = self._left(item, page=page) if isinstance(item, Left) else self._judged(item)
            if isinstance(found, tuple):
                aside.append(found)
            elif found is not None:
                documents.append(found)
            elif item.platform_id:
                out.add(item.platform_id)
        redacted = self._redacted(page, out=out, documents=documents) if out and (documents or aside) else None
        with self._stopping():
            self._archive_all(documents, capture=capture, redacted=redacted)
        for url, reason, detail in aside:
            self.set_aside(url, reason, detail, capture=capture, redacted=redacted)
        return documents

    def _left(self, item: Left, *, page: Page) -> tuple[str, str, str] | None:
        if item.status == "set_aside":
            return page.url, item.reason, f"{page.url}: an item that cannot be read ({item.reason})"
        self._counts[item.status] += 1
        if item.status == "dropped":
            self._reasons[item.reason] += 1
        return None

    def _judged(self, draft: Draft) -> Document | tuple[str, str, str] | None:
        """The document of a draft; None if it is dropped, or why it is set aside."""
        source, now = self._source, datetime.now(UTC)
        try:
            document = to_document(draft, source=source, key=self._key, now=now, max_chars=self._settings.max_text_chars)
        except SourceError as error:
            return draft.url, error.reason, str(error)
        except Invalid as error:
            return draft.url, "bad_address", str(error)
        reason = "opted_out" if self.opt_outs.covers(document) else source.keep.refuses(document, now=now)
        if reason:
            self.drop(reason)
            return None
        return document

    def _redacted(self, page: Page, *, out: set[str], documents: list[Document]) -> bytes | None:
        """The page without what must not be kept. Where it is no JSON and somebody on it opted out, what was read of the others stands for it."""
        redacted = without_items(page.body, out=out, url=page.url)
        if redacted is None and self._reasons["opted_out"]:
            return json.dumps([document.model_dump(mode="json", exclude_none=True) for document in documents], ensure_ascii=False).encode()
        return redacted

    def _archive_all(self, documents: list[Document], *, capture: Capture | None, redacted: bytes | None) -> None:
        """The response is kept where something on it is new, or where it is the very same as before (proof that it still stands)."""
        ref = None
        fresh = any(self._batch.is_new(document) for document in documents)
        if capture and documents and (fresh or (redacted is None and self._batch.holds_body(capture))):
            ref = self._batch.add_response(capture, redacted=redacted)
        for document in documents:
            self._present.update(presence(document))
            self._counts["kept" if self._batch.add(document.model_copy(update={"evidence": ref})) else "duplicate"] += 1
        self._roll()

    def set_aside(self, url: str, reason: str, detail: str, *, capture: Capture | None = None, redacted: bytes | None = None) -> None:
        """Something was there and cannot be processed: its reason, address and evidence are kept. Raises ConfigError."""
        with self._stopping():
            evidence = self._batch.add_response(capture, redacted=redacted) if capture else None
            entry = SetAside(source=self._source.name, url=url, reason=reason, detail=detail[:1000], at=datetime.now(UTC), evidence=evidence)
            self._batch.add_set_aside(entry)
        self._counts["set_aside"] += 1
        self._reasons[reason] += 1
        log.info("set_aside", source=self._source.name, reason=reason)

    def gone(self, url: str, *, capture: Capture | None = None) -> bool:
        """The site says that an item is gone: an archived one gets a last version that says so. False for an unknown one."""
        with contextlib.suppress(Invalid):
            last = self._archive.latest(document_id(url))
            if last is not None:
                with self._stopping():
                    new = last.deleted_at is None and self._batch.add(deleted(last, at=datetime.now(UTC)))
                    if new and capture:
                        self._batch.add_response(capture)
                self._counts["kept" if new else "duplicate"] += 1
                return True
        return False

    def drop(self, reason: str) -> None:
        """Nothing of an item is kept: its author does not want it read, or the source's rules find it irrelevant."""
        self._counts["dropped"] += 1
        self._reasons[reason] += 1

    def duplicate(self) -> None:
        """The same item was met before."""
        self._counts["duplicate"] += 1

    def unchanged(self, capture: Capture | None) -> None:
        """A page says that it is as it was when last read."""
        self._unchanged += 1
        if capture:
            with self._stopping():
                self._batch.add_not_modified(capture)

    def note(self, reason: str) -> None:
        """Something about the whole run that a person must know; it is no item."""
        self._reasons[reason] += 1

    def fail(self, reason: str, *, transient: bool = True) -> None:
        """The site did not answer; nothing is known of the item."""
        self._counts["failed"] += 1
        self._reasons[reason] += 1
        self._transient = self._transient or transient
        log.info("failed", source=self._source.name, reason=reason)

    def received(self, count: int) -> None:
        """Bytes came over the wire."""
        self._bytes += count

    @property
    def sated(self) -> bool:
        """Whether the run received as many bytes as its source allows."""
        return self._bytes > self._source.max_bytes

    def broken(self, error: BaseException) -> None:
        """A fault of ours: the run stops, and what was kept so far stays to be recovered."""
        self.error = self.error or error

    @contextlib.contextmanager
    def _stopping(self) -> Iterator[None]:
        """The disk is full or refuses: remember it, for Scrapy would swallow it."""
        try:
            yield
        except VigieError as error:
            self.error = error
            raise

    def _roll(self) -> None:
        if self._batch.documents >= self._settings.batch_documents or self._batch.size >= MAX_EVIDENCE:
            full, self._batch = self._batch, self._archive.open_batch(self._source.name, operator=self._settings.contact)
            full.seal()

    def finish(self) -> SourceReport:
        """Seal the last batch; the run's counts. Raises ConfigError."""
        self._batch.note_clock(self.clock.state())
        self._batch.seal()
        counts = {status: self._counts[status] for status in STATUSES}
        read = max(1, sum(self._present[name] for name in ("text",)))
        fields = {name: round(count / read, 4) for name, count in sorted(self._present.items())}
        return SourceReport(source=self._source.name, seen=sum(counts.values()), reasons=dict(self._reasons.most_common()), fields=fields,
                            unchanged=self._unchanged, transient=self._transient, **counts)  # fmt: skip
