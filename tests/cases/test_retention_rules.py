"""How long a content item is kept, by what people made of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.database import Database
from cases.decisions import Decided, decide, history
from cases.leaving import Candidate, erased_counts, forget, leave, leaving, left
from cases.retention import CLASSES, FILE, Rule, class_of, load_rules, retain_until
from cases.standing import Version
from core.errors import ConfigError, Invalid
from core.records import CASE_STATUSES, NOTICE_STATES, QUALIFICATIONS, CaseStatus, Lane, NoticeState, Qualification, Standing
from tests.cases.conftest import DOCUMENT, NOW, act, choice, item

RULES = load_rules()
DECIDED = NOW + timedelta(days=5)
MOMENTS = st.integers(0, 36_500).map(lambda days: datetime(2000, 1, 1, 12, 30, tzinfo=UTC) + timedelta(days=days))


def stood(qualification: Qualification | None = None, notice_state: NoticeState | None = None, status: CaseStatus = "decide") -> Standing:
    return Standing(status=status if qualification else "a_examiner", qualification=qualification, decided_at=DECIDED if qualification else None,
                    notice_state=notice_state)  # fmt: skip


@pytest.mark.parametrize(
    ("standing", "lane", "closed", "until"),
    [
        (stood(), None, None, NOW + timedelta(days=30)),
        (stood(), "signale", None, datetime(2027, 1, 1, 12, tzinfo=UTC)),
        (stood(), "sondage", None, datetime(2027, 1, 1, 12, tzinfo=UTC)),
        (Standing(status="en_cours"), None, None, datetime(2027, 1, 1, 12, tzinfo=UTC)),
        (stood("hors_champ"), "signale", None, datetime(2027, 2, 6, 12, tzinfo=UTC)),
        (stood("licite_preoccupant"), None, None, datetime(2027, 2, 6, 12, tzinfo=UTC)),
        (stood("illicite_presume"), "signale", None, None),
        (stood("urgence"), "signale", None, None),
        *((stood("illicite_presume", state), "signale", None, None) for state in NOTICE_STATES),  # closed, but nobody knows when: kept
        (stood("illicite_presume", "close"), "signale", DECIDED, datetime(2027, 5, 6, 12, tzinfo=UTC)),
        (stood("hors_champ", "envoyee"), "signale", None, None),  # taken back by a later decision while the platform has not answered
    ],
)
def test_periods(standing: Standing, lane: Lane | None, closed: datetime | None, until: datetime | None) -> None:
    assert retain_until(NOW, standing, RULES, lane=lane, closed_at=closed) == until


def test_what_is_to_be_read_again_keeps_the_longer_period() -> None:
    again = stood("hors_champ", status="a_examiner")
    assert retain_until(DECIDED + timedelta(days=80), again, RULES, lane="signale") == (DECIDED + timedelta(days=80)).replace(month=4, day=25)
    assert retain_until(NOW, again, RULES, lane="signale") == datetime(2027, 2, 6, 12, tzinfo=UTC)
    assert retain_until(NOW, stood("urgence", status="a_examiner"), RULES, lane="signale") is None


@given(
    MOMENTS,
    st.sampled_from(QUALIFICATIONS),
    st.sampled_from(CASE_STATUSES),
    st.sampled_from([None, *NOTICE_STATES]),
    st.sampled_from([None, "signale"]),
)
def test_nothing_unread_or_open_goes_before_its_time(
    at: datetime, qualification: Qualification, status: CaseStatus, notice: NoticeState | None, lane: Lane | None
) -> None:
    standing = Standing(status=status, qualification=qualification, decided_at=at, notice_state=notice)
    end = retain_until(at, standing, RULES, lane=lane)
    kind = class_of(standing, lane=lane)
    assert (end is None) == (kind in ("dossier", "notifie"))
    if end is not None:
        assert end - at >= timedelta(days=30)
    if end is not None and lane:
        assert end - at >= timedelta(days=59)


@given(MOMENTS, st.integers(1, 40))
def test_months_are_those_of_the_calendar(start: datetime, months: int) -> None:
    end = Rule(label="x", since="collecte", months=months, why="x").end(start)
    assert end is not None
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day == start.day or (end.day < start.day and (end + timedelta(days=1)).day == 1)
    assert end.timetz() == start.timetz()


def test_every_class_says_why_and_the_file_says_that_no_lawyer_read_it() -> None:
    assert set(RULES.classes) == set(CLASSES)
    assert RULES.verified_by is None
    assert "à faire vérifier" in FILE.read_text(encoding="utf-8") or "to be checked by a lawyer" in FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [("months: 2", "months: 0", "en_attente"), ("days: 30", "days: 30\n    months: 1", "ordinaire"), ("  notifie:", "  notifiee:", "notifie"),
     ("months: 6", "années: 6", "années"), ("    since: collecte\n    days: 30\n", "    since: collecte\n", "ordinaire"), ("classes:", "classes: [", "read")],
)  # fmt: skip
def test_a_mistake_names_the_file_and_the_key(tmp_path: Path, before: str, after: str, named: str) -> None:
    changed = tmp_path / "retention.yml"
    changed.write_text(FILE.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"retention\.yml") as caught:
        load_rules(changed)
    assert named in str(caught.value)


def candidate(lane: Lane | None = None, *, text_sha256: str = "0" * 64, at: datetime = NOW, markers: tuple[str, ...] = ("gourou",)) -> Candidate:
    return Candidate("lot-1", Version(text_sha256, at, lane), "instance.example", markers)


def test_what_goes_is_counted_once_and_its_decisions_go(database: Database) -> None:
    row = decide(database, [item("lu"), item("ouvert"), item("lu-2")], choice("licite_preoccupant", "gourou", "complotisme"), act=act())[0]
    decide(database, [item("ouvert")], choice("illicite_presume", "gourou"), act=act())
    late = NOW + timedelta(days=100)
    found = {name: candidate("signale", text_sha256=row.text_sha256) for name in ("lu", "ouvert", "lu-2", "jamais-lu")} | {"ordinaire": candidate()}
    assert leave(database, found, now=late, rules=RULES) == {"licite_preoccupant": 2, "non_lu": 1, "ordinaire": 1}
    assert leave(database, found, now=late, rules=RULES) == {}  # begun already
    assert set(leaving(database)) == {"lu", "lu-2", "jamais-lu", "ordinaire"}
    assert leaving(database, ["lu", "ouvert"]).keys() == {"lu"}
    assert history(database, "lu") == ()
    assert len(history(database, "ouvert")) == 2
    counts = {(one.marker, one.outcome): one.documents for one in erased_counts(database)}
    assert counts == {
        ("tous", "licite_preoccupant"): 2, ("gourou", "licite_preoccupant"): 2, ("complotisme", "licite_preoccupant"): 2,
        ("tous", "non_lu"): 1, ("gourou", "non_lu"): 1, ("tous", "ordinaire"): 1, ("gourou", "ordinaire"): 1,
    }  # fmt: skip
    assert {(one.month, one.platform) for one in erased_counts(database)} == {("2026-11", "instance.example")}
    left(database, leaving(database))
    assert leaving(database) == {}


def test_nobody_decides_on_what_is_being_erased(database: Database) -> None:
    leave(database, {DOCUMENT: candidate()}, now=NOW + timedelta(days=31), rules=RULES)
    with pytest.raises(Invalid, match="being erased"):
        decide(database, [item("autre"), item()], choice(), act=act())
    assert history(database, "autre") == ()


def test_a_decision_made_just_before_saves_it(embedded: Database, decided: Callable[..., Decided]) -> None:
    late = NOW + timedelta(days=70)
    row = decided(DOCUMENT, "illicite_presume", "gourou", at=late)
    assert leave(embedded, {DOCUMENT: candidate("signale", text_sha256=row.text_sha256)}, now=late, rules=RULES) == {}
    assert leaving(embedded) == {}


def test_a_person_s_erasure_takes_all_decisions(embedded: Database, decided: Callable[..., Decided], tmp_path: Path) -> None:
    decide(embedded, [item()], choice(reason="Un mot très reconnaissable : chouquettier."), act=act())
    files = lambda: b"".join(path.read_bytes() for path in (tmp_path / "embedded").iterdir())
    assert b"chouquettier" in files()
    assert forget(embedded, [DOCUMENT, "absent"]) == 1
    assert history(embedded, DOCUMENT) == ()
    assert b"chouquettier" not in files()


def test_no_trace_stays_in_the_file_of_what_expired(embedded: Database, tmp_path: Path) -> None:
    decide(embedded, [item()], choice(reason="Un mot très reconnaissable : chouquettier."), act=act())
    leave(embedded, {DOCUMENT: candidate()}, now=NOW + timedelta(days=200), rules=RULES)
    left(embedded, [DOCUMENT])
    assert not [
        path.name for path in (tmp_path / "embedded").iterdir() if b"chouquettier" in path.read_bytes() or DOCUMENT.encode() in path.read_bytes()
    ]
