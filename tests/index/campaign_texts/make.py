"""Writes set.jsonl: 2,000 texts, 300 groups of copies of one text, and singles that only look like it. ``python tests/index/campaign_texts/make.py``

How each kind was made:
- reworded: reworded.txt, each text and its rewordings written by hand;
- respelled: sms.txt by hand; the others by nlp.noise (lost accents, typos, capitals, leetspeak, spaced letters, emoji) and the SMS rules below;
- copied, shortened: texts of nlp/corpus, edited by the functions below as people do it (a call to share, a signature, a link, a cut);
- singles: lookalikes.txt by hand (same subject, template or slogan), and texts of nlp/corpus: minimal pairs (one promotes, the other quotes, mocks,
  denounces or tells), answers of 45 words or more that begin by
  quoting 30 words of a text of a group, and others.
Half of the groups, and of the singles with what they resemble, choose the thresholds (``part``: "choose"), the other half measures them ("measure").
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

from core.settings import ROOT
from nlp import noise

HERE = Path(__file__).parent
COPIED, SHORTENED, RESPELLED, TOTAL = 75, 75, 55, 2000
PARTS = ("choose", "measure")
SMS = (
    (r"\bquand\b", "qd"), (r"\bqu[ei]\b", "ki"), (r"\bqu'", "k"), (r"\bc'est\b", "c"), (r"\bpour\b", "pr"), (r"\bdans\b", "ds"), (r"\bavec\b", "ac"),
    (r"\bvous\b", "vs"), (r"\bnous\b", "ns"), (r"\btout\b", "tt"), (r"\bbeaucoup\b", "bcp"), (r"\btoujours\b", "tjrs"), (r"\bquelqu'un\b", "qqn"),
    (r"\bparce que\b", "psk"), (r"\bplus\b", "+"), (r"\bmême\b", "mm"), (r"\bde\b", "2"), (r"\bj'ai\b", "g"), (r"\best\b", "é"), (r"\bpas\b", "pa"),
    (r"qu", "k"), (r"eau\b", "o"), (r"(?<=\w{3})(?:ent|es|s|t)\b", ""), (r"ph", "f"), (r"(?<=\w{2})er\b", "é"),
)  # fmt: skip
OPENINGS = (
    "Partagez svp 🙏 ",
    "À lire jusqu'au bout ⬇️\n\n",
    "RT @veille_libre : ",
    "Reçu ce matin, je fais suivre.\n",
    "Copié-collé d'une amie : ",
    "#info ",
    "",
)
ENDINGS = (
    "\n\nPartagez avant suppression !", " https://t.example/s/{n}", " #reveil #sante #liberte", "\n— transmis par {n}", " 🔥🔥🔥", " (source : un groupe d'amis)", "",
    "\nAbonnez-vous à la chaîne @canal{n} pour la suite",
)  # fmt: skip


def sms(text: str, rng: random.Random) -> str:
    """Phone spelling of about two thirds of what can be spelt so."""
    found = text.lower()
    for pattern, new in SMS:
        found = re.sub(pattern, lambda hit, new=new: new if rng.random() < 0.66 else hit[0], found)
    return found


def copied(text: str, rng: random.Random) -> str:
    """As people pass a text on."""
    kind = rng.randrange(5)
    if kind == 0:
        return text
    if kind == 1:
        text = re.sub(r"[!.?]+", lambda hit: rng.choice((hit[0], "!!!", "...", " !", ".")), text)
    if kind == 2:
        text = re.sub(r"\s+", " ", text).upper() if rng.random() < 0.3 else "\n\n".join(re.split(r"(?<=[.!?])\s+", text))
    if kind == 3:
        words = text.split(" ")
        for _ in range(max(1, len(words) // 25)):
            place = rng.randrange(len(words))
            words[place] = rng.choice(("vraiment", "aussi", "", words[place] + ",", "donc"))
        text = " ".join(word for word in words if word)
    return rng.choice(OPENINGS) + text + rng.choice(ENDINGS).format(n=rng.randrange(100, 999))


def shortened(text: str, rng: random.Random) -> str:
    """Its beginning, its end, or without some of its sentences: 40 to 80 % of the words stay."""
    words, share = text.split(), rng.uniform(0.4, 0.8)
    size = max(12, round(share * len(words)))
    kind = rng.randrange(4)
    if kind == 0:
        return " ".join(words[:size]) + "…"
    if kind == 1:
        return " ".join(words[:size]) + rng.choice(("... Lire la suite", " [...]", " (suite en commentaire)"))
    if kind == 2:
        return " ".join(words[-size:])
    sentences = re.split(r"(?<=[.!?…])\s+", text)
    while len(sentences) > 2 and sum(len(sentence.split()) for sentence in sentences) > size + 6:
        sentences.pop(rng.randrange(len(sentences)))
    kept = " ".join(sentences)
    return kept if len(kept.split()) <= 0.85 * len(words) else " ".join(words[:size]) + "…"


def respelled(text: str, rng: random.Random) -> str:
    """Another spelling of all of it."""
    kind = rng.choice(("sms", "sms", "no_accents", "typos", "capitals", "leetspeak", "spaced_letters", "emoji", "homoglyphs"))
    if kind == "sms":
        return sms(text, rng)
    found = noise.NOISES[kind](text, rng)
    return noise.no_accents(found, rng) if rng.random() < 0.4 else found


def blocks(name: str) -> list[list[str]]:
    """Groups of lines of a file, parted by empty lines."""
    return [block.splitlines() for block in (HERE / name).read_text(encoding="utf-8").strip().split("\n\n")]


def size_of(row: dict[str, Any]) -> int:
    """Words of a row's text."""
    return len(row["text"].split())


def groups(rows: list[dict[str, Any]], rng: random.Random) -> list[tuple[str, list[str]]]:
    """(kind, texts) of all groups."""
    found = [("reworded", block) for block in blocks("reworded.txt")] + [("respelled", block) for block in blocks("sms.txt")]
    seeds = iter(rows)
    for kind, edit, count, least, most in (
        ("copied", copied, COPIED, 12, 400), ("shortened", shortened, SHORTENED, 40, 400), ("respelled", respelled, RESPELLED, 12, 120),
    ):  # fmt: skip
        for _ in range(count):
            text = next(row["text"] for row in seeds if least <= size_of(row) <= most)
            members = [text] + [edit(text, rng) for _ in range(rng.choice((1, 2, 2, 3, 5) if kind != "copied" else (2, 3, 3, 5)))]
            found.append((kind, list(members)))
    return found


def singles(rows: list[dict[str, Any]], made: list[tuple[str, list[str]]], count: int) -> list[tuple[str, str, str]]:
    """(kind, part, text) of texts that are no copy of any other; each in the part of what it resembles."""
    found = lookalikes(made)
    quoted = [(PARTS[number % 2], texts[0]) for number, (kind, texts) in enumerate(made) if kind in ("reworded", "copied")][::4]
    replies = [row["text"] for row in rows if row["stance"] in {"denounce", "inform", "joke"} and size_of(row) >= 45][: len(quoted)]
    found += [("quotation", part, f"« {' '.join(text.split()[:30])} »\n{reply}") for (part, text), reply in zip(quoted, replies, strict=True)]
    pairs: dict[str, list[str]] = {}
    for row in rows:
        if row.get("pair") and row["text"] not in replies:
            pairs.setdefault(row["pair"], []).append(row["text"])
    found += [("pair", PARTS[number % 2], text) for number, texts in enumerate(list(pairs.values())[:300]) for text in texts]
    used = {text for _, _, text in found} | set(replies)
    others = [row["text"] for row in rows if row["text"] not in used and not row.get("pair")]
    found += [("other", PARTS[number % 2], text) for number, text in enumerate(others)]
    return found[:count]


def lookalikes(made: list[tuple[str, list[str]]]) -> list[tuple[str, str, str]]:
    """The lines of lookalikes.txt: in the part of the group with which they share most long words; those with none in that of their first word."""
    groups_words = [(long_words(" ".join(texts)), PARTS[number % 2]) for number, (kind, texts) in enumerate(made) if kind == "reworded"]
    found = []
    for line in (HERE / "lookalikes.txt").read_text(encoding="utf-8").splitlines():
        shared, part = max((len(words & long_words(line)), part) for words, part in groups_words)
        found.append(("lookalike", part if shared >= 3 else PARTS[len(line.split()[0]) % 2], line))
    return found


def long_words(text: str) -> set[str]:
    """Words of at least five letters."""
    return {word.lower() for word in re.findall(r"\w{5,}", text)}


def main() -> None:
    """Write the set."""
    rng = random.Random(5)
    rows = [json.loads(line) for path in sorted((ROOT / "nlp" / "corpus").glob("h*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    rng.shuffle(rows)
    split = len(rows) // 3
    made = groups([row for row in rows[:split] if not row.get("pair")], rng)
    members = [
        {"group": number, "kind": kind, "part": PARTS[number % 2], "text": text} for number, (kind, texts) in enumerate(made) for text in texts
    ]
    rest = singles(rows[split:], made, TOTAL - len(members))
    members += [{"group": None, "kind": kind, "part": part, "text": text} for kind, part, text in rest]
    lines = [json.dumps({"id": f"t{number:04}", **row}, ensure_ascii=False) for number, row in enumerate(members)]
    (HERE / "set.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
