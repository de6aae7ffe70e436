"""Draw docs/queue.png, the README's picture: ``vigie queue`` on the demonstration's data, as a terminal shows it. Needs Debian's chromium."""

from __future__ import annotations

import html
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from core.settings import ROOT

WIDTH, HEIGHT = 1120, 730
PAGE = """<!doctype html><meta charset="utf-8"><style>body{{margin:0;overflow:hidden;background:#15181d;color:#d8dee9;padding:22px}}
pre{{font:14px/1.38 "DejaVu Sans Mono",monospace;margin:0;white-space:pre-wrap}}
.r{{color:#ff6b6b;font-weight:bold}}.y{{color:#f0c674}}.g{{color:#98c379}}.c{{color:#7fc1ca}}.d{{color:#8a93a3}}.b{{font-weight:bold;color:#fff}}
</style><pre>{text}</pre>"""


def main() -> None:
    """Run the command with colours, turn them into HTML, and photograph it."""
    folder = ROOT / "data" / "demo"
    environment = {**os.environ, "VIGIE_DATA_DIR": str(folder), "VIGIE_SOURCES_DIR": str(folder / "sources"), "FORCE_COLOR": "1", "COLUMNS": "120"}
    command = [sys.executable, "-m", "cli.main", "queue", "--size", "3"]
    shown = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    with tempfile.TemporaryDirectory() as place:
        page = Path(place) / "page.html"
        page.write_text(PAGE.format(text=coloured("$ vigie queue --size 3\n" + shown)), encoding="utf-8")
        flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            f"--user-data-dir={place}/profile",
        ]
        shot = f"--screenshot={ROOT / 'docs' / 'queue.png'}"
        subprocess.run(["chromium", *flags, f"--window-size={WIDTH},{HEIGHT}", shot, page.as_uri()], check=True, capture_output=True, timeout=120)


def coloured(text: str) -> str:
    """ANSI colours as spans."""
    codes = {"1;31": "r", "33": "y", "32": "g", "36": "c", "2": "d", "1": "b"}
    found = html.escape(text)
    for code, name in codes.items():
        found = found.replace(f"\x1b[{code}m", f'<span class="{name}">')
    return found.replace("\x1b[0m", "</span>")


if __name__ == "__main__":
    main()
