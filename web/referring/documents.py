"""A dossier as it is printed: on the page, and as files that a person hands over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases import bundles, dossier_leaving
from cases.dossier_reasons import load_setting
from cases.papers.docx import docx
from cases.papers.dossier import Setup, dossier_paper
from cases.papers.pdf import paper_pdf
from cases.papers.text import paper_text
from cases.profiles import notifier
from core.errors import Conflict, NotFound, nearest
from web.noticing.documents import File

if TYPE_CHECKING:
    from cases.dossiers import Dossier
    from cases.papers.paper import Paper
    from cases.people import Actor
    from cases.signing import Signature
    from web.console import Console

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ENDINGS = {"pdf": "application/pdf", "docx": WORD, "txt": "text/plain; charset=utf-8"}


def paper_of(console: Console, dossier: Dossier, actor: Actor) -> Paper:
    """What it is printed as now. Raises Conflict once it is erased."""
    if dossier.content is None:
        raise Conflict(f"what dossier {dossier.id} said is erased; only what became of it is kept")
    valid = dossier_leaving.counting(console.database, dossier.id, actor=actor, secret=console.secret)
    setup = Setup(
        dossier, dossier.content, notifier(console.database, dossier.organisation_id), load_setting(), signatures=valid,
        bundles=bundles.of_subject(console.database, "dossier", dossier.id), signed=is_signed(console, dossier, actor),
    )  # fmt: skip
    return dossier_paper(setup)


def is_signed(console: Console, dossier: Dossier, actor: Actor) -> bool:
    """Whether nothing is lacking of its signatures; what has left is."""
    if dossier.sent_at:
        return True
    return dossier.content is not None and not any(dossier_leaving.missing(console.database, dossier.id, actor=actor, secret=console.secret))


def file_of(console: Console, dossier: Dossier, ending: str, actor: Actor) -> File:
    """The dossier as a file: pdf, docx (to be edited), txt. Raises NotFound, Conflict."""
    if ending not in ENDINGS:
        raise NotFound(f"a dossier has no document.{ending[:10]}; {nearest(ending[:10], ENDINGS)}")
    paper = paper_of(console, dossier, actor)
    body = paper_pdf(paper) if ending == "pdf" else docx(paper) if ending == "docx" else paper_text(paper).encode()
    return File(body, ENDINGS[ending], f"dossier-{dossier.kind}-{dossier.id[:12]}.{ending}")


def signers(console: Console, dossier: Dossier, actor: Actor) -> tuple[Signature, ...]:
    """The signatures that count."""
    return dossier_leaving.counting(console.database, dossier.id, actor=actor, secret=console.secret)
