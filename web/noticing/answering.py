"""What a person notes of a provider's answer: the forms of the follow-up as values of cases/notice_following.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases import notice_following
from cases.notice_following import ItemOutcome
from core.errors import Invalid
from web.noticing.form import said
from web.noticing.timing import end_of_day, instant

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.datastructures import FormData

    from cases.database import Database
    from cases.decisions import Act
    from cases.notices import Notice
    from cases.people import Actor


def outcomes_of(form: FormData, number: int) -> tuple[ItemOutcome, ...]:
    """Of each item for which something was chosen. Raises Invalid, pydantic's ValidationError."""
    return tuple(
        ItemOutcome.model_validate(
            {
                "position": place, "action": said(form, f"action:{place}"), "ground": said(form, f"ground:{place}") or None,
                "scope": said(form, f"scope:{place}") or None, "until": end_of_day(said(form, f"until:{place}")),
            }
        )
        for place in range(1, number + 1)
        if said(form, f"action:{place}")
    )  # fmt: skip


def yes_no(form: FormData, name: str) -> bool | None:
    """None where it was not answered."""
    return {"oui": True, "non": False}.get(said(form, name))


def note_other(database: Database, notice: Notice, form: FormData, *, actor: Actor, act: Act) -> None:
    """What the form says. Raises Invalid, Conflict."""
    at = instant(said(form, "at"), since=notice.sent_at)
    note_as(database, notice.id, said(form, "kind"), words=said(form, "words"), at=at, actor=actor, act=act)


def note_as(database: Database, identifier: str, kind: str, *, words: str, at: datetime | None, actor: Actor, act: Act) -> Notice:
    """A note, a correction, a withdrawal, the author's success or the end. Raises NotFound, Invalid, Conflict."""
    if kind == "note":
        return notice_following.note(database, identifier, words=words, at=at, actor=actor, act=act)
    if kind == "correction":
        return notice_following.correct(database, identifier, words=words, at=at, actor=actor, act=act)
    if kind == "retrait":
        return notice_following.withdraw_notice(database, identifier, words=words, at=at, actor=actor, act=act)
    if kind == "auteur_retabli":
        return notice_following.author_reinstated(database, identifier, words=words or None, at=at, actor=actor, act=act)
    if kind == "cloture":
        return notice_following.close(database, identifier, words=words or None, actor=actor, act=act)
    raise Invalid("what happened was not said; choose a note, a correction, a withdrawal, the author's success or the end")
