"""How the person who reads wants pages to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases import accounts

if TYPE_CHECKING:
    from cases.database import Database
    from cases.people import Actor, Preferences


def preferences_of(database: Database, actor: Actor) -> Preferences:
    """Of a person's account. Raises NotFound, Unavailable, ConfigError."""
    return accounts.preferences_of(database, actor.id)
