"""One source's run: every content item ends here in exactly one counted status."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.errors import Invalid, SourceError, VigieError
from core.logs import get_logger
from core.records import SetAside, SourceReport
from crawlers.drafts import to_document

if TYPE_CHECKING:
    from core.records import WarcRef
    from core.settings import Settings
    from crawlers.archive import Archive, OpenBatch
    from crawlers.catalog import Source
    from crawlers.drafts import Draft

MAX_EVIDENCE = 512 * 2**20  # bytes of WARC in one batch; the WARC guidelines' upper end is 1 GB
log = get_logger(__name__)


class Keeper:
    """Writes batches for one source and counts what became of each item."""

    def __init__(self, archive: Archive, *, source: Source, key: bytes, settings: Settings) -> None:
        self._archive, self._source, self._key, self._settings = archive, source, key, settings
        self._batch: OpenBatch = archive.open_batch(source.name)
        self._counts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._transient = False
        self.error: BaseException | None = None  # the disk is full or refuses, or a fault of ours: the run must stop

    def respond(self, *, url: str, status: int, headers: list[tuple[str, str]], body: bytes, at: datetime, redacted: bool = False) -> WarcRef:
        """Keep a response as evidence; ``redacted``: less than what the site sent. Raises ConfigError, Unavailable."""
        try:
            return self._batch.add_response(url=url, status=status, headers=headers, body=body, at=at, redacted=redacted)
        except VigieError as error:
            self.error = error
            raise

    def keep(self, draft: Draft, *, evidence: WarcRef | None) -> None:
        """Archive a draft, or count it as a duplicate, or set it aside with the reason. Raises ConfigError."""
        try:
            document = to_document(
                draft,
                source=self._source.name,
                access_mode=self._source.access_mode,
                language=self._source.language,
                key=self._key,
                evidence=evidence,
                now=datetime.now(UTC),
                max_chars=self._settings.max_text_chars,
            )
        except SourceError as error:
            self.set_aside(draft.url, error.reason, str(error), evidence=evidence)
            return
        except Invalid as error:
            self.set_aside(draft.url, "bad_address", str(error), evidence=evidence)
            return
        try:
            self._counts["kept" if self._batch.add(document) else "duplicate"] += 1
            self._roll()
        except VigieError as error:
            self.error = error
            raise

    def set_aside(self, url: str, reason: str, detail: str, *, evidence: WarcRef | None = None) -> None:
        """Something was there and cannot be processed: its reason, address and evidence are kept. Raises ConfigError."""
        entry = SetAside(source=self._source.name, url=url, reason=reason, detail=detail[:1000], at=datetime.now(UTC), evidence=evidence)
        try:
            self._batch.add_set_aside(entry)
        except VigieError as error:
            self.error = error
            raise
        self._counts["set_aside"] += 1
        self._reasons[reason] += 1
        log.info("set_aside", source=self._source.name, reason=reason)

    def opted_out(self, reason: str) -> None:
        """Its author does not want it read: counted, and nothing of it is kept."""
        self._counts["set_aside"] += 1
        self._reasons[reason] += 1

    def duplicate(self) -> None:
        """The same item was met twice in this run."""
        self._counts["duplicate"] += 1

    def fail(self, reason: str, *, transient: bool = True) -> None:
        """The site did not answer; nothing is known of the item."""
        self._counts["failed"] += 1
        self._reasons[reason] += 1
        self._transient = self._transient or transient
        log.info("failed", source=self._source.name, reason=reason)

    def broken(self, error: BaseException) -> None:
        """A fault of ours: the run stops, and what was kept so far stays to be recovered."""
        self.error = self.error or error

    def _roll(self) -> None:
        if self._batch.documents >= self._settings.batch_documents or self._batch.size >= MAX_EVIDENCE:
            full, self._batch = self._batch, self._archive.open_batch(self._source.name)
            full.seal()

    def finish(self) -> SourceReport:
        """Seal the last batch; the run's counts. Raises ConfigError."""
        self._batch.seal()
        counts = {status: self._counts[status] for status in ("kept", "duplicate", "set_aside", "failed")}
        return SourceReport(
            source=self._source.name, seen=sum(counts.values()), reasons=dict(self._reasons.most_common()), transient=self._transient, **counts
        )
