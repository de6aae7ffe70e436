"""Windows as tensors: grouped by length, so that little is padding."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from nlp.windows import Window

TOKENS_A_BATCH = 2048
STEP = 16  # lengths are rounded up to it: torch keeps a compiled kernel for each shape that it meets, and memory would grow with them


class Batch(NamedTuple):
    """``ids``, ``mask`` and ``owner`` are ``[batch, tokens]``; ``places`` are the windows' positions in the list given."""

    places: list[int]
    ids: Tensor
    mask: Tensor
    owner: Tensor
    sentences: int


def by_length(windows: Sequence[Window]) -> Iterator[list[int]]:
    """Positions of windows of like length, at most TOKENS_A_BATCH tokens together."""
    order = sorted(range(len(windows)), key=lambda place: len(windows[place].ids))
    group: list[int] = []
    for place in order:
        if group and (len(group) + 1) * len(windows[place].ids) > TOKENS_A_BATCH:
            yield group
            group = []
        group.append(place)
    if group:
        yield group


def collate(windows: Sequence[Window], places: list[int], *, pad: int) -> Batch:
    """The tensors of the windows at ``places``."""
    chosen = [windows[place] for place in places]
    longest, sentences = max(len(window.ids) for window in chosen), max(len(window.sentences) for window in chosen)
    tokens = -(-longest // STEP) * STEP
    ids = torch.full((len(chosen), tokens), pad)
    owner = torch.full((len(chosen), tokens), sentences)
    mask = torch.zeros((len(chosen), tokens), dtype=torch.bool)
    for row, window in enumerate(chosen):
        size = len(window.ids)
        ids[row, :size] = torch.tensor(window.ids)
        owner[row, :size] = torch.tensor([place if place >= 0 else sentences for place in window.owner])
        mask[row, :size] = True
    return Batch(places, ids, mask, owner, sentences)
