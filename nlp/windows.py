"""A text as windows of tokens: whole sentences, overlapping, so that one sentence in ten pages is read in its context."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tokenizers import Tokenizer

    from nlp.segment import Span

TOKENS = 256  # of a window, marks included: long enough for context, short enough that one sentence still weighs
OVERLAP = 2  # sentences that a window shares with the one before


class Window(NamedTuple):
    """``ids[tokens]``; ``owner[tokens]`` is the position in ``sentences`` that a token belongs to, -1 for marks and prefix."""

    ids: list[int]
    owner: list[int]
    sentences: list[int]  # numbers of the text's sentences that stand in the window


class Codec(NamedTuple):
    """A tokenizer with what stands before and after each window."""

    tokenizer: Tokenizer
    head: list[int]
    tail: list[int]


def codec(tokenizer: Tokenizer, *, prefix: str) -> Codec:
    """The codec of a model whose windows begin with ``prefix``."""
    tokenizer.no_truncation()
    tokenizer.no_padding()
    shown = prefix or "a"  # marks stand around something
    marked = tokenizer.encode(shown).ids
    bare = tokenizer.encode(shown, add_special_tokens=False).ids
    start = next(i for i in range(len(marked) - len(bare) + 1) if marked[i : i + len(bare)] == bare)
    return Codec(tokenizer, marked[: start + (len(bare) if prefix else 0)], marked[start + len(bare) :])


def windows(text: str, spans: Sequence[Span], coding: Codec) -> list[Window]:
    """The windows of a text whose sentences are ``spans``; none where there is no sentence."""
    room = TOKENS - len(coding.head) - len(coding.tail)
    encoded = _encode(text, spans, coding.tokenizer, room)
    found: list[Window] = []
    first = 0
    while first < len(spans):
        last, size = first, len(encoded[first])
        while last + 1 < len(spans) and size + len(encoded[last + 1]) <= room:
            last += 1
            size += len(encoded[last])
        found.append(_window(encoded, first, last, coding))
        if last + 1 >= len(spans):
            break
        first = max(first + 1, last + 1 - OVERLAP)
    return found


def _encode(text: str, spans: Sequence[Span], tokenizer: Tokenizer, room: int) -> list[list[int]]:
    """Token ids of each sentence, at most ``room``; encoded line by line so that words keep their neighbours' spacing."""
    if not spans:
        return []
    starts = [span.start for span in spans]
    ids: list[list[int]] = [[] for _ in spans]
    cuts = list(range(0, len(spans), 64))
    blocks = [(spans[a].start, spans[min(a + 64, len(spans)) - 1].end) for a in cuts]
    for (begin, _), encoding in zip(blocks, tokenizer.encode_batch([text[a:b] for a, b in blocks], add_special_tokens=False), strict=True):
        for token, (start, end) in zip(encoding.ids, encoding.offsets, strict=True):
            number = bisect_right(starts, begin + max(start, end - 1)) - 1
            if number >= 0 and len(ids[number]) < room:
                ids[number].append(token)
    return ids


def _window(encoded: list[list[int]], first: int, last: int, coding: Codec) -> Window:
    numbers = list(range(first, last + 1))
    ids, owner = list(coding.head), [-1] * len(coding.head)
    for place, number in enumerate(numbers):
        ids += encoded[number]
        owner += [place] * len(encoded[number])
    return Window(ids + coding.tail, owner + [-1] * len(coding.tail), numbers)
