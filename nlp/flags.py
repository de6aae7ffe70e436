"""Transversal flags of a text: the rules of nlp/markers/flags.yml over spaCy's fr_core_news_md, each with exact offsets.

They say what is in a text (money asked, minors, an illness, a date), whoever speaks: a testimony has them too.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from core.records import Flag
from nlp.segment import pipeline
from nlp.taxonomy import load_taxonomy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spacy.language import Language
    from spacy.matcher import Matcher
    from spacy.tokens import Doc, Span

    from nlp.taxonomy import Rule

MOST = 3  # passages per flag and text: a reader wants to see that it is there, not every time
MAX_CHARS = 100_000  # of a text: beyond it the entity recogniser's memory grows without more to learn
NEAR = 12  # tokens after an event within which a place is its place
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
    for doc in found.nlp.pipe((text[:MAX_CHARS] for text in texts), batch_size=16):
        yield tuple(_flag(span) for span in _chosen(found.matcher(doc, as_spans=True)))


def _chosen(spans: Sequence[Span]) -> list[Span]:
    kept: dict[str, list[Span]] = {}
    for span in sorted(spans, key=lambda span: (span.start, -span.end)):
        same = kept.setdefault(span.label_, [])
        if len(same) < MOST and not (same and span.start < same[-1].end):
            same.append(span)
    return sorted((span for same in kept.values() for span in same), key=lambda span: (span.start, int(span.label_[1:])))


def _flag(span: Span) -> Flag:
    return Flag(id=span.label_, start=span.start_char, end=span.end_char, text=span.text, value=_value(span))


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
    from price_parser import Price

    price = Price.fromstring(text)
    if price.amount is None:
        return None
    currency = {"€": "EUR", "$": "USD", "£": "GBP"}.get(price.currency or "", price.currency or "EUR")
    return f"{price.amount_float:g} {currency.upper()}" if price.amount_float is not None else None


def _place(doc: Doc, start: int, end: int) -> str | None:
    return next((entity.text for entity in doc.ents if entity.label_ == "LOC" and start <= entity.start < end), None)
