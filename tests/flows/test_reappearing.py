"""The worker looks now and then whether what was removed is online again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases.database import Database
from cases.notice_events import events
from cases.notice_following import ItemOutcome, answer
from cases.notice_sending import mark_sent
from core.settings import Settings
from flows import reappearing
from index.queries import Query
from tests.cases.conftest import NOW, case_settings, database, embedded, postgres_copy, postgres_server, postgres_template, sqlite_template  # noqa: F401
from tests.cases.noticing import SECRET, decided, entry, house, signed
from tests.cases.reading_room import deed


class FakeIndex:
    """Two entries of one campaign; counts how often it is asked."""

    def __init__(self, *entries: dict[str, Any]) -> None:
        self.entries, self.asked = {one["id"]: one for one in entries}, 0

    def get(self, identifier: str) -> dict[str, Any] | None:
        return self.entries.get(identifier)

    def scan(self, query: Query) -> list[dict[str, Any]]:
        self.asked += 1
        return [one for one in self.entries.values() if one["campaign"] in query.terms["campaign"]]

    def close(self) -> None:
        pass


def test_it_is_noted_once_and_looked_for_now_and_then(embedded: Database, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    team, settings = house(embedded), Settings(data_dir=tmp_path)
    again = (NOW + timedelta(days=3)).isoformat()
    first, copy = entry("d1", campaign="c1"), entry("d2", campaign="c1", collected_at=again)
    index = FakeIndex(first, copy)
    monkeypatch.setattr(reappearing, "open_index", lambda _settings: index)
    assert reappearing.look(settings, embedded, every=0) == 0
    assert index.asked == 0, "nothing is watched, nothing is asked"
    made = signed(embedded, team, *decided(embedded, team, first))
    mark_sent(embedded, made.id, channel="courriel", digest=made.digest, actor=team.val, act=deed(at=NOW + timedelta(hours=1)), secret=SECRET)
    removed = ItemOutcome(position=1, action="retire", ground="loi")
    answer(embedded, made.id, outcomes=[removed], actor=team.val, act=deed(at=NOW + timedelta(days=1)))
    assert reappearing.look(settings, embedded) == 0
    assert index.asked == 0, "it was looked less than an hour ago"
    assert reappearing.look(settings, embedded, every=0) == 1
    assert reappearing.look(settings, embedded, every=0) == 0
    assert [one.kind for one in events(embedded, made.id, actor=team.val)][-1] == "reapparue"
