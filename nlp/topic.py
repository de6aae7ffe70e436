"""What a text is about, from the pass that judges it: the direction of its embedding.

The judge's last states know markers and little else. Two things that the pass computes anyway know more: the frozen word embeddings, rare words
weighing more, and the states half-way up; each without the direction that all French shares, which says nothing. On the 60 texts of
tests/nlp/topic_texts.yml, share of pairs in the right order:

                                        reworded over same topic   same topic over another   reworded over another
    last states of the judge                              0.753                     0.579                   0.818
    both together, as here                                0.985                     0.820                   0.998
    last states of the encoder before training            0.979                     0.871                   1.000

It adds 1 % to the time of reading (bench/score.py's texts, one thread).
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.nn import functional

from core.records import EMBEDDING_SIZE
from nlp.embedding import pack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenizers import Tokenizer
    from torch import Tensor

    from nlp.encoder import States


class Topic(NamedTuple):
    """Sums over a text's own tokens, in float32: those of a text are the sums of its windows'."""

    words: Tensor  # [hidden] of the word embeddings, each weighted by how rare its word is
    middle: Tensor  # [hidden] of the states half-way up


class Centre(NamedTuple):
    """The directions that ordinary texts share, of length 1."""

    words: Tensor
    middle: Tensor


def rarity(tokenizer: Tokenizer) -> Tensor:
    """``[vocabulary]``: minus the logarithm of each token's frequency where the tokenizer knows it (unigram models), else 1."""
    import json

    model = json.loads(tokenizer.to_str())["model"]
    size = tokenizer.get_vocab_size()
    if model["type"] != "Unigram":
        return torch.ones(size)
    weights = torch.zeros(size)
    weights[: len(model["vocab"])] = torch.tensor([-score for _, score in model["vocab"]]).clamp(min=0)
    return weights


def gather(states: States, ids: Tensor, owned: Tensor, rare: Tensor) -> list[Topic]:
    """The topics of a batch of windows; ``owned[batch, tokens]`` is true for a text's own tokens: no prefix, no marks, no padding."""
    own = owned.float()
    words = ((rare[ids] * own).unsqueeze(1) @ states.words.float()).squeeze(1)
    middle = (own.unsqueeze(1) @ states.middle.float()).squeeze(1)
    return [Topic(*parts) for parts in zip(words, middle, strict=True)]


def total(topics: Sequence[Topic]) -> Topic | None:
    """The topic of a text from those of its windows; None where it has none."""
    return Topic(sum(topic.words for topic in topics), sum(topic.middle for topic in topics)) if topics else None  # type: ignore[arg-type]


def centre(topics: Sequence[Topic | None]) -> Centre:
    """What ordinary texts share."""
    known = [topic for topic in topics if topic is not None]
    return Centre(*(_unit(torch.stack([_unit(part) for part in parts]).sum(0)) for parts in ([t.words for t in known], [t.middle for t in known])))


def ordinary() -> list[str]:
    """What people write about all sorts of things: texts of four unlike lines each, for what texts share shows better in longer ones."""
    lines = resources.files("nlp").joinpath("ordinary.txt").read_text(encoding="utf-8").splitlines()
    step = len(lines) // 4
    return [" ".join(lines[first::step]) for first in range(step)]


def direction(topic: Topic | None, shared: Centre) -> str | None:
    """The embedding of a text, packed; None where it has no token, or where the encoder's states are not of the size that the index holds."""
    if topic is None or len(topic.words) != EMBEDDING_SIZE:
        return None
    both = _own(topic.words, shared.words) + _own(topic.middle, shared.middle)
    return pack(both.tolist()) if float(both.norm()) > 0 else None


def _own(vector: Tensor, shared: Tensor) -> Tensor:
    """The part of a direction that is across what all texts share; a difference of means would depend on the text's length."""
    unit = _unit(vector)
    return _unit(unit - (unit @ shared) * shared)


def _unit(vector: Tensor) -> Tensor:
    return functional.normalize(vector, dim=0)
