"""How often notices were refused or turned out wrong, for the page of rates and the list's warnings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from cases.notice_rates import rates, warnings_of
from cases.reporting.naming import provider_named
from core.numbers import french
from web.naming import people_names
from web.noticing.words import name_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cases.notice_rates import Rate, Share
    from cases.people import Actor
    from web.console import Console

YEAR = timedelta(days=365)
TITLES = {"tout": "En tout", "plateforme": "Par plateforme", "categorie": "Par catégorie", "personne": "Par signataire"}


class Line(NamedTuple):
    """One line of a table."""

    name: str
    notices: int
    items: int
    answered: int
    refused: str
    imprecise: str
    overturned: str
    corrected: int


def counted_for(console: Console, actor: Actor) -> tuple[Rate, ...]:
    """Of the last year. Other people's own figures are for those who validate or answer for the law."""
    now = datetime.now(UTC)
    found = rates(console.database, organisation_id=actor.organisation_id, since=now - YEAR, until=now)
    return tuple(one for one in found if one.by != "personne" or one.key == actor.id or actor.has("valide", "droit"))


def told(console: Console, actor: Actor, found: Iterable[Rate] | None = None) -> list[str]:
    """What to look at before an authority does, in words."""
    rated = counted_for(console, actor) if found is None else tuple(found)
    people = people_names(console)
    names = {(one.by, one.key): _name(one, people) for one in rated if one.key}
    warned = [(f"{names[one.by, one.key]}. " if one.key else "", one) for one in warnings_of(rated)]
    return [f"{name}{one.says} (règlement (UE) 2022/2065, {one.article})" for name, one in warned]


def rates_page(console: Console, actor: Actor) -> dict[str, Any]:
    """For notifications/taux.html. Raises Unavailable, ConfigError."""
    found, names = counted_for(console, actor), people_names(console)
    tables = [(TITLES[by], [_line(one, _name(one, names)) for one in found if one.by == by]) for by in TITLES]
    return {"tables": [(title, lines) for title, lines in tables if lines], "warnings": told(console, actor, found)}


def _name(one: Rate, people: dict[str, str]) -> str:
    """As reports name it: of a provider that somebody found, the name of a firm or a number."""
    if one.by == "plateforme":
        return one.name or provider_named(one.key)
    if one.by == "categorie":
        return name_of("categories", one.key) or "Sans catégorie"
    return people.get(one.key, "?") if one.by == "personne" else "Toutes les notifications"


def _line(one: Rate, name: str) -> Line:
    return Line(name, one.notices, one.items, one.answered, _share(one.refused), _share(one.imprecise), _share(one.overturned), one.corrected)


def _share(one: Share) -> str:
    """``3 sur 10 (30 %, de 11 à 60 %)``."""
    if one.value is None or one.low is None or one.high is None:
        return "—"
    low, value, high = (french(part * 100, digits=0) for part in (one.low, one.value, one.high))
    return f"{one.hits} sur {one.of} ({value} %, entre {low} et {high} %)"
