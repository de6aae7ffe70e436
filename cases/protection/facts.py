"""What the product really does, read from its settings, source files, rules and model: what register, DPIA and public page say."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import yaml
from sqlalchemy import select

from cases.protection.texts import text_of
from cases.retention import load_rules
from cases.tables_people import OrganisationRow
from core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cases.database import Database
    from cases.retention import Rule
    from core.settings import Settings


class SourceFacts(NamedTuple):
    """One source file. ``hosts``: where it reads; ``account``: it follows one account, which is not named in public."""

    name: str
    title: str
    kind: str
    enabled: bool
    purpose: str
    legal_basis: str
    access_mode: str
    hosts: tuple[str, ...]
    account: bool


class Figure(NamedTuple):
    """One measure of the model: ``label`` in French; None: not measured."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    number: int | None


class OrganisationFacts(NamedTuple):
    """One organisation. ``public``: its profile gives an e-mail address, so that it may be named in public."""

    name: str
    capacity: str
    address: str
    email: str
    website: str
    public: bool


class Period(NamedTuple):
    """How long something is kept, in French."""

    label: str
    period: str
    since: str
    why: str


class Facts(NamedTuple):
    """All of it. ``checked_by``: who checked the periods, "" where nobody did."""

    house: str
    contact: str
    organisations: tuple[OrganisationFacts, ...]
    sources: tuple[SourceFacts, ...]
    periods: tuple[Period, ...]
    checked_by: str
    model: str
    figures: tuple[Figure, ...]
    places: tuple[str, ...]  # where data lies, in French
    measures: tuple[str, ...]  # of security, that these settings give
    lacks: tuple[str, ...]  # what these settings do not give


SINCE = {"collecte": "la lecture", "decision": "la décision", "cloture": "la clôture"}


def facts_of(settings: Settings, database: Database) -> Facts:
    """Read all of it. Raises ConfigError, Unavailable."""
    model, figures = model_figures(settings)
    measures, lacks = _security(settings)
    rules = load_rules()
    return Facts(
        house=settings.console_name, contact=settings.contact, organisations=_organisations(database), sources=sources_of(settings.sources_dir),
        periods=periods(), checked_by=rules.verified_by or "", model=model, figures=figures, places=_places(settings), measures=measures, lacks=lacks,
    )  # fmt: skip


def sources_of(folder: Path) -> tuple[SourceFacts, ...]:
    """Every source file, those that are read first. Raises ConfigError."""
    accounts = text_of("notice")["account_kinds"]
    found = []
    for path in sorted(folder.glob("*.yml")):
        try:
            said: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        except (OSError, yaml.YAMLError) as error:
            raise ConfigError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
        words = {key: " ".join(str(said.get(key) or "").split()) for key in ("title", "kind", "purpose", "legal_basis", "access_mode")}
        hosts = tuple(dict.fromkeys((*_hosts(said), *map(str, said.get("hosts") or ()))))
        found.append(SourceFacts(path.stem, enabled=bool(said.get("enabled")), hosts=hosts, account=words["kind"] in accounts, **words))
    return tuple(sorted(found, key=lambda one: (not one.enabled, one.name)))


def _hosts(said: object) -> Iterator[str]:
    """The hosts of all addresses in a file."""
    if isinstance(said, dict):
        for value in said.values():
            yield from _hosts(value)
    elif isinstance(said, list):
        for value in said:
            yield from _hosts(value)
    elif isinstance(said, str) and said.startswith(("http://", "https://")) and (host := urlsplit(said).hostname):
        yield host


def periods() -> tuple[Period, ...]:
    """How long each kind of thing is kept: of content (retention.yml), then of the rest (periods.yml)."""
    rules = [(rule.label, period_of(rule), SINCE[rule.since], rule.why) for rule in load_rules().classes.values()]
    rest = [(one["label"], _period(one), one["since"], one["why"]) for one in text_of("periods")["classes"].values()]
    return tuple(Period(label, period, since, " ".join(why.split())) for label, period, since, why in (*rules, *rest))


def period_of(rule: Rule) -> str:
    """``3 mois``; what has no end says so."""
    return _period({"days": rule.days, "months": rule.months})


def _period(said: Mapping[str, Any]) -> str:
    if said.get("days") == 0:
        return "aussitôt"
    if said.get("days"):
        return f"{said['days']} jours"
    months = said.get("months")
    if months and months % 12 == 0:
        return f"{months // 12} an{'s' if months > 12 else ''}"
    return f"{months} mois" if months else "sans échéance automatique"


def model_figures(settings: Settings) -> tuple[str, tuple[Figure, ...]]:
    """The model in force and its measured figures, of models/<name>/metrics.json; none for a model that has no card here."""
    path = settings.models_dir / settings.model / "metrics.json"
    if not path.is_file():
        return settings.model, ()
    try:
        goals = {one["name"]: one for one in json.loads(path.read_text(encoding="utf-8"))["goals"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    known = [(label, goals[name]) for name, label in text_of("dpia")["figures"].items() if name in goals]
    return settings.model, tuple(Figure(label, one.get("value"), one.get("low"), one.get("high"), one.get("n")) for label, one in known)


def _organisations(database: Database) -> tuple[OrganisationFacts, ...]:
    with database.reading() as session:
        rows = session.scalars(select(OrganisationRow).where(OrganisationRow.closed_at.is_(None)).order_by(OrganisationRow.name)).all()
        return tuple(_organisation(row) for row in rows)


def _organisation(row: OrganisationRow) -> OrganisationFacts:
    said = {name: str((row.profile or {}).get(name) or "") for name in ("address", "email", "website")}
    return OrganisationFacts(row.name, row.capacity, public=bool(said["email"]), **said)


def _places(settings: Settings) -> tuple[str, ...]:
    index = "Elasticsearch" if settings.elasticsearch_url else "index embarqué (SQLite)"
    database = "PostgreSQL" if settings.database_url and "postgres" in settings.database_url.get_secret_value() else "SQLite"
    return ("Archive de fichiers (contenus et pages enregistrées)", f"Recherche : {index}", f"Base des dossiers : {database}")


def _security(settings: Settings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    has, lacks = list[str](), list[str]()
    secure = settings.console_url is not None and settings.console_url.scheme == "https"
    (has if secure else lacks).append("Adresse de la console en HTTPS (VIGIE_CONSOLE_URL)")
    (has if settings.oidc_issuer else lacks).append("Connexion par un fournisseur d'identité (VIGIE_OIDC_ISSUER)")
    (has if settings.timestamp_authorities else lacks).append("Horodatage des preuves par un tiers (VIGIE_TIMESTAMP_AUTHORITIES)")
    (has if settings.contact else lacks).append("Adresse de contact publiée (VIGIE_CONTACT)")
    (has if settings.console_name else lacks).append("Nom de l'organisation qui fait fonctionner la console (VIGIE_CONSOLE_NAME)")
    return tuple(has), tuple(lacks)
