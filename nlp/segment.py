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
MAX_RUN = 100  # characters without white space: spaCy's tokenizer takes quadratic time over them, and hostile text has thousands
LONG_RUN = re.compile(rf"\S{{{MAX_RUN}}}")


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
    lines = [piece for line in LINE.finditer(text) for piece in _pieces(text, line.start(), line.end())]
    docs = splitter().pipe((text[start:end] for start, end in lines), batch_size=256)
    spans = (Span(start + sent.start_char, start + sent.end_char) for (start, _), doc in zip(lines, docs, strict=True) for sent in doc.sents)
    return [piece for span in spans for piece in _shorter(text, span)]


def breathing(text: str) -> str:
    """The text, of the same length, with a space in each MAX_RUN characters that have none."""
    return LONG_RUN.sub(lambda run: run.group()[:-1] + " ", text)


def _pieces(text: str, start: int, end: int) -> Iterator[Span]:
    """A line, cut after each long run without white space and at MAX_LINE characters."""
    at = start
    for cut in [*(run.end() for run in LONG_RUN.finditer(text, start, end)), end]:
        for first in range(at, cut, MAX_LINE):
            yield Span(first, min(first + MAX_LINE, cut))
        at = cut


def _shorter(text: str, span: Span) -> Iterator[Span]:
    words = [Span(span.start + word.start(), span.start + word.end()) for word in WORD.finditer(text[span.start : span.end])]
    for first in range(0, len(words), MAX_WORDS):
        part = words[first : first + MAX_WORDS]
        yield Span(part[0].start, part[-1].end)
