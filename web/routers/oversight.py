"""/administration, what is only looked at: model and thresholds, sources, health, and the audit trail with its proof."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from cases import audit
from cases.policy import load_policy
from cases.retention import load_rules
from core.errors import Invalid
from web.access import allow
from web.console import Console, ConsoleOf
from web.naming import FLOWS, action_names, marker_names, people_names
from web.overseeing import LEAST_FREE, batches, disk, model_in_force, queues, source_states
from web.pages import render

router = APIRouter(prefix="/administration")
GATE = [Depends(allow("administer"))]
STUCK = timedelta(minutes=15)  # a submission takes seconds
PAGE = 50
KINDS = {
    "person": "personne", "organisation": "organisation", "key": "clé", "submission": "soumission", "document": "contenu", "review": "lecture",
    "decision": "décision", "contest": "contestation", "urgency": "urgence", "golden": "repère", "opt_out": "opposition",
    "identification": "identification", "comment": "commentaire", "erasing": "effacement",
}  # fmt: skip


@router.get("/modele", dependencies=GATE)
def model_page(request: Request, console: ConsoleOf) -> Response:
    """What is in force: model, thresholds, taxonomy, policy of reading, periods of keeping."""
    return render(
        request, "administration/modele.html", model=model_in_force(console), taxonomy=console.taxonomy, policy=load_policy(), rules=load_rules(),
        markers=marker_names(console.taxonomy),
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
    return render(
        request, "administration/sante.html", health=console.index.health(), database=console.database.name, free=free, total=total, least=LEAST_FREE,
        waiting=waiting, batches=batches(console.settings.archive_dir), entries=audit.count(console.database), now=now,
    )  # fmt: skip


@router.get("/journal", dependencies=GATE)
def journal_page(
    *, request: Request, console: ConsoleOf, acteur: Annotated[str, Query(max_length=80)] = "", genre: Annotated[str, Query(max_length=32)] = "",
    objet: Annotated[str, Query(max_length=512)] = "", avant: Annotated[int | None, Query(ge=1)] = None,
) -> Response:  # fmt: skip
    """Who did what, the newest first."""
    return _journal(request, console, actor=acteur, subject=(genre, objet), before=avant)


@router.post("/journal/verifier", dependencies=GATE)
def verify(request: Request, console: ConsoleOf) -> Response:
    """Compute the whole chain anew and say whether it holds."""
    return _journal(request, console, verified=audit.verify(console.database))


def _journal(
    request: Request, console: Console, *, actor: str = "", subject: tuple[str, str] = ("", ""), before: int | None = None,
    verified: audit.Verified | None = None,
) -> Response:  # fmt: skip
    if bool(subject[0]) != bool(subject[1].strip()):
        raise Invalid("a subject is its kind and its identifier; choose both or neither")
    wanted = (subject[0], subject[1].strip()) if subject[0] else None
    entries = audit.entries(console.database, subject=wanted, actor=actor or None, before=before, size=PAGE)
    return render(
        request, "administration/journal.html", entries=entries, names=people_names(console), flows=FLOWS, kinds=KINDS, chosen=actor,
        subject=subject, actions=action_names(), verified=verified, now=datetime.now(UTC), more=entries[-1].number if len(entries) == PAGE else None,
    )  # fmt: skip
