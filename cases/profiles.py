"""What an organisation says of itself in notices and reports: one record, kept with its row. Only what art. 16(2)(c) and art. 22 ask for."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, StringConstraints, ValidationError

from cases import audit
from cases.masking import identifying
from cases.tables_people import OrganisationRow
from core.errors import Forbidden, Invalid, NotFound
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.people import Actor

PRINTED = {"legal_form", "siren", "address", "email", "phone", "website", "representative", "trusted_flagger", "agrement"}  # in a notice
EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]{2,}")
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Lines = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]


def _mail(value: str) -> str:
    if value and not EMAIL.fullmatch(value):
        raise ValueError("not an e-mail address; expected name@host")
    return value


class TrustedFlagger(Record):
    """The status of DSA art. 22: which authority awarded it, when, for what."""

    authority: Annotated[Line, Field(min_length=1)]
    decided_on: date
    area: Annotated[Lines, Field(min_length=1)]  # designated area of expertise


class Funding(Record):
    """Where money comes from, in words of the organisation; ``share`` of the year's income, 0 to 1."""

    source: Annotated[Line, Field(min_length=1)]
    share: Annotated[float, Field(ge=0, le=1)]


class Profile(Record):
    """All of it may be empty; ``missing_in`` says what a notice cannot do without."""

    legal_form: Line = ""
    siren: Annotated[str, StringConstraints(pattern=r"^(\d{9}|W\d{9})?$")] = ""  # or RNA
    address: Lines = ""
    email: Annotated[Line, AfterValidator(_mail)] = ""
    phone: Line = ""
    website: Line = ""
    representative: Line = ""
    trusted_flagger: TrustedFlagger | None = None
    agrement: Line = ""  # reference of art. 2-17 CPP
    agrement_until: date | None = None
    mandate: Lines = ""  # from whom, where it acts for somebody
    founded_on: date | None = None
    members: Annotated[int, Field(ge=0)] | None = None
    funding: tuple[Funding, ...] = ()
    no_platform_money: bool | None = None  # no payment by a provider of platforms; None: not answered
    platform_resources: Lines = ""  # tools or services that platforms give
    governance: Lines = ""
    conflicts: Lines = ""  # procedure for conflicts of interest
    contest_channel: Lines = ""  # how an author may complain about a notice
    training: Lines = ""
    languages: tuple[Line, ...] = ("fr",)


class Notifier(Record):
    """An organisation as it signs: its name and its profile."""

    organisation_id: str
    name: str
    capacity: str
    registration: str | None
    profile: Profile


def profile_of(database: Database, organisation_id: str) -> Profile:
    """What it says of itself; empty where it said nothing yet. Raises NotFound."""
    return notifier(database, organisation_id).profile


def notifier(database: Database, organisation_id: str) -> Notifier:
    """The organisation with its profile. Raises NotFound."""
    with database.reading() as session:
        return notifier_in(session, organisation_id)


def notifier_in(session: Session, organisation_id: str) -> Notifier:
    """The same in a transaction."""
    row = session.get(OrganisationRow, organisation_id)
    if row is None:
        raise NotFound(f"organisation {organisation_id[:40]!r} does not exist")
    known = {name: value for name, value in (row.profile or {}).items() if name in Profile.model_fields}
    return Notifier(
        organisation_id=row.id, name=row.name, capacity=row.capacity, registration=row.registration, profile=Profile.model_validate(known)
    )


def printed_digest(notifier: Notifier) -> str:
    """SHA-256 of what a notice prints of who sends it: it was under the eyes of who signed."""
    said = [notifier.name, notifier.registration, notifier.profile.model_dump(mode="json", include=PRINTED)]
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def set_profile(database: Database, organisation_id: str, profile: Profile | Mapping[str, object], *, actor: Actor) -> Profile:
    """Keep what an organisation says of itself: by one of its own people, or by who administers. Raises NotFound, Forbidden, Invalid."""
    if not (actor.has("administre") or (actor.organisation_id == organisation_id and actor.has("valide", "droit"))):
        raise Forbidden("the profile of an organisation is written by who administers, or by one of its own people with the role valide or droit")
    try:
        made = profile if isinstance(profile, Profile) else Profile.model_validate(profile)
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(f"profile: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    if found := identifying(made.mandate):  # dossiers print it
        raise Invalid(f"profile: mandate shows what could lead to a person ({found[0].kind}); who is a victim stands in the sealed annex alone")
    with database.writing() as session:
        row = session.get(OrganisationRow, organisation_id)
        if row is None:
            raise NotFound(f"organisation {organisation_id[:40]!r} does not exist")
        row.profile = made.model_dump(mode="json")
        details = {"filled": sorted(name for name, value in made.model_dump().items() if value), "trusted_flagger": made.trusted_flagger is not None}
        audit.record(session, actor=actor.id, action="profile_set", subject=("organisation", organisation_id), details=details)
    return made
