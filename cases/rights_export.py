"""What a person is told on a request for access (GDPR art. 15; a lawyer should check): their contents, and what was made of them.

Names, accounts and numbers of others are masked; who reported, read or decided is left out; so are dossiers for an authority, which are counted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from cases.decisions import chunks
from cases.masking import identifying
from cases.papers.paper import Caution, Facts, Heading, Listing, Paper, Quote, Table, Text
from cases.protection.texts import text_of
from cases.tables import DecisionRow
from cases.tables_notices import DossierItemRow, NoticeItemRow, NoticeRow
from cases.tables_work import CommentRow, ReviewRow
from core.times import paris

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from cases.database import Database
    from core.records import Document

MASK = "[masqué]"
SHOWN = ("url", "platform", "kind", "title", "text", "language", "published_at", "edited_at", "collected_at", "access_mode", "author", "views",
         "likes", "reposts", "replies", "followers")  # fmt: skip


class Told(NamedTuple):
    """``data``: as JSON; ``omitted``: what is held and left out, by reason, with its number."""

    data: dict[str, Any]
    omitted: dict[str, int]


def told_of(
    database: Database, documents: Sequence[Document], *, versions: int, sources: Mapping[str, Mapping[str, str]], places: Mapping[str, int],
    subject: Sequence[str], now: datetime,
) -> Told:  # fmt: skip
    """All that may be told of these documents, the newest version of each. Raises Unavailable, ConfigError."""
    ids = [one.id for one in documents]
    decisions, notices, omitted = _decided(database, ids), _notified(database, ids), _omitted(database, ids)
    contents = [
        {
            **{name: value for name, value in one.model_dump(mode="json", include=set(SHOWN)).items() if value is not None},
            "title": masked(one.title or "", own=subject), "text": masked(one.text, own=subject),
            "source": dict(sources.get(one.source, {})), "decisions": decisions.get(one.id, []), "notices": notices.get(one.id, []),
        }
        for one in documents
    ]  # fmt: skip
    data = {
        "made_at": now.isoformat(), "law": text_of("access")["law"], "contents": contents, "versions_kept": versions, "places": dict(places),
        "left_out": omitted, **{name: text_of("access")[name] for name in ("purposes", "recipients", "rights", "automated", "origin", "retention")},
    }  # fmt: skip
    return Told(data, omitted)


def masked(text: str, *, own: Collection[str]) -> str:
    """Without accounts, numbers, addresses and names of others; ``own``: what the person gave, which may stay."""
    kept, at = list[str](), 0
    names = {part for one in own for part in (one.casefold().strip("@"), *re.split(r"[@/\s]+", one.casefold()))} - {""}
    for found in identifying(text):
        said = text[found.start : found.end]
        mine = said.casefold().strip("@ .,;:!?") in names
        kept += [text[at : found.start], said if mine else MASK]
        at = found.end
    return "".join((*kept, text[at:]))


def _decided(database: Database, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """What was decided on each, without who decided."""
    found: dict[str, list[dict[str, Any]]] = {}
    with database.reading() as session:
        for part in chunks(ids):
            for row in session.scalars(select(DecisionRow).where(DecisionRow.document_id.in_(part)).order_by(DecisionRow.number)):
                told = {"at": row.decided_at.isoformat(), "qualification": row.qualification, "markers": row.markers, "exclusions": row.exclusions}
                found.setdefault(row.document_id, []).append({**told, "undone": row.undoes is not None, "reason": masked(row.reason, own=())})
    return found


def _notified(database: Database, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Notices that left, to whom and what the provider did."""
    found: dict[str, list[dict[str, Any]]] = {}
    with database.reading() as session:
        for part in chunks(ids):
            both = select(NoticeItemRow, NoticeRow).join(NoticeRow, NoticeRow.id == NoticeItemRow.notice_id)
            for item, notice in session.execute(both.where(NoticeItemRow.document_id.in_(part), NoticeRow.sent_at.is_not(None))):
                sent = notice.sent_at.isoformat() if notice.sent_at else ""
                told = {"platform": notice.platform, "sent_at": sent, "legal_bases": notice.bases, "action": item.action}
                found.setdefault(str(item.document_id), []).append(told)
    return found


def _omitted(database: Database, ids: Sequence[str]) -> dict[str, int]:
    """What is held and not given."""
    found = {"dossiers": 0, "comments": 0, "readings": 0}
    with database.reading() as session:
        for part in chunks(ids):
            for name, table in (("dossiers", DossierItemRow), ("comments", CommentRow), ("readings", ReviewRow)):
                found[name] += len(session.execute(select(table.document_id).where(table.document_id.in_(part))).all())
    return {name: number for name, number in found.items() if number}


def paper_of(told: Told) -> Paper:
    """The same to read."""
    words, data = text_of("access"), told.data
    blocks: list[Any] = [Text(words["opening"]), Caution(words["law"]), Heading(1, "Ce qui est détenu")]
    blocks.append(Facts((("Contenus", str(len(data["contents"]))), ("Versions conservées", str(data["versions_kept"])))))
    for number, one in enumerate(data["contents"], start=1):
        facts = [("Adresse", one["url"]), ("Publié le", paris(one.get("published_at"))), ("Lu le", paris(one["collected_at"]))]
        facts += [("Source", one["source"].get("title") or "—"), ("Pourquoi", one["source"].get("purpose") or "—")]
        facts += [("Base légale invoquée", one["source"].get("legal_basis") or "—")]
        blocks += [Heading(2, f"Contenu {number}"), Facts(tuple(facts)), Quote("\n".join(filter(None, (one["title"], one["text"]))))]
        blocks += _made_of(one)
    for title in ("purposes", "origin", "recipients", "retention", "automated", "rights"):
        blocks += [Heading(1, words["titles"][title]), Text(words[title])]
    if told.omitted:
        blocks += [
            Heading(1, words["titles"]["left_out"]),
            Listing(tuple(words["left_out"][name].format(number=n) for name, n in told.omitted.items())),
        ]
    return Paper(title=words["title"], subtitle=words["subtitle"], blocks=tuple(blocks), date=f"le {paris(data['made_at'], day=True)}")


def _made_of(one: Mapping[str, Any]) -> list[Any]:
    rows = tuple((paris(row["at"]), row["qualification"] or "annulée", ", ".join(row["markers"]) or "—", row["reason"]) for row in one["decisions"])
    sent = tuple((row["platform"], paris(row["sent_at"]), row["action"] or "pas de réponse") for row in one["notices"])
    found: list[Any] = [Table(("Le", "Décision", "Marqueurs", "Raison"), rows, caption="Ce qui a été décidé")] if rows else []
    return found + ([Table(("Plateforme", "Envoyée le", "Suite"), sent, caption="Notifications envoyées")] if sent else [])
