"""/administration, what is only looked at: model and thresholds, sources, health, and the audit trail with its proof."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from cases import audit
from cases.people import Actor
from cases.policy import load_policy
from cases.retention import load_rules
from web.access import allow
from web.console import Console, ConsoleOf
from web.naming import FLOWS, QUALIFICATION_NAMES, action_names, marker_names, people_names
from web.overseeing import LEAST_FREE, batches, disk, model_in_force, queues, source_states
from web.pages import render
from web.sentences import Refused
from web.trail import french, lines, warning

router = APIRouter(prefix="/administration")
Allowed = Annotated[Actor, Depends(allow("administer"))]
GATE = [Depends(allow("administer"))]
STUCK = timedelta(minutes=15)  # a submission takes seconds
PAGE = 50
HALF = "Choisissez un genre d'objet et donnez son identifiant, ou laissez les deux vides."
KINDS = {
    "person": "personne", "organisation": "organisation", "key": "clé", "submission": "signalement", "document": "contenu", "review": "lecture",
    "decision": "décision", "contest": "contestation", "urgency": "urgence", "golden": "repère", "opt_out": "opposition",
    "identification": "identification", "comment": "commentaire", "erasing": "effacement", "report": "rapport",
}  # fmt: skip


@router.get("/modele", dependencies=GATE)
def model_page(request: Request, console: ConsoleOf) -> Response:
    """What is in force: model, thresholds, taxonomy, policy of reading, periods of keeping."""
    return render(
        request, "administration/modele.html", model=model_in_force(console), taxonomy=console.taxonomy, policy=load_policy(), rules=load_rules(),
        settings=french()["policy"], qualifications=QUALIFICATION_NAMES, markers=marker_names(console.taxonomy),
    )  # fmt: skip


@router.get("/sources", dependencies=GATE)
def sources_page(request: Request, console: ConsoleOf) -> Response:
    """What each source gives and what it does not."""
    return render(request, "administration/sources.html", sources=source_states(console))


@router.get("/sante", dependencies=GATE)
def health_page(request: Request, console: ConsoleOf) -> Response:
    """Whether everything runs, and what waits."""
    now = datetime.now(UTC)
    free, total = disk(console.settings.data_dir)
    waiting = queues(console.database, alerts=console.settings.alerts_dir, now=now, stuck_since=now - STUCK)
    health = console.index.health()
    warnings = [(warning(line), line) for line in health.warnings]
    return render(
        request, "administration/sante.html", health=health, warnings=warnings, database=console.database.name, free=free, total=total,
        least=LEAST_FREE, waiting=waiting, batches=batches(console.settings.archive_dir), entries=audit.count(console.database), now=now,
    )  # fmt: skip


@router.get("/journal")
def journal_page(
    *, request: Request, actor: Allowed, console: ConsoleOf, acteur: Annotated[str, Query(max_length=80)] = "",
    genre: Annotated[str, Query(max_length=32)] = "", objet: Annotated[str, Query(max_length=512)] = "",
    avant: Annotated[int | None, Query(ge=1)] = None,
) -> Response:  # fmt: skip
    """Who did what, the newest first."""
    return _journal(request, actor, console, who=acteur, subject=(genre, objet), before=avant)


@router.post("/journal/verifier")
def verify(request: Request, actor: Allowed, console: ConsoleOf) -> Response:
    """Compute the whole chain anew and say whether it holds."""
    return _journal(request, actor, console, verified=audit.verify(console.database))


def _journal(
    request: Request, actor: Actor, console: Console, *, who: str = "", subject: tuple[str, str] = ("", ""), before: int | None = None,
    verified: audit.Verified | None = None,
) -> Response:  # fmt: skip
    kind, name = subject[0], subject[1].strip()
    half = bool(kind) != bool(name)
    wanted = (kind, name) if kind and not half else None
    names = people_names(console)
    entries = () if half else audit.entries(console.database, subject=wanted, actor=who or None, before=before, size=PAGE)
    no = Refused(HALF, "objet" if kind else "genre") if half else None
    shown = lines(entries, names=names, actor=actor, of_document=kind == "document")
    return render(
        request, "administration/journal.html", status=422 if half else 200, lines=shown, names=names, flows=FLOWS, kinds=KINDS, chosen=who,
        subject=subject, actions=action_names(), verified=verified, now=datetime.now(UTC), no=no,
        more=entries[-1].number if len(entries) == PAGE else None,
    )  # fmt: skip
