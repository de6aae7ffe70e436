"""Expected harm: how urgently a person should read a content item, and why, in words. Pure; the weights are data, in harm.yml.

Harm is a product: probability and severity of the signs, what makes people vulnerable, reach, money, less what makes it doubtful. An old
item loses half of it every half-life. All lose alike, so their order never changes as time passes: ``priority`` is the logarithm of the harm
plus the time of the item in half-lives, and is stored once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from core.records import MARKERS, Lane, Record
from index.documents import price, reach
from index.sampling import drawn, stratum
from index.weights import Rules, load_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from core.records import Assessment, Document, Marker, ScoredDocument
    from index.weights import FlagWeight, Scale

__all__ = ["Rank", "Reason", "Rules", "expected", "explain", "load_rules", "priority", "rank"]

LEAST = 2.0**-20  # of the product: no item is worth nothing, and nothing has no logarithm
FELT = 1.06  # a multiplier nearer to 1 would be written as 1
EQUAL = 0.03  # a multiplier nearer to 1 is not worth a reader's time


class Reason(Record):
    """One factor of an item's rank: ``text`` is what people read, in French; ``times`` is what it multiplies the expected harm by."""

    factor: str
    text: str
    times: float


class Rank(NamedTuple):
    """Where an item stands in the reading queue."""

    priority: float  # what the queue is sorted by, the highest first; it never has to be computed again as time passes
    harm: float  # expected harm before freshness, 0 to 100
    reasons: tuple[Reason, ...]  # the signs, then the strongest factor first
    lane: Lane | None  # None: not to be read


def rank(scored: ScoredDocument, *, rules: Rules, severity: Mapping[str, float]) -> Rank:
    """The rank of an item; ``severity``: of each sub-marker and flag (0 to 1), one that is missing counts as its marker's base or fully."""
    document, assessment = scored.document, scored.assessment
    reasons = expected(document, assessment, rules=rules, severity=severity)
    product = max(math.prod(reason.times for reason in reasons), LEAST)
    harm = round(100 * product / (product + rules.middle), 2)
    shown = tuple(reason for reason in reasons if reason.factor == "signes" or abs(reason.times - 1) >= EQUAL)
    return Rank(priority(product, _moment(document), rules=rules), harm, shown, _lane(scored, rules=rules))


def priority(product: float, moment: datetime, *, rules: Rules) -> float:
    """``log2(harm)`` plus the time in half-lives: one more is twice the harm, or one half-life fresher."""
    return math.log2(product) + (moment - rules.reference).total_seconds() / 86_400 / rules.half_life_days


def explain(reasons: Sequence[Reason], *, age: timedelta | None = None, rules: Rules | None = None) -> str:
    """Why an item stands where it does, in one French sentence; with its ``age``, what its freshness does to its place."""
    if age is not None and age.days > 0:
        share = 2 ** (-age.days / (rules or load_rules()).half_life_days)
        reasons = [*reasons, Reason(factor="fraicheur", text=f"publié il y a {age.days} jours" if age.days > 1 else "publié hier", times=share)]
    signs = [reason.text for reason in reasons if reason.factor == "signes"]
    raising = [f"{reason.text} (x {_number(reason.times)})" for reason in reasons if reason.factor != "signes" and reason.times >= FELT]
    lowering = [f"{reason.text} (x {_number(reason.times)})" for reason in reasons if reason.factor != "signes" and reason.times <= 1 / FELT]
    said = "Pourquoi à cette place : " + ", ".join([*signs, *raising])
    return said + (f" ; mais {', '.join(lowering)}." if lowering else ".")


def expected(document: Document, assessment: Assessment, *, rules: Rules, severity: Mapping[str, float]) -> list[Reason]:
    """Every factor of the expected harm: the signs first, then the strongest; their product is the expected harm, without freshness."""
    factors = [*_flags(assessment, rules, severity), *_circumstances(document, assessment, rules), *_doubt(assessment, rules)]
    return [_signs(assessment, rules, severity), *sorted(factors, key=lambda reason: -abs(math.log2(reason.times)))]


def _signs(assessment: Assessment, rules: Rules, severity: Mapping[str, float]) -> Reason:
    """That at least one of the signs is real and does harm, as if each were independent; the text tells the strongest."""
    found = [_marker(marker, assessment, rules, severity) for marker in sorted(assessment.scores)]
    for name, weight in _seen(assessment, rules):
        if weight.alone:
            found.append((weight.alone * severity.get(name, 1.0), f"{weight.text} (probabilité {_number(weight.alone)})"))
    share, text = max(found, default=(0.0, "aucun signe"))
    if share < EQUAL:
        text = "aucun signe net"
    return Reason(factor="signes", text=text, times=1 - math.prod(1 - one for one, _ in found))


def _marker(marker: Marker, assessment: Assessment, rules: Rules, severity: Mapping[str, float]) -> tuple[float, str]:
    weight, likely = rules.markers[marker], assessment.scores[marker]
    signs = {name for passage in assessment.evidence if passage.marker == marker for name in passage.submarkers[: rules.signs_read]}
    counted = {name: severity.get(name, weight.base) * (1 if name in weight.fully else weight.share) for name in signs}
    worst = max(sorted(counted), key=lambda name: counted[name], default=None)
    grave = counted[worst] if worst else weight.base * weight.share
    text = rules.signs.get(worst, weight.text) if worst else weight.text
    return likely * grave**rules.contrast, f"{text} (probabilité {_number(likely)}, gravité {_number(grave)})"


def _seen(assessment: Assessment, rules: Rules) -> list[tuple[str, FlagWeight]]:
    seen = {flag.id for flag in assessment.flags}
    return [(name, weight) for name, weight in rules.flags.items() if name in seen]


def _flags(assessment: Assessment, rules: Rules, severity: Mapping[str, float]) -> Iterator[Reason]:
    for name, weight in _seen(assessment, rules):
        yield Reason(factor=name, text=weight.text, times=1 + weight.adds * severity.get(name, 1.0))


def _circumstances(document: Document, assessment: Assessment, rules: Rules) -> Iterator[Reason]:
    if kind := rules.kinds.get(document.kind):
        yield Reason(factor="nature", text=kind.text, times=kind.times)
    funding = document.funding
    raised = funding.raised if funding and funding.currency in (None, "EUR") else None  # another currency is not converted: unknown
    asked = max((amount for amount in (raised, price(assessment)) if amount is not None), default=None)
    for factor, scale, amount in (("audience", rules.reach, reach(document)), ("argent", rules.money, asked)):
        if amount is not None:
            text = scale.text.format(f"{amount:,.0f}".replace(",", "\u202f"))
            yield Reason(factor=factor, text=text, times=_logarithmic(amount, scale))


def _logarithmic(amount: float, scale: Scale) -> float:
    tens = math.log10(max(amount, 1) / scale.neutral)
    return float(min(max(scale.tenfold**tens, scale.least), scale.most))


def _doubt(assessment: Assessment, rules: Rules) -> Iterator[Reason]:
    doubt, seen = rules.doubt, {flag.id for flag in assessment.flags}
    if doubt.counter_flag in seen:
        yield Reason(factor="citation", text=doubt.counter.text, times=doubt.counter.times)
    if assessment.stance:
        weight = doubt.stances[assessment.stance]
        urgent = weight.urgent if doubt.urgent_flag in seen else None
        yield Reason(factor="ton", text=weight.text, times=urgent or weight.times)


def _moment(document: Document) -> datetime:
    """When the item was last made public, as far as known; a page that claims a later time than its collection is not believed."""
    said = max((moment for moment in (document.published_at, document.edited_at) if moment), default=document.collected_at)
    return min(said, document.collected_at)


def _lane(scored: ScoredDocument, *, rules: Rules) -> Lane | None:
    if any(decision != "rien" for decision in scored.assessment.decision.values()):
        return "signale"
    return "sondage" if drawn(scored.document.id, scored.assessment.scores, rules=rules.sounding) else None


def sounded(entry: Mapping[str, Any]) -> tuple[str, float]:
    """Stratum of an entry that the scores do not flag, and the probability with which an item of it is drawn. Raises ConfigError."""
    found = stratum({marker: entry[f"score_{marker}"] for marker in MARKERS}, rules=load_rules().sounding)
    return found.name, found.rate


def _number(value: float) -> str:
    return f"{value:.2g}".replace(".", ",") if value < 10 else f"{value:.0f}"
