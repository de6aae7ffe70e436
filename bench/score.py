"""Texts a second of Vigie's scorer against ``transformers.pipeline("text-classification")`` with its defaults (batch 16), same weights, one run.

The peer reads the same windows (it cannot cut long texts itself) with the window head alone; Vigie does all that the product does: sentences,
evidence, sub-markers. Lengths are drawn like those of public streams: many short posts, some articles. Decisions are compared on the window head.
Memory is read in a child process per size. ``python bench/score.py [--texts N] [--sizes N ...] [--threads N]``
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from core.records import MARKERS
from core.settings import ROOT, Settings
from nlp import weights
from nlp.classify import Passage
from nlp.corpus import load_rows
from nlp.judge import load_judge, load_named
from nlp.normalise import plain
from nlp.registry import find
from nlp.score import Item, Scorer
from nlp.segment import sentences
from nlp.windows import windows

if TYPE_CHECKING:
    from collections.abc import Iterator

    import torch
    from torch import Tensor

LENGTHS = ((0.55, 5, 30), (0.25, 30, 90), (0.15, 90, 250), (0.05, 250, 900))  # share, words from, to: posts, comments, short articles, articles


def texts(count: int) -> Iterator[str]:
    """Distinct texts of mixed lengths, cut and joined from the corpus."""
    rng = random.Random(7)
    words = [word for row in load_rows(ROOT / "nlp" / "corpus") for word in row.text.split(" ")]
    for number in range(count):
        _, least, most = rng.choices(LENGTHS, [share for share, _, _ in LENGTHS])[0]
        size, first = rng.randint(least, most), rng.randrange(len(words) - most)
        yield " ".join([*words[first : first + size], f"({number})"])


def peer(settings: Settings) -> Any:
    """The pipeline over the same encoder and window head, in float32 as transformers loads it."""
    import torch
    from transformers import BertConfig, BertModel, BertPreTrainedModel, PreTrainedTokenizerFast, pipeline
    from transformers.modeling_outputs import SequenceClassifierOutput

    folder, _ = find(settings)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))

    class BertForSequenceClassification(BertPreTrainedModel):
        """A BERT with the mean of its states under one linear head."""

        def __init__(self, config: Any) -> None:
            super().__init__(config)
            self.bert = BertModel(config, add_pooling_layer=False)
            self.classifier = torch.nn.Linear(config.hidden_size, config.num_labels)
            self.post_init()

        def forward(self, input_ids: Tensor, attention_mask: Tensor, **_: Any) -> SequenceClassifierOutput:
            states = self.bert(input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(states.dtype)
            return SequenceClassifierOutput(logits=self.classifier((states * mask).sum(1) / mask.sum(1)))

    labels = dict(enumerate(MARKERS))
    model = BertForSequenceClassification(BertConfig(**config["shape"], id2label=labels, label2id={v: k for k, v in labels.items()}))
    state = weights.load(folder / "weights.safetensors", dtype=torch.float32)
    missing = model.load_state_dict(to_bert(state, layers=config["shape"]["num_hidden_layers"]), strict=False)
    if missing.unexpected_keys or any("token_type" not in name and "position_ids" not in name for name in missing.missing_keys):
        raise SystemExit(f"weights do not fit: {missing}")
    torch.nn.init.zeros_(model.bert.embeddings.token_type_embeddings.weight)  # the judge keeps it inside the positions
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), pad_token="<pad>", model_max_length=512)
    return pipeline("text-classification", model=model.eval(), tokenizer=tokenizer, batch_size=16, top_k=None, function_to_apply="sigmoid"), config[
        "prefix"
    ]


def to_bert(state: dict[str, torch.Tensor], *, layers: int) -> dict[str, torch.Tensor]:
    """The state of transformers' BertModel and its head from that of a judge."""
    import torch

    found = {
        "bert.embeddings.word_embeddings.weight": state["encoder.words.weight"],
        "bert.embeddings.position_embeddings.weight": state["encoder.positions.weight"],
        "classifier.weight": state["whole.weight"],
        "classifier.bias": state["whole.bias"],
    }
    places = {"mix": "attention.output.dense", "norm1": "attention.output.LayerNorm", "widen": "intermediate.dense",
              "narrow": "output.dense", "norm2": "output.LayerNorm"}  # fmt: skip
    for kind in ("weight", "bias"):
        found[f"bert.embeddings.LayerNorm.{kind}"] = state[f"encoder.norm.{kind}"]
        for number in range(layers):
            old, new = f"encoder.layers.{number}.", f"bert.encoder.layer.{number}."
            parts = torch.chunk(state[f"{old}query_key_value.{kind}"], 3)
            found |= {f"{new}attention.self.{name}.{kind}": part for name, part in zip(("query", "key", "value"), parts, strict=True)}
            found |= {f"{new}{target}.{kind}": state[f"{old}{source}.{kind}"] for source, target in places.items()}
    return found


def compare(count: int, settings: Settings) -> None:
    """Print speeds, their ratio and the share of equal decisions."""
    import torch

    mixed = list(texts(count))
    copies = [*mixed, *random.Random(3).choices(mixed, k=count // 4)]  # reposts: one text in five
    scorer = Scorer(settings)
    list(scorer.score([Item("warm", mixed[0])]))
    ours = timed(lambda: list(scorer.score([Item(str(number), text) for number, text in enumerate(mixed)])))
    with_copies = timed(lambda: list(Scorer(settings, classifier=scorer.classifier).score([Item(str(n), text) for n, text in enumerate(copies)])))
    judge, coding = load_named(settings), load_judge(find(settings)[0], dtype=torch.bfloat16)[1]
    passages = [Passage(clear, sentences(clear)) for clear in (plain(text).text for text in mixed)]
    told = [found.whole for found in judge.logits(passages)]
    classify, prefix = peer(settings)
    pieces, owners = [], []
    for number, passage in enumerate(passages):
        for window in windows(passage.text, passage.sentences, coding):
            first, last = passage.sentences[window.sentences[0]], passage.sentences[window.sentences[-1]]
            pieces.append(prefix + passage.text[first.start : last.end])
            owners.append(number)
    said: list[Any] = []
    theirs = timed(lambda: said.extend(classify(pieces, truncation=True)))
    strongest = torch.full((len(mixed), len(MARKERS)), -20.0)
    for number, labels in zip(owners, said, strict=True):
        row = torch.tensor([next(label["score"] for label in labels if label["label"] == marker) for marker in MARKERS])
        strongest[number] = torch.maximum(strongest[number], torch.logit(row, eps=1e-6))
    limits = torch.tensor([settled(settings, marker) for marker in MARKERS])
    equal = float(((torch.stack(told) >= limits) == (strongest >= limits)).all(1).float().mean())
    tokens = sum(len(window.ids) for passage in passages for window in windows(passage.text, passage.sentences, coding))
    print(f"{count} texts, {len(pieces)} windows, {tokens / count:.0f} tokens a text, {torch.get_num_threads()} threads")
    print(f"vigie {count / ours:.1f} texts/s ({len(copies) / with_copies:.1f} where one in five is a copy), pipeline {count / theirs:.1f} texts/s")
    print(f"ratio {theirs / ours:.1f} ({theirs * 1.25 / with_copies:.1f} with copies); equal decisions {equal:.4f}")
    reached, limit = flops(settings) * tokens / ours / 1e9, peak()
    print(f"encoder: {reached:.0f} of {limit:.0f} GFLOPS that a bfloat16 matrix product reaches here ({reached / limit:.0%})")


def settled(settings: Settings, marker: str) -> float:
    """The logit of the window head at which it alone would say ``a_lire``."""
    import math

    _, entry = find(settings)
    scale, limit = entry.calibration[marker], entry.thresholds[marker].a_lire  # type: ignore[index]
    return (math.log(limit / (1 - limit)) - scale.intercept) / (scale.whole + scale.spoken)


def flops(settings: Settings) -> float:
    """Multiplications and additions a token in the layers' matrices."""
    folder, _ = find(settings)
    shape = json.loads((folder / "config.json").read_text(encoding="utf-8"))["shape"]
    size, wide = shape["hidden_size"], shape["intermediate_size"]
    return float(shape["num_hidden_layers"] * 2 * (4 * size * size + 2 * size * wide))


def peak() -> float:
    """GFLOPS of a large bfloat16 product on this machine."""
    import torch

    left, right = torch.randn(2048, 1536).bfloat16(), torch.randn(1536, 2048).bfloat16()
    best = min(timed(lambda: left @ right) for _ in range(20))
    return 2 * 2048 * 1536 * 2048 / best / 1e9


def timed(run: Any) -> float:
    """Seconds of a call."""
    start = time.monotonic()
    run()
    return time.monotonic() - start


def memory(count: int) -> None:
    """Score a stream and print the peak of memory: run in a process of its own."""
    scorer = Scorer(Settings())
    start = time.monotonic()
    for _ in scorer.score(Item(str(number), text) for number, text in enumerate(texts(count))):
        pass
    rate = count / (time.monotonic() - start)
    print(f"{count} texts: {rate:.1f} texts/s, peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=1500)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1000, 4000])
    parser.add_argument("--memory", type=int, help="only this: one size in this process")
    given = parser.parse_args()
    if given.memory:
        memory(given.memory)
    else:
        for size in given.sizes:
            subprocess.run([sys.executable, __file__, "--memory", str(size)], cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True)
        compare(given.texts, Settings())
