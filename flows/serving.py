"""Serve the schedules: one process that starts each flow at its time."""

from __future__ import annotations

from typing import Any

from prefect import Flow, serve
from prefect.schedules import Cron

from core.errors import ConfigError
from flows import daily as module
from flows.schedules import Schedule, load_schedules


def serve_schedules() -> None:
    """Run until interrupted; at most one run of each flow at once. Raises ConfigError."""
    serve(*(_deployment(schedule) for schedule in load_schedules()), limit=1)


def _deployment(schedule: Schedule) -> Any:
    flow = getattr(module, schedule.entrypoint.rpartition(":")[2], None)
    if not isinstance(flow, Flow):
        raise ConfigError(f"prefect.yaml: entrypoint {schedule.entrypoint!r} names no flow; expected one of flows/daily.py")
    when = Cron(schedule.cron, timezone=schedule.timezone) if schedule.cron else None
    return flow.to_deployment(name=schedule.name, schedule=when, concurrency_limit=1)
