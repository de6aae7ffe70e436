"""One source's run: every content item ends here in exactly one counted status."""

from __future__ import annotations

import contextlib
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.errors import Invalid, VigieError
from core.logs import get_logger
from core.records import SetAside, SourceReport
from core.urls import document_id
from crawlers.answer import Answer
from crawlers.evidence.clock import Clock
from crawlers.expect import presence
from crawlers.judge import Aside, Dropped
from crawlers.reading.drafts import Left, deleted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from core.records import Document
    from core.settings import Settings
    from crawlers.evidence.archive import Archive, OpenBatch
    from crawlers.fetching.capture import Capture
    from crawlers.judge import Judge, Verdict
    from crawlers.reading.drafts import Draft
    from crawlers.reading.page import Page

MAX_EVIDENCE = 512 * 2**20  # bytes of WARC in one batch; the WARC guidelines' upper end is 1 GB
STATUSES = ("kept", "duplicate", "dropped", "set_aside", "failed")
log = get_logger(__name__)


class Keeper:
    """Writes batches for one source and counts what became of each item."""

    def __init__(self, archive: Archive, *, judge: Judge, settings: Settings) -> None:
        self._archive, self._judge, self._source, self._settings, self.opt_outs = archive, judge, judge.source, settings, judge.opt_outs
        self._batch: OpenBatch = archive.open_batch(self._source.name, operator=settings.contact)
        self._counts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._present: Counter[str] = Counter()
        self._unchanged = self._bytes = 0
        self._transient = False
        self.clock = Clock()
        self._shown: int | None = None  # items that the listings showed, before archived ones are looked at again
        self.error: BaseException | None = None  # the disk is full or refuses, or a fault of ours: the run must stop

    def tally(self) -> tuple[Counter[str], int]:
        """The reasons given so far, and how many items failed: what differs after an answer is what became of it."""
        return Counter(self._reasons), self._counts["failed"]

    @property
    def complete(self) -> bool:
        """Whether nothing failed so far that another run could read."""
        return not self._transient and self.error is None

    def take(
        self, items: Sequence[Draft | Left], *, capture: Capture | None, page: Page, verdicts: Mapping[str, Verdict] | None = None
    ) -> list[Document]:
        """Archive the items of one page with their evidence, or count why not; those that are documents, new or known. Raises ConfigError.

        ``verdicts``: what becomes of items, by address, where that was decided elsewhere already.
        """
        answer = Answer(page=page, capture=capture)
        for item in items:
            if isinstance(item, Left):
                self._leave(item, answer)
            else:
                self._sort(item, (verdicts or {}).get(item.url) or self._judge(item), answer)
        redacted = answer.redacted(self.opt_outs) if answer.documents or answer.aside else None
        with self._stopping():
            self._archive_all(answer.documents, capture=capture, redacted=redacted)
        for url, reason, detail in answer.aside:
            self.set_aside(url, reason, detail, capture=capture, redacted=redacted)
        return answer.documents

    def _leave(self, item: Left, answer: Answer) -> None:
        if item.status == "set_aside":
            answer.aside.append((answer.page.url, item.reason, f"{answer.page.url}: an item that cannot be read ({item.reason})"))
            return
        self._counts[item.status] += 1
        if item.status == "dropped":
            answer.drop(item, item.reason)
            self._reasons[item.reason] += 1

    def _sort(self, draft: Draft, verdict: Verdict, answer: Answer) -> None:
        """A document; or it is dropped, or set aside."""
        if isinstance(verdict, Aside):
            answer.aside.append(verdict)
        elif isinstance(verdict, Dropped):
            answer.drop(draft, verdict.reason)
            self.drop(verdict.reason)
        else:
            answer.documents.append(verdict)

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

    def latest(self, url: str) -> Document | None:
        """The last archived version of what lies at an address."""
        return self._archive.latest(document_id(url))

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
        """An item is gone: an archived one gets a last version that says so, with that answer as its evidence. False for an unknown one."""
        with contextlib.suppress(Invalid):
            last = self._archive.latest(document_id(url))
            if last is not None:
                with self._stopping():
                    version = deleted(last, at=datetime.now(UTC))
                    new = last.deleted_at is None and self._batch.is_new(version)
                    ref = self._batch.add_response(capture) if new and capture else None
                    new = new and self._batch.add(version.model_copy(update={"deletion": ref}))
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
        if self._shown is None:
            self._unchanged += 1
        else:
            self.duplicate()
        if capture:
            with self._stopping():
                self._batch.add_not_modified(capture)

    def note(self, reason: str) -> None:
        """Something about the whole run that a person must know; it is no item."""
        self._reasons[reason] += 1

    def fail(self, reason: str) -> None:
        """The site did not answer; nothing is known of the item."""
        self._counts["failed"] += 1
        self._reasons[reason] += 1
        self._transient = True
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

    def shows_all(self) -> bool:
        """The listings were read: what they showed is told apart from what follows. Whether that is something, and all of it."""
        self._shown = self._read()
        return self.complete and not self.sated and self._shown + self._unchanged > 0

    @property
    def rechecked(self) -> int:
        """Archived items that were looked at again, and found or known to be gone."""
        return 0 if self._shown is None else self._read() - self._shown

    def _read(self) -> int:
        return sum(self._counts[status] for status in ("kept", "duplicate", "dropped"))

    def finish(self) -> SourceReport:
        """Seal the last batch; the run's counts. Raises ConfigError."""
        self._batch.note_clock(self.clock.state())
        self._batch.seal()
        return self.report()

    def report(self) -> SourceReport:
        """The counts so far."""
        counts = {status: self._counts[status] for status in STATUSES}
        read = max(1, self._present["text"])
        fields = {name: round(count / read, 4) for name, count in sorted(self._present.items())}
        return SourceReport(source=self._source.name, seen=sum(counts.values()), reasons=dict(self._reasons.most_common()), fields=fields,
                            looked=self._present["text"], unchanged=self._unchanged, transient=self._transient,
                            rechecked=self.rechecked, **counts)  # fmt: skip
