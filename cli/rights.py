"""``vigie rights``: what people concerned ask for under the GDPR."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import click

from cli.context import console, start
from cli.tables import counted

if TYPE_CHECKING:
    from core.settings import Settings

LAW = "RGPD (règlement (UE) 2016/679, texte adopté le 27/04/2016), art. 12, et art. 15 à 21 (non vérifiés) ; à faire vérifier par un juriste"


@click.group()
def rights() -> None:
    """Answer what people concerned ask: access, rectification, erasure, objection."""


@rights.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def list_requests(ctx: click.Context, *, as_json: bool) -> int:
    """The requests that wait, the most urgent first; what they name is not shown."""
    from cases import rights as register
    from cases.database import open_database
    from cases.signing import signing_secret

    settings = start(ctx)
    with closing(open_database(settings)) as database:
        found = register.listed(database, is_open=True, secret=signing_secret(settings))
    for one in found:
        if as_json:
            click.echo(one.model_dump_json(include={"id", "kind", "state", "received_at", "due_at", "examined_at"}))
        else:
            console().print(f"{one.id[:6]}  {one.kind}  {one.state}  répondre avant le {one.due_at:%d/%m/%Y}")
    if not found and not as_json:
        console().print(f"Aucune demande n'attend. {LAW}.")
    return 0


@rights.command(name="carry-out")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def carry_out(ctx: click.Context, *, as_json: bool) -> int:
    """Look for the new requests, and carry out those that people agreed to in the console; exit code 2 if something is left."""
    from cases.database import open_database
    from flows.rights import handle_requests

    settings = start(ctx)
    with closing(open_database(settings)) as database:
        found = handle_requests(settings, database)
    if as_json:
        click.echo(json.dumps(found._asdict()))
    else:
        console().print(
            f"{counted(found.examined, 'demande cherchée', 'demandes cherchées')}, {counted(found.done, 'faite')}, "
            f"{counted(found.left, 'reste à terminer', 'restent à terminer')}, "
            f"{counted(found.released, 'contenu gardé est parti', 'contenus gardés sont partis')}."
        )
    return 2 if found.left else 0


@rights.command()
@click.argument("values", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def search(ctx: click.Context, values: tuple[str, ...], *, as_json: bool) -> int:
    """Search everywhere for VALUES, without writing anything; exit code 2 if something is found.

    VALUE is an address, @nom@instance.fr, or "nom sur forum.fr". Archive, index, case database and the bytes of all
    files are searched.
    """
    found = _search(start(ctx), values)
    if as_json:
        click.echo(json.dumps(found))
    elif not found:
        console().print("Rien n'est conservé.")
    else:
        from cases.protection.texts import text_of

        for place, number in found.items():
            console().print(f"{text_of('places').get(place, place)} : {number}")
    return 2 if found else 0


def _search(settings: Settings, values: tuple[str, ...]) -> dict[str, int]:
    from cases.database import open_database
    from core.pseudonyms import load_key
    from crawlers.evidence.archive import Archive
    from flows.rights_places import Desk
    from flows.rights_proof import searched
    from index.open import open_index

    with closing(open_database(settings)) as database, closing(open_index(settings)) as index:
        return searched(Desk(settings, database, Archive(settings.archive_dir), index, load_key(settings)), values)
