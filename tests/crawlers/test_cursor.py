"""Where a source was left, what its runs saw, and what a person is told of it."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.errors import ConfigError
from core.records import SourceReport
from core.settings import ROOT
from crawlers.catalog import Expect, Source
from crawlers.coverage import coverage
from crawlers.cursor import ITEMS, Cursor
from crawlers.expect import alarms, is_blind, meaning
from crawlers.history import RUNS, History
from flows.sending import REASONS

NOT_OF_A_CRAWL = {"not_of_the_page", "other_port", "screenshot_failed", "screenshot_timeout", "too_many_bytes", "too_many_names", "unknown_name"}
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def source(**fields: object) -> Source:
    known = {
        "name": "blog",
        "title": "Un blog",
        "kind": "feed",
        "enabled": True,
        "purpose": "veille de prévention",
        "legal_basis": "intérêt légitime",
    }
    return Source.model_validate(known | fields)


def again(cursor: Cursor, path: Path) -> Cursor:
    cursor.save()
    return Cursor(path)


def test_a_cursor_remembers_only_what_a_complete_run_left(tmp_path: Path) -> None:
    path = tmp_path / "cursors" / "blog.json"
    cursor = Cursor(path)
    cursor.mark("https://a.test/", ["3", "2", "1"])
    cursor.note_page("https://a.test/", {"etag": '"x"', "last-modified": "hier", "date": "y"})
    cursor.note_read("https://a.test/1", "abc")
    cursor.note_items({"1": "https://a.test/1"})
    cursor.set("jetstream", "17")
    assert not Cursor(path).reached("https://a.test/", ["3"]), "nothing is left before the run is complete"
    later = again(cursor, path)
    assert later.reached("https://a.test/", ["4", "3"])
    assert not later.reached("https://a.test/", ["5", "4"])
    assert not later.reached("https://b.test/", ["3"])
    assert later.conditions("https://a.test/") == {"If-None-Match": '"x"', "If-Modified-Since": "hier"}
    assert later.conditions("https://a.test/1") == {}
    assert later.was_read("https://a.test/1", "abc")
    assert not later.was_read("https://a.test/1", "abd")
    assert later.known() == {"1": "https://a.test/1"}
    assert later.get("jetstream") == "17"
    third = again(later, path)
    assert third.was_read("https://a.test/1", "abc"), "what a listing still shows is remembered"
    assert not third.reached("https://a.test/", ["3"]), "a listing that was not read is forgotten"


def test_a_page_that_did_not_change_stays_remembered(tmp_path: Path) -> None:
    path = tmp_path / "blog.json"
    cursor = Cursor(path)
    cursor.mark("https://a.test/", ["1"])
    cursor.note_page("https://a.test/", {"etag": "x"})
    cursor.note_read("https://a.test/1", "abc")
    second = again(cursor, path)
    second.still("https://a.test/")
    third = again(second, path)
    assert third.conditions("https://a.test/") == {"If-None-Match": "x"}
    assert third.reached("https://a.test/", ["1"])
    assert third.was_read("https://a.test/1", "abc")


@pytest.mark.parametrize("body", ["", "[]", '{"marks": 3}', "{", '{"values": {"a": 1}, "items": {"x": 2}}'])
def test_a_damaged_cursor_means_reading_again(tmp_path: Path, body: str) -> None:
    path = tmp_path / "blog.json"
    path.write_text(body)
    cursor = Cursor(path)
    assert not cursor.reached("a", ["b"])
    assert cursor.known() == {}
    assert cursor.get("a") is None


def test_a_cursor_does_not_grow_without_end(tmp_path: Path) -> None:
    path = tmp_path / "blog.json"
    cursor = Cursor(path)
    for run in range(3):
        cursor.note_items({f"{run}-{number}": "https://a.test/" for number in range(ITEMS // 2)})
        cursor = again(cursor, path)
    assert len(cursor.known()) == ITEMS
    assert "2-0" in cursor.known()
    assert "0-0" not in cursor.known()


def report(read: int = 10, **fields: object) -> SourceReport:
    return SourceReport.model_validate({"source": "blog", "seen": read, "kept": read, **fields})


@pytest.mark.parametrize(
    ("rules", "seen", "said"),
    [
        ({}, report(0), "rien n'a été lu"),
        ({}, report(0, unchanged=1), ""),
        ({"min": 5}, report(4), "au moins 5"),
        ({"min": 5}, report(0, unchanged=1), ""),
        ({"min": 5}, report(3, dropped=2), ""),
        ({"max": 9}, report(10), "au plus 9"),
        ({}, report(reasons={"bot_wall": 2, "empty_text": 1}), "2 x bot_wall : un mur"),
        ({}, report(reasons={"not_a_forum": 1}), "1 x not_a_forum : ce n'est pas un forum connu"),
        ({"fields": {"title": 0.8}}, report(fields={"text": 1.0, "title": 0.5}), "title : trouvé dans 50%"),
        ({"fields": {"title": 0.8}}, report(fields={"text": 1.0, "title": 0.9}), ""),
    ],
)
def test_what_is_not_as_expected_is_an_alarm(rules: dict[str, object], seen: SourceReport, said: str) -> None:
    found = alarms(source(expect=Expect.model_validate(rules)), seen)
    assert len(found) == (1 if said else 0), found
    assert said in "".join(found)


def test_a_field_that_went_missing_is_an_alarm() -> None:
    usual = [report(fields={"text": 1.0, "published_at": 1.0, "author": 0.2})] * 3
    found = alarms(source(), report(fields={"text": 1.0, "published_at": 0.1}), earlier=usual)
    assert [text.split(" :")[0] for text in found] == ["date de publication, published_at"]
    assert not alarms(source(), report(2, fields={"text": 1.0}), earlier=usual), "two documents say nothing"


def test_a_misspelt_field_is_named() -> None:
    with pytest.raises(ValueError, match="unknown field 'titel'; did you mean 'title'"):
        Expect.model_validate({"fields": {"titel": 0.5}})


def test_coverage_names_what_is_not_seen(tmp_path: Path) -> None:
    history = History(tmp_path)
    sources = [source(name=name) for name in ("bon", "aveugle", "jamais", "partiel")] + [source(name="eteint", enabled=False)]
    history.add(report(source="bon"), at=NOW)
    for day, read in enumerate((8, 9, 0)):
        history.add(report(read, source="aveugle", reasons={} if read else {"bot_wall": 1}), at=NOW + timedelta(days=day))
    history.add(report(source="partiel", reasons={"login_required": 3}), at=NOW)
    found = coverage(sources, history)
    assert [(one.source, one.state) for one in found] == [
        ("aveugle", "blind"),
        ("partiel", "partial"),
        ("jamais", "never"),
        ("bon", "ok"),
        ("eteint", "never"),
    ]
    blind = found[0]
    assert (blind.blind_spots, blind.usual, blind.read, blind.runs) == ({"bot_wall": 1}, 9, 0, 3)
    assert blind.last_read == NOW + timedelta(days=1)


def test_history_keeps_the_last_runs_and_survives_a_damaged_one(tmp_path: Path) -> None:
    history = History(tmp_path)
    for minute in range(RUNS + 5):
        history.add(report(minute), at=NOW + timedelta(minutes=minute))
    assert len(history.runs("blog")) == RUNS
    assert history.reports("blog")[-1].kept == RUNS + 4
    next((tmp_path / "runs" / "blog").glob("*.json")).write_text("{")
    assert len(history.runs("blog")) == RUNS - 1
    assert history.runs("autre") == []


def reasons_in_the_code() -> set[str]:
    """Every literal that the crawlers give as a reason."""
    found = set()
    for path in (ROOT / "crawlers").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
                given = node.args[:1] if name in ("SourceError", "Left", "Why", "Refused", "note", "fail", "drop") else []
                given += [one.value for one in node.keywords if one.arg == "reason"]
                found |= {one.value for value in given for one in ast.walk(value) if isinstance(one, ast.Constant) and isinstance(one.value, str)}
    return {name for name in found if re.fullmatch(r"[a-z]+(_[a-z]+)*", name)}


def test_every_reason_is_explained_to_those_who_read_it() -> None:
    missing = {reason for reason in reasons_in_the_code() if meaning(reason) == reason}
    assert not missing - NOT_OF_A_CRAWL - REASONS.keys(), "add it to crawlers/reasons.yml, or to REASONS of flows/sending.py"
    assert meaning("http_503") == "le site a répondu 503 (il est en panne)"
    assert meaning("http_451") == "le site a répondu 451 (page interdite par la loi ou la justice)"
    assert meaning("http_302") == "le site a répondu 302"


def test_every_reason_of_a_wall_is_a_blind_spot() -> None:
    from crawlers.reading.walls import WALLS

    assert all(is_blind(reason) for reason, _ in WALLS)
    assert is_blind("not_a_forum")
    assert not is_blind("not_public")


def test_a_history_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("not a folder")
    with pytest.raises(ConfigError, match="cannot write"):
        History(tmp_path).add(report(), at=NOW)
