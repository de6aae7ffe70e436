"""The taxonomy in nlp/markers: markers, sub-markers, exclusions and transversal flags as reviewed data, checked when it is loaded."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar

import yaml
from pydantic import Field, StringConstraints, ValidationError, model_validator

from core.errors import ConfigError, NotFound, nearest
from core.records import Marker, Probability, Record
from core.settings import ROOT

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("abandon_soins", "gourou", "complotisme", "flags", "dsa")
IDS = {"abandon_soins": ("A", 12), "gourou": ("B", 12), "complotisme": ("C", 11), "flags": ("T", 13)}

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Sentences = Annotated[tuple[Text, ...], Field(min_length=3)]
Attribute = Annotated[str, Field(pattern="^(LOWER|ORTH|SHAPE|ENT_TYPE|IS_DIGIT|LIKE_NUM|OP)$")]  # what needs neither tagger nor lemmatizer
PREDICATES = ("IN", "NOT_IN", "REGEX")
OPERATOR = re.compile(r"[+*?!]|\{(\d+|\d*,\d+|\d+,)\}")  # as in spaCy's own schema


class LegalBasis(Record):
    """A text of law. ``lu``: read in ``read_in``, a third party's dated copy that may lag behind the law; ``non_verifie``: read by nobody yet."""

    text: Text
    status: Literal["lu", "non_verifie"]
    read_in: Text | None = None
    note: Text = "À vérifier par un juriste avant tout usage."

    @model_validator(mode="after")
    def _what_was_read_names_its_copy(self) -> Self:
        if (self.status == "lu") != (self.read_in is not None):
            raise ValueError("read_in is given exactly when status is lu")
        if self.read_in is not None:
            code, _, day = self.read_in.partition(", copie du ")
            if not day or not self.text.startswith(f"{code}, "):
                raise ValueError(f"read_in: found {self.read_in!r}, expected the code of text and a day, such as 'Code pénal, copie du 2026-04-02'")
            date.fromisoformat(day)  # raises ValueError: what is wrong with the day
        return self


class Code(Record):
    """Category and keyword of the DSA transparency database. KEYWORD_OTHER wants a description (Reg. 2024/2835: it is no catch-all)."""

    category: Text
    keyword: Text
    description: Text | None = None

    @model_validator(mode="after")
    def _other_is_described(self) -> Self:
        if (self.keyword == "KEYWORD_OTHER") != (self.description is not None):
            raise ValueError("description is given exactly when keyword is KEYWORD_OTHER")
        return self


class Exclusion(Record):
    """Why a text that looks like a marker is none."""

    id: Key
    name: Text
    definition: Text
    example: Text


class Submarker(Record):
    """One observable sign, with sentences that show it and sentences of like words that do not."""

    id: Text
    key: Key
    name: Text
    definition: Text
    legal_basis: tuple[LegalBasis, ...]
    condition: Text  # when the legal basis applies
    dsa: tuple[Code, ...]
    severity: Probability  # harm if the sign is real; a proposal
    gate: tuple[Literal["sante", "droit"], ...]  # who must look before anything is sent
    min_items: Literal[1, 2]  # dated items that it takes
    cues: Annotated[tuple[Text, ...], Field(min_length=5, max_length=15)]
    matches: Sentences
    non_matches: Sentences


class MarkerEntry(Record):
    """One of the three markers."""

    id: Marker
    letter: Literal["A", "B", "C"]
    name: Text
    definition: Text
    rule: Text
    exclusions: tuple[Exclusion, ...]
    submarkers: tuple[Submarker, ...]


class Rule(Record):
    """A spaCy Matcher pattern that raises a flag. What spaCy would refuse at the first text, or never match and not say so, is refused at load."""

    name: Key
    pattern: Annotated[list[dict[Attribute, Any]], Field(min_length=1)]

    @model_validator(mode="after")
    def _spacy_takes_it(self) -> Self:
        for number, attribute, wanted in ((number, *item) for number, token in enumerate(self.pattern) for item in token.items()):
            try:
                _check_value(attribute, wanted)
            except (ValueError, re.error) as error:
                raise ValueError(f"token {number}, {attribute}: {error} in {wanted!r}") from error
        return self


def _check_value(attribute: str, wanted: Any) -> None:
    if attribute == "OP":
        if not OPERATOR.fullmatch(str(wanted)) or (bounds := [int(number) for number in re.findall(r"\d+", wanted)]) != sorted(bounds):
            raise ValueError("no operator, expected one of: + * ? ! {n} {n,m} {n,} {,m}")
    elif attribute in {"IS_DIGIT", "LIKE_NUM"}:
        if not isinstance(wanted, bool):
            raise ValueError("neither true nor false")
    else:
        for name, value in wanted.items() if isinstance(wanted, dict) and wanted else [("IN", [wanted])]:
            _check_predicate(str(name), value, lower=attribute == "LOWER")


def _check_predicate(name: str, value: Any, *, lower: bool) -> None:
    if name not in PREDICATES:
        raise ValueError(f"unknown predicate {name!r}; {nearest(name, PREDICATES)}")
    words = [value] if name == "REGEX" else value
    if not isinstance(words, list) or not words:
        raise ValueError(f"{name} wants a list of words")
    for word in words:
        if not isinstance(word, str):
            raise ValueError(f"{name} wants text, {word!r} is none")  # noqa: TRY004 - pydantic wants a ValueError
        if name == "REGEX":
            re.compile(word)
        letters = re.sub(r"\\.|\(\?P", "", word) if name == "REGEX" else word  # \W and (?P<name>) are no letters
        if lower and letters != letters.lower():
            raise ValueError(f"{word!r} is not in lower case and never matches")


class FlagEntry(Record):
    """A sign that is independent of the markers."""

    id: Text
    key: Key
    name: Text
    definition: Text
    note: Text  # what to do
    detected_by: Literal["text", "context"]
    severity_weight: Probability  # for ranking; a proposal
    matches: tuple[Text, ...] = ()
    non_matches: tuple[Text, ...] = ()
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _what_is_read_in_text_is_shown(self) -> Self:
        if self.detected_by == "text" and (min(len(self.matches), len(self.non_matches)) < 3 or not self.rules):
            raise ValueError("a flag that is detected by text has at least 3 matches, 3 non_matches and 1 rule")
        return self


class _Loader(yaml.SafeLoader):
    """YAML where a key that stands twice is an error, instead of the last one winning, and where a day stays a text."""

    yaml_constructors = {**yaml.SafeLoader.yaml_constructors, "tag:yaml.org,2002:timestamp": yaml.SafeLoader.construct_yaml_str}  # noqa: RUF012

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        if twice := _twice([str(key.value) for key, _ in node.value]):
            raise yaml.composer.ComposerError(None, None, f"duplicate key {twice!r}", node.start_mark)
        return node


class _Shared(Record):
    flags: tuple[FlagEntry, ...] = ()
    categories: dict[str, tuple[str, ...]] = Field(default_factory=dict)


class Taxonomy(Record):
    """All of nlp/markers; ``version`` changes with any byte of it."""

    version: str
    markers: tuple[MarkerEntry, ...]
    flags: tuple[FlagEntry, ...]

    def marker(self, name: str) -> MarkerEntry:
        """The marker of an id such as ``gourou``. Raises NotFound."""
        return _pick(self.markers, name, what="marker")

    def submarkers(self) -> tuple[Submarker, ...]:
        """A1 to C11."""
        return tuple(submarker for marker in self.markers for submarker in marker.submarkers)

    def submarker(self, name: str) -> Submarker:
        """The sub-marker of an id such as ``A1``. Raises NotFound."""
        return _pick(self.submarkers(), name, what="sub-marker")

    def flag(self, name: str) -> FlagEntry:
        """The flag of an id such as ``T7``. Raises NotFound."""
        return _pick(self.flags, name, what="flag")

    def exclusions(self, marker: str | None = None) -> dict[str, Exclusion]:
        """Exclusions by id, of one marker or of all; where two markers define the same id, the first one's stands. Raises NotFound."""
        markers = self.markers if marker is None else (self.marker(marker),)
        return {exclusion.id: exclusion for entry in reversed(markers) for exclusion in entry.exclusions}


Entry = TypeVar("Entry", MarkerEntry, Submarker, FlagEntry)
Shape = TypeVar("Shape", MarkerEntry, _Shared)
KEYS = {key for record in (MarkerEntry, Submarker, Exclusion, LegalBasis, Code, FlagEntry, Rule, _Shared) for key in record.model_fields}


def _pick(entries: tuple[Entry, ...], name: str, *, what: str) -> Entry:
    found = {entry.id: entry for entry in entries}
    if name not in found:
        raise NotFound(f"{what} {name!r} does not exist; {nearest(name, found)}")
    return found[name]


def load_taxonomy(folder: Path | None = None) -> Taxonomy:
    """The taxonomy of a folder, by default the shipped one; read once. Raises ConfigError that names file, key and nearest valid name."""
    return _load(folder or ROOT / "nlp" / "markers")


@cache
def _load(folder: Path) -> Taxonomy:
    *paths, flags_path, codes_path = (folder / f"{name}.yml" for name in FILES)
    codes = _shaped(_Shared, codes_path).categories
    markers, flags = tuple(_shaped(MarkerEntry, path) for path in paths), _shaped(_Shared, flags_path).flags
    for path, marker in zip(paths, markers, strict=True):
        _check_marker(path, marker, codes)
        _check_once(path, "submarkers: key", [submarker.key for one in markers[: markers.index(marker) + 1] for submarker in one.submarkers])
        _check_once(path, "exclusions", [exclusion.id for exclusion in marker.exclusions])
    _check_ids(flags_path, [flag.id for flag in flags])
    for what, names in (("key", [flag.key for flag in flags]), ("rules", [f"{flag.id}.{rule.name}" for flag in flags for rule in flag.rules])):
        _check_once(flags_path, what, names)
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in (*paths, flags_path, codes_path)))
    return Taxonomy(version=digest.hexdigest()[:12], markers=markers, flags=flags)


def _shaped(shape: type[Shape], path: Path) -> Shape:
    data = None
    try:
        data = _Loader(path.read_text(encoding="utf-8")).get_single_data()
        return shape.model_validate(data)
    except FileNotFoundError as error:
        raise ConfigError(f"{path} does not exist; restore it: the taxonomy is {', '.join(FILES)} (.yml)") from error
    except ValidationError as error:
        first = min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")  # a misspelt key comes before the missing one
        hint = f"; {nearest(str(first['loc'][-1]), KEYS)}" if first["type"] == "extra_forbidden" else ""
        raise ConfigError(f"{path}: {_where(data, first['loc'])}: {first['msg']}{hint}") from error
    except (OSError, yaml.YAMLError, ValueError) as error:  # ValueError: not UTF-8, or a value such as !!int two
        raise ConfigError(f"{path}: not readable as YAML in UTF-8 ({' '.join(str(error).split())[:200]})") from error


def _where(data: Any, steps: tuple[int | str, ...]) -> str:
    """Where in a file: a list's entries go by their id or name, as a person finds them."""
    words = []
    for step in steps:
        data = data[step] if isinstance(data, list) and isinstance(step, int) else data.get(step) if isinstance(data, dict) else None
        known = data if isinstance(step, int) and isinstance(data, dict) else {}
        words.append(str(known.get("id") or known.get("name") or step))
    return ".".join(words) or "file"


def _check_marker(path: Path, marker: MarkerEntry, codes: dict[str, tuple[str, ...]]) -> None:
    if (marker.id, marker.letter) != (path.stem, IDS[path.stem][0]):
        raise ConfigError(f"{path}: id: found {marker.id!r} with letter {marker.letter!r}, expected {path.stem!r} with {IDS[path.stem][0]!r}")
    _check_ids(path, [submarker.id for submarker in marker.submarkers])
    for submarker, code in ((one, code) for one in marker.submarkers for code in one.dsa):
        for name, known in ((code.category, set(codes)), (code.keyword, set(codes.get(code.category, ())))):
            if name not in known:
                raise ConfigError(f"{path}: {submarker.id}.dsa: unknown code {name!r}; {nearest(name, known)}")


def _check_once(path: Path, what: str, names: list[str]) -> None:
    if twice := _twice(names):
        raise ConfigError(f"{path}: {what}: {twice!r} stands twice; give each its own")


def _twice(names: list[str]) -> str | None:
    return next((name for name in names if names.count(name) > 1), None)


def _check_ids(path: Path, found: list[str]) -> None:
    letter, count = IDS[path.stem]
    expected = [f"{letter}{number}" for number in range(1, count + 1)]
    free = [name for name in expected if name not in found]
    for name in (name for name in found if name not in expected or found.count(name) > 1):
        raise ConfigError(f"{path}: {'duplicate' if name in expected else 'unknown'} id {name!r}; {nearest(name, free)}")
    if free:
        raise ConfigError(f"{path}: {', '.join(free)} is missing")
