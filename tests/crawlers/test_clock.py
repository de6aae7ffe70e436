"""The clock that dates evidence: what the kernel and the sites say of it."""

from __future__ import annotations

import ctypes
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.evidence import clock
from crawlers.evidence.clock import Clock, ClockState, offset, synchronised

NOON = datetime(2026, 11, 1, 12, 0, 0, tzinfo=UTC)
DATE = "Sun, 01 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("date", "seconds", "age", "expected"),
    [
        (DATE, 0.0, None, 0.0),
        (DATE, 0.9, None, 0.0),  # a Date says when its second began
        (DATE, 31.5, None, 30.5),
        (DATE, -4.0, None, -4.0),
        (DATE, 2.5, "0", 1.5),
        (DATE, 2.5, "17", None),  # from a cache
        (DATE, 2.5, "x", None),
        ("Sunday, 01-Nov-26 12:00:00 GMT", 3.0, None, 2.0),  # RFC 850
        ("Sun, 01 Nov 2026 13:00:00 +0100", 3.0, None, 2.0),
        ("Sun, 01 Nov 2026 12:00:00 -0000", 3.0, None, 2.0),
        ("", 0.0, None, None),
        (None, 0.0, None, None),
        ("hier", 0.0, None, None),
        ("Sun, 99 Nov 2026 12:00:00 GMT", 0.0, None, None),
        (DATE + " " * 5000, 0.0, None, None),
    ],
)
def test_offset(date: str | None, seconds: float, age: str | None, expected: float | None) -> None:
    found = offset(date, NOON + timedelta(seconds=seconds), age)
    assert found is None if expected is None else found == pytest.approx(expected)


@given(st.text(max_size=80), st.one_of(st.none(), st.text(max_size=8)))
def test_no_header_can_break_it(date: str, age: str | None) -> None:
    found = offset(date, NOON, age)
    assert found is None or isinstance(found, float)


def note(found: Clock, host: str, ahead: float, **headers: str) -> None:
    found.note(host, {"date": DATE, **headers}, NOON + timedelta(seconds=ahead + 1))


def test_one_wrong_site_among_several_counts_for_nothing() -> None:
    found = Clock()
    for host, ahead in (("a", 0.5), ("b", 1.5), ("c", 86_400.0)):
        note(found, host, ahead)
    note(found, "d", 0.0, age="300")
    state = found.state()
    assert (state.offset_seconds, state.hosts) == (1.5, 3)
    assert state.alarm is None


def test_a_host_is_heard_by_its_freshest_answer() -> None:
    found = Clock()
    for ahead in (900.0, 0.2, 900.0):  # the others waited in a cache that does not say so
        note(found, "a", ahead)
    assert found.state().offset_seconds == pytest.approx(0.2)


def test_hosts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "MAX_HOSTS", 3)
    found = Clock()
    for number in range(9):
        note(found, str(number), 0.0)
    note(found, "1", -5.0)
    assert found.state().hosts == 3
    assert min(found._offsets.values()) == pytest.approx(-4.0, abs=1.1)


@pytest.mark.parametrize(
    ("kernel", "ahead", "words"),
    [
        (True, 0.0, None),
        (None, 3.0, None),
        (False, 3.0, None),  # not synchronised, but the sites agree
        (True, None, None),
        (None, None, None),
        (True, 31.0, "en avance de 31 s"),
        (False, -3600.0, "en retard de 3600 s"),
        (False, None, "aucun site"),
    ],
)
def test_an_alarm_is_raised_where_the_clock_cannot_be_trusted(kernel: bool | None, ahead: float | None, words: str | None) -> None:
    alarm = ClockState(kernel, ahead, 0 if ahead is None else 2).alarm
    assert alarm is None if words is None else words in (alarm or "")


def test_the_kernel_is_asked() -> None:
    assert synchronised() in (True, False, None)


@pytest.mark.parametrize(("state", "status", "expected"), [(0, 0, True), (5, 0, False), (0, 0x40, False), (0, 0x2001, True), (-1, 0, None)])
def test_the_kernels_word(monkeypatch: pytest.MonkeyPatch, state: int, status: int, expected: bool | None) -> None:
    def adjtimex(reference) -> int:
        reference._obj.status = status
        assert reference._obj.modes == 0  # reads only
        return state

    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: type("Library", (), {"adjtimex": staticmethod(adjtimex)}))
    assert synchronised() is expected


def test_a_system_without_adjtimex_says_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    assert synchronised() is None
    assert Clock().state() == ClockState(None, None, 0)
    assert ClockState(None, None, 0).word == "unknown"
