"""Run a module's command and kill this process (SIGKILL) at the Nth change it makes to the disk: ``killer.py N MODULE ARGUMENT...``.

Changes are counted by Python's audit events; N = 0 counts them and prints the number on standard error.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys

DATA = os.environ["VIGIE_DATA_DIR"]
CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "shutil.rmtree", "sqlite3.connect"}


def main() -> None:
    """Count or kill."""
    at, module, arguments = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    seen = 0

    def watch(event: str, details: tuple[object, ...]) -> None:
        nonlocal seen
        writes = event == "open" and isinstance(details[1], str) and bool(set(details[1]) & set("wa+"))
        if not (event in CHANGES or writes) or not any(isinstance(detail, str) and detail.startswith(DATA) for detail in map(_plain, details)):
            return
        seen += 1
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)

    command = getattr(importlib.import_module(module), "run" if module == "cli.main" else "main")
    sys.addaudithook(watch)
    code = command(arguments)
    print(f"changes {seen}", file=sys.stderr)
    sys.exit(code)


def _plain(detail: object) -> object:
    return os.fsdecode(detail) if isinstance(detail, bytes | os.PathLike) else detail


if __name__ == "__main__":
    main()
