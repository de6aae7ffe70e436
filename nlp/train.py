"""Train the first judge: ``python -m nlp.train --base FOLDER --out FOLDER``. Seeded; 15 minutes on two cores.

The window head learns the row's markers, the sentence head learns which sentences the quotes stand in. A window of a positive row that
holds none of its quotes teaches the window head nothing.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch.nn import functional

from core.records import MARKERS
from nlp import weights
from nlp.batches import Batch, by_length, collate
from nlp.corpus import Row, load_rows, part_of
from nlp.encoder import Judge, Shape, from_bert
from nlp.segment import sentences
from nlp.windows import Codec, Window, codec, windows

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "query: "  # what e5 encoders expect
EPOCHS, RATE, HEAD_RATE, WARM_UP, SEED = 4, 8e-5, 1e-3, 0.1, 13
SENTENCE_WEIGHT = 1.0


class Example(NamedTuple):
    """A window with its targets: ``window[markers]`` (NaN: not to be learnt) and ``spoken[sentences][markers]``."""

    window: Window
    target: list[float]
    spoken: list[list[float]]


def examples(row: Row, coding: Codec) -> list[Example]:
    """The windows of a row, each with what it should say."""
    spans = sentences(row.text)
    quoted = []
    for quote in row.quotes:
        start = row.text.index(quote.quote)
        quoted.append((quote.marker, start, start + len(quote.quote)))
    spoken = [[float(any(m == marker and span.start < end and start < span.end for m, start, end in quoted)) for marker in MARKERS] for span in spans]
    found = []
    for window in windows(row.text, spans, coding):
        inside = [spoken[number] for number in window.sentences]
        held = [max(column) for column in zip(*inside, strict=True)]
        target = [float("nan") if marker in row.markers and not held[place] else held[place] for place, marker in enumerate(MARKERS)]
        found.append(Example(window, target, inside))
    return found


def loss_of(judge: Judge, batch: Batch, chosen: list[Example]) -> torch.Tensor:
    """Binary cross-entropy of windows and of sentences."""
    window, spoken = judge(batch.ids, batch.mask, batch.owner, batch.sentences)
    target = torch.tensor([example.target for example in chosen])
    told = torch.full(spoken.shape, float("nan"))
    for row, example in enumerate(chosen):
        told[row, : len(example.spoken)] = torch.tensor(example.spoken)
    return _known_loss(window.float(), target) + SENTENCE_WEIGHT * _known_loss(spoken.float(), told)


def _known_loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    known = ~target.isnan()
    return functional.binary_cross_entropy_with_logits(logits[known], target[known], pos_weight=torch.tensor(2.0))


def train(rows: list[Row], *, base: Path, out: Path) -> None:
    """Train on the hands of the train part and write the model folder."""
    torch.manual_seed(SEED)
    random.seed(SEED)
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    shape = Shape(**{name: config[name] for name in Shape.model_fields})
    judge = Judge(shape, markers=len(MARKERS), dropout=0.0)  # random numbers cost a third of the time here, and four epochs hardly overfit
    judge.encoder.load_state_dict(from_bert(load_file(base / "model.safetensors"), layers=shape.num_hidden_layers))
    coding = codec(Tokenizer.from_file(str(base / "tokenizer.json")), prefix=PREFIX)
    parts = part_of(rows)
    learnt = [example for row in rows if parts[row.hand] == "train" for example in examples(row, coding)]
    out.mkdir(parents=True, exist_ok=True)
    for epoch in _fit(judge, learnt, pad=shape.pad_token_id):
        print(epoch, file=sys.stderr, flush=True)
        weights.save(judge.state_dict(), out / "weights.safetensors")
    shutil.copy(base / "tokenizer.json", out / "tokenizer.json")
    described = {"shape": shape.model_dump(), "prefix": PREFIX, "markers": list(MARKERS)}
    (out / "config.json").write_text(json.dumps(described, indent=1), encoding="utf-8")


def _fit(judge: Judge, learnt: list[Example], *, pad: int) -> Iterator[str]:
    """Train in place; a line after each epoch."""
    judge.encoder.words.requires_grad_(requires_grad=False)  # half of all weights, and most words do not occur in the corpus
    encoder = [weight for weight in judge.encoder.parameters() if weight.requires_grad]
    heads = [*judge.window_head.parameters(), *judge.sentence_head.parameters()]
    optimizer = torch.optim.AdamW([{"params": encoder, "lr": RATE}, {"params": heads, "lr": HEAD_RATE}], weight_decay=0.01, fused=True)
    every = [example.window for example in learnt]
    steps = EPOCHS * len(list(by_length(every)))
    warm = int(steps * WARM_UP)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(step / max(1, warm), (steps - step) / (steps - warm)))
    judge.train()
    for epoch in range(EPOCHS):
        groups = list(by_length(every))
        random.shuffle(groups)
        total = 0.0
        for places in groups:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = loss_of(judge, collate(every, places, pad=pad), [learnt[place] for place in places])
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(judge.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item()
        yield f"epoch {epoch + 1}/{EPOCHS}: loss {total / len(groups):.4f} over {len(groups)} steps"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, default=Path(__file__).parent / "corpus")
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    train(load_rows(given.corpus), base=given.base, out=given.out)
