"""The yearly picture, in the manner of the Miviludes' reports: how many contents, how they are shared out, and what changed on the year before."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Literal

from pydantic import AwareDatetime

from cases.papers.charts import bars, figure_of, said
from cases.papers.cuts import NO, YES, Count, Counts, Cut, Line, change, counted, cuts, cuts_csv
from cases.papers.paper import Block, Caution, Chart, Facts, Heading, Listing, Paper, Table, Text
from cases.papers.seen import WORRYING
from cases.platforms import OTHER, load_platforms
from cases.reporting.words import markers_named
from cases.reviewed import MONTHS, day
from core.numbers import french
from core.records import Record
from core.taxonomy import load_taxonomy
from core.times import PARIS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cases.papers.seen import Seen

QUALIFICATION_NAMES: Mapping[str, str] = {
    "licite_preoccupant": "Licites mais préoccupants", "illicite_presume": "Présumés illicites", "urgence": "Urgences",
}  # fmt: skip
NAMES: Mapping[str, str] = {
    "month": "Mois de la décision", "theme": "Thème", "platform": "Plateforme", "qualification": "Qualification", "flag": "Signe transversal",
}  # fmt: skip
MOST_BARS = 14  # in one picture, so that it fits a page with its table's head; the table has all
SHOWN = ("month", "theme", "platform", "qualification", "flag")


class Picture(Record):
    """The figures of a year. ``read``: all contents decided on, also those found outside the subject; None: hidden."""

    kind: Literal["tableau_annuel"] = "tableau_annuel"
    schema_version: int = 1
    since: date
    until: date
    as_of: AwareDatetime
    read: Count
    total: Count | None
    read_before: Count
    total_before: Count | None
    cuts: tuple[Cut, ...]

    def cut(self, dimension: str) -> Cut:
        """Of one characteristic."""
        return next(one for one in self.cuts if one.dimension == dimension)


def picture(rows: Iterable[Seen], before: Iterable[Seen] | Picture, *, since: date, until: date, as_of: datetime | None = None) -> Picture:
    """Pure. ``rows``: decided from ``since`` to ``until``; ``before``: in the same days a year earlier, or the picture of them that is published.

    What is published is taken as it stands: counted anew, it could tell by what it hides now what that one hid.
    """
    this = list(rows)
    flags = [flag.id for flag in load_taxonomy().flags]
    now = _counted(this, flags)
    if isinstance(before, Picture):
        was, read_before = _as_published(before, flags), before.read
    else:
        last = list(before)
        was, read_before = _counted(last, flags), len(last)
    names = [name for name in SHOWN if name != "flag"]
    return Picture(
        since=since, until=until, as_of=as_of or datetime.now(UTC), read=len(this), total=now[0], read_before=read_before, total_before=was[0],
        cuts=(*cuts(now, was, names=names), flag_cut(cuts(now, was, names=flags), "flag")),
    )  # fmt: skip


def _counted(rows: Iterable[Seen], flags: Iterable[str]) -> Counts:
    return counted([row for row in rows if row.qualification in WORRYING], _dimensions(flags))


def _as_published(one: Picture, flags: Iterable[str]) -> Counts:
    """Its counts, as ``counted`` gave them."""
    told = {name: {line.value: line.number for line in one.cut(name).lines} for name in SHOWN}
    shown = told.pop("flag")
    return one.total, {**told, **{flag: {YES: shown[flag]} if flag in shown else {} for flag in flags}}


def year_before(since: date, until: date) -> tuple[date, date]:
    """The same days a year earlier; of 29 February, the 28th."""
    return _earlier(since), _earlier(until)


def _earlier(given: date) -> date:
    return given.replace(year=given.year - 1, day=28 if (given.month, given.day) == (2, 29) else given.day)


def _dimensions(flags: Iterable[str]) -> dict[str, Callable[[Seen], str]]:
    named: dict[str, Callable[[Seen], str]] = {
        "month": lambda row: f"{row.at.astimezone(PARIS):%m}",
        "theme": lambda row: "+".join(row.markers),
        "platform": lambda row: row.platform,
        "qualification": lambda row: row.qualification,
    }
    return named | {flag: flag_of(flag) for flag in flags}


def flag_of(flag: str) -> Callable[[Seen], str]:
    """Whether a content shows a flag, as a characteristic of its own."""
    return lambda row: YES if flag in row.flags else NO


def flag_cut(found: Iterable[Cut], dimension: str) -> Cut:
    """Of many yes-or-no characteristics, those that anything shows, as one cut."""
    lines = [line.model_copy(update={"value": cut.dimension}) for cut in found for line in cut.lines if line.value == YES]
    return Cut(dimension=dimension, lines=tuple(sorted(lines, key=lambda one: (-(one.number or 0), one.value))))


def named(dimension: str, value: str) -> str:
    """A value as people read it."""
    if dimension == "month":
        return MONTHS[int(value) - 1]
    if dimension == "theme":
        return markers_named(value)
    if dimension == "platform":
        return platform_named(value)
    if dimension == "qualification":
        return QUALIFICATION_NAMES.get(value, value)
    return load_taxonomy().flag(value).name if dimension == "flag" else value


def platform_named(value: str) -> str:
    """The service of an id of cases/platforms."""
    found = next((one for one in load_platforms().all if one.id == value), None)
    return "Non connue" if value == "inconnu" else "Autre" if found is None or value == OTHER else found.service


def picture_paper(one: Picture, *, organisation: str) -> Paper:
    """The year on paper: each chart with its words and the table of the same figures."""
    return Paper(
        title="Tableau de l'année",
        subtitle=f"Contenus lus et décidés du {day(one.since)} au {day(one.until)}",
        organisation=organisation,
        date=f"le {day(one.as_of.astimezone(PARIS))}",
        reference=f"Période {one.since}/{one.until}",
        blocks=(*_opening(one), *(block for name in SHOWN for block in _section(one, name)), *_method()),
    )


def _opening(one: Picture) -> Iterator[Block]:
    moved = change(one.total, one.total_before)
    yield Heading(1, "L'essentiel")
    yield Facts((
        ("Contenus lus et décidés", f"{french(one.read)} (un an plus tôt : {french(one.read_before)})"),
        ("Dont préoccupants, présumés illicites ou urgents", f"{figure_of(one.total)} (un an plus tôt : {figure_of(one.total_before)})"),
        ("Évolution de ceux-ci sur un an", evolution(moved)),
    ))  # fmt: skip
    yield Caution(
        "Ces chiffres comptent des contenus que cette organisation et ses partenaires ont lus, pas tous ceux qui existent : une hausse peut venir "
        "de lectures plus nombreuses. Ils ne disent rien d'aucune personne."
    )


def _section(one: Picture, dimension: str) -> Iterator[Block]:
    yield Heading(1, NAMES[dimension])
    yield from drawn(one.cut(dimension), one.since.year, name=NAMES[dimension], label=lambda value: named(dimension, value))


def drawn(cut: Cut, year: int, *, name: str, label: Callable[[str], str], compared: bool = True) -> Iterator[Block]:
    """A cut as a chart and as a table."""
    if not cut.lines:
        yield Text("Aucun contenu.")
        return
    labels, values = [label(line.value) for line in cut.lines], [line.number for line in cut.lines]
    before = [line.before for line in cut.lines] if compared else None
    first = slice(None, MOST_BARS)
    title = f"Contenus par {name[:1].lower()}{name[1:]}, {year}" + (f" : les {MOST_BARS} premiers" if len(labels) > MOST_BARS else "")
    shown = labels[first], values[first], before[first] if before else None
    yield Chart(bars(title, *shown[:2], before=shown[2], names=(str(year), str(year - 1))), said(title, *shown[:2], before=shown[2]))
    head = (name, str(year), "Part", str(year - 1), "Évolution") if compared else (name, str(year), "Part")
    rows = tuple(_row(text, line)[: len(head)] for text, line in zip(labels, cut.lines, strict=True))
    yield Table(head, rows, widths=(5, 1.4, 1.4, 1.4, 1.8)[: len(head)], numbers=tuple(range(1, len(head))))


def _row(label: str, line: Line) -> tuple[str, ...]:
    return label, figure_of(line.number), percent(line.share), figure_of(line.before), evolution(line.change)


def percent(value: float | None) -> str:
    """``12,5 %``; a dash where it cannot be said."""
    return "—" if value is None else f"{french(value * 100, digits=1)} %"


def evolution(value: float | None) -> str:
    """``+ 12,5 %``; a dash where it cannot be said."""
    return "—" if value is None else f"{'+' if value >= 0 else '−'} {percent(abs(value))}"


def _method() -> Iterator[Block]:
    yield Heading(1, "Comment lire ces chiffres")
    yield Listing((
        "Un contenu compte au mois où des personnes en ont décidé, avec la décision qui vaut aujourd'hui.",
        "Les thèmes sont ceux de la grille de lecture de Vigie. Un contenu peut en avoir plusieurs ; il compte une fois, sous leur réunion.",
        "Les signes transversaux sont relevés par un outil automatique et ne sont pas des décisions ; un contenu peut en montrer plusieurs.",
        "« masqué » : un nombre de 1 à 4, ou un autre qui permettrait de le calculer.",
        "Une part se lit sur le total des contenus préoccupants, présumés illicites ou urgents de la période.",
        "Les contenus effacés depuis, leur délai de conservation passé, ont quitté l'index : leur plateforme et leurs signes ne sont plus connus.",
    ))  # fmt: skip


def picture_csv(one: Picture) -> bytes:
    """One row a value."""
    total = Line(value="", number=one.total, share=None, before=one.total_before, change=change(one.total, one.total_before))
    return cuts_csv(one.since, one.until, total, one.cuts)
