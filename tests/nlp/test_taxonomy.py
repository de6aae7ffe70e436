"""The taxonomy: what ships is whole, and a mistake in it is named."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from spacy.matcher import Matcher

from core.errors import ConfigError, NotFound
from core.records import MARKERS
from core.settings import ROOT
from nlp.corpus import load_rows
from nlp.segment import splitter
from nlp.taxonomy import FlagEntry, Submarker, load_taxonomy

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = load_taxonomy()
BY_TEXT = [flag for flag in SHIPPED.flags if flag.detected_by == "text"]


def test_counts_and_version() -> None:
    assert {marker.id for marker in SHIPPED.markers} == set(MARKERS)
    assert [len(SHIPPED.marker(name).submarkers) for name in ("abandon_soins", "gourou", "complotisme")] == [12, 12, 11]
    assert [flag.id for flag in SHIPPED.flags] == [f"T{number}" for number in range(1, 14)]
    assert {flag.id for flag in SHIPPED.flags if flag.detected_by == "context"} == {"T8", "T11", "T12"}
    assert len(SHIPPED.version) == 12
    assert load_taxonomy() is SHIPPED


def test_lookups() -> None:
    assert SHIPPED.submarker("A5").key == "promesse_guerison"
    assert SHIPPED.flag("T7").severity_weight == 1.0
    assert SHIPPED.exclusions("gourou").keys() < SHIPPED.exclusions().keys()
    assert SHIPPED.exclusions()["ordinary_faith"] == SHIPPED.exclusions("abandon_soins")["ordinary_faith"]
    with pytest.raises(NotFound, match=r"sub-marker 'A13' does not exist; did you mean 'A"):
        SHIPPED.submarker("A13")
    with pytest.raises(NotFound, match=r"marker 'gouru' does not exist; did you mean 'gourou'\?"):
        SHIPPED.exclusions("gouru")


@pytest.mark.parametrize("submarker", SHIPPED.submarkers(), ids=lambda submarker: submarker.id)
def test_submarker_is_shown(submarker: Submarker) -> None:
    texts = [*submarker.matches, *submarker.non_matches]
    assert min(len(submarker.matches), len(submarker.non_matches)) >= 3
    assert len(set(texts)) == len(texts)
    assert all(len(text.split()) >= 5 and text[-1] in ".!?" for text in texts)
    assert len(set(submarker.cues)) == len(submarker.cues) >= 5


def test_no_sentence_serves_twice() -> None:
    texts = [text for entry in (*SHIPPED.submarkers(), *SHIPPED.flags) for text in (*entry.matches, *entry.non_matches)]
    assert [text for text, count in Counter(texts).items() if count > 1] == []


def test_what_guardrails_ask() -> None:
    assert {submarker.id for submarker in SHIPPED.submarkers() if "sante" in submarker.gate} >= {"A1", "A2", "A3", "A4", "A6"}
    assert all(submarker.min_items == 2 for submarker in SHIPPED.submarkers() if submarker.id[0] == "B" or submarker.id == "A11")
    for submarker in SHIPPED.submarkers():
        assert "droit" in submarker.gate or not any("223-15" in basis.text for basis in submarker.legal_basis), submarker.id
        assert all("juriste" in basis.note for basis in submarker.legal_basis)


def test_corpus_names_submarkers_of_the_taxonomy() -> None:
    quotes = {(quote.marker, quote.submarker) for row in load_rows(ROOT / "nlp" / "corpus") for quote in row.quotes}
    assert quotes <= {(marker.id, submarker.id) for marker in SHIPPED.markers for submarker in marker.submarkers}


def test_guideline_explains_every_exclusion_and_submarker() -> None:
    text = (ROOT / "nlp" / "corpus" / "GUIDELINE.md").read_text(encoding="utf-8")
    assert [name for name in SHIPPED.exclusions() if f"`{name}`" not in text] == []
    assert [submarker.id for submarker in SHIPPED.submarkers() if f"| {submarker.id} |" not in text] == []


@pytest.mark.parametrize("flag", BY_TEXT, ids=lambda flag: flag.id)
def test_rules_raise_the_flag_where_they_should(flag: FlagEntry) -> None:
    matcher = Matcher(splitter().vocab, validate=True)
    for rule in flag.rules:
        matcher.add(rule.name, [rule.pattern])
    assert len(matcher) == len(flag.rules), "two rules have the same name"
    assert [text for text in flag.matches if not matcher(splitter().tokenizer(text))] == []
    assert [text for text in flag.non_matches if matcher(splitter().tokenizer(text))] == []


def test_import_stays_light() -> None:
    code = (
        "import sys, nlp.taxonomy; nlp.taxonomy.load_taxonomy(); print([m for m in ('torch', 'spacy', 'numpy', 'transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped taxonomy, to be spoilt."""
    return shutil.copytree(ROOT / "nlp" / "markers", tmp_path / "markers")


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("gourou", "    severity: 0.9\n", "    severty: 0.9\n", r"gourou\.yml: submarkers\.B1\.severty: .*did you mean 'severity'\?"),
        ("gourou", "    min_items: 2\n", "    min_items: 2\n    cuse: [a]\n", r"gourou\.yml: submarkers\.B1\.cuse: .*did you mean 'cues'\?"),
        ("gourou", "id: B2\n", "id: B1\n", r"gourou\.yml: duplicate id 'B1'; expected one of: B2"),
        ("complotisme", "id: C7\n", "id: C77\n", r"complotisme\.yml: unknown id 'C77'; did you mean 'C7'\?"),
        ("flags", "id: T3\n", "id: T2\n", r"flags\.yml: duplicate id 'T2'; expected one of: T3"),
        ("gourou", "KEYWORD_CYBER_BULLYING_INTIMIDATION", "KEYWORD_CYBER_BULYING_INTIMIDATION", r"gourou\.yml: B1\.dsa: unknown code 'KEYWORD_CYBER_BULYING_INTIMIDATION'; did you mean 'KEYWORD_CYBER_BULLYING_INTIMIDATION'\?"),
        ("abandon_soins", "STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY", "STATEMENT_CATEGORY_RISK_PUBLIC_SECURITY", r"A1\.dsa: unknown code .*did you mean 'STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY'\?"),
        ("abandon_soins", ", in_force: 2026-04-02, status: lu", ", status: lu", r"submarkers\.A1\.legal_basis\.0: .*in_force is given exactly when status is lu"),
        ("abandon_soins", "description: \"appel à priver un enfant d'un soin préventif\"", "description:", r"submarkers\.A3\.dsa\.1: .*description is given exactly when"),
        ("flags", "LOWER: {IN: [mon", "LWER: {IN: [mon", r"flags\.yml: flags\.T1\.rules\.enfants\.pattern\.0\.LWER.*LOWER"),
        ("complotisme", "id: complotisme\n", "id: gourou\n", r"complotisme\.yml: id: found 'gourou'"),
        ("complotisme", "name: Complotisme\n", "name: [Complotisme\n", r"complotisme\.yml: not readable as YAML"),
    ],
)  # fmt: skip
def test_a_mistake_is_named(folder: Path, file: str, old: str, new: str, message: str) -> None:
    spoil(folder / f"{file}.yml", old, new)
    with pytest.raises(ConfigError, match=message):
        load_taxonomy(folder)


def test_missing_file(folder: Path) -> None:
    (folder / "gourou.yml").unlink()
    with pytest.raises(ConfigError, match=r"gourou\.yml does not exist; restore it"):
        load_taxonomy(folder)


def test_too_few_sentences(folder: Path) -> None:
    spoil(folder / "complotisme.yml", "      - Le gouvernement est nul et il ment comme il respire.\n", "")
    with pytest.raises(ConfigError, match=r"complotisme\.yml: submarkers\.C1\.non_matches: .*at least 3 items"):
        load_taxonomy(folder)


def test_too_few_sentences_of_a_flag(folder: Path) -> None:
    spoil(folder / "flags.yml", "      - Ce boulot me tue, vivement vendredi.\n", "")
    with pytest.raises(ConfigError, match=r"flags\.yml: flags\.T7: .*at least 3 matches, 3 non_matches and 1 rule"):
        load_taxonomy(folder)


def test_a_missing_submarker_is_named(folder: Path) -> None:
    path = folder / "complotisme.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("  - id: C11")], encoding="utf-8")
    with pytest.raises(ConfigError, match=r"complotisme\.yml: C11 is missing"):
        load_taxonomy(folder)


def test_version_changes_with_any_byte(folder: Path) -> None:
    assert load_taxonomy(folder).version == SHIPPED.version
    other = shutil.copytree(folder, folder.parent / "other")
    spoil(other / "flags.yml", "Mineurs exposés", "Mineurs concernés")
    assert load_taxonomy(other).version != SHIPPED.version
