"""Embeddings in the embedded index: blobs of CHUNK rows of signed bytes, searched exactly."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

from core.errors import Invalid
from core.records import EMBEDDING_SIZE

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray
    from pyroaring import BitMap

CHUNK = 512  # rows of one blob, 192 KiB: a write touches only the pages that it changes
MOST = 1000
_NONE = bytes(EMBEDDING_SIZE)  # of a row that has no embedding


def query_vector(embedding: str, *, size: int) -> bytes:
    """The bytes of an embedding that is searched. Raises Invalid."""
    if not 1 <= size <= MOST:
        raise Invalid(f"{size} similar results asked; expected 1 to {MOST}")
    try:
        found = b64decode(embedding, validate=True)
    except ValueError as error:
        raise Invalid("the embedding is not in base64; expected that of an Assessment") from error
    if len(found) != EMBEDDING_SIZE or found == _NONE:
        raise Invalid(f"the embedding holds {len(found)} bytes, or only zeros, which point nowhere; expected {EMBEDDING_SIZE}")
    return found


def keep(connection: sqlite3.Connection, embeddings: Mapping[int, str | None]) -> None:
    """Write the embeddings of these rows, given in base64; None removes what stood there."""
    chunks: dict[int, list[int]] = {}
    for row in embeddings:
        chunks.setdefault(row // CHUNK, []).append(row)
    for chunk, rows in sorted(chunks.items()):
        vectors = {row: b64decode(text) for row in rows if (text := embeddings[row])}
        there = connection.execute("SELECT 1 FROM vectors WHERE chunk = ?", (chunk,)).fetchone()
        if not there and not vectors:
            continue
        if not there:
            connection.execute("INSERT INTO vectors (chunk, vectors) VALUES (?, zeroblob(?))", (chunk, CHUNK * EMBEDDING_SIZE))
        with connection.blobopen("vectors", "vectors", chunk) as blob:
            for row in sorted(rows):
                blob.seek(row % CHUNK * EMBEDDING_SIZE)
                blob.write(vectors.get(row, _NONE))


def nearest(connection: sqlite3.Connection, rows: BitMap, vector: bytes, *, size: int) -> list[tuple[int, float]]:
    """(row, cosine) of the ``size`` nearest of these rows and of all others as near as the last of them, in no order."""
    import numpy as np

    asked = np.frombuffer(vector, np.int8).astype(np.float32)
    numbers, cosines = list["NDArray[np.int64]"](), list["NDArray[np.float64]"]()
    chosen = np.array(rows, dtype=np.int64)
    for chunk, stored in connection.execute("SELECT chunk, vectors FROM vectors ORDER BY chunk"):
        first, last = np.searchsorted(chosen, (chunk * CHUNK, (chunk + 1) * CHUNK))
        if first == last:
            continue
        vectors = np.frombuffer(stored, np.int8).reshape(CHUNK, EMBEDDING_SIZE)[chosen[first:last] % CHUNK].astype(np.float32)
        squares = np.einsum("ij,ij->i", vectors, vectors)
        there = squares > 0
        # sums of products of bytes stay below 2**24 and are exact: equal vectors have equal cosines, whatever order they are added in
        products = (vectors[there] @ asked).astype(np.float64)
        numbers.append(chosen[first:last][there])
        cosines.append(products / np.sqrt(squares[there] * np.float64(asked @ asked)))
    if not numbers:
        return []
    return _best(np.concatenate(numbers), np.concatenate(cosines), size)


def _best(numbers: NDArray[np.int64], cosines: NDArray[np.float64], size: int) -> list[tuple[int, float]]:
    import numpy as np

    if len(numbers) > size:
        limit = np.partition(cosines, len(cosines) - size)[len(cosines) - size]
        near = cosines >= limit
        numbers, cosines = numbers[near], cosines[near]
    return list(zip(numbers.tolist(), np.clip(cosines, -1, 1).tolist(), strict=True))
