"""Campaigns as knots of joined forms, kept while documents come and go. What is in a knot follows from the documents alone, not from their order."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from index.campaigns.graph import CROWD, join, part, reachable

if TYPE_CHECKING:
    import sqlite3

    from index.campaigns.fingerprint import Fingerprint
    from index.campaigns.graph import Change

_FORM_OF_NEW = "INSERT INTO forms (form, knot, documents, sketch) VALUES (?, ?, 0, ?)"
_TELL_KNOT = """
    INSERT OR IGNORE INTO news SELECT reader, documents.id FROM readers, forms JOIN documents ON documents.form = forms.form WHERE forms.knot = ?
"""
_FOUNDER = """
    SELECT documents.batch, documents.id FROM forms JOIN documents ON documents.form = forms.form WHERE knot = ?
    ORDER BY documents.batch, documents.id LIMIT 1
"""


def campaign_id(founder: str) -> str:
    """The id of the campaign that a document founded: 16 hexadecimal digits."""
    return blake2b(founder.encode(), digest_size=8, person=b"campaign").hexdigest()


class Weaving:
    """The changes of one transaction. ``finish`` before it is committed: splits are looked for once for all of them."""

    def __init__(self, connection: sqlite3.Connection, *, crowd: int = CROWD) -> None:
        self._connection, self._crowd = connection, crowd
        self._loosened: set[int] = set()
        self._unsettled: set[int] = set()

    def enter(self, identifier: str, batch: str, form: Fingerprint) -> None:
        """A document, whose row exists, came into a form."""
        if not self._connection.execute("SELECT 1 FROM forms WHERE form = ?", (form.key,)).fetchone():
            knot = self._new_knot()
            self._connection.execute(_FORM_OF_NEW, (form.key, knot, form.sketch))
            self._follow(join(self._connection, form, crowd=self._crowd))
        self._connection.execute("UPDATE forms SET documents = documents + 1 WHERE form = ?", (form.key,))
        knot = self._knot(form.key)
        documents, first, founder, campaign = self._connection.execute(
            "SELECT documents, batch, founder, campaign FROM knots WHERE knot = ?", (knot,)
        ).fetchone()
        eldest = min((batch, identifier), (first, founder)) if documents else (batch, identifier)
        self._write(knot, documents + 1, eldest, before=campaign)
        self._connection.execute("INSERT OR IGNORE INTO news SELECT reader, ? FROM readers", (identifier,))

    def leave(self, form: int) -> None:
        """A document, whose row is gone, left a form."""
        self._connection.execute("UPDATE forms SET documents = documents - 1 WHERE form = ?", (form,))
        self._unsettled.add(self._knot(form))
        if not self._connection.execute("SELECT documents FROM forms WHERE form = ?", (form,)).fetchone()[0]:
            self._follow(part(self._connection, form, crowd=self._crowd))

    def finish(self) -> None:
        """Part what no edge holds together any more; find founders anew where they may have gone."""
        while self._loosened:
            form = self._loosened.pop()
            if self._connection.execute("SELECT 1 FROM forms WHERE form = ?", (form,)).fetchone():
                self._loosened -= self._split(form)
        for knot in sorted(self._unsettled):
            self._settle(knot)
        self._unsettled = set()

    def _follow(self, change: Change) -> None:
        self._loosened |= change.loosened
        for one, other in change.joined:
            self._tie(self._knot(one), self._knot(other))

    def _tie(self, one: int, other: int) -> None:
        if one == other:
            return
        rows = self._connection.execute("SELECT documents, knot, batch, founder, campaign FROM knots WHERE knot IN (?, ?)", (one, other)).fetchall()
        (_, small, *_), (_, large, *_) = sorted(rows, key=lambda row: row[:2])
        founders = [(batch, founder) for documents, _, batch, founder, _ in rows if documents]
        total = sum(row[0] for row in rows)
        campaign = campaign_id(min(founders)[1]) if total > 1 else None
        for _, knot, _, _, before in rows:
            if before != campaign:
                self._connection.execute(_TELL_KNOT, (knot,))
        self._connection.execute("UPDATE forms SET knot = ? WHERE knot = ?", (large, small))
        self._connection.execute("DELETE FROM knots WHERE knot = ?", (small,))
        if small in self._unsettled:
            self._unsettled.add(large)
        if founders:
            self._write(large, total, min(founders), before=campaign)

    def _split(self, form: int) -> set[int]:
        """The forms that edges lead to from this one; they get a knot of their own if they are not all of theirs."""
        knot = self._knot(form)
        (size,) = self._connection.execute("SELECT COUNT(*) FROM forms WHERE knot = ?", (knot,)).fetchone()
        together = reachable(self._connection, form)
        if len(together) == size:
            return together
        self._connection.execute(_TELL_KNOT, (knot,))
        apart = self._new_knot()
        self._connection.executemany("UPDATE forms SET knot = ? WHERE form = ?", [(apart, one) for one in together])
        self._unsettled |= {knot, apart}
        return together

    def _settle(self, knot: int) -> None:
        found = self._connection.execute("SELECT campaign FROM knots WHERE knot = ?", (knot,)).fetchone()
        if found is None:  # it was tied into another
            return
        (documents,) = self._connection.execute("SELECT COALESCE(SUM(documents), 0) FROM forms WHERE knot = ?", (knot,)).fetchone()
        if documents:
            self._write(knot, documents, self._connection.execute(_FOUNDER, (knot,)).fetchone(), before=found[0])
        else:
            self._connection.execute("DELETE FROM knots WHERE knot = ?", (knot,))

    def _write(self, knot: int, documents: int, founder: tuple[str, str], *, before: str | None) -> None:
        campaign = campaign_id(founder[1]) if documents > 1 else None
        if campaign != before:
            self._connection.execute(_TELL_KNOT, (knot,))
        values = (documents, *founder, campaign, knot)
        self._connection.execute("UPDATE knots SET documents = ?, batch = ?, founder = ?, campaign = ? WHERE knot = ?", values)

    def _knot(self, form: int) -> int:
        knot: int = self._connection.execute("SELECT knot FROM forms WHERE form = ?", (form,)).fetchone()[0]
        return knot

    def _new_knot(self) -> int:
        knot = self._connection.execute("INSERT INTO knots (documents) VALUES (0)").lastrowid
        return knot or 0
