"""``vigie decide``: what a person makes of a content item, or of a whole campaign."""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from cli.context import console, start
from core.records import MARKERS, QUALIFICATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cases.database import Database
    from cases.decisions import Act, Choice, Decided
    from index.documents import Entry
    from index.protocol import Index

IDENTIFIER = re.compile(r"[0-9a-f]{32}")
WORDS = {"hors_champ": "hors champ", "licite_preoccupant": "licite préoccupant", "illicite_presume": "illicite présumé", "urgence": "urgence"}
URGENT = (
    "URGENCE. Vie en danger : 15 (SAMU), 17 (police, gendarmerie) ou 112. Enfant en danger : 119. Idées suicidaires : 3114.\n"
    "Contenu public illicite, sans danger immédiat : PHAROS, https://www.internet-signalement.gouv.fr. Vigie n'appelle personne et n'envoie rien."
)
ALONE = "décision d'une seule personne : une notification demandera deux lectures dans la console"
LATER = "L'index ne répond pas : la décision est gardée, il la montrera à la prochaine publication."


@click.command()
@click.argument("words", nargs=-1, metavar="DOCUMENT... [QUALIFICATION]")
@click.option("--reason", default="", help="Why, in a sentence or two; needed.")
@click.option("--marker", "markers", multiple=True, type=click.Choice(MARKERS), help="A marker that you confirm; may be repeated.")
@click.option("--no-marker", is_flag=True, help="No marker is confirmed.")
@click.option("--exclusion", "exclusions", multiple=True, help="An exclusion of the taxonomy that applies; may be repeated.")
@click.option(
    "--by", default="analyste", show_default=True, help="Initials or a role, at most 40 characters; with an account, decide in the console."
)
@click.option("--campaign", is_flag=True, help="The decision serves every document of the campaign.")
@click.option("--history", is_flag=True, help="Show what was decided on each DOCUMENT.")
@click.option("--undo", is_flag=True, help="Undo the decision that stands; what stood before stands again.")
@click.option("--yes", is_flag=True, help="Decide for a campaign without being asked; for scripts.")
@click.pass_context
def decide(
    ctx: click.Context,
    words: tuple[str, ...],
    *,
    reason: str,
    markers: tuple[str, ...],
    no_marker: bool,
    exclusions: tuple[str, ...],
    by: str,
    campaign: bool,
    history: bool,
    undo: bool,
    yes: bool,
) -> int:
    """Write down what you make of each DOCUMENT, an identifier or an address; nothing is sent by it.

    QUALIFICATION is hors_champ, licite_preoccupant, illicite_presume or urgence.
    """
    from core.errors import Invalid

    if history and undo:
        raise Invalid("--history and --undo together; give one of them")
    if words and not history and not undo and words[-1] not in QUALIFICATIONS and (IDENTIFIER.fullmatch(words[-1]) or "://" in words[-1]):
        raise Invalid(f"no qualification after the documents; expected one of {', '.join(QUALIFICATIONS)}")
    if words and not (history or undo or reason.strip()):
        raise Invalid("no reason; expected --reason with why you decide so")
    names = _names(words if history or undo else words[:-1])
    if history:
        return _history(ctx, names)
    if undo:
        return _undo(ctx, names, reason=reason, by=by, campaign=campaign, yes=yes)
    choice = _choice(words[-1], markers=markers, no_marker=no_marker, exclusions=exclusions, reason=reason, by=by)
    return _decide(ctx, names, choice, campaign=campaign, yes=yes)


def _names(words: Sequence[str]) -> list[str]:
    """The identifiers that were named, as such or by their addresses. Raises Invalid."""
    from core.errors import Invalid
    from core.urls import document_id

    if not words:
        raise Invalid(f"no document; expected identifiers or addresses, then one of {', '.join(QUALIFICATIONS)}")
    for word in words:
        if not IDENTIFIER.fullmatch(word) and "://" not in word:
            raise Invalid(f"{word[:100]!r} is no document; expected an identifier of 32 digits as vigie queue shows it, or an address https://...")
    return [word if IDENTIFIER.fullmatch(word) else document_id(word) for word in words]


def _choice(word: str, *, markers: tuple[str, ...], no_marker: bool, exclusions: tuple[str, ...], reason: str, by: str) -> Choice:
    """The decision that the options say. Raises Invalid."""
    from pydantic import ValidationError

    from cases.decisions import Choice
    from core.errors import Invalid, nearest
    from core.taxonomy import load_taxonomy

    if word not in QUALIFICATIONS:
        raise Invalid(f"qualification {word[:100]!r} is unknown; {nearest(word, QUALIFICATIONS)}")
    if markers and no_marker:
        raise Invalid("--marker and --no-marker together; give one of them")
    if not markers and not no_marker and word != "hors_champ":
        raise Invalid("say which markers you confirm: --marker NAME, may be repeated, or --no-marker")
    taxonomy = load_taxonomy()
    known = taxonomy.exclusions()
    for name in exclusions:
        if name not in known:
            raise Invalid(f"exclusion {name[:100]!r} is unknown; {nearest(name, known)}")
    said = {"qualification": word, "markers": tuple(dict.fromkeys(markers)), "exclusions": exclusions, "reason": reason, "by": by}
    try:
        return Choice.model_validate({**said, "taxonomy": taxonomy.version})
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(f"--{first['loc'][0]}: {first['msg']}; a reason has 1 to 2000 characters, --by 1 to 40") from error


@contextmanager
def _opened(ctx: click.Context) -> Iterator[tuple[Index, Database]]:
    from contextlib import closing

    from cases.database import open_database
    from cases.identity import bind
    from index.open import open_index

    settings = start(ctx)
    with closing(open_index(settings)) as index, closing(open_database(settings)) as database:
        bind(settings.archive_dir, database)
        yield index, database


def _decide(ctx: click.Context, names: list[str], choice: Choice, *, campaign: bool, yes: bool) -> int:
    from cases import deciding
    from cases.policy import load_policy
    from index.harm import sounded

    if choice.qualification == "urgence":
        console().print(URGENT, style="bold red", soft_wrap=True)  # before anything that may fail
    leaves = choice.qualification in load_policy().leaves
    with _opened(ctx) as (index, database):
        if leaves:
            _refuse_alone(database, choice.qualification)
        entries = deciding.entries_named(index, names)
        served = _campaign(index, entries) if campaign else None
        if served and not _agreed(len(served), yes=yes):
            return 2
        found = served or entries
        shared = found[0]["campaign"] if served else None
        done = deciding.decide_on(index, database, found, choice, act=_act(), drawn=sounded, campaign=shared)
    for row in done.rows if len(done.rows) <= 20 else ():
        console().print(f"{row.document_id} : {WORDS[choice.qualification]}")
    _tell(len(done.rows), "décision écrite", "décisions écrites", shown=done.shown)
    if leaves:
        console().print(ALONE, soft_wrap=True)
    return 0


def _refuse_alone(database: Database, qualification: str) -> None:
    """What leaves the house is read twice where there are two people to read it. Raises Invalid."""
    from cases.parties import readers
    from core.errors import Invalid

    if (number := readers(database)) > 1:
        raise Invalid(
            f"{qualification} by one person at the command line, with {number} people who can read in the console; it takes two readings: "
            "read the item in the console, /contenus/ and its identifier"
        )


def _campaign(index: Index, entries: list[Entry]) -> list[Entry]:
    from core.errors import Invalid
    from flows.deciding import campaign_of

    if len({entry["campaign"] for entry in entries}) > 1:
        raise Invalid("these documents are not of one campaign; decide for one campaign at a time")
    return campaign_of(index, entries[0])


def _agreed(number: int, *, yes: bool) -> bool:
    """Whether the decision may serve a whole campaign. Raises Invalid where nobody can be asked."""
    from core.errors import Invalid

    if yes:
        return True
    if not _asks():
        raise Invalid(f"the campaign has {number} documents; add --yes to decide for all of them")
    answer: str = click.prompt(
        f"Décider pour les {number} documents de la campagne", type=click.Choice(["oui", "o", "non", "n"]), show_choices=False, default="non"
    )
    if not answer.startswith("o"):
        console().print("Rien n'a été décidé.")
    return answer.startswith("o")


def _asks() -> bool:
    return sys.stdin.isatty()


def _act() -> Act:
    from uuid import uuid4

    from cases.decisions import Act

    return Act(id=uuid4().hex)


def _tell(number: int, one: str, many: str, *, shown: bool) -> None:
    console().print(f"{number} {one if number < 2 else many}. Rien n'est envoyé : une décision n'est pas une notification.")
    if not shown:
        console().print(LATER, style="yellow")


def _undo(ctx: click.Context, names: list[str], *, reason: str, by: str, campaign: bool, yes: bool) -> int:
    from cases import deciding, decisions
    from core.errors import NotFound

    with _opened(ctx) as (index, database):
        if campaign:
            standing = decisions.standing(database, names)
            if not standing:
                raise NotFound(f"no decision stands on {names[0]}: there is nothing to undo")
            names = sorted({name for act in {row.act for row in standing.values()} for name in decisions.same_act(database, act)})
            if not _agreed(len(names), yes=yes):
                return 2
        done = deciding.undo(index, database, list(dict.fromkeys(names)), reason=reason, by=by, act=_act())
    _tell(len(done.rows), "décision annulée", "décisions annulées", shown=done.shown)
    return 0


def _history(ctx: click.Context, names: list[str]) -> int:
    from contextlib import closing

    from cases.database import open_database
    from cases.decisions import history

    with closing(open_database(start(ctx))) as database:
        for name in dict.fromkeys(names):
            _show(name, history(database, name))
    return 0


def _show(name: str, rows: Sequence[Decided]) -> None:
    from rich.text import Text

    from cli.tables import safe

    console().print(Text(f"{name} : {'' if rows else 'aucune décision'}", style="bold"))
    undone = {row.undoes for row in rows}
    for row in rows:
        what = WORDS[row.qualification] if row.qualification else "annulation de la décision précédente"
        more = ", ".join(part for part in (", ".join(row.markers), f"campagne {row.campaign}" if row.campaign else "") if part)
        note = " [annulée]" if row.id in undone else ""
        line = f"  {row.decided_at:%d/%m/%Y %H:%M} UTC, {safe(row.decided_by)} : {what}{f' ({more})' if more else ''}{note} — {safe(row.reason)}"
        console().print(Text(line))
