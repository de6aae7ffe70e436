"""The house: who may import whom, what stays light, how long things are."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import ROOT

PACKAGES = {
    "core": set(),
    "crawlers": {"core"},
    "nlp": {"core"},
    "index": {"core"},
    "cases": {"core"},
    "flows": {"core", "crawlers", "nlp", "index", "cases"},
    "web": {"core", "index", "cases"},
    "cli": {"core", "crawlers", "nlp", "index", "cases", "flows", "web"},
    "demo": {"core", "cases", "index"},
}
INSIDE_CRAWLERS = {  # what a part of the crawlers may not know of
    "reading": {"fetching", "evidence", "erasing", "spiders", "platforms"},
    "fetching": {"evidence", "erasing", "spiders", "platforms"},
    "platforms": {"evidence", "erasing", "spiders"},
    "evidence": {"erasing", "spiders"},
    "erasing": {"spiders"},
}
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
ENVIRONMENT_READERS = {
    "core/settings.py",
    "flows/crawling.py",
    "flows/prefect_home.py",
    "flows/serving.py",
    "demo/console.py",
}  # all but the first: a child's or Prefect's


def imports(path: Path) -> set[str]:
    """Top-level names that a module imports, wherever it does."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_imports_follow_the_direction(path: Path) -> None:
    own = relative(path).split("/")[0]
    wrong = (imports(path) & PACKAGES.keys()) - PACKAGES[own] - {own}
    assert not wrong, f"{relative(path)} imports {sorted(wrong)}; {own} may import {sorted(PACKAGES[own])}"


@pytest.mark.parametrize("part", INSIDE_CRAWLERS)
def test_parts_of_the_crawlers_do_not_know_what_stands_above_them(part: str) -> None:
    for path in (ROOT / "crawlers" / part).rglob("*.py"):
        named = set(re.findall(r"^\s*(?:from|import) crawlers\.(\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
        assert not named & INSIDE_CRAWLERS[part], f"{relative(path)} imports crawlers.{sorted(named & INSIDE_CRAWLERS[part])}"


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_module_is_short_and_its_functions_too(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 300, "split it"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 45, f"{node.name} is too long"
        assert not isinstance(node, ast.Assert), f"assert in {relative(path)}:{node.lineno}"


def test_one_package_speaks_to_elasticsearch() -> None:
    speaking = {path.parent for path in MODULES if imports(path) & {"elasticsearch", "elastic_transport"}}
    assert speaking == {ROOT / "index" / "elastic"}


def test_one_module_reads_the_environment() -> None:
    readers = {relative(path) for path in MODULES if "os.environ" in path.read_text(encoding="utf-8") or "getenv" in path.read_text(encoding="utf-8")}
    assert readers <= ENVIRONMENT_READERS


def test_broad_excepts_stand_at_the_edges_only() -> None:
    def broad(path: Path) -> bool:
        handlers = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ExceptHandler)]
        return any(node.type is None or "Exception" in ast.unparse(node.type).replace("ClickException", "").split(".") for node in handlers)

    assert [relative(path) for path in MODULES if broad(path)] == ["cli/main.py"]


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, cli.main; print(cli.main.run(['--help'])); print([m for m in ('torch','spacy','prefect','scrapy','pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")
    assert "doctor" in done.stdout


def test_importing_every_module_writes_and_connects_to_nothing() -> None:
    names = [relative(path).removesuffix(".py").replace("/", ".") for path in MODULES if path.name not in ("__main__.py", "serving.py", "daily.py")]
    code = f"""
import sys, importlib
def watch(event, args):
    if event in ('socket.connect', 'sqlite3.connect') or (event == 'open' and isinstance(args[1], str) and set(args[1]) & set('wa+')
            and not str(args[0]).endswith(('.pyc', '/dev/null')) and '__pycache__' not in str(args[0])):
        print(event, args, flush=True)
sys.addaudithook(watch)
for name in {names!r}:
    importlib.import_module(name)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
