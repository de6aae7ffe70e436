"""What a dossier of each kind asks for, as reviewed data in dossier/*.yml, checked when it is loaded: fields, gates, addressees, grids of criteria.

An address that nobody read is not there, or prints as not verified. A wording that nobody read is not written at all.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self, TypeVar

from pydantic import Field, StringConstraints, model_validator

from cases.dossier import KINDS, Kind
from cases.reviewed import read_folder
from core.errors import ConfigError, NotFound, nearest
from core.records import Qualification, Record

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = Path(__file__).parent / "dossier"
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Status = Literal["lu", "non_verifie"]
YesNo = Literal["oui", "non"]
# where a field is printed, in this order; "avis" is never printed among facts
Part = Literal["saisine", "signalement", "sujet", "professionnel", "commerce", "auteurs", "victimes", "avis", "suite"]


class Choice(Record):
    """One value of a field that is chosen."""

    id: Key
    name: Words


class FieldSpec(Record):
    """What a person fills in. ``most``: characters."""

    id: Key
    name: Words
    hint: str = ""
    type: Literal["texte", "long", "choix"]
    part: Part
    choices: tuple[Choice, ...] = ()
    most: Annotated[int, Field(ge=1, le=2000)] = 2000
    required: bool = False

    @model_validator(mode="after")
    def _a_choice_has_choices(self) -> Self:
        if (self.type == "choix") != bool(self.choices):
            raise ValueError("choices are given exactly when type is choix")
        return self

    def shown(self, value: str) -> str:
        """A value as people read it."""
        return next((one.name for one in self.choices if one.id == value), value)


class Gate(Record):
    """A question that must be answered in one way before anything is handed over. ``first``: before anything else is asked."""

    id: Key
    asks: Words
    passes: YesNo
    why: Words
    otherwise: Words  # what to do where it does not pass
    first: bool = False


class Addressee(Record):
    """Who may receive it. ``named``: a person writes which one, and where; ``where``: as it was read, or as nobody has checked it."""

    id: Key
    name: Words
    named: bool = False
    where: Words | None = None
    status: Status | None = None
    source: Words | None = None

    @model_validator(mode="after")
    def _an_address_names_its_source(self) -> Self:
        if len({self.where is None, self.status is None, self.source is None}) > 1:
            raise ValueError("where, status and source are given together")
        if self.named == (self.where is not None):
            raise ValueError("an addressee either has a where, or is named by a person")
        return self

    @property
    def printable(self) -> str:
        """Its name, and where it is as far as that was read."""
        if self.where is None:
            return self.name
        return f"{self.name} : {self.where}{'' if self.status == 'lu' else ' (non vérifié)'}"


class LegalLine(Record):
    """What is said of the law of the dossier itself. ``source``: which copy."""

    says: Words
    status: Status
    source: Words

    @property
    def printable(self) -> str:
        """With its copy, and that a lawyer must check it."""
        read = self.source if self.status == "lu" else "non vérifié"
        return f"{self.says} ({read} ; à vérifier par un juriste)"


class KindSpec(Record):
    """One kind of dossier."""

    id: Kind
    name: Words
    short: Words
    what: Words  # for who prepares it
    purpose: Words  # for who receives it: the first lines of the paper
    qualifications: Annotated[tuple[Qualification, ...], Field(min_length=1)]  # of the decisions that it may rest on
    signers: tuple[Literal["sante", "droit"], ...] = ()  # looks that it asks for beside those of the signs and of the legal bases
    gates: Annotated[tuple[Gate, ...], Field(min_length=1)]
    gates_first: bool = False  # nothing is written before the first gates pass
    public_only: bool = False  # open to all without an account
    professional: bool = False  # for authors who are or say that they are regulated professionals
    commercial: bool = False
    elements: bool = False  # article by article
    criteria: bool = False  # the grids
    annex: bool = False  # a sealed annex for identities
    several: bool = False  # signs that take two dated items are shown by two
    exculpatory: bool = False  # what speaks for the author is weighed in writing
    addressees: Annotated[tuple[Addressee, ...], Field(min_length=1)]
    fields: tuple[FieldSpec, ...]
    legal: tuple[LegalLine, ...] = ()

    @model_validator(mode="after")
    def _each_id_once(self) -> Self:
        for names in ([one.id for one in self.fields], [one.id for one in self.gates], [one.id for one in self.addressees]):
            if len(names) != len(set(names)):
                raise ValueError(f"an id stands twice among {', '.join(names)}")
        return self

    def field(self, name: str) -> FieldSpec:
        """Raises NotFound."""
        return _pick(self.fields, name, f"dossier {self.id}: field")

    def gate(self, name: str) -> Gate:
        """Raises NotFound."""
        return _pick(self.gates, name, f"dossier {self.id}: gate")

    def addressee(self, name: str) -> Addressee:
        """Raises NotFound."""
        return _pick(self.addressees, name, f"dossier {self.id}: addressee")


class CriterionSpec(Record):
    """One criterion of a grid. ``always``: present in all cases, so that there is nothing to say without it."""

    id: Key
    name: Words
    always: bool = False


class Grid(Record):
    """A grid of the Miviludes. ``total``: how many it has, where not all were read."""

    id: Key
    name: Words
    source: Words
    status: Status
    rule: Words
    total: int | None = None
    criteria: tuple[CriterionSpec, ...]

    @property
    def unread(self) -> int:
        """How many of its criteria nobody here has read."""
        return (self.total or len(self.criteria)) - len(self.criteria)


Named = TypeVar("Named", FieldSpec, Gate, Addressee)
KEYS = {key for record in (KindSpec, FieldSpec, Gate, Addressee, Choice, LegalLine, Grid, CriterionSpec) for key in record.model_fields}


@cache
def load_kinds(folder: Path = FOLDER) -> dict[Kind, KindSpec]:
    """The kinds of a folder, by default the shipped ones, in the order of KINDS. Raises ConfigError that names file, key and nearest valid name."""
    found = {spec.id: (path, spec) for path, spec in read_folder(folder, KindSpec, keys=KEYS)}
    for name, (path, _) in found.items():
        if path.stem != name:
            raise ConfigError(f"{path}: id: found {name!r}, expected {path.stem!r}")
    missing = [name for name in KINDS if name not in found]
    if missing:
        raise ConfigError(f"{folder}: {missing[0]}.yml is missing; restore it")
    return {name: found[name][1] for name in KINDS}


def kind_of(name: str) -> KindSpec:
    """The kind of an id such as ``parquet``. Raises NotFound."""
    kinds = load_kinds()
    found = next((spec for spec in kinds.values() if spec.id == name), None)
    if found is None:
        raise NotFound(f"kind of dossier {name[:40]!r} does not exist; {nearest(name, kinds)}")
    return found


@cache
def load_grids(folder: Path = FOLDER / "grilles") -> tuple[Grid, ...]:
    """The grids of criteria. Raises ConfigError."""
    return tuple(grid for _, grid in read_folder(folder, Grid, keys=KEYS))


def criteria() -> dict[str, CriterionSpec]:
    """All criteria of all grids, by id."""
    return {one.id: one for grid in load_grids() for one in grid.criteria}


def _pick(known: Iterable[Named], name: str, what: str) -> Named:
    found = {one.id: one for one in known}
    if name not in found:
        raise NotFound(f"{what} {name[:40]!r} does not exist; {nearest(name, found)}")
    return found[name]
