"""Logs: an event name and key-values on standard error; ids, never text or personal data."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog


def configure(*, level: str = "WARNING", json: bool = False) -> None:
    """Set up structlog for this process; called once by the command line and by the crawler process."""
    for library in ("elastic_transport", "trafilatura", "htmldate"):  # their errors are raised too, and become one clear line of ours
        logging.getLogger(library).setLevel(logging.CRITICAL)
    plain = structlog.dev.plain_traceback  # the usual one shows the values of variables: texts, passwords
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False) if json else structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info] if json else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=lambda *_: structlog.WriteLogger(sys.stderr),  # the standard error of now, which may be replaced
        cache_logger_on_first_use=False,
    )


def get_logger(name: str) -> Any:
    """A logger whose lines carry the module's name."""
    return structlog.get_logger(module=name)
