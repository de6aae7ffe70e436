"""The encoder and its heads in torch alone: a cold start pays one second for torch and none for transformers (2.4 s more).

It computes what transformers' BertModel computes; a test holds the two equal to 1e-4. torch.nn.TransformerEncoder computes it too, but
its attention is two to three times slower in bfloat16 on a processor (measured: 15-29 texts a second against 43).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Mapping


class Shape(Record):
    """The sizes of an encoder, as in a BERT's config.json."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    layer_norm_eps: float
    pad_token_id: int


class Layer(nn.Module):
    """One block: attention, then two linear maps, each added to its input and normalised."""

    def __init__(self, shape: Shape, *, dropout: float) -> None:
        super().__init__()
        size, self.heads, self.rate = shape.hidden_size, shape.num_attention_heads, dropout
        self.query_key_value = nn.Linear(size, 3 * size)
        self.mix = nn.Linear(size, size)
        self.norm1 = nn.LayerNorm(size, eps=shape.layer_norm_eps)
        self.widen = nn.Linear(size, shape.intermediate_size)
        self.narrow = nn.Linear(shape.intermediate_size, size)
        self.norm2 = nn.LayerNorm(size, eps=shape.layer_norm_eps)
        self.dropout = nn.Dropout(dropout)

    def forward(self, states: Tensor, allowed: Tensor) -> Tensor:
        """``allowed[batch, 1, 1, tokens]`` is true where a token may be attended to."""
        batch, tokens, size = states.shape
        parts = self.query_key_value(states).view(batch, tokens, 3, self.heads, size // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        rate = self.rate if self.training else 0.0
        heard = functional.scaled_dot_product_attention(query, key, value, attn_mask=allowed, dropout_p=rate)
        states = self.norm1(states + self.dropout(self.mix(heard.transpose(1, 2).reshape(batch, tokens, size))))
        normed: Tensor = self.norm2(states + self.dropout(self.narrow(functional.gelu(self.widen(states)))))
        return normed


class States(NamedTuple):
    """What the encoder holds of each token, ``[batch, tokens, hidden]``, at three heights."""

    words: Tensor  # the word embeddings alone
    middle: Tensor  # after half of the layers
    last: Tensor


class Encoder(nn.Module):
    """Token ids ``[batch, tokens]`` to states ``[batch, tokens, hidden]``."""

    def __init__(self, shape: Shape, *, dropout: float = 0.1) -> None:
        super().__init__()
        self.words = nn.Embedding(shape.vocab_size, shape.hidden_size, padding_idx=shape.pad_token_id)
        self.positions = nn.Embedding(shape.max_position_embeddings, shape.hidden_size)
        self.norm = nn.LayerNorm(shape.hidden_size, eps=shape.layer_norm_eps)
        self.dropout = nn.Dropout(dropout)
        self.layers = nn.ModuleList(Layer(shape, dropout=dropout) for _ in range(shape.num_hidden_layers))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """``mask[batch, tokens]`` is true where a token stands."""
        return self.states(ids, mask).last

    def states(self, ids: Tensor, mask: Tensor) -> States:
        """The same pass, with what it holds on the way."""
        words: Tensor = self.words(ids)
        places = torch.arange(ids.shape[1], device=ids.device)
        states: Tensor = self.dropout(self.norm(words + self.positions(places)))
        allowed, middle = mask[:, None, None, :], states
        for number, layer in enumerate(self.layers, 1):
            states = layer(states, allowed)
            middle = states if number == len(self.layers) // 2 else middle
        return States(words, middle, states)


class Said(NamedTuple):
    """Logits of one batch."""

    whole: Tensor  # [batch, markers]
    spoken: Tensor  # [batch, sentences, markers]
    shown: Tensor  # [batch, sentences, submarkers]
    stance: Tensor  # [batch, stances]


class Judge(nn.Module):
    """The encoder with four linear heads: markers and stance of the whole window, markers and sub-markers of each sentence in its context."""

    def __init__(self, shape: Shape, *, markers: int, submarkers: int, stances: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder = Encoder(shape, dropout=dropout)
        self.dropout = nn.Dropout(dropout)
        self.whole = nn.Linear(shape.hidden_size, markers)
        self.stance = nn.Linear(shape.hidden_size, stances)
        self.spoken = nn.Linear(shape.hidden_size, markers)
        self.shown = nn.Linear(shape.hidden_size, submarkers)

    def forward(self, ids: Tensor, mask: Tensor, owner: Tensor, sentences: int) -> Said:
        """``owner[batch, tokens]`` is the number of the sentence that a token belongs to, ``sentences`` for none."""
        return self.answer(self.encoder(ids, mask), mask, owner, sentences)

    def answer(self, states: Tensor, mask: Tensor, owner: Tensor, sentences: int) -> Said:
        """What the heads say of the encoder's last states."""
        window = self.dropout(_mean(states, mask.unsqueeze(1).to(states.dtype)).squeeze(1))
        belongs = (owner.unsqueeze(1) == torch.arange(sentences, device=states.device).view(1, -1, 1)).to(states.dtype)
        each = self.dropout(_mean(states, belongs))
        return Said(self.whole(window), self.spoken(each), self.shown(each), self.stance(window))


def _mean(states: Tensor, weights: Tensor) -> Tensor:
    """Means of ``states[batch, tokens, hidden]`` under ``weights[batch, rows, tokens]``: ``[batch, rows, hidden]``."""
    return (weights @ states) / weights.sum(-1, keepdim=True).clamp(min=1)


# BERT's own layout under other names; the RoBERTa family counts positions from pad_token_id + 1
PREFIXES = re.compile(r"^(?:bert|roberta|camembert|xlm_roberta)\.")
FAMILIES = ("bert", "roberta", "camembert", "xlm-roberta")


def from_bert(weights: Mapping[str, Tensor], *, layers: int, skip_positions: int = 0) -> dict[str, Tensor]:
    """The state of an Encoder from that of a BERT: the type embedding joins the positions, query, key and value join in one matrix."""
    found = {PREFIXES.sub("", name): tensor.float() for name, tensor in weights.items()}
    positions = found["embeddings.position_embeddings.weight"][skip_positions:]
    state = {
        "words.weight": found["embeddings.word_embeddings.weight"],
        "positions.weight": positions + found["embeddings.token_type_embeddings.weight"][0],
        "norm.weight": found["embeddings.LayerNorm.weight"],
        "norm.bias": found["embeddings.LayerNorm.bias"],
    }
    places = {"attention.output.dense": "mix", "attention.output.LayerNorm": "norm1", "intermediate.dense": "widen",
              "output.dense": "narrow", "output.LayerNorm": "norm2"}  # fmt: skip
    for number in range(layers):
        old, new = f"encoder.layer.{number}.", f"layers.{number}."
        for kind in ("weight", "bias"):
            parts = [found[f"{old}attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            state[f"{new}query_key_value.{kind}"] = torch.cat(parts)
            state |= {f"{new}{target}.{kind}": found[f"{old}{source}.{kind}"] for source, target in places.items()}
    return state
