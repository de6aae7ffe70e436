"""What became of a submission, in plain French for those who made it: its states, what was decided and why, corrections, contests and answers."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import AwareDatetime
from sqlalchemy import select

from cases import audit, decisions
from cases.parties import refuse_party
from cases.submissions import State, steps
from cases.tables_work import ContestRow, SubmissionRow
from core.errors import Conflict, Invalid, NotFound
from core.records import Marker, Qualification, Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.database import Database
    from cases.decisions import Decided
    from cases.people import Actor
    from cases.submissions import Step, Submission

EventKind = Literal["recue", "en_cours", "collectee", "visible", "ecartee", "decision", "correction", "contestation", "reponse"]
Outcome = Literal["maintenue", "revue"]
LEAST_REASON, MOST_REASON = 10, 2000  # characters

STATE_TEXTS: dict[State, str] = {
    "recue": "Signalement reçu.",
    "en_cours": "La page est en cours de lecture.",
    "collectee": "La page est enregistrée ; son analyse est en cours.",
    "visible": "L'analyse automatique est faite. Une personne décidera s'il faut agir.",
    "ecartee": "La page n'a pas pu être lue.",
}
TEXT_TEXTS: dict[State, str] = {
    "en_cours": "Le texte est en cours d'enregistrement.",
    "collectee": "Le texte est enregistré ; son analyse est en cours.",
    "ecartee": "Le texte n'a pas pu être analysé.",
}
QUALIFICATION_TEXTS: dict[Qualification, str] = {
    "hors_champ": "hors champ : rien ici ne relève de ce que Vigie recherche",
    "licite_preoccupant": "licite mais préoccupant : la loi ne l'interdit pas, mais les associations gardent l'œil ouvert",
    "illicite_presume": "illicite présumé : la loi semble l'interdire ; une personne décide de la suite",
    "urgence": "urgence : quelqu'un peut être en danger ; une personne s'en occupe sans attendre",
}
MARKER_TEXTS: dict[Marker, str] = {"gourou": "gourou", "complotisme": "complotisme", "abandon_soins": "abandon de soins"}
OUTCOME_TEXTS: dict[Outcome, str] = {
    "maintenue": "Réponse à votre contestation : la décision est maintenue.",
    "revue": "Réponse à votre contestation : la décision est revue.",
}
CONTEST = "Contestation : "  # how the reason of an undoing begins that answers a contest; the answer itself is for who contested
CONTESTED = "une contestation a été acceptée."


class Event(NamedTuple):
    """One line of what became of a submission; ``text`` is French, and may quote what a person wrote."""

    at: datetime
    kind: EventKind
    text: str


class Contest(Record):
    """A disagreement with what was decided, and its answer once there is one."""

    id: str
    submission_id: str
    document_id: str
    decision_id: str
    person_id: str
    reason: str
    at: AwareDatetime
    outcome: Outcome | None
    answer: str | None
    answered_by: str | None
    answered_at: AwareDatetime | None


def events(database: Database, submission: Submission) -> tuple[Event, ...]:
    """All that became of it, the first first. Raises Unavailable, ConfigError."""
    made = [_state_event(step, submission) for step in steps(database, submission.id)]
    decided = list(_decision_events(decisions.history(database, submission.document_id), since=submission.created_at))
    answered = [event for contest in contests(database, submission.id) for event in _contest_events(contest)]
    return tuple(sorted((*made, *decided, *answered), key=attrgetter("at")))  # stable: states first, then what was decided at that very moment


def contest(database: Database, submission_id: str, *, reason: str, actor: Actor, now: datetime | None = None) -> Contest:
    """Contest what stands on a submission of one's own organisation, once a decision; contesting it again gives the same contest.

    Raises NotFound, Invalid, Conflict where nothing is decided, Unavailable, ConfigError.
    """
    said, at = _said(reason), now or datetime.now(UTC)
    with database.writing() as session:
        row = session.get(SubmissionRow, submission_id)
        if row is None or row.organisation_id != actor.organisation_id:
            raise NotFound(f"submission {submission_id[:80]!r} does not exist")
        decided = next(iter(decisions.standing_rows(session, [row.document_id])), None)
        if decided is None:
            raise Conflict("nothing is decided on this submission: there is nothing to contest yet; look at what became of it")
        identifier = hashlib.sha256(f"{submission_id}\n{decided.id}".encode()).hexdigest()[:32]
        found = session.get(ContestRow, identifier)
        if found is None:
            found = ContestRow(id=identifier, submission_id=submission_id, document_id=row.document_id, decision_id=decided.id, person_id=actor.id,
                               reason=said, at=at)  # fmt: skip
            session.add(found)
            details = {"contest": identifier, "decision": decided.id}
            audit.record(session, actor=actor.id, action="contested", subject=("submission", submission_id), details=details, at=at)
        return _contest_of(found)


def contests(database: Database, submission_id: str) -> tuple[Contest, ...]:
    """The contests of one submission, the first first."""
    wanted = select(ContestRow).where(ContestRow.submission_id == submission_id).order_by(ContestRow.at, ContestRow.id)
    with database.reading() as session:
        return tuple(map(_contest_of, session.scalars(wanted)))


def open_contests(database: Database) -> tuple[Contest, ...]:
    """Those that wait for an answer, the oldest first."""
    wanted = select(ContestRow).where(ContestRow.answered_at.is_(None)).order_by(ContestRow.at, ContestRow.id)
    with database.reading() as session:
        return tuple(map(_contest_of, session.scalars(wanted)))


def find_contest(database: Database, contest_id: str) -> Contest:
    """One contest. Raises NotFound."""
    with database.reading() as session:
        return _contest_of(_row(session.get(ContestRow, contest_id), contest_id))


def answer(database: Database, contest_id: str, *, outcome: Outcome, text: str, actor: Actor, now: datetime | None = None) -> Contest:
    """Answer a contest, once. ``revue``: another decision stands already, or none; ``maintenue``: the contested one still stands.

    Who took part in the contested decision answers only where nobody else with the role valide could, as in a small association.
    Raises NotFound, Invalid, Forbidden, Conflict where it is answered already or the outcome is not what stands, Unavailable, ConfigError.
    """
    said, at = _said(text), now or datetime.now(UTC)
    if outcome not in OUTCOME_TEXTS:
        raise Invalid(f"outcome {outcome!r}; expected maintenue or revue")
    with database.writing() as session:
        row = _row(session.get(ContestRow, contest_id), contest_id)
        if row.answered_at is not None:
            if (row.outcome, row.answer, row.answered_by) == (outcome, said, actor.id):  # asked again because no answer came
                return _contest_of(row)
            raise Conflict("this contest is answered already; look at the answer")
        refuse_party(session, row.decision_id, actor)
        standing = next(iter(decisions.standing_rows(session, [row.document_id])), None)
        if (outcome == "maintenue") != (standing is not None and standing.id == row.decision_id):
            advice = "decide anew first, then answer" if outcome == "revue" else "another decision stands meanwhile: answer revue"
            raise Conflict(f"the answer {outcome} is not what stands; {advice}")
        row.outcome, row.answer, row.answered_by, row.answered_at = outcome, said, actor.id, at
        details = {"contest": contest_id, "outcome": outcome}
        audit.record(session, actor=actor.id, action="contest_answered", subject=("submission", row.submission_id), details=details, at=at)
        return _contest_of(row)


def _said(text: str) -> str:
    clean = "".join(char for char in text.strip() if char.isprintable() or char in "\n\t")
    if not LEAST_REASON <= len(clean) <= MOST_REASON:
        raise Invalid(f"a text of {len(clean)} characters; expected {LEAST_REASON} to {MOST_REASON}: say why in a sentence")
    return clean


def _row(found: ContestRow | None, contest_id: str) -> ContestRow:
    if found is None:
        raise NotFound(f"contest {contest_id[:80]!r} does not exist")
    return found


def _state_event(step: Step, submission: Submission) -> Event:
    texts = STATE_TEXTS | TEXT_TEXTS if submission.is_text else STATE_TEXTS
    return Event(step.at, step.state, texts[step.state])


def _decision_events(history: tuple[Decided, ...], *, since: datetime) -> Iterator[Event]:
    """What stood when the submission was made, and all that changed since: what replaces or undoes what could be seen is a correction."""
    stack: list[Decided] = []  # the decisions that are not undone
    shown: Decided | None = None
    for at, row in enumerate(history):
        stack = [one for one in stack if one.id != row.undoes] if row.qualification is None else [*stack, row]
        later = history[at + 1].decided_at if at + 1 < len(history) else None
        if later is not None and later <= since:
            continue  # over before the submission
        now = stack[-1] if stack else None
        if shown:
            yield _corrected(row, now)
        elif now:
            yield _first(now, since)
        shown = now


def _first(decided: Decided, since: datetime) -> Event:
    early = "Déjà examiné avant votre signalement. " if decided.decided_at < since else ""
    return Event(max(decided.decided_at, since), "decision", f"{early}Décision — {_told(decided)}")


def _corrected(row: Decided, now: Decided | None) -> Event:
    why = CONTESTED if row.reason.startswith(CONTEST) else row.reason
    if now is None:
        text = f"Correction : la décision précédente est annulée ; le contenu sera relu. Pourquoi : {why}"
    elif now.id == row.id:
        text = f"Correction : une nouvelle décision remplace la précédente — {_told(now)}"
    else:
        text = f"Correction : la décision précédente est annulée ({why}). La décision d'avant vaut de nouveau — {_told(now)}"
    return Event(row.decided_at, "correction", text)


def _told(decided: Decided) -> str:
    """A decision in words."""
    markers = ", ".join(MARKER_TEXTS[marker] for marker in decided.markers)
    said = QUALIFICATION_TEXTS[decided.qualification] if decided.qualification else ""
    return f"{said}{f' (marqueurs confirmés : {markers})' if markers else ''}. Pourquoi : {decided.reason}"


def _contest_events(found: Contest) -> Iterator[Event]:
    yield Event(found.at, "contestation", f"Vous contestez la décision : {found.reason}")
    if found.answered_at and found.outcome:
        yield Event(found.answered_at, "reponse", f"{OUTCOME_TEXTS[found.outcome]} {found.answer}")


def _contest_of(row: ContestRow) -> Contest:
    return Contest.model_validate({name: getattr(row, name) for name in Contest.model_fields})
