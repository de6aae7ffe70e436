"""A PostgreSQL of the tests' own: Debian's binaries, a folder that is removed afterwards, a socket that nobody else may open."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BINARIES = Path("/usr/lib/postgresql")
ABSENT = "no PostgreSQL: run scripts/test_tools.sh as root, or set VIGIE_TEST_POSTGRES_URL=postgresql://user@host/name"
WAIT = 30  # seconds to start or to stop
# a test's data may be lost with the machine, never with a process: commits stay synchronous
HASTY = ("-c", "fsync=off", "-c", "full_page_writes=off")
SMALL = ("-c", "shared_buffers=32MB", "-c", "max_connections=200", "-c", "autovacuum=off", "-c", "listen_addresses=", "-c", "timezone=UTC")


class NoServerError(Exception):
    """There is no PostgreSQL to run; its text says what to do."""


@dataclass
class Server:
    """A server in ``folder``. ``durable``: each commit reaches the disk, as in production; slow."""

    folder: Path
    binaries: Path
    durable: bool = False
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Of its first database, for settings and SQLAlchemy."""
        return f"postgresql+pg8000://vigie@/postgres?unix_sock={self.folder}/.s.PGSQL.5432"

    def initialise(self) -> None:
        """Make its files."""
        command = ["initdb", "-D", str(self.folder / "data"), "-U", "vigie", "-A", "trust", "--no-sync", "--no-instructions"]
        self._run([*command, "-E", "UTF8", "--locale=C.UTF-8"])

    def start(self) -> None:
        """Start, and wait until it answers."""
        options = ("-D", str(self.folder / "data"), "-k", str(self.folder), *SMALL, *(() if self.durable else HASTY))
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*_as_other_user(dies_with_us=True), str(self.binaries / "postgres"), *options], stdout=log, stderr=log, cwd=self.folder
            )
        deadline = time.monotonic() + WAIT
        while subprocess.run([self.binaries / "pg_isready", "-q", "-h", self.folder], check=False).returncode:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise NoServerError(f"PostgreSQL does not start: {(self.folder / 'log').read_text()[-400:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Close all connections and stop."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """As when the machine's memory runs out: SIGKILL, to its children too; ``start`` again afterwards."""
        if self._process is not None:
            children = subprocess.run(["pgrep", "-P", str(self._process.pid)], capture_output=True, text=True, check=False).stdout.split()
            self._process.kill()
            for child in children:
                with suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGKILL)
            self._process.wait(WAIT)
            (self.folder / "data" / "postmaster.pid").unlink(missing_ok=True)

    def _end(self, by: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(by)
            self._process.wait(WAIT)

    def _run(self, command: list[str]) -> None:
        done = subprocess.run(
            [*_as_other_user(), str(self.binaries / command[0]), *command[1:]], capture_output=True, text=True, check=False, cwd=self.folder
        )
        if done.returncode:
            raise NoServerError(f"PostgreSQL cannot be set up: {done.stderr[-400:]}")


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[Server]:
    """A running server until the block ends. Raises NoServerError."""
    server = Server(_own_folder(), _binaries(), durable)
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


def _binaries() -> Path:
    """Those of the newest version."""
    found = [path.parent for path in BINARIES.glob("*/bin/postgres")]
    if not found:
        raise NoServerError(ABSENT)
    return max(found, key=lambda path: int(path.parent.name))


def _own_folder() -> Path:
    """PostgreSQL refuses to run as root: its folder then belongs to another user, who must be able to reach it."""
    root = os.geteuid() == 0
    folder = Path(tempfile.mkdtemp(prefix="vigie-pg-", dir="/tmp" if root else None))
    if root:
        os.chown(folder, *_other_user())
    return folder


def _other_user() -> tuple[int, int]:
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return found.pw_uid, found.pw_gid
    raise NoServerError("PostgreSQL refuses to run as root, and there is no user postgres or nobody")


def _as_other_user(*, dies_with_us: bool = False) -> list[str]:
    """What precedes a command: as another user where we are root; stopped when these tests are killed."""
    if shutil.which("setpriv") is None:
        raise NoServerError("setpriv (of util-linux) is needed to run PostgreSQL for the tests")
    options = ["--pdeathsig", "INT"] if dies_with_us else []
    if os.geteuid() == 0:
        user, group = _other_user()
        options += [f"--reuid={user}", f"--regid={group}", "--clear-groups"]
    return ["setpriv", *options, "--"] if options else []
