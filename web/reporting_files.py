"""Files of reports: of a draft, made when they are asked for; of a published version, written once below the data folder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.responses import Response

from cases.papers.docx import docx
from cases.papers.paper import Chart
from cases.papers.pdf import paper_pdf
from cases.reporting.checking import refuse
from cases.reporting.kinds import files_of, paper_of
from cases.reporting.tables import zipped
from cases.reports import known_names, refuse_loose_draft
from core.errors import NotFound, nearest
from core.files import atomic
from web.reporting import draft

if TYPE_CHECKING:
    from pathlib import Path

    from cases.papers.paper import Paper
    from cases.reporting.kinds import Sort
    from cases.reports import Report
    from web.console import Console
    from web.reporting import Asked

FOLDER = "reports"
CHART = re.compile(r"graphique-(\d{1,3})\.png")  # by its place among the blocks of the paper
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
TYPES = {"pdf": "application/pdf", "docx": DOCX, "zip": "application/zip", "csv": "text/csv; charset=utf-8"}
KINDS_OF_FILE = {"rapport.pdf": "PDF", "rapport.docx": "Word (DOCX)", "tables.zip": "Tableaux (CSV, zip)"}


def public_address(console: Console, report_id: str) -> str:
    """Where everybody can read a report once it is published; "" where the console does not know its own address."""
    url = console.settings.console_url
    return f"{str(url).rstrip('/')}/rapports/publics/{report_id}" if url else ""


def attached(content: bytes, name: str) -> Response:
    """A file to keep."""
    kind = TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def draft_file(sort: Sort, console: Console, asked: Asked, name: str) -> Response:
    """A file of a draft. Raises Forbidden for a kind that hides small numbers, Invalid where it could name somebody, NotFound."""
    refuse_loose_draft(sort.kind)
    if name not in KINDS_OF_FILE:
        raise NotFound(f"file {name[:40]!r} of a draft does not exist; {nearest(name[:40], KINDS_OF_FILE)}")
    found = draft(sort, console.database, console.index, asked)
    refuse(found.findings)
    if name == "tables.zip" or found.paper is None:
        return attached(zipped(sort.files(found.figures)), f"{sort.slug}-{asked.since}-{asked.until}.zip")
    return attached(paper_file(found.paper, name), f"{sort.slug}-{asked.since}-{asked.until}.{name.rpartition('.')[2]}")


def paper_file(paper: Paper, name: str) -> bytes:
    """A paper as PDF or DOCX, as the name's ending says."""
    return docx(paper) if name.endswith(".docx") else paper_pdf(paper)


def kept_file(console: Console, report: Report, name: str) -> Response:
    """A file of a frozen report: as it was written when it was published, else made anew. Raises NotFound."""
    names, address = known_names(console.database), public_address(console, report.id)
    if found := CHART.fullmatch(name):
        return _chart(paper_of(report, names=names, address=address), int(found[1]))
    path = _folder(console, report) / name
    if report.published_at and name in _names(path.parent):
        return attached(path.read_bytes(), f"{report.kind}-{report.since}-{report.until}-v{report.version}-{name}")
    made = files_of(report, names=names, address=address)
    if name not in made:
        raise NotFound(f"file {name[:40]!r} of this report does not exist; {nearest(name[:40], made)}")
    return attached(made[name], f"{report.kind}-{report.since}-{report.until}-v{report.version}-{name}")


def _chart(paper: Paper, place: int) -> Response:
    block = paper.blocks[place] if place < len(paper.blocks) else None
    if not isinstance(block, Chart):
        raise NotFound(f"the report has no picture at {place}")
    return Response(block.png, media_type="image/png")


def keep(console: Console, report: Report) -> Path:
    """Write the files of a published report, once: what is there stays. The folder."""
    folder = _folder(console, report)
    there = _names(folder)
    for name, content in files_of(report, names=known_names(console.database), address=public_address(console, report.id)).items():
        if name not in there:
            with atomic(folder / name) as temporary:
                temporary.write_bytes(content)
    return folder


def _folder(console: Console, report: Report) -> Path:
    return console.settings.data_dir / FOLDER / report.id


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")} if folder.is_dir() else set()
