"""What a classifier answers, and which one the settings name. Everything else in Vigie sees only this protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from core.records import Marker, Stance
    from core.settings import Settings
    from nlp.registry import Thresholds
    from nlp.segment import Span


class Passage(NamedTuple):
    """A text with its sentences."""

    text: str
    sentences: Sequence[Span]


class Reading(NamedTuple):
    """Probabilities of a passage, and of each of its sentences: ``sentences[marker][i]`` for ``passage.sentences[i]``.

    ``submarkers[i]`` are those that the sentence shows, the likeliest first. A classifier that does not know sub-markers, stances or
    embeddings (core.records.Embedding) leaves them out.
    """

    scores: Mapping[Marker, float]
    sentences: Mapping[Marker, Sequence[float]]
    submarkers: Sequence[Sequence[str]] = ()
    stance: Stance | None = None
    embedding: str | None = None


class Classifier(Protocol):
    """Reads passages."""

    @property
    def name(self) -> str:
        """The model's name, as the settings give it."""
        ...

    @property
    def revision(self) -> str:
        """Changes whenever an answer may."""
        ...

    @property
    def thresholds(self) -> Mapping[Marker, Thresholds]:
        """What a probability of each marker means."""
        ...

    def read(self, passages: Sequence[Passage]) -> list[Reading]:
        """One reading per passage, in order."""
        ...


def load_classifier(settings: Settings) -> Classifier:
    """The classifier of ``settings.model``: a name of the registry, or ``hub:OWNER/NAME[@REVISION]``, or ``dir:FOLDER``. Raises ConfigError."""
    if settings.model.startswith(("hub:", "dir:")):
        from nlp.hub import HubClassifier

        return HubClassifier(settings)
    from nlp.judge import load_named

    return load_named(settings)


def revision_of(settings: Settings) -> str:
    """The revision of the classifier that the settings name, without loading the model where the registry knows it. Raises ConfigError."""
    if settings.model.startswith(("hub:", "dir:")):
        return load_classifier(settings).revision
    from nlp.registry import entry_of

    return entry_of(settings).revision
