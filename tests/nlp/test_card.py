"""The shipped model's card: its figures are those of metrics.json, and stay above the card's floors."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml

from core.settings import Settings
from nlp.registry import load_registry

SETTINGS = Settings()
FOLDER = SETTINGS.models_dir / load_registry(SETTINGS.models_dir).models[SETTINGS.model].folder
CARD = (FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def metrics() -> dict[str, Any]:
    return json.loads((FOLDER / "metrics.json").read_text(encoding="utf-8"))


def floors() -> list[dict[str, Any]]:
    """The YAML block of the card under its heading of floors."""
    found = re.search(r"```yaml\n# floors\n(.*?)```", CARD, re.DOTALL)
    assert found, "the card has a block ```yaml that begins with # floors"
    return [{"name": name, **limits} for name, limits in yaml.safe_load(found[1]).items()]


def test_the_figures_are_of_the_model_that_is_pinned(metrics: dict[str, Any]) -> None:
    entry = load_registry(SETTINGS.models_dir).models[SETTINGS.model]
    assert metrics["model"] == SETTINGS.model
    assert metrics["revision"] == entry.revision
    assert entry.revision in CARD
    assert metrics["quick"] is False


@pytest.mark.parametrize("floor", floors(), ids=lambda floor: floor["name"])
def test_figures_keep_the_card_s_floors(floor: dict[str, Any], metrics: dict[str, Any]) -> None:
    value = next(goal["value"] for goal in metrics["goals"] if goal["name"] == floor["name"])
    assert value is not None
    assert floor.get("at_least", value) <= value <= floor.get("at_most", value)


def test_the_card_speaks_both_languages_and_says_what_it_must() -> None:
    for heading in (
        "Intended use",
        "Misuse",
        "Training data",
        "Figures",
        "Known failures",
        "Usage prévu",
        "Mésusage",
        "Données",
        "Chiffres",
        "Échecs connus",
    ):
        assert f"## {heading}" in CARD, heading
