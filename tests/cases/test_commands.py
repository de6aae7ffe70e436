"""``vigie decide``, ``vigie stats recall`` and ``vigie retention`` as people use them."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from click import Command
from click.testing import CliRunner, Result

from cases.database import open_database
from cases.decisions import history, standing
from cases.tables_people import PersonRow
from cli.decide import decide
from cli.retention import retention
from cli.stats import stats
from core.errors import Invalid, NotFound, VigieError
from core.records import ScoredDocument
from core.settings import Settings
from index.open import open_index
from tests.cases.reading_room import person
from tests.index.making import entry_of

REASON = ("--reason", "Lu en entier.")


class Shell:
    """Commands on one data folder with five documents; the first three are of one campaign, the last was drawn by lot."""

    def __init__(self, settings: Settings, make_scored: Callable[..., ScoredDocument]) -> None:
        self.settings = settings
        now = datetime.now(UTC)
        scored = [make_scored(number, text=f"Texte {number}", p=0.9 if number < 4 else 0.1, collected_at=now) for number in range(5)]
        self.ids = [one.document.id for one in scored]
        self.urls = [one.document.url for one in scored]
        entries = [entry_of(one, campaign="c-1" if number < 3 else None) for number, one in enumerate(scored)]
        entries[4]["lane"] = "sondage"
        with closing(open_index(settings)) as index:
            index.write(entries)

    def __call__(self, command: Command, *arguments: str) -> Result:
        return CliRunner().invoke(command, list(arguments), obj={"verbose": False}, standalone_mode=False)

    def refused(self, command: Command, *arguments: str) -> str:
        """The one line of an error that a person can act upon."""
        result = self(command, *arguments)
        assert isinstance(result.exception, VigieError), (result.output, result.exception)
        assert "\n" not in str(result.exception)
        return str(result.exception)

    def stands(self) -> dict[int, str | None]:
        with closing(open_database(self.settings)) as database:
            return {self.ids.index(name): row.qualification for name, row in standing(database, self.ids).items()}

    def status(self, number: int) -> str:
        with closing(open_index(self.settings)) as index:
            entry = index.get(self.ids[number])
            assert entry
            return str(entry["status"])


@pytest.fixture
def shell(settings: Settings, make_scored: Callable[..., ScoredDocument], monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("VIGIE_DATA_DIR", str(settings.data_dir))
    return Shell(settings, make_scored)


def test_a_decision_by_identifier_or_address(shell: Shell) -> None:
    done = shell(decide, shell.ids[0], shell.urls[3], "licite_preoccupant", "--marker", "gourou", "--by", "EM", *REASON)
    assert done.exception is None
    assert "2 décisions écrites" in done.output
    assert "Rien n'est envoyé" in done.output
    assert shell.stands() == {0: "licite_preoccupant", 3: "licite_preoccupant"}
    assert (shell.status(0), shell.status(1)) == ("decide", "a_examiner")
    with closing(open_database(shell.settings)) as database:
        [row] = history(database, shell.ids[3])
    assert (row.decided_by, row.markers, row.reason, row.campaign, row.lane) == ("EM", ("gourou",), "Lu en entier.", None, "signale")
    assert len(row.taxonomy) == 12


def test_urgency_says_whom_to_call_before_anything_else(shell: Shell) -> None:
    for name in ("a" * 32, shell.ids[1]):  # the first is unknown
        done = shell(decide, name, "urgence", "--no-marker", *REASON)
        for number in ("15", "17", "112", "119", "3114", "PHAROS"):
            assert number in done.output
    assert shell.stands() == {1: "urgence"}


def test_what_leaves_the_house_is_decided_here_by_one_person_only_where_there_are_not_two(shell: Shell) -> None:
    said = "décision d'une seule personne : une notification demandera deux lectures dans la console"
    done = shell(decide, shell.ids[0], "illicite_presume", "--marker", "gourou", *REASON)
    assert said in " ".join(done.output.split())
    with closing(open_database(shell.settings)) as database:
        person(database, "ana", "analyse")
        person(database, "sol", "soumet", "droit")
    assert said in " ".join(shell(decide, shell.ids[1], "urgence", "--no-marker", *REASON).output.split())
    with closing(open_database(shell.settings)) as database:
        person(database, "val", "valide")
    for words in (("illicite_presume", "--marker", "gourou"), ("urgence", "--no-marker")):
        assert "2 people who can read in the console" in shell.refused(decide, shell.ids[2], *words, *REASON)
    assert shell.stands() == {0: "illicite_presume", 1: "urgence"}
    done = shell(decide, shell.ids[2], "hors_champ", *REASON)
    assert done.exception is None
    assert said not in " ".join(done.output.split())
    with closing(open_database(shell.settings)) as database, database.writing() as session:
        row = session.get(PersonRow, "val")
        assert row
        row.disabled_at = datetime.now(UTC)
    assert shell(decide, shell.ids[3], "urgence", "--no-marker", *REASON).exception is None


def test_what_was_drawn_keeps_its_stratum(shell: Shell) -> None:
    shell(decide, shell.ids[4], "hors_champ", *REASON)
    with closing(open_database(shell.settings)) as database:
        [row] = history(database, shell.ids[4])
    assert row.lane == "sondage"
    assert row.stratum
    assert row.inclusion is not None
    assert 0 < row.inclusion <= 1


def test_a_campaign_is_decided_and_undone_as_a_whole(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    said = (shell.ids[1], "licite_preoccupant", "--no-marker", "--campaign", *REASON)
    assert "3 documents; add --yes" in shell.refused(decide, *said)
    assert shell.stands() == {}
    assert "3 décisions écrites" in shell(decide, *said, "--yes").output
    assert shell.stands() == dict.fromkeys(range(3), "licite_preoccupant")
    with closing(open_database(shell.settings)) as database:
        assert {row.campaign for row in standing(database, shell.ids).values()} == {"c-1"}
    shell(decide, shell.ids[0], "hors_champ", *REASON)  # one of them looked at again
    assert "2 décisions annulées" in shell(decide, shell.ids[1], "--undo", "--campaign", "--yes", *REASON).output
    assert shell.stands() == {0: "hors_champ"}
    assert shell.status(1) == "a_examiner"


def test_a_person_is_asked_before_a_campaign_is_decided(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.decide._asks", lambda: True)
    said = [shell.ids[1], "hors_champ", "--campaign", *REASON]
    no = CliRunner().invoke(decide, said, obj={"verbose": False}, standalone_mode=False, input="non\n")
    assert "Décider pour les 3 documents" in no.output
    assert no.return_value == 2
    assert shell.stands() == {}
    CliRunner().invoke(decide, said, obj={"verbose": False}, standalone_mode=False, input="oui\n")
    assert len(shell.stands()) == 3


def test_history_and_undo(shell: Shell) -> None:
    shell(decide, shell.ids[0], "hors_champ", "--by", "EM", *REASON)
    shell(decide, shell.ids[0], "--undo", "--by", "AB", "--reason", "Mauvaise ligne \x1b[31m.")
    shown = shell(decide, shell.ids[0], shell.ids[1], "--history").output
    for words in ("hors champ [annulée]", "EM", "annulation", "Mauvaise ligne", "aucune décision"):
        assert words in shown
    assert "\x1b[31m" not in shown
    assert "nothing to undo" in shell.refused(decide, shell.ids[0], "--undo", *REASON)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("hors_champ", *REASON), "no document"),
        (("ID", "hors-champ", *REASON), "did you mean 'hors_champ'"),
        (("ID", "hors_champ"), "--reason"),
        (("ID", "hors_champ", "--reason", " "), "--reason"),
        (("ID", "licite_preoccupant", *REASON), "--no-marker"),
        (("ID", "licite_preoccupant", "--marker", "gourou", "--no-marker", *REASON), "--no-marker"),
        (("ID", "illicite_presume", "--marker", "complotisme", *REASON), "complotisme alone"),
        (("ID", "illicite_presume", "--no-marker", *REASON), "without a marker"),
        (("ID", "hors_champ", "--marker", "gourou", *REASON), "licite_preoccupant at least"),
        (("ID", "hors_champ", "--exclusion", "croyanse", *REASON), "exclusion 'croyanse' is unknown"),
        (("ID", "hors_champ", "--by", "x" * 41, *REASON), "--by"),
        (("f" * 32, "hors_champ", *REASON), "is not in the index"),
        (("n'importe quoi", "hors_champ", *REASON), "is no document"),
        (("ID3", "hors_champ", "--campaign", *REASON), "belongs to no campaign"),
        (("ID", "ID3", "hors_champ", "--campaign", *REASON), "not of one campaign"),
        (("ID", "--history", "--undo"), "give one of them"),
        (("--history",), "no document"),
        (("ID", "--undo", "--campaign", *REASON), "nothing to undo"),
        (("ID", "--undo"), "reason"),
    ],
)
def test_bad_input_is_one_clear_line_and_changes_nothing(shell: Shell, arguments: tuple[str, ...], said: str) -> None:
    named = {"ID": shell.ids[0], "ID3": shell.ids[3]}
    assert said in shell.refused(decide, *(named.get(word, word) for word in arguments))
    assert shell.stands() == {}


def test_recall_says_that_too_few_were_read(shell: Shell) -> None:
    shown = shell(stats, "recall").output
    assert "Trop peu" in shown
    told = json.loads(shell(stats, "recall", "--json", "--days", "7").output)
    assert [one["marker"] for one in told["estimates"]] == ["gourou", "complotisme", "abandon_soins"]
    assert all(one["recall"] is None for one in told["estimates"])


def test_retention_lists_and_runs(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "0 contenu non lu sera effacé" in shell(retention, "list").output
    shell(decide, shell.ids[0], "illicite_presume", "--marker", "gourou", *REASON)
    told = json.loads(shell(retention, "list", "--json").output)
    assert told["open"] == 1
    assert json.loads(shell(retention, "run", "--dry-run", "--json").output) == {}
    done = shell(retention, "run")
    assert (done.exception, done.return_value) == (None, 0)
    assert "0 document expiré" in done.output


def test_errors_have_the_kinds_that_commands_turn_into_exit_code_2(shell: Shell) -> None:
    assert isinstance(shell(decide, "f" * 32, "hors_champ", *REASON).exception, NotFound)
    assert isinstance(shell(decide, "x", "hors_champ", *REASON).exception, Invalid)


def test_a_due_item_is_listed_with_its_day(shell: Shell) -> None:
    from cases.standing import project

    with closing(open_database(shell.settings)) as database, closing(open_index(shell.settings)) as index:
        project(index, database, shell.ids)
    shown = shell(retention, "list", "--days", "70").output
    assert "5 contenus non lus seront effacés" in shown
    assert (datetime.now(UTC) + timedelta(days=59)).strftime("%Y") in shown
    assert "sondage" in shown
