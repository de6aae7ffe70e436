"""After a run: silence is the enemy. Zero items, too few, too many, a wall or a field that went missing is an alarm that a person reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from crawlers.catalog import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from core.records import Document, SourceReport
    from crawlers.catalog import Source

# reasons that mean: there was something to see, and Vigie did not see it
BLIND = frozenset(
    {
        "account_locked", "account_moved", "account_suspended", "api_error", "blocked_channel", "bot_wall", "closed_group", "cookie_wall",
        "empty_answer", "empty_page", "gap", "limit_reached", "login_required", "no_such_account", "no_such_channel", "no_such_thread",
        "other_host", "preview_disabled", "private_address", "rate_limited", "robots_txt", "script_shell", "search_closed", "selector_none",
        "selector_several", "silent_stream", "tdm_reserved", "too_large", "unreadable_feed", "unreadable_json", "unreadable_page",
    }
)  # fmt: skip
DROP = 0.3  # a field that this share of documents lost since earlier runs was lost by a change of the page
LEAST = 5  # documents in a run before shares of it mean anything
FUNDING = ("raised", "goal", "donors")


def is_blind(reason: str) -> bool:
    """Whether a reason names a blind spot rather than a single bad item. A page that is not of its kind (``not_a_...``) has changed."""
    return reason in BLIND or reason.startswith("http_") or (reason.startswith("not_") and reason != "not_public")


def presence(document: Document) -> Iterator[str]:
    """The fields of ``catalog.FIELDS`` that a document has, and "text", which all have."""
    yield "text"
    for name in FIELDS:
        place = document.funding if name in FUNDING else document
        if place is not None and getattr(place, name) not in (None, (), ""):
            yield name


def alarms(source: Source, report: SourceReport, *, earlier: Sequence[SourceReport] = ()) -> tuple[str, ...]:
    """What in this run is not as the source file expects, or not as in ``earlier`` runs."""
    read, expect = report.kept + report.duplicate + report.dropped, source.expect
    found = []
    if not report.unchanged:
        if read == 0 and expect.min == 0:
            found.append("nothing was read: the place may have changed, moved or closed")
        if read < expect.min:
            found.append(f"{read} documents read, at least {expect.min} expected")
    if expect.max is not None and read > expect.max:
        found.append(f"{read} documents read, at most {expect.max} expected")
    found += [f"{count} x {reason}" for reason, count in report.reasons.items() if is_blind(reason)]
    return (*found, *_fields(expect.fields, report, earlier))


def _fields(least: Mapping[str, float], report: SourceReport, earlier: Sequence[SourceReport]) -> Iterator[str]:
    """Fields that fewer documents have than the file asks for, or far fewer than in earlier runs."""
    if report.kept + report.duplicate < LEAST or not report.fields:  # what a listing said is unchanged was not read again
        return
    comparable = [one.fields for one in earlier if one.kept + one.duplicate >= LEAST]
    for name in FIELDS:
        now, usual = report.fields.get(name, 0.0), _median([fields.get(name, 0.0) for fields in comparable])
        if now < least.get(name, 0.0):
            yield f"{name}: {now:.0%} of the documents have it, at least {least[name]:.0%} expected"
        elif usual - now > DROP:
            yield f"{name}: {now:.0%} of the documents have it, {usual:.0%} in earlier runs; the page may have changed"


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0
