"""The taxonomy: what ships is whole, and a mistake in it is named."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from spacy.matcher import Matcher

from core.errors import ConfigError, NotFound
from core.records import MARKERS
from core.settings import ROOT
from core.taxonomy import FlagEntry, MarkerEntry, Submarker, load_taxonomy
from nlp.corpus import load_rows
from nlp.segment import splitter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SHIPPED = load_taxonomy()
CORPUS = ROOT / "nlp" / "corpus"
GUIDELINE = (CORPUS / "GUIDELINE.md").read_text(encoding="utf-8")
LAWYER = "à vérifier par un juriste"
CITATION = re.compile(r"\b[Aa]rt(?:\.|icles? L?\.? ?\d)|\bCP \d|\b\d{3}-\d+(?:-\d+)?\b")  # "3919" and "15, 17" are phone numbers
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
    quotes = {(quote.marker, quote.submarker) for row in load_rows(CORPUS) for quote in row.quotes}
    assert quotes <= {(marker.id, submarker.id) for marker in SHIPPED.markers for submarker in marker.submarkers}


def test_guideline_explains_every_exclusion_and_submarker() -> None:
    assert [name for name in SHIPPED.exclusions() if f"`{name}`" not in GUIDELINE] == []
    assert [submarker.id for submarker in SHIPPED.submarkers() if f"| {submarker.id} |" not in GUIDELINE] == []


@pytest.mark.parametrize("marker", SHIPPED.markers, ids=lambda marker: marker.id)
def test_guideline_says_the_rule_in_the_same_words(marker: MarkerEntry) -> None:
    assert marker.rule in " ".join(GUIDELINE.replace("\n> ", "\n").split())
    assert "il faut d'ordinaire" in marker.rule
    assert "Par exception, un seul contenu" in marker.rule
    assert "Pour une notification, la règle est stricte" in marker.rule


@pytest.mark.parametrize(
    ("marker", "ordinary"),
    [
        ("abandon_soins", lambda shown: shown - {"A7", "A11", "A12"}),
        ("gourou", lambda shown: shown & {"B1", "B2"} and shown - {"B1", "B2"}),
        ("complotisme", lambda shown: shown & {"C1", "C2"}),
    ],
)
def test_in_the_corpus_the_exception_is_one(marker: str, ordinary: Callable[[set[str]], set[str]]) -> None:
    rows = [{quote.submarker for quote in row.quotes if quote.marker == marker} for row in load_rows(CORPUS) if marker in row.markers]
    assert all(rows), "no quote, no marker"
    assert sum(not ordinary(shown) for shown in rows) <= 0.2 * len(rows)


def sentences(data: Any) -> Iterator[str]:
    """Every text of a file but the legal bases and the rules that a machine reads."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield from () if key in {"legal_basis", "rules"} else sentences(value)
    elif isinstance(data, list):
        for value in data:
            yield from sentences(value)
    else:
        yield str(data)


def test_an_article_outside_legal_basis_is_for_the_lawyer_to_check() -> None:
    files = sorted((ROOT / "nlp" / "markers").glob("*.yml"))
    texts = [text for path in files for text in sentences(yaml.safe_load(path.read_text(encoding="utf-8")))] + GUIDELINE.split("\n")
    assert len(texts) > 1000
    assert [text for text in texts if CITATION.search(text) and LAWYER not in text] == []


def test_nothing_is_said_to_be_in_force() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "nlp" / "markers").glob("*.yml")]
    assert [text[:20] for text in (*texts, GUIDELINE) if re.search(r"en vigueur|in[ _]force", text, re.IGNORECASE)] == []
    bases = [basis for submarker in SHIPPED.submarkers() for basis in submarker.legal_basis]
    assert {basis.read_in for basis in bases} == {None, "Code pénal, copie du 2026-04-02", "Code de la consommation, copie du 2026-04-03"}
    assert all("à vérifier par un juriste" in basis.note.lower() for basis in bases)


def test_names_say_what_to_look_at_not_an_offence() -> None:
    names = [entry.name for entry in (*SHIPPED.submarkers(), *SHIPPED.flags)]
    stated = re.compile(r"usurp|illégal|fraud|escroqu|harcèl|menace|délit|infraction|abus|sans titre|impos|sanctionn|déviant", re.IGNORECASE)
    assert [name for name in names if stated.search(name)] == []
    assert "Un signe est **possible** tant qu'une personne ne l'a pas regardé." in GUIDELINE


@pytest.mark.parametrize("flag", BY_TEXT, ids=lambda flag: flag.id)
def test_rules_raise_the_flag_where_they_should(flag: FlagEntry) -> None:
    matcher = Matcher(splitter().vocab, validate=True)
    for rule in flag.rules:
        matcher.add(rule.name, [rule.pattern])
    assert [text for text in flag.matches if not matcher(splitter().tokenizer(text))] == []
    assert [text for text in flag.non_matches if matcher(splitter().tokenizer(text))] == []


def test_import_stays_light() -> None:
    code = "import sys, core.taxonomy; core.taxonomy.load_taxonomy(); print([m for m in ('torch', 'spacy', 'numpy', 'transformers') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


READ_IN = ', read_in: "Code pénal, copie du 2026-04-02"'


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
        ("abandon_soins", READ_IN, "", r"submarkers\.A1\.legal_basis\.0: .*read_in is given exactly when status is lu"),
        ("abandon_soins", READ_IN, READ_IN.replace("04-02", "02-30"), r"submarkers\.A1\.legal_basis\.0: .*day is out of range for month"),
        ("abandon_soins", READ_IN, ", read_in: 2026-02-30", r"submarkers\.A1\.legal_basis\.0: .*found '2026-02-30', expected the code of text and a day"),
        ("abandon_soins", READ_IN, READ_IN.replace("pénal", "civil"), r"submarkers\.A1\.legal_basis\.0: .*found 'Code civil, copie"),
        ("abandon_soins", READ_IN, f"{READ_IN}, in_force: 2026-02-30", r"submarkers\.A1\.legal_basis\.0\.in_force: Extra inputs"),
        ("abandon_soins", "    min_items: 1\n", "    min_items: !!int un\n", r"abandon_soins\.yml: not readable as YAML .*invalid literal"),
        ("gourou", "    severity: 0.9\n", "    severity: 0.9\n    severity: 0.1\n", r"gourou\.yml: not readable as YAML .*duplicate key 'severity'.* line \d+"),
        ("gourou", "letter: B\n", "letter: B\nletter: B\n", r"gourou\.yml: .*duplicate key 'letter'"),
        ("gourou", "  - id: spirituality\n", "  - id: ordinary_faith\n", r"gourou\.yml: exclusions: 'ordinary_faith' stands twice"),
        ("gourou", "key: autorite_exclusive\n", "key: destabilisation\n", r"gourou\.yml: submarkers: key: 'destabilisation' stands twice"),
        ("gourou", "key: destabilisation\n", "key: arret_traitement\n", r"gourou\.yml: submarkers: key: 'arret_traitement' stands twice"),
        ("flags", "key: public_vulnerable\n", "key: mineurs_exposes\n", r"flags\.yml: key: 'mineurs_exposes' stands twice"),
        ("flags", "{name: bebe,", "{name: enfants,", r"flags\.yml: rules: 'T1\.enfants' stands twice"),
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


@pytest.mark.parametrize(
    ("token", "message"),
    [
        ('{LOWER: {REGEX: "^(a|b$"}}', r"token 0, LOWER: missing \), unterminated subpattern"),
        ("{LOWER: {REGEX: [a, b]}}", r"token 0, LOWER: REGEX wants text"),
        ('{LOWER: {REGEX: "^Bébé$"}}', r"'\^Bébé\$' is not in lower case and never matches"),
        ("{LOWER: {IN: dîme}}", r"token 0, LOWER: IN wants a list of words in \{'IN': 'dîme'\}"),
        ("{LOWER: {NOT_IN: dîme}}", r"token 0, LOWER: NOT_IN wants a list of words"),
        ("{LOWER: {IN: []}}", r"token 0, LOWER: IN wants a list of words"),
        ("{LOWER: {IN: [a, on]}}", r"token 0, LOWER: IN wants text, True is none"),  # YAML reads on as true
        ("{LOWER: {IN: [a, Dîme]}}", r"'Dîme' is not in lower case and never matches"),
        ("{LOWER: Dîme}", r"'Dîme' is not in lower case and never matches"),
        ("{LOWER: {}}", r"token 0, LOWER: IN wants text, \{\} is none"),
        ("{LOWER: {REGX: a}}", r"unknown predicate 'REGX'; did you mean 'REGEX'\?"),
        ("{IS_DIGIT: oui}", r"token 0, IS_DIGIT: neither true nor false in 'oui'"),
        ('{LOWER: a}, {LOWER: b, OP: "{x}"}', r"token 1, OP: no operator, expected one of: \+ \* \? ! .* in '\{x\}'"),
        ('{LOWER: a, OP: "{3,1}"}', r"token 0, OP: no operator"),
        ('{LOWER: a, OP: "{,}"}', r"token 0, OP: no operator"),
        ('{LOWER: a, OP: "1"}', r"token 0, OP: no operator"),
    ],
)
def test_a_pattern_that_spacy_would_refuse_is_named(folder: Path, token: str, message: str) -> None:
    spoil(folder / "flags.yml", "    rules:\n", f"    rules:\n      - {{name: essai, pattern: [{token}]}}\n")
    with pytest.raises(ConfigError, match=r"flags\.yml: flags\.T1\.rules\.essai: .*" + message) as caught:
        load_taxonomy(folder)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("operator", ["+", "*", "?", "!", "{2}", "{1,3}", "{2,}", "{,3}"])
def test_spacy_and_the_loader_take_the_same_operators(folder: Path, operator: str) -> None:
    spoil(
        folder / "flags.yml", "    rules:\n", f"    rules:\n      - {{name: essai, pattern: [{{LOWER: {{REGEX: '^\\W\\S$'}}, OP: '{operator}'}}]}}\n"
    )
    rule = load_taxonomy(folder).flag("T1").rules[0]
    Matcher(splitter().vocab, validate=True).add(rule.name, [rule.pattern])


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
    spoil(other / "flags.yml", "Mineurs peut-être exposés", "Mineurs concernés")
    assert load_taxonomy(other).version != SHIPPED.version
