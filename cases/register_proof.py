"""Proves the register: each notice that counts as sent carries the sealed signatures of two people under what was sent.

A database can be written past the product. What was put there so has no seals that hold, and is named here.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from cases.notice import digest_of
from cases.notice_records import content_in
from cases.signing import NEEDED, STATEMENT, seal_of
from cases.tables_notices import NoticeRow, SignatureRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cases.database import Database

PAGE = 500  # notices read at once


class Proved(NamedTuple):
    """How many notices were sent, and those that are wrong: (id, signatures that hold, whether the content is what was signed)."""

    sent: int
    wrong: tuple[tuple[str, int, bool], ...]


def prove(database: Database, *, secret: bytes) -> Proved:
    """Look at every notice that was sent; accounts may have been closed since. Raises Unavailable, ConfigError."""
    sent, wrong, last = 0, list[tuple[str, int, bool]](), ""
    while True:
        with database.reading() as session:
            rows = session.scalars(
                select(NoticeRow).where(NoticeRow.sent_at.is_not(None), NoticeRow.id > last).order_by(NoticeRow.id).limit(PAGE)
            ).all()
            if not rows:
                return Proved(sent, tuple(wrong))
            signed = session.scalars(select(SignatureRow).where(SignatureRow.subject_id.in_([row.id for row in rows]))).all()
            for row in rows:
                people = _people(row, (one for one in signed if one.subject_id == row.id), secret)
                content = content_in(row)
                sound = content is None or digest_of(content) == row.digest
                if people < NEEDED or not sound:
                    wrong.append((row.id, people, sound))
        sent, last = sent + len(rows), rows[-1].id


def _people(row: NoticeRow, signatures: Iterable[SignatureRow], secret: bytes) -> int:
    held = (
        one.person_id
        for one in signatures
        if (one.subject_kind, one.digest, one.version, one.withdrawn_at, one.statement) == ("notice", row.digest, row.version, None, STATEMENT)
        and hmac.compare_digest(one.seal, seal_of(one, secret))
    )
    return len(set(held))
