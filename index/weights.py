"""The weights of the reading queue: the shape of harm.yml, checked when it is loaded. A mistake names file, key and nearest valid name."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

import yaml
from pydantic import AwareDatetime, Field, ValidationError, model_validator

from core.errors import ConfigError, nearest
from core.records import STANCES, Kind, Marker, Probability, Record, Stance
from index.sampling import Sounding, Stratum

FILE = Path(__file__).with_name("harm.yml")
FlagId = Literal["T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10", "T11", "T12", "T13"]
# the sub-markers of nlp/markers, which this package may not import; a test holds them together
SIGN_IDS = tuple(f"{letter}{number}" for letter, count in (("A", 12), ("B", 12), ("C", 11)) for number in range(1, count + 1))

Text = Annotated[str, Field(min_length=3, max_length=90)]
Raises = Annotated[float, Field(ge=1, le=10)]  # a multiplier that never lowers
Lowers = Annotated[float, Field(gt=0, le=1)]  # a multiplier that never raises


class MarkerWeight(Record):
    """``base``: severity where no sub-marker is shown. ``share``: how much of the severity counts, unless the sign is one of ``fully``."""

    base: Probability
    share: Lowers = 1.0
    fully: tuple[str, ...] = ()
    text: Text


class FlagWeight(Record):
    """A flag multiplies the harm by ``1 + adds x its severity weight in the taxonomy``.

    ``alone``: probability that the harm is real where the flag is seen, whatever the markers say.
    """

    adds: Annotated[float, Field(ge=0, le=10)]
    alone: Probability = 0.0
    text: Text


class StanceWeight(Record):
    """How a text that speaks so is doubted; ``urgent``: where a life may be at stake, if that changes it."""

    times: Lowers
    urgent: Lowers | None = None
    text: Text

    @model_validator(mode="after")
    def _urgency_never_adds_doubt(self) -> Self:
        if self.urgent is not None and self.urgent < self.times:
            raise ValueError(f"urgent: found {self.urgent}, expected at least times ({self.times})")
        return self


class Doubt(Record):
    """What makes it doubtful that the text promotes what it says: its stance, and the flag of what is cited or mocked. Asserting is not doubted."""

    stances: dict[Stance, StanceWeight]
    counter_flag: FlagId
    counter: StanceWeight
    urgent_flag: FlagId

    @model_validator(mode="after")
    def _each_stance_has_its_weight(self) -> Self:
        if missing := set(STANCES) - set(self.stances):
            raise ValueError(f"stances: {', '.join(sorted(missing))} is missing")
        if self.stances["assert"].times != 1:
            raise ValueError("stances.assert.times: expected 1, what is asserted is not doubted")
        return self


class Scale(Record):
    """A quantity that counts by its logarithm: x1 at ``neutral`` and where unknown, x ``tenfold`` for each tenfold, from ``least`` to ``most``."""

    neutral: Annotated[float, Field(gt=0)]
    tenfold: Raises
    least: Lowers
    most: Raises
    text: Annotated[str, Field(pattern=r"^[^{}]+\{\}[^{}]*$", max_length=90)]  # {}: the quantity


class KindWeight(Record):
    """What a kind of page adds."""

    times: Raises
    text: Text


class Rules(Record):
    """All of harm.yml."""

    half_life_days: Annotated[float, Field(gt=0)]
    reference: AwareDatetime  # the time at which freshness counts zero; any will do, as long as it stays the same
    middle: Annotated[float, Field(gt=0)]  # the product of all factors that is shown as 50 of 100
    markers: dict[Marker, MarkerWeight]
    contrast: Annotated[float, Field(ge=1, le=5)]  # severities count by this power: at 2, half as severe is a quarter of the harm
    signs_read: Annotated[int, Field(ge=1)]  # of a passage's sub-markers, the likeliest first
    signs: dict[str, Text]  # sub-marker -> what the text does, in words
    flags: dict[FlagId, FlagWeight]
    kinds: dict[Kind, KindWeight] = Field(default_factory=dict)
    reach: Scale
    money: Scale
    doubt: Doubt
    sounding: Sounding

    @model_validator(mode="after")
    def _all_is_said_once(self) -> Self:
        for name, found, wanted in (
            ("markers", set(self.markers), set(get_args(Marker))),
            ("flags", set(self.flags) | {self.doubt.counter_flag}, set(get_args(FlagId))),
            ("signs", set(self.signs), set(SIGN_IDS)),
        ):
            if missing := wanted - found:
                raise ValueError(f"{name}: {', '.join(sorted(missing))} is missing")
        for where, names in {"signs": self.signs, **{f"markers.{name}.fully": weight.fully for name, weight in self.markers.items()}}.items():
            for name in names:
                if name not in SIGN_IDS:
                    raise ValueError(f"{where}: unknown sub-marker {name!r}; {nearest(name, SIGN_IDS)}")
        return self


KEYS = {
    key for record in (Rules, MarkerWeight, FlagWeight, StanceWeight, Doubt, Scale, KindWeight, Sounding, Stratum) for key in record.model_fields
} | {*get_args(Marker), *STANCES, *get_args(FlagId), *get_args(Kind)}


def load_rules(path: Path | None = None) -> Rules:
    """The weights of a file, by default the shipped one; read once. Raises ConfigError that names file, key and nearest valid name."""
    return _load(path or FILE)


@cache
def _load(path: Path) -> Rules:
    try:
        return Rules.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader))  # noqa: S506 - a SafeLoader
    except FileNotFoundError as error:
        raise ConfigError(f"{path} does not exist; restore it: the reading queue cannot be ordered without") from error
    except ValidationError as error:
        first = min(error.errors(), key=lambda problem: problem["type"] not in _UNKNOWN)  # a misspelt key comes before the missing one
        steps = [str(step) for step in first["loc"] if step != "[key]"]
        hint = f"; {nearest(steps[-1], KEYS)}" if first["type"] in _UNKNOWN and steps else ""
        raise ConfigError(f"{path}: {'.'.join(steps) or 'file'}: {first['msg'].removeprefix('Value error, ')}{hint}") from error
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{path}: not readable as YAML in UTF-8 ({' '.join(str(error).split())[:200]})") from error


_UNKNOWN = ("extra_forbidden", "literal_error")


class _Loader(yaml.SafeLoader):
    """YAML where a key that stands twice is an error, instead of the last one winning."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        names = [key.value for key, _ in node.value]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise yaml.constructor.ConstructorError(None, None, f"duplicate key {twice!r}", node.start_mark)
        return super().construct_mapping(node, deep)
