"""The figures of the yearly report (DSA art. 22(3)) as one frozen record: counts, shares in [0, 1], hours, and the texts of the organisation itself.

Every string is a word of a closed list (codes, ids, names of columns) but those of ``Entity``, which a person wrote and another one reads before they
are published.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from core.records import Probability, Record

Count = Annotated[int, Field(ge=0)]
Hours = Annotated[float, Field(ge=0)]
Step = Literal["reception", "decision", "mesure"]


class Cut(Record):
    """One cell of table 1: notices and items of one provider, category, keyword and action. A notice counts in each cell with an item of it."""

    provider: str  # id of cases/platforms, of one that many run with which one: "autre:2", "mastodon:mamot.fr"
    category: str
    keyword: str
    action: str
    ground: str = ""  # loi, cgu, or "" where it was not said
    scope: str = ""
    notices: Count
    items: Count


class Provider(Record):
    """A provider whose name cases/platforms does not say, as a report prints it."""

    id: str
    legal_name: str


class Total(Record):
    """Of one provider, category or source: each notice once."""

    by: Literal["provider", "category", "source"]
    value: str
    notices: Count
    items: Count


class Duration(Record):
    """Hours from sending to a step, over notices that reached it; None where none did. ``provider``: "" is all of them."""

    step: Step
    provider: str = ""
    notices: Count
    median: Hours | None
    p90: Hours | None


class Complaint(Record):
    """Complaints of one kind by outcome ("" is pending), and hours from filing to the outcome."""

    kind: str
    outcome: str
    number: Count
    median: Hours | None = None


class Quality(Record):
    """Self-control. Shares are of items whose provider decided, or of notices sent; None where there are none."""

    decided_items: Count
    measured_items: Count  # a measure was taken
    lawful_items: Count
    insufficient_items: Count
    other_items: Count
    rejected: Probability | None  # (lawful + insufficient + other) / decided
    overturned_notices: Count  # undone on the author's complaint
    overturned: Probability | None
    withdrawn_notices: Count
    corrected_notices: Count
    duplicate_items: Count  # notified more than once in the period, while the content is known
    redress_given: Probability | None  # of decided notices where it was noted
    automated: Probability | None


class Counted(Record):
    """One value of a list and how often; None: hidden, it is under five or would tell one that is."""

    value: str
    number: Count | None


class Alike(Record):
    """How alike two people read blind: Krippendorff's alpha with its interval; None where it cannot be measured."""

    code: str
    items: Count
    alpha: float | None
    low: float | None
    high: float | None


class Readings(Record):
    """How what was notified came to be known, and what was found not to be a case."""

    agreement: tuple[Alike, ...] = ()
    read: Count = 0  # decisions of the period that stand
    outside: Count = 0  # of these hors champ
    lanes: tuple[Counted, ...] = ()
    exclusions: tuple[Counted, ...] = ()
    taxonomy: str = ""


class Share(Record):
    """Of the year's income."""

    source: str
    share: Probability


class Entity(Record):
    """What the organisation says of itself: the only texts of a report that a person wrote. Never a name of a person, never an account."""

    name: str
    legal_form: str = ""
    registration: str = ""
    contact: str = ""  # an address of the entity, not of a person
    website: str = ""
    languages: tuple[str, ...] = ("fr",)
    status: Literal["signaleur_de_confiance", "non_designe"] = "non_designe"
    status_authority: str = ""
    status_since: date | None = None
    area: str = ""
    funding: tuple[Share, ...] = ()
    no_platform_money: bool | None = None
    platform_resources: str = ""
    governance: str = ""
    conflicts: str = ""
    contest_channel: str = ""
    training: str = ""


class Yearly(Record):
    """The report of art. 22(3) without what a version adds: number, changelog, dates of signing and publishing."""

    kind: Literal["annuel_22_3"] = "annuel_22_3"
    schema_version: int = 1
    since: date
    until: date  # the last day
    as_of: AwareDatetime  # answers that came later do not count
    entity: Entity
    notices: Count
    items: Count
    cuts: tuple[Cut, ...]
    totals: tuple[Total, ...]
    durations: tuple[Duration, ...]
    complaints: tuple[Complaint, ...] = ()
    quality: Quality
    markers: tuple[Counted, ...] = ()
    readings: Readings = Readings()
    providers: tuple[Provider, ...] = ()  # those that are not named by their id
    accepted: tuple[str, ...] = ()  # words that look like a name and that a person says are none

    @property
    def period(self) -> str:
        """As Reg. (EU) 2024/2835 writes it."""
        return f"{self.since}/{self.until}"
