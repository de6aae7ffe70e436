"""What the console leaves for the worker is done in passing, and the doctor names what people must do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from cases import answers
from cases.tables_work import UrgencyRow
from core import logs
from core.errors import ConfigError
from flows.checks import _cases
from flows.tending import tend
from tests.flows.test_wishes import HOST, Scene, scene  # noqa: F401 - a fixture


def urgency(scene: Scene) -> None:  # noqa: F811
    at = datetime.now(UTC) - timedelta(days=1)
    with scene.database.writing() as session:
        session.add(
            UrgencyRow(id="u" * 32, document_id="contenu", opened_by=scene.anne.id, opened_at=at, due_at=at + timedelta(minutes=30), called=[])
        )


def test_wishes_are_counted_late_urgencies_told_and_old_answers_removed(scene: Scene) -> None:  # noqa: F811
    asked = scene.ask(platform=HOST, account="verveine")
    answers.reserve(scene.database, "a" * 64, request="b" * 64, now=datetime.now(UTC) - timedelta(days=3))
    urgency(scene)
    logs.configure(level="INFO")  # another test may have asked for errors alone
    with capture_logs() as said:
        tend(scene.settings, scene.database)
    assert scene.state(asked).covered == 2
    assert [one["urgency"] for one in said if one["event"] == "urgency_overdue"] == ["u" * 32]
    assert answers.expire(scene.database) == 0


def test_the_doctor_names_an_urgency_that_is_late(scene: Scene) -> None:  # noqa: F811
    assert "is whole" in _cases(scene.settings)
    urgency(scene)
    with pytest.raises(ConfigError, match="1 urgencies are open past their time"):
        _cases(scene.settings)


def test_the_doctor_names_a_trail_that_was_changed(scene: Scene) -> None:  # noqa: F811
    with scene.database.writing() as session:
        session.execute(text("DROP TRIGGER audit_stays_update"))
        session.execute(text("UPDATE audit SET actor = 'personne' WHERE number = 1"))
    with pytest.raises(ConfigError, match="the audit trail is broken: entry 1"):
        _cases(scene.settings)
