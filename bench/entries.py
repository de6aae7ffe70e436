"""Entries to measure an index with: texts of 600 to 900 characters whose words follow Zipf's law, values spread as unevenly as on public pages.

The words are those of the corpus that the project wrote, by their frequency, and a long tail made of them. Nothing is copied from a page.
"""

from __future__ import annotations

import base64
import hashlib
import random
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from core.records import MARKERS, Assessment, Document, Evidence, Flag, ScoredDocument
from core.settings import ROOT
from core.urls import document_id
from index.documents import to_entry
from index.harm import Rank, Reason
from nlp.corpus import load_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.documents import Entry

START = datetime(2024, 1, 1, tzinfo=UTC)
BEGINNINGS = ("", "re", "pré", "anti", "sur", "contre", "inter", "télé")


@cache
def vocabulary() -> tuple[list[str], list[float]]:
    """40,000 words, the most frequent first, and the running sums of their shares."""
    found = Counter(word for row in load_rows(ROOT / "nlp" / "corpus") for word in re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", row.text.lower()))
    words = list(dict.fromkeys(beginning + word for beginning in BEGINNINGS for word, _ in found.most_common() if not beginning or len(word) > 3))
    words = words[:40_000]
    return words, list(accumulate(1 / (rank + 2.7) ** 1.05 for rank in range(len(words))))


@cache
def _template() -> Entry:
    text = "Le maître guérit tout."
    document = Document(
        id=document_id("https://exemple.example/0"), url="https://exemple.example/0", source="exemple", kind="article", platform="exemple.example",
        text=text, collected_at=START, access_mode="open", content_sha256="0" * 64,
    )  # fmt: skip
    assessment = Assessment(
        document_id=document.id, model="modele", revision="0123456789ab-1", scores=dict.fromkeys(MARKERS, 0.1),
        decision=dict.fromkeys(MARKERS, "rien"),
        evidence=(Evidence(marker=MARKERS[0], start=0, end=22, text=text, score=0.9, submarkers=("B2",)),), stance="assert",
        flags=(Flag(id="T5", start=0, end=2, text=text[:2], value="telegram"),),
    )  # fmt: skip
    reasons = tuple(Reason(factor=name, text="une raison qui se lit en une ligne", times=1.5) for name in ("probability", "severity", "reach"))
    scored = ScoredDocument(document=document, assessment=assessment, batch="lot-0")
    return to_entry(scored, indexed_at=START, rank=Rank(0.5, 0.5, reasons, None))


def entries(first: int, count: int, *, every: int = 1_000_000) -> Iterator[Entry]:
    """Entries number ``first`` to ``first + count - 1``: the same at each call. ``every``: how many there will be in all, for fields that grow."""
    words, shares = vocabulary()
    for number in range(first, first + count):
        rng = random.Random(number)
        yield {**_template(), **_page(rng, number, words, shares), **_values(rng, number, every)}


def _page(rng: random.Random, number: int, words: list[str], shares: list[float]) -> dict[str, Any]:
    url = f"https://exemple.example/{number}"
    text = " ".join(rng.choices(words, cum_weights=shares, k=rng.randint(110, 165)))[: rng.randint(600, 900)].capitalize() + "."
    return {
        "id": document_id(url),
        "url": url,
        "title": " ".join(rng.choices(words, cum_weights=shares, k=6)) if rng.random() < 0.6 else None,
        "text": text,
        "content_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "embedding": base64.b64encode(rng.randbytes(384)).decode(),
        "evidence": [{**_template()["evidence"][0], "text": text[at : at + 200]} for at in range(0, 200 * rng.randint(0, 2), 200)],
    }


def _uneven(rng: random.Random, count: int) -> int:
    """A number below ``count``, small ones far more often."""
    return int(count ** rng.random()) - 1


def _values(rng: random.Random, number: int, every: int) -> dict[str, Any]:
    likely = rng.random() ** 4
    decision = "alerte" if likely > 0.8 else "a_lire" if likely > 0.5 else "rien"
    shown = [MARKERS[_uneven(rng, len(MARKERS))]] if decision != "rien" else []
    lane = "signale" if shown else "sondage" if rng.random() < 0.02 else None
    collected = START + timedelta(seconds=60 * number)
    source, status = _uneven(rng, 120), rng.choices(("a_examiner", "en_cours", "decide"), (6, 1, 3))[0]
    decided = status == "decide" and lane is not None
    return {
        "source": f"source-{source}",
        "kind": ("post", "article", "crowdfunding")[min(2, source % 5 // 2)],
        "platform": f"plateforme-{source // 2}.example",
        "platform_id": str(number),
        "content_type": ["TEXT", "IMAGE", "VIDEO", "AUDIO"][: 1 + _uneven(rng, 4)],
        "language": "fr" if rng.random() < 0.93 else rng.choice(("en", "es", "de")),
        "published_at": (collected - timedelta(minutes=rng.expovariate(1 / 3000))).isoformat() if rng.random() < 0.9 else None,
        "collected_at": collected.isoformat(),
        "author": f"p-{_uneven(rng, every // 5):024d}" if rng.random() < 0.9 else None,
        "access_mode": "open" if rng.random() < 0.95 else "auto_join",
        "link_hosts": [f"site-{_uneven(rng, every // 100)}.example" for _ in range(_uneven(rng, 4))],
        "channels": [f"telegram:t.me/canal{_uneven(rng, every // 50)}"] if rng.random() < 0.15 else [],
        "views": _uneven(rng, 1_000_000) if rng.random() < 0.6 else None,
        "funding_raised": round(rng.random() * 9000, 2) if source % 5 == 4 else None,
        "funding_currency": "EUR" if source % 5 == 4 else None,
        **{f"score_{marker}": likely if marker in shown else rng.random() * 0.4 for marker in MARKERS},
        "markers": shown,
        "alerts": shown if decision == "alerte" else [],
        "decision": decision,
        "lane": lane,
        "priority": likely * 5 + number / 1e6,
        "harm": likely * 5,
        "campaign": f"c-{_uneven(rng, every // 40):016d}" if rng.random() < 0.15 else None,
        "submarkers": sorted({f"{chr(65 + _uneven(rng, 6))}{rng.randint(1, 7)}" for _ in range(_uneven(rng, 4))}) if likely > 0.3 else [],
        "flags": sorted({f"T{1 + _uneven(rng, 12)}" for _ in range(_uneven(rng, 4))}),
        "stance": rng.choices(("assert", "quote", "deny", None), (6, 2, 1, 1))[0],
        "status": status if lane else "a_examiner",
        "qualification": rng.choice(("hors_champ", "licite_preoccupant", "illicite_presume", "urgence")) if decided else None,
        "decided_at": (collected + timedelta(days=2)).isoformat() if decided else None,
        "notice_state": "envoyee" if decided and rng.random() < 0.1 else None,
        "batch": f"lot-{number // 500}",
        "indexed_at": collected.isoformat(),
    }
