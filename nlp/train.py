"""Train a judge from a configuration file: seeded, and going on where it was killed. ``vigie train`` runs it.

The whole-window head learns the row's markers, the sentence heads learn which sentences the quotes stand in and what they show. A window of
a positive row that holds none of its quotes teaches the window head nothing.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

import torch
import yaml
from pydantic import Field, ValidationError
from tokenizers import Tokenizer
from torch.nn import functional

from core.errors import ConfigError
from core.files import write_text
from core.records import MARKERS, STANCES, Record
from nlp import weights
from nlp.base import load_base
from nlp.batches import by_length, collate
from nlp.checkpoint import Place, blended, load_checkpoint, save_checkpoint
from nlp.corpus import SUBMARKERS
from nlp.encoder import Judge
from nlp.examples import Augmentation, epoch, examples, sample_of
from nlp.registry import READING
from nlp.weights import sha256
from nlp.windows import codec

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from nlp.base import Base
    from nlp.batches import Batch
    from nlp.corpus import Row
    from nlp.encoder import Said
    from nlp.examples import Example
    from nlp.windows import Codec

STEPS_A_CHECKPOINT = 150
CHECKPOINT = "checkpoint.safetensors"


class TrainingConfig(Record):
    """One model's training.yml; rates are those of AdamW, shares are of the texts of an epoch."""

    title: str
    base: str  # a folder, or hub:OWNER/NAME[@REVISION]
    start: str | None = None  # folder of a trained judge to go on from, instead of the bare encoder: when the corpus has grown
    prefix: str = ""  # what the encoder expects before each text
    seed: int = 13
    epochs: int = Field(ge=1)
    rate: float = Field(gt=0)
    head_rate: float = Field(gt=0)
    warm_up: float = Field(0.1, ge=0, lt=1)
    weight_decay: float = Field(0.01, ge=0)
    dropout: float = Field(0.0, ge=0, lt=1)
    mean: float = Field(0.0, ge=0, lt=1)  # weight of the past in the running mean of weights that is kept; 0: the last weights
    frozen_words: bool = True  # word embeddings stay: most words do not occur in the corpus
    positive_weight: float = Field(2.0, gt=0)
    sentence_weight: float = Field(1.0, ge=0)
    submarker_weight: float = Field(1.0, ge=0)
    stance_weight: float = Field(0.3, ge=0)
    noise: float = Field(0.0, ge=0, le=1)
    swap: float = Field(0.0, ge=0, le=1)
    hide: float = Field(0.0, ge=0, le=1)


class Progress(NamedTuple):
    """After each step; ``loss`` is the mean of the epoch so far."""

    step: int
    steps: int
    epoch: int
    loss: float


def load_config(path: Path) -> TrainingConfig:
    """A training configuration. Raises ConfigError that names file and key."""
    try:
        return TrainingConfig.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())[:300]}") from error


def train(rows: Sequence[Row], config: TrainingConfig, *, out: Path, tell: Callable[[Progress], None]) -> None:
    """Train on ``rows`` and write a model folder. A run that was cut short goes on when it is called again. Raises ConfigError and Invalid.

    The checkpoint stays: who calls this removes it when the model is registered.
    """
    torch.manual_seed(config.seed)
    base = load_base(config.base)
    coding = codec(Tokenizer.from_file(str(base.tokenizer)), prefix=config.prefix)
    judge = _started(base, config)
    before = sha256(Path(config.start) / "weights.safetensors") if config.start else base.sha256
    run = hashlib.sha256(f"{READING} {before} {config.model_dump_json()} {_code()}".encode())
    for row in rows:
        run.update(row.model_dump_json().encode())
    _Run(rows, config, judge, coding, path=out / CHECKPOINT, run=run.hexdigest()[:16]).finish(tell)
    weights.save(judge.state_dict(), out / "weights.safetensors")
    shutil.copy(base.tokenizer, out / "tokenizer.json")
    described = {"shape": base.shape.model_dump(), "prefix": config.prefix, "markers": MARKERS, "submarkers": SUBMARKERS, "stances": STANCES}
    write_text(out / "config.json", json.dumps(described, indent=1) + "\n")


def _code() -> str:
    """What decides which examples an epoch draws: an epoch that was begun with other code cannot be gone on with."""
    here = Path(__file__).parent
    return "".join(sha256(here / name) for name in ("examples.py", "noise.py", "swaps.yml", "batches.py"))


def _started(base: Base, config: TrainingConfig) -> Judge:
    judge = Judge(base.shape, markers=len(MARKERS), submarkers=len(SUBMARKERS), stances=len(STANCES), dropout=config.dropout)
    judge.encoder.load_state_dict(base.state)
    if config.start:
        judge.load_state_dict(weights.load(Path(config.start) / "weights.safetensors", dtype=torch.float32))
    judge.encoder.words.requires_grad_(not config.frozen_words)
    return judge.to("cuda" if torch.cuda.is_available() else "cpu")


class _Run:
    """What changes while training: weights, their running mean, the optimizer, the place."""

    def __init__(self, rows: Sequence[Row], config: TrainingConfig, judge: Judge, coding: Codec, *, path: Path, run: str) -> None:
        self._config, self._judge, self._coding, self._path = config, judge, coding, path
        self._samples = [sample_of(row) for row in rows]
        self._device = next(judge.parameters()).device
        self._optimizer = torch.optim.AdamW(_groups(judge, config), weight_decay=config.weight_decay, fused=True)
        self._rates = [group["lr"] for group in self._optimizer.param_groups]
        self._mean = {name: weight.detach().float().clone() for name, weight in judge.named_parameters() if weight.requires_grad}
        self._run = run

    def finish(self, tell: Callable[[Progress], None]) -> None:
        """Take all steps that are left, then let the judge hold the weights to keep."""
        place = load_checkpoint(self._path, self._run, self._judge, self._optimizer, self._mean)
        self._judge.train()
        for number in range(place.epoch, self._config.epochs):
            self._epoch(number, place.done if number == place.epoch else 0, tell)
        if self._config.mean:
            self._judge.load_state_dict(self._mean, strict=False)

    def _epoch(self, number: int, done: int, tell: Callable[[Progress], None]) -> None:
        rng = Random(f"{self._config.seed} {number}")  # noqa: S311 - nothing secret
        how = Augmentation(self._config.noise, self._config.swap, self._config.hide)
        learnt = [example for sample in epoch(self._samples, how, rng) for example in examples(sample, self._coding)]
        groups = list(by_length([example.window for example in learnt]))
        rng.shuffle(groups)
        total = 0.0
        for step, places in enumerate(groups[done:], done):
            torch.manual_seed(hash((self._config.seed, number, step)))  # of dropout, the same after a restart
            total += self._step([learnt[place] for place in places], (number + step / len(groups)) / self._config.epochs)
            tell(Progress(step + 1, len(groups), number + 1, total / (step + 1 - done)))
            if (step + 1) % STEPS_A_CHECKPOINT == 0:
                save_checkpoint(self._path, Place(self._run, number, step + 1), self._judge, self._optimizer, self._mean)
        save_checkpoint(self._path, Place(self._run, number + 1, 0), self._judge, self._optimizer, self._mean)

    def _step(self, chosen: Sequence[Example], way: float) -> float:
        """One step, ``way`` of the run being done; the loss before it."""
        share = min(way / self._config.warm_up if self._config.warm_up else 1.0, (1 - way) / (1 - self._config.warm_up))
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * share
        batch = collate([example.window for example in chosen], list(range(len(chosen))), pad=self._judge.encoder.words.padding_idx or 0)
        with torch.autocast(self._device.type, dtype=torch.bfloat16):
            said = self._judge(*(tensor.to(self._device) for tensor in (batch.ids, batch.mask, batch.owner)), batch.sentences)
        loss = _loss(said, chosen, batch, self._config)
        self._optimizer.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(self._judge.parameters(), 1.0)
        self._optimizer.step()
        if self._config.mean:  # young weights are worth little: the mean forgets them faster
            steps = 1 + way * self._config.epochs * 100
            blended(self._mean, self._judge, keep=min(self._config.mean, steps / (10 + steps)))
        return float(loss.detach())


def _groups(judge: Judge, config: TrainingConfig) -> list[dict[str, object]]:
    """Parameter groups: the encoder at its rate, the heads at theirs."""
    inside = {id(weight) for weight in judge.encoder.parameters()}
    encoder = [weight for weight in judge.encoder.parameters() if weight.requires_grad]
    heads = [weight for weight in judge.parameters() if id(weight) not in inside]
    return [{"params": encoder, "lr": config.rate}, {"params": heads, "lr": config.head_rate}]


def _loss(said: Said, chosen: Sequence[Example], batch: Batch, config: TrainingConfig) -> Tensor:
    """The weighted sum of what the four heads got wrong."""
    device = said.whole.device
    whole = torch.tensor([example.whole for example in chosen], device=device)
    loss = _binary(said.whole, whole, config)
    loss = loss + config.sentence_weight * _binary(said.spoken, _padded([example.spoken for example in chosen], batch.sentences).to(device), config)
    loss = loss + config.submarker_weight * _binary(said.shown, _padded([example.shown for example in chosen], batch.sentences).to(device), config)
    stance = torch.tensor([example.stance for example in chosen], device=device)
    if config.stance_weight and bool((stance >= 0).any()):
        loss = loss + config.stance_weight * functional.cross_entropy(said.stance.float(), stance, ignore_index=-1)
    return loss


def _padded(targets: Sequence[Sequence[Sequence[float]]], sentences: int) -> Tensor:
    """Targets per sentence as ``[batch, sentences, labels]``, NaN where there is no sentence."""
    full = torch.full((len(targets), sentences, len(targets[0][0])), float("nan"))
    for row, target in enumerate(targets):
        full[row, : len(target)] = torch.tensor(target)
    return full


def _binary(logits: Tensor, target: Tensor, config: TrainingConfig) -> Tensor:
    known = ~target.isnan()
    weight = torch.tensor(config.positive_weight)
    return functional.binary_cross_entropy_with_logits(logits[known].float(), target[known], pos_weight=weight)
