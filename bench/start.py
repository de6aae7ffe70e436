"""How long a person waits: ``vigie --help`` (goal 0.6 s) and ``vigie score "texte"`` from a cold start (goal 4 s). Best and median of runs."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from core.settings import ROOT

RUNS = 7


def seconds(*arguments: str) -> list[float]:
    """Wall time of each run of a command."""
    times = []
    for _ in range(RUNS):
        start = time.monotonic()
        subprocess.run([sys.executable, "-m", "cli.main", *arguments], cwd=ROOT, capture_output=True, check=True)
        times.append(time.monotonic() - start)
    return times


if __name__ == "__main__":
    for goal, *arguments in ((0.6, "--help"), (4.0, "score", "Jetez vos médicaments, notre protocole vous guérira.")):
        times = seconds(*map(str, arguments))
        print(f"vigie {arguments[0]:<8} best {min(times):.2f} s, median {statistics.median(times):.2f} s, goal {goal} s")
