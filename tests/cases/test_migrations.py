"""The steps end at what tables.py says, run once whoever opens the database, and survive a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import closing

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from cases import tables_notices, tables_people, tables_work  # noqa: F401 - their tables belong to the metadata
from cases.database import open_database
from cases.decisions import decide, history
from cases.migrating import FOLDER, HEAD
from cases.tables import Base
from core.errors import ConfigError
from core.settings import ROOT, Settings
from tests.cases.conftest import DOCUMENT, act, choice, item

OPEN = "import sys; from core.settings import Settings; from cases.database import open_database; open_database(Settings(data_dir=sys.argv[1], database_url=sys.argv[2] or None)).close(); print('ok')"


def opener(settings: Settings) -> subprocess.Popen[str]:
    url = settings.database_url.get_secret_value() if settings.database_url else ""
    command = [sys.executable, "-c", OPEN, str(settings.data_dir), url]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def test_the_head_is_the_last_step() -> None:
    assert ScriptDirectory(str(FOLDER)).get_heads() == [HEAD]


def test_an_empty_database_becomes_what_the_tables_say(case_settings: Settings) -> None:
    with closing(open_database(case_settings)) as database, database.reading() as session:
        connection = session.connection()
        options = {"compare_type": True, "compare_server_default": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata) == []
        checks = {check["name"] for check in inspect(connection).get_check_constraints("decisions")}
        assert "ck_decisions_decides_or_undoes" in checks


def test_opening_again_keeps_what_is_there(case_settings: Settings) -> None:
    with closing(open_database(case_settings)) as database:
        rows = decide(database, [item()], choice(), act=act())
    with closing(open_database(case_settings)) as database:
        assert history(database, DOCUMENT) == rows


def test_many_who_open_it_first_at_once(case_settings: Settings) -> None:
    openers = [opener(case_settings) for _ in range(3)]
    told = [one.communicate(timeout=60) for one in openers]
    assert [out for out, _ in told] == ["ok\n"] * 3, told
    with closing(open_database(case_settings)) as database:
        decide(database, [item()], choice(), act=act())


def test_a_database_of_a_later_vigie_is_refused(case_settings: Settings) -> None:
    with closing(open_database(case_settings)) as database, database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigError, match="9999.*update Vigie"):
        open_database(case_settings)


def test_a_kill_while_the_tables_are_made(case_settings: Settings) -> None:
    for milliseconds in (350, 450, 550):
        with opener(case_settings) as one:
            time.sleep(milliseconds / 1000)
            one.send_signal(signal.SIGKILL)
    with closing(open_database(case_settings)) as database:
        decide(database, [item()], choice(), act=act())
        with database.reading() as session:
            assert compare_metadata(MigrationContext.configure(session.connection()), Base.metadata) == []
