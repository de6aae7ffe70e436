"""People who read, and short ways to read: for the tests of everything that readings do."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from cases.checking import Quote, Reading
from cases.database import Database
from cases.decisions import Act, Item, text_digest
from cases.people import Actor, Role
from cases.policy import Policy, load_policy
from cases.readings import Settled, read
from cases.tables_people import OrganisationRow, PersonRow
from tests.cases.conftest import NOW

TEXT = "Arrêtez la chimio, ma cure suffit. Ne suivez que moi. Coupez avec votre famille."
SIGNS = {"A1": "Arrêtez la chimio", "B2": "Ne suivez que moi", "B3": "Coupez avec votre famille", "C1": "ma cure suffit"}
ALONE = load_policy().model_copy(update={"second_reading_share": 0.0, "golden_every": 0})  # one reading decides, but for what leaves
TWICE = ALONE.model_copy(update={"second_reading_share": 1.0})


class Team(NamedTuple):
    """People of one organisation."""

    ana: Actor  # analyse
    ben: Actor  # analyse
    cleo: Actor  # analyse
    val: Actor  # valide
    zoe: Actor  # analyse and valide


def team(database: Database) -> Team:
    roles: dict[str, tuple[Role, ...]] = {
        "ana": ("analyse",), "ben": ("analyse",), "cleo": ("analyse",), "val": ("valide",), "zoe": ("analyse", "valide"),
    }  # fmt: skip
    return Team(*(person(database, name, *found) for name, found in roles.items()))


def person(database: Database, name: str, *roles: Role) -> Actor:
    """A person of the house, written without the ceremony of accounts."""
    with database.writing() as session:
        if session.get(OrganisationRow, "maison") is None:
            session.add(OrganisationRow(id="maison", name="Maison", capacity="aucune", quota=50, created_at=NOW))
            session.flush()
        session.add(PersonRow(id=name, organisation_id="maison", login=f"{name}@maison.example", name=name.title(), roles=list(roles), preferences={},
                              created_at=NOW))  # fmt: skip
    return Actor(id=name, organisation_id="maison", name=name.title(), roles=roles)


def thing(name: str = "d1", *, text: str = TEXT, **fields: object) -> Item:
    """An item whose text is TEXT."""
    said = {
        "document_id": name,
        "content_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "text_sha256": text_digest(None, text),
        "lane": "signale",
    }
    return Item.model_validate({**said, **fields})


def quote(sign: str, *, text: str = TEXT) -> Quote:
    words = SIGNS[sign]
    start = text.index(words)
    return Quote(start=start, end=start + len(words), text=words, submarker=sign)


def saying(qualification: str = "hors_champ", *signs: str, markers: Sequence[str] | None = None, **fields: object) -> Reading:
    """A reading that finds these signs, each quoted, and confirms their markers."""
    letters = {"A": "abandon_soins", "B": "gourou", "C": "complotisme"}
    found = tuple(dict.fromkeys(letters[sign[0]] for sign in signs)) if markers is None else markers
    return Reading.model_validate({
        "qualification": qualification, "markers": found, "submarkers": dict.fromkeys(signs, "present"), "quotes": [quote(sign) for sign in signs],
        "reason": "Lu en entier.", "taxonomy": "essai", **fields,
    })  # fmt: skip


def deed(name: str = "", at: datetime = NOW) -> Act:
    """An act; without a name, another one each time."""
    import uuid

    return Act(id=f"acte-numero-{name}" if name else uuid.uuid4().hex, at=at)


def reads(
    database: Database, actor: Actor, name: str | Item = "d1", said: Reading | None = None, *, act: Act | None = None, policy: Policy = ALONE,
    texts: Mapping[str, str] | None = None, **options: object,
) -> Settled:  # fmt: skip
    """This person reads this item."""
    item = thing(name) if isinstance(name, str) else name
    return read(database, [item], said or saying(), actor=actor, act=act or deed(), texts=texts or {item.document_id: TEXT}, policy=policy, **options)  # type: ignore[arg-type]
