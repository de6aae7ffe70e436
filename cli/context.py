"""What commands share: settings, logs, and where people read."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from core import logs
from core.settings import load_settings

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from core.settings import Settings


def start(ctx: click.Context) -> Settings:
    """The settings of this command, with logs set up. Raises ConfigError."""
    settings = load_settings()
    logs.configure(level="INFO" if ctx.obj["verbose"] else "WARNING", json=settings.log_format == "json")
    return settings


def console(*, stderr: bool = False) -> Console:
    """Where people read. Colours and widths fit the terminal; a pipe gets plain text."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else 120)


def progress() -> Progress:
    """A progress bar on standard error, silent where nobody watches."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    shown = console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=shown, transient=True, disable=not sys.stderr.isatty())


def agree(question: str, *, yes: bool | None) -> None:
    """Go on only if a person says so (o, oui, y, yes), or a script did with --yes; None: of a command that has no such option.

    Raises Invalid, also where nobody can be asked.
    """
    from core.errors import Invalid

    if yes:
        return
    click.echo(f"{question} [o/N] ", nl=False, err=True)
    answer = sys.stdin.readline()
    if not answer:  # the end of the input, not an empty line
        raise Invalid(f"nobody can be asked here; {'run it in a terminal and answer there' if yes is None else 'add --yes to agree'}")
    if answer.strip().lower() not in ("o", "oui", "y", "yes"):
        raise Invalid("declined; nothing was changed")


def identifier_of(written: str) -> str:
    """A document's id, given as such or by its address."""
    from core.urls import document_id

    return document_id(written) if "://" in written else written.strip().lower()
