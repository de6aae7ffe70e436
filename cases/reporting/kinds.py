"""Each kind of report: its name, its record, its paper, its files. The one table that pages, command and API go by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from cases.papers.article34 import Article34, article34_csv
from cases.papers.article34_paper import article34_paper
from cases.papers.docx import docx
from cases.papers.pdf import paper_pdf
from cases.papers.tableau import Picture, picture_csv, picture_paper
from cases.reporting.checking import refuse
from cases.reporting.figures import Yearly
from cases.reporting.statistics import Statistics
from cases.reporting.statistics_paper import statistics_csv, statistics_paper
from cases.reporting.tables import yearly_csv, zipped
from cases.reporting.yearly_paper import DRAFT, Edition, yearly_paper
from cases.scanning import personal_data
from core.errors import NotFound, nearest
from core.times import paris

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cases.papers.paper import Paper
    from cases.reports import Kind, Report
    from core.records import Record


class Sort(NamedTuple):
    """A kind of report. ``slug``: in addresses; ``files``: of its CSV tables by name."""

    kind: Kind
    slug: str
    name: str
    about: str
    record: type[Record]
    paper: Callable[[Any, Edition, str], Paper]
    files: Callable[[Any], Mapping[str, bytes]]


SORTS: tuple[Sort, ...] = (
    Sort(
        "annuel_22_3", "annuel", "Rapport annuel (art. 22)",
        "Notifications par fournisseur, type de contenu et suite donnée ; délais, réclamations, qualité, indépendance.",
        Yearly, lambda figures, edition, _: yearly_paper(figures, edition), yearly_csv,
    ),
    Sort(
        "statistiques", "statistiques", "Statistiques pour la Miviludes et les Ordres",
        "Nombre, nature et caractéristiques des contenus ; rien n'y compte moins de cinq.",
        Statistics, lambda figures, _, organisation: statistics_paper(figures, organisation=organisation),
        lambda figures: {"statistics.csv": statistics_csv(figures)},
    ),
    Sort(
        "tableau_annuel", "tableau", "Tableau de l'année",
        "Combien de contenus, par thème, plateforme et signe, et ce qui change sur un an ; avec des graphiques.",
        Picture, lambda figures, _, organisation: picture_paper(figures, organisation=organisation),
        lambda figures: {"picture.csv": picture_csv(figures)},
    ),
    Sort(
        "article_34", "article-34", "Contribution sur les risques systémiques (art. 34)",
        "Ce qui est licite mais préoccupant, agrégé, pour aider une plateforme à évaluer ses risques.",
        Article34, lambda figures, _, organisation: article34_paper(figures, organisation=organisation),
        lambda figures: {"article34.csv": article34_csv(figures)},
    ),
)  # fmt: skip


def sort_of(name: str) -> Sort:
    """A kind of report by its kind or slug. Raises NotFound."""
    found = next((one for one in SORTS if name in (one.kind, one.slug)), None)
    if found is None:
        raise NotFound(f"a report of the kind {name[:40]!r} does not exist; {nearest(name[:40], [one.slug for one in SORTS])}")
    return found


def edition_of(report: Report, *, address: str = "") -> Edition:
    """What the version of a frozen report adds to its figures."""
    published = paris(report.published_at, day=True) if report.published_at else ""
    return Edition(report.version, report.changelog, paris(report.made_at, day=True), published, address)


def paper_of(report: Report, *, names: Iterable[str], address: str = "") -> Paper:
    """A frozen report as a paper, looked through once more. Raises Invalid where it names somebody."""
    sort = sort_of(report.kind)
    return drawn(sort, sort.record.model_validate(report.figures), report.organisation, names=names, edition=edition_of(report, address=address))


def drawn(sort: Sort, figures: Record, organisation: str, *, names: Iterable[str], edition: Edition = DRAFT) -> Paper:
    """Figures as a paper. Raises Invalid where it names somebody."""
    entity = getattr(figures, "entity", None)
    ours = [edition.address, *((entity.contact, entity.website) if entity else ())]
    return checked(sort.paper(figures, edition, organisation), names=names, ours=ours)


def checked(paper: Paper, *, names: Iterable[str], ours: Iterable[str] = ()) -> Paper:
    """The same paper, unless something in it reaches or names a known person: the last look at what is printed. Raises Invalid.

    ``ours``: addresses of the organisation itself and of this report, where they stand alone.
    """
    own = {"", *ours}
    texts = {f"ligne {number}": text for number, text in enumerate(dict.fromkeys(_texts(paper.data)), 1) if text not in own}
    refuse(personal_data(texts, names=names, sites=[urlsplit(one).netloc for one in own], allowed=[paper.organisation], loose=False))
    return paper


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def files_of(report: Report, *, names: Iterable[str], address: str = "") -> dict[str, bytes]:
    """Everything of a frozen report that is kept as a file: PDF, DOCX, the CSV tables and all tables as one zip."""
    sort, paper = sort_of(report.kind), paper_of(report, names=names, address=address)
    tables = dict(sort.files(sort.record.model_validate(report.figures)))
    return {"rapport.pdf": paper_pdf(paper), "rapport.docx": docx(paper), "tables.zip": zipped(tables), **tables}
