"""The demonstration's accounts. Their passwords stand here for everybody to read, so they are made in the demonstration's own folder only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.errors import ConfigError
from core.settings import ROOT

if TYPE_CHECKING:
    from cases.accounts import Person
    from cases.database import Database
    from cases.people import Capacity, Role
    from core.settings import Settings

FOLDER = ROOT / "data" / "demo"
PASSWORD = "demonstration-vigie"  # noqa: S105 - of accounts that exist in the demonstration alone


class House(NamedTuple):
    """An organisation of the demonstration."""

    name: str
    capacity: Capacity


class Account(NamedTuple):
    """One of its people."""

    login: str
    name: str
    roles: tuple[Role, ...]
    house: House
    task: str  # what to try under this name


FAMILIES = House("Secours aux familles (démonstration)", "aide_aux_victimes")
WATCH = House("Cellule de lecture (démonstration)", "mandatee")
ACCOUNTS = (
    Account("lina@demo.example", "Lina", ("soumet",), FAMILIES, "soumettre une page, suivre, contester"),
    Account("ariane@demo.example", "Ariane", ("analyse",), WATCH, "lire et qualifier"),
    Account("noe@demo.example", "Noé", ("analyse",), WATCH, "relire à l'aveugle"),
    Account("karim@demo.example", "Karim", ("valide", "analyse"), WATCH, "arbitrer, notifier, suivre les réponses"),
    Account("mourier@demo.example", "Dr Mourier", ("sante",), WATCH, "regard de santé, signer"),
    Account("fabre@demo.example", "Me Fabre", ("droit",), WATCH, "regard juridique, dossiers, rapports"),
    Account("odile@demo.example", "Odile", ("administre",), WATCH, "personnes, quotas, journal"),
)


def add_accounts(settings: Settings, database: Database) -> dict[str, Person]:
    """The people of the demonstration by login; those who are there already stay. Raises ConfigError in any other installation."""
    from cases import accounts

    if settings.data_dir != FOLDER or settings.database_url is not None:
        raise ConfigError(f"demonstration accounts have known passwords: they are made in {FOLDER} only, found {settings.data_dir}; run make demo")
    known = {person.login: person for person in accounts.people(database)}
    houses = {house.name: house.id for house in accounts.organisations(database)}
    for account in ACCOUNTS:
        if account.login in known:
            continue
        house = account.house
        if house.name not in houses:
            houses[house.name] = accounts.add_organisation(database, name=house.name, capacity=house.capacity, by="demo").id
        known[account.login] = accounts.add_person(
            database, organisation_id=houses[house.name], login=account.login, name=account.name, roles=account.roles, by="demo", password=PASSWORD
        )
    return {account.login: known[account.login] for account in ACCOUNTS}


def listed() -> str:
    """The accounts as people read them."""
    lines = [f"  {account.login:<20} {account.name:<11} {', '.join(account.roles):<16} {account.task}" for account in ACCOUNTS]
    return "\n".join(["Comptes de démonstration, mot de passe « " + PASSWORD + " » :", *lines])
