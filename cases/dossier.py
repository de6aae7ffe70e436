"""What a dossier for an authority says, as one frozen record, and the words for what happens to it. Pure.

Facts stand apart from opinion, and what speaks for the author stands beside what speaks against. Nobody is named here: identities are in the annex.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import AwareDatetime, Field, StringConstraints

from cases.checking import Answer
from cases.decisions import MOST_REASON
from cases.notice import MOST_ITEMS, Element, Item, Quoted, Weighed
from core.records import Marker, Record, Sha256

Kind = Literal["parquet", "pharos", "miviludes", "ordre", "dgccrf"]
State = Literal["brouillon", "signe", "transmis", "repondu", "clos"]
# what an authority said in the end
Outcome = Literal["recu", "demande_complement", "enquete", "classe", "mesure", "oriente", "sans_reponse", "autre"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STATES: tuple[State, ...] = get_args(State)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
LEFT: tuple[State, ...] = ("transmis", "repondu", "clos")  # its content is what was handed over: nothing of it changes any more

MOST_FACTS = 200
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MOST_REASON)]
# publie: when the page says that it was published; constate: when it was collected; rapporte: when somebody says that it happened
Dated = Literal["publie", "constate", "rapporte"]


class Fact(Record):
    """One thing that happened, with its time. ``item``: the content that shows it, from 1; None for what somebody told."""

    at: AwareDatetime
    dated: Dated
    says: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_REASON)]
    item: Annotated[int, Field(ge=1)] | None = None
    quotes: tuple[Quoted, ...] = ()


class Against(Record):
    """What speaks against the suspicion, as readers found it: an exclusion that one ticked, a sign that one found absent or uncertain."""

    kind: Literal["exclusion", "absent", "incertain"]
    what: str  # id of the taxonomy
    item: Annotated[int, Field(ge=1)]
    readers: Annotated[int, Field(ge=1)]  # how many people answered so


class Previous(Record):
    """A notice to a provider about the same contents, and what came of it."""

    notice_id: str
    platform: str  # id of cases/platforms
    service: str = ""  # as people call it: who provides it, or its host, where no file names that
    sent_at: AwareDatetime
    acknowledged_at: AwareDatetime | None = None
    decided_at: AwareDatetime | None = None
    actions: tuple[str, ...] = ()  # values of cases.notice.ACTIONS, one an item that was decided
    reappeared_at: AwareDatetime | None = None


class Criterion(Record):
    """What people made of one criterion of the Miviludes' grids. A present one says what shows it."""

    answer: Answer
    evidence: Words = ""


class Content(Record):
    """All that a dossier says. What people sign is the digest of this."""

    kind: Kind
    items: Annotated[tuple[Item, ...], Field(min_length=1, max_length=MOST_ITEMS)]
    facts: Annotated[tuple[Fact, ...], Field(max_length=MOST_FACTS)] = ()
    bases: tuple[str, ...] = ()  # ids of cases/legal
    elements: tuple[Element, ...] = ()
    against: tuple[Against, ...] = ()  # from the readings
    weighed: tuple[Weighed, ...] = ()  # exclusions of the law or of the taxonomy, and why they do not apply
    exculpatory: Words = ""  # what else speaks for the author; "néant" where nothing was found
    previous: tuple[Previous, ...] = ()
    fields: dict[str, Words] = Field(default_factory=dict)  # of the kind
    gates: dict[str, Literal["oui", "non"]] = Field(default_factory=dict)
    criteria: dict[str, Criterion] = Field(default_factory=dict)
    addressee: str | None = None  # id of the kind
    addressee_name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=150)] = ""  # which one, where the kind does not say
    annex_sha256: Sha256 | None = None  # of the sealed annex: changing it is changing the dossier

    @property
    def markers(self) -> tuple[Marker, ...]:
        """Of all items, once each."""
        return tuple(dict.fromkeys(marker for item in self.items for marker in item.markers))

    @property
    def submarkers(self) -> tuple[str, ...]:
        """Of all items, once each."""
        return tuple(dict.fromkeys(sign for item in self.items for sign in item.submarkers))

    @property
    def numbered(self) -> tuple[tuple[int, Fact], ...]:
        """The facts in the order of time, numbered from 1."""
        return tuple(enumerate(sorted(self.facts, key=lambda fact: fact.at), start=1))


class Problem(Record):
    """What is missing before a dossier may leave. ``field``: where to mend it; ``says``: in French."""

    code: str
    field: str
    says: str
