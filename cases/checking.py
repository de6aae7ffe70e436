"""Whether a reading follows the rules of the taxonomy. Pure. A sign must be shown by the text's own words, and an exclusion takes its marker away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import Field, StringConstraints

from cases.decisions import MOST_REASON, Choice
from core.errors import Invalid, nearest
from core.records import Marker, Qualification, Record, Sha256

if TYPE_CHECKING:
    from core.taxonomy import Taxonomy

Answer = Literal["present", "absent", "incertain"]
ANSWERS: tuple[Answer, ...] = get_args(Answer)
MOST_QUOTES = 100
MOST_QUOTE = 5000  # characters


class Quote(Record):
    """A passage that a person took: ``text == document.text[start:end]``. ``submarker``: the sign that it shows."""

    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(gt=0)]
    text: Annotated[str, StringConstraints(min_length=1, max_length=MOST_QUOTE)]
    submarker: str | None = None


class Reading(Record):
    """What one person made of one item. What is not in ``submarkers`` was not answered."""

    qualification: Qualification
    markers: tuple[Marker, ...] = ()
    submarkers: dict[str, Answer] = Field(default_factory=dict)
    exclusions: tuple[str, ...] = ()
    quotes: Annotated[tuple[Quote, ...], Field(max_length=MOST_QUOTES)] = ()
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_REASON)]
    taxonomy: str  # version of the guideline that the person had before them
    text_sha256: Sha256 | None = None  # of the text that the person had before them; None: not known, then nothing is compared


def check(reading: Reading, text: str, *, taxonomy: Taxonomy) -> None:
    """Raises Invalid for the first rule that the reading breaks. An urgency needs a reason alone: seconds count, and it is read a second time."""
    _known(reading, taxonomy)
    _verbatim(reading, text)
    choice_of(reading, by="-")
    for marker in reading.markers:
        entry = taxonomy.marker(marker)
        excluded = [one.id for one in entry.exclusions if one.id in reading.exclusions]
        if excluded:
            raise Invalid(f"{marker} with the exclusion {excluded[0]}, which says that it is none; untick one of them")
        if reading.qualification != "urgence" and not any(reading.submarkers.get(sign.id) == "present" for sign in entry.submarkers):
            raise Invalid(f"{marker} without a sign; mark at least one of its sub-markers as present, or leave {marker} out")
    if reading.qualification == "urgence":
        return
    if reading.exclusions and not reading.markers and reading.qualification != "hors_champ":
        raise Invalid(f"{reading.qualification} with the exclusion {reading.exclusions[0]} and no marker; an exclusion means hors_champ")
    quoted = {quote.submarker for quote in reading.quotes}
    for name, answer in reading.submarkers.items():
        if answer == "present" and name not in quoted:
            raise Invalid(f"{name} is present without a quote; select the passage that shows it")


def _known(reading: Reading, taxonomy: Taxonomy) -> None:
    signs = {one.id for one in taxonomy.submarkers()}
    for name in (*reading.submarkers, *(quote.submarker for quote in reading.quotes if quote.submarker)):
        if name not in signs:
            raise Invalid(f"sub-marker {name[:40]!r} is unknown; {nearest(name, signs)}")
    for name in reading.exclusions:
        if name not in taxonomy.exclusions():
            raise Invalid(f"exclusion {name[:100]!r} is unknown; {nearest(name, taxonomy.exclusions())}")
    for quote in reading.quotes:
        if quote.submarker and reading.submarkers.get(quote.submarker) not in ("present", "incertain"):
            raise Invalid(f"a quote for {quote.submarker}, which is not marked as present or uncertain; mark it, or take the quote away")


def _verbatim(reading: Reading, text: str) -> None:
    for quote in reading.quotes:
        if not quote.text.strip():
            raise Invalid(f"the quote {quote.start}:{quote.end} is empty; select a passage with words")
        if text[quote.start : quote.end] != quote.text:
            raise Invalid(f"the quote {quote.start}:{quote.end} is not what the text says there; select the passage again")


def warnings(reading: Reading, *, taxonomy: Taxonomy) -> tuple[str, ...]:
    """What the taxonomy's rules would have a person think of again, in French; nothing that forbids the reading."""
    found = []
    present = {name for name, answer in reading.submarkers.items() if answer == "present"}
    signs = {one.id for one in taxonomy.marker("gourou").submarkers}
    if "gourou" in reading.markers and not (present & {"B1", "B2"} and len(present & signs) > 1):
        found.append("« Gourou » demande d'ordinaire B1 ou B2, et un autre signe de B3 à B12. Si l'ensemble du texte le montre autrement, dites-le.")
    single = [name for name in sorted(present) if taxonomy.submarker(name).min_items > 1]
    if single and reading.qualification == "illicite_presume":
        found.append(f"{', '.join(single)} : il faudra plusieurs contenus datés avant toute notification.")
    return tuple(found)


def choice_of(reading: Reading, *, by: str) -> Choice:
    """The decision that a reading proposes. Raises Invalid for what no decision may be."""
    return Choice(
        qualification=reading.qualification, markers=tuple(dict.fromkeys(reading.markers)), exclusions=tuple(dict.fromkeys(reading.exclusions)),
        reason=reading.reason, by=by, taxonomy=reading.taxonomy,
    )  # fmt: skip


def moved(quotes: tuple[Quote, ...], text: str) -> tuple[Quote, ...]:
    """The quotes in a copy of the text that was read: where the copy says the same, there; what it does not say is left out."""
    found = []
    for quote in quotes:
        start = quote.start if text[quote.start : quote.end] == quote.text else text.find(quote.text)
        if start >= 0:
            found.append(quote.model_copy(update={"start": start, "end": start + len(quote.text)}))
    return tuple(found)
