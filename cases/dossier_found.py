"""What people decided and read on the contents of a dossier, taken from the rows each time it is asked: nothing is believed that a dossier says."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import select

from cases.decisions import chunks, decided_of, standing_rows
from cases.dossier import Against, Previous
from cases.notice import Content as Notified
from cases.notice_found import SEATS, Passage, bears, same_people, sign_of
from cases.platforms import load_platforms
from cases.progress import progress_on, readings_of
from cases.tables import LeavingRow
from cases.tables_notices import NoticeEventRow, NoticeItemRow, NoticeRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.orm import Session

    from cases.decisions import Decided
    from cases.tables_work import ReviewRow


class Found(NamedTuple):
    """Of one content's text: the decision that stands on it, who read it so, and all that its readers said, for and against."""

    decision: Decided | None = None
    readers: frozenset[str] = frozenset()  # who read this text and came to one of the qualifications that the dossier may rest on
    settled: bool = False  # nobody is to read it again, and the decision is one of these readings'
    submarkers: tuple[str, ...] = ()  # present, as one of these readers says
    exclusions: tuple[tuple[str, int], ...] = ()  # that anybody ticked who read it, and how many people
    absent: tuple[tuple[str, int], ...] = ()  # signs that readers looked for and did not find
    uncertain: tuple[tuple[str, int], ...] = ()
    passages: tuple[Passage, ...] = ()
    leaving: bool = False

    def against(self, item: int, markers: Iterable[str]) -> tuple[Against, ...]:
        """As a dossier keeps it. ``markers``: first letters of the signs that matter."""
        letters = set(markers)
        said = [("exclusion", self.exclusions), ("absent", self.absent), ("incertain", self.uncertain)]
        return tuple(
            Against.model_validate({"kind": kind, "what": name, "item": item, "readers": people})
            for kind, found in said
            for name, people in found
            if kind == "exclusion" or name[0] in letters
        )


def found_in(session: Session, texts: Mapping[str, str], *, wanted: Sequence[str]) -> dict[str, Found]:
    """Of these documents, each with the digest of its text. ``wanted``: the qualifications that count."""
    standing = {row.document_id: decided_of(row) for row in standing_rows(session, texts)}
    readings = readings_of(session, texts)
    rows = (session.scalars(select(LeavingRow.document_id).where(LeavingRow.document_id.in_(part))) for part in chunks(list(texts)))
    gone = {name for part in rows for name in part}
    found = {name: _found(standing.get(name), readings.get(name, []), text, wanted, leaving=name in gone) for name, text in texts.items()}
    same = same_people(session, {person for one in found.values() for person in one.readers})
    return {name: one._replace(readers=frozenset(same.get(person, person) for person in one.readers)) for name, one in found.items()}


def _found(decision: Decided | None, readings: list[ReviewRow], text: str, wanted: Sequence[str], *, leaving: bool) -> Found:
    read = [row for row in readings if row.text_sha256 == text and row.seat in SEATS]
    agreeing = [row for row in read if row.qualification in wanted and bears(decision, row)]
    shown = sign_of(decision)
    rests = (
        decision is not None and decision.text_sha256 == text and decision.qualification in wanted and decision.act in {row.act for row in agreeing}
    )
    return Found(
        decision=decision,
        readers=frozenset(row.person_id for row in agreeing),
        settled=rests and progress_on(read, decision, text).state == "decide",
        submarkers=tuple(name for name, _ in _answered(agreeing, "present") if shown(name)),
        exclusions=tuple(sorted(Counter(name for row in read for name in dict.fromkeys(row.exclusions)).items())),
        absent=_answered(read, "absent"),
        uncertain=_answered(read, "incertain"),
        passages=tuple(dict.fromkeys(Passage(one["start"], one["end"], one["text"], one.get("submarker")) for row in agreeing for one in row.quotes)),
        leaving=leaving,
    )


def _answered(rows: Sequence[ReviewRow], answer: str) -> tuple[tuple[str, int], ...]:
    """Signs with this answer in the order of the taxonomy, and how many people gave it."""
    found = Counter(name for row in rows for name, said in row.submarkers.items() if said == answer)
    return tuple(sorted(found.items(), key=lambda one: (one[0][0], int(one[0][1:]) if one[0][1:].isdigit() else 0)))


def previous_in(session: Session, document_ids: Sequence[str], *, organisation_id: str) -> tuple[Previous, ...]:
    """The notices that this organisation sent about these contents, the first first, and what came of them."""
    names = chunks(list(document_ids))
    about = {one for part in names for one in session.scalars(select(NoticeItemRow.notice_id).where(NoticeItemRow.document_id.in_(part)))}
    own = (NoticeRow.organisation_id == organisation_id, NoticeRow.sent_at.is_not(None))
    rows = [row for name in sorted(about) if (row := session.scalars(select(NoticeRow).where(NoticeRow.id == name, *own)).first())]
    return tuple(_previous(session, row) for row in sorted(rows, key=lambda row: (row.sent_at, row.id)))


def _previous(session: Session, row: NoticeRow) -> Previous:
    items = session.scalars(select(NoticeItemRow).where(NoticeItemRow.notice_id == row.id).order_by(NoticeItemRow.position))
    again = (NoticeEventRow.notice_id == row.id, NoticeEventRow.kind == "reapparue")
    seen = session.scalars(select(NoticeEventRow.at).where(*again).order_by(NoticeEventRow.at)).first()
    return Previous.model_validate({
        "notice_id": row.id, "platform": row.platform, "service": _service(row), "sent_at": row.sent_at,
        "acknowledged_at": row.acknowledged_at, "decided_at": row.decided_at,
        "actions": [item.action for item in items if item.action], "reappeared_at": seen,
    })  # fmt: skip


def _service(row: NoticeRow) -> str:
    """The service that it went to; of one that no file names, its host, and who provides it as a person found out."""
    known = load_platforms().platform(row.platform)
    if not known.per_host or row.content is None:
        return known.service
    said = Notified.model_validate(row.content)
    host, provider = said.items[0].platform, said.recipient.provider if said.recipient else ""
    name = host if known.generic else known.service if host in known.hosts else f"{known.service} ({host})"
    return f"{provider} ({name})" if provider and known.generic else name
