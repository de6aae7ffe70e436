"""What the tests of submissions share: submissions brought to a state without a worker, and decisions on what they name."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta

from cases import submissions
from cases.accounts import Person
from cases.decisions import Act, Choice, Item, decide
from cases.people import Actor
from cases.submissions import Submission, move
from cases.tables_work import SubmissionRow
from tests.web.conftest import House
from web.console import Console
from web.progress import PATH

TAXONOMY = "0b368a073ddd"


def actor_of(person: Person) -> Actor:
    return Actor(id=person.id, organisation_id=person.organisation_id, name=person.name, roles=person.roles)


def submitted(
    house: House, url: str, state: str = "recue", *, by: str = "soumet", reason: str | None = None, ago: float = 0, note: str = ""
) -> Submission:
    """A submission that came to a state, one second a step, ``ago`` seconds ago."""
    start = datetime.now(UTC) - timedelta(seconds=ago)
    made = submissions.submit_url(house.database, url, note=note, actor=actor_of(house.people[by]), now=start)
    way = PATH[1 : PATH.index(state) + 1] if state in PATH else ("en_cours", state)
    with house.database.writing() as session:
        row = session.get(SubmissionRow, made.id)
        assert row
        if row.state != state:
            for number, step in enumerate(way, 1):
                move(session, row, step, at=start + timedelta(seconds=number), reason=reason if step == "ecartee" else None)  # type: ignore[arg-type]
    return submissions.find(house.database, made.id, organisation_id=None)


def decided(
    house: House, document_id: str, qualification: str = "hors_champ", *, reason: str = "Une recette, sans rapport.", **options: object
) -> str:
    """Decide on a document; the id of the act."""
    act = uuid.uuid4().hex
    choice = Choice(qualification=qualification, reason=reason, by="AB", taxonomy=TAXONOMY, **options)  # type: ignore[arg-type]
    decide(house.database, [Item(document_id=document_id, content_sha256="0" * 64, text_sha256="1" * 64)], choice, act=Act(id=act))
    return act


def words(html: str) -> str:
    """What a page says, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).replace("&nbsp;", " ").split())


def console_of_house(house: House) -> Console:
    found: Console = house.app.state.console
    return found
