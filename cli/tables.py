"""Tables that people read in a terminal, in French. Crawled text is hostile: markup and control characters are taken out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from crawlers.expect import FIELD_WORDS, is_blind, meaning, presence
from flows.report import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console

    from core.records import SourceReport
    from crawlers.catalog import Source
    from crawlers.coverage import Coverage
    from flows.trying import Trial

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def safe(text: str) -> str:
    """Crawled text on one line, without escape sequences or direction marks that could redraw the terminal."""
    return " ".join(CONTROL.sub(" ", text).split())


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: 1 document, 2 documents."""
    return f"{number} {one if number < 2 else many or one + 's'}"


LEGEND = (
    "gardés : nouveaux ou modifiés ; déjà connus : lus auparavant ; écartés : hors des règles « keep », ou leur auteur ne veut pas être lu ; "
    "mis de côté : illisibles, avec leur raison ; en échec : le site n'a pas répondu"
)


def sources_table(reports: Sequence[SourceReport]) -> Group:
    """Counts per source, the words explained, and below, a line each, what a person should look at and why documents were left out."""
    table = Table(title="Sources lues", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("source", overflow="fold")
    for _, label in COLUMNS:
        table.add_column(label, justify="right", max_width=max(6, *map(len, label.split())))  # names get what is left of 80 columns
    for report in reports:
        table.add_row(report.source, *(str(getattr(report, name)) for name, _ in COLUMNS))
    alarms = [Text(f"à regarder, {report.source} : {alarm}", "yellow") for report in reports for alarm in report.alarms]
    return Group(table, Text(LEGEND, "dim"), *alarms, *(Text(f"{report.source} : {line}") for report in reports for line in left_out(report)))


def left_out(report: SourceReport) -> Iterator[str]:
    """Each reason that is no alarm by itself, with its count and its meaning."""
    for reason, count in report.reasons.items():
        if not is_blind(reason):
            yield f"{count} {reason} : {meaning(reason)}"


def list_table(sources: Iterable[Source]) -> Table:
    """The source files: what, why, on what ground."""
    table = Table(title="Sources", title_justify="left", show_lines=True)
    table.add_column("nom, genre", overflow="fold", max_width=32)
    table.add_column("active")
    table.add_column("titre, finalité, base légale")
    for source in sources:
        said = Text.assemble((source.title, "bold"), f"\nFinalité : {source.purpose}\nBase légale : {source.legal_basis}")
        table.add_row(f"{source.name}\n{source.kind}", "oui" if source.enabled else "non", said)
    return table


STATES = {"blind": "[bold red]aveugle[/]", "partial": "[yellow]partielle[/]", "never": "[dim]jamais lue[/]", "ok": "[green]complète[/]"}


def coverage_table(found: Sequence[Coverage]) -> Group:
    """What is seen of each source, the worst first; below, a line each, blind spots and fields."""
    table = Table(title="Couverture des sources", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for label in ("source, genre", "vue", "dernier passage", "lus", "attendus", "d'habitude"):
        table.add_column(label, overflow="fold", max_width=10 if "source" not in label else None)
    lines: list[Text] = []
    for one in found:
        when = one.last_run.strftime("%d/%m/%Y %H:%M UTC") if one.last_run else ""
        name = one.source if one.enabled else f"{one.source} (désactivée)"
        usual = "" if one.usual is None else str(one.usual)
        table.add_row(Text(f"{name}\n{one.kind}"), STATES[one.state], when, str(one.read) if one.runs else "", one.expected, usual)
        lines += (Text(f"{one.source}, angle mort : {count} {reason} : {meaning(reason)}", "yellow") for reason, count in one.blind_spots.items())
        fields = ", ".join(f"{FIELD_WORDS.get(name, name)} {share:.0%}" for name, share in one.fields.items() if name != "text")
        lines += [Text(f"{one.source}, à regarder : {alarm}", "yellow") for alarm in one.alarms if not _is_listed(alarm, one)]
        lines += [Text(f"{one.source}, champs trouvés : {fields}")] if fields else []
    return Group(table, *lines)


def _is_listed(alarm: str, one: Coverage) -> bool:
    """Whether an alarm says what the list of blind spots says already."""
    return any(alarm.startswith(f"{count} x {reason} :") for reason, count in one.blind_spots.items())


def show_trial(shown: Console, trial: Trial, *, source: Source | None = None) -> None:
    """What a trial would keep, what it left out and why, and what to do next."""
    number = len(trial.documents)
    table = Table(title=f"Essai de {trial.report.source} : {counted(number, 'document')}", title_justify="left", show_lines=True)
    table.add_column("genre, date", min_width=16)
    table.add_column("titre et début du texte, adresse, champs trouvés", overflow="fold")
    for document in trial.documents:
        when = document.published_at.strftime("%d/%m/%Y %H:%M") if document.published_at else "sans date"
        words = excerpt(f"{document.title or '(sans titre)'} — {document.text}")
        fields = ", ".join(name for name in presence(document) if name != "text")
        said = Text.assemble(words, "\n", (safe(document.url), "dim"), f"\nchamps : {fields}")
        table.add_row(f"{document.kind}\n{when}\n{document.language or ''}", said)
    if number:
        shown.print(table)
    else:
        shown.print(f"Essai de {trial.report.source} : aucun document", markup=False)
    for line in (*_left_by(trial), f"Rien n'a été conservé de cet essai. {_next_step(trial, source)}"):
        shown.print(Text(line))


def _left_by(trial: Trial) -> Iterator[str]:
    """What a trial left out, how many and why."""
    report = trial.report
    counts = ((report.dropped, "écarté"), (report.set_aside, "mis de côté"), (report.failed, "en échec"))
    found = [f"{number} {words}{'s' if words == 'écarté' and number > 1 else ''}" for number, words in counts if number]
    if found:
        yield f"Non retenus : {', '.join(found)}"
    yield from (f"  {line}" for line in left_out(report))
    yield from (f"à regarder : {alarm}" for alarm in report.alarms)
    yield from (f"mis de côté : {safe(entry.url)} ({meaning(entry.reason)})" for entry in trial.set_aside)


def _next_step(trial: Trial, source: Source | None) -> str:
    """What a person does after a trial."""
    name = trial.report.source
    if not trial.documents and trial.report.dropped and "opted_out" not in trial.report.reasons:
        return f"Tout a été écarté : assouplissez « keep » dans {name}.yml, puis recommencez."
    if not trial.documents:
        return f"Rien n'est lisible ainsi : ouvrez l'adresse dans un navigateur, corrigez {name}.yml, puis recommencez."
    if source is not None and source.enabled:
        return f"Ensuite : vigie crawl {name}"
    todo = "complétez « purpose » et mettez" if source is None or source.purpose.startswith("À écrire") else "mettez"
    return f"Si c'est bien ce qu'il faut lire : {todo} « enabled: true » dans {name}.yml, puis : vigie crawl {name}"


def excerpt(text: str, *, most: int = 200) -> str:
    """The beginning of a crawled text, on one line; what is cut off leaves "…"."""
    line = safe(text[: 20 * most])
    return line if len(line) <= most else f"{line[:most].rsplit(' ', 1)[0]}…"
