"""Texts to assessments: streamed, in order, each text with its scores, decisions and the sentences that justify them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from core.errors import Invalid
from core.records import MARKERS, Assessment, Evidence
from nlp.classify import Passage, load_classifier
from nlp.evidence import justify
from nlp.segment import sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from core.settings import Settings
    from nlp.classify import Classifier, Reading

CHUNK = 128  # texts read together: enough to group like lengths, little enough to keep memory flat


class Item(NamedTuple):
    """What is scored; the title is read as context and never quoted as evidence."""

    id: str
    text: str
    title: str | None = None


class Refusal(NamedTuple):
    """A text that cannot be scored, with a stable reason and one clear line."""

    id: str
    reason: str
    detail: str


class Scorer:
    """Loads the classifier once and scores any number of texts."""

    def __init__(self, settings: Settings, *, classifier: Classifier | None = None) -> None:
        self.classifier = classifier or load_classifier(settings)
        self._most = settings.max_text_chars

    def score(self, items: Iterable[Item]) -> Iterator[Assessment | Refusal]:
        """One answer per item, in order."""
        stream = iter(items)
        while chunk := list(islice(stream, CHUNK)):
            yield from self._chunk(chunk)

    def one(self, text: str, *, title: str | None = None) -> Assessment:
        """The assessment of one text. Raises Invalid."""
        (answer,) = self.score([Item("text", text, title)])
        if isinstance(answer, Refusal):
            raise Invalid(answer.detail)
        return answer

    def _chunk(self, chunk: Sequence[Item]) -> Iterator[Assessment | Refusal]:
        refused = {place: refusal for place, item in enumerate(chunk) if (refusal := self._refuse(item))}
        read = {place: _passage(item) for place, item in enumerate(chunk) if place not in refused}
        readings = dict(zip(read, self.classifier.read([passage for passage, _ in read.values()]), strict=True))
        for place, item in enumerate(chunk):
            if place in refused:
                yield refused[place]
            else:
                passage, shift = read[place]
                yield self._assess(item, passage, shift, readings[place])

    def _refuse(self, item: Item) -> Refusal | None:
        if not item.text.strip():
            return Refusal(item.id, "empty_text", "the text is empty; expected at least one word")
        if len(item.text) > self._most:
            found = f"the text has {len(item.text)} characters, at most {self._most} are scored"
            return Refusal(item.id, "too_long", f"{found}; cut it, or raise VIGIE_MAX_TEXT_CHARS")
        return None

    def _assess(self, item: Item, passage: Passage, shift: int, reading: Reading) -> Assessment:
        decision = {marker: self.classifier.thresholds[marker].decide(reading.scores[marker]) for marker in MARKERS}
        evidence: list[Evidence] = []
        for marker in MARKERS:
            if decision[marker] != "rien":
                least = self.classifier.thresholds[marker].a_lire
                evidence += justify(marker, item.text, passage.sentences, reading.sentences[marker], shift=shift, at_least=least)
        return Assessment(
            document_id=item.id,
            model=self.classifier.name,
            revision=self.classifier.revision,
            scores={marker: round(reading.scores[marker], 6) for marker in MARKERS},
            decision=decision,
            evidence=tuple(evidence),
        )


def _passage(item: Item) -> tuple[Passage, int]:
    """The text to read, and how many characters of title stand before the item's own text."""
    title = (item.title or "").strip()
    head = "" if not title or item.text.lstrip().startswith(title) else f"{title}\n"
    full = head + item.text
    return Passage(full, sentences(full)), len(head)
