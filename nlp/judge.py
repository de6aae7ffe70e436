"""The shipped classifier: one pass of the encoder gives the probabilities of a text and of each of its sentences.

A text is as strong as its strongest window, a window's logit is the mean of what its whole and its strongest sentence say: one sentence
in ten pages is found, and a sentence alone is not judged without its context.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import torch
from tokenizers import Tokenizer

from core.errors import ConfigError
from core.records import MARKERS
from nlp import weights
from nlp.batches import by_length, collate
from nlp.classify import Reading
from nlp.device import precision, use_threads
from nlp.encoder import Judge, Shape
from nlp.registry import Scale, find
from nlp.windows import codec, windows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from core.records import Marker
    from core.settings import Settings
    from nlp.classify import Passage
    from nlp.registry import ModelEntry
    from nlp.windows import Codec, Window

NOTHING = -20.0  # logit where nothing was read


class JudgeClassifier:
    """A judge with the calibration and the thresholds of its registry entry."""

    def __init__(self, judge: Judge, coding: Codec, *, entry: ModelEntry, name: str) -> None:
        self.name, self.revision, self.thresholds = name, entry.revision, entry.thresholds
        self._judge, self._coding = judge, coding
        self._pad = judge.encoder.words.padding_idx or 0
        scales = [entry.calibration.get(marker, Scale()) for marker in MARKERS]
        self._slope = torch.tensor([scale.slope for scale in scales])
        self._intercept = torch.tensor([scale.intercept for scale in scales])

    def read(self, passages: Sequence[Passage]) -> list[Reading]:
        """One reading per passage, in order; see the module for how windows combine."""
        cut = [windows(passage.text, passage.sentences, self._coding) for passage in passages]
        whole, spoken = self.logits([window for found in cut for window in found])
        readings, first = [], 0
        for passage, found in zip(passages, cut, strict=True):
            part = slice(first, first + len(found))
            readings.append(self._combine(passage, found, whole[part], spoken[part]))
            first += len(found)
        return readings

    @torch.inference_mode()
    def logits(self, found: Sequence[Window]) -> tuple[list[Tensor], list[Tensor]]:
        """Per window, uncalibrated: ``[markers]`` of the whole and ``[sentences, markers]``."""
        whole: list[Tensor] = [torch.empty(0)] * len(found)
        spoken: list[Tensor] = [torch.empty(0)] * len(found)
        for places in by_length(found):
            batch = collate(found, places, pad=self._pad)
            heads, sentences = self._judge(batch.ids, batch.mask, batch.owner, batch.sentences)
            for row, place in enumerate(places):
                whole[place] = heads[row].float()
                spoken[place] = sentences[row, : len(found[place].sentences)].float()
        return whole, spoken

    def _combine(self, passage: Passage, found: Sequence[Window], whole: Sequence[Tensor], spoken: Sequence[Tensor]) -> Reading:
        text = torch.full((len(MARKERS),), NOTHING)
        sentences = torch.full((len(passage.sentences), len(MARKERS)), NOTHING)
        for window, head, said in zip(found, whole, spoken, strict=True):
            text = torch.maximum(text, (head + said.amax(0)) / 2)
            sentences[window.sentences] = torch.maximum(sentences[window.sentences], said)
        probability, likely = self._calibrate(text).tolist(), self._calibrate(sentences).T.tolist()
        return Reading(dict(zip(MARKERS, probability, strict=True)), dict(zip(MARKERS, likely, strict=True)))

    def _calibrate(self, logits: Tensor) -> Tensor:
        return torch.sigmoid(logits * self._slope + self._intercept)


def load_named(settings: Settings) -> JudgeClassifier:
    """The classifier that the settings name, its files checked against their hashes. Raises ConfigError."""
    use_threads(settings)
    folder, entry = find(settings)
    return JudgeClassifier(*load_judge(folder, dtype=precision(settings)), entry=entry, name=settings.model)


def load_judge(folder: Path, *, dtype: torch.dtype) -> tuple[Judge, Codec]:
    """The judge and the codec of a model folder. Raises ConfigError when the folder does not fit this code."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    markers: list[Marker] = config["markers"]
    if markers != list(MARKERS):
        raise ConfigError(f"{folder / 'config.json'}: markers {markers}, expected {list(MARKERS)}; this model belongs to another version of Vigie")
    judge = Judge(Shape(**config["shape"]), markers=len(MARKERS), dropout=0.0)
    judge.load_state_dict(weights.load(folder / "weights.safetensors", dtype=dtype), assign=True)
    return judge.eval(), codec(Tokenizer.from_file(str(folder / "tokenizer.json")), prefix=config["prefix"])
