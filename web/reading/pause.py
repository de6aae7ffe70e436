"""Whether a pause is proposed to who reads, after as many hard items as they chose themselves, else as the policy says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases import care
from cases.policy import load_policy

if TYPE_CHECKING:
    from cases.care import Care
    from cases.database import Database
    from cases.people import Actor, Preferences


def care_of(database: Database, actor: Actor, preferences: Preferences) -> Care | None:
    """Of a person who reads; None for others. Raises Unavailable, ConfigError."""
    if not actor.has("analyse", "valide"):
        return None
    policy = load_policy()
    return care.today(database, actor=actor, policy=policy.model_copy(update={"pause_after": preferences.pause_after or policy.pause_after}))
