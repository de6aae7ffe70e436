"""Times as people in France read them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def paris(moment: datetime | str | None, *, day: bool = False) -> str:
    """``22/11/2026 à 15:04`` in Paris, or the day alone; a dash for none. Raises ValueError for a text that is no time."""
    if moment is None:
        return "—"
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{found.astimezone(PARIS):%d/%m/%Y}" if day else f"{found.astimezone(PARIS):%d/%m/%Y à %H:%M}"
