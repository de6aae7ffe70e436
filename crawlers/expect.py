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
RUNS = 20  # the last runs that tell what is usual
ENOUGH = 3  # runs before their number of documents is a habit
FEW, FALL, RISE = 20, 0.3, 10  # usual documents from which on a fall below this share, or a rise above this many times, is told
FIELD_WORDS = {"title": "titre", "author": "auteur", "published_at": "date de publication", "platform_id": "identifiant", "language": "langue",
               "views": "vues", "replies": "réponses", "links": "liens", "images": "images", "raised": "somme récoltée", "goal": "objectif",
               "donors": "donateurs"}  # fmt: skip
FUNDING = ("raised", "goal", "donors")
UNANSWERED = ("timeout", "refused", "cut_short", "tls", "unknown_host")  # one of a hundred requests is no alarm, but it was not seen
PASSING = ("bot_wall", "rate_limited", "robots_unreachable", "tdmrep_unreachable")  # blind spots that may be gone the next time
STATUSES = {401: "il demande de se connecter", 402: "il demande de payer", 403: "il refuse de montrer la page", 404: "page introuvable",
            410: "page retirée", 429: "trop de requêtes", 451: "page interdite par la loi ou la justice"}  # fmt: skip


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
        return _answered(reason.removeprefix("http_"))
    known = _reasons()["blind"].get(reason) or _reasons()["other"].get(reason)
    return known or ("la page n'est pas du genre attendu, ou elle a changé" if is_blind(reason) else reason)


def _answered(status: str) -> str:
    told = STATUSES.get(int(status), "il est en panne" if status.startswith("5") else "") if status.isdigit() else ""
    return f"le site a répondu {status}" + (f" ({told})" if told else "")


def presence(document: Document) -> Iterator[str]:
    """The fields of ``catalog.FIELDS`` that a document has, and "text", which all have."""
    yield "text"
    for name in FIELDS:
        place = document.funding if name in FUNDING else document
        if place is not None and getattr(place, name) not in (None, (), ""):
            yield name


def alarms(source: Source, report: SourceReport, *, earlier: Sequence[SourceReport] = ()) -> tuple[str, ...]:
    """What in this run is not as the source file expects, or not as in ``earlier`` runs, oldest first."""
    recent, expect = earlier[-RUNS:], source.expect
    counts = list(_counts(source, report, recent))
    if expect.max is not None and read(report) > expect.max:
        counts.append(f"{read(report)} documents lus, au plus {expect.max} attendus")
    counts += [f"{count} x {reason} : {meaning(reason)}" for reason, count in report.reasons.items() if is_blind(reason)]
    return (*counts, *_unread(report), *_fields(expect.fields, report, recent))


def read(report: SourceReport) -> int:
    """Documents that a run's listings showed, whatever became of them."""
    return report.kept + report.duplicate + report.dropped - report.rechecked


def usual(earlier: Sequence[SourceReport], *, enough: int = 1) -> int | None:
    """Documents that a run sees, the median; None for too few runs. One that only learnt that nothing changed, or saw nothing, says nothing of it."""
    seen = sorted(read(one) for one in earlier if read(one))
    return seen[len(seen) // 2] if len(seen) >= enough else None


def _counts(source: Source, report: SourceReport, earlier: Sequence[SourceReport]) -> Iterator[str]:
    """Too few or too many documents."""
    count, least, habit = read(report), source.expect.min, usual(earlier, enough=ENOUGH)
    whole = not report.unchanged or report.set_aside or report.failed  # a listing that did not change has nothing new to read
    if whole and count == 0 and least == 0:
        yield "rien n'a été lu : le lieu a peut-être changé, déménagé ou fermé"
    if whole and count < least:
        yield f"{count} documents lus, au moins {least} attendus"
    if habit is None or habit < FEW:
        return
    if not report.unchanged and 0 < count < FALL * habit:
        yield f"{count} documents lus, {habit} d'habitude : une partie n'est peut-être plus montrée, ou la page a changé"
    if count > RISE * habit:
        yield f"{count} documents lus, {habit} d'habitude : le lieu est peut-être inondé, ou la page montre autre chose"


def _unread(report: SourceReport) -> Iterator[str]:
    """More that could not be read than could, for reasons that would pass for single bad items."""
    lost = report.set_aside + report.failed
    silent = {reason: count for reason, count in report.reasons.items() if not is_blind(reason)}
    if lost >= LEAST and lost > report.kept + report.duplicate and silent and sum(silent.values()) - report.dropped >= LEAST:
        reason = max(silent, key=lambda name: silent[name])
        yield f"{lost} éléments illisibles pour {report.kept + report.duplicate} lus, surtout {reason} : {meaning(reason)}"


def _fields(least: Mapping[str, float], report: SourceReport, earlier: Sequence[SourceReport]) -> Iterator[str]:
    """Fields that fewer documents have than the file asks for, or far fewer than in earlier runs."""
    if _looked(report) < LEAST or not report.fields:  # what a listing said is unchanged was not read again
        return
    comparable = [one.fields for one in earlier if _looked(one) >= LEAST and one.fields]
    for name in FIELDS:
        now, habit = report.fields.get(name, 0.0), _median([fields.get(name, 0.0) for fields in comparable])
        if now < least.get(name, 0.0):
            yield f"{FIELD_WORDS[name]}, {name} : trouvé dans {now:.0%} des documents, au moins {least[name]:.0%} attendus"
        elif habit - now > DROP:
            yield f"{FIELD_WORDS[name]}, {name} : trouvé dans {now:.0%} des documents, {habit:.0%} d'habitude ; la page a peut-être changé"


def _looked(report: SourceReport) -> int:
    """Documents whose fields were counted; runs of before this was noted down counted all."""
    return report.looked or report.kept + report.duplicate


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0
