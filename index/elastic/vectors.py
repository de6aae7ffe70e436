"""Embeddings at the edge of Elasticsearch: base64 in an entry, a list of signed bytes in the node. Pure."""

from __future__ import annotations

import math
from array import array
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from core.errors import Invalid
from core.records import EMBEDDING_SIZE
from index.batches import json_of
from index.fields import VECTORS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from index.documents import Entry

_WRITTEN = tuple(str(byte if byte < 128 else byte - 256) for byte in range(256))


def numbers_of(embedding: str) -> list[int]:
    """The EMBEDDING_SIZE numbers from -128 to 127 of an embedding. Raises Invalid for anything else, and for one without a direction."""
    try:
        found = array("b", b64decode(embedding, validate=True)).tolist()
    except ValueError as error:
        raise Invalid("embedding is not base64; expected that of an Assessment") from error
    if len(found) != EMBEDDING_SIZE or not any(found):
        raise Invalid(f"embedding has {len(found)} numbers, {sum(map(bool, found))} of them not zero; expected {EMBEDDING_SIZE} of an Assessment")
    return found


def source_text(entry: Entry) -> str:
    """The JSON that the node is given for an entry that ``documents.problem`` lets pass."""
    text = json_of({name: value for name, value in entry.items() if name not in VECTORS})
    for name in VECTORS:  # written by hand: json takes as long for these numbers as for all the rest
        numbers = "null" if entry[name] is None else f"[{','.join([_WRITTEN[byte] for byte in b64decode(entry[name])])}]"
        text = f'{text[:-1]},"{name}":{numbers}}}'
    return text


def entry_of(source: Mapping[str, Any]) -> Entry:
    """The entry that was made into a ``_source``."""
    entry = dict(source)
    for name in VECTORS:
        if entry.get(name) is not None:
            entry[name] = b64encode(array("b", entry[name]).tobytes()).decode()
    return entry


def cosine(one: list[int], other: list[int]) -> float:
    """The cosine of the angle between two vectors that are not zero, -1 to 1; exact but for one rounding."""
    product = sum(a * b for a, b in zip(one, other, strict=True))
    return product / math.sqrt(sum(a * a for a in one) * sum(b * b for b in other))
