"""A house in which contents were read alike by two people, and drafts of notices with all their reasons: for the tests of their pages and their API."""

from __future__ import annotations

import uuid
from typing import Any, NamedTuple

from cases import informing, notices, profiles, signing
from cases.deciding import entries_named, item_of, show
from cases.decisions import Act
from cases.legal import load_legal
from cases.notice_rules import to_weigh
from cases.notices import Notice
from cases.people import Actor
from cases.profiles import Profile
from cases.readings import read
from index.harm import sounded
from tests.cases.reading_room import ALONE, saying
from tests.web.conftest import House

TEXT = "Arrêtez la chimio dès demain. Buvez le chlore chaque matin. Ne suivez que moi."
SIGNS = {
    "A1": "Arrêtez la chimio dès demain.",
    "A6": "Buvez le chlore chaque matin.",
    "B2": "Ne suivez que moi.",
    "C1": "Buvez le chlore chaque matin.",
}
WORDS = "Le contenu présente comme un soin une pratique qui expose à un risque immédiat de mort, et pousse des malades à l'adopter dès demain."


def actor_of(house: House, name: str) -> Actor:
    """This person."""
    one = house.people[name]
    return Actor(id=one.id, organisation_id=one.organisation_id, name=one.name, roles=one.roles)


def act() -> Act:
    return Act(id=uuid.uuid4().hex)


def with_profile(house: House) -> None:
    """The organisation says who it is."""
    profiles.set_profile(
        house.database, house.own.id, Profile(email="contact@maison.example", legal_form="Association"), actor=actor_of(house, "droit")
    )


def two_readings(
    house: House, name: str, *signs: str, qualification: str = "illicite_presume", people: tuple[str, ...] = ("analyse", "valide")
) -> None:
    """These people read the item alike; the index shows it."""
    console = house.app.state.console
    entry = entries_named(console.index, [name])[0]
    quotes = [{"start": entry["text"].index(SIGNS[sign]), "end": entry["text"].index(SIGNS[sign]) + len(SIGNS[sign]), "text": SIGNS[sign], "submarker": sign}
              for sign in signs]  # fmt: skip
    letters = {"A": "abandon_soins", "B": "gourou", "C": "complotisme"}
    markers = tuple(dict.fromkeys(letters[sign[0]] for sign in signs))
    said = saying(qualification, markers=markers, quotes=quotes, submarkers=dict.fromkeys(signs, "present"))
    for one in people:
        read(house.database, [item_of(entry, drawn=sounded)], said, actor=actor_of(house, one), act=act(), texts={name: entry["text"]}, policy=ALONE)
    show(console.index, house.database, [name])


class Written(NamedTuple):
    """A draft, as it stands."""

    id: str
    version: int
    digest: str


def reasons(notice: Notice, **fields: Any) -> dict[str, Any]:
    """Changes that fill everything in."""
    assert notice.content
    return {
        "explanation": WORDS, "measure": "retrait", "art18": False, "victims": "aucune",
        "recipient": {"provider": "Vidéo exemple SAS", "country": "FR", "email": "contact@video.example"},
        "elements": [{**one.model_dump(mode="json"), "says": "Le passage cité le montre."} for one in notice.content.elements],
        "weighed": [{"exclusion": name, "why": "Rien de tel ici."} for name in to_weigh(notice.content, load_legal())], **fields,
    }  # fmt: skip


def drafted(house: House, name: str, by: str = "valide") -> Notice:
    """A draft on one item, without its reasons."""
    entries = entries_named(house.app.state.console.index, [name])
    return notices.draft(house.database, entries, actor=actor_of(house, by), act=act())


def complete(house: House, name: str, by: str = "valide", **fields: Any) -> Notice:
    """A draft of which nothing is missing."""
    with_profile(house)
    made = drafted(house, name, by)
    return notices.change(house.database, made.id, reasons(made, **fields), version=made.version, actor=actor_of(house, by), act=act())


def sign(house: House, notice: Notice, by: str, *gates: str) -> None:
    """This person signs what stands."""
    signing.sign(
        house.database, "notice", notice.id, digest=notice.digest, statement=signing.STATEMENT, interests="aucun", gates=gates, actor=actor_of(house, by),
        act=act(), secret=house.app.state.console.secret,
    )  # fmt: skip


def chosen(house: House, notice: Notice, by: str = "valide") -> None:
    """Art. 14 of the GDPR: why nobody is informed yet."""
    why = "Informer ferait disparaître les preuves."
    informing.choose(house.database, "notice", notice.id, choice="exception_14_5_b", reason=why, actor=actor_of(house, by), act=act().id)


def signed(house: House, name: str, *, informed: bool = True) -> Notice:
    """A notice that two people have signed; ``informed``: it is noted why nobody was told yet, so that it may leave."""
    made = complete(house, name)
    sign(house, made, "valide")
    sign(house, made, "sante", "sante")
    if informed:
        chosen(house, made)
    return notices.find(house.database, made.id, actor=actor_of(house, "valide"))
