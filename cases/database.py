"""The connection to the case database: SQLite in WAL mode, or PostgreSQL. The only module that turns its errors into ours.

Writers take turns, on both: the numbers of the rows then follow the order in which they became visible, and who remembers the last one that was seen
misses none.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from cases.migrating import migrate
from core.errors import ConfigError, Unavailable
from core.files import disk_errors
from core.sqlite import write_ahead

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import URL, Connection, Engine

    from core.settings import Settings

FILE = "cases.sqlite"
WAIT = 30  # seconds that a writer waits for its turn
TURN = 0x7667_6965  # key of PostgreSQL's advisory lock by which writers take turns
PASSING = ("locked", "busy")
FULL = ("full", "I/O")
DRIVERS = {"postgresql": "postgresql+pg8000", "postgres": "postgresql+pg8000"}


class Database:
    """Each ``with`` is one transaction: all of it is kept, or nothing."""

    def __init__(self, url: URL) -> None:
        self.name = url.render_as_string(hide_password=True)
        self._engine = _engine(url, self.name)
        self._writer = self._engine.execution_options(writing=True)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """What stands at one moment; nobody waits. Raises Unavailable, ConfigError."""
        with self._errors(), Session(self._engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """The only writer until it ends; committed then. Raises Unavailable, ConfigError."""
        with self._errors(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            session.connection()  # takes its turn before it reads anything
            yield session

    def erase_traces(self) -> None:
        """Leave nothing of erased rows in SQLite's files beside the database; PostgreSQL's own vacuum and log rotation do it there."""
        if self._engine.dialect.name != "sqlite":
            return
        with self._errors(), self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
        if busy:
            raise Unavailable(f"{self.name} is in use by another process, so that traces of what was erased stay in it; run the same command again")

    def rewrite(self) -> None:
        """Write SQLite's file anew and empty what lies beside it: pages that were parted keep copies of rows which secure_delete does not reach."""
        if self._engine.dialect.name != "sqlite":
            return
        with self._errors(), closing(self._engine.raw_connection()) as connection:  # outside of any transaction
            connection.cursor().execute("VACUUM")
        self.erase_traces()

    def migrate(self) -> None:
        """Bring the tables up to date, one process at a time. Raises Unavailable, ConfigError."""
        with self._errors():
            migrate(self._engine, self._writer)

    def close(self) -> None:
        """Release connections."""
        self._engine.dispose()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except IntegrityError:
            raise  # what a caller foresees, or a mistake of ours
        except PoolTimeout as error:
            raise Unavailable(f"the case database {self.name} is busy: too many connections at once; try again") from error
        except DBAPIError as error:
            raise _ours(error, self.name) from error


def open_database(settings: Settings) -> Database:
    """The case database that the settings name, with its tables up to date. Raises ConfigError, Unavailable."""
    if settings.database_url is None:
        _own_file(settings.data_dir / FILE)
        url = make_url(f"sqlite:///{settings.data_dir / FILE}")
    else:
        url = _given(settings.database_url.get_secret_value())
    database = Database(url)
    database.migrate()
    return database


def _own_file(path: Path) -> None:
    """Reasons that people gave stand in it: only its owner may read it."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            path.touch(mode=0o600)


def _given(address: str) -> URL:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):  # its message would show the password
        raise ConfigError(
            "VIGIE_DATABASE_URL is no address of a database; expected postgresql://user:password@host/name or sqlite:////path"
        ) from None
    url = url.set(drivername=DRIVERS.get(url.drivername, url.drivername))
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise ConfigError(f"VIGIE_DATABASE_URL names {url.get_backend_name()!r}; expected postgresql or sqlite")
    return url


def _engine(url: URL, name: str) -> Engine:
    try:
        # echoed parameters would put reasons into logs
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, **_options(url))
    except (NoSuchModuleError, ImportError) as error:
        raise ConfigError(
            f"the driver of {name} is not installed ({error}); without one in the address, pg8000 is taken: pip install pg8000"
        ) from error
    except (ArgumentError, TypeError) as error:
        raise ConfigError(f"VIGIE_DATABASE_URL, {name}: {error}") from error
    event.listen(engine, "connect", _set_up_sqlite if engine.dialect.name == "sqlite" else _set_up_postgres)
    event.listen(engine, "begin", _begin)
    return engine


def _options(url: URL) -> dict[str, Any]:
    return {"connect_args": {"timeout": WAIT}} if url.get_backend_name() == "sqlite" else {"pool_timeout": WAIT}


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so, also around changes of tables
    write_ahead(connection, wait=WAIT)
    connection.execute("PRAGMA synchronous=FULL")  # what a person was told is decided outlives a power cut
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")  # what the retention periods remove is overwritten


def _set_up_postgres(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = '{WAIT}s'")
    connection.commit()


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")
    elif writing:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({TURN})")


def _ours(error: DBAPIError, name: str) -> ConfigError | Unavailable:
    """Which of our errors a driver's stands for."""
    said = " ".join(str(error.orig).split())[:300]
    if any(word in said for word in PASSING) or "55P03" in said:
        return Unavailable(f"the case database {name} is in use by another process; try again")
    if not name.startswith("sqlite"):
        passing = error.connection_invalidated or isinstance(error, OperationalError) or type(error).__name__ == "InterfaceError"
        advice = "check that it runs and that VIGIE_DATABASE_URL is right"
        return (Unavailable if passing else ConfigError)(f"the case database {name} refused ({said}); {advice}")
    if any(word in said for word in FULL):
        return ConfigError(f"disk full or failing at {name}: free some space and run the same command again; nothing is lost")
    if isinstance(error, OperationalError):
        return ConfigError(f"cannot write {name} ({said}): give this user the right to write there, or set VIGIE_DATA_DIR or VIGIE_DATABASE_URL")
    return ConfigError(f"{name} is damaged or no database ({said}): restore it from a backup; decisions are nowhere else")
