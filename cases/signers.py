"""Whose account may sign, and when two accounts are two people: as far as a database can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from cases.people import READERS
from cases.tables_people import AuditRow, OrganisationRow, PersonRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from cases.tables_notices import SignatureRow


def allowed(session: Session, person: PersonRow, organisation_id: str) -> bool:
    """Whether an account counts: open, of the house, and of those who may read what was collected."""
    house = session.get(OrganisationRow, organisation_id)
    return (
        person.disabled_at is None and person.organisation_id == organisation_id and house is not None and house.closed_at is None
        and any(role in person.roles for role in READERS)
    )  # fmt: skip


def same_person(one: PersonRow, other: PersonRow) -> bool:
    """Whether two accounts say of themselves that they are one person: the same account, name, or mailbox (a+b@host is a@host)."""
    return one.id == other.id or _plain(one.name) == _plain(other.name) or _mailbox(one.login) == _mailbox(other.login)


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _mailbox(login: str) -> str:
    user, _, host = login.casefold().rpartition("@")
    return f"{user.partition('+')[0]}@{host}"


def cautions(session: Session, rows: Sequence[SignatureRow]) -> tuple[str, ...]:
    """What a reader of two signatures should know and no database can settle, in French."""
    makers = {row.person_id: maker_of(session, row.person_id) for row in rows}
    found = []
    if any(maker in makers and maker != person for person, maker in makers.items()):
        found.append("Un des signataires a créé le compte d'un autre : rien ici ne prouve que deux personnes ont signé. Assurez-vous-en.")
    elif len(makers) > 1 and len(set(makers.values())) == 1 and None not in makers.values():
        found.append("Les comptes des signataires ont été créés par une même personne ; elle sait s'il s'agit bien de deux personnes.")
    return tuple(found)


def maker_of(session: Session, person_id: str) -> str | None:
    """Who made an account, as the trail says."""
    made = (AuditRow.action == "person_added", AuditRow.subject_kind == "person", AuditRow.subject_id == person_id)
    return session.scalars(select(AuditRow.actor).where(*made).order_by(AuditRow.number)).first()
