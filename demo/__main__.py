"""``make demo``: serve the demonstration web, run Vigie on it as on any site, compare with the truth, and open the console on it."""

from __future__ import annotations

import json
import subprocess
import sys

from core.errors import VigieError
from core.records import MARKERS
from core.settings import ROOT
from demo.console import PORT, environment, serve
from demo.people import FOLDER, listed
from demo.serve import BASE_PORT, demo_web, write_sources
from demo.truth import Truth, load_truth, truth_of
from demo.work import prepare

SHOWN = 8


def main() -> int:
    """The exit code: that of the first command that failed, else 0."""
    print("Vigie lit un petit web de démonstration, servi sur cette machine (127.0.0.1, textes écrits pour le projet).\n", flush=True)
    try:
        with demo_web(port=BASE_PORT) as web:
            write_sources(web, FOLDER / "sources")
            code = _vigie(["run"])
            if code:
                return code
            prepare(web)
    except VigieError as error:
        print(f"make demo: {error}", file=sys.stderr)
        return 2
    print(flush=True)
    code = _vigie(["queue", "--size", str(SHOWN)])
    print(_compared())
    print(_next_steps(), flush=True)
    if code == 0 and sys.stdout.isatty():
        return serve(PORT)
    print(f"\n{listed()}\n\nOuvrir la console sur http://127.0.0.1:{PORT}/ : .venv/bin/python -m demo.console")
    return code


def _vigie(arguments: list[str]) -> int:
    return subprocess.run([sys.executable, "-m", "cli.main", *arguments], cwd=ROOT, env=environment(), check=False).returncode


def _compared() -> str:
    """How the flags compare with what a person expects of each page."""
    command = [sys.executable, "-m", "cli.main", "search", "--lane", "signale", "--size", "1000", "--json"]
    indexed = json.loads(subprocess.run(command, cwd=ROOT, env=environment(), check=False, capture_output=True, text=True).stdout)
    truths = load_truth()
    flagged = {entry["id"]: (truth_of(entry["url"], truths), entry["markers"]) for entry in indexed["results"]}
    lines = ["Comparé à ce qu'une personne attend de chaque page de la démonstration :"]
    for marker in MARKERS:
        hits = [truth for truth, markers in flagged.values() if truth and marker in markers]
        wanted = sum(marker in truth.markers for truth in truths.values() if truth.collected)
        right = sum(marker in truth.markers for truth in hits)
        lines.append(f"  {marker:<14} {right} trouvés sur {wanted} attendus, {len(hits) - right} signalés à tort")
    innocent = [truth for truth in truths.values() if truth.collected and not truth.markers]
    wrong = sum(1 for truth, _ in flagged.values() if truth and not truth.markers)
    return "\n".join([*lines, f"  pages innocentes signalées : {wrong} sur {len(innocent)} ({_kinds(flagged)})"])


def _kinds(flagged: dict[str, tuple[Truth | None, list[str]]]) -> str:
    counts = {kind: sum(1 for truth, _ in flagged.values() if truth and truth.kind == kind) for kind in ("hard_negative", "ordinary")}
    return f"{counts['hard_negative']} faux amis, {counts['ordinary']} ordinaires"


def _next_steps() -> str:
    place = FOLDER.relative_to(ROOT)
    return f"""
Et maintenant :
  source .venv/bin/activate
  export VIGIE_DATA_DIR={place} VIGIE_SOURCES_DIR={place}/sources
  vigie search '"cancer" chimio'        chercher dans tout ce qui est indexé
  vigie networks                        ce que publications et cagnottes ont en commun
  vigie notices list --by karim@demo.example
                                        les notifications : une a reçu sa réponse, une est à finir
  vigie stats plot                      les tableaux de bord, en images
  vigie score "Un texte à évaluer"      évaluer un texte
  python -m demo.serve                  ouvrir les pages dans un navigateur
  vigie doctor                          vérifier l'installation
Lire le vrai web : README.md, « Lire le vrai web »."""


if __name__ == "__main__":
    sys.exit(main())
