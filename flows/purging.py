"""Erase what the opt-out list covers from the archive and from the index, and prove that nothing of it is left."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pydantic import Field

from core.records import Record, WarcRef
from crawlers.erasing.purge import Erased, Purge
from crawlers.erasing.remains import OPEN, remains
from index.documents import from_entry
from index.queries import Query

if TYPE_CHECKING:
    from collections.abc import Callable

    from crawlers.erasing.optout import OptOuts
    from crawlers.erasing.sweep import Sweep
    from crawlers.evidence.archive import Archive
    from index.documents import Entry
    from index.protocol import Index


class Purged(Record):
    """What a purge erased, and what it found to be left (by kind; nothing but open batches where it is done)."""

    archive: Erased
    index: int = 0
    left: dict[str, int] = Field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Whether nothing is left in what could be searched."""
        return not any(number for kind, number in self.left.items() if kind != OPEN)


def purge(archive: Archive, index: Index, opt_outs: OptOuts, *, forget: Callable[[list[str]], object] = lambda _: None) -> Purged:
    """Erase and prove; repeating it is harmless. ``forget``: what else holds these ids, see forgetting.py.

    Raises ConfigError, and Unavailable where it must be run again.
    """
    index.health()
    archive.recover()
    # all of them are told before the archive forgets which documents there were; an index that cannot be read stops here
    covered = covered_ids(archive, index, opt_outs)
    forget(sorted(covered))
    run = Purge(archive, opt_outs)
    erased = run.run()
    removed = _from_index(index, opt_outs, run.sweep, forget, covered=covered)
    left = remains(archive, opt_outs, traces=run.traces) + _in_index(index, opt_outs)
    return Purged(archive=erased, index=removed, left=dict(left))


def covered_ids(archive: Archive, index: Index, opt_outs: OptOuts) -> set[str]:
    """The documents that a purge would erase. Raises ConfigError, Unavailable."""
    return _ids_in_index(index, opt_outs) | _ids_in_archive(archive, opt_outs)


def verify(archive: Archive, index: Index, opt_outs: OptOuts) -> dict[str, int]:
    """What is still stored of what the list covers, by kind. Raises ConfigError, Unavailable."""
    return dict(remains(archive, opt_outs) + _in_index(index, opt_outs))


def _in_index(index: Index, opt_outs: OptOuts) -> Counter[str]:
    return +Counter(index=len(_ids_in_index(index, opt_outs)))


def _ids_in_index(index: Index, opt_outs: OptOuts) -> set[str]:
    return {entry["id"] for entry in index.scan(Query()) if _is_covered(entry, opt_outs)}


def _ids_in_archive(archive: Archive, opt_outs: OptOuts) -> set[str]:
    """The documents whose newest version is covered: it is the one that the others hold."""
    found: set[str] = set()
    for batch in archive.batches():
        for document in archive.documents(batch):
            (found.add if opt_outs.covers(document) else found.discard)(document.id)
    return found


def _from_index(index: Index, opt_outs: OptOuts, sweep: Sweep, forget: Callable[[list[str]], object], *, covered: set[str]) -> int:
    """Delete the covered entries, and let the others name the evidence that is left to them."""
    gone: list[str] = []
    changed: list[Entry] = []
    for entry in index.scan(Query()):
        if _is_covered(entry, opt_outs):
            gone.append(entry["id"])
        elif entry["warc"]:
            ref = WarcRef.model_validate(entry["warc"])
            if (left := sweep.moved(ref)) != ref:
                changed.append({**entry, "warc": left.model_dump(mode="json") if left else None, "evidence_file": left.file if left else None})
    if changed:
        index.write(changed)
    if late := [identifier for identifier in gone if identifier not in covered]:
        forget(late)  # published meanwhile
    return index.delete(sorted(covered.union(gone)))


def _is_covered(entry: Entry, opt_outs: OptOuts) -> bool:
    return opt_outs.covers(from_entry(entry).document)
