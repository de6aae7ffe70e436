"""Where the product holds somebody's content: archive, evidence, index, campaigns, alerts, case database. Counts, nothing is written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from cases.request import wish_of
from cases.rights_found import Needed, linked, needed
from cases.tables_work import SubmissionRow
from core.accounts import named_account
from core.errors import Invalid, Unavailable
from core.files import read_lines
from core.records import SetAside
from crawlers.erasing.optout import OptOut, OptOuts, author_wishes, wishes_of
from crawlers.erasing.purge import set_aside_files
from flows.purging import covered_ids
from index.campaigns.store import Campaigns
from index.queries import Query

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from cases.database import Database
    from cases.request import Request
    from core.records import Document
    from core.settings import Settings
    from crawlers.erasing import optout
    from crawlers.evidence.archive import Archive
    from index.protocol import Index


@dataclass(frozen=True, slots=True)
class Desk:
    """What a request is looked for in. ``key``: of the pseudonyms."""

    settings: Settings
    database: Database
    archive: Archive
    index: Index
    key: bytes


class Looked(NamedTuple):
    """What was found: ``documents`` are all versions; ``unreadable``: lines that name nothing that can be compared."""

    wishes: tuple[optout.Wish, ...]
    documents: tuple[Document, ...]
    ids: frozenset[str]
    places: dict[str, int]
    needed: Needed
    unreadable: int


def look(desk: Desk, request: Request, *, now: datetime) -> Looked:
    """Look everywhere for what a request names. Raises Unavailable, ConfigError."""
    return look_for(desk, request.subject, now=now)


def look_for(desk: Desk, subject: Iterable[str], *, now: datetime) -> Looked:
    """Look everywhere for what these lines name. Raises Unavailable, ConfigError."""
    wishes, unreadable = wishes_in(subject, key=desk.key)
    only = OptOuts((OptOut(kind=wish.kind, value=wish.value, at=now) for wish in wishes), key=desk.key)
    ids = covered_ids(desk.archive, desk.index, only) | _submitted(desk.database, only)
    documents = tuple(one for batch in desk.archive.batches() for one in desk.archive.documents(batch) if one.id in ids or only.covers(one))
    ids |= {one.id for one in documents}
    with desk.database.reading() as session:
        needs = needed(session, ids, now=now)
    return Looked(wishes, documents, frozenset(ids), places(desk, only, ids), needs, unreadable)


def wishes_in(subject: Iterable[str], *, key: bytes) -> tuple[tuple[optout.Wish, ...], int]:
    """What the lines stand for, as the crawlers compare it, and how many cannot be read."""
    found, unreadable = list["optout.Wish"](), 0
    for line in subject:
        try:
            wish = wish_of(line)
            account = named_account(wish.account, platform=wish.platform) if wish.account else None
            found += author_wishes(account, key=key) if account else wishes_of(wish.address, key=key)
        except Invalid:
            unreadable += 1
    return tuple(dict.fromkeys(found)), unreadable


def places(desk: Desk, only: OptOuts, ids: Collection[str]) -> dict[str, int]:
    """How much of these documents each place holds; none of a place that holds nothing."""
    found = dict.fromkeys(("documents", "assessments", "set_aside", "evidence"), 0)
    refs = set[tuple[str, int]]()
    for batch in desk.archive.batches():
        for document in desk.archive.documents(batch):
            if document.id in ids or only.covers(document):
                found["documents"] += 1
                refs |= {(ref.file, ref.offset) for ref in (document.evidence, document.deletion) if ref}
        for path in (desk.archive.root / "assessments").glob(f"*/{batch}.jsonl.gz"):
            found["assessments"] += sum(line["document_id"] in ids for line in read_lines(path))
        for path in set_aside_files(desk.archive.root, batch):
            entries = map(SetAside.model_validate, read_lines(path))
            found["set_aside"] += sum(entry.document_id in ids or only.covers_entry(entry) for entry in entries)
    found["evidence"] = len(refs)
    found["index"] = sum(1 for entry in desk.index.scan(Query()) if entry["id"] in ids)
    with closing(Campaigns(desk.settings.index_dir, desk.settings.index_name)) as campaigns:
        found["campaigns"] = len(campaigns.of(ids))
    found["alerts"] = _alerts(desk.settings, ids)
    with desk.database.reading() as session:
        found |= {f"cases.{table}": number for table, number in linked(session, ids).items() if table not in ("leaving", "submissions")}
    found["cases.submissions"] = len(_submitted_rows(desk.database, only, ids))
    return {place: number for place, number in found.items() if number}


def _alerts(settings: Settings, ids: Collection[str]) -> int:
    path = settings.alerts_dir / "outbox.sqlite"
    if not path.is_file():
        return 0
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            return sum(document in ids for (document,) in connection.execute("SELECT document FROM items"))
    except sqlite3.Error as error:
        raise Unavailable(f"{path} cannot be read ({error}); try again") from error


def _submitted(database: Database, only: OptOuts) -> set[str]:
    return {document for _, document in _submitted_rows(database, only, ())}


def _submitted_rows(database: Database, only: OptOuts, ids: Collection[str]) -> list[tuple[str, str]]:
    """(id, document) of the submissions whose address is covered, or that are of one of these documents."""
    with database.reading() as session:
        rows = session.execute(select(SubmissionRow.id, SubmissionRow.url, SubmissionRow.given, SubmissionRow.document_id))
        covered = (row for row in rows if row.document_id in ids or (row.url and (only.covers_address(row.url) or only.covers_address(row.given))))
        return [(row.id, row.document_id) for row in covered]
