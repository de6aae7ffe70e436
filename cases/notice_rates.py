"""How often notices were refused or turned out wrong: by platform, category and signer, with a warning before it endangers anything.

Art. 22(6) speaks of a significant number of notices that are insufficiently precise, inaccurate or inadequately substantiated, art. 23(2) of notices
that are frequently and manifestly unfounded; neither gives a number. The thresholds here are the house's own, and low on purpose.
"""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Literal, NamedTuple

from sqlalchemy import select

from cases.notice import NO_ACTION
from cases.register import register
from cases.reporting.providers import providers_in
from cases.tables_notices import NoticeRow, SignatureRow
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime

    from cases.database import Database
    from cases.register import RegisterRow

By = Literal["tout", "plateforme", "categorie", "personne"]
Z = 1.959964  # of 95 %
LEAST = 5  # answers: below it nothing is said
REFUSED, IMPRECISE, OVERTURNED = 0.4, 0.2, 0.1  # shares from which a person should look
STEP = 500
WORDS = {"tout": "toutes les notifications", "plateforme": "la plateforme", "categorie": "la catégorie", "personne": "la personne qui signe"}


class Share(NamedTuple):
    """``hits`` of ``of``, with Wilson's interval of 95 %; None where there is nothing to count."""

    hits: int
    of: int
    value: float | None
    low: float | None
    high: float | None


class Rate(Record):
    """Of one platform, category or person. Items of notices that were answered; ``overturned`` of those on which a measure was taken."""

    by: By
    key: str  # of a platform that many run: its provider's, as in reports
    name: str = ""  # of such a provider, where cases/platforms does not say it; nobody's
    notices: int
    items: int
    answered: int
    refused: Share
    imprecise: Share  # refused as insufficient
    overturned: Share
    corrected: int  # notices corrected or withdrawn by ourselves


class Warned(Record):
    """Something that a person should look at, in French. ``article``: what it could endanger."""

    by: By
    key: str
    article: str
    says: str


def share(count: int, of: int) -> Share:
    """With Wilson's interval. Pure."""
    if not of:
        return Share(count, of, None, None, None)
    value, spread = count / of, Z * Z / of
    middle = (value + spread / 2) / (1 + spread)
    half = Z * math.sqrt(value * (1 - value) / of + spread / (4 * of)) / (1 + spread)
    return Share(count, of, value, max(0.0, middle - half), min(1.0, middle + half))


class _Count:
    """Running counts of one key: a register may hold more rows than memory."""

    def __init__(self) -> None:
        self.notices = self.items = self.answered = self.refused = self.imprecise = self.acted = self.overturned = self.corrected = 0
        self.last = ""

    def add(self, row: RegisterRow) -> None:
        """Count one item; the items of a notice come one after the other."""
        if row.notice_id != self.last:
            self.last, self.notices, self.corrected = row.notice_id, self.notices + 1, self.corrected + (row.withdrawn or row.corrected)
        acted = row.action is not None and row.action not in NO_ACTION
        self.items += 1
        self.answered += row.action is not None
        self.refused += row.action in NO_ACTION
        self.imprecise += row.action == "aucune_insuffisante"
        self.acted += acted
        self.overturned += acted and row.overturned

    def rate(self, by: By, key: str) -> Rate:
        """What was counted."""
        return Rate(
            by=by, key=key, notices=self.notices, items=self.items, answered=self.answered, refused=share(self.refused, self.answered),
            imprecise=share(self.imprecise, self.answered), overturned=share(self.overturned, self.acted), corrected=self.corrected,
        )  # fmt: skip


def rates_of(rows: Iterable[RegisterRow], signers: Mapping[str, Iterable[str]]) -> tuple[Rate, ...]:
    """Of rows of the register; ``signers``: ids of the people who signed each notice, by its id. Pure."""
    counts: dict[tuple[By, str], _Count] = defaultdict(_Count)
    for row in rows:
        keys: list[tuple[By, str]] = [("tout", ""), ("plateforme", row.platform), ("categorie", row.category or "")]
        keys += [("personne", name) for name in signers.get(row.notice_id, ())]
        for key in keys:
            counts[key].add(row)
    return tuple(count.rate(by, key) for (by, key), count in sorted(counts.items()))


def warnings_of(rates: Iterable[Rate]) -> tuple[Warned, ...]:
    """What a person should look at before an authority does. Pure."""
    return tuple(one for rate in rates for one in _warned(rate))


def _warned(rate: Rate) -> Iterator[Warned]:
    where = WORDS[rate.by]
    checks = (
        (rate.imprecise, IMPRECISE, "art. 22, par. 6", "refusés comme insuffisants : relisez les explications avec un juriste"),
        (rate.refused, REFUSED, "art. 22, par. 6 et art. 23, par. 2", "refusés : regardez ensemble ce qui ne convainc pas"),
        (rate.overturned, OVERTURNED, "art. 23, par. 2", "rétablis après la réclamation de leur auteur : suspendez, relisez, corrigez"),
    )
    for found, threshold, article, advice in checks:
        if found.of >= LEAST and found.value is not None and found.value >= threshold:
            says = f"Pour {where} : {found.hits} contenus sur {found.of} {advice}. Le règlement ne donne pas de seuil ; celui-ci est le nôtre."
            yield Warned(by=rate.by, key=rate.key, article=article, says=says)


def rates(database: Database, *, organisation_id: str | None, since: date | datetime, until: date | datetime) -> tuple[Rate, ...]:
    """Of the notices of these days; each provider of a platform that many run counts by itself. Raises Unavailable, ConfigError."""
    with database.reading() as session:
        known = providers_in(session, organisation_id)
    rows = (row._replace(platform=known.of(row)) for row in register(database, organisation_id=organisation_id, since=since, until=until))
    found = rates_of(rows, _signers(database, organisation_id))
    return tuple(one.model_copy(update={"name": known.named.get(one.key, "")}) if one.by == "plateforme" else one for one in found)


def _signers(database: Database, organisation_id: str | None) -> dict[str, list[str]]:
    wanted = select(SignatureRow.subject_id, SignatureRow.person_id).join(NoticeRow, NoticeRow.id == SignatureRow.subject_id)
    wanted = wanted.where(SignatureRow.subject_kind == "notice", SignatureRow.digest == NoticeRow.digest, SignatureRow.withdrawn_at.is_(None))
    if organisation_id:
        wanted = wanted.where(NoticeRow.organisation_id == organisation_id)
    found: dict[str, list[str]] = defaultdict(list)
    with database.reading() as session:
        for notice, person in session.execute(wanted.execution_options(yield_per=STEP)):
            found[notice].append(person)
    return found
