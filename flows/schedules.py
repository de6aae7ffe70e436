"""The schedules of prefect.yaml, the one file that both ``vigie flows serve`` and ``prefect deploy`` read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml
from pydantic import ValidationError

from core.errors import ConfigError, nearest
from core.records import Record
from core.settings import ROOT

if TYPE_CHECKING:
    from pathlib import Path


FLOWS = ("daily", "crawl", "score", "publish", "retention")  # of flows/daily.py


class Schedule(Record):
    """When one flow runs."""

    name: str
    entrypoint: str  # file.py:flow
    cron: str | None
    timezone: str

    @property
    def flow(self) -> str:
        """The flow's name."""
        return self.entrypoint.rpartition(":")[2]


def load_schedules(path: Path = ROOT / "prefect.yaml") -> list[Schedule]:
    """The deployments of prefect.yaml. Raises ConfigError."""
    try:
        deployments = yaml.safe_load(path.read_text(encoding="utf-8"))["deployments"]
        return [_schedule(deployment) for deployment in deployments]
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValidationError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())[:200]}; expected deployments with name, entrypoint and schedules") from error


def _schedule(deployment: dict[str, object]) -> Schedule:
    flow = str(deployment["entrypoint"]).rpartition(":")[2]
    if flow not in FLOWS:
        raise ConfigError(f"prefect.yaml: entrypoint {deployment['entrypoint']!r} names no flow; {nearest(flow, FLOWS)}")
    schedules = deployment.get("schedules") or [{}]
    first = schedules[0] if isinstance(schedules, list) else {}
    return Schedule(
        name=str(deployment["name"]), entrypoint=str(deployment["entrypoint"]), cron=first.get("cron"), timezone=str(first.get("timezone", "UTC"))
    )
