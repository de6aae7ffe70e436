"""``vigie report``: files in a folder, what is missing on the screen, and nothing that names somebody."""

from __future__ import annotations

import csv
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.register import fill
from cases.database import open_database
from cases.tables_people import OrganisationRow
from cli.reports import report
from core.errors import Invalid, NotFound
from core.settings import Settings

YEAR = ("--organisation", "Association A", "--since", "2025-01-01", "--until", "2025-12-31")


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("VIGIE_DATA_DIR", str(tmp_path / "data"))
    with closing(open_database(Settings(data_dir=tmp_path / "data"))) as database:
        return fill(database, notices=30, name="Association A")


def run(*arguments: str) -> str:
    done = CliRunner().invoke(report, arguments, obj={"verbose": False}, standalone_mode=False)
    if done.exception:
        raise done.exception
    return done.output


def test_the_yearly_report_and_the_others_are_written(house: str, tmp_path: Path) -> None:
    assert "Pour la maison seulement" not in run("yearly", *YEAR, "--out", str(tmp_path / "annuel"))
    with (tmp_path / "annuel" / "totals.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert sum(int(row["notices"]) for row in rows if row["by"] == "provider") == 30
    assert (tmp_path / "annuel" / "rapport.pdf").read_bytes().startswith(b"%PDF")
    run("statistics", *YEAR, "--health", "--out", str(tmp_path / "stat"))
    assert (tmp_path / "stat" / "statistics.csv").read_text(encoding="utf-8").startswith("period,table")
    assert "Pour la maison seulement" in run("article34", *YEAR, "--out", str(tmp_path / "a34"))
    assert (tmp_path / "a34" / "article34.csv").exists()


def test_the_candidature_says_what_is_missing(house: str, tmp_path: Path) -> None:
    said = run("candidature", "--organisation", house, "--out", str(tmp_path))
    assert "Manque (b)" in said
    with (tmp_path / "registre.csv").open(encoding="utf-8", newline="") as lines:
        assert len({row["notice"] for row in csv.DictReader(lines)}) == 30


def test_what_names_somebody_is_not_written(house: str, tmp_path: Path) -> None:
    with closing(open_database(Settings(data_dir=tmp_path / "data"))) as database, database.writing() as session:
        session.get_one(OrganisationRow, house).profile = {"governance": "Présidée par Zoé Martin."}
    with pytest.raises(Invalid, match="Gouvernance"):
        run("yearly", *YEAR, "--out", str(tmp_path / "annuel"))
    assert not (tmp_path / "annuel").exists()
    run("yearly", *YEAR, "--accept", "Zoé Martin", "--out", str(tmp_path / "annuel"))


def test_an_organisation_that_is_none(house: str) -> None:
    with pytest.raises(NotFound, match="did you mean 'Association A'"):
        run("yearly", "--organisation", "Asociation A")
