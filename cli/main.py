"""The ``vigie`` command. Only click is imported here, so that ``vigie --help`` answers at once."""

from __future__ import annotations

import errno
import sys
from importlib import import_module
from typing import Any

import click

COMMANDS = {  # name: module, one line for --help
    "run": ("cli.run", "Crawl every enabled source, score what is new, publish it."),
    "crawl": ("cli.crawl", "Crawl the named sources, or all enabled ones, into the archive."),
    "score": ("cli.score", "Score texts, files, JSON Lines, or what waits in the archive."),
    "publish": ("cli.publish", "Put what was scored into the index."),
    "reindex": ("cli.publish", "Build the index anew from the archive."),
    "queue": ("cli.queue", "Show what to read first: the worst expected harm, one item a campaign."),
    "search": ("cli.search", "Search what is indexed: words, quotes, markers, money, dates, what resembles an item; export it."),
    "show": ("cli.show", "Show one item whole: why it ranks, passages, money, links, campaign, decisions, evidence."),
    "decide": ("cli.decide", "Write down what a person decided of an item, or of a whole campaign."),
    "console": ("cli.console", "Serve the console and the API."),
    "submissions": ("cli.submissions", "Read what people submit: fetch it, score it, index it."),
    "people": ("cli.people", "Organisations, and people with an account."),
    "audit": ("cli.audit", "Prove that the audit trail was not changed; show it."),
    "notices": ("cli.notices", "Notices to platforms: draft, sign, note what was sent and answered."),
    "report": ("cli.reports", "Yearly report, candidature, statistics, contribution on systemic risks, picture of the year."),
    "rights": ("cli.rights", "Answer what people concerned ask: access, rectification, erasure, objection."),
    "networks": ("cli.networks", "Show which campaigns and crowdfunding pages share channels, links and means of payment."),
    "alerts": ("cli.alerts", "Save searches that run over what is new, and deliver what they find."),
    "stats": ("cli.stats", "Estimate what the scores miss; draw the dashboards."),
    "kibana": ("cli.kibana", "Build Kibana's dashboards from the table of fields, and import them."),
    "retention": ("cli.retention", "Erase what may not be kept any longer; show what is due."),
    "sources": ("cli.sources", "List, add, try the sources; what is seen of them and what is not."),
    "evidence": ("cli.evidence", "Prove documents from their evidence, export it, seal and prove bundles, take a screenshot."),
    "optout": ("cli.optout", "Keep the list of those who asked not to be read, and erase what is stored of them."),
    "train": ("cli.train", "Train a judge from a configuration file."),
    "calibrate": ("cli.train", "Choose calibration and thresholds of a model anew."),
    "evaluate": ("cli.evaluate", "Measure the model, on the corpus and on real texts."),
    "flows": ("cli.flows", "Run the schedules of prefect.yaml."),
    "doctor": ("cli.doctor", "Check index, model, archive, database, clock and disk, and say what to do."),
}


class LazyGroup(click.Group):
    """Imports a command's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of a day's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = getattr(import_module(COMMANDS[cmd_name][0]), cmd_name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of --help, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-v", "--verbose", is_flag=True, help="Log what happens on standard error.")
@click.version_option(package_name="vigie")
@click.pass_context
def vigie(ctx: click.Context, *, verbose: bool) -> None:
    """Vigie watches the public web for sectarian risk and helps people act on it lawfully.

    It scores content, never persons; belief is never a marker; nothing is sent without a person's decision.
    Settings are environment variables VIGIE_...: see docs/settings.md.
    """
    ctx.obj = {"verbose": verbose}


def main() -> None:
    """The console script: a VigieError becomes one line on standard error and exit code 2."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """The exit code of a command line: 0, or 2 after one clear line, or 130 when interrupted."""
    options: dict[str, Any] = {"standalone_mode": False, "prog_name": "vigie"}
    try:
        result = vigie.main(arguments, **options)
    except click.ClickException as error:
        return _wrong(error)
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("vigie: interrupted; run the same command again, nothing is lost", err=True)
        return 130
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        click.echo(f"vigie: cannot write all of the answer ({error.strerror}): free some space, then run the same command again", err=True)
        return 2
    except Exception as error:  # noqa: BLE001 - the command's edge
        return _explain(error)
    return result if isinstance(result, int) else 0


def _wrong(error: click.ClickException) -> int:
    """A command line that cannot be understood: one line, or the help of a group that was called without a command."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return 2
    command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "vigie"
    click.echo(f"{command}: {' '.join(error.format_message().split())} See {command} --help", err=True)
    return 2


def _explain(error: Exception) -> int:
    from core.errors import VigieError

    if not isinstance(error, VigieError):
        raise error
    click.echo(f"vigie: {' '.join(str(error).split())}", err=True)
    return 2


if __name__ == "__main__":
    main()
