"""One delivery of an alert, by feed, webhook or mail, and where all of them are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flows.delivery_feed import feed, write_feed
from flows.delivery_mail import compose, send
from flows.delivery_outbox import Outbox
from flows.delivery_payload import delivery_id, example
from flows.delivery_webhook import body_of, post

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from core.settings import Settings
    from flows.delivery_payload import Item
    from index.saved import Saved


def searches_dir(settings: Settings) -> Path:
    """Where the saved searches are."""
    return settings.alerts_dir / "searches"


def feed_path(settings: Settings, name: str) -> Path:
    """Where the feed of a saved search is."""
    return settings.alerts_dir / "feeds" / f"{name}.xml"


def outbox_of(settings: Settings) -> Outbox:
    """What was found and what became of it."""
    return Outbox(settings.alerts_dir / "outbox.sqlite")


def send_to(settings: Settings, target: str, search: Saved, items: Sequence[Item], *, delivery: str, now: datetime, test: bool = False) -> None:
    """Send items to one webhook or one mail address, now. Raises Unavailable, ConfigError, Invalid."""
    kind, _, address = target.partition(":")
    if kind == "webhook":
        post(
            address, body_of(search.name, search.title, items, test=test), delivery=delivery, settings=settings, now=_seconds(datetime.now(UTC))
        )  # not when the run began
    else:
        message = compose(search.title, items, search=search.name, to=address, delivery=delivery, settings=settings, now=now, test=test)
        send(message, settings=settings)


def send_test(settings: Settings, search: Saved, target: str, now: datetime) -> None:
    """Send a message that says that it is a test, to one target; a feed is written anew instead. Raises Unavailable, ConfigError."""
    if target == "feed":
        refresh_feed(settings, search)
        return
    console = str(settings.console_url) if settings.console_url else None
    test_id = delivery_id(search.name, "test", now.isoformat())
    send_to(settings, target, search, [example(search.name, console=console)], delivery=test_id, now=now, test=True)


def refresh_feed(settings: Settings, search: Saved) -> None:
    """Write the feed of a search from the outbox. Raises ConfigError."""
    items = outbox_of(settings).newest(search.name, "feed")
    write_feed(feed_path(settings, search.name), feed(search.name, search.title, items, created_at=search.created_at))


def shown(target: str) -> str:
    """A target without the path of a webhook, which may be all that guards it."""
    kind, _, address = target.partition(":")
    return f"webhook {urlsplit(address).hostname}" if kind == "webhook" else f"{kind} {address}".strip()


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
