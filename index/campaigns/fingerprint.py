"""What is kept of a text to find its copies: hashes, never words. Pure, and the same on every machine and in every process.

Buckets are places where texts that share enough rare words meet: MinHash over the telling words, repeated by weight, ROWS minima a bucket. The
sketch is what two of them are compared by, exactly: hashes of the telling words with their weights, of pairs of neighbours, and the embedding.
Of a long text the smallest hashes stand for all: a fair sample, and the same one in two texts that are compared.
"""

from __future__ import annotations

import struct
from base64 import b64decode
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from index.campaigns.words import told

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from index.campaigns.words import Word

VERSION = 1  # of all that decides a fingerprint or a comparison, common.txt too: another one builds the file again
BANDS, ROWS = 32, 2
REPEATS = 8  # of a word of weight 1; one of weight 0.5 counts a quarter of that in the choice of buckets
MOST = 256  # hashes of words, and of pairs, in a sketch
SHORT = 8  # words: a shorter text must be the same
TELLING = 2.0  # weight of all telling words together under which only a long enough text is worth a comparison
LONG = 15  # words
STEPS = 100  # of a weight, as a byte
NUMBER = 128  # added to the weight of a number
EVERY = 2**32 - 1
_HEAD = struct.Struct("<HIHI")


class Fingerprint(NamedTuple):
    """``key`` is the same for texts that are heard the same; ``buckets`` is empty where nothing less will do."""

    key: int
    buckets: tuple[int, ...]
    sketch: bytes


class Sketch(NamedTuple):
    """The arrays of a sketch. Hashes ascend, all that are at most ``words_to`` (``pairs_to``) are there."""

    words: NDArray[np.uint32]
    weights: NDArray[np.float64]  # whole numbers, STEPS for a weight of 1: their sums are exact in any order
    numbers: NDArray[np.float64]  # 1 where the word is a number, else 0
    words_to: int
    pairs: NDArray[np.uint32]
    pairs_to: int
    ones: NDArray[np.float64]  # weights of the pairs
    embedding: NDArray[np.int8]  # empty where the model gave none


def fingerprint(text: str, embedding: str | None = None) -> Fingerprint | None:
    """The fingerprint of a text; None where it says too little for a copy of it to mean anything ("Merci !", "Bon courage")."""
    words, count = told(text)
    weight = sum({word.sound: word.weight for word in words}.values())
    if not words or (weight < TELLING and count < LONG):
        return None
    heard = " ".join(word.sound for word in words).encode()
    if count < SHORT:
        return Fingerprint(_number(heard), (), b"")
    sketch = _pack(words, b64decode(embedding) if embedding else b"")
    return Fingerprint(_number(heard, b64decode(embedding) if embedding else b""), buckets(unpack(sketch)), sketch)


def buckets(sketch: Sketch) -> tuple[int, ...]:
    """The buckets of a sketch, one a band."""
    import numpy as np

    if not len(sketch.words):
        return ()
    factors, addends = _multipliers()
    odd, other = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
    times = np.maximum(1, np.rint(REPEATS * (sketch.weights / STEPS) ** 2)).astype(np.int64)
    first = np.repeat(np.cumsum(times) - times, times)
    copy = (np.arange(len(first)) - first).astype(np.uint64)
    with np.errstate(over="ignore"):
        items = np.repeat(sketch.words.astype(np.uint64), times) * odd + copy * other
        items ^= items >> np.uint64(31)
        minima = ((items[:, None] * factors + addends) >> np.uint64(32)).min(axis=0).reshape(BANDS, ROWS)
        numbers = (minima[:, 0] << np.uint64(32) | minima[:, 1]) * odd + np.arange(BANDS, dtype=np.uint64) * other
        numbers = (numbers ^ numbers >> np.uint64(29)) * other
    found: list[int] = (numbers >> np.uint64(1)).tolist()  # SQLite's integers have a sign
    return tuple(found)


@lru_cache(maxsize=20_000)  # the smallest of full buckets come again and again; 50 MB at most
def unpack(packed: bytes) -> Sketch:
    """The arrays of a packed sketch."""
    import numpy as np

    words, words_to, pairs, pairs_to = _HEAD.unpack_from(packed)
    at = _HEAD.size
    weights = np.frombuffer(packed, "u1", words, at + 4 * words)
    return Sketch(
        np.frombuffer(packed, "<u4", words, at),
        (weights & (NUMBER - 1)).astype(np.float64),
        (weights >= NUMBER).astype(np.float64),
        words_to,
        np.frombuffer(packed, "<u4", pairs, at + 5 * words),
        pairs_to,
        np.ones(pairs),
        np.frombuffer(packed, "i1", -1, at + 5 * words + 4 * pairs),
    )


def _pack(words: list[Word], embedding: bytes) -> bytes:
    weights = {_hash(word.sound): max(1, round(STEPS * word.weight)) + NUMBER * word.sound[0].isdigit() for word in words}
    kept, words_to = _smallest(weights)
    pairs, pairs_to = _smallest({_hash(f"{left.sound} {right.sound}") for left, right in pairwise(words)})
    head = _HEAD.pack(len(kept), words_to, len(pairs), pairs_to)
    shares = bytes(weights[value] for value in kept)
    return b"".join((head, struct.pack(f"<{len(kept)}I", *kept), shares, struct.pack(f"<{len(pairs)}I", *pairs), embedding))


def _smallest(hashes: set[int] | dict[int, int]) -> tuple[list[int], int]:
    kept = sorted(hashes)[:MOST]
    return kept, kept[-1] if len(hashes) > MOST else EVERY


@lru_cache(maxsize=100_000)
def _hash(word: str) -> int:
    return int.from_bytes(blake2b(word.encode(), digest_size=4).digest(), "little")


def _number(*parts: bytes) -> int:
    """63 bits: SQLite's integers have a sign."""
    return int.from_bytes(blake2b(b"\0".join(parts), digest_size=8).digest(), "little") >> 1


@lru_cache(maxsize=1)
def _multipliers() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    import numpy as np

    drawn = [_number(f"{place}".encode()) for place in range(2 * BANDS * ROWS)]
    return np.array(drawn[::2], np.uint64) * np.uint64(2) + np.uint64(1), np.array(drawn[1::2], np.uint64)
