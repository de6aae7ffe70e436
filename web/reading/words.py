"""What people read, in French, for the values of an item."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from cases import care
from core.numbers import french
from core.taxonomy import load_taxonomy
from index.fields import BY_NAME
from index.harm import Reason, explain
from index.values import VALUE_NAMES
from web.passages import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from index.documents import Entry

LEVELS = {"alerte": "alerte", "a_lire": "à lire", "rien": "sous le seuil"}
STANCES = {"assert": "affirme ou incite", "quote": "cite", "denounce": "dénonce", "testify": "témoigne", "ask": "demande", "joke": "plaisante",
           "inform": "informe"}  # fmt: skip
QUALIFICATIONS = VALUE_NAMES["qualification"]
CHOICES = (  # value, name, in which case
    ("hors_champ", "Hors champ", "aucun marqueur : opinion, croyance, témoignage, presse, satire…"),
    ("licite_preoccupant", "Licite préoccupant", "des signes sont là, rien d'illicite n'est établi"),
    ("illicite_presume", "Illicite présumé", "des signes sont là, et une loi paraît enfreinte ; toujours lu deux fois"),
    ("urgence", "Urgence", "une vie ou un enfant en danger : appelez d'abord"),
)
STATES = {"recue": "reçue", "en_cours": "en cours", "collectee": "collectée", "visible": "visible", "ecartee": "écartée"}
REPORTED = "Signalé par une association, non relevé par le modèle : une personne le lit quand même."
COUNTS = ("views", "likes", "reposts", "replies", "followers")
DISTRESSING_SIGNS = frozenset({"A6", "B1", "B10", "C3", "C6"})  # what kills, what breaks, sexual hold, hate, violence


class Score(NamedTuple):
    """One marker's score: ``level`` as people read it, against the marker's own threshold; ``percent`` 0 to 100, which tells no level by itself."""

    marker: str
    name: str
    percent: str
    level: str


@cache
def value_names() -> Mapping[str, Mapping[str, str]]:
    """Field: value: name, of every field whose values are not their own names."""
    taxonomy = load_taxonomy()
    markers: dict[str, str] = {marker.id: marker.name for marker in taxonomy.markers}
    return {
        **VALUE_NAMES,
        "markers": markers,
        "alerts": markers,
        "submarkers": {one.id: f"{one.id} {one.name}" for one in taxonomy.submarkers()},
        "flags": {flag.id: flag.name for flag in taxonomy.flags},
        "exclusions": {name: exclusion.name for name, exclusion in taxonomy.exclusions().items()},
    }


def value_name(field: str, value: str) -> str:
    """A value as people read it; one that has no name is its own."""
    return value_names().get(field, {}).get(value, value)


def label(field: str) -> str:
    """The name of a field."""
    return BY_NAME[field].label


def scores(entry: Entry) -> tuple[Score, ...]:
    """Every marker, the flagged ones first."""
    found = [_score(entry, marker.id, marker.name) for marker in load_taxonomy().markers]
    return tuple(sorted(found, key=lambda one: (one.level == LEVELS["rien"], one.level != LEVELS["alerte"])))


def _score(entry: Entry, marker: str, name: str) -> Score:
    level = "alerte" if marker in entry["alerts"] else "a_lire" if marker in entry["markers"] else "rien"
    probability = entry[f"score_{marker}"]
    return Score(marker, name, "non mesuré" if probability is None else f"{french(probability * 100, digits=0)} %", LEVELS[level])


def why(entry: Entry, *, reported: bool = False, now: datetime | None = None) -> str:
    """Why an item stands where it stands in the queue. ``reported``: by an association."""
    if entry["lane"] == "sondage":
        return "Tiré au sort parmi les contenus que le modèle n'a pas relevés : le lire sert à estimer ce que Vigie manque."
    if not entry["lane"] or not entry["reasons"]:
        return REPORTED if reported else "Non relevé par le modèle : aucun marqueur n'atteint son seuil."
    return shown(explain([Reason.model_validate(reason) for reason in entry["reasons"]], age=_age(entry, now or datetime.now(UTC))))


def _age(entry: Entry, now: datetime) -> timedelta:
    """How long ago it was last made public, as its rank counts it."""
    said = max((entry[name] for name in ("published_at", "edited_at") if entry[name]), default=entry["collected_at"], key=datetime.fromisoformat)
    return now - min(datetime.fromisoformat(said), datetime.fromisoformat(entry["collected_at"]))


def is_distressing(entry: Entry) -> bool:
    """Whether even its title is hidden until somebody asks for it. What people decided plays no part: hidden titles would tell it."""
    return care.distressing({**entry, "qualification": None}) or bool(DISTRESSING_SIGNS & set(entry["submarkers"]))


def heading(entry: Entry) -> str:
    """What an item is, without a word of its own."""
    return f"{value_name('kind', entry['kind'])} sur {shown(entry['platform'])}"


def excerpt(entry: Entry, *, most: int = 160) -> str:
    """Its title, or how its text begins, on one line."""
    line = " ".join(shown((entry["title"] or entry["text"])[: 20 * most]).split())
    return line if len(line) <= most else f"{line[:most].rsplit(' ', 1)[0]}…"


def money(entry: Entry) -> str:
    """What a crowdfunding page shows; "" for what shows none."""
    if entry["funding_raised"] is None and entry["funding_goal"] is None:
        return ""
    unit = {"EUR": "€"}.get(entry["funding_currency"] or "", entry["funding_currency"] or "")
    goal = f" sur {french(entry['funding_goal'], digits=0)}" if entry["funding_goal"] else ""
    donors = f", {counted(entry['funding_donors'], 'don')}" if entry["funding_donors"] else ""
    return f"{french(entry['funding_raised'] or 0, digits=0)}{goal} {unit}{donors}"


def reach(entry: Entry) -> Iterator[tuple[str, str]]:
    """Each public count that the page shows, with its name."""
    for name in COUNTS:
        if entry[name] is not None:
            yield label(name), french(entry[name])


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: 1 contenu, 2 contenus."""
    return f"{french(number)} {one if number < 2 else many or one + 's'}"


def defanged(url: str) -> str:
    """An address that nothing opens by mistake: hxxps://exemple[.]fr/page."""
    host = host_of(url)
    bare = shown(url)
    return bare.replace(host, host.replace(".", "[.]"), 1).replace("http", "hxxp", 1) if host else bare.replace(".", "[.]")


def host_of(url: str) -> str:
    """The host of an address as it is written; "" where there is none."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def value(field: str, entry: Entry) -> Any:
    """A field's value as people read it."""
    found = entry[field]
    return [value_name(field, one) for one in found] if isinstance(found, list) else value_name(field, found) if isinstance(found, str) else found
