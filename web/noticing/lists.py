"""Notices in lists: what each waits for, and from whom."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from cases.notice_following import due, timers
from cases.notices import find, listed, problems
from cases.signing import NEEDED, valid_signatures
from core.taxonomy import load_taxonomy
from web.naming import people_names
from web.noticing.documents import service_of
from web.noticing.timing import left
from web.noticing.words import name_of
from web.reading.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cases.notice_following import Timer
    from cases.notices import Notice
    from cases.people import Actor
    from cases.signing import Signature
    from web.console import Console

WITHIN = timedelta(days=200)  # of the dates that a list tells
NEXT = {"brouillon": "/modifier", "signee": "/envoyer"}  # where a notice goes on; others: to its follow-up
KINDS = {
    "accuse": "Relance pour l'accusé de réception", "reponse": "Relance pour la décision",
    "reclamation": "Fin du délai de réclamation", "cloture": "Clôture possible",
    "reclamation_sans_reponse": "Issue de la réclamation", "hors_tribunal_90": "Règlement extrajudiciaire",
    "hors_tribunal_180": "Règlement, au plus tard",
}  # fmt: skip
AFTER = {
    "signee": "À envoyer par une personne au rôle Valide ou Droit",
    "envoyee": "Attend l'accusé de réception de la plateforme",
    "accusee": "Attend la décision de la plateforme",
    "repondue": "À vérifier : contester, ou clore",
    "contestee": "Attend l'issue de la réclamation",
    "close": "",
}


class Row(NamedTuple):
    """One notice of a list. ``address``: behind its own; ``due``: its next date, ``css`` how near that is."""

    notice: Notice
    name: str
    address: str
    items: str
    markers: tuple[str, ...]
    by: str
    state: str
    waits: str
    due: str
    css: str


class Due(NamedTuple):
    """One date of a notice, how near it is and in words."""

    notice_id: str
    name: str
    kind: str
    due_at: datetime
    says: str
    css: str
    left: str


def title(notice: Notice) -> str:
    """How a notice is called: by its service, and by who runs it where a person found that out."""
    found = notice.content.recipient.provider if notice.content and notice.content.recipient else ""
    return f"Notification à {found} ({service_of(notice)})" if found else f"Notification à {service_of(notice)}"


def rows(console: Console, found: Sequence[Notice], actor: Actor) -> list[Row]:
    """Of some notices, in their order."""
    names, markers = people_names(console), {one.id: one.name for one in load_taxonomy().markers}
    made = []
    for one in found:
        dates = due_of(one)
        made.append(
            Row(
                one, title(one), NEXT.get(one.state, "/suivi") if one.content else "", counted(len(one.items), "contenu"),
                tuple(markers[name] for name in one.markers), names.get(one.created_by, "?"), name_of("states", one.state),
                waits(console, one, actor),
                f"{KINDS[dates[0].kind]} : {dates[0].left}" if dates else "", dates[0].css if dates else "",
            )
        )  # fmt: skip
    return made


def theirs(console: Console, actor: Actor) -> tuple[int, int]:
    """How many of the newest notices another person has signed and this one has not, and how many are signed by two and wait to be sent."""
    signers = [{one.person_id for one in _signatures(console, notice)} for notice in listed(console.database, actor=actor, state="brouillon")]
    return sum(bool(ids) and actor.id not in ids for ids in signers), len(listed(console.database, actor=actor, state="signee"))


def _signatures(console: Console, notice: Notice) -> tuple[Signature, ...]:
    return valid_signatures(console.database, "notice", notice.id, secret=console.secret)


def due_of(notice: Notice) -> list[Due]:
    """Its dates, the nearest first."""
    return [_due(one, title(notice)) for one in timers(notice, datetime.now(UTC))]


def all_due(console: Console, actor: Actor) -> list[Due]:
    """The dates of all notices of the organisation that are late or near, the nearest first."""
    found = due(console.database, datetime.now(UTC), organisation_id=actor.organisation_id, within=WITHIN)
    names = {one.id: title(one) for one in map(partial(find, console.database, actor=actor), {one.notice_id for one in found})}
    return [_due(one, names[one.notice_id]) for one in found]


def _due(one: Timer, name: str) -> Due:
    css, words = left(one.due_at, datetime.now(UTC))
    return Due(one.notice_id, name, one.kind, one.due_at, one.says.rstrip("."), css, words)


def waits(console: Console, notice: Notice, actor: Actor) -> str:
    """What it waits for, and from whom."""
    if notice.state != "brouillon":
        return AFTER[notice.state]
    if notice.content is None:
        return ""
    number = len(problems(console.database, notice))
    if number:
        return f"À compléter : {counted(number, 'chose')} manque{'nt' if number > 1 else ''}"
    return signatures_wanted(_signatures(console, notice), actor)


def signatures_wanted(signed: Iterable[object], actor: Actor) -> str:
    """Of whom a signature is waited for."""
    signers = [getattr(one, "person_id", "") for one in signed]
    if len(signers) >= NEEDED:
        return "Attend le regard d'une personne qualifiée, en signature"
    if not signers:
        return "Attend deux signatures"
    return "Attend la signature d'une autre personne que vous" if actor.id in signers else "Attend une seconde signature : la vôtre ?"
