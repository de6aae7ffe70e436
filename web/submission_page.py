"""What the page of one submission shows, gathered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from cases import decisions, following, submissions
from core.errors import Unavailable
from core.logs import get_logger
from web.links import follow_token
from web.listing import address_of, name_of
from web.progress import ANNOUNCED, FINAL, progress
from web.seen import seen
from web.similar import similar

if TYPE_CHECKING:
    from starlette.requests import Request

    from cases.people import Actor
    from cases.submissions import Submission
    from index.documents import Entry
    from web.console import Console
    from web.progress import Progress
    from web.similar import Likeness

log = get_logger(__name__)
SLOW = timedelta(seconds=45)  # a warm worker takes five


def page(console: Console, submission: Submission, *, actor: Actor) -> dict[str, Any]:
    """The values of the templates detail.html and _etat.html. Raises Unavailable, ConfigError."""
    found = progress_of(console, submission)
    shown = content_of(console, submission, organisation_id=actor.organisation_id)
    contests = following.contests(console.database, submission.id)
    token = follow_token(console, submission.id)
    return {
        "submission": submission,
        "shared": False,
        "name": name_of(submission, shown.entry),
        "address": address_of(submission),
        "progress": found,
        "live": not found.final,
        "slow": is_slow(submission),
        "moving": mark_of(submission),
        "announced": None,
        "seen": seen(shown.entry, console.taxonomy) if shown.entry else None,
        "likeness": shown.likeness,
        "silent": shown.silent,
        "taxonomy": console.taxonomy,
        "contests": contests,
        "contested": any(one.answered_at is None for one in contests),
        "may_contest": actor.has("soumet"),
        "may_submit": actor.has("soumet", "analyse", "valide"),
        "link_path": f"/suivi/{token}",
    }


class Content(NamedTuple):
    """What the index holds of a submission, and what resembles it. ``silent``: the index does not answer now."""

    entry: Entry | None = None
    likeness: Likeness | None = None
    silent: bool = False


def content_of(console: Console, submission: Submission, *, organisation_id: str) -> Content:
    """Of a submission that was read. Raises ConfigError."""
    if submission.state != "visible":
        return Content()
    try:
        entry = console.index.get(submission.document_id)
        return Content(entry, similar(console, entry, organisation_id=organisation_id) if entry else None)
    except Unavailable as error:  # the rest of the page is worth showing
        log.warning("index_unavailable", submission=submission.id, error=str(error))
        return Content(silent=True)


def progress_of(console: Console, submission: Submission) -> Progress:
    """Where it stands. Raises Unavailable, ConfigError."""
    decided = decisions.standing(console.database, [submission.document_id]).get(submission.document_id)
    steps = submissions.steps(console.database, submission.id)
    events = following.events(console.database, submission)
    return progress(submission, steps=steps, events=events, decided=decided, taxonomy=console.taxonomy)


def mark_of(submission: Submission) -> str:
    """Changes when the moving part of the page does, so that a page that asks is told only what is new."""
    return f"{submission.state}{'-lent' if is_slow(submission) else ''}"


def is_slow(submission: Submission) -> bool:
    """Whether it takes longer than usual."""
    return submission.state not in FINAL and datetime.now(UTC) - submission.updated_at > SLOW


def announced(submission: Submission) -> str:
    """What a screen reader says when the state has changed."""
    return ANNOUNCED[submission.state]


def base_of(request: Request, console: Console) -> str:
    """The console's own address without a slash at its end: as it is set, else as it was asked for."""
    url = console.settings.console_url
    return str(url or request.base_url).rstrip("/")
