"""``vigie alerts``: searches that run by themselves, and whether what they find arrives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from cli.context import agree, console, start
from cli.search_options import asked_search, search_options
from core.errors import ConfigError, Invalid, VigieError
from core.records import DECISIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from core.settings import Settings
    from flows.delivery_outbox import Parcel
    from index.saved import Saved

STATES = {"waiting": "en attente", "sent": "remis", "failed": "ÉCHEC", "withdrawn": "retiré"}


@click.group()
def alerts() -> None:
    """Searches that run over each new batch, and tell by feed, webhook or mail."""


@alerts.command()
@click.argument("name")
@search_options
@click.option("--title", help="What people read.  [default: NAME]")
@click.option("--feed", is_flag=True, help="An Atom feed in <data_dir>/alerts/feeds/NAME.xml.")
@click.option("--webhook", "webhooks", multiple=True, metavar="URL", help="A signed POST to this https address; may be repeated.")
@click.option("--mail", multiple=True, metavar="ADDRESS", help="A mail to this address; may be repeated.")
@click.option("--at-least", default="a_lire", show_default=True, type=click.Choice(DECISIONS), help="Weaker decisions are not told of.")
@click.option("--replace", is_flag=True, help="Change the search of that name.")
@click.pass_context
def add(ctx: click.Context, /, *, name: str, title: str | None, feed: bool, webhooks: tuple[str, ...], mail: tuple[str, ...], at_least: Any,
        replace: bool, **asked: Any) -> int:  # fmt: skip
    """Save the search of WORDS and options under NAME; tell of what it finds from now on; without any, of all that is flagged.

    NAME has small letters, digits, hyphens.
    """
    from pydantic import ValidationError

    from flows.delivery import refresh_feed, searches_dir
    from index.saved import Deliver, Saved, write_saved

    settings = start(ctx)
    try:
        saved = Saved(
            name=name, title=title or name, search=asked_search(asked), created_at=datetime.now(UTC).replace(microsecond=0), at_least=at_least,
            deliver=Deliver(feed=feed, webhooks=webhooks, mail=mail),
        )  # fmt: skip
    except ValidationError as error:
        raise Invalid(f"alert: {error.errors()[0]['loc'][0]}: {error.errors()[0]['msg']}") from error
    if (searches_dir(settings) / f"{name}.yml").exists() and not replace:
        raise Invalid(f"alert {name} exists; give --replace to change it, or another name")
    _check_senders(saved, settings)
    path = write_saved(saved, searches_dir(settings))
    if saved.deliver.feed:
        refresh_feed(settings, saved)
    console().print(f"{path} écrit. « vigie alerts test {name} » envoie un essai.", soft_wrap=True)
    return 0


def _check_senders(saved: Saved, settings: Settings) -> None:
    """Tell at once what would make every delivery fail. Raises ConfigError."""
    if saved.deliver.webhooks and settings.alert_secret is None:
        raise ConfigError("VIGIE_ALERT_SECRET is not set: webhooks are signed with it; set at least 32 characters, and give them to the receiver")
    if saved.deliver.mail and not (settings.smtp_host and settings.smtp_from):
        raise ConfigError("VIGIE_SMTP_HOST and VIGIE_SMTP_FROM are not both set: no mail can be sent; set them, or deliver by feed or webhook")


@alerts.command("list")
@click.pass_context
def list_(ctx: click.Context) -> int:
    """Each saved search, when it last found something, and what became of it; exit code 2 when something fails."""
    from flows.delivery import outbox_of, searches_dir
    from index.saved import load_saved

    settings = start(ctx)
    saved, broken = load_saved(searches_dir(settings))
    outbox = outbox_of(settings)
    parcels = outbox.parcels("waiting", "sent", "failed") if outbox.path.exists() else []
    found = outbox.last_found() if outbox.path.exists() else {}
    if not saved and not broken:
        console().print("Aucune recherche enregistrée : « vigie alerts add NOM MOTS --feed » en crée une.")
        return 0
    console().print(_table(saved, found, parcels))
    failing = [parcel for parcel in parcels if parcel.state != "sent" and parcel.error]
    for parcel in failing:
        click.echo(f"vigie: {_failure(parcel)}", err=True)
    for name, message in broken.items():
        click.echo(f"vigie: {name}: {message}", err=True)
    return 2 if broken or any(parcel.state == "failed" for parcel in failing) else 0


def _table(saved: dict[str, Saved], found: dict[str, int], parcels: Sequence[Parcel]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(title="Alertes", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("nom", "titre", "remise", "trouvé le", "remis le", "en attente", "échecs"):
        table.add_column(name, overflow="fold")
    for search in saved.values():
        own = [parcel for parcel in parcels if parcel.search == search.name]
        count = {state: sum(parcel.state == state for parcel in own) for state in STATES}
        ways = ", ".join(sorted({target.partition(":")[0] for target in search.deliver.targets})) + ("" if search.enabled else " (arrêtée)")
        sent = max((parcel.sent_at for parcel in own if parcel.sent_at), default=None)
        cells = (search.name, search.title, ways, _day(found.get(search.name)), _day(sent), str(count["waiting"]), str(count["failed"]))
        table.add_row(*map(Text, cells), style="red" if count["failed"] else "")
    return table


def _failure(parcel: Parcel) -> str:
    from flows.delivery import shown

    then = f"nouvel essai {_day(parcel.next_try_at)}" if parcel.state == "waiting" else "abandonné : « vigie alerts retry » recommence"
    return f"{parcel.search}, {shown(parcel.target)}, {STATES[parcel.state]} après {parcel.tries} essais : {parcel.error} ; {then}"


def _day(seconds: int | None) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M") if seconds is not None else "-"


@alerts.command()
@click.argument("name")
@click.pass_context
def show(ctx: click.Context, *, name: str) -> int:
    """One saved search as its file says, the address that searches the same, and its deliveries."""
    from flows.delivery import outbox_of, searches_dir
    from index.saved import find_saved
    from index.search_url import to_url

    settings = start(ctx)
    saved = find_saved(searches_dir(settings), name)
    click.echo((searches_dir(settings) / f"{name}.yml").read_text(encoding="utf-8").rstrip())
    click.echo(f"# ?{to_url(saved.search)}")
    outbox = outbox_of(settings)
    for parcel in outbox.parcels("waiting", "failed", "sent", "withdrawn") if outbox.path.exists() else []:
        if parcel.search == name:
            click.echo(
                f"# {_failure(parcel)}" if parcel.error and parcel.state != "sent" else f"# {STATES[parcel.state]} {_day(parcel.sent_at)} {parcel.id}"
            )
    return 0


@alerts.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def remove(ctx: click.Context, *, name: str, yes: bool) -> int:
    """Remove a saved search, its feed, and what waits to be delivered; also one whose file cannot be read."""
    from core.errors import NotFound
    from flows.alerting import remove as drop
    from flows.delivery import searches_dir
    from index.saved import find_saved

    settings = start(ctx)
    try:
        find_saved(searches_dir(settings), name)
    except NotFound:
        raise
    except ConfigError as error:
        click.echo(f"vigie: {error}", err=True)
    agree(f"Supprimer {name}, son flux et ce qui attend d'être remis ?", yes=yes)
    console().print(f"{name} supprimée, {drop(settings, name)} contenus oubliés.")
    return 0


@alerts.command()
@click.argument("name")
@click.pass_context
def test(ctx: click.Context, *, name: str) -> int:
    """Send a message that says that it is a test to every place of a saved search; exit code 2 when one does not take it."""
    from flows.delivery import searches_dir, send_test, shown
    from index.saved import find_saved

    settings = start(ctx)
    saved, failed = find_saved(searches_dir(settings), name), 0
    for target in saved.deliver.targets:
        try:
            send_test(settings, saved, target, datetime.now(UTC))
        except VigieError as error:  # the others are tried all the same
            failed += 1
            click.echo(f"vigie: {shown(target)}: {' '.join(str(error).split())}", err=True)
        else:
            console().print(f"{shown(target)} : remis", markup=False)
    return 2 if failed else 0


@alerts.command()
@click.pass_context
def deliver(ctx: click.Context) -> int:
    """Send what is due now; what fails is tried again later, and after three days given up and shown."""
    return _deliver(start(ctx))


@alerts.command()
@click.argument("name", required=False)
@click.pass_context
def retry(ctx: click.Context, *, name: str | None) -> int:
    """Send again what failed or waits, of NAME or of all."""
    from flows.delivery import outbox_of

    settings = start(ctx)
    outbox = outbox_of(settings)
    if outbox.path.exists():
        outbox.retry(now=int(datetime.now(UTC).timestamp()), search=name)
    return _deliver(settings)


def _deliver(settings: Settings) -> int:
    from flows.alerting import deliver as send

    done = send(settings, datetime.now(UTC))
    console().print(f"{done.sent} envois remis, {done.waiting} en attente, {done.failed} abandonnés.")
    return 2 if done.failed or done.waiting else 0
