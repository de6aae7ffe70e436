"""How a command gets a password: typed at a terminal, or the first line of standard input. Never an argument: shells and process lists keep those."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

KEY = "cli.passwords.piped"


def _keep(ctx: click.Context, _option: click.Parameter, value: bool) -> None:  # noqa: FBT001 - click calls it so
    ctx.meta[KEY] = value


# not of commands to which a person also says yes at the terminal
PIPED = click.option(
    "--password-stdin", is_flag=True, expose_value=False, callback=_keep,
    help="Read the password from standard input: its first line; the one-time code, where the account has one, is the second.",
)  # fmt: skip


def piped(ctx: click.Context) -> bool:
    """Whether --password-stdin was given."""
    return bool(ctx.meta.get(KEY))


def refuse_both(ctx: click.Context, option: str, source: Any) -> None:
    """Raises Invalid where this option and the password would both be read from standard input."""
    from core.errors import Invalid

    if piped(ctx) and source.name == "<stdin>":
        raise Invalid(f"{option} - and --password-stdin both read standard input; expected one of them: put the words into a file")


def has_terminal() -> bool:
    """Whether somebody can be asked: standard input is a terminal, or the process has one besides."""
    if sys.stdin.isatty():
        return True
    try:
        with Path("/dev/tty").open("rb+", buffering=0):
            return True
    except OSError:
        return False


def secret(ctx: click.Context, prompt: str, **options: Any) -> str:
    """A password or a code, asked for without showing it, or the next line of standard input.

    Raises Invalid where there is neither a terminal nor a line.
    """
    from core.errors import Invalid

    if piped(ctx):
        line = sys.stdin.readline().rstrip("\r\n")
        if not line:
            raise Invalid(f"standard input has no line for « {prompt} »; expected the password on the first line, a one-time code on the second")
        return line
    if not has_terminal():
        raise Invalid(f"no terminal to ask « {prompt} » on; expected a person at one: {_instead(ctx)}")
    return str(click.prompt(prompt, hide_input=True, err=True, **options))


def _instead(ctx: click.Context) -> str:
    if any(one.name == "password_stdin" for one in ctx.command.params):
        return "run it in a terminal (ssh -t), or give the password on standard input with --password-stdin"
    if any(one.name == "ask_password" for one in ctx.command.params):
        return "run it in a terminal (ssh -t), or without --ask-password: an invitation is printed"
    return "run it in a terminal (ssh -t); what a person says yes to is not piped"
