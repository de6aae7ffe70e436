"""Who acts: the words for roles, legal capacities and scopes, and the actor that every change is made in the name of."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints

from core.records import Record

# soumet: submits and follows; analyse: reads and decides; valide: adjudicates, undoes what others decided, answers contests;
# sante, droit: the health and the legal look that the taxonomy asks for; administre: people, keys, quotas, audit
Role = Literal["soumet", "analyse", "valide", "sante", "droit", "administre"]
# what an organisation declares itself to be; domain rules, section 4.1: it decides which data on offences it may process
Capacity = Literal["aucune", "mandatee", "aide_aux_victimes", "agrement_2_17", "ordre", "autorite_publique"]
Scope = Literal[
    "submissions:read",
    "submissions:write",
    "documents:read",
    "reviews:write",
    "statistics:read",
    "notices:read",
    "notices:write",
    "notices:sign",
    "dossiers:read",
    "dossiers:write",
    "reports:read",
    "reports:write",
]

ROLES: tuple[Role, ...] = get_args(Role)
CAPACITIES: tuple[Capacity, ...] = get_args(Capacity)
SCOPES: tuple[Scope, ...] = get_args(Scope)
READERS: tuple[Role, ...] = ("analyse", "valide", "sante", "droit")  # who may read what was collected

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Actor(Record):
    """A person who is signed in, or a program with a person's key. What it may do is decided from ``roles`` and, for a key, ``scopes`` too."""

    id: str  # of the person
    organisation_id: str
    name: Name
    roles: tuple[Role, ...]
    key_id: str | None = None
    scopes: tuple[Scope, ...] | None = None  # None: not by a key

    def has(self, *roles: Role) -> bool:
        """Whether the person has one of these roles."""
        return any(role in self.roles for role in roles)


class Preferences(Record):
    """How a person wants to read. Nothing of it changes what may be done."""

    blur: bool = True  # texts and images only when asked for
    greyscale: bool = True
    keys: bool = True  # one key for each action; off where they clash with a screen reader
    hints: Literal["apres", "toujours", "jamais"] = "apres"  # when what the model noted is told beside a sign: once it is answered, always, never
    pause_after: Annotated[int, Field(ge=3, le=100)] | None = (
        None  # distressing items after which a pause is proposed; None: as cases/policy.yml says
    )
