"""The providers of a register, as a report names them: each service, each instance, each host that runs by itself. Nobody's name."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from cases.platforms import OTHER, UNVERIFIED, load_platforms
from cases.providers import UNNAMED, legal_name
from cases.reporting.figures import Provider
from cases.scanning import personal_data
from cases.tables_notices import NoticeRow
from cases.tables_people import PersonRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from cases.register import RegisterRow

MOST_SLUG = 80
PLAIN = re.compile(r"[^a-z0-9.]+")


class Providers:
    """Ids and names. ``labels``: platform and provider of notices, in the order of the first sending, which numbers those without a name.

    ``names``: of people who are known; none of them is printed. What is no platform of ours is one provider, and is not repeated.
    """

    def __init__(self, labels: Iterable[tuple[str, str]] = (), *, names: Iterable[str] = ()) -> None:
        self.known = {one.id: one for one in load_platforms().all}
        self.ids: dict[tuple[str, str], str] = {}
        self.named: dict[str, str] = {}
        people, numbers = tuple(names), Counter[str]()
        for platform, label in labels:
            if label and platform in self.known and self.known[platform].per_host:
                told = _told(platform, label, people)
                numbers[platform] += not told
                identifier = f"{platform}:{_slug(told) or numbers[platform]}"
                self.ids[platform, label] = identifier
                self.named.setdefault(identifier, self._name(platform, told, numbers[platform]))

    def _name(self, platform: str, told: str, number: int) -> str:
        if platform == OTHER:
            return f"{told} {UNVERIFIED}" if told else f"Autre fournisseur n° {number}"
        service = self.known[platform].service
        return f"{service} ({told})" if told else f"{service}, autre instance n° {number}"

    def of(self, row: RegisterRow) -> str:
        """The id of a row's provider."""
        return self.ids.get((row.platform, row.provider)) or (row.platform if row.platform in self.known else OTHER)

    def seen(self, ids: Iterable[str]) -> tuple[Provider, ...]:
        """Of these ids, those whose name cases/platforms does not say."""
        return tuple(Provider(id=one, legal_name=self.named[one]) for one in sorted(set(ids)) if one in self.named)


def providers_in(session: Session, organisation_id: str | None) -> Providers:
    """Of all that an organisation (None: every one) has ever sent: a number stays the same from one report to the next."""
    sent = select(NoticeRow.platform, NoticeRow.provider).where(NoticeRow.sent_at.is_not(None))
    sent = sent.where(NoticeRow.organisation_id == organisation_id) if organisation_id else sent
    ordered = sent.group_by(NoticeRow.platform, NoticeRow.provider).order_by(func.min(NoticeRow.sent_at), NoticeRow.platform, NoticeRow.provider)
    return Providers(session.execute(ordered).tuples(), names=known_names_in(session))


def known_names_in(session: Session) -> tuple[str, ...]:
    """Names and logins of everybody with an account: none of them stands in a report."""
    return tuple(name for row in session.execute(select(PersonRow.name, PersonRow.login)).tuples() for name in row)


def _told(platform: str, label: str, names: tuple[str, ...]) -> str:
    """The label as it may be printed; "" where it may not. It was looked through when it was written; people got accounts since."""
    told = legal_name(label) if platform == OTHER else label
    return "" if label.startswith(UNNAMED) or not _slug(told) or personal_data(told, names=names, loose=False) else told


def _slug(name: str) -> str:
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(sign))
    return PLAIN.sub("-", plain).strip("-.")[:MOST_SLUG]
