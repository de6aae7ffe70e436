"""What Vigie sees in a content, in words for who submitted it. Pure. A score is of a content: never a number alone, never a word about a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from core.records import DECISIONS, MARKERS
from web.passages import shown
from web.reading.words import is_distressing

if TYPE_CHECKING:
    from core.records import Decision, Marker
    from core.taxonomy import Taxonomy
    from index.documents import Entry

MOST_QUOTES = 12  # passages of one marker: the strongest tell enough
MOST_QUOTE = 600  # characters
UNSEEN = "Le programme n'a rien reconnu ici."  # what it did not recognise may well be there: never reassure
NOTHING = "Le programme n'a rien reconnu. Il se trompe parfois : une personne lira quand même."
LEVELS: dict[Decision, str] = {"rien": "rien de reconnu", "a_lire": "ressemblance à vérifier", "alerte": "forte ressemblance"}
SAID: dict[Marker, dict[Decision, str]] = {
    "gourou": {
        "rien": UNSEEN,
        "a_lire": "Des passages ressemblent à des signes d'emprise. Seule une lecture humaine peut dire ce qu'il en est.",
        "alerte": "Plusieurs passages ressemblent nettement à des signes d'emprise. Une personne doit les lire avant toute conclusion.",
    },
    "complotisme": {
        "rien": UNSEEN,
        "a_lire": "Des passages ressemblent à un récit de complot. C'est une opinion licite par défaut.",
        "alerte": "Le texte ressemble nettement à un récit de complot. C'est une opinion licite par défaut : seul, ce marqueur ne mène à rien.",
    },
    "abandon_soins": {
        "rien": UNSEEN,
        "a_lire": "Des passages ressemblent à une incitation à quitter ou refuser des soins. Une personne doit les lire.",
        "alerte": "Des passages ressemblent nettement à une incitation à quitter ou refuser des soins. Une personne doit les lire.",
    },
}
# how the program takes a text to speak, where that changes how its passages are to be understood: a guess, which a person checks
STANCES = {
    "quote": "Le programme croit que le texte cite les propos de quelqu'un d'autre.",
    "denounce": "Le programme croit que le texte dénonce ce qu'il rapporte.",
    "testify": "Le programme croit que le texte est un témoignage.",
    "ask": "Le programme croit que le texte pose une question.",
    "joke": "Le programme croit que le texte plaisante.",
    "inform": "Le programme croit que le texte informe.",
}
URGENT = "T7"


class Quote(NamedTuple):
    """A passage of the text, and the names of the signs that it may show."""

    text: str
    signs: tuple[str, ...]


class MarkerSeen(NamedTuple):
    """One marker. ``bar``: how full it is, 0 to 1; None where the model said nothing."""

    id: str
    name: str
    decision: Decision
    level: str
    said: str
    bar: float | None
    quotes: tuple[Quote, ...]


class FlagSeen(NamedTuple):
    """One transversal sign."""

    name: str
    definition: str


class Seen(NamedTuple):
    """All of it.

    ``nothing``: what is said where no marker is seen, else None; a stance says nothing then.
    ``hard``: may distress who reads the passages; ``urgent``: a life may be in danger.
    """

    markers: tuple[MarkerSeen, ...]
    flags: tuple[FlagSeen, ...]
    stance: str | None
    nothing: str | None
    hard: bool
    urgent: bool


def seen(entry: Entry, taxonomy: Taxonomy) -> Seen:
    """Of an entry of the index, the markers that show something first."""
    markers = sorted((_marker(entry, marker, taxonomy) for marker in MARKERS), key=lambda one: -(one.bar or 0))
    flags = set(entry["flags"])
    none = all(one.decision == "rien" for one in markers)
    return Seen(
        markers=tuple(markers),
        flags=tuple(FlagSeen(flag.name, flag.definition) for flag in taxonomy.flags if flag.id in flags),
        stance=None if none else STANCES.get(entry["stance"] or ""),
        nothing=NOTHING if none else None,
        hard=is_distressing(entry) or "abandon_soins" in entry["alerts"],
        urgent=URGENT in flags,
    )


def _marker(entry: Entry, marker: Marker, taxonomy: Taxonomy) -> MarkerSeen:
    decision: Decision = "alerte" if marker in entry["alerts"] else "a_lire" if marker in entry["markers"] else "rien"
    score = entry[f"score_{marker}"]
    said = SAID[marker][decision] if score is not None else "Vigie n'a pas pu noter ce point."
    quotes = _quotes(entry, marker, taxonomy) if decision != "rien" else ()  # below its threshold a passage justifies nothing
    return MarkerSeen(marker, taxonomy.marker(marker).name, decision, LEVELS[decision], said, _bar(score, decision), quotes)


def _bar(score: float | None, decision: Decision) -> float | None:
    """A third for each level, then the score within it: markers have thresholds of their own, and a bar must not say other than its word."""
    return None if score is None else (DECISIONS.index(decision) + score) / len(DECISIONS)


def _quotes(entry: Entry, marker: Marker, taxonomy: Taxonomy) -> tuple[Quote, ...]:
    names = {one.id: one.name for one in taxonomy.submarkers()}
    found = [passage for passage in entry["evidence"] if passage["marker"] == marker]
    chosen = sorted(sorted(found, key=lambda one: -one["score"])[:MOST_QUOTES], key=lambda one: one["start"])
    return tuple(Quote(_cut(one["text"]), tuple(names[name] for name in one["submarkers"] if name in names)) for one in chosen)


def _cut(text: str) -> str:
    text = shown(text)
    return text if len(text) <= MOST_QUOTE else f"{text[:MOST_QUOTE].rstrip()} […]"
