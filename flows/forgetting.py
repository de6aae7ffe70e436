"""Who else remembers something of a document: all of them are told before it is erased, so that a run that is killed tells them again."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from cases import bundles
from cases.database import open_database
from cases.leaving import forget
from flows import alerting
from index.campaigns.store import Campaigns

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from core.settings import Settings


def forgetting(settings: Settings) -> Callable[[Collection[str]], None]:
    """What ``purge`` and ``retain`` call with the ids of the documents that go. Raises ConfigError, Unavailable."""
    return partial(_forget, settings)


def _forget(settings: Settings, ids: Collection[str]) -> None:
    """Campaigns' fingerprints, alerts found, sealed evidence, what people decided; what was sent or handed over cannot be called back."""
    with closing(Campaigns(settings.index_dir, settings.index_name)) as campaigns:
        campaigns.remove(ids)
    alerting.forget(settings, ids)
    with closing(open_database(settings)) as database:
        bundles.erase(database, settings.data_dir, ids)
        forget(database, ids)
