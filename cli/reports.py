"""``vigie report``: the yearly report, statistics, the pack of a candidature, into a folder. Freezing and signing are done on the pages."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.context import console, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from cases.database import Database
    from core.settings import Settings

LOOSE = "Pour la maison seulement : deux brouillons de ce rapport, comparés, diraient ce que chacun masque. Pour l'extérieur, figez une version."
DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def report() -> None:
    """Reports from the register of notices, as PDF, Word and CSV. Nothing is sent or published."""


def _period(command: Callable[..., int]) -> Callable[..., int]:
    for option in (
        click.option("--organisation", "whose", required=True, help="Name or id; see vigie people list."),
        click.option("--since", type=DAY, help="The first day; by default that of the latest year with notices."),
        click.option("--until", type=DAY, help="The last day; by default that of the latest year with notices."),
        click.option("--accept", "accepted", multiple=True, help="Words that look like a name and name nobody. May be repeated."),
        click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), show_default="here", help="Folder to write into."),
    ):
        command = option(command)
    return command


@report.command()
@_period
@click.pass_context
def yearly(ctx: click.Context, *, whose: str, since: datetime | None, until: datetime | None, accepted: tuple[str, ...], out: Path) -> int:
    """Write the yearly report of DSA art. 22(3); refused where it could name somebody."""
    return _write(ctx, "annuel", whose, since, until, accepted=accepted, out=out)


@report.command()
@_period
@click.option("--health", is_flag=True, help="Contents on care alone, as exchanged with the Orders.")
@click.pass_context
def statistics(
    ctx: click.Context, *, whose: str, since: datetime | None, until: datetime | None, accepted: tuple[str, ...], out: Path, health: bool
) -> int:
    """Write the statistics for Miviludes and the Orders: no cell under five."""
    return _write(ctx, "statistiques", whose, since, until, accepted=accepted, out=out, health=health)


@report.command()
@_period
@click.pass_context
def picture(ctx: click.Context, *, whose: str, since: datetime | None, until: datetime | None, accepted: tuple[str, ...], out: Path) -> int:
    """Write the picture of the year: counts, shares and the change on the year before, with charts."""
    return _write(ctx, "tableau", whose, since, until, accepted=accepted, out=out)


@report.command()
@_period
@click.pass_context
def article34(ctx: click.Context, *, whose: str, since: datetime | None, until: datetime | None, accepted: tuple[str, ...], out: Path) -> int:
    """Write a contribution on systemic risks (DSA art. 34): lawful but worrying patterns, aggregated."""
    return _write(ctx, "article-34", whose, since, until, accepted=accepted, out=out)


@report.command()
@click.option("--organisation", "whose", required=True, help="Name or id; see vigie people list.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path(), show_default="here", help="Folder to write into.")
@click.pass_context
def candidature(ctx: click.Context, *, whose: str, out: Path) -> int:
    """Write the pack of a request to become a trusted flagger, with the register; say what is missing."""
    from datetime import UTC, datetime

    from cases.papers.docx import docx
    from cases.papers.pdf import paper_pdf
    from cases.register import register
    from cases.reporting import candidature as pack
    from cases.reporting.candidature_paper import candidature_paper, register_csv
    from cases.reporting.kinds import checked
    from cases.reporting.providers import providers_in
    from cases.reports import known_names

    settings = start(ctx)
    with _opened(settings) as database:
        house = _organisation(database, whose)
        found = pack.candidature(database, organisation_id=house)
        paper = checked(candidature_paper(found), names=known_names(database), ours=(found.entity.contact, found.entity.website))
        rows = register(database, organisation_id=house, since=pack.BEGINNING, until=datetime.now(UTC))
        with database.reading() as session:
            providers = providers_in(session, house)
        _save(out, {"candidature.pdf": paper_pdf(paper), "candidature.docx": docx(paper)})
        _stream(out / "registre.csv", register_csv(rows, providers))
    for one in found.missing:
        console().print(f"Manque ({one.criterion}) : {one.says}", markup=False)
    return 0


def _write(
    ctx: click.Context, slug: str, whose: str, since: datetime | None, until: datetime | None, *, accepted: tuple[str, ...], out: Path,
    health: bool = False,
) -> int:  # fmt: skip
    from cases.papers.docx import docx
    from cases.papers.pdf import paper_pdf
    from cases.reporting.checking import refuse
    from cases.reporting.kinds import sort_of
    from cases.reports import HIDING
    from index.open import open_index
    from web.reporting import Asked, draft, proposed_year

    settings, sort = start(ctx), sort_of(slug)
    with _opened(settings) as database, closing(open_index(settings)) as index:
        house = _organisation(database, whose)
        first, last = (day.date() if day else usual for day, usual in zip((since, until), proposed_year(database, house), strict=True))
        asked = Asked(house, first, last, accepted, health)
        found = draft(sort, database, index, asked)
    for one in found.findings:
        console(stderr=True).print(f"{one.where} : {one.kind} « {one.found} »", markup=False)
    refuse(found.findings)
    if sort.kind in HIDING:
        console(stderr=True).print(LOOSE, markup=False)
    if found.paper is not None:
        _save(out, {**sort.files(found.figures), "rapport.pdf": paper_pdf(found.paper), "rapport.docx": docx(found.paper)})
    return 0


def _opened(settings: Settings) -> closing[Database]:
    from cases.database import open_database

    return closing(open_database(settings))


def _organisation(database: Database, whose: str) -> str:
    from cases import accounts
    from core.errors import NotFound, nearest

    known = accounts.organisations(database)
    for one in known:
        if whose in (one.id, one.name):
            return one.id
    raise NotFound(f"organisation {whose[:80]!r} does not exist; {nearest(whose, [one.name for one in known])}; vigie people list shows them")


def _save(folder: Path, files: Mapping[str, bytes]) -> None:
    from core.files import atomic

    for name, content in files.items():
        with atomic(folder / name) as temporary:
            temporary.write_bytes(content)
        console().print(f"Écrit : {folder / name}", markup=False)


def _stream(path: Path, lines: Iterable[str]) -> None:
    from core.files import atomic

    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as out:
        out.writelines(lines)
    console().print(f"Écrit : {path}", markup=False)
