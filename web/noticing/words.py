"""The French words of notices, of words.yml, and the categories of the transparency database as a form offers them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import yaml

from cases.legal import load_legal
from cases.notice import ACTIONS, OUTCOMES
from cases.reporting.words import ACTION_NAMES, CATEGORY_NAMES, COMPLAINT_NAMES, GROUND_NAMES, OUTCOME_NAMES, SCOPE_NAMES
from core.taxonomy import load_taxonomy
from index.values import VALUE_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE = Path(__file__).parent / "words.yml"


class Choice(NamedTuple):
    """A category with one of its keywords, as one field of a form. ``proposed``: the taxonomy has it for a sign of the items."""

    value: str  # category:keyword
    name: str
    description: str
    proposed: bool


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """Kind of word, word: its French name. What the reports say of the same things they say here too."""
    found: dict[str, Mapping[str, str]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    shared: dict[str, Mapping[str, str]] = {
        "states": VALUE_NAMES["notice_state"],
        "actions": {word: ACTION_NAMES[word] for word in ACTIONS}, "outcomes": {word: OUTCOME_NAMES[word] for word in OUTCOMES},
        "grounds": {word: name for word, name in GROUND_NAMES.items() if word}, "scopes": {word: name for word, name in SCOPE_NAMES.items() if word},
        "complaints": COMPLAINT_NAMES, "categories": CATEGORY_NAMES,
    }  # fmt: skip
    return {**found, **shared}


def name_of(kind: str, word: str | None) -> str:
    """A word as people read it; one that has no name is its own."""
    return words()[kind].get(word, word) if word else ""


def categories(submarkers: Iterable[str], bases: Iterable[str] = ()) -> tuple[Choice, ...]:
    """All that may be chosen, what the taxonomy and the legal bases propose for these first."""
    taxonomy, legal = load_taxonomy(), load_legal()
    codes = [code for name in submarkers for code in taxonomy.submarker(name).dsa] + [code for name in bases for code in legal.basis(name).codes]
    proposed = {(code.category, code.keyword): code.description or "" for code in codes}
    return tuple(_choice(code, description, proposed=code in proposed) for code, description in {**proposed, **_others(proposed)}.items())


def _others(proposed: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """What the rules take besides: see cases/notice_rules.py."""
    every = [code for one in load_taxonomy().submarkers() for code in one.dsa] + [code for one in load_legal().bases for code in one.codes]
    return dict.fromkeys(sorted({(code.category, code.keyword) for code in every} - set(proposed)), "")


def _choice(code: tuple[str, str], description: str, *, proposed: bool) -> Choice:
    category, keyword = code
    return Choice(f"{category}:{keyword}", f"{name_of('categories', category)} : {name_of('keywords', keyword)}", description, proposed)
