"""Any sequence classifier of a model hub or of a local folder, by transformers: slower than the shipped judge, same protocol.

The model's labels must be the markers' names. A sentence is judged by reading it alone.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from core.errors import ConfigError, Unavailable
from core.records import MARKERS
from nlp.classify import Reading
from nlp.device import use_threads
from nlp.registry import DEFAULT_THRESHOLDS, HUB
from nlp.weights import sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.settings import Settings
    from nlp.classify import Passage

BATCH = 16
TOKENS = 512


class HubClassifier:
    """``hub:OWNER/NAME[@REVISION]`` (downloaded once by transformers) or ``dir:FOLDER``. Only safetensors, and no code of the model's own."""

    def __init__(self, settings: Settings) -> None:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        use_threads(settings)
        place, revision = _place(settings.model)
        options: dict[str, Any] = {"revision": revision, "trust_remote_code": False}
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(place, **options)
            self._model = AutoModelForSequenceClassification.from_pretrained(place, use_safetensors=True, **options).eval()
        except (OSError, ValueError) as error:
            kind = Unavailable if settings.model.startswith("hub:") else ConfigError
            raise kind(f"model {settings.model} cannot be loaded ({' '.join(str(error).split())[:200]}); check the name and the network") from error
        labels = {str(label): number for number, label in self._model.config.id2label.items()}
        missing = [marker for marker in MARKERS if marker not in labels]
        if missing:
            raise ConfigError(f"model {settings.model} has labels {sorted(labels)}, and lacks {missing}: it was not trained for Vigie's markers")
        self._columns = [int(labels[marker]) for marker in MARKERS]
        self.name, self.revision = settings.model, revision_of_place(place, revision or getattr(self._model.config, "_commit_hash", None))
        self.thresholds = dict.fromkeys(MARKERS, DEFAULT_THRESHOLDS)

    def read(self, passages: Sequence[Passage]) -> list[Reading]:
        """One reading per passage, in order; a text's score is that of its strongest part of 512 tokens."""
        readings = []
        for passage in passages:
            parts = self._parts(passage)
            scores = self._probabilities(parts)
            spoken = self._probabilities([passage.text[span.start : span.end] for span in passage.sentences])
            best = scores.amax(0).tolist()
            readings.append(Reading(dict(zip(MARKERS, best, strict=True)), dict(zip(MARKERS, spoken.T.tolist(), strict=True))))
        return readings

    def _parts(self, passage: Passage) -> list[str]:
        options = {"truncation": True, "stride": 64, "return_overflowing_tokens": True, "return_offsets_mapping": True}
        encoded = self._tokenizer(passage.text, max_length=TOKENS, **options)
        return [passage.text[min(a for a, b in spans if b) : max(b for _, b in spans)] for spans in encoded["offset_mapping"]]

    @torch.inference_mode()
    def _probabilities(self, texts: Sequence[str]) -> torch.Tensor:
        found = []
        for first in range(0, len(texts), BATCH):
            batch = self._tokenizer(list(texts[first : first + BATCH]), padding=True, truncation=True, max_length=TOKENS, return_tensors="pt")
            found.append(torch.sigmoid(self._model(**batch).logits[:, self._columns].float()))
        return torch.cat(found)


def revision_of_place(place: str, commit: str | None) -> str:
    """12 hexadecimal digits that change with a local folder's weights, or the hub's commit."""
    if commit:
        return commit[:12]
    files = sorted(path for path in Path(place).glob("*") if path.suffix in (".safetensors", ".json"))
    return hashlib.sha256("".join(sha256(path) for path in files).encode()).hexdigest()[:12]


def _place(model: str) -> tuple[str, str | None]:
    if model.startswith("dir:"):
        folder = Path(model.removeprefix("dir:"))
        if not folder.is_dir():
            raise ConfigError(f"model folder {folder} does not exist; expected a folder with config.json, model.safetensors and tokenizer.json")
        return str(folder), None
    found = HUB.fullmatch(model)
    if not found:
        raise ConfigError(f"model {model!r} is not readable; expected hub:OWNER/NAME or hub:OWNER/NAME@REVISION")
    return found["name"], found["revision"]
