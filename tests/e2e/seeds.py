"""What the live console of these tests shows: contents scored by hand, ranked as real ones are."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from core.records import MARKERS, Assessment, Channel, Decision, Document, Evidence, Flag, ScoredDocument
from core.taxonomy import load_taxonomy
from core.urls import document_id
from index.documents import Entry, to_entry
from index.harm import load_rules, rank

ITEMS = Path(__file__).parent / "items.yml"
START = datetime(2026, 11, 20, 9, tzinfo=UTC)


def entries() -> tuple[dict[str, str], list[Entry]]:
    """The document's id by an item's key, the copies of ``x`` being ``x-2``, ``x-3`` ..., and all entries."""
    ids, made = {}, []
    for number, item in enumerate(yaml.safe_load(ITEMS.read_text(encoding="utf-8"))):
        for key, one in _copies(item):
            entry = entry_of(one, at=START - timedelta(hours=5 * number + len(made)), campaign=f"c-{item['key']}" if "copies" in item else None)
            ids[key] = entry["id"]
            made.append(entry)
    return ids, made


def _copies(item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for number in range(1, item.get("copies", 1) + 1):
        yield (item["key"], item) if number == 1 else (f"{item['key']}-{number}", {**item, "url": f"{item['url']}-{number}"})


def entry_of(item: dict[str, Any], *, at: datetime, campaign: str | None = None) -> Entry:
    """The entry of one item of ``items.yml``."""
    scored = ScoredDocument(document=_document(item, at), assessment=_assessment(item), batch="lot-e2e")
    rules, severity = _ranking()
    found = rank(scored, rules=rules, severity=severity)
    lane = item.get("lane", "signale" if any(p > 0.5 for p in item["scores"].values()) else None)
    return to_entry(scored, indexed_at=at, rank=found._replace(lane=lane), campaign=campaign)


@cache
def _ranking() -> tuple[Any, dict[str, float]]:
    taxonomy = load_taxonomy()
    severity = {one.id: one.severity for one in taxonomy.submarkers()} | {flag.id: flag.severity_weight for flag in taxonomy.flags}
    return load_rules(), severity


def _document(item: dict[str, Any], at: datetime) -> Document:
    digest = hashlib.sha256(f"{item.get('title')}\n{item['text']}\n{item['url']}".encode(errors="replace"))
    return Document.model_validate(
        {
            "id": document_id(item["url"]), "url": item["url"], "source": item.get("source", "essai"), "kind": item["kind"],
            "platform": item["platform"], "title": item.get("title"), "text": item["text"], "language": "fr",
            "published_at": at - timedelta(hours=3), "collected_at": at, "author": item.get("author") or f"p-{digest.hexdigest()[:24]}",
            "access_mode": "open", "content_sha256": digest.hexdigest(), "thread_root": item.get("thread"), "thread_parent": item.get("parent"),
            "funding": item.get("funding"), "contacts": [Channel(kind=kind, value=value) for kind, value in item.get("contacts", ())],
            **item.get("counts", {}),
        }
    )  # fmt: skip


def _assessment(item: dict[str, Any]) -> Assessment:
    def place(found: str) -> dict[str, Any]:
        start = item["text"].find(found)
        return {"start": max(start, 0), "end": max(start, 0) + len(found), "text": found}

    quotes = [quote for quote in item.get("quotes", ()) if quote[2] in item["text"]]
    flags = [flag for flag in item.get("flags", ()) if flag[1] in item["text"]]
    return Assessment(
        document_id=document_id(item["url"]),
        model="vigie-e5-small-fr",
        revision="0123456789ab-1",
        scores=item["scores"],
        decision={marker: decision_of(item["scores"].get(marker, 0.0)) for marker in MARKERS},
        evidence=tuple(Evidence(marker=marker, submarkers=(sub,), score=score, **place(found)) for marker, sub, found, score in quotes),
        stance=item.get("stance", "assert"),
        flags=tuple(Flag(id=name, value=value, **place(found)) for name, found, value in flags),
        embedding=base64.b64encode(random.Random(item["text"][:40]).randbytes(384)).decode(),
    )


def decision_of(probability: float) -> Decision:
    """As thresholds would."""
    return "alerte" if probability > 0.8 else "a_lire" if probability > 0.5 else "rien"
