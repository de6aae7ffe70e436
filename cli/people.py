"""``vigie people``: organisations, and people with an account. A password is never an argument: shells and process lists keep those."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, cast

import click

from cli.context import console, start
from cli.passwords import secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.accounts import Organisation
    from cases.database import Database
    from cases.people import Role
    from core.settings import Settings

ROLES = ("soumet", "analyse", "valide", "sante", "droit", "administre")  # those of cases.people, which needs pydantic; a test holds them together
CAPACITIES = ("aucune", "mandatee", "aide_aux_victimes", "agrement_2_17", "ordre", "autorite_publique")
BY = "command_line"  # who acts, in the audit trail
ONCE = "Ce lien sert une fois, pendant 48 heures. Donnez-le de vive voix ou par un canal sûr : qui l'a choisit le mot de passe."


@click.group()
def people() -> None:
    """Organisations, and people with an account."""


@people.group()
def organisation() -> None:
    """Associations, Orders, authorities."""


@organisation.command(name="add")
@click.argument("name")
@click.option("--capacity", type=click.Choice(CAPACITIES), default="aucune", show_default=True, help="Its legal capacity, as it declares it.")
@click.option("--registration", help="SIREN or RNA number.")
@click.option("--quota", type=click.IntRange(0, 100_000), default=50, show_default=True, help="Submissions a day.")
@click.pass_context
def add_organisation(ctx: click.Context, name: str, *, capacity: str, registration: str | None, quota: int) -> int:
    """Add an organisation."""
    from cases import accounts

    with _opened(ctx) as (_, database), _named():
        made = accounts.add_organisation(database, name=name, capacity=cast("Any", capacity), by=BY, registration=registration, quota=quota)
    console().print(f"Organisation ajoutée : {made.name}", markup=False)
    return 0


@people.command()
@click.option("--login", required=True, help="Their e-mail address; they sign in with it.")
@click.option("--name", required=True, help="As decisions show it, at most 40 characters.")
@click.option("--organisation", "whose", required=True, help="Name or id of their organisation; see vigie people organisation add.")
@click.option("--role", "roles", multiple=True, type=click.Choice(ROLES), help="May be repeated.")
@click.option("--ask-password", is_flag=True, help="Ask for a password here, in place of an invitation.")
@click.pass_context
def add(ctx: click.Context, *, login: str, name: str, whose: str, roles: tuple[str, ...], ask_password: bool) -> int:
    """Add a person, and print the invitation by which they choose their password."""
    from cases import accounts, invitations

    password = secret(ctx, "Mot de passe", confirmation_prompt="Le même, encore une fois") if ask_password else None
    with _opened(ctx) as (settings, database), _named():
        found = _organisation(database, whose)
        made = accounts.add_person(
            database, organisation_id=found.id, login=login, name=name, roles=cast("tuple[Role, ...]", roles), by=BY, password=password
        )
        token = None if password else invitations.invite(database, made.id, by=BY)
    console().print(f"Personne ajoutée : {made.login} ({', '.join(made.roles) or 'aucun rôle'})", markup=False)
    if token:
        _show_link(settings, token)
    return 0


@people.command()
@click.argument("login")
@click.pass_context
def invite(ctx: click.Context, login: str) -> int:
    """Print a link by which LOGIN chooses a new password; one-time codes are turned off by it."""
    from cases import accounts, invitations

    with _opened(ctx) as (settings, database):
        token = invitations.invite(database, accounts.find_person(database, identifier=login).id, by=BY)
    _show_link(settings, token)
    return 0


@people.command()
@click.argument("login")
@click.pass_context
def disable(ctx: click.Context, login: str) -> int:
    """Let LOGIN in no more: sessions, keys and invitations end at once."""
    from cases import accounts, changing

    with _opened(ctx) as (_, database):
        changing.disable(database, accounts.find_person(database, identifier=login).id, by=BY)
    console().print("Compte désactivé ; ses décisions restent.")
    return 0


@people.command()
@click.argument("login")
@click.pass_context
def enable(ctx: click.Context, login: str) -> int:
    """Let LOGIN in again; keys stay revoked."""
    from cases import accounts, changing

    with _opened(ctx) as (_, database):
        changing.enable(database, accounts.find_person(database, identifier=login).id, by=BY)
    console().print("Compte réactivé.")
    return 0


@people.command()
@click.argument("login")
@click.option("--role", "wanted", multiple=True, type=click.Choice(ROLES), help="May be repeated; none: no role.")
@click.pass_context
def roles(ctx: click.Context, login: str, *, wanted: tuple[str, ...]) -> int:
    """Give LOGIN these roles alone."""
    from cases import accounts, changing

    with _opened(ctx) as (_, database):
        person = accounts.find_person(database, identifier=login)
        changed = changing.change_roles(database, person.id, cast("tuple[Role, ...]", wanted), by=BY)
    console().print(f"{changed.login} : {', '.join(changed.roles) or 'aucun rôle'}", markup=False)
    return 0


@people.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def list_people(ctx: click.Context, *, as_json: bool) -> int:
    """Show everybody, by organisation."""
    from cases import accounts

    with _opened(ctx) as (_, database):
        known, houses = accounts.people(database), accounts.organisations(database)
    if as_json:
        for person in known:
            click.echo(person.model_dump_json())
        return 0
    for house in houses:
        console().print(f"{house.name} ({house.capacity}, {house.quota} signalements par jour{', fermée' if house.closed_at else ''})", markup=False)
        for person in (one for one in known if one.organisation_id == house.id):
            off = " [désactivé]" if person.disabled_at else ""
            console().print(f"  {person.login} : {person.name}, {', '.join(person.roles) or 'aucun rôle'}{off}", markup=False)
    if not houses:
        console().print("Personne. D'abord : vigie people organisation add NOM, puis vigie people add --role administre ...", markup=False)
    return 0


def _organisation(database: Database, whose: str) -> Organisation:
    from cases import accounts
    from core.errors import NotFound, nearest

    known = accounts.organisations(database)
    for one in known:
        if whose in (one.id, one.name):
            return one
    raise NotFound(
        f"organisation {whose[:80]!r} does not exist; {nearest(whose, [one.name for one in known])}; vigie people organisation add makes one"
    )


def _show_link(settings: Settings, token: str) -> None:
    """Printed by click: a terminal's width must not cut it."""
    base = str(settings.console_url or f"http://{settings.console_host}:{settings.console_port}").rstrip("/")
    click.echo(f"{base}/invitation/{token}")
    console(stderr=True).print(ONCE)


@contextmanager
def _opened(ctx: click.Context) -> Iterator[tuple[Settings, Database]]:
    from cases.database import open_database

    settings = start(ctx)
    with closing(open_database(settings)) as database:
        yield settings, database


@contextmanager
def _named() -> Iterator[None]:
    """What a record refuses, as one line."""
    from pydantic import ValidationError

    from core.errors import Invalid

    try:
        yield
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(f"{first['loc'][0]}: {first['msg']}") from error
