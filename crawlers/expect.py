"""After a run: silence is the enemy. Zero items, too few, too many, or a wall is an alarm that a person reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.records import SourceReport
    from crawlers.catalog import Source

WALLS = ("bot_wall", "cookie_wall", "script_shell", "login_required", "not_a_feed", "private_address", "other_host", "robots_txt")


def alarms(source: Source, report: SourceReport) -> tuple[str, ...]:
    """What in this run's counts is not as the source file expects."""
    read, expect = report.kept + report.duplicate, source.expect
    found = []
    if read == 0 and expect.min == 0:
        found.append("nothing was read: the place may have changed, moved or closed")
    if read < expect.min:
        found.append(f"{read} documents read, at least {expect.min} expected")
    if expect.max is not None and read > expect.max:
        found.append(f"{read} documents read, at most {expect.max} expected")
    found += [f"{count} x {reason}" for reason, count in report.reasons.items() if reason in WALLS]
    return tuple(found)
