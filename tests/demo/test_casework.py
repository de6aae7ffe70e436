"""What the demonstration's people do after the decisions: all the way to an answer, once, however often it is run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from sqlalchemy import func, select

from cases import accounts, bundles, dossiers, duties, notices
from cases.accounts import Person
from cases.database import Database, open_database
from cases.decisions import Act
from cases.tables_people import AuditRow
from core.settings import Settings
from demo import people, work
from index.open import open_index
from index.protocol import Index
from tests.e2e.seeds import entry_of


class Place(NamedTuple):
    settings: Settings
    database: Database
    index: Index
    people: dict[str, Person]


@pytest.fixture
def place(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """The demonstration's people, and its pages with little more than the words that they quote."""
    monkeypatch.setattr(people, "FOLDER", settings.data_dir)
    monkeypatch.setattr(accounts, "hash_password", lambda _: "")  # slow by design
    with closing(open_database(settings)) as database, closing(open_index(settings)) as index:
        for number, page in enumerate(work.PAGES):
            item = {
                "url": work.address_of(page), "kind": "post", "platform": "127.0.0.1", "text": f"{page.quote} Suite {number}.",
                "scores": {"abandon_soins": 0.9, "gourou": 0.1, "complotisme": 0.1}, "flags": [["T7", page.quote, None]] if "117636" in page.path else [],
            }  # fmt: skip
            index.write([entry_of(item, at=datetime.now(UTC) - timedelta(days=20 + number))])
        yield Place(settings, database, index, people.add_accounts(settings, database))


def worked(place: Place) -> None:
    for page in work.PAGES:
        work._read(place.index, place.database, place.people, page)
    work._pursue(place.settings, place.index, place.database, place.people)


def test_a_notice_is_answered_another_waits_and_nothing_is_done_twice(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    karim = work.actor_of(place.people["karim@demo.example"])
    counts = []
    for _ in range(2):
        worked(place)
        done, begun = sorted(notices.listed(place.database, actor=karim), key=lambda one: one.sent_at is None)
        assert (done.state, {item.action for item in done.items}, len(done.signed)) == ("repondue", {"retire", "aucune_insuffisante"}, 2)
        assert begun.state == "brouillon"
        assert notices.problems(place.database, begun)
        dossier = dossiers.listed(place.database, actor=karim)[0]
        assert dossiers.problems(place.database, dossier)
        assert len(duties.unanswered(place.database)) == 1
        assert len(bundles.of_subject(place.database, "notice", done.id)) == 1
        with place.database.reading() as session:
            counts.append(session.scalar(select(func.count()).select_from(AuditRow)))
    assert counts[0] == counts[1]
    assert "demo.work" not in capsys.readouterr().out  # nobody changed anything meanwhile


def test_what_somebody_changed_since_stays(place: Place) -> None:
    worked(place)
    karim = work.actor_of(place.people["karim@demo.example"])
    begun = next(one for one in notices.listed(place.database, actor=karim) if one.sent_at is None)
    notices.change(place.database, begun.id, {"explanation": "À moi."}, version=begun.version, actor=karim, act=Act(id="un-visiteur"))
    worked(place)
    now = notices.find(place.database, begun.id, actor=karim)
    assert now.content
    assert now.content.explanation == "À moi."
