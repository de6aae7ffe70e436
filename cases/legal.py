"""The legal bases that a notice or a dossier may rest on, as reviewed data in legal/*.yml, checked when they are loaded.

Nobody here says what the law is: a basis names the copy that was read, and prints as "à vérifier par un juriste" until a lawyer has checked it.
What nobody read carries no text, and is never enough for a notice.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from cases.reviewed import day, read_folder
from core.errors import ConfigError, NotFound, nearest
from core.records import Record
from core.taxonomy import Code, load_taxonomy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.records import Marker
    from core.taxonomy import Taxonomy

FOLDER = Path(__file__).parent / "legal"
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
TO_CHECK = "à vérifier par un juriste"


class LegalElement(Record):
    """One thing that must be shown. ``asks``: the question that a reader answers, in French."""

    id: Key
    name: Words
    asks: Words
    required: bool = True  # False: one that helps, or that the content alone rarely shows
    min_items: Literal[1, 2] = 1  # dated items that it takes


class LegalExclusion(Record):
    """An exception that the law itself makes: weighed in writing before anything is sent."""

    id: Key
    name: Words
    definition: Words


class Basis(Record):
    """A provision. ``lu``: read in a dated copy that may lag behind the law; ``non_verifie``: read by nobody yet."""

    id: Id
    article: Words  # as it is cited: Code pénal, art. 223-1-2, al. 1
    title: Words  # what it is about, in our words
    status: Literal["lu", "non_verifie"]
    text: Words | None = None  # exact words, with … where some were left out; None: not quoted here
    in_force_on: date | None = None  # day of the copy that was read
    source: Words | None = None  # which copy
    checked_by: Words | None = None  # the lawyer
    checked_on: date | None = None
    elements: tuple[LegalElement, ...] = ()
    exclusions: tuple[LegalExclusion, ...] = ()
    submarkers: tuple[str, ...] = ()  # that it serves
    standalone: bool = False  # enough for a notice (DSA art. 16) that rests on nothing else
    gate: tuple[Literal["sante", "droit"], ...] = ()  # who must look before anything is sent, beside what the sub-markers ask for
    codes: tuple[Code, ...] = ()  # of the transparency database, the first one before the others
    note: Words

    @model_validator(mode="after")
    def _only_what_was_read(self) -> Self:
        if any((self.status == "lu") != (given is not None) for given in (self.in_force_on, self.source)):
            raise ValueError("in_force_on and source are given exactly when status is lu")
        if self.status == "non_verifie" and (self.text or self.standalone or self.checked_by):
            raise ValueError("what is non_verifie has no text, no checked_by, and is not standalone")
        if (self.checked_by is None) != (self.checked_on is None):
            raise ValueError("checked_by and checked_on are given together")
        if self.checked_by and self.text is None:
            raise ValueError("a lawyer checks a text: give its exact words")
        if self.standalone and not any(element.required for element in self.elements):
            raise ValueError("a standalone basis has elements, and one of them is required")
        return self

    @property
    def markers(self) -> tuple[Marker, ...]:
        """The markers of its sub-markers, in the order of the taxonomy."""
        letters = {name[0] for name in self.submarkers}
        return tuple(marker.id for marker in load_taxonomy().markers if marker.letter in letters)

    def element(self, name: str) -> LegalElement:
        """One of its elements. Raises NotFound."""
        found = {one.id: one for one in self.elements}
        if name not in found:
            raise NotFound(f"legal basis {self.id}: element {name!r} does not exist; {nearest(name, found)}")
        return found[name]


class Legal(Record):
    """All of cases/legal."""

    bases: tuple[Basis, ...]

    def basis(self, name: str) -> Basis:
        """The basis of an id such as ``cp-223-1-2-al1``. Raises NotFound."""
        found = {one.id: one for one in self.bases}
        if name not in found:
            raise NotFound(f"legal basis {name!r} does not exist; {nearest(name, found)}")
        return found[name]

    def serving(self, submarkers: Iterable[str]) -> tuple[Basis, ...]:
        """What may be cited for these sub-markers: what is enough by itself first, what nobody read last."""
        wanted = set(submarkers)
        found = [one for one in self.bases if wanted & set(one.submarkers)]
        return tuple(sorted(found, key=lambda one: (one.status != "lu", not one.standalone)))


def printable(basis: Basis) -> str:
    """The one line that a document may print: article, day of the copy, and whether a lawyer checked it."""
    if basis.status == "non_verifie" or basis.in_force_on is None:
        return f"{basis.article} (non vérifié : ce texte n'a pas été lu ; {TO_CHECK} avant tout usage)"
    read = f"copie du {day(basis.in_force_on)}"
    if basis.checked_on is None:
        return f"{basis.article} ({read} ; {TO_CHECK})"
    return f"{basis.article} ({read} ; vérifié le {day(basis.checked_on)} par {basis.checked_by})"


class _File(Record):
    bases: tuple[Basis, ...]


KEYS = {key for record in (_File, Basis, LegalElement, LegalExclusion, Code) for key in record.model_fields}


@cache
def load_legal(folder: Path = FOLDER) -> Legal:
    """The bases of a folder, by default the shipped ones; read once. Raises ConfigError that names file, key and nearest valid name."""
    taxonomy, found = load_taxonomy(), list[Basis]()
    for path, file in read_folder(folder, _File, keys=KEYS):
        for basis in file.bases:
            _check(path, basis, taxonomy, {one.id for one in found})
            found.append(basis)
    return Legal(bases=tuple(found))


def _check(path: Path, basis: Basis, taxonomy: Taxonomy, taken: set[str]) -> None:
    if basis.id in taken:
        raise ConfigError(f"{path}: {basis.id}: this id stands twice; give each basis its own")
    signs = {one.id: one for one in taxonomy.submarkers()}
    for name in basis.submarkers:
        if name not in signs:
            raise ConfigError(f"{path}: {basis.id}.submarkers: unknown sub-marker {name!r}; {nearest(name, signs)}")
    known = {(code.category, code.keyword) for sign in signs.values() for code in sign.dsa}
    for code in basis.codes:
        if (code.category, code.keyword) not in known:
            raise ConfigError(f"{path}: {basis.id}.codes: unknown code {code.category} {code.keyword}; expected one that a sub-marker has")
    for what, names in (("elements", [one.id for one in basis.elements]), ("exclusions", [one.id for one in basis.exclusions])):
        if len(names) != len(set(names)):
            raise ConfigError(f"{path}: {basis.id}.{what}: an id stands twice; give each its own")
