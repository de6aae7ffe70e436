"""Sentences of French text with exact offsets, by spaCy's fr_core_news_sm."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spacy.language import Language

LINE = re.compile(r"[^\r\n]+")
WORD = re.compile(r"\S+")
MAX_WORDS = 50  # a longer "sentence" (a transcript without punctuation) is cut into pieces of this many words
MAX_LINE = 100_000  # characters given to spaCy at once: memory stays bounded


class Span(NamedTuple):
    """``text[start:end]``."""

    start: int
    end: int


@cache
def splitter() -> Language:
    """The sentence splitter, loaded once (0.25 s)."""
    nlp = pipeline("fr_core_news_sm", keep=("senter",))
    nlp.enable_pipe("senter")
    return nlp


def pipeline(name: str, *, keep: tuple[str, ...]) -> Language:
    """A French pipeline of spaCy with some of its components.

    The tokenizer's ``token_match`` pattern lists 1.4 MB of hyphenated words and takes 2.4 s to compile, for the sake of boundaries that differ in
    2 of 1,000 texts; it is left out, and so is ``spacy.lang.fr``, which compiles it at import.
    """
    import spacy
    import srsly

    every = ("tok2vec", "morphologizer", "parser", "senter", "attribute_ruler", "lemmatizer", "ner")
    unused = [component for component in every if component not in keep]
    nlp = spacy.load(name, exclude=[*unused, "tokenizer"], config={"nlp": {"lang": "xx"}})
    parts = srsly.msgpack_loads((nlp.path / "tokenizer").read_bytes())
    parts.pop("token_match")
    tokenizer: Any = nlp.tokenizer
    tokenizer.from_bytes(srsly.msgpack_dumps(parts))
    return nlp


def sentences(text: str) -> list[Span]:
    """The sentences of a text, in order, without surrounding white space; a line break always ends one."""
    lines = [piece for line in LINE.finditer(text) for piece in _pieces(line.start(), line.end(), MAX_LINE)]
    docs = splitter().pipe((text[start:end] for start, end in lines), batch_size=256)
    spans = (Span(start + sent.start_char, start + sent.end_char) for (start, _), doc in zip(lines, docs, strict=True) for sent in doc.sents)
    return [piece for span in spans for piece in _shorter(text, span)]


def _pieces(start: int, end: int, size: int) -> Iterator[Span]:
    return (Span(at, min(at + size, end)) for at in range(start, end, size))


def _shorter(text: str, span: Span) -> Iterator[Span]:
    words = [Span(span.start + word.start(), span.start + word.end()) for word in WORD.finditer(text[span.start : span.end])]
    for first in range(0, len(words), MAX_WORDS):
        part = words[first : first + MAX_WORDS]
        yield Span(part[0].start, part[-1].end)
