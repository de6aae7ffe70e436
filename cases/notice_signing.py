"""Signing a notice, and what must hold at the moment it leaves: all of it is looked up again in the transaction that signs or sends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from cases.notice import digest_of
from cases.notice_events import done_already, happen, needs_state, owned
from cases.notice_found import found_in
from cases.notice_records import content_in, subject_of
from cases.notice_rules import gates_of, load_setting, problems_of
from cases.notices import EDITABLE
from cases.profiles import notifier_in, printed_digest
from cases.signers import cautions
from cases.signing import gates_in, needs, sign_in, valid_in, withdraw_in
from cases.tables_notices import NoticeEventRow, NoticeRow, SendingRow
from core.errors import Conflict, Invalid
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.decisions import Act
    from cases.notice import Content
    from cases.notice_rules import Setting
    from cases.people import Actor
    from cases.tables_notices import SignatureRow


class Readiness(Record):
    """How far the signatures of a notice have come. ``ready``: it may leave, once a person says so."""

    signers: tuple[str, ...]  # ids of the people whose signature counts
    missing: int  # signatures
    gates: tuple[str, ...]  # that it asks for
    open_gates: tuple[str, ...]  # that nobody answers for yet
    cautions: tuple[str, ...]  # in French: what no database can settle
    sound: bool = True  # the content is what its digest says

    @property
    def ready(self) -> bool:
        """Whether two people and all gates are there."""
        return self.sound and not self.missing and not self.open_gates


def readiness(database: Database, identifier: str, *, actor: Actor, secret: bytes, setting: Setting | None = None) -> Readiness:
    """Of a notice of one's own organisation. Raises NotFound."""
    with database.reading() as session:
        row = owned(session, identifier, actor)
        return readiness_in(session, row, secret=secret, setting=setting or load_setting(notifier_in(session, row.organisation_id)))


def readiness_in(session: Session, row: NoticeRow, *, secret: bytes, setting: Setting) -> Readiness:
    """The same in a transaction."""
    content, valid = content_in(row), valid_in(session, subject_of(row), secret=secret, left=row.sent_at is not None)
    wanted = gates_of(content, setting) if content else ()
    missing, open_gates = needs(valid, wanted, gates_in(session, valid))
    return Readiness(
        signers=tuple(one.person_id for one in valid), missing=missing, gates=wanted, open_gates=open_gates, cautions=cautions(session, valid),
        sound=content is not None and digest_of(content) == row.digest,
    )  # fmt: skip


def sign_notice(
    database: Database, identifier: str, *, digest: str, statement: str, interests: str, gates: Iterable[str], actor: Actor, act: Act, secret: bytes,
    setting: Setting | None = None,
) -> None:  # fmt: skip
    """See cases.signing.sign. The notice becomes signee with the second person's signature, once somebody answers for each gate.

    Raises Invalid that names the codes of all its problems; NotFound, Conflict, Forbidden; Unavailable, ConfigError.
    """
    with database.writing() as session:
        row = owned(session, identifier, actor)
        if done_already(session, row.id, "signee", actor=actor, act=act):
            return
        needs_state(row, *EDITABLE, what="signing it")
        refuse_unfit(session, row, setting := setting or load_setting(notifier_in(session, row.organisation_id)))
        known = {one.id for one in valid_in(session, subject_of(row), secret=secret)}
        made = sign_in(
            session, subject_of(row), digest=digest, statement=statement, interests=interests, gates=gates, actor=actor, act=act, secret=secret
        )
        state = readiness_in(session, row, secret=secret, setting=setting)
        if state.ready:
            row.state = "signee"
            session.flush()
        if made.id not in known:
            data = {"signature": made.id, "digest": row.digest, "gates": list(made.gates), "signers": len(state.signers), "state": row.state,
                    "notifier": printed_digest(setting.notifier)}  # fmt: skip
            happen(session, row, "signee", actor=actor, act=act, data=data)


def refuse_unfit(session: Session, row: NoticeRow, setting: Setting) -> Content:
    """The content of a notice that may be signed or sent. Raises Conflict where it is not what was written, Invalid for its problems."""
    content = content_in(row)
    if content is None or digest_of(content) != row.digest or content.platform != row.platform:
        raise Conflict(f"the content of notice {row.id} is not what its digest says: it was erased, or changed past the product; draft another one")
    found = found_in(session, {item.document_id: item.text_sha256 for item in content.items})
    if problems := problems_of(content, found, setting):
        named = "; ".join(f"{one.code} ({one.field})" for one in problems[:12])
        raise Invalid(f"notice {row.id} is not complete: {named}; vigie notices show {row.id} says what each means")
    return content


def refuse_unsigned(session: Session, row: NoticeRow, *, digest: str, secret: bytes, setting: Setting) -> Sequence[SignatureRow]:
    """The signatures under which a notice may leave now. Raises Conflict, Invalid."""
    if row.digest != digest:
        raise Conflict(f"notice {row.id} has changed since it was read; read it again, then send what stands now")
    needs_state(row, "signee", what="sending it")
    refuse_unfit(session, row, setting)
    state = readiness_in(session, row, secret=secret, setting=setting)
    if not state.ready:
        gates = f", and nobody answers for {', '.join(state.open_gates)}" if state.open_gates else ""
        raise Conflict(f"notice {row.id} has {len(state.signers)} signatures that count, of two different people{gates}; have it signed again")
    valid = valid_in(session, subject_of(row), secret=secret)
    _refuse_other_notifier(session, row, {one.id for one in valid}, now=printed_digest(setting.notifier))
    return valid


def _refuse_other_notifier(session: Session, row: NoticeRow, signatures: set[str], *, now: str) -> None:
    """Raises Conflict where the organisation says something else of itself than what stood before the signers, such as that it is trusted."""
    given = session.scalars(select(NoticeEventRow.data).where(NoticeEventRow.notice_id == row.id, NoticeEventRow.kind == "signee"))
    if any(data.get("signature") in signatures and data.get("notifier", now) != now for data in given):
        raise Conflict(
            f"the profile of the organisation that notice {row.id} prints has changed since it was signed; put it back, or change the notice, "
            "then have it signed again"
        )


def withdraw_signature(database: Database, identifier: str, *, actor: Actor, act: Act, secret: bytes) -> None:
    """Take one's own signature back before the notice leaves; a sending that waits is stopped. Raises NotFound, Conflict."""
    with database.writing() as session:
        row = owned(session, identifier, actor)
        if done_already(session, row.id, "signature_retiree", actor=actor, act=act):
            return
        needs_state(row, *EDITABLE, what="withdrawing a signature from it")
        waiting = session.scalars(select(SendingRow).where(SendingRow.notice_id == row.id, SendingRow.state != "refusee")).all()
        if any(one.state != "attend" for one in waiting):
            raise Conflict(f"notice {row.id} is leaving or has left in part; its signatures stay. Tell the provider that it is withdrawn")
        for one in waiting:
            one.state, one.reason, one.updated_at = "refusee", "signature retirée", act.at
        made = withdraw_in(session, subject_of(row), actor=actor, act=act, secret=secret)
        row.state = "brouillon"
        session.flush()
        happen(session, row, "signature_retiree", actor=actor, act=act, data={"signature": made.id, "stopped": len(waiting)})
