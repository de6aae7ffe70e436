"""Texts to assessments: streamed, in order, each text with its scores, decisions and the sentences that justify them."""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from core.errors import Invalid
from core.records import MARKERS, Assessment
from nlp.classify import Passage, load_classifier
from nlp.evidence import Source, justify
from nlp.normalise import plain
from nlp.segment import sentences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from core.settings import Settings
    from nlp.classify import Classifier, Reading

CHUNK = 256  # texts read together: enough to group like lengths, little enough to keep memory flat
SURROGATE = re.compile("[\ud800-\udfff]")
REMEMBERED = 4096  # assessments of recent texts: copies of one text over accounts are read once


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
        self._known: OrderedDict[bytes, Assessment] = OrderedDict()

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
        keys = [_key(item) for item in chunk]
        fresh = {key: item for place, (key, item) in enumerate(zip(keys, chunk, strict=True)) if place not in refused and key not in self._known}
        self._read(fresh)
        for place, (key, item) in enumerate(zip(keys, chunk, strict=True)):
            if place not in refused:
                self._known.move_to_end(key)
            yield refused[place] if place in refused else self._known[key].model_copy(update={"document_id": item.id})
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def _read(self, fresh: Mapping[bytes, Item]) -> None:
        sources = [_source(item) for item in fresh.values()]
        readings = self.classifier.read([Passage(source.clear.text, source.spans) for source in sources])
        for (key, item), source, reading in zip(fresh.items(), sources, readings, strict=True):
            self._known[key] = self._assess(item, source, reading)
        shown = [key for key in fresh if self._known[key].evidence]
        if shown:  # the analysis costs as much as the judgement: only what a person will read is worth it
            from nlp.flags import flags

            for key, found in zip(shown, flags([fresh[key].text for key in shown]), strict=True):
                self._known[key] = self._known[key].model_copy(update={"flags": found})

    def _refuse(self, item: Item) -> Refusal | None:
        if not item.text.strip() or not any(map(str.isprintable, item.text.replace(" ", ""))):
            return Refusal(item.id, "empty_text", "the text is empty; expected at least one word")
        if SURROGATE.search(item.text) or SURROGATE.search(item.title or ""):
            return Refusal(item.id, "not_unicode", "the text holds half of a surrogate pair, which is no character; decode it anew from its source")
        if len(item.text) > self._most:
            found = f"the text has {len(item.text)} characters, at most {self._most} are scored"
            return Refusal(item.id, "too_long", f"{found}; cut it, or raise VIGIE_MAX_TEXT_CHARS")
        return None

    def _assess(self, item: Item, source: Source, reading: Reading) -> Assessment:
        decision = {marker: self.classifier.thresholds[marker].decide(reading.scores[marker]) for marker in MARKERS}
        shown = [marker for marker in MARKERS if decision[marker] != "rien"]
        evidence = [found for marker in shown for found in justify(marker, source, reading, at_least=self.classifier.thresholds[marker].a_lire)]
        return Assessment(
            document_id=item.id,
            model=self.classifier.name,
            revision=self.classifier.revision,
            scores={marker: round(reading.scores[marker], 6) for marker in MARKERS},
            decision=decision,
            evidence=tuple(evidence),
            stance=reading.stance,
            embedding=reading.embedding,
        )


def _key(item: Item) -> bytes:
    return hashlib.blake2b(f"{len(item.title or '')} {item.title or ''} {item.text}".encode(), digest_size=16).digest()


def _source(item: Item) -> Source:
    title = (item.title or "").strip()
    head = "" if not title or item.text.lstrip().startswith(title) else f"{title}\n"
    clear = plain(head + item.text)
    return Source(clear, sentences(clear.text), item.text, len(head))
