"""Answers under idempotency keys: given once, kept a day, taken over from who died."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from cases.answers import KEPT, LEASE, Answer, BeingAnswered, answer_id, expire, fill, release, reserve
from cases.database import Database
from cases.tables_people import AnswerRow
from core.errors import Invalid
from tests.cases.conftest import NOW

NAME = answer_id("personne", "POST /api/v1/submissions", "une-clef-au-hasard")
ONE, OTHER = "1" * 64, "2" * 64  # requests
SAID = Answer(201, '{"id":"a"}')


def test_the_answer_that_was_given(database: Database) -> None:
    assert reserve(database, NAME, request=ONE, now=NOW) is None
    with pytest.raises(BeingAnswered):
        reserve(database, NAME, request=ONE, now=NOW + LEASE - timedelta(seconds=1))
    fill(database, NAME, SAID)
    assert reserve(database, NAME, request=ONE, now=NOW + LEASE * 2) == SAID
    with pytest.raises(Invalid, match="another request"):
        reserve(database, NAME, request=OTHER, now=NOW)


def test_ids_are_of_person_route_and_key() -> None:
    assert len({NAME, answer_id("autre", "POST /api/v1/submissions", "une-clef-au-hasard"), answer_id("personne", "POST /x", "une-clef-au-hasard"),
                answer_id("personne", "POST /api/v1/submissions", "une-autre-clef")}) == 4  # fmt: skip
    assert len(NAME) == 64  # what an act's id may have


def test_who_died_between_is_followed_after_the_lease(database: Database) -> None:
    reserve(database, NAME, request=ONE, now=NOW)
    assert reserve(database, NAME, request=ONE, now=NOW + LEASE) is None
    with pytest.raises(BeingAnswered):
        reserve(database, NAME, request=ONE, now=NOW + LEASE + timedelta(seconds=1))  # the one who followed has begun


def test_what_failed_may_be_tried_again_at_once(database: Database) -> None:
    reserve(database, NAME, request=ONE, now=NOW)
    release(database, NAME)
    assert reserve(database, NAME, request=OTHER, now=NOW) is None
    fill(database, NAME, SAID)
    release(database, NAME)  # too late: it was answered
    assert reserve(database, NAME, request=OTHER, now=NOW) == SAID


def test_nothing_is_kept_longer_than_a_day(database: Database) -> None:
    reserve(database, NAME, request=ONE, now=NOW)
    fill(database, NAME, SAID)
    assert reserve(database, NAME, request=ONE, now=NOW + KEPT) == SAID
    assert expire(database, now=NOW + KEPT) == 0
    reserve(database, OTHER, request=ONE, now=NOW + KEPT + timedelta(seconds=1))  # any request removes what is old
    with database.reading() as session:
        assert session.scalars(select(AnswerRow.id)).all() == [OTHER]
    assert expire(database, now=NOW + 3 * KEPT) == 1
    fill(database, OTHER, SAID)  # gone meanwhile: harmless


def test_of_many_at_once_one_acts(database: Database) -> None:
    together = threading.Barrier(8)

    def ask(_: int) -> str:
        together.wait()
        try:
            return "acts" if reserve(database, NAME, request=ONE, now=NOW) is None else "given"
        except BeingAnswered:
            return "waits"

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert found.count("acts") == 1
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AnswerRow)) == 1
