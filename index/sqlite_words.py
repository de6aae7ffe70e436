"""Which rows hold the words of a search. FTS5 finds them; the rows of common words are kept as bitmaps besides.

FTS5 names a row in 0.3 us, which is too long for a word of every second document: each chunk that is full gets the bitmaps of the stems that at
least one in COMMON_SHARE of its rows holds. Rows of a full chunk never get other words: an entry whose text changes is given a new row.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain, groupby
from typing import TYPE_CHECKING, NamedTuple

from pyroaring import BitMap

from index.fields import TEXTS, WEIGHTS, WORDS
from index.french import exact_tokens, tokens
from index.queries import phrases
from index.sqlite_marking import put
from index.sqlite_marks import COMMON, by_chunk

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

CHUNK = 65_536  # rows; those of values are shorter, see sqlite_marks.py
COMMON_SHARE = 20
SAMPLE = 500  # texts that say which stems are common
_SCORE = f"-bm25(words, {', '.join(str(WEIGHTS[name]) for name in (*TEXTS, *TEXTS))})"
_STEMS, _EXACT = (f"{{{' '.join(names)}}}" for names in (WORDS[: len(TEXTS)], WORDS[len(TEXTS) :]))


class Words(NamedTuple):
    """The words of a search, analysed: ``phrases`` are those between quotation marks."""

    stems: tuple[str, ...]
    phrases: tuple[tuple[str, ...], ...]


def analysed(searched: str) -> Words | None:
    """The words of a search; None where it has no words, and then all rows fit."""
    if not searched.strip():
        return None
    plain, quoted = phrases(searched)
    return Words(tuple(dict.fromkeys(tokens(plain))), tuple(tuple(exact_tokens(phrase)) for phrase in quoted))


def rows_with(connection: sqlite3.Connection, words: Words, *, last: int) -> BitMap:
    """The rows up to ``last`` that hold all these words; some that were removed may stand among them."""
    common = {stem: by_chunk(connection, COMMON, stem) for stem in words.stems}
    found = BitMap()
    if not words.stems and not words.phrases:
        return found
    # neighbouring chunks of the same common words are asked together
    for rare, grouped in groupby(range(last // CHUNK + 1), key=lambda chunk: tuple(stem for stem in words.stems if chunk not in common[stem])):
        chunks = list(grouped)
        parts = [BitMap.union(*(common[stem][chunk] for chunk in chunks)) for stem in words.stems if stem not in rare]
        if rare or words.phrases:
            parts.append(_matching(connection, Words(rare, words.phrases), chunks[0] * CHUNK, (chunks[-1] + 1) * CHUNK - 1))
        found |= BitMap.intersection(*parts)
    return found


def _matching(connection: sqlite3.Connection, words: Words, first: int, last: int) -> BitMap:
    sql = "SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ?"
    return BitMap(chain.from_iterable(connection.execute(sql, (_expression(words), first, last))))


def ranked(words: Words) -> tuple[str, str]:
    """SQL of (row, score, id) of all that hold these words, and its parameter."""
    sql = f"SELECT d.row AS row, {_SCORE} AS key, d.id AS id FROM words JOIN documents d ON d.row = words.rowid WHERE words MATCH ?"  # noqa: S608 - constants
    return sql, _expression(words)


def _expression(words: Words) -> str:
    """An expression of FTS5 in which all that people typed stands between quotes: nothing in it is an operator."""
    parts = [f"{_STEMS} : {_quoted([stem])}" for stem in words.stems]
    return " AND ".join(parts + [f"{_EXACT} : {_quoted(phrase)}" for phrase in words.phrases])


def _quoted(found: Iterable[str]) -> str:
    return '"' + " ".join(found).replace('"', '""') + '"'


def mark_common(connection: sqlite3.Connection) -> None:
    """Keep the bitmaps of the common words of every chunk that became full since."""
    (last,) = connection.execute("SELECT coalesce(max(row), 0) FROM documents").fetchone()
    done = by_chunk(connection, COMMON, "")
    for chunk in range(last // CHUNK):
        if chunk not in done:
            _mark_chunk(connection, chunk)


def _mark_chunk(connection: sqlite3.Connection, chunk: int) -> None:
    first, last = chunk * CHUNK, (chunk + 1) * CHUNK - 1
    for stem in _common_stems(connection, first, last):
        rows = _matching(connection, Words((stem,), ()), first, last)
        if len(rows) * COMMON_SHARE >= CHUNK:
            put(connection, (COMMON, stem), chunk, rows)
    put(connection, (COMMON, ""), chunk, BitMap())  # done; no word has an empty stem


def _common_stems(connection: sqlite3.Connection, first: int, last: int) -> list[str]:
    """Stems that may be common, from rows spread over a chunk."""
    stems = ", ".join(WORDS[: len(TEXTS)])
    sql = f"SELECT {stems} FROM words WHERE rowid BETWEEN ? AND ? AND rowid % ? = 0"  # noqa: S608 - names come from fields.py
    found: Counter[str] = Counter()
    for texts in connection.execute(sql, (first, last, CHUNK // SAMPLE)):
        found.update({stem for text in texts for stem in text.split()})
    return [stem for stem, count in found.items() if count * COMMON_SHARE * 2 >= SAMPLE]
