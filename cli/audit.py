"""``vigie audit``: prove that the audit trail was not changed, and show it."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

import click

from cli.context import console, start

if TYPE_CHECKING:
    from cases.audit import Verified

WHY = {  # words of cases.audit.verify
    "is missing": "elle manque",
    "was changed": "elle a été changée, ou celle d'avant",
    "is not the one": "ce n'est pas celle qui a été notée ailleurs",
    "trail ends": "le registre s'arrête avant une écriture qui a été notée ailleurs",
}


@click.group()
def audit() -> None:
    """Prove that the audit trail was not changed; show it."""


@audit.command()
@click.option("--number", type=click.IntRange(1), help="An entry whose hash was kept elsewhere; with --hash.")
@click.option("--hash", "kept", help="Its hash, 64 hexadecimal digits.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def verify(ctx: click.Context, *, number: int | None, kept: str | None, as_json: bool) -> int:
    """Compute the chain of hashes anew; exit code 0 if all is sound, 2 if an entry was changed, removed or put in between."""
    from cases.audit import verify as verified
    from cases.database import open_database
    from core.errors import Invalid

    if (number is None) != (kept is None):
        raise Invalid("--number and --hash belong together; give both, or none")
    if kept is not None and not re.fullmatch(r"[0-9a-f]{64}", kept.lower()):
        raise Invalid(f"--hash has {len(kept)} characters; expected 64 hexadecimal digits")
    with closing(open_database(start(ctx))) as database:
        found = verified(database, known=(number, kept.lower()) if number and kept else None)
    if as_json:
        import json

        click.echo(json.dumps({"sound": found.wrong is None, **found._asdict()}))
    else:
        click.echo(_line(found))
    return 0 if found.wrong is None else 2


def _line(found: Verified) -> str:
    """One line, printed as it is: the hash must stay whole."""
    if found.wrong is not None:
        why = next((said for word, said in WHY.items() if word in found.why), found.why)
        return (
            f"Registre ALTÉRÉ à l'écriture {found.wrong} : {why}. Intactes avant elle : {found.entries}. Gardez une copie de la base sans y toucher."
        )
    if not found.entries:
        return "Registre vide : rien n'a encore été fait."
    return f"Registre intact : {found.entries} écritures, dernière empreinte {found.last}. Notez-la ailleurs : elle prouve tout ce qui précède."


@audit.command()
@click.option("--size", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many.")
@click.option("--before", type=click.IntRange(1), help="Only entries before this number.")
@click.option("--actor", help="Only what this person did, by id or e-mail address.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def show(ctx: click.Context, *, size: int, before: int | None, actor: str | None, as_json: bool) -> int:
    """Show who did what, the newest first. Entries name ids, never texts."""
    from cases import accounts
    from cases.audit import entries
    from cases.database import open_database
    from cli.tables import safe

    with closing(open_database(start(ctx))) as database:
        whose = accounts.find_person(database, identifier=actor).id if actor and "@" in actor else actor
        found = entries(database, actor=whose, before=before, size=size)
        names = {person.id: person.name for person in accounts.people(database)}
    for entry in found:
        if as_json:
            click.echo(entry.model_dump_json())
        else:
            who = safe(names.get(entry.actor, entry.actor))
            what = f"{entry.action}  {entry.subject_kind} {entry.subject_id}  {entry.details}"
            click.echo(f"{entry.number:>6}  {entry.at:%d/%m/%Y %H:%M:%S} UTC  {who}  {what}")
    if not found and not as_json:
        console().print("Aucune écriture.")
    return 0
