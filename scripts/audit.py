"""Known vulnerabilities of what requirements.lock installs: pip-audit asks the package index. Part of ``make check``.

Exit code 1 for one that audit_ignored.yml does not name. Where the index serves no advisories, or cannot be reached, nothing was proved: that is said
loudly, and the check goes on, so that it also runs where there is no network.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

HERE = Path(__file__).resolve().parent
LOCK, IGNORED = HERE.parent / "requirements.lock", HERE / "audit_ignored.yml"
ANSWER, ALL = 5, 150  # seconds: for one answer of the index, for all of them


class Ignored(BaseModel):
    """One vulnerability that a person looked at."""

    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(min_length=3)]
    package: str
    reason: Annotated[str, Field(min_length=20)]
    until: date


class Verdict(NamedTuple):
    """What was found. ``vulnerable``: package, version, id, first fixed version, of those that nobody may ignore today."""

    looked_up: int
    not_looked_up: int
    ignored: int
    vulnerable: tuple[str, ...]


def load_ignored(path: Path = IGNORED) -> tuple[Ignored, ...]:
    """The reviewed exceptions. Raises SystemExit with what is wrong."""
    try:
        return tuple(TypeAdapter(list[Ignored]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")) or []))
    except (ValidationError, yaml.YAMLError) as error:
        raise SystemExit(f"{path.name}: {error}") from error


def judge(found: dict[str, Any], ignored: tuple[Ignored, ...], *, today: date) -> Verdict:
    """``found``: the JSON that pip-audit writes. An exception counts under any name of the vulnerability, until its day is over."""
    allowed = {(one.package.lower(), one.id) for one in ignored if one.until >= today}
    looked_up, spared, vulnerable = 0, 0, []
    for package in found["dependencies"]:
        looked_up += "skip_reason" not in package
        for vulnerability in package.get("vulns", ()):
            names = {vulnerability["id"], *vulnerability.get("aliases", ())}
            if any((package["name"].lower(), name) in allowed for name in names):
                spared += 1
                continue
            fixed = ", ".join(vulnerability.get("fix_versions", ())) or "no version yet"
            vulnerable.append(f"{package['name']} {package['version']}: {vulnerability['id']}, fixed in {fixed}")
    return Verdict(looked_up, len(found["dependencies"]) - looked_up, spared, tuple(vulnerable))


def ask(lock: Path = LOCK) -> dict[str, Any] | str:
    """pip-audit's answer, or why there is none."""
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        str(lock),
        "--no-deps",
        "--disable-pip",
        "--format",
        "json",
        "--progress-spinner",
        "off",
    ]
    try:
        done = subprocess.run([*command, "--timeout", str(ANSWER)], capture_output=True, text=True, timeout=ALL, check=False)
    except subprocess.TimeoutExpired:
        return f"no answer within {ALL} s"
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except json.JSONDecodeError:
        return (done.stderr.strip().splitlines() or ["pip-audit said nothing"])[-1][:200]
    return answer


def tell(verdict: Verdict) -> str:
    """One line."""
    total = verdict.looked_up + verdict.not_looked_up
    line = f"dependencies: {verdict.looked_up} of {total} looked up, {verdict.not_looked_up} could not be; "
    line += f"{len(verdict.vulnerable)} known vulnerabilities, {verdict.ignored} more ignored with a reason"
    return line if verdict.looked_up else f"WARNING, nothing was proved, the package index serves no advisories here: {line}"


def main() -> int:
    """The exit code."""
    ignored, found = load_ignored(), ask()
    if isinstance(found, str):
        print(f"WARNING, the dependencies were not audited: {found}", flush=True)
        return 0
    verdict = judge(found, ignored, today=datetime.now(UTC).date())
    print(tell(verdict), *verdict.vulnerable, sep="\n  ", flush=True)
    return 1 if verdict.vulnerable else 0


if __name__ == "__main__":
    sys.exit(main())
