"""Campaigns on the set made for them, against an exhaustive comparison, and at 100,000 documents.

Precision and recall are those of pairs of texts: the set's groups against the campaigns found. The half "choose" chose the thresholds, the half
"measure" measures; intervals draw whole groups and singles again (1,000 times). ``python bench/campaigns.py [--no-embeddings] [--documents N]``
"""

from __future__ import annotations

import argparse
import json
import math
import random
import resource
import tempfile
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

from core.settings import ROOT, Settings
from index.campaigns.compare import alike
from index.campaigns.fingerprint import fingerprint, unpack
from index.campaigns.store import Campaigns, Text
from index.campaigns.words import heard_as, tokens

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
KINDS = ("copied", "shortened", "respelled", "reworded")
Rows = list[dict[str, Any]]


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-embeddings", action="store_true")
    parser.add_argument("--embeddings", type=Path, help="JSON of id to embedding, read where it exists, else written: the judge needs minutes")
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--words", action="store_true", help="write index/campaigns/common.txt again from nlp/corpus; raise fingerprint.VERSION then")
    chosen = parser.parse_args()
    if chosen.words:
        write_words()
        return
    rows = [json.loads(line) for line in (ROOT / "tests" / "index" / "campaign_texts" / "set.jsonl").read_text(encoding="utf-8").splitlines()]
    found = {} if chosen.no_embeddings else embeddings(rows, chosen.embeddings)
    for part in ("choose", "measure", "both"):
        some = [row for row in rows if part in (row["part"], "both")]
        report(part, some, grouped(some, found), times=1000 if part == "measure" else 0)
        report(f"{part}, exhaustive", some, exhaustive(some, found), times=0)
    if chosen.documents:
        speed(chosen.documents)


def write_words() -> None:
    """What is heard in at least 8 texts of the corpus, and its weight: 0 in more than one text of seven, 1 in fewer than about one of a thousand."""
    texts = [
        json.loads(line)["text"]
        for path in sorted((ROOT / "nlp" / "corpus").glob("h*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    seen = Counter(heard for text in texts for heard in {heard_as(token) for token in tokens(text)})
    weights = {heard: min(1.0, max(0.0, (math.log(len(texts) / count) - 2.0) / 4.8)) for heard, count in sorted(seen.items())}
    head = (
        "# sounds (words.py) that many of the corpus' texts hold, with what one weighs; what is not here weighs 1 (python bench/campaigns.py --words)"
    )
    lines = [head, *(f"{heard} {weight:.2f}" for heard, weight in weights.items() if weight < 1)]
    (ROOT / "index" / "campaigns" / "common.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def embeddings(rows: Rows, path: Path | None) -> dict[str, str | None]:
    """The judge's embeddings of the texts."""
    if path and path.exists():
        read: dict[str, str | None] = json.loads(path.read_text(encoding="utf-8"))
        return read
    from nlp.score import Item, Scorer

    texts = {row["id"]: row["text"] for row in rows}
    found = {made.document_id: made.embedding for made in Scorer(Settings()).score([Item(*pair) for pair in texts.items()])}
    if path:
        path.write_text(json.dumps(found), encoding="utf-8")
    return found


def grouped(rows: Rows, vectors: dict[str, str | None]) -> dict[str, str]:
    """Campaigns as publishing finds them."""
    with tempfile.TemporaryDirectory() as folder:
        campaigns = Campaigns(Path(folder), "bench")
        campaigns.add(Text(row["id"], row["id"], row["text"], "b", None, "reseau.example", NOON, vectors.get(row["id"])) for row in rows)
        found = campaigns.of([row["id"] for row in rows])
        campaigns.close()
    return found


def exhaustive(rows: Rows, vectors: dict[str, str | None]) -> dict[str, str]:
    """What they would be if every text were compared with every other."""
    prints = {row["id"]: fingerprint(row["text"], vectors.get(row["id"])) for row in rows}
    known = {identifier: found for identifier, found in prints.items() if found}
    sketches = {identifier: unpack(found.sketch) for identifier, found in known.items() if found.buckets}
    leader = {identifier: identifier for identifier in known}

    def top(one: str) -> str:
        while leader[one] != one:
            one = leader[one]
        return one

    keys: dict[int, str] = {}
    for identifier, found in known.items():
        leader[top(identifier)] = top(keys.setdefault(found.key, identifier))
    names = list(sketches)
    for place, one in enumerate(names):
        rest = names[place + 1 :]
        for other, answer in zip(rest, alike(sketches[one], [sketches[name] for name in rest]), strict=True):
            if answer:
                leader[top(other)] = top(one)
    sizes = Counter(top(identifier) for identifier in known)
    return {identifier: top(identifier) for identifier in known if sizes[top(identifier)] > 1}


def report(name: str, rows: Rows, found: dict[str, str], *, times: int) -> None:
    """Print precision and recall, by kind too, with bootstrap intervals."""
    pairs = counted(rows, found)
    values = figures(pairs, Counter(pairs.keys()))
    print(f"{name}: {len(rows)} texts; " + "; ".join(f"{key} {value:.3f}{interval(pairs, key, times)}" for key, value in values.items()))


def counted(rows: Rows, found: dict[str, str]) -> dict[str, Counter[str]]:
    """Per unit (group or single): pairs that are copies and found, that are copies, that are found and none (half to each of the two)."""
    units: dict[str, Counter[str]] = defaultdict(Counter)
    unit = {row["id"]: f"g{row['group']}" if row["group"] is not None else row["id"] for row in rows}
    members: dict[str, Rows] = defaultdict(list)
    for row in rows:
        units[unit[row["id"]]]  # singles too are drawn
        members[unit[row["id"]]].append(row)
    for name, some in members.items():
        for one, other in combinations(some, 2):
            together = one["id"] in found and found.get(one["id"]) == found.get(other["id"])
            units[name].update({"all": 1, one["kind"]: 1} | ({"hit": 1, f"{one['kind']} hit": 1} if together else {}))
    clusters: dict[str, list[str]] = defaultdict(list)
    for identifier, campaign in found.items():
        clusters[campaign].append(unit[identifier])
    for some_units in clusters.values():
        for one_unit, other_unit in combinations(some_units, 2):
            if one_unit != other_unit:
                units[one_unit]["wrong"] += 1
                units[other_unit]["wrong"] += 1
    return units


def figures(units: dict[str, Counter[str]], drawn: Counter[str]) -> dict[str, float]:
    """Precision, recall, recall by kind of a sample of units."""
    total: Counter[str] = Counter()
    for name, count in drawn.items():
        for key, value in units[name].items():
            total[key] += count * value
    found = {"precision": total["hit"] / max(1, total["hit"] + total["wrong"] / 2), "recall": total["hit"] / max(1, total["all"])}
    return found | {kind: total[f"{kind} hit"] / max(1, total[kind]) for kind in KINDS}


def interval(units: dict[str, Counter[str]], key: str, times: int) -> str:
    """The middle 95 % of samples drawn with replacement."""
    if not times:
        return ""
    rng, names = random.Random(1), list(units)
    values = sorted(figures(units, Counter(rng.choices(names, k=len(names))))[key] for _ in range(times))
    return f" [{values[times // 40]:.3f}, {values[-times // 40 - 1]:.3f}]"


def speed(count: int) -> None:
    """Group documents made by template: one in four a copy, a cut or a near copy of an earlier one; with embeddings at random."""
    rng = random.Random(3)
    running = [
        word for path in sorted((ROOT / "nlp" / "corpus").glob("h*.jsonl")) for word in path.read_text(encoding="utf-8").split() if word.isalpha()
    ]
    words = rng.sample(running, 200_000)  # as frequent as in French, in no order
    earlier: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        campaigns = Campaigns(Path(folder), "bench")
        began = last = time.perf_counter()
        busy = time.process_time()
        for batch in range(count // 1000):
            texts = []
            for number in range(1000):
                said = " ".join(rng.choices(words, k=rng.choice((12, 25, 40, 60, 120))))
                if earlier and rng.random() < 0.25:
                    old = rng.choice(earlier).split()
                    said = " ".join(rng.choice((old, old[: max(12, len(old) // 2)], [*old, "partagez", str(number)])))
                elif len(earlier) < 5000:
                    earlier.append(said)
                at = NOON + timedelta(minutes=batch)
                texts.append(Text(f"d{batch:04}-{number:03}", str(number), said, f"b{batch:04}", f"a{number % 97}", "reseau.example", at))
            campaigns.add(texts)
            if (batch + 1) % max(1, count // 10_000) == 0:
                now = time.perf_counter()
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
                spent = f"{now - began:6.1f} s ({time.process_time() - busy:.1f} s of one core)"
                print(f"{1000 * (batch + 1):>9} documents, {spent}, {1e3 * (now - last) / max(1, count // 10_000):6.0f} us each, {peak} MB")
                last = now
        size = sum(path.stat().st_size for path in Path(folder).iterdir())
        print(f"file {size / 1e6:.0f} MB, {size / count:.0f} bytes a document")
        campaigns.close()


if __name__ == "__main__":
    main()
