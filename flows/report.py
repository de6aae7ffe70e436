"""A run as a page that people read: per source what was seen and what became of it, then scoring, index and alarms. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.records import Record, SourceReport
from crawlers.expect import is_blind, meaning
from flows.alerting import Delivered
from flows.publishing import PublishReport
from flows.scoring import ScoreReport

if TYPE_CHECKING:
    from collections.abc import Iterable

COLUMNS = (("seen", "vus"), ("kept", "gardés"), ("duplicate", "déjà connus"), ("dropped", "écartés"), ("set_aside", "mis de côté"),
           ("failed", "en échec"), ("unchanged", "pages inchangées"))  # fmt: skip


class RunReport(Record):
    """What one daily run did. ``broken``: sources that gave an error instead of counts."""

    sources: tuple[SourceReport, ...]
    broken: dict[str, str]
    score: ScoreReport
    publish: PublishReport
    alerts: Delivered = Delivered(0, 0, 0)


def markdown(report: RunReport) -> str:
    """The run's artifact, in French."""
    lines = ["# Passage de Vigie", "", "| source | " + " | ".join(label for _, label in COLUMNS) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    lines += [f"| {source.source} | " + " | ".join(str(getattr(source, name)) for name, _ in COLUMNS) + " |" for source in report.sources]
    lines.append("| **total** | " + " | ".join(f"**{sum(getattr(source, name) for source in report.sources)}**" for name, _ in COLUMNS) + " |")
    lines += ["", f"Évalués : {report.score.scored} (mis de côté : {report.score.set_aside}). Indexés : {report.publish.indexed}, "
              f"version plus récente déjà là : {report.publish.duplicate}, refusés par l'index : {report.publish.failed}."]  # fmt: skip
    if any(report.alerts):
        lines.append(f"Alertes envoyées : {report.alerts.sent}, à renvoyer : {report.alerts.waiting}, abandonnées : {report.alerts.failed}.")
    broken, alarms = _section("Sources en panne", report.broken.items()), _section("À regarder", _alarms(report.sources))
    return "\n".join(lines + broken + alarms + _reasons(report.sources))


def _section(title: str, rows: Iterable[tuple[str, str]]) -> list[str]:
    found = [f"- **{name}** : {message}" for name, message in rows]
    return ["", f"## {title}", "", *found] if found else []


def _alarms(sources: tuple[SourceReport, ...]) -> list[tuple[str, str]]:
    return [(source.source, alarm) for source in sources for alarm in source.alarms]


def _reasons(sources: tuple[SourceReport, ...]) -> list[str]:
    totals: dict[str, int] = {}
    for source in sources:
        for reason, count in source.reasons.items():
            totals[reason] = totals.get(reason, 0) + count
    rows = sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))
    blind, other = ([(reason, f"{count} ({meaning(reason)})") for reason, count in rows if is_blind(reason) is wanted] for wanted in (True, False))
    return _section("Angles morts", blind) + _section("Autres raisons", other)
