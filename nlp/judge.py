"""The shipped classifier: one pass of the encoder gives the probabilities of a text and of each of its sentences, the sub-markers and the stance.

A text is judged by its strongest window together with its strongest sentence, in proportions that calibration finds: one sentence in ten
pages is found, and a sentence alone is not judged without its context.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import torch
from tokenizers import Tokenizer

from core.errors import ConfigError
from core.records import MARKERS, STANCES
from nlp import weights
from nlp.batches import by_length, collate
from nlp.classify import Passage, Reading
from nlp.corpus import SUBMARKERS
from nlp.device import precision, use_threads
from nlp.encoder import Judge, Said, Shape
from nlp.registry import Scale, find
from nlp.segment import sentences
from nlp.topic import Centre, Topic, centre, direction, gather, ordinary, rarity, total
from nlp.windows import codec, windows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor

    from core.settings import Settings
    from nlp.registry import ModelEntry
    from nlp.windows import Codec, Window

NOTHING = -20.0  # logit where nothing was read


class Logits(NamedTuple):
    """What the heads say of one text, uncalibrated, the strongest of the windows that hold it."""

    whole: Tensor  # [markers]
    spoken: Tensor  # [sentences, markers]
    shown: Tensor  # [sentences, submarkers]
    stance: Tensor  # [stances], the mean of the windows; all zero where nothing was read
    topic: Topic | None = None  # None where nothing was read

    @property
    def strongest(self) -> Tensor:
        """``[markers]`` of the strongest sentence."""
        return self.spoken.amax(0) if len(self.spoken) else torch.full((len(MARKERS),), NOTHING)


class JudgeClassifier:
    """A judge with the calibration and the thresholds of its registry entry."""

    def __init__(self, judge: Judge, coding: Codec, *, entry: ModelEntry, name: str) -> None:
        self.name, self.revision, self.thresholds = name, entry.revision, entry.thresholds
        self._judge, self._coding, self._submarker_at = judge, coding, entry.submarker_at
        self._pad, self._rare = judge.encoder.words.padding_idx or 0, rarity(coding.tokenizer)
        scales = [entry.calibration.get(marker, Scale()) for marker in MARKERS]
        self._scale = torch.tensor([[scale.whole, scale.spoken, scale.intercept] for scale in scales]).T

    def read(self, passages: Sequence[Passage]) -> list[Reading]:
        """One reading per passage, in order."""
        return [self._reading(found) for found in self.logits(passages)]

    @cached_property
    def _centre(self) -> Centre:
        return centre([found.topic for found in self.logits([Passage(text, sentences(text)) for text in ordinary()])])

    @torch.inference_mode()
    def logits(self, passages: Sequence[Passage]) -> list[Logits]:
        """What the heads say, per passage, uncalibrated."""
        cut = [windows(passage.text, passage.sentences, self._coding) for passage in passages]
        every = [window for found in cut for window in found]
        said: list[tuple[Said, Topic] | None] = [None] * len(every)
        for places in by_length(every):
            batch = collate(every, places, pad=self._pad)
            states = self._judge.encoder.states(batch.ids, batch.mask)
            heard = self._judge.answer(states.last, batch.mask, batch.owner, batch.sentences)
            topics = gather(states, batch.ids, batch.mask & (batch.owner < batch.sentences), self._rare)
            for row, place in enumerate(places):
                size = len(every[place].sentences)
                found = heard.whole[row], heard.spoken[row, :size], heard.shown[row, :size], heard.stance[row]
                said[place] = Said(*(logits.float() for logits in found)), topics[row]
        answers = iter(zip(every, said, strict=True))
        return [_combined(len(passage.sentences), [next(answers) for _ in found]) for passage, found in zip(passages, cut, strict=True)]

    def _reading(self, found: Logits) -> Reading:
        whole, alone, intercept = self._scale
        likely = torch.sigmoid(found.spoken * (whole + alone) + intercept)
        score = torch.sigmoid(found.whole * whole + found.strongest * alone + intercept)
        shown = [_above(row, self._submarker_at) for row in torch.sigmoid(found.shown).tolist()]
        stance = STANCES[int(found.stance.argmax())] if bool(found.stance.any()) else None
        scores, spoken = dict(zip(MARKERS, score.tolist(), strict=True)), dict(zip(MARKERS, likely.T.tolist(), strict=True))
        return Reading(scores, spoken, shown, stance, direction(found.topic, self._centre))


def _combined(count: int, answers: Sequence[tuple[Window, tuple[Said, Topic] | None]]) -> Logits:
    whole, stance = torch.full((len(MARKERS),), NOTHING), torch.zeros(len(STANCES))
    spoken, shown = torch.full((count, len(MARKERS)), NOTHING), torch.full((count, len(SUBMARKERS)), NOTHING)
    read = [(window, *answer) for window, answer in answers if answer is not None]
    for window, said, _ in read:
        whole = torch.maximum(whole, said.whole)
        stance = stance + said.stance / len(read)
        spoken[window.sentences] = torch.maximum(spoken[window.sentences], said.spoken)
        shown[window.sentences] = torch.maximum(shown[window.sentences], said.shown)
    return Logits(whole, spoken, shown, stance, total([topic for _, _, topic in read]))


def _above(row: Sequence[float], least: float) -> list[str]:
    ranked = sorted(zip(row, SUBMARKERS, strict=True), reverse=True)
    return [submarker for probability, submarker in ranked if probability >= least]


def load_named(settings: Settings) -> JudgeClassifier:
    """The classifier that the settings name, its files checked against their hashes. Raises ConfigError."""
    use_threads(settings)
    folder, entry = find(settings)
    return JudgeClassifier(*load_judge(folder, dtype=precision(settings)), entry=entry, name=settings.model)


def load_judge(folder: Path, *, dtype: torch.dtype) -> tuple[Judge, Codec]:
    """The judge and the codec of a model folder. Raises ConfigError when the folder does not fit this code."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{folder / 'config.json'} is missing or is no JSON ({error}); train the model, or restore the file") from error
    for name, expected in (("markers", MARKERS), ("submarkers", SUBMARKERS), ("stances", STANCES)):
        if tuple(config.get(name, ())) != expected:
            found = f"{folder / 'config.json'}: {name} {config.get(name)}, expected {list(expected)}"
            raise ConfigError(f"{found}; this model belongs to another version of Vigie")
    judge = Judge(Shape(**config["shape"]), markers=len(MARKERS), submarkers=len(SUBMARKERS), stances=len(STANCES), dropout=0.0)
    judge.load_state_dict(weights.load(folder / "weights.safetensors", dtype=dtype), assign=True)
    return judge.eval(), codec(Tokenizer.from_file(str(folder / "tokenizer.json")), prefix=config["prefix"])
