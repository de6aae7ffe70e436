"""Short ways to a notice: a house with its people, items that two of them read alike, a draft with all its reasons. For every test of notices."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from cases import informing
from cases.database import Database
from cases.decisions import Item, text_digest
from cases.notice_records import Notice
from cases.notices import change, draft, problems
from cases.people import Actor
from cases.profiles import Profile, set_profile
from cases.signing import STATEMENT, sign
from tests.cases.conftest import NOW
from tests.cases.reading_room import deed, person, reads, saying

SECRET = b"s" * 32
# each passage shows the sign of that name
SIGNS = {
    "A1": "Arrêtez la chimio dès demain.", "A5": "Mon protocole guérit le cancer.", "A6": "Buvez le chlore chaque matin.",
    "B1": "Vous ne savez plus penser seuls.", "B2": "Ne suivez que moi.", "B3": "Coupez avec votre famille.", "B8": "Je suis médecin.",
    "C1": "On vous cache tout.", "C5": "Il habite ici.",
}  # fmt: skip
WHY = "Informer ferait disparaître les preuves."
WORDS = "Le contenu présente comme un soin une pratique qui expose à un risque immédiat de mort, et pousse des malades à l'adopter dès demain."


class House(NamedTuple):
    """Two who read, one who decides between them, a doctor, a lawyer; somebody of another house."""

    ana: Actor  # analyse
    ben: Actor  # analyse
    val: Actor  # valide
    doc: Actor  # sante
    lou: Actor  # droit
    far: Actor  # valide, elsewhere


def house(database: Database, *, profile: bool = True) -> House:
    """People of the organisation ``maison``, with a complete profile."""
    from cases.tables_people import OrganisationRow, PersonRow

    people = [person(database, name, *roles) for name, roles in
              (("ana", ("analyse",)), ("ben", ("analyse",)), ("val", ("valide",)), ("doc", ("sante",)), ("lou", ("droit",)))]  # type: ignore[arg-type]  # fmt: skip
    with database.writing() as session:
        session.add(OrganisationRow(id="ailleurs", name="Ailleurs", capacity="aucune", quota=50, created_at=NOW))
        session.flush()
        session.add(PersonRow(id="far", organisation_id="ailleurs", login="far@ailleurs.example", name="Far", roles=["valide", "droit"], preferences={},
                              created_at=NOW))  # fmt: skip
    if profile:
        set_profile(database, "maison", Profile(email="contact@maison.example", legal_form="association"), actor=people[4])
    return House(*people, Actor(id="far", organisation_id="ailleurs", name="Far", roles=("valide", "droit")))


def entry(name: str = "d1", *signs: str, days: int = 0, host: str = "video.example", text: str | None = None, **fields: Any) -> dict[str, Any]:
    """What an index says of an item that shows these signs."""
    said = text if text is not None else " ".join(SIGNS[sign] for sign in signs or ("A6",)) + f" ({name})"
    return {
        "id": name, "url": f"https://{host}/page/{name}", "platform": host, "platform_id": name, "kind": "post", "content_type": ["TEXT"],
        "access_mode": "open", "language": "fr", "title": "Un titre", "text": said, "published_at": (NOW - timedelta(days=30 - days)).isoformat(),
        "collected_at": (NOW - timedelta(days=10)).isoformat(), "author": "p-" + "0" * 24, "campaign": None, "views": 1200, "likes": 3, "reposts": None,
        "replies": None, "followers": None, "funding_donors": None, "flags": [], "content_sha256": hashlib.sha256(said.encode()).hexdigest(),
        "warc": None, "markers": ["abandon_soins"], "alerts": [], "lane": "signale", **fields,
    }  # fmt: skip


def item_of(one: dict[str, Any]) -> Item:
    """The item that people read."""
    return Item(document_id=one["id"], content_sha256=one["content_sha256"], text_sha256=text_digest(one["title"], one["text"]), lane="signale")


def read_by(
    database: Database, people: Sequence[Actor], one: dict[str, Any], *signs: str, qualification: str = "illicite_presume", **fields: Any
) -> None:
    """Each of these people reads the item so."""
    text, found = one["text"], signs or ("A6",)
    quotes = [{"start": text.index(SIGNS[sign]), "end": text.index(SIGNS[sign]) + len(SIGNS[sign]), "text": SIGNS[sign], "submarker": sign}
              for sign in found]  # fmt: skip
    letters = {"A": "abandon_soins", "B": "gourou", "C": "complotisme"}
    said = {"markers": tuple(dict.fromkeys(letters[sign[0]] for sign in found)), "quotes": quotes, "submarkers": dict.fromkeys(found, "present")}
    reading = saying(qualification, **{**said, **fields})
    for who in people:
        reads(database, who, item_of(one), reading, texts={one["id"]: text})


def decided(database: Database, team: House, *entries: dict[str, Any], signs: Sequence[str] = ("A6",), **fields: Any) -> list[dict[str, Any]]:
    """Items that Ana and Ben read alike."""
    for one in entries:
        read_by(database, (team.ana, team.ben), one, *signs, **fields)
    return list(entries)


def complete(notice: Notice) -> dict[str, Any]:
    """Changes that fill all reasons in."""
    if notice.content is None:
        raise ValueError("no content")
    content = notice.content
    from cases.legal import load_legal
    from cases.notice_rules import to_weigh

    return {
        "explanation": WORDS, "measure": "retrait", "art18": False, "victims": "aucune",
        "recipient": {"provider": "Vidéo exemple SAS", "country": "FR", "email": "contact@video.example"},
        "elements": [{**one.model_dump(mode="json"), "says": "Le passage cité le montre."} for one in content.elements],
        "weighed": [{"exclusion": name, "why": "Rien de tel ici."} for name in to_weigh(content, load_legal())],
    }  # fmt: skip


def drafted(database: Database, team: House, *entries: dict[str, Any], **changes: Any) -> Notice:
    """A draft with all its reasons, by Val; ``changes`` over them."""
    made = draft(database, list(entries) or decided(database, team, entry()), actor=team.val, act=deed())
    return change(database, made.id, {**complete(made), **changes}, version=made.version, actor=team.val, act=deed())


def signs(database: Database, notice: Notice, who: Actor, *gates: str, at: datetime | None = None, **fields: Any) -> None:
    """This person signs what stands."""
    said: dict[str, Any] = {"digest": notice.digest, "statement": STATEMENT, "interests": "aucun", **fields}
    sign(database, "notice", notice.id, gates=gates, actor=who, act=deed(at=at) if at else deed(), secret=SECRET, **said)


def signed(database: Database, team: House, *entries: dict[str, Any], informed: bool = True, **changes: Any) -> Notice:
    """A notice that Val and the doctor have signed; ``informed``: it is noted why nobody was told yet, so that it may leave."""
    from cases.notices import find

    made = drafted(database, team, *entries, **changes)
    signs(database, made, team.val)
    signs(database, made, team.doc, "sante")
    if informed:
        chosen(database, made, team.val)
    return find(database, made.id, actor=team.val)


def chosen(database: Database, notice: Notice, who: Actor, **fields: Any) -> None:
    """Art. 14 of the GDPR: a choice."""
    said: dict[str, Any] = {"choice": "exception_14_5_b", "reason": WHY, "act": deed().id, "now": NOW, **fields}
    informing.choose(database, "notice", notice.id, actor=who, **said)


def codes(database: Database, notice: Notice) -> set[str]:
    """The codes of what is missing."""
    return {one.code for one in problems(database, notice)}
