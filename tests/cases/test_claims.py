"""Who reads an item now: one person a seat, for a time, and never twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from cases.audit import entries
from cases.claims import claim_held, claims_on, decline, extend, release, seat_for, take, take_next
from cases.database import Database
from cases.decisions import Decided, text_digest
from cases.tables_work import ClaimRow
from core.errors import Conflict
from tests.cases.conftest import NOW
from tests.cases.reading_room import ALONE, TWICE, deed, reads, saying, team

LEASE = timedelta(minutes=20)


def test_an_item_is_one_persons_until_the_lease_ends(database: Database) -> None:
    people = team(database)
    claim = take(database, "d1", actor=people.ana, now=NOW)
    assert (claim.person_id, claim.seat, claim.since, claim.until) == ("ana", "premiere", NOW, NOW + LEASE)
    with pytest.raises(Conflict, match="being read by somebody else"):
        take(database, "d1", actor=people.ben, now=NOW + LEASE - timedelta(seconds=1))
    assert claims_on(database, ["d1", "d2"], now=NOW) == {"d1": claim}
    assert claims_on(database, ["d1"], now=NOW + LEASE) == {}
    assert take(database, "d1", actor=people.ben, now=NOW + LEASE).person_id == "ben"
    assert claim_held(database, "d1", actor=people.ana, now=NOW + LEASE) is None


def test_a_lease_is_renewed_by_asking_again_and_never_shortened(database: Database) -> None:
    people = team(database)
    first = take(database, "d1", actor=people.ana, now=NOW)
    later = extend(database, "d1", actor=people.ana, now=NOW + timedelta(minutes=15))
    assert (later.since, later.until) == (first.since, NOW + timedelta(minutes=35))
    assert take(database, "d1", actor=people.ana, now=NOW).until == later.until
    late = extend(database, "d1", actor=people.ana, now=NOW + timedelta(hours=2))  # nobody came in between
    assert late.until == NOW + timedelta(hours=2) + LEASE


def test_a_lease_that_somebody_else_has_now_is_not_renewed(database: Database) -> None:
    people = team(database)
    take(database, "d1", actor=people.ana, now=NOW)
    take(database, "d1", actor=people.ben, now=NOW + LEASE)
    with pytest.raises(Conflict, match="not yours"):
        extend(database, "d1", actor=people.ana, now=NOW + LEASE)
    release(database, "d1", actor=people.ana)
    assert claims_on(database, ["d1"], now=NOW + LEASE)["d1"].person_id == "ben"


def test_the_next_item_is_the_first_that_this_person_may_read(database: Database) -> None:
    people = team(database)
    take(database, "d1", actor=people.ben, now=NOW)
    reads(database, people.cleo, "d2")
    reads(database, people.ana, "d3", policy=TWICE)
    assert (found := take_next(database, ["d1", "d2", "d3", "d4"], actor=people.ana, now=NOW, policy=ALONE))
    assert found.document_id == "d4"
    found = take_next(database, iter(["d1", "d2", "d3", "d4"]), actor=people.cleo, now=NOW, policy=ALONE)
    assert found
    assert (found.document_id, found.seat) == ("d3", "seconde")
    assert take_next(database, ["d1", "d2", "d3"], actor=people.ana, now=NOW, policy=ALONE) is None


def test_many_items_are_looked_at_in_their_order(database: Database) -> None:
    people = team(database)
    names = [f"n{number:03}" for number in range(120)]
    with database.writing() as session:
        session.add_all(ClaimRow(document_id=name, person_id="ben", seat="premiere", since=NOW, until=NOW + LEASE) for name in names[:110])
    found = take_next(database, names, actor=people.ana, now=NOW, policy=ALONE)
    assert found
    assert found.document_id == "n110"


def test_what_a_person_would_rather_not_read_goes_to_others_and_leaves_no_trace(database: Database) -> None:
    people = team(database)
    take(database, "d1", actor=people.ana, now=NOW)
    decline(database, "d1", actor=people.ana)
    decline(database, "d1", actor=people.ana)
    assert take_next(database, ["d1", "d2"], actor=people.ana, now=NOW, policy=ALONE).document_id == "d2"  # type: ignore[union-attr]
    assert take_next(database, ["d1"], actor=people.ana, now=NOW + timedelta(days=99), policy=ALONE) is None
    assert take_next(database, ["d1"], actor=people.ben, now=NOW, policy=ALONE).person_id == "ben"  # type: ignore[union-attr]
    assert entries(database) == ()
    assert set(claims_on(database, ["d1"], now=NOW)) == {"d1"}


def test_who_changes_their_mind_may_read_it_after_all(database: Database) -> None:
    people = team(database)
    decline(database, "d1", actor=people.ana)
    assert take(database, "d1", actor=people.ana, now=NOW).seat == "premiere"
    release(database, "d1", actor=people.ana)
    assert take_next(database, ["d1"], actor=people.ana, now=NOW, policy=ALONE)


def test_nobody_reads_a_text_twice(database: Database) -> None:
    people = team(database)
    reads(database, people.ana, policy=TWICE)
    assert seat_for(database, "d1", actor=people.ana) is None
    with pytest.raises(Conflict, match="have read d1 already"):
        take(database, "d1", actor=people.ana, now=NOW)
    assert seat_for(database, "d1", actor=people.ben) == "seconde"
    other = text_digest(None, "Un autre texte.")
    assert seat_for(database, "d1", actor=people.ana, text=other) == "premiere"


def test_a_decided_item_is_read_no_more_until_its_text_changes(database: Database) -> None:
    people = team(database)
    reads(database, people.ana)
    with pytest.raises(Conflict, match="is decided"):
        take(database, "d1", actor=people.ben, now=NOW)
    assert take(database, "d1", actor=people.ben, now=NOW, text=text_digest(None, "Un autre texte.")).seat == "premiere"


def test_two_people_read_one_item_at_once_when_they_ask_to(database: Database) -> None:
    people = team(database)
    take(database, "d1", actor=people.ana, now=NOW)
    assert take(database, "d1", actor=people.ben, now=NOW, also=True).seat == "seconde"
    with pytest.raises(Conflict):
        take(database, "d1", actor=people.cleo, now=NOW, also=True)
    assert reads(database, people.ana).state == "seconde_lecture"  # the one beside is waited for
    done = reads(database, people.ben)
    assert (done.state, [row.decided_by for row in done.decided]) == ("decide", ["Ana, Ben"])


def test_the_one_who_was_asked_beside_may_be_first(database: Database) -> None:
    people = team(database)
    take(database, "d1", actor=people.ana, now=NOW)
    take(database, "d1", actor=people.ben, now=NOW, also=True)
    assert reads(database, people.ben).state == "seconde_lecture"
    assert seat_for(database, "d1", actor=people.cleo, now=NOW) is None  # ana reads it
    assert reads(database, people.ana).state == "decide"


def test_a_second_look_may_be_asked_for_after_one_person_decided(database: Database) -> None:
    people = team(database)
    reads(database, people.ana)
    assert take(database, "d1", actor=people.ben, now=NOW, also=True).seat == "seconde"
    done = reads(database, people.ben, said=saying("licite_preoccupant", "C1"))
    assert (done.state, done.decided) == ("arbitrage", ())
    assert seat_for(database, "d1", actor=people.val, now=NOW) == "arbitrage"
    assert seat_for(database, "d1", actor=people.cleo, now=NOW, also=True) is None


def test_what_was_decided_outside_the_console_takes_no_second_look(embedded: Database, decided: Callable[..., Decided]) -> None:
    people = team(embedded)
    decided("d1")
    assert seat_for(embedded, "d1", actor=people.ana, also=True) is None


def test_a_claim_ends_with_the_reading(database: Database) -> None:
    people = team(database)
    take(database, "d1", actor=people.ana, now=NOW)
    reads(database, people.ana, act=deed(at=NOW), policy=TWICE)
    assert claims_on(database, ["d1"], now=NOW) == {}
