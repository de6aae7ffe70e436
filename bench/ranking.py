"""The queue's order against an order made by hand: Kendall's tau, and how many of the ten worst are in the first twenty.

tests/index/ranking/README.md says how the 200 items were made and judged. ``python bench/ranking.py`` reads the model's assessments as they were
saved; ``--score`` asks the model first and saves them. Each row replaces something of the model's by what a careful reader finds, to tell what
its mistakes cost.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from core.records import MARKERS, Assessment, Document, Evidence, Flag, Marker, ScoredDocument
from core.settings import ROOT, Settings
from core.taxonomy import load_taxonomy
from index.harm import explain, load_rules, rank

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from index.harm import Rank, Rules

FOLDER = ROOT / "tests" / "index" / "ranking"
READ_AT = datetime(2026, 3, 15, 7, tzinfo=UTC)
LETTERS: dict[str, Marker] = {"A": "abandon_soins", "B": "gourou", "C": "complotisme"}
SURE, NOT = 0.95, 0.02  # probabilities of a marker that a careful reader finds, and of one that they do not


class Item(NamedTuple):
    """One item: as collected, as read by a person, as read by the model, and its place in the mean order (1: the worst; ties share)."""

    document: Document
    by_hand: Assessment
    by_model: Assessment
    place: float


class Figures(NamedTuple):
    """Agreement with the mean order."""

    tau: float
    chosen_on: float  # the half that the weights were chosen on
    measured: float  # the other half
    worst_found: int  # of the ten worst, in the first twenty


def rows(name: str) -> list[dict[str, Any]]:
    """A file of the set."""
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


def items() -> list[Item]:
    """The set, worst first by the mean order."""
    from scipy.stats import rankdata

    found, model = rows("items.jsonl"), {row["document_id"]: Assessment.model_validate(row) for row in rows("assessments.jsonl")}
    judged = [{row["id"]: row["judged"] for row in rows(f"hand_{hand}.jsonl")} for hand in "ab"]
    places = sum(rankdata([-hand[row["id"]] for row in found]) for hand in judged) / len(judged)
    listed = [Item(document(row), by_hand(row), model[row["id"]], float(place)) for row, place in zip(found, places, strict=True)]
    return sorted(listed, key=lambda item: (item.place, item.document.id))


def document(row: Mapping[str, Any]) -> Document:
    """An item as it would be collected an hour before it is read."""
    shown = {name: row[name] for name in ("id", "kind", "platform", "title", "text", "published_at", "views", "followers", "funding") if name in row}
    fixed = {"source": "ranking", "url": f"https://{row['platform']}/{row['id']}", "access_mode": "open", "content_sha256": "0" * 64}
    return Document.model_validate({**shown, **fixed, "collected_at": READ_AT.replace(hour=6)})


def by_hand(row: Mapping[str, Any]) -> Assessment:
    """What a careful reader finds, in the words of an assessment."""
    signs = {marker: tuple(name for name in row["submarkers"] if LETTERS[name[0]] == marker) for marker in MARKERS}
    text = row["text"]
    return Assessment(
        document_id=row["id"],
        model="hand",
        revision="1",
        scores={marker: SURE if signs[marker] else NOT for marker in MARKERS},
        decision={marker: "alerte" if signs[marker] else "rien" for marker in MARKERS},
        evidence=tuple(
            Evidence(marker=marker, start=0, end=len(text), text=text, score=SURE, submarkers=names) for marker, names in signs.items() if names
        ),
        stance=row["stance"],
        flags=tuple(Flag(id=name, start=0, end=1, text=text[0]) for name in row["flags"]),
    )


def severities() -> dict[str, float]:
    """Of every sub-marker and flag."""
    taxonomy = load_taxonomy()
    return {**{sign.id: sign.severity for sign in taxonomy.submarkers()}, **{flag.id: flag.severity_weight for flag in taxonomy.flags}}


def ranked(listed: Sequence[Item], read: Callable[[Item], Assessment], *, rules: Rules) -> dict[str, Rank]:
    """The rank of each item, by some way of reading it."""
    severity = severities()
    found = (ScoredDocument(document=item.document, assessment=read(item), batch="ranking") for item in listed)
    return {scored.document.id: rank(scored, rules=rules, severity=severity) for scored in found}


def tau(listed: Sequence[Item], ranks: Mapping[str, Rank]) -> float:
    """Kendall's tau-b between the order by hand and the queue's."""
    from scipy.stats import kendalltau

    return float(kendalltau([-item.place for item in listed], [ranks[item.document.id].priority for item in listed]).statistic)


def figures(listed: Sequence[Item], ranks: Mapping[str, Rank]) -> Figures:
    """Of items that stand in the mean order."""
    queue = sorted(listed, key=lambda item: (-ranks[item.document.id].priority, item.document.id))
    worst = {item.document.id for item in listed[:10]} & {item.document.id for item in queue[:20]}
    return Figures(tau(listed, ranks), tau(listed[0::2], ranks), tau(listed[1::2], ranks), len(worst))


def agreement() -> float:
    """Kendall's tau-b between the two hands."""
    from scipy.stats import kendalltau

    first, second = ({row["id"]: row["judged"] for row in rows(f"hand_{hand}.jsonl")} for hand in "ab")
    return float(kendalltau([first[name] for name in sorted(first)], [second[name] for name in sorted(first)]).statistic)


def flagged(assessment: Assessment) -> bool:
    """Whether it enters the queue."""
    return any(decision != "rien" for decision in assessment.decision.values())


def _mixed(item: Item, *names: str) -> Assessment:
    """The model's assessment with some fields as read by hand."""
    return item.by_model.model_copy(update={name: getattr(item.by_hand, name) for name in names})


READINGS: dict[str, Callable[[Item], Assessment]] = {
    "model": lambda item: item.by_model,
    "model, flags by hand": lambda item: _mixed(item, "flags"),
    "model, sub-markers by hand": lambda item: _mixed(item, "evidence"),
    "model, stance by hand": lambda item: _mixed(item, "stance"),
    "model, markers by hand": lambda item: _mixed(item, "scores", "decision"),
    "model, markers and sub-markers by hand": lambda item: _mixed(item, "scores", "decision", "evidence"),
    "model, all but flags by hand": lambda item: _mixed(item, "scores", "decision", "evidence", "stance"),
    "all by hand": lambda item: item.by_hand,
}


def score() -> None:
    """Ask the shipped model and save what it says."""
    from core.files import atomic
    from nlp.score import Item as Text
    from nlp.score import Refusal, Scorer

    texts = [Text(row["id"], row["text"], row.get("title")) for row in rows("items.jsonl")]
    answers = [answer for answer in Scorer(Settings()).score(texts) if not isinstance(answer, Refusal)]
    if len(answers) != len(texts):
        raise SystemExit(f"the model refused {len(texts) - len(answers)} of the texts; expected none")
    with atomic(FOLDER / "assessments.jsonl") as temporary:
        temporary.write_text("".join(answer.model_dump_json(exclude={"embedding"}) + "\n" for answer in answers), encoding="utf-8")


def report() -> None:
    """Print all figures."""
    listed, rules = items(), load_rules()
    shown = [item for item in listed if flagged(item.by_model)]
    marked = [item for item in listed if flagged(item.by_hand)]
    both = sum(flagged(item.by_model) for item in marked)
    print(f"{len(listed)} items; the two hands agree by tau {agreement():.2f}")
    print(f"a careful reader finds a marker in {len(marked)}; the model flags {both} of them and {len(shown) - both} others\n")
    heads = f"{'tau':>6} {'half measured':>14} {'half chosen on':>15} {'ten worst in first 20':>22} | {'tau, flagged':>12} {'ten worst':>10}"
    print(f"{'read by':40} {heads}")
    for name, read in READINGS.items():
        ranks = ranked(listed, read, rules=rules)
        everything, queue = figures(listed, ranks), figures(shown, ranks)
        numbers = f"{everything.tau:6.2f} {everything.measured:14.2f} {everything.chosen_on:15.2f} {everything.worst_found:22}"
        print(f"{name:40} {numbers} | {queue.tau:12.2f} {queue.worst_found:10}")
    ranks = ranked(listed, READINGS["model"], rules=rules)
    print(f"\n(flagged: the {len(shown)} items that the model puts into the queue, among themselves)")
    print("\nTen first of the queue, with their place by hand:")
    for item in sorted(shown, key=lambda item: -ranks[item.document.id].priority)[:10]:
        place = ranks[item.document.id]
        print(f"{item.document.id} (by hand {item.place:5.1f}) harm {place.harm:4.1f}  {explain(place.reasons)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--score", action="store_true", help="ask the model first, and save its assessments")
    if parser.parse_args().score:
        score()
    report()
