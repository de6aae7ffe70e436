"""What a notice says (DSA art. 16), as one frozen record, and the words for what happens to it. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal, get_args

from pydantic import AwareDatetime, Field, StringConstraints

from cases.decisions import MOST_REASON
from core.records import AccessMode, ContentType, Kind, Marker, Qualification, Record, Sha256

# what a provider may do about an item (domain rules, 6.2)
Action = Literal[
    "retire", "desactive", "declasse", "restreint_age", "interaction_restreinte", "etiquete", "demonetise", "compte_suspendu", "compte_ferme",
    "aucune_licite", "aucune_insuffisante", "aucune_autre",
]  # fmt: skip
Ground = Literal["loi", "cgu"]
Scope = Literal["FR", "EU", "monde"]
Measure = Literal["retrait", "blocage_fr", "restriction_age", "declassement", "etiquetage", "demonetisation", "mesure_compte"]
Outcome = Literal["confirmee", "partiellement_revisee", "revisee", "omise"]  # upheld, partially reversed, reversed, omitted
Event = Literal[
    "creee", "modifiee", "signee", "signature_retiree", "envoi_confirme", "envoyee", "accusee", "repondue", "reclamation", "reclamation_decidee",
    "hors_tribunal", "hors_tribunal_decidee", "reapparue", "rappel", "corrigee", "retiree", "auteur_retabli", "close", "note",
]  # fmt: skip
ACTIONS: tuple[Action, ...] = get_args(Action)
NO_ACTION: tuple[Action, ...] = ("aucune_licite", "aucune_insuffisante", "aucune_autre")
MEASURES: tuple[Measure, ...] = get_args(Measure)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
EVENTS: tuple[Event, ...] = get_args(Event)

MOST_ITEMS = 50
LEAST_TOLD = 8  # letters of a reason
MOST_EXPLANATION = 2000  # characters: illegal_content_explanation of the transparency database
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MOST_REASON)]


class Quoted(Record):
    """A passage of an item: ``text == document.text[start:end]``."""

    document_id: str
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(gt=0)]
    text: str
    submarker: str | None = None


class Item(Record):
    """A content item as it was when the notice was drafted: where it is, and what proves it. Facts from the index; never a name."""

    document_id: str
    url: str  # exact, as a person opens it
    platform: str  # host
    platform_id: str | None = None
    kind: Kind
    content_type: tuple[ContentType, ...] = ("TEXT",)
    access_mode: AccessMode
    language: str | None = None
    title: str | None = None
    published_at: AwareDatetime | None = None
    collected_at: AwareDatetime
    author: str | None = None  # pseudonym
    campaign: str | None = None
    reach: dict[str, int] = Field(default_factory=dict)  # views, likes, reposts, replies, followers, donors as shown
    flags: tuple[str, ...] = ()
    content_sha256: Sha256
    text_sha256: Sha256
    record_sha256: Sha256 | None = None  # of the WARC record
    qualification: Qualification  # that stands
    decision_id: str
    decided_at: AwareDatetime
    markers: tuple[Marker, ...]
    submarkers: tuple[str, ...]  # that people found present
    exclusions: tuple[str, ...] = ()  # that a reader ticked


class Element(Record):
    """One element of a legal basis, and what shows it."""

    basis: str  # id of cases/legal
    element: str  # id within it
    says: Words = ""  # why it is met
    quotes: tuple[Quoted, ...] = ()


class Weighed(Record):
    """An exclusion of the taxonomy or of a legal basis that was considered, and why it does not apply."""

    exclusion: str
    why: Words


class Recipient(Record):
    """Who runs a service that cases/platforms does not know: found out by a person, and printed as not checked."""

    provider: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    country: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2)] = ""
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    form_url: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""


class Content(Record):
    """All that a notice says of the content. What people sign is the digest of this."""

    platform: str  # id of cases/platforms
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=MOST_ITEMS)]
    bases: tuple[str, ...] = ()  # ids of cases/legal
    elements: tuple[Element, ...] = ()
    weighed: tuple[Weighed, ...] = ()
    category: str | None = None  # of the transparency database
    keyword: str | None = None
    keyword_other: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""
    explanation: Words = ""  # why it is illegal, in French: 2,000 characters at most
    summary_en: Words = ""
    measure: Measure | None = None  # asked for; the provider decides
    art18: bool | None = None  # suspicion of an offence that threatens life or safety; None: not answered
    art18_why: Words = ""
    victims: Literal["aucune", "masquees"] | None = None  # None: not answered; what identifies a victim is never in a notice
    confidential: bool = True  # asks that the notifier be named only where strictly necessary, art. 17(3)(b)
    automated_detection: bool = True  # a model drew attention to it
    recipient: Recipient | None = None  # for a platform of which no file names the provider

    @property
    def markers(self) -> tuple[Marker, ...]:
        """Of all items, once each."""
        return tuple(dict.fromkeys(marker for item in self.items for marker in item.markers))

    @property
    def submarkers(self) -> tuple[str, ...]:
        """Of all items, once each."""
        return tuple(dict.fromkeys(sign for item in self.items for sign in item.submarkers))


def told(text: str, least: int = LEAST_TOLD) -> bool:
    """Whether a text has so many letters: dots and a single "oui" substantiate nothing."""
    return sum(map(str.isalpha, text)) >= least


def digest_of(content: Record) -> str:
    """SHA-256 of a content in one spelling."""
    said = json.dumps(content.model_dump(mode="json"), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()
