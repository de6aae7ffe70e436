"""The proof behind a request to become a trusted flagger (DSA art. 22(2)): what the register shows, and what is missing, named.

Three things are to be shown: expertise in detecting, identifying and notifying; independence of providers; diligent, accurate, objective notices.
A candidate was refused because its file did not show experience in notifying platforms: that is what the register is for, from the first notice on,
long before any status.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import AwareDatetime
from sqlalchemy import func, select

from cases.profiles import notifier
from cases.register import register
from cases.reporting.counting import Tally
from cases.reporting.entity import entity_of
from cases.reporting.figures import Count, Cut, Duration, Entity, Provider, Quality, Readings, Total
from cases.reporting.providers import providers_in
from cases.reporting.yearly import PARIS, cuts_of, readings_of
from cases.tables_notices import DossierRow
from cases.tables_people import PersonRow
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.database import Database

BEGINNING = date(2000, 1, 1)  # before any notice
FEW_MONTHS, FEW_PROVIDERS = 6, 2  # proposals of ours: below them experience is hard to show
LEAST_ALIKE = 30  # items read twice: below it agreement says nothing
WORST_REJECTED = 0.2  # a proposal


class Missing(NamedTuple):
    """Something that the file cannot show yet. ``criterion``: of art. 22(2)."""

    criterion: Literal["a", "b", "c", "dossier"]
    says: str


class Month(NamedTuple):
    """Notices sent in one month."""

    month: str
    notices: int
    items: int


class Candidature(Record):
    """All that the pack says, but for its words."""

    as_of: AwareDatetime
    entity: Entity
    agrement: str
    founded_on: date | None
    members: int | None
    people: dict[str, Count]  # with an account, by role; a person may have several
    first: date | None  # notice sent
    last: date | None
    notices: Count
    items: Count
    months: tuple[Month, ...]
    totals: tuple[Total, ...]
    cuts: tuple[Cut, ...]
    durations: tuple[Duration, ...]
    quality: Quality
    readings: Readings
    dossiers: dict[str, Count]  # handed over, by kind
    providers: tuple[Provider, ...] = ()  # those that are not named by their id
    missing: tuple[Missing, ...]


def candidature(database: Database, *, organisation_id: str, as_of: datetime | None = None) -> Candidature:
    """Of everything that one organisation has sent. Raises NotFound, Unavailable."""
    seen = as_of or datetime.now(UTC)
    known = notifier(database, organisation_id)
    months, days = Counter[tuple[str, str]](), list[date]()
    with database.reading() as session:
        counted = Tally(as_of=seen, providers=providers_in(session, organisation_id))
    rows = register(database, organisation_id=organisation_id, since=BEGINNING, until=seen)
    for _, items in groupby(rows, key=lambda row: row.notice_id):
        notice = list(items)
        counted.add(notice)
        day = notice[0].sent_at.astimezone(PARIS).date()
        days = [min([day, *days]), max([day, *days])]
        months[f"{day:%Y-%m}", "notices"] += 1
        months[f"{day:%Y-%m}", "items"] += len(notice)
    with database.reading() as session:
        people = Counter(role for roles in session.scalars(select(PersonRow.roles).where(
            PersonRow.organisation_id == organisation_id, PersonRow.disabled_at.is_(None))) for role in roles)  # fmt: skip
        handed = select(DossierRow.kind, func.count()).where(DossierRow.organisation_id == organisation_id, DossierRow.sent_at.is_not(None))
        dossiers = dict(session.execute(handed.group_by(DossierRow.kind)).tuples().all())
    made = Candidature(
        as_of=seen, entity=entity_of(known), agrement=known.profile.agrement, founded_on=known.profile.founded_on, members=known.profile.members,
        people=dict(people), first=days[0] if days else None, last=days[-1] if days else None, notices=counted.notices, items=counted.items,
        months=tuple(Month(month, months[month, "notices"], months[month, "items"]) for month in sorted({month for month, _ in months})),
        totals=counted.summed(), cuts=cuts_of(counted), durations=counted.durations(), quality=counted.quality(duplicates=0),
        readings=readings_of(database, seen - timedelta(days=365), seen), dossiers=dossiers, providers=counted.named(), missing=(),
    )  # fmt: skip
    return made.model_copy(update={"missing": tuple(missing_in(made))})


def missing_in(one: Candidature) -> Iterator[Missing]:
    """What the file cannot show yet, criterion by criterion. Pure."""
    providers = [total for total in one.totals if total.by == "provider"]
    if not one.notices:
        yield Missing("a", "Aucune notification n'a encore été envoyée à une plateforme : c'est l'expérience à montrer en premier.")
    elif len(one.months) < FEW_MONTHS:
        yield Missing(
            "a", f"Des notifications dans {len(one.months)} mois seulement : une activité suivie d'au moins {FEW_MONTHS} mois se défend mieux."
        )
    if one.notices and len(providers) < FEW_PROVIDERS:
        yield Missing("a", "Un seul fournisseur a été notifié : montrer aussi d'autres services si l'activité le justifie.")
    if not one.quality.decided_items and one.notices:
        yield Missing(
            "a", "Aucune réponse d'un fournisseur n'est notée : notez les décisions reçues, elles disent ce que valaient les notifications."
        )
    if not one.entity.training:
        yield Missing("a", "La formation des personnes qui lisent n'est pas décrite (profil de l'organisation).")
    yield from _independence_missing(one.entity)
    if one.quality.rejected is not None and one.quality.rejected > WORST_REJECTED:
        yield Missing("c", "Plus d'un contenu décidé sur cinq a été rejeté : expliquer pourquoi, et ce qui a changé depuis.")
    alike = next((code for code in one.readings.agreement if code.code == "qualification"), None)
    if alike is None or alike.items < LEAST_ALIKE:
        yield Missing(
            "c", f"Moins de {LEAST_ALIKE} contenus lus deux fois à l'aveugle dans l'année : l'accord entre lecteurs ne peut pas être montré."
        )
    if not one.entity.contest_channel:
        yield Missing("c", "La voie par laquelle un auteur peut se plaindre d'une notification n'est pas décrite.")
    if not one.entity.legal_form or not one.entity.registration:
        yield Missing("dossier", "Forme juridique ou numéro d'enregistrement (SIREN ou RNA) manquant dans le profil.")
    if not one.entity.contact:
        yield Missing("dossier", "Adresse électronique de contact de l'organisation manquante, ou qui semble être celle d'une personne.")
    yield Missing("dossier", "Pièces à joindre par vous-mêmes : statuts, comptes, composition des organes, moyens humains et financiers.")


def _independence_missing(entity: Entity) -> Iterator[Missing]:
    if not entity.funding:
        yield Missing("b", "Les sources de financement ne sont pas décrites (profil de l'organisation).")
    elif abs(sum(part.share for part in entity.funding) - 1) > 0.02:
        yield Missing("b", "Les parts de financement ne font pas 100 %.")
    if entity.no_platform_money is None:
        yield Missing("b", "Il n'est pas dit si un fournisseur de plateforme verse de l'argent à l'organisation.")
    elif not entity.no_platform_money:
        yield Missing("b", "Un fournisseur de plateforme verse de l'argent à l'organisation : expliquer pourquoi elle reste indépendante.")
    if not entity.governance:
        yield Missing("b", "La gouvernance n'est pas décrite.")
    if not entity.conflicts:
        yield Missing("b", "La procédure en cas de conflit d'intérêts n'est pas décrite.")
