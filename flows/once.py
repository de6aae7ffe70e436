"""Run a flow once, in this process, on Prefect's temporary server."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import httpx

from core.errors import Unavailable
from flows.prefect_home import prepare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.settings import Settings
    from flows.report import RunReport


def run_daily(settings: Settings) -> RunReport:
    """The run's report. Raises Unavailable when Prefect's server goes away (two runs that start at once may get the same port), ConfigError."""
    prepare(settings)
    from flows.daily import daily

    with _server_errors():
        return daily(settings)


def run_submissions(settings: Settings) -> int:
    """How many submissions came to an end. Raises Unavailable, also where another worker reads them, ConfigError."""
    prepare(settings)
    from flows.daily import submissions

    with _server_errors():
        return submissions(settings)


@contextlib.contextmanager
def _server_errors() -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        raise Unavailable(
            f"Prefect's temporary server stopped answering ({type(error).__name__}); run the same command again, nothing is lost"
        ) from error
