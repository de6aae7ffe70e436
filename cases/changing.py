"""What administrators, and people themselves, change of accounts and organisations. Each change takes effect at the next request."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from cases import audit
from cases.accounts import Organisation, Person, end_sessions, organisation_of, person_of
from cases.passwords import hash_password, is_password
from cases.people import ROLES, Capacity, Name, Role
from cases.tables_people import KeyRow, OrganisationRow, PersonRow, TokenRow
from core.errors import Conflict, Forbidden, Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from cases.database import Database

NAME: TypeAdapter[str] = TypeAdapter(Name)


def change_password(database: Database, person_id: str, *, old: str, new: str, keep: str | None = None) -> int:
    """One's own password; other browsers than the one with the token ``keep`` are signed out, in how many.

    Raises Forbidden for a wrong old one, Invalid for a new one that is too plain, NotFound.
    """
    with database.reading() as session:
        hashed = _person(session, person_id).password
    if not is_password(hashed, old):
        raise Forbidden("the old password is wrong; an administrator can send an invitation for a new one")
    made = hash_password(new)
    with database.writing() as session:
        _person(session, person_id).password = made
        number = end_sessions(session, person_id, but=keep)
        audit.record(session, actor=person_id, action="password_changed", subject=("person", person_id), details={"sessions_ended": number})
    return number


def rename(database: Database, person_id: str, *, name: str, by: str) -> None:
    """The name that decisions show from now on. Raises Invalid, NotFound."""
    try:
        wanted = NAME.validate_python(name)
    except ValidationError as error:
        raise Invalid(f"a name of {len(name)} characters; expected 1 to 40 on one line") from error
    with database.writing() as session:
        _person(session, person_id).name = wanted
        audit.record(session, actor=by, action="person_renamed", subject=("person", person_id))


def change_roles(database: Database, person_id: str, roles: Iterable[Role], *, by: str) -> Person:
    """Give a person these roles alone. Raises Invalid, NotFound, Conflict where nobody would administer any more."""
    wanted = tuple(dict.fromkeys(roles))
    if unknown := set(wanted) - set(ROLES):
        raise Invalid(f"role {sorted(unknown)[0]!r} is unknown; expected {', '.join(ROLES)}")
    with database.writing() as session:
        row = _person(session, person_id)
        if "administre" not in wanted:
            _keep_one_administrator(session, row)
        before, row.roles = list(row.roles), list(wanted)
        audit.record(session, actor=by, action="roles_changed", subject=("person", person_id), details={"before": before, "now": list(wanted)})
        return person_of(row)


def disable(database: Database, person_id: str, *, by: str, now: datetime | None = None) -> None:
    """Nobody comes in with this account any more: sessions, keys and open invitations end. Harmless to repeat. Raises NotFound, Conflict."""
    at = now or datetime.now(UTC)
    with database.writing() as session:
        row = _person(session, person_id)
        if row.disabled_at:
            return
        _keep_one_administrator(session, row)
        row.disabled_at = at
        end_sessions(session, person_id)
        for key in session.scalars(select(KeyRow).where(KeyRow.person_id == person_id, KeyRow.revoked_at.is_(None))):
            key.revoked_at = at
        for token in session.scalars(select(TokenRow).where(TokenRow.person_id == person_id, TokenRow.used_at.is_(None))):
            token.used_at = at
        audit.record(session, actor=by, action="person_disabled", subject=("person", person_id), at=at)


def enable(database: Database, person_id: str, *, by: str) -> None:
    """Let a disabled person in again; keys stay revoked. Harmless to repeat. Raises NotFound."""
    with database.writing() as session:
        row = _person(session, person_id)
        if row.disabled_at:
            row.disabled_at = None
            audit.record(session, actor=by, action="person_enabled", subject=("person", person_id))


def change_organisation(
    database: Database, organisation_id: str, *, by: str, capacity: Capacity | None = None, quota: int | None = None, closed: bool | None = None,
    registration: str | None = None,
) -> Organisation:  # fmt: skip
    """Only what is given changes; of a closed organisation nobody comes in. Raises NotFound, Invalid, Conflict for the administrators' own."""
    with database.writing() as session:
        row = session.get(OrganisationRow, organisation_id)
        if row is None:
            raise NotFound(f"organisation {organisation_id[:40]!r} does not exist")
        if closed and not row.closed_at:
            _keep_administrators(session, organisation_id)
        row.capacity, row.quota = capacity or row.capacity, row.quota if quota is None else quota
        row.registration = row.registration if registration is None else registration or None  # "" removes it
        if closed is not None:
            row.closed_at = (row.closed_at or datetime.now(UTC)) if closed else None
        try:
            changed = organisation_of(row)
        except ValidationError as error:
            raise Invalid(f"{error.errors()[0]['loc'][0]}: {error.errors()[0]['msg']}") from error
        audit.record(session, actor=by, action="organisation_changed", subject=("organisation", organisation_id),
                     details={"capacity": changed.capacity, "quota": changed.quota, "closed": changed.closed_at is not None})  # fmt: skip
    return changed


def bind_provider(database: Database, person_id: str, *, subject: str) -> None:
    """From now on this account of an OpenID Connect provider is this person's. Raises Conflict where the person has another one."""
    with database.writing() as session:
        row = _person(session, person_id)
        if row.oidc_subject not in (None, subject):
            raise Conflict("this account of Vigie is bound to another account of the provider; ask an administrator")
        row.oidc_subject = subject
        try:
            session.flush()
        except IntegrityError as error:
            raise Conflict("this account of the provider is bound to another person; ask an administrator") from error
        audit.record(session, actor=person_id, action="provider_bound", subject=("person", person_id))


def _person(session: Session, person_id: str) -> PersonRow:
    row = session.get(PersonRow, person_id)
    if row is None:
        raise NotFound(f"person {person_id[:40]!r} does not exist; vigie people list shows them")
    return row


def _administrators(session: Session) -> list[PersonRow]:
    joined = select(PersonRow).join(OrganisationRow, PersonRow.organisation_id == OrganisationRow.id)
    people = session.scalars(joined.where(PersonRow.disabled_at.is_(None), OrganisationRow.closed_at.is_(None)))
    return [row for row in people if "administre" in row.roles]


def _keep_one_administrator(session: Session, leaving: PersonRow) -> None:
    known = _administrators(session)
    if leaving.id in {row.id for row in known} and len(known) == 1:
        raise Conflict("this is the last person who administers; give another one the role administre first")


def _keep_administrators(session: Session, organisation_id: str) -> None:
    known = _administrators(session)
    if known and all(row.organisation_id == organisation_id for row in known):
        raise Conflict("everybody who administers is of this organisation; give somebody of another one the role administre first")
