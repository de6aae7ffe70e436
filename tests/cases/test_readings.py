"""A reading is kept with its quotes, decides alone or waits for a second one, and is all there or not at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from cases.audit import entries, verify
from cases.claims import take
from cases.database import Database
from cases.decisions import decide, history, standing, text_digest
from cases.readings import hidden_from, read, reviews, seen_by
from cases.seats import lot
from cases.tables_work import ReviewRow
from cases.urgencies import open_ones
from core.errors import Conflict, Invalid
from tests.cases.conftest import NOW, act, choice
from tests.cases.reading_room import ALONE, TEXT, TWICE, deed, person, quote, reads, saying, team, thing

COPY = "Voici : Arrêtez la chimio, ma cure suffit."


def kept(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(ReviewRow)) or 0


def test_one_reading_decides_where_no_second_is_due(database: Database) -> None:
    people = team(database)
    said = saying("licite_preoccupant", "B2", "B3")
    done = reads(database, people.ana, thing(stratum="proche", lane="sondage", inclusion=0.2), said)
    [row] = done.decided
    assert (done.state, done.skipped, done.golden, done.urgency) == ("decide", (), None, None)
    assert (row.qualification, row.markers, row.decided_by, row.reason, row.lane, row.stratum, row.inclusion) == (
        "licite_preoccupant", ("gourou",), "Ana", "Lu en entier.", "sondage", "proche", 0.2,
    )  # fmt: skip
    [review] = reviews(database, "d1")
    assert (review.person_id, review.by, review.seat, review.submarkers) == ("ana", "Ana", "premiere", {"B2": "present", "B3": "present"})
    assert [TEXT[one.start : one.end] for one in review.quotes] == ["Ne suivez que moi", "Coupez avec votre famille"]
    assert verify(database).wrong is None
    assert {entry.action for entry in entries(database, subject=("document", "d1"))} == {"read", "decided"}
    assert {entry.actor for entry in entries(database)} == {"ana"}


def test_two_who_agree_decide_together(database: Database) -> None:
    people = team(database)
    first = reads(database, people.ana, said=saying("licite_preoccupant", "C1", reason="Un récit.", exclusions=["spirituality"]), policy=TWICE)
    assert (first.state, first.decided) == ("seconde_lecture", ())
    second = reads(database, people.ben, said=saying("licite_preoccupant", "C1", reason="Complot."), policy=TWICE)
    [row] = second.decided
    assert (second.state, row.decided_by, row.reason, row.markers, row.exclusions) == (
        "decide", "Ana, Ben", "Un récit.\nComplot.", ("complotisme",), ("spirituality",),
    )  # fmt: skip
    assert [one.seat for one in reviews(database, "d1")] == ["premiere", "seconde"]


def test_long_names_give_way(database: Database) -> None:
    people = team(database)
    long = [person(database, f"{letter * 30}", "analyse") for letter in "kl"]
    reads(database, long[0], policy=TWICE)
    assert reads(database, long[1], policy=TWICE).decided[0].decided_by == "deux lectures"
    assert people


@pytest.mark.parametrize(
    "second",
    [saying("hors_champ"), saying("licite_preoccupant", "B2", "B3"), saying("licite_preoccupant", "C1", "B2", "B3")],
    ids=["word", "marker", "one-more"],
)
def test_two_who_differ_decide_nothing(embedded: Database, second: object) -> None:
    people = team(embedded)
    reads(embedded, people.ana, said=saying("licite_preoccupant", "C1"), policy=TWICE)
    done = reads(embedded, people.ben, said=second, policy=TWICE)  # type: ignore[arg-type]
    assert (done.state, done.decided) == ("arbitrage", ())
    assert standing(embedded, ["d1"]) == {}
    with pytest.raises(Conflict, match="differ"):
        reads(embedded, people.cleo)


def test_the_share_read_twice_is_drawn_by_the_items_alone(embedded: Database) -> None:
    people = team(embedded)
    policy = ALONE.model_copy(update={"second_reading_share": 0.2})
    drawn = [lot(policy.second_reading_salt, f"n{number}") < 0.2 for number in range(5000)]
    assert 900 <= sum(drawn) <= 1100  # 1000 expected, within 3.5 standard deviations
    assert [reads(embedded, people.ana, f"n{number}", policy=policy).state == "seconde_lecture" for number in range(12)] == drawn[:12]
    assert {reads(embedded, people.ben, f"n{number}", policy=policy).state for number in range(12) if drawn[number]} == {"decide"}
    salted = policy.model_copy(update={"second_reading_salt": "autre"})
    assert [lot(salted.second_reading_salt, f"n{number}") < 0.2 for number in range(100)] != drawn[:100]


@pytest.mark.parametrize("word", ["illicite_presume", "urgence"])
def test_what_may_leave_the_house_is_always_read_twice(embedded: Database, word: str) -> None:
    people = team(embedded)
    assert reads(embedded, people.ana, said=saying(word, "A1")).state == "seconde_lecture"
    assert reads(embedded, people.ben, said=saying(word, "A1")).state == "decide"


def test_the_second_may_find_what_may_leave(embedded: Database) -> None:
    people = team(embedded)
    reads(embedded, people.ana, said=saying("licite_preoccupant", "A1"), policy=TWICE)
    assert reads(embedded, people.ben, said=saying("illicite_presume", "A1"), policy=TWICE).state == "arbitrage"


def test_an_urgency_is_decided_at_once_and_read_again(database: Database) -> None:
    people = team(database)
    first = reads(database, people.ana, said=saying("urgence", markers=()))
    assert (first.state, [row.qualification for row in first.decided]) == ("seconde_lecture", ["urgence"])
    assert [one.id for one in open_ones(database, now=NOW)] == [first.urgency]
    assert hidden_from(database, "d1", actor=people.ben)
    second = reads(database, people.ben, said=saying("urgence", markers=()))
    assert (second.state, second.decided, second.urgency) == ("decide", (), first.urgency)
    assert len(history(database, "d1")) == 1


def test_the_second_reader_may_see_the_urgency(database: Database) -> None:
    people = team(database)
    reads(database, people.ana, policy=TWICE)
    second = reads(database, people.ben, said=saying("urgence", markers=()), policy=TWICE)
    assert (second.state, [row.decided_by for row in second.decided]) == ("arbitrage", ["Ben"])
    assert second.urgency
    assert standing(database, ["d1"])["d1"].qualification == "urgence"


def test_repeating_an_act_changes_nothing(database: Database) -> None:
    people = team(database)
    first = reads(database, people.ana, act=deed("x"))
    assert reads(database, people.ana, act=deed("x")) == first
    assert (kept(database), len(history(database, "d1"))) == (1, 1)
    waits = reads(database, people.ana, "d2", act=deed("y"), policy=TWICE)
    assert reads(database, people.ana, "d2", act=deed("y"), policy=TWICE) == waits


def test_somebody_elses_act_tells_nothing(embedded: Database) -> None:
    people = team(embedded)
    reads(embedded, people.ana, said=saying("licite_preoccupant", "C1"), act=deed("x"), policy=TWICE)
    done = reads(embedded, people.ben, said=saying("licite_preoccupant", "C1"), act=deed("x"), policy=TWICE)
    assert (done.state, kept(embedded)) == ("decide", 2)


def test_who_does_not_hold_the_item_may_read_it_when_nobody_does(embedded: Database) -> None:
    people = team(embedded)
    take(embedded, "d1", actor=people.ana, now=NOW)
    with pytest.raises(Conflict, match="being read by somebody else"):
        reads(embedded, people.ben)
    late = deed(at=NOW + timedelta(hours=1))  # the lease has ended, the work of who was slow is not lost
    assert reads(embedded, people.ana, act=late).state == "decide"


def test_nobody_reads_twice(embedded: Database) -> None:
    people = team(embedded)
    reads(embedded, people.ana, policy=TWICE)
    with pytest.raises(Conflict, match="have read d1 already"):
        reads(embedded, people.ana, policy=TWICE)


def test_a_text_that_changed_meanwhile_is_not_judged(database: Database) -> None:
    people = team(database)
    with pytest.raises(Conflict, match="has changed since"):
        reads(database, people.ana, said=saying(text_sha256=text_digest(None, "Ce qui était là avant.")))
    assert reads(database, people.ana, said=saying(text_sha256=text_digest(None, TEXT))).state == "decide"


def test_readings_of_an_earlier_text_do_not_count_for_the_new_one(embedded: Database) -> None:
    people = team(embedded)
    reads(embedded, people.ana, policy=TWICE)
    other = thing(text=COPY)
    assert reads(embedded, people.ana, other, policy=TWICE, texts={"d1": COPY}).state == "seconde_lecture"
    assert reads(embedded, people.ben, other, policy=TWICE, texts={"d1": COPY}).state == "decide"


def test_what_cannot_be_kept_leaves_nothing(database: Database) -> None:
    people = team(database)
    take(database, "d1", actor=people.ana, now=NOW)
    with pytest.raises(Invalid):
        reads(database, people.ana, said=saying("licite_preoccupant", "C1", quotes=[]))
    with pytest.raises(Invalid, match="no text of d1"):
        read(database, [thing()], saying(), actor=people.ana, act=deed(), texts={})
    assert (kept(database), entries(database), history(database, "d1")) == (0, (), ())
    assert reads(database, people.ana).state == "decide"


def test_one_reading_serves_a_campaign(database: Database) -> None:
    people = team(database)
    names = [f"c{number}" for number in range(5)]
    decide(database, [thing("c3")], choice(), act=act())
    take(database, "c4", actor=people.cleo, now=NOW)
    copies = [thing("c0"), thing("c1", text=COPY), *(thing(name) for name in names[2:])]
    texts = {"c0": TEXT, "c1": COPY, "c2": "Tout autre chose."}
    said = saying("licite_preoccupant", "A1")
    done = read(database, copies, said, actor=people.ana, act=deed("x"), texts=texts, campaign="camp", policy=ALONE)
    assert ({row.document_id for row in done.decided}, done.skipped) == ({"c0", "c1", "c2"}, ("c3", "c4"))
    assert {(row.campaign, row.act) for row in done.decided} == {("camp", done.decided[0].act)}
    quotes = {name: [(one.start, one.text) for one in reviews(database, name)[0].quotes] for name in names[:3]}
    assert quotes == {"c0": [(0, "Arrêtez la chimio")], "c1": [(8, "Arrêtez la chimio")], "c2": []}
    assert read(database, copies, said, actor=people.ana, act=deed("x"), texts=texts, campaign="camp", policy=ALONE) == done


def test_the_item_that_was_taken_is_the_one_that_was_read(embedded: Database) -> None:
    people = team(embedded)
    take(embedded, "c1", actor=people.ana, now=NOW)
    texts = {"c0": COPY, "c1": TEXT}
    said = saying("licite_preoccupant", "B2", "B3", text_sha256=text_digest(None, TEXT))
    done = read(embedded, [thing("c0", text=COPY), thing("c1")], said, actor=people.ana, act=deed(), texts=texts, campaign="camp", policy=TWICE)
    assert done.state == "seconde_lecture"
    assert reviews(embedded, "c0")[0].quotes == ()


def test_an_urgency_on_a_campaign_is_one_urgency(embedded: Database) -> None:
    people = team(embedded)
    things = [thing(f"c{number}") for number in range(4)]
    said = saying("urgence", markers=())
    done = read(embedded, things, said, actor=people.ana, act=deed(), texts={"c0": TEXT}, campaign="camp", policy=ALONE)
    assert (len(done.decided), [one.document_id for one in open_ones(embedded)]) == (4, ["c0"])


def test_many_items_without_a_campaign_are_refused(embedded: Database) -> None:
    people = team(embedded)
    with pytest.raises(Invalid, match="2 items"):
        read(embedded, [thing("a"), thing("b")], saying(), actor=people.ana, act=deed(), texts={"a": TEXT, "b": TEXT})


def test_readings_are_blind_until_the_item_is_decided(database: Database) -> None:
    people = team(database)
    reads(database, people.ana, said=saying("licite_preoccupant", "C1"), policy=TWICE)
    assert [one.by for one in seen_by(database, "d1", actor=people.ana)] == ["Ana"]
    assert seen_by(database, "d1", actor=people.ben) == seen_by(database, "d1", actor=people.val) == ()
    assert not hidden_from(database, "d1", actor=people.ana)
    assert hidden_from(database, "d1", actor=people.ben)
    assert hidden_from(database, "d1", actor=people.val)
    reads(database, people.ben, policy=TWICE)
    assert [one.by for one in seen_by(database, "d1", actor=people.ana)] == ["Ana"]
    assert hidden_from(database, "d1", actor=people.ana)
    assert [one.by for one in seen_by(database, "d1", actor=people.val)] == ["Ana", "Ben"]
    assert seen_by(database, "d1", actor=people.cleo) == ()


def test_all_is_seen_once_it_is_decided(embedded: Database) -> None:
    people = team(embedded)
    reads(embedded, people.ana)
    assert [one.by for one in seen_by(embedded, "d1", actor=people.cleo)] == ["Ana"]
    take(embedded, "d1", actor=people.ben, also=True)  # now he is to read it blind
    assert seen_by(embedded, "d1", actor=people.ben) == ()
    assert hidden_from(embedded, "d1", actor=people.ben)


def test_a_quote_may_stand_for_an_uncertain_sign(embedded: Database) -> None:
    people = team(embedded)
    said = saying(submarkers={"A1": "incertain"}, quotes=[quote("A1")])
    assert reads(embedded, people.ana, said=said).state == "decide"
