"""Transversal flags of a text: the rules of nlp/markers/flags.yml over spaCy's fr_core_news_md, each with exact offsets.

They say what is in a text (money asked, minors, an illness, a date), whoever speaks: a testimony has them too.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from core.records import Flag
from core.taxonomy import load_taxonomy
from nlp.normalise import plain
from nlp.segment import breathing, pipeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spacy.language import Language
    from spacy.matcher import Matcher
    from spacy.tokens import Doc, Span

    from core.taxonomy import Rule
    from nlp.normalise import Plain

MOST = 3  # passages per flag and text: a reader wants to see that it is there, not every time
MAX_CHARS = 100_000  # of a text: beyond it the entity recogniser's memory grows without more to learn
NEAR = 12  # tokens after an event within which a place is its place
CURRENCIES = {
    "XOF": re.compile(r"\b(?:cfa|fcfa|xof)\b", re.IGNORECASE),
    "CHF": re.compile(r"\b(?:chf|francs? suisses?)\b", re.IGNORECASE),
    "EUR": re.compile(r"€|(?<![a-z])(?:eur|euros?|balles)\b", re.IGNORECASE),
    "USD": re.compile(r"\$|\b(?:usd|dollars?)\b", re.IGNORECASE),
    "GBP": re.compile(r"£|\b(?:gbp|livres?)\b", re.IGNORECASE),
}
MULTIPLES = {1000: re.compile(r"\dk\b|\bk€|\d ?k ?€", re.IGNORECASE), 1_000_000: re.compile(r"\d ?M ?€|\d ?millions?")}
CHANNELS = ("telegram", "whatsapp", "discord", "messenger", "signal", "odysee")


class Analyser(NamedTuple):
    """The pipeline and its matcher; a match's name is the flag's id."""

    nlp: Language
    matcher: Matcher


@cache
def analyser() -> Analyser:
    """Loaded once, when the first text is to be read."""
    from spacy.matcher import Matcher

    nlp = pipeline("fr_core_news_md", keep=("tok2vec", "ner"))
    matcher = Matcher(nlp.vocab)
    for flag in load_taxonomy().flags:
        if flag.rules:
            matcher.add(flag.id, [_pattern(rule) for rule in flag.rules], greedy="LONGEST")
    return Analyser(nlp, matcher)


def _pattern(rule: Rule) -> list[dict[str, Any]]:
    return [{str(name): wanted for name, wanted in token.items()} for token in rule.pattern]


def flags(texts: Sequence[str]) -> Iterator[tuple[Flag, ...]]:
    """The flags of each text, in reading order; at most MOST passages of each kind."""
    found = analyser()
    clear = [plain(text[:MAX_CHARS]) for text in texts]
    docs = found.nlp.pipe((breathing(one.text.replace("\u202f", " ").replace("\u00a0", " ")) for one in clear), batch_size=16)
    for one, doc in zip(clear, docs, strict=True):
        yield tuple(_flag(span, one) for span in _chosen(found.matcher(doc, as_spans=True)))


def _chosen(spans: Sequence[Span]) -> list[Span]:
    kept: dict[str, list[Span]] = {}
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        same = kept.setdefault(span.label_, [])
        if len(same) < MOST and not (same and span.start < same[-1].end):
            same.append(span)
    return sorted((span for same in kept.values() for span in same), key=lambda span: (span.start, int(span.label_[1:])))


def _flag(span: Span, clear: Plain) -> Flag:
    start, end = clear.back(span.start_char, span.end_char)
    return Flag(id=span.label_, start=start, end=end, text=clear.given[start:end], value=_value(span))


def _value(span: Span) -> str | None:
    """What can be compared: an amount, a channel, a place."""
    if span.label_ == "T2":
        return _amount(span.text)
    if span.label_ == "T5":
        return next((channel for channel in CHANNELS if channel in span.text.lower()), None)
    if span.label_ == "T10":
        return _place(span.doc, span.start, span.end + NEAR)
    return None


def _amount(text: str) -> str | None:
    """``4997 EUR``; None where no amount or no known currency is written in digits."""
    from price_parser import Price

    price = Price.fromstring(text)
    currency = next((code for code, words in CURRENCIES.items() if words.search(text)), None)
    if price.amount_float is None or currency is None:
        return None
    times = next((factor for factor, words in MULTIPLES.items() if words.search(text)), 1)
    return f"{price.amount_float * times:g} {currency}" if price.amount_float * times < 1e6 else f"{price.amount_float * times:.0f} {currency}"


def _place(doc: Doc, start: int, end: int) -> str | None:
    return next((entity.text for entity in doc.ents if entity.label_ == "LOC" and start <= entity.start < end), None)
