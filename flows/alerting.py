"""Saved searches over each new batch, and the delivery of what they find: at least once, each item under one id, visible when it fails."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from core.errors import ConfigError, Invalid, VigieError
from core.files import disk_errors, locked
from core.logs import get_logger
from flows.delivery import feed_path, outbox_of, refresh_feed, searches_dir, send_to, shown
from flows.delivery_payload import item_of
from index.saved import Saved, load_saved, query_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.settings import Settings
    from flows.delivery_outbox import Outbox, Parcel
    from index.protocol import Index

log = get_logger(__name__)
FIRST_DELAY, LONGEST_DELAY = 60, 6 * 3600  # seconds before the second try, and between late ones
GIVE_UP = timedelta(days=3)  # after the first try: a weekend passes
# after which what was said of an item is forgotten: what nobody qualified is kept as long (section 4.1 of the domain's rules)
KEEP = timedelta(days=30)
WORRYING = 3  # tries: less is a server that restarts


class Delivered(NamedTuple):
    """Parcels: sent now, waiting for a further try, given up now."""

    sent: int
    waiting: int
    failed: int


def match_batch(settings: Settings, index: Index, batch: str) -> int:
    """Run every saved search over a batch that the index now holds; how many items are new. Running it again adds nothing.

    A broken search stops no other, and is owed the batch: see ``match_owed``. Raises Unavailable, ConfigError.
    """
    saved, broken = load_saved(searches_dir(settings))
    found = 0
    for name in broken:
        log.warning("saved_search_broken", search=name)
        outbox_of(settings).owe(name, batch)
    for search in saved.values():
        new = _match(settings, index, search, batch)
        if new is None:
            outbox_of(settings).owe(search.name, batch)
        found += new or 0
    return found


def _match(settings: Settings, index: Index, search: Saved, batch: str) -> int | None:
    """How many items of a batch are new to one search; None where the index cannot answer it."""
    if not search.enabled:
        return 0
    console = str(settings.console_url) if settings.console_url else None
    try:
        items = [item_of(entry, search=search.name, console=console) for entry in index.scan(query_of(search, batch=batch))]
    except Invalid as error:
        log.warning("saved_search_broken", search=search.name, error=str(error))
        return None
    if not items:
        return 0
    return outbox_of(settings).add(items, search=search.name, batch=batch, targets=search.deliver.targets, now=_seconds(datetime.now(UTC)))


def match_owed(settings: Settings, index: Index) -> int:
    """Run the searches that were broken over the batches that they missed, where they were repaired; how many items are new.

    Raises Unavailable, ConfigError.
    """
    outbox, found = outbox_of(settings), 0
    if not outbox.path.exists():
        return 0
    saved, broken = load_saved(searches_dir(settings))
    for name, batch in outbox.owed():
        if name in broken:
            continue
        new = _match(settings, index, saved[name], batch) if name in saved else 0
        if new is not None:
            outbox.settle(name, batch)
            found += new
    return found


def deliver(settings: Settings, now: datetime) -> Delivered:
    """Send all that is due. One target that fails stops no other. Raises Unavailable while another process delivers, ConfigError."""
    outbox = outbox_of(settings)
    if not outbox.path.exists():
        return Delivered(0, 0, 0)
    with locked(settings.alerts_dir / "deliver.lock", what="delivering alerts"):
        saved, broken = load_saved(searches_dir(settings))
        searches: dict[str, Saved | str] = {**saved, **broken}
        outbox.pack(_seconds(now))
        ends = [_try(settings, outbox, parcel, searches.get(parcel.search), now=now) for parcel in outbox.due(_seconds(now))]
        outbox.prune(_seconds(now - KEEP))
        return Delivered(ends.count("sent"), len(outbox.parcels("waiting")), ends.count("failed"))


def _try(settings: Settings, outbox: Outbox, parcel: Parcel, search: Saved | str | None, *, now: datetime) -> str:
    """One parcel: sent, waiting, failed or withdrawn. ``search``: its saved search, what is wrong with it, or None where it was removed."""
    if search is None or (isinstance(search, Saved) and parcel.target not in search.deliver.targets):
        outbox.end(parcel, "withdrawn", now=_seconds(now))
        return "withdrawn"
    outbox.begin(parcel, now=_seconds(now), next_try_at=_seconds(now) + delay(parcel.id, parcel.tries))
    try:
        if isinstance(search, str):
            raise ConfigError(f"alert {parcel.search} cannot be read: {search}")
        _send(settings, outbox, parcel, search, now)
    except VigieError as error:
        first = parcel.first_try_at if parcel.first_try_at is not None else _seconds(now)
        state = "failed" if _seconds(now) - first >= GIVE_UP.total_seconds() else "waiting"
        outbox.end(parcel, "failed" if state == "failed" else "waiting", now=_seconds(now), error=str(error)[:500])
        log.warning("alert_not_delivered", search=parcel.search, parcel=parcel.id, tries=parcel.tries + 1, state=state)
        return state
    outbox.end(parcel, "sent", now=_seconds(now))
    log.info("alert_delivered", search=parcel.search, parcel=parcel.id)
    return "sent"


def delay(parcel: str, tries: int) -> int:
    """Seconds before the next try: twice as long each time, spread by half so that parcels that failed together do not return together."""
    longest = min(FIRST_DELAY * 2 ** min(tries, 20), LONGEST_DELAY)
    spread = int(hashlib.sha256(f"{parcel} {tries}".encode()).hexdigest()[:8], 16) / 2**32
    return int(longest * (0.75 + spread / 2))


def _send(settings: Settings, outbox: Outbox, parcel: Parcel, search: Saved, now: datetime) -> None:
    if parcel.target == "feed":
        refresh_feed(settings, search)
    else:
        items = outbox.items_of(parcel)
        if items:  # all of it was forgotten meanwhile
            send_to(settings, parcel.target, search, items, delivery=parcel.id, now=now)


def remove(settings: Settings, name: str) -> int:
    """Remove a saved search, its feed and what waits of it; how many items are forgotten. Raises ConfigError, Unavailable."""
    with disk_errors(settings.alerts_dir):
        (searches_dir(settings) / f"{name}.yml").unlink(missing_ok=True)
        feed_path(settings, name).unlink(missing_ok=True)
    return outbox_of(settings).drop_search(name) if outbox_of(settings).path.exists() else 0


def forget(settings: Settings, ids: Iterable[str]) -> int:
    """Forget documents that were erased, in the outbox and in the feeds; how many items. What was sent cannot be called back."""
    if not outbox_of(settings).path.exists():
        return 0
    count = outbox_of(settings).drop_documents(ids)
    for search in load_saved(searches_dir(settings))[0].values() if count else ():
        if search.deliver.feed:
            refresh_feed(settings, search)
    return count


def alerts_state(settings: Settings) -> str:
    """One line for ``vigie doctor``. Raises ConfigError when a search is broken or deliveries fail."""
    saved, broken = load_saved(searches_dir(settings))
    if broken:
        name, message = next(iter(broken.items()))
        raise ConfigError(f"{len(broken)} saved searches cannot be read, such as {name}: {message}")
    outbox = outbox_of(settings)
    if not outbox.path.exists():
        return f"{len(saved)} saved searches, nothing found yet" if saved else "no saved search; vigie alerts add makes one"
    failed = outbox.parcels("failed")
    waiting = outbox.parcels("waiting")
    if late := [*failed, *(parcel for parcel in waiting if parcel.tries >= WORRYING)]:
        one = late[0]
        raise ConfigError(f"{len(late)} alerts were not delivered, such as one of {one.search} to {shown(one.target)}: {one.error}; "
                          "vigie alerts list shows all, vigie alerts retry sends again")  # fmt: skip
    return f"{len(saved)} saved searches, {len(waiting)} deliveries waiting"


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
