"""``vigie kibana``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.context import console, start

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.settings import Settings
    from index.kibana.install import Step
    from index.kibana.server import Kibana
    from index.kibana.shape import SavedObject

BUILT = Path(__file__).resolve().parent.parent / "index" / "kibana" / "vigie.ndjson"
PLACEHOLDER = "https://vigie.example"  # of a console that nobody has named yet
ALIAS = "vigie-documents"
WORDS = {"new": "créé", "changed": "mis à jour", "same": "déjà à jour", "refused": "REFUSÉ"}
PLANNED = {"new": "à créer", "changed": "à mettre à jour", "same": "déjà à jour", "refused": "REFUSÉ"}


@click.group()
def kibana() -> None:
    """Build Vigie's data views, searches and dashboards for Kibana 8.19, and import them."""


def saved_objects(*, alias: str, console_url: str) -> list[SavedObject]:
    """All of Vigie's saved objects. Raises ConfigError."""
    from cli.value_names import value_names
    from index.kibana.build import Place, build
    from index.panels import load_panels

    return build(load_panels(), Place(alias, console_url.rstrip("/")), names=value_names())


@kibana.command(name="build")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), default=BUILT, help="Where to write them; by default the file of the project."
)
@click.pass_context
def build_file(ctx: click.Context, *, output: Path) -> int:
    """Write the saved objects as one file, which Kibana imports. The same for everyone when it is the project's file."""
    from core.files import write_text
    from index.kibana.build import to_ndjson

    settings = start(ctx)
    own = output.resolve() == BUILT  # committed, and compared by a test: no setting of this machine changes it
    objects = saved_objects(alias=ALIAS if own else settings.index_name, console_url=PLACEHOLDER if own else _console(settings))
    write_text(output, to_ndjson(objects))
    console().print(f"{len(objects)} objets écrits dans {output}", markup=False, soft_wrap=True)
    return 0


@kibana.command(name="import")
@click.option("--url", default="", help="Address of Kibana; by default VIGIE_KIBANA_URL.")
@click.option("--space", default="vigie", show_default=True, help="Space that holds them: small letters, digits, - and _.")
@click.option("--no-role", is_flag=True, help="Make no role for readers.")
@click.option("--no-field-limits", is_flag=True, help="A role that reads every field, where the licence has no field-level security.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.pass_context
def import_all(ctx: click.Context, *, url: str, space: str, no_role: bool, no_field_limits: bool, dry_run: bool) -> int:
    """Make the space, the objects and the readers' role in a Kibana, or bring them up to date; exit code 2 if an object is refused."""
    from core.errors import ConfigError
    from index.kibana.server import Kibana

    settings = start(ctx)
    address = url or str(settings.kibana_url or "")
    if not address:
        raise ConfigError("no Kibana is named; expected --url https://kibana.example:5601, or VIGIE_KIBANA_URL")
    if not re.fullmatch(r"[a-z0-9_-]{1,60}", space):
        raise ConfigError(f"space {space[:60]!r} cannot be a name of Kibana's; expected small letters, digits, - and _")
    if settings.console_url is None:
        click.echo(f"vigie: VIGIE_CONSOLE_URL is not set: items will lead to {PLACEHOLDER}", err=True)
    with Kibana(address, settings=settings) as server:
        return _import(server, settings, space=space, with_role=not no_role, limits=not no_field_limits, dry_run=dry_run)


def _import(server: Kibana, settings: Settings, *, space: str, with_role: bool, limits: bool, dry_run: bool) -> int:
    from index.kibana.install import install_objects, install_role, install_space

    alias = settings.index_name
    click.echo(f"Kibana {server.version()}, {server.place}")
    steps = [install_space(server, space, dry_run=dry_run)]
    done = install_objects(server, space, saved_objects(alias=alias, console_url=_console(settings)), dry_run=dry_run)
    for kind, identifier, reason in done.refused:
        click.echo(f"vigie: Kibana refuses {kind} {identifier}: {_printable(reason)}", err=True)
    _tell([*steps, *done.steps], dry_run=dry_run)
    if with_role:  # last: a licence may refuse it, and the rest is useful all the same
        role = install_role(server, space, alias=alias, limits=limits, dry_run=dry_run)
        _tell([role], dry_run=dry_run)
        steps.append(role)
    if all(step.outcome == "same" for step in (*steps, *done.steps)):
        click.echo("Rien à changer : Kibana a déjà tout.")
    return 2 if done.refused else 0


def _tell(steps: Iterable[Step], *, dry_run: bool) -> None:
    words = PLANNED if dry_run else WORDS
    for step in steps:
        click.echo(f"{words[step.outcome]:<16} {step.what}")


def _console(settings: Settings) -> str:
    return str(settings.console_url or PLACEHOLDER)


def _printable(said: str) -> str:
    return "".join(letter for letter in said if letter.isprintable())
