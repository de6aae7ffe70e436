"""Serve the schedules: wait for the next one, run its flow in a process of its own, tell how it ended, wait again.

Prefect's temporary server, which every flow run starts for itself, has no scheduler, and a server of its own is one more thing to keep. Who runs one
sends prefect.yaml to it with ``prefect deploy`` instead.
"""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from core.errors import ConfigError
from core.settings import ROOT
from flows.crawling import child_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from core.settings import Settings
    from flows.schedules import Schedule

NAP = 30.0  # seconds: a laptop that slept, or a clock that was set, is noticed soon


def next_run(schedules: Sequence[Schedule], *, after: datetime) -> tuple[datetime, Schedule]:
    """The schedule that comes first after a time, and when. Raises ConfigError for a cron that cannot be read, or none at all."""
    coming = []
    for schedule in schedules:
        if schedule.cron is None:
            continue
        try:
            moment = next(CronSim(schedule.cron, after.astimezone(ZoneInfo(schedule.timezone)).replace(second=0, microsecond=0)))
        except (CronSimError, KeyError, ValueError, StopIteration) as error:
            raise ConfigError(f"prefect.yaml: schedule {schedule.name}: cron {schedule.cron!r} in {schedule.timezone!r} cannot be read") from error
        coming.append((moment.astimezone(UTC), schedule))
    if not coming:
        raise ConfigError("prefect.yaml: no deployment has a cron; expected for instance 'cron: \"15 4 * * *\"' under schedules")
    return min(coming, key=lambda pair: pair[0])


def serve_schedules(schedules: Sequence[Schedule], *, settings: Settings, tell: Callable[[str], None]) -> None:
    """Run until interrupted; one flow at a time. Raises ConfigError."""
    while True:
        moment, schedule = next_run(schedules, after=datetime.now(UTC))
        tell(f"{schedule.name} : prochain passage le {moment.astimezone():%d/%m/%Y à %H:%M}")
        while (wait := (moment - datetime.now(UTC)).total_seconds()) > 0:
            time.sleep(min(wait, NAP))
        code = run_flow(schedule.flow, settings=settings)
        tell(f"{schedule.name} : terminé" if code == 0 else f"{schedule.name} : terminé avec des pannes (code {code}), voir le rapport")


def run_flow(name: str, *, settings: Settings) -> int:
    """One run of a flow in a child; its exit code."""
    commands = {"daily": "run", "crawl": "crawl", "score": "score --pending", "publish": "publish", "retention": "retention run"}
    arguments = commands[name].split()
    return subprocess.run([sys.executable, "-m", "cli.main", *arguments], cwd=ROOT, env=child_environment(settings), check=False).returncode
