"""The trained models: models/registry.yml names each with the hashes of its files and its thresholds, checked before anything is loaded."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Self

import yaml
from pydantic import Field, ValidationError, model_validator

from core.errors import ConfigError, nearest
from core.records import Decision, Marker, Probability, Record, Sha256

if TYPE_CHECKING:
    from pathlib import Path

    from core.settings import Settings

FOLDER = r"^[a-z0-9][a-z0-9._-]*$"
HUB = re.compile(r"hub:(?P<name>[\w.-]+/[\w.-]+)(?:@(?P<revision>[\w.-]+))?")


READING = 2  # bump it when texts are read otherwise (normalise, segment, windows): what was scored is scored anew, and training starts anew


class Thresholds(Record):
    """From ``a_lire`` on a person should read it; from ``alerte`` on it comes first."""

    a_lire: Probability
    alerte: Probability

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.alerte < self.a_lire:
            raise ValueError(f"alerte {self.alerte} is below a_lire {self.a_lire}")
        return self

    def decide(self, probability: float) -> Decision:
        """What a probability means."""
        return "alerte" if probability >= self.alerte else "a_lire" if probability >= self.a_lire else "rien"


class Scale(Record):
    """Calibration: probability = sigmoid(whole * logit of the strongest window + spoken * logit of the strongest sentence + intercept)."""

    whole: float = 0.5
    spoken: float = 0.5
    intercept: float = 0.0


class ModelEntry(Record):
    """One model of the registry."""

    folder: str = Field(pattern=FOLDER)
    title: str
    files: dict[str, Sha256]
    thresholds: dict[Marker, Thresholds]
    calibration: dict[Marker, Scale] = Field(default_factory=dict)
    submarker_at: Probability = 0.5  # a sentence shows a sub-marker from this probability on

    @property
    def revision(self) -> str:
        """12 hexadecimal digits that change whenever an answer may: with the files, the thresholds, the calibration or the reading of texts."""
        return hashlib.sha256(f"{READING} {self.model_dump_json(exclude={'title'})}".encode()).hexdigest()[:12]


DEFAULT_THRESHOLDS = Thresholds(a_lire=0.5, alerte=0.8)  # of a model that the registry does not know


class Registry(Record):
    """models/registry.yml."""

    models: dict[str, ModelEntry]


def load_registry(folder: Path) -> Registry:
    """The registry of a models folder. Raises ConfigError."""
    path = folder / "registry.yml"
    try:
        return Registry.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise ConfigError(f"{path} does not exist; set VIGIE_MODELS_DIR to the folder that holds registry.yml") from error
    except (yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())[:300]}") from error


def entry_of(settings: Settings) -> ModelEntry:
    """The registry's entry of the model that the settings name. Raises ConfigError."""
    registry = load_registry(settings.models_dir)
    entry = registry.models.get(settings.model)
    if entry is None:
        raise ConfigError(f"model {settings.model!r} is not in {settings.models_dir / 'registry.yml'}; {nearest(settings.model, registry.models)}")
    return entry


def find(settings: Settings) -> tuple[Path, ModelEntry]:
    """The folder and the entry of the model that the settings name. Raises ConfigError: unknown name, missing file, wrong hash."""
    from nlp.weights import sha256

    entry = entry_of(settings)
    folder = settings.models_dir / entry.folder
    for name, expected in entry.files.items():
        path = folder / name
        if not path.is_file():
            raise ConfigError(f"model file {path} is missing; restore it with: git checkout -- {path}")
        found = sha256(path)
        if found != expected:
            raise ConfigError(f"model file {path} has sha256 {found[:12]}, expected {expected[:12]}: it was changed or cut short; restore it")
    return folder, entry
