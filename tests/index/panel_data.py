"""Invented documents and runs that put something into every panel."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from core.records import Funding, ScoredDocument, Standing
from index.documents import Entry
from tests.index.making import entry_of

PLATFORMS = ("forum-sante.example", "video.example", "canal.example", "cagnotte.example")
DECIDED = ("licite_preoccupant", "illicite_presume", "urgence", "hors_champ")
STATES = ("brouillon", "envoyee", "accusee", "repondue", None)


def documents(make: Callable[..., ScoredDocument], now: datetime, *, many: int = 120) -> list[Entry]:
    """Entries whose dates lie in the two years before ``now``, far from the edges of any period."""
    chance = random.Random(5)
    return [_document(make, number, now - timedelta(hours=7), chance) for number in range(many)]


def _document(make: Callable[..., ScoredDocument], number: int, now: datetime, chance: random.Random) -> Entry:
    collected = now - timedelta(days=chance.choice([*range(50), *range(70, 85), *range(100, 340, 7), 500]))
    published = None if number % 9 == 0 else collected - timedelta(days=chance.randrange(1, 25), hours=chance.randrange(24))
    money = number % 3 == 0
    platform = "cagnotte.example" if money else chance.choice(PLATFORMS[:3])
    # few amounts: the test node does not order groups by a measure, so no panel may have more of them than it shows
    raised = float(chance.randrange(9000)) if number % 12 == 0 else None
    funding = Funding(raised=raised, goal=10_000.0, currency=chance.choice(["EUR", "CHF"]), donors=chance.randrange(200))
    fields: dict[str, Any] = {"kind": "crowdfunding", "funding": funding} if money else {"kind": "post", "views": chance.randrange(50_000)}
    scored = make(
        number,
        text=f"Le maître {number} guérit sans médecin.",
        p=chance.choice([0.2, 0.6, 0.7, 0.9]),
        platform=platform,
        source=f"source_{number % 4}",
        collected_at=collected,
        published_at=published,
        language=chance.choice(["fr", "fr", "en", None]),
        access_mode="auto_join" if number % 6 == 0 else "open",
        deleted_at=now - timedelta(days=chance.randrange(20)) if number % 7 == 0 else None,
        author=f"p-{number % 11:024d}",
        **fields,
    )
    campaign = f"{number % 5}c5a{0:028d}" if number % 4 in (0, 1) else None
    return {**entry_of(scored, campaign=campaign, standing=_standing(number, now, chance)), **_varied(scored, number, chance)}


def _standing(number: int, now: datetime, chance: random.Random) -> Standing:
    if number % 2:
        return Standing(status="en_cours" if number % 7 == 0 else "a_examiner")
    decided = now - timedelta(days=chance.randrange(4, 120))
    state = STATES[number // 2 % len(STATES)]
    sent = decided + timedelta(days=1) if state not in (None, "brouillon") else None
    kept = now + timedelta(days=chance.randrange(20, 700))
    qualification = DECIDED[number // 2 % len(DECIDED)]
    return Standing(status="decide", qualification=qualification, decided_at=decided, notice_state=state, notified_at=sent, retain_until=kept)  # type: ignore[arg-type]


def _varied(scored: ScoredDocument, number: int, chance: random.Random) -> dict[str, Any]:
    """What a rank or a model would vary."""
    flagged = max(scored.assessment.scores.values()) > 0.5
    markers = chance.choice([["gourou"], ["abandon_soins"], ["gourou", "abandon_soins"], ["complotisme"]]) if flagged else []
    return {
        "lane": "signale" if flagged else "sondage" if number % 4 == 0 else None,
        "markers": markers,
        "alerts": markers[:1] if max(scored.assessment.scores.values()) > 0.8 else [],
        "flags": sorted(chance.sample(["T1", "T2", "T4", "T7", "T10"], chance.randrange(0, 3))),
        "submarkers": sorted(chance.sample(["A1", "A3", "B2", "B5", "C4"], 2)) if flagged else [],
        "stance": chance.choice(["assert", "assert", "quote", "ask"]),
        "price": chance.choice([None, 497.0, 1200.0, 4997.0]),
        "priority": round(chance.random(), 4),
        "harm": round(chance.random(), 4),
    }


def runs(now: datetime) -> Iterator[Entry]:
    """Rows of RUN_FIELDS for four sources, on most of the last forty days."""
    chance = random.Random(6)
    for back in range(40):
        for source in range(4):
            if chance.random() < 0.8:
                at = now - timedelta(days=back, hours=1)
                yield from _run(at, f"source_{source}", chance)


def _run(at: datetime, source: str, chance: random.Random) -> Iterator[Entry]:
    counts = {("kept", None): chance.randrange(40), ("duplicate", None): chance.randrange(90), ("failed", None): chance.randrange(3)}
    if source == "source_2":
        counts |= {("blind", "bot_wall"): 1 + chance.randrange(3), ("left_out", "too_short"): chance.randrange(5)}
    if source == "source_3":
        counts |= {("blind", "login_required"): 1, ("left_out", "other_language"): 2}
    for (measure, reason), count in counts.items():
        identifier = f"{source}-{at.date()}-{measure}-{reason}"[:32]
        yield {"id": identifier, "at": at.isoformat(), "source": source, "measure": measure, "reason": reason, "count": count}
