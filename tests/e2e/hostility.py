"""Hostile texts and names, put wherever people and pages bring texts: into the index and into every table of the case database that keeps words."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from cases.decisions import text_digest
from cases.tables import DecisionRow
from cases.tables_people import KeyRow, OrganisationRow, PersonRow, SavedFilterRow
from cases.tables_work import (
    CommentRow,
    ContestRow,
    GoldenRow,
    IdentificationRow,
    OptOutRow,
    ReviewRow,
    SubmissionRow,
    SubmissionStepRow,
    UrgencyRow,
)
from index.documents import Entry
from tests.e2e.conftest import Live
from tests.e2e.seeds import entry_of

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
FILE = Path(__file__).parent / "hostile.yml"
TOGETHER = 7  # texts in one content


@cache
def texts() -> tuple[str, ...]:
    """All of hostile.yml, and what a file cannot hold well: a null byte, and texts without an end or a space."""
    written = [text for group in yaml.safe_load(FILE.read_text(encoding="utf-8")).values() for text in group]
    return (*written, "nul\0octet", "A" * 20_000, "<" * 5_000, "é" * 3_000)


@cache
def names(length: int) -> tuple[str, ...]:
    """Those that the checks of names let pass: without control characters, at most ``length`` characters."""
    cut = (text[:length].strip() for text in texts())
    return tuple(dict.fromkeys(text for text in cut if text and not any(ord(char) < 32 or ord(char) == 127 for char in text)))


def plant(live: Live) -> list[str]:
    """Put all of them everywhere; ids of the contents. ``live.people["tout"]`` has every role."""
    everyone = live.add("tout", "soumet", "analyse", "valide", "sante", "droit", "administre")
    contents = [_content(number, group) for number, group in enumerate(_groups())]
    result = live.index.write(contents)
    assert result.failed == ()
    ids = [entry["id"] for entry in contents]
    with live.database.writing() as session:
        for number, name in enumerate(names(200)):
            session.add(OrganisationRow(id=_id("o", number), name=name, capacity="aucune", registration=None, quota=5, created_at=NOW))
        session.flush()
        for number, name in enumerate(names(40)):
            session.add(
                PersonRow(
                    id=_id("p", number), organisation_id=_id("o", number), login=f"h{number}@{'<b>' if number % 2 else 'h'}.example", name=name,
                    roles=["analyse"], preferences={}, created_at=NOW,
                )
            )  # fmt: skip
        session.flush()
        for number, text in enumerate(one for one in texts() if "\0" not in one):
            rows = _rows(number, text[:3000], contents[number % len(contents)], everyone.id, everyone.organisation_id, len(names(40)))
            for row in rows:
                session.add(row)
                session.flush()
    return ids


def _groups() -> list[list[str]]:
    found = list(texts())
    return [found[start : start + TOGETHER] for start in range(0, len(found), TOGETHER)]


def _content(number: int, group: list[str]) -> Entry:
    text = "\n".join(group)
    short = [one.replace("\0", "")[:200] for one in group]
    quote = next(one for one in group if len(one) > 4 and "\0" not in one)
    item = {
        "url": f"https://hostile.example/{number}", "kind": "post", "platform": short[0] or "x", "source": short[1], "title": short[2],
        "text": text, "author": f"p-{short[3]}", "scores": {"gourou": 0.9, "abandon_soins": 0.9, "complotisme": 0.6},
        "quotes": [["gourou", "B2", quote[:300], 0.9], ["abandon_soins", "A1", text[:40], 0.9]], "flags": [["T2", quote[:60], short[4]]],
        "contacts": [["telegram", short[5]]], "thread": f"https://hostile.example/{number - number % 3}",
    }  # fmt: skip
    entry = entry_of(item, at=NOW - timedelta(minutes=number), campaign=f"c-{short[6][:60]}" if number % 2 else None)
    hosts = [host for host in short if host]
    return {**entry, "link_hosts": hosts, "links": [*hosts, "javascript:canari(1)"], "images": hosts, "evidence_file": short[0], "language": "fr"}


def _id(kind: str, number: int) -> str:
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{kind}{number}").hex


def _rows(number: int, text: str, entry: Entry, person: str, organisation: str, people: int) -> list[Any]:
    """One row in each table that keeps words of people."""
    place, document, line = number % len(_groups()), entry["id"], " ".join(text.split())[:78] or "x"
    reader, second = _id("p", number % people), _id("p", (number + 1) % people)
    digests = {"content_sha256": entry["content_sha256"], "text_sha256": text_digest(entry["title"], entry["text"])}
    same = {"document_id": document, "campaign": None, "markers": ["gourou"], "exclusions": [], "reason": text, "lane": "signale", "stratum": None,
            "inclusion": None, "taxonomy": "essai", **digests}  # fmt: skip
    read = {
        **same,
        "submarkers": {"B2": "present"},
        "quotes": [{"start": 0, "end": 5, "text": line, "submarker": "B2"}],
        "at": NOW,
        "distressing": False,
    }
    decision, submission = _id("d", number), _id("s", number)
    return [
        ReviewRow(id=_id("r1", number), act=_id("a1", number), seat="premiere", person_id=reader, qualification="illicite_presume", **read),
        ReviewRow(id=_id("r2", number), act=_id("a2", number), seat="seconde", person_id=second, qualification="hors_champ", **{**read, "markers": []}),
        DecisionRow(id=decision, act=_id("a3", number), undoes=None, decided_by=line[:40], decided_at=NOW,
                    **({**same, "qualification": "hors_champ", "markers": []} if place % 2 else {**same, "qualification": "licite_preoccupant"})),
        SubmissionRow(id=submission, organisation_id=organisation, person_id=person, url=f"https://hostile.example/s/{number}", given=text, title=text,
                      text=None, note=text, document_id=document, state="visible", reason=None, created_at=NOW, updated_at=NOW, tries=0),
        SubmissionStepRow(submission_id=submission, state="visible", reason=None, at=NOW),
        ContestRow(id=_id("c", number), submission_id=submission, document_id=document, decision_id=decision, person_id=person, reason=text, at=NOW,
                   **({"outcome": "maintenue", "answer": text, "answered_by": reader, "answered_at": NOW} if number % 2 else {})),
        CommentRow(id=_id("k", number), document_id=document, person_id=reader, text=text, at=NOW),
        UrgencyRow(id=_id("u", number), document_id=document, opened_by=reader, opened_at=NOW, due_at=NOW, called=[],
                   **({"action": text, "acted_at": NOW, "closed_by": reader, "closed_at": NOW} if number % 2 else {})),
        *([GoldenRow(document_id=document, qualification="hors_champ", submarkers={}, note=text, set_by=reader, at=NOW)] if number < 5 else []),
        OptOutRow(id=_id("w", number), wish=json.dumps({"platform": "x", "account": text}), reason=text, asked_by=reader, asked_at=NOW),
        IdentificationRow(id=_id("i", number), document_id=document, candidate="p-" + "0" * 24, reason=text, asked_by=reader, asked_at=NOW),
        KeyRow(id=_id("y", number), organisation_id=organisation, person_id=person, name=line, prefix="vigie_x", digest=_id("h", number) * 2,
               scopes=["documents:read"], created_at=NOW),
        SavedFilterRow(id=_id("f", number), person_id=person, name=line, search=f"q={line}", at=NOW),
    ]  # fmt: skip
