"""A register of invented notices, past the product's rules but through the database's own guards: for measures, notebooks and tests of reports.

Nothing here has a content: no address, no text. ``fill`` gives the organisation's id.
"""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, update

from cases.notice import ACTIONS, NO_ACTION, OUTCOMES
from cases.tables_notices import ComplaintRow, NoticeEventRow, NoticeItemRow, NoticeRow, SignatureRow
from cases.tables_people import OrganisationRow, PersonRow

if TYPE_CHECKING:
    from cases.database import Database

BEGIN = datetime(2025, 1, 2, 9, tzinfo=UTC)
PART = 1000
PLATFORMS = ("bluesky", "mastodon", "youtube", "facebook", "tiktok", "telegram", "autre")
PROVIDERS = {"mastodon": ("entraide.example", "jardin.example"), "autre": ("#a00000", "Hébergement inventé SAS", "#b00000")}
CODES = (
    ("STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY", "KEYWORD_RISK_PUBLIC_HEALTH", "abandon_soins"),
    ("STATEMENT_CATEGORY_SCAMS_AND_FRAUD", "KEYWORD_OTHER", "gourou"),
    ("STATEMENT_CATEGORY_CONSUMER_INFORMATION", "KEYWORD_MISLEADING_INFO_GOODS_SERVICES", "abandon_soins"),
    (None, None, "gourou"),
)
Rows = list[dict[str, Any]]


def fill(database: Database, *, notices: int, seed: int = 7, name: str = "Association inventée", profile: dict[str, Any] | None = None) -> str:
    """Send this many notices over a year, about two items each, and answer most of them. The same seed gives the same register."""
    rng = random.Random(seed)
    house, people = uuid.UUID(int=rng.getrandbits(128)).hex, [uuid.UUID(int=rng.getrandbits(128)).hex for _ in range(2)]
    with database.writing() as session:
        session.add(OrganisationRow(id=house, name=name, capacity="aide_aux_victimes", quota=50, profile=profile, created_at=BEGIN))
        session.flush()
        session.add_all(
            PersonRow(id=one, organisation_id=house, login=f"{one}@essai.example", name=f"Essai {number}", roles=["valide"], preferences={},
                      created_at=BEGIN) for number, one in enumerate(people)
        )  # fmt: skip
    for first in range(0, notices, PART):
        _write(database, [_notice(rng, house, people[0], first + number, notices) for number in range(min(PART, notices - first))], people, rng)
    return house


def _notice(rng: random.Random, house: str, person: str, number: int, total: int) -> dict[str, Any]:
    category, keyword, marker = rng.choice(CODES)
    sent = BEGIN + timedelta(seconds=number * 360 * 86_400 // max(total, 1))
    took = [timedelta(hours=round(rng.expovariate(1 / mean), 3)) for mean in (6, 60, 12)]
    silent, mute = rng.random() < 0.15, rng.random() < 0.1
    decided = None if silent or mute else sent + took[0] + took[1]
    return {
        "id": uuid.UUID(int=rng.getrandbits(128)).hex, "organisation_id": house, "created_by": person, "created_at": sent - timedelta(days=1),
        "digest": "0" * 64, "platform": rng.choice(PLATFORMS), "items": rng.choice((1, 1, 2, 5)), "category": category, "keyword": keyword,
        "markers": [marker], "source_type": "SOURCE_ARTICLE_16", "sent_at": sent, "acknowledged_at": None if silent else sent + took[0],
        "decided_at": decided, "acted_at": None, "redress_given": None if decided is None else rng.random() < 0.7,
        "automated": None if decided is None else rng.choice((None, True, False)),
        "overturned_at": decided + timedelta(days=9) if decided and rng.random() < 0.02 else None,
    }  # fmt: skip


def _write(database: Database, made: Rows, people: list[str], rng: random.Random) -> None:
    items = [_item(rng, one, position) for one in made for position in range(1, one["items"] + 1)]
    acted = {item["notice_id"] for item in items if item["action"] and item["action"] not in NO_ACTION}
    for one in made:
        one["acted_at"] = one["decided_at"] + timedelta(hours=2) if one["id"] in acted else None
    for number, one in enumerate(made):
        labels = PROVIDERS.get(one["platform"], ("",))
        one["provider"] = labels[number % len(labels)]
    drafts = [{**one, "state": "brouillon", "version": 1, "content": None, "bases": [], "channel": None, "reference": None, "closed_at": None,
               "sent_by": None, **dict.fromkeys(LATER)} for one in made]  # fmt: skip
    signatures = [
        {"id": uuid.UUID(int=rng.getrandbits(128)).hex, "subject_kind": "notice", "subject_id": one["id"], "version": 1, "digest": one["digest"],
         "person_id": person, "gates": [], "statement": "essai", "interests": "aucun", "at": one["created_at"], "seal": "0" * 64,
         "withdrawn_at": None}
        for one in made for person in people
    ]  # fmt: skip
    with database.writing() as session:
        session.execute(insert(NoticeRow), drafts)
        session.execute(insert(NoticeItemRow), items)
        session.execute(insert(SignatureRow), signatures)
        notices, named = NoticeRow.__table__, NoticeRow.__table__.c.id == bindparam("b_id")
        session.connection().execute(update(notices).where(named).values(state="signee"), [{"b_id": one["id"]} for one in made])  # type: ignore[arg-type]
        sent = [{"b_id": one["id"], "sent_by": people[0], "state": "envoyee", **{key: one[key] for key in LATER}} for one in made]
        session.connection().execute(update(notices).where(named), sent)  # type: ignore[arg-type]
        if events := _events(rng, made, people[0]):
            session.execute(insert(NoticeEventRow), events)
        if complaints := _complaints(rng, made, people[0]):
            session.execute(insert(ComplaintRow), complaints)


LATER = ("sent_at", "acknowledged_at", "decided_at", "acted_at", "redress_given", "automated", "overturned_at")


def _item(rng: random.Random, one: dict[str, Any], position: int) -> dict[str, Any]:
    action = rng.choice(ACTIONS) if one["decided_at"] and rng.random() < 0.95 else None
    scope = rng.choice(("FR", "EU", "monde")) if action == "desactive" else None
    return {"notice_id": one["id"], "position": position, "document_id": f"{rng.randrange(10**6):032x}", "campaign": None, "action": action,
            "ground": rng.choice(("loi", "cgu")) if action and action not in NO_ACTION else None, "scope": scope, "until": None}  # fmt: skip


def _events(rng: random.Random, made: Rows, person: str) -> Rows:
    return [
        {"act": uuid.UUID(int=rng.getrandbits(128)).hex, "notice_id": one["id"], "kind": rng.choice(("retiree", "corrigee")), "at": one["sent_at"],
         "noted_at": one["sent_at"], "by": person, "data": {}, "words": None} for one in made if rng.random() < 0.02
    ]  # fmt: skip


def _complaints(rng: random.Random, made: Rows, person: str) -> Rows:
    found = []
    for one in made:
        if one["decided_at"] and rng.random() < 0.05:
            filed, over = one["decided_at"] + timedelta(days=3), rng.random() < 0.7
            found.append({
                "id": uuid.UUID(int=rng.getrandbits(128)).hex, "notice_id": one["id"], "kind": rng.choice(("interne", "hors_tribunal")), "body": None,
                "text": None, "filed_at": filed, "filed_by": person, "received_at": None, "outcome": rng.choice(OUTCOMES) if over else None,
                "decided_at": filed + timedelta(days=rng.randrange(1, 80)) if over else None,
            })  # fmt: skip
    return found
