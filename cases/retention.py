"""How long a content item is kept. Pure; the periods are reviewed data, in retention.yml."""

from __future__ import annotations

import calendar
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self, get_args

import yaml
from pydantic import Field, StringConstraints, ValidationError, model_validator

from core.errors import ConfigError
from core.records import Record

if TYPE_CHECKING:
    from core.records import Lane, Standing

FILE = Path(__file__).parent / "retention.yml"
Class = Literal["ordinaire", "en_attente", "ecarte", "licite", "dossier", "notifie"]
CLASSES: tuple[Class, ...] = get_args(Class)
# What is not decided has no decision to count from, and an open case no end before it is closed.
SINCE: dict[Class, tuple[str, ...]] = {
    "ordinaire": ("collecte",), "en_attente": ("collecte",), "ecarte": ("decision", "collecte"), "licite": ("decision", "collecte"),
    "dossier": ("cloture",), "notifie": ("cloture",),
}  # fmt: skip
UNREAD: tuple[Class, ...] = ("ordinaire", "en_attente")
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Rule(Record):
    """One period. ``label`` and ``why`` are what people read, in French."""

    label: Words
    since: Literal["collecte", "decision", "cloture"]
    days: Annotated[int, Field(ge=1)] | None = None
    months: Annotated[int, Field(ge=1)] | None = None
    why: Words

    @model_validator(mode="after")
    def _one_period(self) -> Self:
        if self.days is not None and self.months is not None:
            raise ValueError("days and months: give one of them")
        if self.days is None and self.months is None and self.since != "cloture":
            raise ValueError("no period: give days or months; only an open case has no end")
        return self

    def end(self, start: datetime) -> datetime | None:
        """When the period ends; the 31st of a month that has none becomes its last day. None: no end."""
        if self.months is None:
            return start + timedelta(days=self.days) if self.days is not None else None
        year, month = divmod(start.year * 12 + start.month - 1 + self.months, 12)
        return start.replace(year=year, month=month + 1, day=min(start.day, calendar.monthrange(year, month + 1)[1]))


class Rules(Record):
    """The periods in force."""

    verified_by: str | None
    classes: dict[Class, Rule]

    @model_validator(mode="after")
    def _all_of_them(self) -> Self:
        missing = [name for name in CLASSES if name not in self.classes]
        if missing:
            raise ValueError(f"missing {', '.join(missing)}")
        wrong = [name for name in CLASSES if self.classes[name].since not in SINCE[name]]
        if wrong:
            raise ValueError(f"{wrong[0]}: since: {self.classes[wrong[0]].since}, expected {' or '.join(SINCE[wrong[0]])}")
        return self


def class_of(standing: Standing, *, lane: Lane | None) -> Class:
    """Under which period an item falls."""
    if standing.notice_state is not None:
        return "notifie" if standing.notice_state == "close" else "dossier"
    match standing.qualification:
        case "illicite_presume" | "urgence":
            return "dossier"
        case "hors_champ":
            return "ecarte"
        case "licite_preoccupant":
            return "licite"
    return "en_attente" if lane is not None or standing.status == "en_cours" else "ordinaire"


def retain_until(
    collected_at: datetime,
    standing: Standing,
    rules: Rules,
    *,
    lane: Lane | None,
    closed_at: datetime | None = None,
    open_case: bool = False,
    undone_at: datetime | None = None,
) -> datetime | None:
    """When nothing of an item may be kept any longer; None while its case is open. ``closed_at``: when its notice was closed.

    ``open_case``: that one of any of its versions stands; ``undone_at``: when a decision was last undone. No period starts before the collection.

    An item that was decided and is to be read again, because its text changed, waits like any other and keeps what its decision gave it.
    """
    if open_case and standing.notice_state != "close":
        return None
    rule = rules.classes[class_of(standing, lane=lane)]
    start = {"collecte": collected_at, "decision": standing.decided_at, "cloture": closed_at}[rule.since]
    end = rule.end(max(start, collected_at, standing.decided_at or start)) if start else None
    if end is not None and undone_at is not None:
        end = max(end, rules.classes["en_attente"].end(undone_at) or end)
    if end is None or standing.status == "decide":
        return end
    return max(end, rules.classes["en_attente" if lane or standing.qualification else "ordinaire"].end(collected_at) or end)


@cache
def load_rules(path: Path = FILE) -> Rules:
    """The periods of a file. Raises ConfigError that names the file and the key."""
    try:
        return Rules.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(
            f"{path}: {'.'.join(map(str, first['loc'])) or 'classes'}: {first['msg']}; expected the classes {', '.join(CLASSES)}"
        ) from error
