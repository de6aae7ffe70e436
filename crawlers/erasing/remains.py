"""What the archive still holds of what the opt-out list covers: the proof of a purge. Nothing is written."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from core.files import read_lines
from core.records import SetAside
from crawlers import cursor_items
from crawlers.erasing.purge import WORKSHOP, living_batches, old_temporaries, set_aside_files
from crawlers.erasing.sweep import ANSWERS, held_in
from crawlers.erasing.traces import Traces, payload_of
from crawlers.evidence.gaps import is_erased
from crawlers.evidence.members import Damaged, members, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawlers.erasing.optout import OptOuts
    from crawlers.evidence.archive import Archive
    from crawlers.evidence.members import Record

OPEN = "open"  # batches that other processes are writing: nothing is known of them


def remains(archive: Archive, opt_outs: OptOuts, *, traces: Traces | None = None, evidence: bool = True) -> Counter[str]:
    """How many documents, assessments, lines set aside, records of evidence, entries of cursors and of the ledger, files left by killed processes
    and files that cannot be read there are. With the ``traces`` of a purge, evidence is searched for the erased texts too.

    ``evidence=False``: its files are not opened. Raises ConfigError.
    """
    found: Counter[str] = Counter()
    found[OPEN] = len(living_batches(archive.root))
    held = _held(archive, opt_outs) if evidence else set()
    for batch in archive.batches():
        ids = set[str]()
        for document in archive.documents(batch):
            ids.add(document.id)
            found["documents"] += opt_outs.covers(document)
        found["assessments"] += sum(1 for one in _assessed(archive, batch) if one not in ids)
        found["set_aside"] += sum(1 for entry in _set_aside(archive, batch) if _remains(entry, ids, opt_outs))
        found["ledger"] += sum(1 for known, _ in archive.ledger.versions(batch) if known not in ids)
        if evidence:
            found += _evidence(archive, batch, opt_outs, traces or Traces(), held)
    found["ledger"] += sum(1 for _, url, _ in archive.ledger.payloads() if opt_outs.covers_address(url))
    found["cursors"] += cursor_items.remaining(archive.root, opt_outs.covers_address)
    found["unfinished"] += len(old_temporaries(archive.root)) + (archive.root / WORKSHOP).exists()
    return +found


def _assessed(archive: Archive, batch: str) -> Iterator[str]:
    for path in (archive.root / "assessments").glob(f"*/{batch}.jsonl.gz"):
        yield from (str(line["document_id"]) for line in read_lines(path))


def _set_aside(archive: Archive, batch: str) -> Iterator[SetAside]:
    for path in set_aside_files(archive.root, batch):
        yield from (SetAside.model_validate(line) for line in read_lines(path))


def _remains(entry: SetAside, ids: set[str], opt_outs: OptOuts) -> bool:
    return opt_outs.covers_entry(entry) or (entry.document_id is not None and entry.document_id not in ids)


def _held(archive: Archive, opt_outs: OptOuts) -> set[str]:
    """SHA-256 of the payloads that stay for documents which a wish covers and which are held."""
    documents = (one for batch in archive.batches() if opt_outs.held for one in archive.documents(batch) if one.id in opt_outs.held)
    return {ref.payload_sha256 for one in documents for ref in (one.evidence, one.deletion) if ref}


def _evidence(archive: Archive, batch: str, opt_outs: OptOuts, traces: Traces, held: set[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    path, end = archive.root / "evidence" / f"{batch}.warc.gz", 0
    if not path.exists():
        return found
    staying = held_in(path, held)
    for offset, raw, data in members(path):
        end = offset + len(raw)
        try:
            record = parse(data)
            found["evidence"] += record.get("WARC-Record-ID") not in staying and _shows(record, opt_outs, traces)
        except Damaged:
            found["damaged"] += 1
    found["damaged"] += end < path.stat().st_size
    return found


def _shows(record: Record, opt_outs: OptOuts, traces: Traces) -> bool:
    """Whether a record is of a covered address, or shows an erased document."""
    if opt_outs.covers_address(record.get("WARC-Target-URI")):
        return True
    if record.get("WARC-Type") not in ANSWERS or not (len(traces) or record.get("WARC-Type") == "conversion"):
        return False
    payload = payload_of(record)
    if payload is None:
        return False
    if record.get("WARC-Type") == "conversion" and any(map(opt_outs.covers_row, payload.rows())):
        return True
    # others, whose own documents stand for a page, may quote what was erased
    return bool(traces.named_in(payload) if is_erased(record) else traces.found_in(payload))
