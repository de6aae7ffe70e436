"""Tables that people read in a terminal, in French. Crawled text is hostile: markup and control characters are taken out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from crawlers.expect import meaning, presence
from flows.report import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from core.records import SourceReport
    from crawlers.coverage import Coverage
    from flows.trying import Trial

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def safe(text: str) -> str:
    """Crawled text on one line, without escape sequences or direction marks that could redraw the terminal."""
    return " ".join(CONTROL.sub(" ", text).split())


def sources_table(reports: Sequence[SourceReport]) -> Table:
    """Counts per source, and what a person should look at."""
    table = Table(title="Sources lues", title_justify="left")
    table.add_column("source", overflow="fold")
    for _, label in COLUMNS:
        table.add_column(label, justify="right")
    table.add_column("à regarder")
    for report in reports:
        counts = [str(getattr(report, name)) for name, _ in COLUMNS]
        reasons = ", ".join(f"{count} {reason}" for reason, count in report.reasons.items())
        table.add_row(report.source, *counts, Text("; ".join(report.alarms) or reasons))
    return table


STATES = {"blind": "[bold red]aveugle[/]", "partial": "[yellow]partielle[/]", "never": "[dim]jamais lue[/]", "ok": "[green]complète[/]"}


def coverage_table(found: Sequence[Coverage]) -> Table:
    """What is seen of each source, the worst first."""
    table = Table(title="Couverture des sources", title_justify="left", show_lines=True)
    for label in ("source", "genre", "vue", "dernier passage", "lus (attendus ; d'habitude)", "angles morts", "champs trouvés"):
        table.add_column(label, overflow="fold")
    for one in found:
        usual = "" if one.usual is None else f" ; {one.usual}"
        expected = f" ({one.expected or 'sans attente'}{usual})" if one.runs else ""
        blind = "\n".join(f"{count} {reason} : {meaning(reason)}" for reason, count in one.blind_spots.items())
        fields = ", ".join(f"{name} {share:.0%}" for name, share in one.fields.items() if name != "text")
        when = one.last_run.strftime("%d/%m/%Y %H:%M UTC") if one.last_run else ""
        name = one.source if one.enabled else f"{one.source}\n(désactivée)"
        table.add_row(Text(name), one.kind, STATES[one.state], when, f"{one.read}{expected}" if one.runs else "", Text(blind), Text(fields))
    return table


def show_trial(shown: Console, trial: Trial) -> None:
    """What a trial would keep, and what it could not read."""
    table = Table(title=f"Essai de {trial.report.source} : {len(trial.documents)} documents", title_justify="left", show_lines=True)
    for label in ("genre, date", "titre et début du texte", "adresse", "champs trouvés"):
        table.add_column(label, overflow="fold")
    for document in trial.documents:
        when = document.published_at.strftime("%d/%m/%Y %H:%M") if document.published_at else "sans date"
        words = Text(safe(f"{document.title or '(sans titre)'} — {document.text}")[:200])
        fields = ", ".join(name for name in presence(document) if name != "text")
        table.add_row(f"{document.kind}\n{when}\n{document.language or ''}", words, Text(safe(document.url)), fields)
    shown.print(table)
    for entry in trial.set_aside:
        shown.print(Text(f"mis de côté : {entry.reason} — {safe(entry.detail)}"))
    for alarm in trial.report.alarms:
        shown.print(Text(f"à regarder : {alarm}"))
    shown.print("Rien n'a été conservé de cet essai.")
