"""What organisations ask to be looked at. A row that a flow picks up, see cases/collecting.py; about a page or a text, never about a person.

An organisation has one row for each page: whoever submits it again finds that row, and the page is read again only where that was some time ago.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from pydantic import AwareDatetime
from sqlalchemy import and_, func, or_, select

from cases import audit
from cases.submission_table import read_table
from cases.submission_text import BadText, noted, text_given, title_given
from cases.tables_people import OrganisationRow
from cases.tables_work import SubmissionRow, SubmissionStepRow
from core.addresses import BadAddress, check_address, check_open
from core.errors import Forbidden, NotFound, TooMany
from core.records import Record
from core.times import PARIS
from core.urls import document_id

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.people import Actor

# taken up; being fetched; in the archive; in the index, with its scores; not to be had, and ``reason`` says why
State = Literal["recue", "en_cours", "collectee", "visible", "ecartee"]
STATES: tuple[State, ...] = get_args(State)
OPEN: tuple[State, ...] = ("recue", "en_cours", "collectee")

FRESH = timedelta(hours=6)  # a page read within this is not read again because it is submitted again
AGAIN = timedelta(minutes=1)  # after which a page that could not be had is tried again when it is submitted again
TEXT_HOST = "texte.invalid"  # RFC 2606: leads nowhere
TEXT_PREFIX = f"https://{TEXT_HOST}/"


class Submission(Record):
    """A submission without the text that it may bring: that is read where all content is, in the index."""

    id: str
    organisation_id: str
    person_id: str
    url: str  # canonical; of a text: TEXT_PREFIX and its SHA-256
    given: str  # as it was given; of a text: where it was seen, or ""
    title: str | None = None
    note: str
    document_id: str  # of what was read in the end: a redirect leads to another one
    state: State
    reason: str | None = None  # of ``ecartee``, or why it waits: a word of crawlers/reasons.yml
    created_at: AwareDatetime
    updated_at: AwareDatetime

    @property
    def is_text(self) -> bool:
        """Whether a text was given instead of a page."""
        return self.url.startswith(TEXT_PREFIX)


class Step(Record):
    """When a submission came to a state."""

    state: State
    reason: str | None
    at: AwareDatetime


class Many(NamedTuple):
    """What became of a table: the submissions, and (line, message) of what was refused; ``reasons``: its stable word, ``lines``: what was given,
    by line; ``taken``: the submission, by line."""

    submissions: tuple[Submission, ...]
    refused: tuple[tuple[int, str], ...]
    reasons: dict[int, str]
    lines: dict[int, str]
    taken: dict[int, str]


class _Asked(NamedTuple):
    """What is written down of a submission."""

    url: str
    given: str
    note: str
    title: str | None = None
    text: str | None = None


def submit_url(
    database: Database, url: str, *, note: str = "", actor: Actor, places: frozenset[str] = frozenset(), act: str | None = None,
    now: datetime | None = None,
) -> Submission:  # fmt: skip
    """Ask for a public page to be looked at; the organisation's submission of it. ``places``: see ``check_address``. ``act``: of the caller.

    Raises BadAddress, BadText, TooMany, Forbidden, Unavailable, ConfigError.
    """
    asked = _Asked(check_open(check_address(url, places=places)), url.strip(), noted(note))
    return _submit(database, asked, actor=actor, act=act, now=now or datetime.now(UTC))


def submit_text(
    database: Database, text: str, *, public: bool = False, title: str | None = None, seen_at: str = "", note: str = "", actor: Actor,
    act: str | None = None, now: datetime | None = None,
) -> Submission:  # fmt: skip
    """Ask for a text to be looked at whose page cannot be fetched, such as that of a screenshot; the organisation's submission of it.

    ``public``: the submitter declares that everybody could read it; private messages are not collected. ``seen_at``: its address, if it has one.
    Raises BadText, BadAddress, TooMany, Forbidden, Unavailable, ConfigError.
    """
    if not public:
        raise BadText("text_private", "the text is not declared to be public; only what everybody can read is taken, never private messages")
    clean = text_given(text)
    url = TEXT_PREFIX + hashlib.sha256(clean.encode()).hexdigest()
    asked = _Asked(url, check_address(seen_at) if seen_at.strip() else "", noted(note), title_given(title), clean)
    return _submit(database, asked, actor=actor, act=act, now=now or datetime.now(UTC))


def submit_many(database: Database, data: bytes, *, actor: Actor, places: frozenset[str] = frozenset(), now: datetime | None = None) -> Many:
    """Submit each address of a CSV, see ``read_table``; a line that is refused stops no other. Raises Invalid for what is no such table."""
    found: dict[str, Submission] = {}
    refused, reasons, taken = dict[int, str](), dict[int, str](), dict[int, str]()
    table = read_table(data)
    for line in table:
        try:
            one = submit_url(database, line.url, note=line.note, actor=actor, places=places, now=now)
            found[one.id], taken[line.number] = one, one.id
        except (BadAddress, BadText) as error:
            refused[line.number], reasons[line.number] = str(error), error.reason
        except TooMany as error:
            refused[line.number], reasons[line.number] = str(error), "quota"
    return Many(tuple(found.values()), tuple(refused.items()), reasons, {line.number: line.url for line in table}, taken)


def find(database: Database, identifier: str, *, organisation_id: str | None) -> Submission:
    """One submission; of this organisation alone, or with None of any. Raises NotFound."""
    with database.reading() as session:
        row = session.get(SubmissionRow, identifier)
        if row is None or organisation_id not in (None, row.organisation_id):
            raise NotFound(f"submission {identifier[:80]!r} does not exist")
        return submission_of(row)


def listed(
    database: Database,
    *,
    organisation_id: str | None,
    before: str | None = None,
    size: int = 50,
    state: State | None = None,
    states: Collection[State] = (),
) -> tuple[Submission, ...]:
    """The newest submissions first; ``before``: the id of the last one that was shown. Raises NotFound for one that does not exist."""
    wanted = select(SubmissionRow).order_by(SubmissionRow.created_at.desc(), SubmissionRow.id.desc()).limit(size)
    if organisation_id is not None:
        wanted = wanted.where(SubmissionRow.organisation_id == organisation_id)
    if state or states:
        wanted = wanted.where(SubmissionRow.state.in_((state,) if state else states))
    with database.reading() as session:
        if before:
            last = session.get(SubmissionRow, before)
            if last is None:
                raise NotFound(f"submission {before[:80]!r} does not exist; begin with the first page")
            older = and_(SubmissionRow.created_at == last.created_at, SubmissionRow.id < last.id)
            wanted = wanted.where(or_(SubmissionRow.created_at < last.created_at, older))
        return tuple(map(submission_of, session.scalars(wanted)))


def steps(database: Database, identifier: str) -> tuple[Step, ...]:
    """When a submission came to its states, the first first."""
    wanted = select(SubmissionStepRow).where(SubmissionStepRow.submission_id == identifier).order_by(SubmissionStepRow.number)
    with database.reading() as session:
        return tuple(Step.model_validate({"state": row.state, "reason": row.reason, "at": row.at}) for row in session.scalars(wanted))


def of_document(database: Database, identifier: str) -> tuple[Submission, ...]:
    """All submissions of a document, the first first."""
    wanted = select(SubmissionRow).where(SubmissionRow.document_id == identifier).order_by(SubmissionRow.created_at, SubmissionRow.id)
    with database.reading() as session:
        return tuple(map(submission_of, session.scalars(wanted)))


def quota_left(database: Database, organisation_id: str, *, now: datetime | None = None) -> int:
    """How many more submissions an organisation has today. Raises NotFound."""
    with database.reading() as session:
        organisation = session.get(OrganisationRow, organisation_id)
        if organisation is None:
            raise NotFound(f"organisation {organisation_id[:80]!r} does not exist")
        return max(0, organisation.quota - _used(session, organisation_id, now or datetime.now(UTC)))


def _submit(database: Database, asked: _Asked, *, actor: Actor, act: str | None, now: datetime) -> Submission:
    with database.writing() as session:
        row = _standing(session, asked.url, actor.organisation_id)
        if row and (_is_same(session, row, act) or not _is_due(row, now)):
            return submission_of(row)
        _refuse_beyond(session, actor, now)
        again = row is not None
        row = row or _new(session, asked, actor, now)
        session.add(row)
        row.text, row.reason, row.taken_until, row.tries = asked.text, None, None, 0
        session.flush()
        move(session, row, "recue", at=now, act=act)
        if known := _known(session, row, now):
            row.document_id, row.text = known.document_id, None
            move(session, row, "visible", at=now)
        details = {"document": row.document_id, "text": asked.text is not None, "again": again}
        audit.record(session, actor=actor.id, action="submitted", subject=("submission", row.id), details=details, at=now)
        return submission_of(row)


def _new(session: Session, asked: _Asked, actor: Actor, now: datetime) -> SubmissionRow:
    """Its row; the one whose words were erased takes those that are given anew."""
    identifier = hashlib.sha256(f"{actor.organisation_id}\n{asked.url}".encode()).hexdigest()[:32]
    row = session.get(SubmissionRow, identifier) or SubmissionRow(id=identifier, organisation_id=actor.organisation_id, created_at=now, tries=0)
    row.person_id, row.url, row.given, row.title, row.note = actor.id, asked.url, asked.given, asked.title, asked.note
    row.document_id, row.state, row.updated_at = document_id(asked.url), "recue", now
    return row


def _standing(session: Session, url: str, organisation_id: str) -> SubmissionRow | None:
    """The organisation's submission of this page, also where another address led to it."""
    same = or_(SubmissionRow.url == url, SubmissionRow.document_id == document_id(url))
    wanted = select(SubmissionRow).where(SubmissionRow.organisation_id == organisation_id, same, SubmissionRow.url != "")  # "": it was erased
    return min(session.scalars(wanted), key=lambda row: (row.url != url, row.created_at), default=None)


def _is_same(session: Session, row: SubmissionRow, act: str | None) -> bool:
    """Whether the caller asked for this already and got no answer."""
    if act is None:
        return False
    return session.scalar(select(SubmissionStepRow.number).where(SubmissionStepRow.submission_id == row.id, SubmissionStepRow.act == act)) is not None


def _is_due(row: SubmissionRow, now: datetime) -> bool:
    """Whether asking once more is worth another look at the page; a text does not change."""
    if row.state == "ecartee":
        return now - row.updated_at >= AGAIN
    return row.state == "visible" and now - row.updated_at >= FRESH and not row.url.startswith(TEXT_PREFIX)


def _known(session: Session, row: SubmissionRow, now: datetime) -> SubmissionRow | None:
    """Another organisation's submission of the same page that was read just now."""
    same = or_(SubmissionRow.url == row.url, SubmissionRow.document_id == row.document_id)
    read = (SubmissionStepRow.submission_id == SubmissionRow.id) & (SubmissionStepRow.state == "collectee") & (SubmissionStepRow.at > now - FRESH)
    wanted = select(SubmissionRow).join(SubmissionStepRow, read).where(same, SubmissionRow.state == "visible", SubmissionRow.id != row.id)
    return session.scalars(wanted.order_by(SubmissionStepRow.number.desc()).limit(1)).first()


def move(session: Session, row: SubmissionRow, state: State, *, at: datetime, reason: str | None = None, act: str | None = None) -> None:
    """Bring a submission to a state, in a writing transaction."""
    row.state, row.reason, row.updated_at = state, reason, at
    session.add(SubmissionStepRow(submission_id=row.id, state=state, reason=reason, at=at, act=act))
    session.flush()


def _refuse_beyond(session: Session, actor: Actor, now: datetime) -> None:
    organisation = session.get(OrganisationRow, actor.organisation_id)
    if organisation is None or organisation.closed_at:
        raise Forbidden("the organisation has no account any more; ask an administrator of Vigie")
    if _used(session, organisation.id, now) >= organisation.quota:
        tomorrow = datetime.combine(now.astimezone(PARIS).date() + timedelta(days=1), time(), tzinfo=PARIS)
        wait = max(1, int((tomorrow - now).total_seconds()))
        raise TooMany(f"the {organisation.quota} submissions of today are used up; go on tomorrow, or ask an administrator for more", wait=wait)


def _used(session: Session, organisation_id: str, now: datetime) -> int:
    """How often the organisation asked today, in Paris."""
    start = datetime.combine(now.astimezone(PARIS).date(), time(), tzinfo=PARIS)
    asked = (SubmissionStepRow.state == "recue", SubmissionStepRow.at >= start, SubmissionRow.organisation_id == organisation_id)
    wanted = select(func.count()).select_from(SubmissionStepRow).join(SubmissionRow, SubmissionRow.id == SubmissionStepRow.submission_id)
    return session.scalar(wanted.where(*asked)) or 0


def submission_of(row: SubmissionRow) -> Submission:
    """The record of a row."""
    return Submission.model_validate({name: getattr(row, name) for name in Submission.model_fields})
