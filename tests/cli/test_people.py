"""``vigie people``, ``vigie audit`` and the audit of the dependencies."""

from __future__ import annotations

import importlib.util
import json
import re
import sqlite3
import sys
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner

from cases import accounts, audit, invitations, totp
from cases.database import Database, open_database
from cases.people import CAPACITIES, ROLES
from cli import people
from cli.main import run, vigie
from core.settings import ROOT, Settings

LINK = re.compile(r"http://127\.0\.0\.1:8600/invitation/([\w-]{43})")


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setenv("VIGIE_DATA_DIR", str(tmp_path))
    return open_database(Settings(data_dir=tmp_path))


def add(capsys: pytest.CaptureFixture[str]) -> str:
    assert run(["people", "organisation", "add", "Veille d'Essai", "--capacity", "mandatee", "--quota", "9"]) == 0
    line = ["people", "add", "--login", "Ada@exemple.test", "--name", "Ada", "--role", "administre", "--organisation", "Veille d'Essai"]
    assert run(line) == 0
    found = LINK.search(capsys.readouterr().out)
    assert found
    return found[1]


def test_the_words_are_those_of_the_cases() -> None:
    assert people.ROLES == ROLES
    assert people.CAPACITIES == CAPACITIES


def test_the_first_administrator_is_made_here_and_invited(opened: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert invitations.invited(opened, add(capsys)).roles == ("administre",)
    assert accounts.organisations(opened)[0].quota == 9
    assert run(["people", "invite", "ada@exemple.test"]) == 0
    found = LINK.search(capsys.readouterr().out)
    assert found
    assert invitations.invited(opened, found[1]).login == "ada@exemple.test"
    assert not totp.is_on(opened, invitations.invited(opened, found[1]).id)


def test_people_are_listed_changed_disabled_and_enabled(opened: Database, capsys: pytest.CaptureFixture[str]) -> None:
    add(capsys)
    assert run(["people", "add", "--login", "b@exemple.test", "--name", "Bo", "--role", "soumet", "--organisation", "Veille d'Essai"]) == 0
    assert run(["people", "roles", "b@exemple.test", "--role", "analyse", "--role", "valide"]) == 0
    assert run(["people", "disable", "b@exemple.test"]) == 0
    capsys.readouterr()
    assert run(["people", "list"]) == 0
    assert "b@exemple.test : Bo, analyse, valide [désactivé]" in capsys.readouterr().out
    assert run(["people", "enable", "b@exemple.test"]) == 0
    assert run(["people", "list", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()[1:]]
    assert [(line["login"], line["disabled_at"]) for line in lines] == [("ada@exemple.test", None), ("b@exemple.test", None)]
    assert "password" not in lines[0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["invite", "x@exemple.test"], "no account of"),
        (["disable", "ada@exemple.test"], "last person who administers"),
        (["add", "--login", "sans-arobase", "--name", "A", "--organisation", "Veille d'Essai"], "no e-mail address"),
        (["add", "--login", "ada@exemple.test", "--name", "A", "--organisation", "Veille d'Essai"], "has an account already"),
        (["add", "--login", "c@exemple.test", "--name", "A" * 41, "--organisation", "Veille d'Essai"], "name: "),
        (["add", "--login", "c@exemple.test", "--name", "A", "--organisation", "Veille d'essai"], 'did you mean "Veille d\'Essai"?'),
        (["organisation", "add", "Veille d'Essai"], "exists already"),
    ],
)
def test_mistakes_are_one_line(opened: Database, capsys: pytest.CaptureFixture[str], line: list[str], said: str) -> None:
    add(capsys)
    assert run(["people", *line]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_password_is_asked_for_and_never_an_argument(opened: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    add(capsys)
    line = ["people", "add", "--login", "c@exemple.test", "--name", "C", "--organisation", "Veille d'Essai", "--ask-password"]
    monkeypatch.setattr("cli.passwords.has_terminal", lambda: False)
    assert run(line) == 2
    assert capsys.readouterr().err == (
        "vigie: no terminal to ask « Mot de passe » on; expected a person at one: run it in a terminal (ssh -t), or without --ask-password: "
        "an invitation is printed\n"
    )
    monkeypatch.setattr("cli.passwords.has_terminal", lambda: True)
    done = CliRunner().invoke(vigie, line, input="une phrase assez longue\nune phrase assez longue\n")
    assert done.exit_code == 0
    assert "une phrase" not in done.output
    assert accounts.check_password(opened, login="c@exemple.test", password="une phrase assez longue")
    options = [option for command in people.people.commands.values() for parameter in command.params for option in parameter.opts]
    assert "--password" not in options


# --- audit


def test_a_sound_trail_is_proved_and_shown(opened: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "verify"]) == 0
    assert "vide" in capsys.readouterr().out
    add(capsys)
    last = audit.verify(opened)
    assert run(["audit", "verify", "--number", str(last.entries), "--hash", last.last.upper()]) == 0
    assert f"3 écritures, dernière empreinte {last.last}." in capsys.readouterr().out
    assert run(["audit", "verify", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sound"] is True
    assert run(["audit", "show", "--size", "2"]) == 0
    shown = capsys.readouterr().out
    assert ("person_added" in shown, "organisation_added" in shown) == (True, False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE audit SET details = '{}' WHERE number = 1", "à l'écriture 1 : elle a été changée"),
        ("DELETE FROM audit WHERE number = 2", "à l'écriture 2 : elle manque"),
    ],
)
def test_a_trail_that_was_changed_is_told(opened: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: str, said: str) -> None:
    add(capsys)
    with sqlite3.connect(tmp_path / "cases.sqlite") as connection:
        with pytest.raises(sqlite3.DatabaseError, match="never changed"):
            connection.execute(change)
        connection.execute("DROP TRIGGER audit_stays_update")
        connection.execute("DROP TRIGGER audit_stays_delete")
        connection.execute(change)
    connection.close()
    assert run(["audit", "verify"]) == 2
    line = capsys.readouterr().out
    assert said in line
    assert line.count("\n") == 1


def test_a_trail_that_was_cut_or_written_anew_is_told_by_what_was_kept_elsewhere(opened: Database, capsys: pytest.CaptureFixture[str]) -> None:
    add(capsys)
    assert run(["audit", "verify", "--number", "9", "--hash", "a" * 64]) == 2
    assert "s'arrête avant" in capsys.readouterr().out
    assert run(["audit", "verify", "--number", "2", "--hash", "a" * 64]) == 2
    assert "notée ailleurs" in capsys.readouterr().out
    assert run(["audit", "verify", "--number", "2"]) == 2
    assert run(["audit", "verify", "--number", "2", "--hash", "zz"]) == 2


# --- dependencies


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scripts_audit", ROOT / "scripts" / "audit.py")
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made  # where its records look for the names that they use
    spec.loader.exec_module(made)
    return made


FOUND = {
    "dependencies": [
        {"name": "sain", "version": "1", "vulns": []},
        {"name": "atteint", "version": "2", "vulns": [{"id": "PYSEC-1", "aliases": ["CVE-1", "GHSA-1"], "fix_versions": ["3"]}]},
        {"name": "inconnu", "skip_reason": "not found"},
    ]
}


def test_a_known_vulnerability_fails_until_a_person_gave_a_reason_and_an_end(script: ModuleType) -> None:
    judge = lambda ignored, today="2026-11-22": script.judge(FOUND, ignored, today=date.fromisoformat(today))
    assert judge(()) == (1 + 1, 1, 0, ("atteint 2: PYSEC-1, fixed in 3",))
    reason = script.Ignored(id="CVE-1", package="Atteint", reason="La fonction touchée n'est jamais appelée.", until="2026-12-01")
    assert judge((reason,)) == (2, 1, 1, ())
    assert judge((reason,), "2026-12-02").vulnerable
    assert judge((reason.model_copy(update={"package": "autre"}),)).vulnerable


def test_what_was_not_looked_up_is_said_loudly(script: ModuleType) -> None:
    assert script.tell(script.Verdict(0, 3, 0, ())).startswith("WARNING, nothing was proved")
    assert (
        script.tell(script.Verdict(2, 1, 0, ()))
        == "dependencies: 2 of 3 looked up, 1 could not be; 0 known vulnerabilities, 0 more ignored with a reason"
    )


def test_the_reviewed_exceptions_can_be_read_and_need_a_reason(script: ModuleType, tmp_path: Path) -> None:
    script.load_ignored()
    wrong = tmp_path / "ignored.yml"
    wrong.write_text("- {id: CVE-1, package: a, reason: court, until: 2026-12-01}\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="reason"):
        script.load_ignored(wrong)


@pytest.mark.parametrize(("verdict", "code"), [((3, 0, 0, ()), 0), ((3, 0, 0, ("a 1: CVE-1",)), 1), ((0, 3, 0, ()), 0)])
def test_the_exit_code(script: ModuleType, monkeypatch: pytest.MonkeyPatch, verdict: tuple[object, ...], code: int) -> None:
    monkeypatch.setattr(script, "ask", dict)
    monkeypatch.setattr(script, "judge", lambda *_, **__: script.Verdict(*verdict))
    assert script.main() == code
    monkeypatch.setattr(script, "ask", lambda: "no network")
    assert script.main() == 0
