"""Prefect told, before it is imported, to keep its files with Vigie's and to call nobody."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from core.files import disk_errors

if TYPE_CHECKING:
    from core.settings import Settings


def prepare(settings: Settings) -> None:
    """Set what the user has not set. Must run before ``import prefect``. Raises ConfigError."""
    home = settings.data_dir.resolve() / "prefect"
    with disk_errors(home):
        home.mkdir(parents=True, exist_ok=True)
    wanted = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "CRITICAL",  # what goes wrong is raised, and told once, at the command's edge
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
        "PREFECT_SERVER_LOGGING_LEVEL": "ERROR",
    }
    for name, value in wanted.items():
        os.environ.setdefault(name, value)
