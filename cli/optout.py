"""``vigie optout``: who asked not to be read, and the erasing of what is stored of them."""

from __future__ import annotations

import json
import sys
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import click

from cli.context import console, start
from cli.tables import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.settings import Settings
    from crawlers.erasing.optout import OptOut, OptOuts, Wish
    from crawlers.evidence.archive import Archive
    from flows.purging import Purged
    from index.protocol import Index

LAW = "RGPD, art. 17 (effacement) et 21 (opposition), en vigueur au 25/05/2018 ; à faire vérifier par un juriste"
KINDS = {"host": "site", "address": "adresse", "author": "compte (pseudonymes)"}
PLACES = {
    "documents": ("document", ""), "assessments": ("évaluation", ""), "set_aside": ("mise de côté", "mises de côté"),
    "evidence": ("enregistrement de preuve", "enregistrements de preuve"), "ledger": ("ligne du registre", "lignes du registre"),
    "cursors": ("repère de lecture", "repères de lecture"), "index": ("document de l'index", "documents de l'index"),
    "unfinished": ("fichier d'un arrêt brutal", "fichiers d'un arrêt brutal"),
    "damaged": ("fichier de preuve illisible", "fichiers de preuve illisibles (à restaurer ou à sortir de l'archive)"),
    "open": ("lot en cours d'écriture, non examiné", "lots en cours d'écriture, non examinés"),
}  # fmt: skip


@click.group()
def optout() -> None:
    """Keep the list of those who asked not to be read, and erase what is stored of them."""


@optout.command()
@click.argument("values", nargs=-1)
@click.option("--author", help="An account as its site shows it; only its keyed hashes are written.")
@click.option("--platform", help="Host of that account, such as forum.exemple.fr.")
@click.option("--note", default="", help="How and when the wish arrived; no name.")
@click.option("--no-purge", is_flag=True, help="Only write it down; erase later with: vigie optout purge.")
@click.option("--yes", is_flag=True, help="Erase without asking, also all of a host; for scripts.")
@click.pass_context
def add(ctx: click.Context, values: tuple[str, ...], *, author: str | None, platform: str | None, note: str, no_purge: bool, yes: bool) -> int:
    """Add VALUES to the list, and erase at once what is stored of them, for good; in a terminal you are asked first.

    VALUE is a host, an address, or an account: @nom@instance.fr, https://instance.fr/@nom, https://t.me/nom, did:plc:...
    """
    from datetime import UTC, datetime

    from crawlers.erasing.optout import add as write_down

    settings = start(ctx)
    wishes = _wishes(settings, values, author=author, platform=platform)
    if not no_purge and not _agreed(settings, wishes, yes=yes):
        console().print("Rien n'a été écrit ni effacé. Sans effacer : vigie optout add … --no-purge")
        return 2
    new = write_down(settings.archive_dir, wishes, at=datetime.now(UTC), note=note)
    done = f"{counted(new, 'ligne ajoutée', 'lignes ajoutées')} à la liste des oppositions" if new else "Déjà dans la liste des oppositions"
    console().print(f"{done} ({_summed(wishes)}). {LAW}.")
    if any("bsky.app/profile/" in value and "did:" not in value for value in values):
        console().print("Bluesky : les messages archivés sont rattachés à l'identifiant did:plc:… du compte ; ajoutez-le aussi.")
    return 0 if no_purge else _purge(settings, as_json=False)


def _agreed(settings: Settings, wishes: list[Wish], *, yes: bool) -> bool:
    """Whether what is covered may be erased: a person says so, or a script with --yes. Raises Invalid for a host where nobody can be asked."""
    from core.errors import Invalid

    hosts, asked = [wish.value for wish in wishes if wish.kind == "host"], sys.stdin.isatty()
    if hosts and not yes and not asked:
        raise Invalid(f"{', '.join(hosts)}: all that is stored of a host would be erased for good; add --yes, or --no-purge to erase later")
    covered, all_of_it = _covered(settings, wishes)
    console().print(
        f"{counted(covered, 'document conservé est couvert', 'documents conservés sont couverts')}."
        if covered
        else "Attention : rien de ce qui est conservé n'est couvert ; vérifiez l'orthographe."
    )
    if yes or not asked:
        return True
    more = f" ; avec ce que la liste couvrait déjà : {all_of_it}" if all_of_it > covered else ""
    text = f"Inscrire cette opposition et effacer {counted(covered, 'document')} définitivement{more}"
    answer: str = click.prompt(text, type=click.Choice(["oui", "o", "non", "n"]), show_choices=False, default="non")
    return answer.startswith("o")


def _covered(settings: Settings, wishes: list[Wish]) -> tuple[int, int]:
    """How many stored documents these wishes cover, and how many with those already on the list."""
    from datetime import UTC, datetime

    from core.pseudonyms import load_key
    from crawlers.erasing.optout import OptOut, OptOuts, load_opt_outs
    from crawlers.evidence.archive import Archive

    archive, key = Archive(settings.archive_dir), load_key(settings)
    new = OptOuts((OptOut(kind=wish.kind, value=wish.value, at=datetime.now(UTC)) for wish in wishes), key=key)
    known = load_opt_outs(settings.archive_dir, key=key)
    covered, all_of_it = set[str](), set[str]()
    for batch in archive.batches():
        for document in archive.documents(batch):
            if new.covers(document):
                covered.add(document.id)
            elif known.covers(document):
                all_of_it.add(document.id)
    return len(covered), len(covered | all_of_it)


@optout.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def list_wishes(ctx: click.Context, *, as_json: bool) -> int:
    """The wishes in force."""
    from crawlers.erasing.optout import load_opt_outs

    wishes = load_opt_outs(start(ctx).archive_dir).wishes
    if as_json:
        for wish in wishes:
            click.echo(wish.model_dump_json())
        return 0
    if not wishes:
        console().print("Personne n'a demandé à ne pas être lu. « vigie optout add VALEUR » ajoute une opposition.")
        return 0
    _show(wishes)
    return 0


@optout.command()
@click.argument("values", nargs=-1)
@click.option("--author", help="An account as its site shows it.")
@click.option("--platform", help="Host of that account.")
@click.pass_context
def remove(ctx: click.Context, values: tuple[str, ...], *, author: str | None, platform: str | None) -> int:
    """Take VALUES off the list; what was erased does not come back."""
    from crawlers.erasing.optout import remove as take_off

    settings = start(ctx)
    gone = take_off(settings.archive_dir, _wishes(settings, values, author=author, platform=platform))
    console().print(f"{counted(gone, 'ligne retirée', 'lignes retirées')} de la liste des oppositions.")
    return 0 if gone else 2


@optout.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def purge(ctx: click.Context, *, as_json: bool) -> int:
    """Erase what the list covers from the archive and the index, and prove it; exit code 2 if something is left."""
    return _purge(start(ctx), as_json=as_json)


@optout.command(name="carry-out")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def carry_out(ctx: click.Context, *, as_json: bool) -> int:
    """Count what the wishes written down in the console cover, and carry out those that people agreed to; exit code 2 if one is left."""
    from flows.optouts import handle_opt_outs

    found = handle_opt_outs(start(ctx))
    if as_json:
        click.echo(json.dumps(found._asdict()))
    else:
        console().print(
            f"{counted(found.examined, 'demande comptée', 'demandes comptées')}, {counted(found.carried_out, 'exécutée')}, "
            f"{counted(found.left, 'reste à terminer', 'restent à terminer')}."
        )
    return 2 if found.left else 0


@optout.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def verify(ctx: click.Context, *, as_json: bool) -> int:
    """Search archive and index for what the list covers; exit code 2 if something is still stored."""
    from flows import purging

    with _opened(start(ctx)) as (archive, index, opt_outs):
        left = purging.verify(archive, index, opt_outs)
    if as_json:
        click.echo(json.dumps(left))
    else:
        _tell_left(left, wishes=len(opt_outs.wishes))
    return 2 if left.keys() - {"open"} else 0


def _wishes(settings: Settings, values: tuple[str, ...], *, author: str | None, platform: str | None) -> list[Wish]:
    """What the command line names. Raises Invalid."""
    from core.accounts import named_account
    from core.errors import Invalid
    from core.pseudonyms import load_key
    from crawlers.erasing.optout import author_wishes, wishes_of

    if bool(author) != bool(platform):
        raise Invalid("--author and --platform go together: the same name on another site is another account")
    if not values and not author:
        raise Invalid("nothing was named; expected a host, an address, an account, or --author with --platform")
    key = load_key(settings)
    found = [wish for value in values for wish in wishes_of(value, key=key)]
    return found + (list(author_wishes(named_account(author, platform=platform), key=key)) if author and platform else [])


@contextmanager
def _opened(settings: Settings) -> Iterator[tuple[Archive, Index, OptOuts]]:
    from core.pseudonyms import load_key
    from crawlers.erasing.optout import load_opt_outs
    from crawlers.evidence.archive import Archive
    from index.open import open_index

    index = open_index(settings)
    try:
        yield Archive(settings.archive_dir), index, load_opt_outs(settings.archive_dir, key=load_key(settings))
    finally:
        index.close()


def _purge(settings: Settings, *, as_json: bool) -> int:
    from datetime import UTC, datetime

    from cases.database import open_database
    from cases.erasing import erase_wished
    from flows import purging
    from flows.forgetting import forgetting

    with _opened(settings) as (archive, index, opt_outs), closing(open_database(settings)) as database, console(stderr=True).status("effacement"):
        erase_wished(database, opt_outs.covers_address, now=datetime.now(UTC))
        purged = purging.purge(archive, index, opt_outs, forget=forgetting(settings))
    if as_json:
        click.echo(purged.model_dump_json())
    else:
        _tell(purged, wishes=len(opt_outs.wishes))
    return 0 if purged.done else 2


def _tell(purged: Purged, *, wishes: int) -> None:
    from rich.text import Text

    was = purged.archive
    found = {"documents": was.documents, "assessments": was.assessments, "evidence": was.records, "set_aside": was.set_aside, "cursors": was.cursors,
             "index": purged.index}  # fmt: skip
    text = f"Effacés : {', '.join(counted(number, *PLACES[kind]) for kind, number in found.items())}."
    if was.rewritten:
        shared = counted(
            was.rewritten, "preuve partagée avec d'autres documents est gardée", "preuves partagées avec d'autres documents sont gardées"
        )
        text += f" {shared} sans ce qui est couvert."
    console().print(Text(text))
    _tell_left(purged.left, wishes=wishes)
    if was.open:
        still = counted(was.open, "lot est", "lots sont")
        console().print(f"{still} en cours d'écriture par une collecte : relancez « vigie optout purge » après elle.")


def _tell_left(left: dict[str, int], *, wishes: int) -> None:
    found = [counted(number, *PLACES[kind]) for kind, number in left.items() if number]
    if left.keys() - {"open"}:
        console().print(f"[bold red]Il reste[/bold red] : {', '.join(found)}. Relancez « vigie optout purge ».")
    else:
        more = f" ({', '.join(found)})" if found else ""
        what = f"couvrent les {wishes} lignes" if wishes > 1 else "couvre la ligne" if wishes else "couvre"
        console().print(f"Vérifié : rien de ce que {what} {'de la liste' if wishes else 'la liste, qui est vide,'} n'est plus conservé{more}.")


def _summed(wishes: list[Wish]) -> str:
    kinds = [wish.kind for wish in wishes]
    return ", ".join(f"{label} : {kinds.count(kind)}" for kind, label in KINDS.items() if kind in kinds)


def _show(wishes: tuple[OptOut, ...]) -> None:
    """One line a wish; the pseudonyms of one account, which were added together, on one."""
    from rich.table import Table
    from rich.text import Text

    rows: dict[tuple[str, str, str], list[str]] = {}
    for wish in wishes:
        group = (wish.kind, wish.at.strftime("%Y-%m-%d %H:%M:%S.%f"), wish.note)
        rows.setdefault(group, []).append(wish.value)
    table = Table(title="Oppositions", title_justify="left")
    for column in ("genre", "valeur", "le", "note"):
        table.add_column(column)
    for (kind, at, note), values in rows.items():
        shown = [f"{values[0]} … ({len(values)})"] if kind == "author" and len(values) > 1 else values
        for value in shown:
            table.add_row(KINDS[kind], Text(value), at[:16], Text(note))
    console().print(table)
