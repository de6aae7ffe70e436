"""Two readings side by side, and what a form says as a reading of one's own. Values in, values out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cases.checking import Quote, Reading
from core.taxonomy import load_taxonomy
from index.values import VALUE_NAMES
from web.passages import Mark, Piece, cut
from web.reading.again import exclusions_of
from web.reading.form import Cited, Problem, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cases.decisions import Item
    from cases.readings import Review
    from index.documents import Entry
    from web.reading.form import Entered

ANSWERS = {"present": "présent", "absent": "absent", "incertain": "incertain", "": "sans réponse"}
BLIND = ("premiere", "seconde")


class Line(NamedTuple):
    """One thing that readings say, in the order of the readings."""

    label: str
    said: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether they do not say the same."""
        return len(set(self.said)) > 1


def blind(reviews: Sequence[Review], item: Item) -> tuple[Review, ...]:
    """The readings of this text that stand, in an order that tells nobody who came first."""
    found = [one for one in reviews if one.seat in BLIND and one.withdrawn_at is None and one.text_sha256 == item.text_sha256]
    return tuple(sorted(found, key=lambda one: one.id))


def lines(reviews: Sequence[Review]) -> tuple[Line, ...]:
    """What they say of everything that one of them speaks of; where they differ comes first."""
    return tuple(sorted(_lines(reviews), key=lambda line: not line.differs))


def _lines(reviews: Sequence[Review]) -> Iterator[Line]:
    taxonomy = load_taxonomy()
    yield Line("Qualification", tuple(VALUE_NAMES["qualification"][one.qualification] for one in reviews))
    for marker in taxonomy.markers:
        if any(marker.id in one.markers for one in reviews):
            yield Line(f"Marqueur {marker.name}", tuple("confirmé" if marker.id in one.markers else "non" for one in reviews))
    for sign in taxonomy.submarkers():
        if any(sign.id in one.submarkers for one in reviews):
            yield Line(f"{sign.id} {sign.name}", tuple(ANSWERS[one.submarkers.get(sign.id, "")] for one in reviews))
    for name, exclusion in taxonomy.exclusions().items():
        if any(name in one.exclusions for one in reviews):
            yield Line(f"Exclusion : {exclusion.name}", tuple("cochée" if name in one.exclusions else "non" for one in reviews))


def agreed(entered: Entered, reviews: Sequence[Review]) -> Entered:
    """A blank form with what both readings say alike, and nothing else; no reason: that is the third person's own."""
    if len(reviews) != 2:
        return entered
    one, other = reviews
    cited = {Cited(quote.start, quote.end, quote.submarker) for quote in one.quotes} & {
        Cited(quote.start, quote.end, quote.submarker) for quote in other.quotes
    }
    markers = frozenset(one.markers) & frozenset(other.markers)
    names = frozenset(one.exclusions) & frozenset(other.exclusions)
    return entered._replace(
        markers=markers, submarkers={name: said for name, said in one.submarkers.items() if other.submarkers.get(name) == said},
        exclusions=exclusions_of(names, markers=markers), cited=tuple(sorted(cited, key=lambda each: (each.start, each.end, each.submarker or ""))),
        qualification=one.qualification if one.qualification == other.qualification else "",
    )  # fmt: skip


def agreements(reviews: Sequence[Review]) -> tuple[str, ...]:
    """The same in words."""
    return tuple(f"{line.label} : {line.said[0]}" for line in lines(reviews) if not line.differs) if len(reviews) == 2 else ()


def quoted(reviews: Sequence[Review]) -> tuple[tuple[str, Quote], ...]:
    """Each quote of a reading as the value of a form's field, once."""
    found = {Cited(quote.start, quote.end, quote.submarker).value: quote for one in reviews for quote in one.quotes}
    return tuple(sorted(found.items(), key=lambda pair: pair[1].start))


def pieces(text: str, reviews: Sequence[Review]) -> tuple[Piece, ...]:
    """The text with what each reading quotes."""
    marks = [Mark(quote.start, quote.end, "citation", f"lecture {number}") for number, one in enumerate(reviews, 1) for quote in one.quotes]
    return cut(text, marks)


def alone(qualification: str) -> Problem:
    """Why one person does not decide this between two readings."""
    said = f"Aucune des deux lectures ne dit « {VALUE_NAMES['qualification'][qualification]} », et ce qui peut sortir de la maison se décide à deux."
    what = "Choisissez une autre qualification, ou faites relire le contenu par deux personnes, en bas de cette page."
    called = " Si quelqu'un est en danger, appelez d'abord : 15, 17, 112, 119 pour un enfant." if qualification == "urgence" else ""
    return Problem(f"q-{qualification}", f"{said} {what}{called}")


def reading_of(entered: Entered, entry: Entry) -> Reading:
    """What the form says. Raises Invalid for what no reading may be."""
    quotes = tuple(Quote(start=one.start, end=one.end, text=entry["text"][one.start : one.end], submarker=one.submarker) for one in entered.cited)
    return Reading.model_validate(
        {
            "qualification": entered.qualification, "markers": tuple(sorted(entered.markers)), "submarkers": entered.submarkers, "quotes": quotes,
            "exclusions": tuple(sorted({name for _, name in entered.exclusions})), "reason": reason_of(entered),
            "taxonomy": load_taxonomy().version, "text_sha256": entered.text_sha256,
        }
    )  # fmt: skip
