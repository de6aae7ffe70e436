"""``python -m demo.console``: the demonstration's sites, the console on what was read of them, and the worker that reads what is submitted."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.errors import ConfigError
from core.settings import ROOT
from demo.people import FOLDER, listed
from demo.serve import BASE_PORT, DemoWeb, demo_web

if TYPE_CHECKING:
    from collections.abc import Iterator

PORT = 8600
PATIENCE = 15  # seconds that a child has to end


def environment(web: DemoWeb | None = None) -> dict[str, str]:
    """Of a command on the demonstration's data: nothing of a real installation, whose archive and index its texts must never reach."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("VIGIE_")}
    own |= {"VIGIE_DATA_DIR": str(FOLDER), "VIGIE_SOURCES_DIR": str(FOLDER / "sources"), "VIGIE_CONSOLE_NAME": "Démonstration"}
    return own | ({"VIGIE_SUBMISSION_PLACES": ",".join(urlsplit(url).netloc for url in web.urls.values())} if web else {})


def main(arguments: list[str] | None = None) -> int:
    """Serves until Ctrl-C, or until one of its two processes ends."""
    parser = argparse.ArgumentParser(prog="python -m demo.console", description="Ouvre la console sur les données de démonstration.")
    parser.add_argument("--port", type=int, default=PORT, help="port de la console")
    options = parser.parse_args(arguments)
    if not (FOLDER / "cases.sqlite").exists():
        print("Il n'y a pas encore de données de démonstration : lancez d'abord make demo.", file=sys.stderr)
        return 2
    return serve(options.port)


def serve(port: int) -> int:
    """The exit code: that of the process that ended by itself, else 0."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C
    try:
        with demo_web(BASE_PORT) as web, ExitStack() as stack:
            console = stack.enter_context(_running(["console", "serve", "--port", str(port)], web))
            worker = stack.enter_context(_running(["submissions", "serve"], web))
            print(_told(web, port), flush=True)
            stack.callback(console.terminate)  # both end at the same time
            while console.poll() is None and worker.poll() is None:
                time.sleep(0.2)
            return console.returncode or worker.returncode or 0
    except ConfigError as error:
        print(f"demo.console: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nArrêt de la démonstration.")
        return 0


@contextmanager
def _running(command: list[str], web: DemoWeb) -> Iterator[subprocess.Popen[bytes]]:
    """A ``vigie`` command until the block ends, in a group of its own: Ctrl-C reaches it through us, once."""
    with subprocess.Popen([sys.executable, "-m", "cli.main", *command], cwd=ROOT, env=environment(web), start_new_session=True) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()


def _told(web: DemoWeb, port: int) -> str:
    pages = "\n".join(f"  {url:<24} {web.titles[name]}" for name, url in web.urls.items())
    return f"""
La console s'ouvre à l'adresse http://127.0.0.1:{port}/ (Ctrl-C pour arrêter).

{listed()}

Adresses à soumettre, par exemple une page de l'un de ces sites :
{pages}"""


if __name__ == "__main__":
    sys.exit(main())
