"""Answering a contest so that the decision is looked at anew: the contested decision is undone, and the item is open again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.decisions import MOST_REASON, standing_rows, undo_in
from cases.following import CONTEST, answer, find_contest
from cases.parties import refuse_party

if TYPE_CHECKING:
    from cases.database import Database
    from cases.decisions import Act
    from cases.following import Contest
    from cases.people import Actor


def reconsider(database: Database, contest_id: str, *, text: str, actor: Actor, act: Act) -> tuple[Contest, bool]:
    """Undo the contested decision where it still stands, and answer ``revue``; whether it was undone by this act. Readings stay, others follow them.

    Who took part in the contested decision does so only where nobody else with the role valide could, as in a small association.
    A kill between the two steps is mended by sending the same again. Raises NotFound, Invalid, Forbidden, Conflict, Unavailable, ConfigError.
    """
    contest = find_contest(database, contest_id)
    undone = contest.answered_at is None and _undo(database, contest, text=text.strip(), actor=actor, act=act)
    return answer(database, contest_id, outcome="revue", text=text, actor=actor, now=act.at), undone


def _undo(database: Database, contest: Contest, *, text: str, actor: Actor, act: Act) -> bool:
    with database.writing() as session:
        standing = next(iter(standing_rows(session, [contest.document_id])), None)
        if standing is None or standing.id != contest.decision_id:
            return False  # decided anew meanwhile
        refuse_party(session, contest.decision_id, actor)
        reason = f"{CONTEST}{text}"[:MOST_REASON]
        undo_in(session, [contest.document_id], reason=reason, by=actor.name, act=act, actor=actor.id)
    return True
