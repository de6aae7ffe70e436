"""Documents say what the code does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import yaml

from cli.main import COMMANDS
from core.settings import ROOT
from crawlers.catalog import kinds
from scripts import fields_doc, settings_doc

if TYPE_CHECKING:
    from types import ModuleType


@pytest.mark.parametrize("made", [settings_doc, fields_doc])
def test_every_setting_and_every_field_is_documented(made: ModuleType) -> None:
    assert made.PAGE.read_text(encoding="utf-8") == made.page(), f"run: python scripts/{made.__name__.rpartition('.')[2]}.py"


def test_readme_names_every_command_kind_and_folder() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in [*COMMANDS, *kinds()]:
        assert name in text, name
    for folder in sorted(path.parent.name for path in ROOT.glob("*/__init__.py")):
        assert f"`{folder}/`" in text, folder
    assert text.index("make demo") < text.index("make test") < 1500


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/choices.md"])
def test_links_lead_somewhere(name: str) -> None:
    path = ROOT / name
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{name} links to {target}"


def test_make_help_explains_every_target() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    declared = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)
    assert declared
    for target in declared[1].split():
        assert re.search(rf"^{target}:.*## \w", text, re.MULTILINE), target


def test_ci_runs_the_laptop_command() -> None:
    assert "make check" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_the_locks_pin_exact_versions_and_what_must_agree() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
        assert all(re.match(r"^[a-z0-9._-]+==[^ ]+( ; .*)?$", line) for line in lines), name
        assert not [line for line in lines if line.startswith(("nvidia", "triton", "cuda"))]
    pinned = dict(line.split(" ;")[0].split("==") for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines())
    assert pinned["elasticsearch"].startswith("8.")
    assert int(pinned["fastapi"].split(".")[1]) <= 150
    assert pinned["torch"] == "2.13.0"


def test_production_listens_on_loopback_with_a_password() -> None:
    services = yaml.safe_load((ROOT / "compose.yml").read_text(encoding="utf-8"))["services"]
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(str(port).startswith("127.0.0.1:") for port in ports)
