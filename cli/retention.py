"""``vigie retention``: what may not be kept any longer, and what soon may not."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import click

from cli.context import console, start
from cli.tables import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cases.database import Database
    from cases.retention import Rules
    from core.settings import Settings
    from crawlers.evidence.archive import Archive
    from flows.retention import Retained
    from index.protocol import Index

OUTCOMES = {"non_lu": "signalé ou tiré au sort, jamais lu", "ordinaire": "ni signalé ni lu", "hors_champ": "hors champ",
            "licite_preoccupant": "licite préoccupant", "illicite_presume": "illicite présumé", "urgence": "urgence"}  # fmt: skip
UNCHECKED = "Durées proposées, à faire vérifier par un juriste (cases/retention.yml)."


@click.group()
def retention() -> None:
    """Erase what may not be kept any longer, and show what is due."""


@retention.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--yes", is_flag=True, help="Erase although most of all documents would go, or nothing has run for a week.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def run(ctx: click.Context, *, dry_run: bool, yes: bool, as_json: bool) -> int:
    """Erase what has expired from index and archive, with its evidence, and prove it; exit code 2 if something is left or must be confirmed."""
    from datetime import UTC, datetime

    from cases.retention import load_rules
    from flows import retention as flow

    now, rules, settings = datetime.now(UTC), load_rules(), start(ctx)
    if dry_run:
        with _opened(settings) as (archive, index, database):
            foreseen = flow.foreseen(archive, index, database, now=now, rules=rules)
        _tell_foreseen(foreseen, rules, as_json=as_json)
        return 0
    with console(stderr=True).status("effacement de ce qui a expiré"):
        done = flow.retain_all(settings, now=now, yes=yes, rules=rules)
    if as_json:
        click.echo(done.model_dump_json())
    else:
        _tell(done)
    return 0 if done.done else 2


@retention.command(name="list")
@click.option("--days", type=click.IntRange(1, 365), default=14, show_default=True, help="What is due within N days.")
@click.option("--size", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many to show.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def list_due(ctx: click.Context, *, days: int, size: int, as_json: bool) -> int:
    """What waits unread and soon goes, the first to go first, and how many cases are open without an end."""
    from datetime import UTC, datetime, timedelta

    from flows.deadlines import deadlines
    from index.open import open_index

    with closing(open_index(start(ctx))) as index:
        found = deadlines(index, before=datetime.now(UTC) + timedelta(days=days), size=size)
    if as_json:
        click.echo(found.model_dump_json())
        return 0
    from rich.text import Text

    console().print(f"{counted(found.total, 'contenu non lu sera effacé', 'contenus non lus seront effacés')} d'ici {counted(days, 'jour')}.")
    for due in found.due:
        console().print(Text(f"  {due.retain_until:%d/%m/%Y}  {due.document_id}  {', '.join(due.markers) or 'sondage'}"))
    console().print(f"{counted(found.open, 'dossier ouvert, sans échéance', 'dossiers ouverts, sans échéance')} avant sa clôture par une personne.")
    console().print(UNCHECKED, style="dim")
    return 0


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Archive, Index, Database]]:
    from cases.database import open_database
    from crawlers.evidence.archive import Archive
    from index.open import open_index

    with closing(open_index(settings)) as index, closing(open_database(settings)) as database:
        yield Archive(settings.archive_dir), index, database


def _tell_foreseen(foreseen: Mapping[str, int], rules: Rules, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(dict(foreseen)))
        return
    console().print(f"{counted(sum(foreseen.values()), 'document serait effacé', 'documents seraient effacés')} ; rien ne l'a été.")
    for name, rule in rules.classes.items():
        if foreseen.get(name):
            console().print(f"  {foreseen[name]} : {rule.label}", markup=False)
    console().print(UNCHECKED, style="dim")


def _tell(done: Retained) -> None:
    shown = console()
    total = sum(done.documents.values())
    shown.print(f"{counted(total, 'document expiré', 'documents expirés')}" + (f", {done.resumed} d'un passage interrompu." if done.resumed else "."))
    for outcome, number in sorted(done.documents.items()):
        shown.print(f"  {number} : {OUTCOMES.get(outcome, outcome)}", style="yellow" if outcome == "non_lu" else "")
    was = done.archive
    shown.print(
        f"Effacés : {counted(was.documents, 'version')}, {counted(was.records, 'enregistrement de preuve', 'enregistrements de preuve')}, "
        f"{counted(was.assessments, 'évaluation')}, {counted(done.index, 'document')} de l'index ; {counted(done.batches, 'lot vidé', 'lots vidés')}."
    )
    if done.submissions:
        words = counted(done.submissions, "signalement qui n'a pas pu être lu", "signalements qui n'ont pas pu être lus")
        shown.print(f"Adresse, titre et note effacés : {words}.")
    if done.done:
        shown.print("Vérifié : rien de ce qui a expiré n'est plus conservé, que des comptes anonymes.")
        return
    if number := done.left.get("unconfirmed", 0):
        shown.print(f"[bold red]Non effacé[/bold red] : {counted(number, 'document partirait', 'documents partiraient')}, plus de la moitié de tous. "
                    "Vérifiez l'horloge et « --dry-run », puis confirmez : « vigie retention run --yes ».")  # fmt: skip
    if number := done.left.get("undecided_elsewhere", 0):
        shown.print(f"[bold red]Non effacé[/bold red] : {counted(number, 'document')} dont l'index montre une décision que cette base n'a pas. "
                    "Vérifiez VIGIE_DATABASE_URL, ou restaurez la base.")  # fmt: skip
    if left := ", ".join(f"{number} {kind}" for kind, number in done.left.items() if kind not in ("unconfirmed", "undecided_elsewhere")):
        shown.print(f"[bold red]Il reste[/bold red] : {left}. Relancez « vigie retention run ».")
