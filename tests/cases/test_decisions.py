"""A decision is kept as it was made, the last one stands, and what was confirmed survives a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, StatementError

from cases import database as seam
from cases.database import FILE, Database, open_database
from cases.decisions import Act, Choice, decide, decided_since, history, same_act, sampled, standing, undo
from core.errors import ConfigError, Invalid, NotFound, Unavailable
from core.settings import ROOT, Settings
from tests.cases.conftest import DOCUMENT, NOW, act, choice, item


def test_a_decision_is_kept_with_what_was_read_and_by_whom(database: Database) -> None:
    read = item(lane="sondage", stratum="bas", inclusion=0.01)
    [row] = decide(database, [read], choice("licite_preoccupant", "complotisme", exclusions=("satire",), reason="Une satire ? « Non »."), act=act())
    assert row.model_dump(include=set(read.model_dump())) == read.model_dump()
    assert (row.qualification, row.markers, row.exclusions, row.reason) == (
        "licite_preoccupant",
        ("complotisme",),
        ("satire",),
        "Une satire ? « Non ».",
    )
    assert (row.decided_by, row.taxonomy, row.decided_at, row.campaign, row.undoes) == ("AB", "essai", NOW, None, None)
    assert history(database, DOCUMENT) == (row,)
    assert standing(database, [DOCUMENT, "inconnu"]) == {DOCUMENT: row}
    assert sampled(database) == (row,)


def test_the_last_decision_stands_and_all_stay_in_the_history(database: Database) -> None:
    for qualification in ("hors_champ", "licite_preoccupant", "hors_champ"):
        decide(database, [item(), item("e" * 32)], choice(qualification), act=act())
    rows = history(database, DOCUMENT)
    assert [row.qualification for row in rows] == ["hors_champ", "licite_preoccupant", "hors_champ"]
    assert standing(database, [DOCUMENT])[DOCUMENT] == rows[-1]


def test_the_same_act_again_changes_nothing(database: Database) -> None:
    same = act()
    first = decide(database, [item()], choice(), act=same)
    assert decide(database, [item(), item("e" * 32)], choice(), act=same)[0] == first[0]
    assert len(history(database, DOCUMENT)) == 1
    assert same_act(database, same.id) == (DOCUMENT, "e" * 32)
    again = act()
    assert undo(database, [DOCUMENT], reason="Erreur.", by="AB", act=again) == undo(database, [DOCUMENT], reason="Erreur.", by="AB", act=again)


def test_undoing_brings_back_what_stood_before(database: Database) -> None:
    for qualification in ("hors_champ", "licite_preoccupant"):
        decide(database, [item()], choice(qualification), act=act())
    undo(database, [DOCUMENT], reason="Erreur de ligne.", by="CD", act=act())
    assert standing(database, [DOCUMENT])[DOCUMENT].qualification == "hors_champ"
    undo(database, [DOCUMENT], reason="L'autre aussi.", by="CD", act=act())
    assert standing(database, [DOCUMENT]) == {}
    with pytest.raises(NotFound, match="nothing to undo"):
        undo(database, [DOCUMENT], reason="Encore.", by="CD", act=act())
    assert [row.qualification for row in history(database, DOCUMENT)] == ["hors_champ", "licite_preoccupant", None, None]


def test_undoing_for_several_is_all_or_none(database: Database) -> None:
    decide(database, [item()], choice(), act=act())
    with pytest.raises(NotFound, match="eeee"):
        undo(database, [DOCUMENT, "e" * 32], reason="Erreur.", by="AB", act=act())
    assert DOCUMENT in standing(database, [DOCUMENT])
    with pytest.raises(Invalid, match="reason"):
        undo(database, [DOCUMENT], reason="  ", by="AB", act=act())


@hypothesis_settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["hors_champ", "licite_preoccupant", "undo"])), max_size=12))
def test_any_sequence_is_a_stack_per_document(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]]) -> None:
    database = open_database(Settings(data_dir=tmp_path_factory.mktemp("pile")))
    stacks: dict[str, list[str]] = {"a": [], "b": []}
    for name, step in steps:
        if step != "undo":
            decide(database, [item(name)], choice(step), act=act())
            stacks[name].append(step)
        elif stacks[name]:
            undo(database, [name], reason="Erreur.", by="AB", act=act())
            stacks[name].pop()
        else:
            with pytest.raises(NotFound):
                undo(database, [name], reason="Erreur.", by="AB", act=act())
    assert {name: row.qualification for name, row in standing(database, stacks).items()} == {
        name: stack[-1] for name, stack in stacks.items() if stack
    }
    assert sum(len(history(database, name)) for name in stacks) == sum(step != "undo" for _, step in steps) * 2 - sum(map(len, stacks.values()))
    database.close()


def test_more_documents_than_one_statement_takes(database: Database) -> None:
    many = [item(f"{number:032x}") for number in range(1201)]
    rows = decide(database, many, choice(), act=act(), campaign="c-1")
    assert [row.document_id for row in rows] == [one.document_id for one in many]
    assert {row.campaign for row in standing(database, [one.document_id for one in many]).values()} == {"c-1"}
    assert len(standing(database, [one.document_id for one in many])) == 1201


def test_decided_since(database: Database) -> None:
    rows = [decide(database, [item(str(hour))], choice(), act=act(NOW + timedelta(hours=hour)))[0] for hour in range(3)]
    assert decided_since(database, NOW + timedelta(hours=1)) == tuple(rows[1:])


def test_the_database_itself_refuses_to_change_a_decision(database: Database) -> None:
    [row] = decide(database, [item()], choice(), act=act())
    with pytest.raises((DBAPIError, ConfigError), match="never changed"), database.writing() as session:
        session.execute(text("UPDATE decisions SET reason = 'autre'"))
    assert history(database, DOCUMENT) == (row,)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"qualification": "illicite_presume", "markers": ("complotisme",)}, "complotisme alone"),
        ({"qualification": "illicite_presume", "markers": ()}, "without a marker"),
        ({"qualification": "hors_champ", "markers": ("gourou",)}, "licite_preoccupant at least"),
        ({"reason": "   "}, "reason"),
        ({"reason": "x" * 2001}, "reason"),
        ({"by": ""}, "by"),
        ({"by": "x" * 41}, "by"),
        ({"by": "A\x1b[2J"}, "by"),
        ({"qualification": "coupable"}, "qualification"),
        ({"markers": ("secte",)}, "markers"),
    ],
)
def test_what_the_rules_forbid_is_refused(said: dict[str, object], why: str) -> None:
    with pytest.raises((Invalid, ValidationError), match=why):
        Choice.model_validate({"qualification": "hors_champ", "reason": "Lu.", "by": "AB", "taxonomy": "x", **said})


def test_complotisme_beside_another_marker_may_be_unlawful() -> None:
    assert choice("illicite_presume", "complotisme", "abandon_soins").markers == ("complotisme", "abandon_soins")
    assert choice("urgence").markers == ()


def test_people_who_decide_at_once_all_stay_and_the_last_number_stands(database: Database) -> None:
    wrong: list[BaseException] = []

    def person(name: int) -> None:
        try:
            for turn in range(10):
                decide(database, [item(), item("e" * 32)], choice(by=f"P{name}", reason=f"{turn}"), act=act())
        except Exception as error:  # noqa: BLE001 - told by the test
            wrong.append(error)

    people = [threading.Thread(target=person, args=(name,)) for name in range(6)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert wrong == []
    rows = history(database, DOCUMENT)
    assert Counter(row.decided_by for row in rows) == {f"P{name}": 10 for name in range(6)}
    assert standing(database, [DOCUMENT])[DOCUMENT].number == max(row.number for row in rows)
    both = zip(rows, history(database, "e" * 32), strict=True)
    assert all(first.act == second.act for first, second in both)  # nobody came between the rows of one act


def test_two_who_undo_at_once_undo_once(database: Database) -> None:
    for number in range(2):
        decide(database, [item()], choice(reason=f"{number}"), act=act())
    done: list[str] = []
    people = [
        threading.Thread(target=lambda: done.append(undo(database, [DOCUMENT], reason="x", by="AB", act=act())[0].undoes or "")) for _ in range(2)
    ]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert len(set(done)) == 2  # one each, not twice the same
    assert standing(database, [DOCUMENT]) == {}


WRITER = """
import sys, itertools
from core.settings import Settings
from cases.database import open_database
from cases.decisions import Act, decide
from cases.decisions import Choice, Item
choice = Choice(qualification="hors_champ", reason="Lu.", by="AB", taxonomy="essai")
database = open_database(Settings(data_dir=sys.argv[1], database_url=sys.argv[2] or None))
for turn in itertools.count():
    name = f"{sys.argv[3]}-{turn:04}"
    items = [Item(document_id=f"{name}-{number}", content_sha256="0" * 64, text_sha256="0" * 64) for number in range(40)]
    decide(database, items, choice, act=Act(id=name))
    print(name, flush=True)
"""


def test_a_kill_loses_nothing_that_was_confirmed_and_keeps_no_half(case_settings: Settings) -> None:
    open_database(case_settings).close()
    url = case_settings.database_url.get_secret_value() if case_settings.database_url else ""
    confirmed: list[str] = []
    for life in range(3):
        command = [sys.executable, "-c", WRITER, str(case_settings.data_dir), url, f"life-{life}"]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}) as writer:
            assert writer.stdout
            confirmed.append(writer.stdout.readline().strip())
            time.sleep(0.013 * (life + 1))
            writer.send_signal(signal.SIGKILL)
            confirmed += writer.stdout.read().split()
    database = open_database(case_settings)
    assert len(confirmed) >= 3  # one a life, and what else it told
    for name in confirmed:
        assert len(same_act(database, name)) == 40
    with database.reading() as session:
        acts = session.execute(text("SELECT act, count(*) FROM decisions GROUP BY act")).all()
    assert {count for _, count in acts} == {40}
    database.close()


def test_only_its_owner_may_read_the_file(settings: Settings) -> None:
    open_database(settings).close()
    assert (settings.data_dir / FILE).stat().st_mode & 0o077 == 0


def test_a_file_that_is_no_database_is_named(settings: Settings) -> None:
    settings.data_dir.mkdir()
    (settings.data_dir / FILE).write_bytes(b"pas une base" * 200)
    with pytest.raises(ConfigError, match=r"cases\.sqlite is damaged or no database"):
        open_database(settings)


def test_a_folder_in_place_of_the_file_is_named(settings: Settings) -> None:
    (settings.data_dir / FILE).mkdir(parents=True)
    with pytest.raises(ConfigError, match="cannot write"):
        open_database(settings)


@pytest.mark.parametrize(
    "address", ["mysql://u:secret-word@h/n", "rien", "postgresql://u:secret-word@127.0.0.1:1/n", "postgresql+absent://u:secret-word@h/n"]
)
def test_a_wrong_address_is_one_line_without_the_password(settings: Settings, address: str) -> None:
    with pytest.raises((ConfigError, Unavailable)) as caught:
        open_database(settings.model_copy(update={"database_url": Settings(database_url=address).database_url}))
    assert "secret-word" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_busy_database_may_answer_later(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seam, "WAIT", 0.05)
    first, second = open_database(settings), open_database(settings)
    with first.writing():
        assert history(second, DOCUMENT) == ()  # readers never wait
        with pytest.raises(Unavailable, match="try again"):
            decide(second, [item()], choice(), act=act())
    decide(second, [item()], choice(), act=act())
    first.close()
    second.close()


def test_an_error_within_a_transaction_keeps_nothing(database: Database) -> None:
    with pytest.raises(KeyError), database.writing() as session:
        session.execute(text("INSERT INTO projections VALUES ('x', 1)"))
        raise KeyError
    with database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM projections")).scalar() == 0


def test_nothing_of_an_act_is_kept_where_one_row_fails(database: Database) -> None:
    with pytest.raises(StatementError, match="time zone"):
        decide(database, [item()], choice(), act=Act.model_construct(id="a" * 32, at=NOW.replace(tzinfo=None)))
    assert history(database, DOCUMENT) == ()


def test_reasons_are_in_no_error_and_no_log(database: Database, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises((DBAPIError, ConfigError, Unavailable)) as caught, database.writing() as session:
        session.execute(text("INSERT INTO absente VALUES (:reason)"), {"reason": "mot-secret"})
    assert "mot-secret" not in str(caught.value) + "".join(capfd.readouterr())
    insert = text("INSERT INTO projections VALUES (:reason, 1)")
    with pytest.raises(DBAPIError) as caught, database.writing() as session:
        session.execute(insert, [{"reason": "mot-secret"}, {"reason": "mot-secret"}])
    assert "parameters: " not in str(caught.value)


def test_the_file_lies_in_the_data_folder(settings: Settings) -> None:
    open_database(settings).close()
    assert [path.name for path in Path(settings.data_dir).iterdir() if path.name == FILE] == [FILE]
