"""The form of a reading: what a person entered, kept as it was entered until it can be written down."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from cases.checking import MOST_QUOTE, Quote, Reading
from cases.decisions import MOST_REASON, text_digest
from core.records import MARKERS, QUALIFICATIONS
from core.taxonomy import load_taxonomy
from web.passages import find

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.datastructures import FormData

    from index.documents import Entry

VALUES = ("present", "absent", "incertain")
CITED = re.compile(r"(\d{1,7})-(\d{1,7})-([ABC]\d{1,2})?")
NAMED = re.compile(r"([ABC]\d{1,2})\s*[:.)–-]\s*(.+)", re.DOTALL)
MOST_CITED = 50
LAWFUL = (
    "Le complotisme seul est une opinion : il ne mène jamais à une notification. Choisissez « Licite préoccupant », "
    "ou cochez l'autre marqueur qui rend le contenu illicite."
)
QUOTES = ' \t«»"“”\u00a0\u202f'


class Cited(NamedTuple):
    """A passage of the text that a person quotes for a sub-marker, or for none."""

    start: int
    end: int
    submarker: str | None

    @property
    def value(self) -> str:
        """As the form carries it."""
        return f"{self.start}-{self.end}-{self.submarker or ''}"


class Entered(NamedTuple):
    """All that a person chose and wrote; empty before anything is."""

    act: str
    text_sha256: str  # of what was on the page
    markers: frozenset[str] = frozenset()
    submarkers: dict[str, str] = {}  # noqa: RUF012 - never changed
    exclusions: frozenset[tuple[str, str]] = frozenset()  # marker, exclusion
    cited: tuple[Cited, ...] = ()
    pasted: str = ""  # quotes that are not found in the text yet
    reason: str = ""
    qualification: str = ""
    campaign: bool = False
    following: bool = True  # go on to the next item
    filtered: str = ""  # the queue's filter, as an address has it
    reserved: str = ""  # the next item, where it is reserved already


class Problem(NamedTuple):
    """What must be mended: where in the form, and in words."""

    anchor: str
    text: str


def blank(entry: Entry, *, filtered: str = "", campaign: bool = False) -> Entered:
    """An empty form, under an act of its own: sent twice, it is written once."""
    return Entered(uuid4().hex, text_digest(entry["title"], entry["text"]), filtered=filtered, campaign=campaign)


def entered_of(form: FormData) -> Entered:
    """What a form brought; what it cannot have held is left out."""

    def one(name: str) -> str:
        value = form.get(name, "")
        return value if isinstance(value, str) else ""

    submarkers = {name.id: value for name in load_taxonomy().submarkers() if (value := one(f"s.{name.id}")) in VALUES}
    exclusions = {(marker, str(value)) for marker in MARKERS for value in form.getlist(f"x.{marker}")}
    return Entered(
        act=one("acte"),
        text_sha256=one("texte"),
        markers=frozenset(str(value) for value in form.getlist("marqueur")) & set(MARKERS),
        submarkers=submarkers,
        exclusions=frozenset(exclusions & _known()),
        cited=tuple(_cited(str(value) for value in form.getlist("citation")))[:MOST_CITED],
        pasted=one("citations"),
        reason=one("motif").replace("\r\n", "\n").strip(),
        qualification=one("qualification") if one("qualification") in QUALIFICATIONS else "",
        campaign=bool(one("campagne")),
        following=one("suite") != "rester",
        filtered=one("file"),
        reserved=one("reserve"),
    )


def _known() -> set[tuple[str, str]]:
    return {(marker.id, exclusion.id) for marker in load_taxonomy().markers for exclusion in marker.exclusions}


def _cited(values: Iterator[str]) -> Iterator[Cited]:
    known = {one.id for one in load_taxonomy().submarkers()}
    for value in dict.fromkeys(values):
        found = CITED.fullmatch(value)
        if found and int(found[1]) < int(found[2]) and (found[3] is None or found[3] in known):
            yield Cited(int(found[1]), int(found[2]), found[3])


def located(entered: Entered, text: str) -> tuple[Entered, tuple[str, ...]]:
    """The quotes that were pasted, found in the text and put with the others; and those that do not stand there word for word."""
    known = {one.id for one in load_taxonomy().submarkers()}
    cited, strange = [one for one in entered.cited if text[one.start : one.end].strip() and one.end <= len(text)], []
    for line in entered.pasted.replace("\r\n", "\n").split("\n"):
        named = NAMED.fullmatch(line.strip())
        submarker, quote = (named[1], named[2]) if named and named[1] in known else (None, line)
        quote = quote.strip(QUOTES)
        place = find(text, quote)
        if place:
            cited.append(Cited(*place, submarker))
        elif quote:
            strange.append(line.strip())
    return entered._replace(cited=tuple(dict.fromkeys(cited))[:MOST_CITED], pasted="\n".join(strange)), tuple(strange)


def problems(entered: Entered, entry: Entry, strange: tuple[str, ...]) -> tuple[Problem, ...]:
    """All that stands in the way of writing it down, in the order of the page."""
    found = [Problem("f-citations", f"Cette citation n'est pas mot pour mot dans le texte : « {one[:120]} ».") for one in strange]
    found += [*_of_choice(entered), *_of_markers(entered), *_of_quotes(entered)]
    if not reason_of(entered):
        found.append(Problem("f-motif", "Écrivez en quelques mots pourquoi : ce motif sera lu par d'autres."))
    if len(entered.reason) > MOST_REASON:
        found.append(Problem("f-motif", f"Le motif a {len(entered.reason)} caractères ; il peut en avoir {MOST_REASON} au plus."))
    if entered.text_sha256 != text_digest(entry["title"], entry["text"]):
        found.insert(0, Problem("texte", "Le texte a changé depuis que vous l'avez ouvert : relisez-le, puis envoyez à nouveau."))
    return tuple(found)


def _of_choice(entered: Entered) -> Iterator[Problem]:
    match entered.qualification:
        case "":
            yield Problem("q-hors_champ", "Choisissez une qualification.")
        case "hors_champ" if entered.markers:
            marker = next(one for one in MARKERS if one in entered.markers)
            yield Problem(f"c-{marker}", "« Hors champ » : aucun marqueur n'est là. Décochez le marqueur, ou choisissez « Licite préoccupant ».")
        case "illicite_presume" if not entered.markers:
            proposed = proposed_by(entered.submarkers)
            for proposal in proposed:
                name = load_taxonomy().marker(proposal).name
                told = f"« {name} » a un signe présent et n'est pas confirmé : cochez « Je confirme », ou choisissez une autre qualification."
                yield Problem(f"c-{proposal}", told)
            if not proposed:
                yield Problem("grille", "« Illicite présumé » demande au moins un marqueur : cochez celui que le contenu porte.")
        case "illicite_presume" if entered.markers == {"complotisme"}:
            yield Problem("q-illicite_presume", LAWFUL)
        case "licite_preoccupant" | "illicite_presume" if entered.exclusions and not entered.markers:
            yield Problem("q-hors_champ", "Une exclusion est cochée sans marqueur confirmé : c'est « Hors champ », ou l'exclusion est de trop.")


def proposed_by(submarkers: Mapping[str, str]) -> tuple[str, ...]:
    """The markers of which a sign is present: proposed, and confirmed by a person alone."""
    return tuple(one.id for one in load_taxonomy().markers if any(submarkers.get(sign.id) == "present" for sign in one.submarkers))


def _of_markers(entered: Entered) -> Iterator[Problem]:
    ticked = {name for _, name in entered.exclusions}
    for marker in (one for one in load_taxonomy().markers if one.id in entered.markers):
        excluded = [one.name for one in marker.exclusions if one.id in ticked]
        if excluded:
            yield Problem(
                f"g-{marker.id}", f"« {marker.name} » est confirmé, et l'exclusion « {excluded[0]} » dit le contraire : ôtez l'un des deux."
            )
        if entered.qualification != "urgence" and not any(entered.submarkers.get(one.id) == "present" for one in marker.submarkers):
            yield Problem(f"g-{marker.id}", f"« {marker.name} » est confirmé sans sous-marqueur présent : dites lequel, ou décochez le marqueur.")


def _of_quotes(entered: Entered) -> Iterator[Problem]:
    quoted = {one.submarker for one in entered.cited if one.submarker}
    if any(one.end - one.start > MOST_QUOTE for one in entered.cited):
        yield Problem("f-citations", f"Une citation a plus de {MOST_QUOTE} signes : gardez ce qui montre le signe.")
    for name in sorted(quoted):
        if entered.submarkers.get(name or "") not in ("present", "incertain"):
            yield Problem(f"s-{name}", f"Vous citez un passage pour {name} : marquez {name} présent ou incertain, ou retirez la citation.")
    for name, answer in entered.submarkers.items():
        if answer == "present" and name not in quoted and entered.qualification != "urgence":
            yield Problem(f"s-{name}", f"{name} est présent : citez le passage qui le montre.")


def reason_of(entered: Entered) -> str:
    """The reason; where a person ticked exclusions and wrote none, their names are it."""
    if entered.reason or entered.qualification != "hors_champ":
        return entered.reason
    names = sorted({load_taxonomy().exclusions(marker)[name].name for marker, name in entered.exclusions})
    return f"Exclusion : {', '.join(names)}." if names else ""


def reading_of(entered: Entered, text: str) -> Reading:
    """What is written down. Raises pydantic's ValidationError for what ``problems`` would have told."""
    quotes = tuple(Quote(start=one.start, end=one.end, text=text[one.start : one.end], submarker=one.submarker) for one in entered.cited)
    return Reading(
        qualification=entered.qualification,
        markers=tuple(marker for marker in MARKERS if marker in entered.markers),
        submarkers=entered.submarkers,
        exclusions=tuple(sorted({name for _, name in entered.exclusions})),
        quotes=quotes,
        reason=reason_of(entered),
        taxonomy=load_taxonomy().version,
        text_sha256=entered.text_sha256,
    )
