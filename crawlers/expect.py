"""After a run: silence is the enemy. Zero items, too few, too many, a wall or a field that went missing is an alarm that a person reads."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from crawlers.catalog import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from core.records import Document, SourceReport
    from crawlers.catalog import Source

DROP = 0.3  # a field that this share of documents lost since earlier runs was lost by a change of the page
LEAST = 5  # documents in a run before shares of it mean anything
FUNDING = ("raised", "goal", "donors")


@cache
def _reasons() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = yaml.safe_load((Path(__file__).parent / "reasons.yml").read_text(encoding="utf-8"))
    return table


def is_blind(reason: str) -> bool:
    """Whether a reason names a blind spot rather than a single bad item. A page that is not of its kind (``not_a_...``) has changed."""
    if reason in _reasons()["blind"] or reason.startswith("http_"):
        return True
    return reason.startswith("not_") and reason not in _reasons()["other"]


def known_reasons() -> tuple[str, ...]:
    """The reasons of reasons.yml, blind spots first."""
    return (*_reasons()["blind"], *_reasons()["other"])


def meaning(reason: str) -> str:
    """What a reason means, in French."""
    if reason.startswith("http_"):
        return f"le site a répondu {reason.removeprefix('http_')}"
    known = _reasons()["blind"].get(reason) or _reasons()["other"].get(reason)
    return known or ("la page n'est pas du genre attendu, ou elle a changé" if is_blind(reason) else reason)


def presence(document: Document) -> Iterator[str]:
    """The fields of ``catalog.FIELDS`` that a document has, and "text", which all have."""
    yield "text"
    for name in FIELDS:
        place = document.funding if name in FUNDING else document
        if place is not None and getattr(place, name) not in (None, (), ""):
            yield name


def alarms(source: Source, report: SourceReport, *, earlier: Sequence[SourceReport] = ()) -> tuple[str, ...]:
    """What in this run is not as the source file expects, or not as in ``earlier`` runs."""
    read, expect = report.kept + report.duplicate + report.dropped, source.expect
    found = []
    if not report.unchanged or report.set_aside or report.failed:  # a listing that did not change has nothing new to read
        if read == 0 and expect.min == 0:
            found.append("rien n'a été lu : le lieu a peut-être changé, déménagé ou fermé")
        if read < expect.min:
            found.append(f"{read} documents lus, au moins {expect.min} attendus")
    if expect.max is not None and read > expect.max:
        found.append(f"{read} documents lus, au plus {expect.max} attendus")
    found += [f"{count} x {reason} : {meaning(reason)}" for reason, count in report.reasons.items() if is_blind(reason)]
    return (*found, *_fields(expect.fields, report, earlier))


def _fields(least: Mapping[str, float], report: SourceReport, earlier: Sequence[SourceReport]) -> Iterator[str]:
    """Fields that fewer documents have than the file asks for, or far fewer than in earlier runs."""
    if report.kept + report.duplicate < LEAST or not report.fields:  # what a listing said is unchanged was not read again
        return
    comparable = [one.fields for one in earlier if one.kept + one.duplicate >= LEAST]
    for name in FIELDS:
        now, usual = report.fields.get(name, 0.0), _median([fields.get(name, 0.0) for fields in comparable])
        if now < least.get(name, 0.0):
            yield f"{name} : trouvé dans {now:.0%} des documents, au moins {least[name]:.0%} attendus"
        elif usual - now > DROP:
            yield f"{name} : trouvé dans {now:.0%} des documents, {usual:.0%} d'habitude ; la page a peut-être changé"


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0
