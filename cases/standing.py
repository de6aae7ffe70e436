"""What the case database says of content items, for an index to show. Asked for the moment it is shown at, so that the last decision is shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from cases import decisions, duties
from cases.decisions import Past, text_digest
from cases.filed import Filed, filed_in
from cases.progress import BLIND, progress_on, readings_of
from cases.retention import load_rules, retain_until
from cases.tables import DecisionRow, ProjectionRow
from cases.tables_notices import NoticeEventRow, NoticeItemRow
from cases.tables_work import ReviewRow
from core.records import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.decisions import Decided
    from cases.retention import Rules
    from core.records import CaseStatus, Document, Lane

STEP = 500  # decisions projected at once
LATELY = timedelta(days=7)  # an index that did not answer when a reading was taken back is told for so long


class Version(NamedTuple):
    """What must be known of an item's version to say how it stands."""

    text_sha256: str
    collected_at: datetime
    lane: Lane | None
    batch_at: datetime | None = None  # when its batch was begun: no period starts before, whatever the item itself says


class Shown(Protocol):
    """The part of an index that shows decisions."""

    def change(self, ids: Iterable[str], how: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
        """See index/protocol.py."""


def version_of(document: Document, *, lane: Lane | None, batch: str = "") -> Version:
    """Of a document in a batch."""
    return Version(text_digest(document.title, document.text), document.collected_at, lane, begun_at(batch))


def begun_at(batch: str) -> datetime | None:
    """When a batch was begun, which its name says; None for another name."""
    try:
        return datetime.strptime(batch[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def standing_of(
    decided: Decided | None,
    version: Version,
    rules: Rules,
    past: Past = Past(),  # noqa: B008 - frozen
    *,
    pending: bool = False,
    filed: Filed = Filed(),  # noqa: B008 - frozen
) -> Standing:
    """How a version stands. A decision made on another text stays visible, but the item is to be read again. ``pending``: read, not to the end.

    ``filed``: in which notices and dossiers it stands; while one is open there is no end.
    """
    same = decided is not None and decided.text_sha256 == version.text_sha256
    status: CaseStatus = "en_cours" if pending else "decide" if same else "a_examiner"
    bare = Standing(
        status=status, qualification=decided and decided.qualification, decided_at=decided and decided.decided_at, notice_state=filed.notice_state,
        notified_at=filed.notified_at,
    )  # fmt: skip
    return bare.model_copy(update={"retain_until": None if filed.held else _end(bare, version, rules, past, filed)})


def _end(bare: Standing, version: Version, rules: Rules, past: Past, filed: Filed) -> datetime | None:
    ended = filed.ended(bare.decided_at)
    counted = bare.model_copy(update={"notice_state": "close" if ended else None})
    start = max(version.collected_at, version.batch_at or version.collected_at)
    return retain_until(
        start, counted, rules, lane=past.lane(version.lane), closed_at=filed.closed_at, open_case=past.open and not ended, undone_at=past.undone_at
    )


def standings(database: Database, versions: Mapping[str, Version], *, rules: Rules | None = None) -> dict[str, Standing]:
    """How each of these items stands, by id. Raises Unavailable, ConfigError."""
    rules = rules or load_rules()
    with database.reading() as session:
        found = {row.document_id: decisions.decided_of(row) for row in decisions.standing_rows(session, versions)}
        past = decisions.pasts(session, versions)
        pending = pending_of(session, versions, found)
        filed = filed_in(session, versions)
    return {
        name: standing_of(found.get(name), version, rules, past.get(name, Past()), pending=name in pending, filed=filed.get(name, Filed()))
        for name, version in versions.items()
    }


def pending_of(session: Session, versions: Mapping[str, Version], decided: Mapping[str, Decided]) -> set[str]:
    """Those whose text was read and is to be read again: en_cours.

    A claim alone shows nothing: it ends by itself, when nobody is there to tell the index, and a write of the index for each would be dear.
    """
    readings = readings_of(session, versions)
    return {name for name, rows in readings.items() if progress_on(rows, decided.get(name), versions[name].text_sha256).pending}


def project(index: Shown, database: Database, document_ids: Iterable[str], *, rules: Rules | None = None) -> int:
    """Let an index show what stands on these items; how many became different. Repeating it is harmless.

    The decision is asked for while the index lets nobody else write: of two people who decide at once, the later decision is
    shown, whoever comes last.
    Raises Unavailable, ConfigError.
    """
    rules = rules or load_rules()
    asked: dict[str, str] = {}

    def how(entry: dict[str, Any]) -> dict[str, Any]:
        shown = standings(database, {entry["id"]: version_shown(entry)}, rules=rules)[entry["id"]]
        if why := duties.why_of(shown.qualification, entry["flags"]):
            asked[entry["id"]] = why
        return {**entry, **shown.model_dump(mode="json")}

    changed = index.change(document_ids, how)
    duties.ask(database, asked)  # art. 434-3: the flags are known here, once it is decided
    return changed


def version_shown(entry: Mapping[str, Any]) -> Version:
    """Of an entry of an index."""
    collected_at = datetime.fromisoformat(entry["collected_at"])
    return Version(text_digest(entry["title"], entry["text"]), collected_at, entry["lane"], begun_at(entry["batch"]))


def last_number(database: Database) -> int:
    """The number of the last row of the history; 0 before the first."""
    with database.reading() as session:
        return session.scalar(select(func.max(DecisionRow.number))) or 0


def catch_up(index: Shown, database: Database, *, identity: str, since: int | None = None) -> int:
    """Let an index show every decision that it may lack; how many entries became different. A kill anywhere costs repeated work only.

    ``identity``: the index's own, see index.protocol.Health. ``since``: begin after this number, not where this index was left.
    Raises Unavailable, ConfigError.
    """
    left = _left(database, identity)
    at, changed = left if since is None else min(left, since), project(index, database, unsettled(database))
    while True:
        with database.reading() as session:
            rows = session.execute(
                select(DecisionRow.number, DecisionRow.document_id).where(DecisionRow.number > at).order_by(DecisionRow.number).limit(STEP)
            ).all()
        if not rows:
            return changed
        changed += project(index, database, list(dict.fromkeys(row.document_id for row in rows)))
        at = rows[-1].number
        _leave(database, identity, at)


def unsettled(database: Database, *, now: datetime | None = None) -> list[str]:
    """What no number of a decision tells an index of: what is read and not decided, or was lately read or taken back without a new decision, and
    what a notice was lately about.
    """
    lately = (now or datetime.now(UTC)) - LATELY
    later, made = aliased(DecisionRow), aliased(DecisionRow)
    undone = select(later.id).where(later.undoes == DecisionRow.id).exists()
    same = (DecisionRow.document_id == ReviewRow.document_id) & (DecisionRow.text_sha256 == ReviewRow.text_sha256)
    decided = select(DecisionRow.id).where(same, DecisionRow.qualification.is_not(None), ~undone).exists()
    waits = ReviewRow.withdrawn_at.is_(None) & ReviewRow.seat.in_(BLIND) & ~decided
    noted = select(NoticeItemRow.document_id).join(NoticeEventRow, NoticeEventRow.notice_id == NoticeItemRow.notice_id)
    noted = noted.where(NoticeEventRow.noted_at >= lately, NoticeItemRow.document_id.is_not(None)).distinct()
    silent = (ReviewRow.at >= lately) & ~select(made.id).where(made.act == ReviewRow.act, made.document_id == ReviewRow.document_id).exists()
    with database.reading() as session:
        read = session.scalars(select(ReviewRow.document_id).where(waits | silent | (ReviewRow.withdrawn_at >= lately)).distinct()).all()
        return sorted({*read, *(name for name in session.scalars(noted) if name is not None)})


def mark_shown(database: Database, *, identity: str, number: int) -> None:
    """Note that an index was built anew with all decisions up to this number, see ``last_number``."""
    _leave(database, identity, number)


def _left(database: Database, identity: str) -> int:
    with database.reading() as session:
        row = session.get(ProjectionRow, identity)
        return row.number if row else 0


def _leave(database: Database, identity: str, number: int) -> None:
    with database.writing() as session:
        row = session.get(ProjectionRow, identity)
        if row is None:
            session.add(ProjectionRow(index_identity=identity, number=number))
        else:
            row.number = max(row.number, number)
