"""What the database itself refuses, on SQLite and PostgreSQL alike: a second line behind the rules in cases, for whoever writes past them.

It counts people, versions and states. It cannot check a seal or a reading: what signs and what sends looks these up itself, each time.
Part of step 0005, and frozen with it: another rule is another step.
"""
# ruff: noqa: S608 - SQL made of constants of this file only

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlalchemy import Connection

SENT = "('envoyee', 'accusee', 'repondue', 'contestee')"
# two open accounts of the house have signed the version that stands
TWO = (
    "(SELECT COUNT(DISTINCT s.person_id) FROM signatures s JOIN people p ON p.id = s.person_id WHERE s.subject_kind = 'notice'"
    " AND s.subject_id = n.id AND s.digest = n.digest AND s.version = n.version AND s.withdrawn_at IS NULL AND p.disabled_at IS NULL"
    " AND p.organisation_id = n.organisation_id) >= 2"
)
NEW_HAS_TWO = TWO.replace("n.", "NEW.")
NEW_DOSSIER_HAS_TWO = NEW_HAS_TWO.replace("'notice'", "'dossier'")
UNDER_WAY = "EXISTS (SELECT 1 FROM sendings x WHERE x.notice_id = NEW.id AND x.state = 'partie')"  # it was confirmed under two signatures
IS_DRAFT = "EXISTS (SELECT 1 FROM notices n WHERE n.id = {notice} AND n.state = 'brouillon')"
SIGNABLE = "n.state IN ('brouillon', 'signee') AND n.sent_at IS NULL"
OURS = "EXISTS (SELECT 1 FROM people p WHERE p.id = {person} AND p.organisation_id = {house} AND p.disabled_at IS NULL)"


def _changed(*columns: str) -> str:
    return " OR ".join(f'CAST(NEW."{name}" AS TEXT) IS DISTINCT FROM CAST(OLD."{name}" AS TEXT)' for name in columns)


REGISTERED = ("sent_at", "sent_by", "channel", "digest", "version", "items", "platform", "provider", "source_type", "markers")
NOTED = ("number", "act", "notice_id", "kind", "at", "noted_at", "by", "data")


class Guard(NamedTuple):
    """One refusal: ``refuse`` is SQL that both databases read, true of a row that may not be written."""

    name: str
    table: str
    event: str  # INSERT, UPDATE, DELETE
    refuse: str
    says: str


GUARDS = (
    Guard("notice_begins", "notices", "INSERT", "NEW.state <> 'brouillon' OR NEW.version <> 1 OR NEW.sent_at IS NOT NULL",
          "a notice begins as a draft"),
    Guard("notice_signed_by_two", "notices", "UPDATE",
          f"NEW.state = 'signee' AND OLD.state <> 'signee' AND (OLD.state <> 'brouillon' OR NOT {NEW_HAS_TWO})",
          "a signed notice has the signatures of two people"),
    Guard("notice_leaves_signed", "notices", "UPDATE",
          "NEW.sent_at IS NOT NULL AND OLD.sent_at IS NULL AND (OLD.state <> 'signee' OR NEW.state <> 'envoyee' OR NEW.sent_by IS NULL"
          f" OR NOT {OURS.format(person='NEW.sent_by', house='NEW.organisation_id')} OR NOT ({NEW_HAS_TWO} OR {UNDER_WAY}))",
          "a notice is sent by a person of the house, under the signatures of two people"),
    Guard("notice_sent_has_left", "notices", "UPDATE",
          f"(NEW.sent_at IS NULL AND NEW.state IN {SENT}) OR (NEW.sent_at IS NOT NULL AND NEW.state IN ('brouillon', 'signee'))"
          f" OR (OLD.state = 'close' AND NEW.state <> 'close') OR (OLD.state = 'brouillon' AND NEW.state IN {SENT})",
          "the state of a notice says whether it was sent, and what is closed stays closed"),
    Guard("notice_sent_stays", "notices", "UPDATE",
          f"OLD.sent_at IS NOT NULL AND ({_changed(*REGISTERED)} OR (NEW.content IS NOT NULL AND ({_changed('content')})))",
          "what was sent is not changed; its content can only be erased"),
    Guard("notice_signed_stays", "notices", "UPDATE",
          f"OLD.state = 'signee' AND NEW.state <> 'brouillon' AND ({_changed('digest', 'version')}"
          f" OR (NEW.content IS NOT NULL AND ({_changed('content')})))",
          "what was signed is not changed under its signatures"),
    Guard("notice_owner_stays", "notices", "UPDATE", _changed("id", "organisation_id", "created_by", "created_at"), "a notice keeps its owner"),
    Guard("notice_kept", "notices", "DELETE", "1 = 1", "the register keeps every notice"),
    Guard("notice_item_drafted", "notice_items", "INSERT", f"NOT {IS_DRAFT.format(notice='NEW.notice_id')}",
          "items are added to a draft only"),
    Guard("notice_item_stays", "notice_items", "UPDATE",
          f"{_changed('notice_id', 'position')} OR (NEW.document_id IS NOT NULL AND ({_changed('document_id')}))",
          "an item of a notice stays what it is"),
    Guard("notice_item_kept", "notice_items", "DELETE", f"NOT {IS_DRAFT.format(notice='OLD.notice_id')}",
          "items are taken from a draft only"),
    Guard("dossier_begins", "dossiers", "INSERT", "NEW.state <> 'brouillon' OR NEW.sent_at IS NOT NULL", "a dossier begins as a draft"),
    Guard("dossier_leaves_signed", "dossiers", "UPDATE",
          "NEW.sent_at IS NOT NULL AND OLD.sent_at IS NULL AND (NEW.sent_by IS NULL"
          f" OR NOT {OURS.format(person='NEW.sent_by', house='NEW.organisation_id')} OR NOT {NEW_DOSSIER_HAS_TWO})",
          "a dossier is handed over by a person of the house, under the signatures of two people"),
    Guard("dossier_sent_has_left", "dossiers", "UPDATE",
          "(NEW.sent_at IS NULL AND NEW.state IN ('transmis', 'repondu')) OR (OLD.sent_at IS NOT NULL AND NEW.sent_at IS NULL)"
          " OR (OLD.state = 'clos' AND NEW.state <> 'clos')",
          "the state of a dossier says whether it was handed over, and what is closed stays closed"),
    Guard("signature_given", "signatures", "INSERT",
          "NEW.withdrawn_at IS NOT NULL OR NOT (EXISTS (SELECT 1 FROM notices n JOIN people p ON p.id = NEW.person_id"
          " WHERE NEW.subject_kind = 'notice' AND n.id = NEW.subject_id AND n.digest = NEW.digest AND n.version = NEW.version"
          f" AND {SIGNABLE} AND p.organisation_id = n.organisation_id AND p.disabled_at IS NULL)"
          " OR EXISTS (SELECT 1 FROM dossiers d JOIN people p ON p.id = NEW.person_id WHERE NEW.subject_kind = 'dossier' AND d.id = NEW.subject_id"
          " AND d.digest = NEW.digest AND d.version = NEW.version AND p.organisation_id = d.organisation_id AND p.disabled_at IS NULL))",
          "an open account of the house signs the version that stands"),
    Guard("signature_stays", "signatures", "UPDATE",
          f"OLD.withdrawn_at IS NOT NULL OR NEW.withdrawn_at IS NULL OR "
          f"{_changed('id', 'subject_kind', 'subject_id', 'version', 'digest', 'person_id', 'gates', 'statement', 'interests', 'at')}",
          "a signature can only be withdrawn"),
    Guard("signature_kept", "signatures", "DELETE", "1 = 1", "a signature is never removed"),
    Guard("notice_event_stays", "notice_events", "UPDATE",
          f"(NEW.words IS NOT NULL AND REPLACE(NEW.words, '[effacé]', '') = NEW.words) OR {_changed(*NOTED)}",
          "what happened is not changed; its words can only be erased"),
    Guard("notice_event_kept", "notice_events", "DELETE", "1 = 1", "what happened is never removed"),
    Guard("sending_confirmed", "sendings", "INSERT",
          "NEW.state <> 'attend' OR NOT EXISTS (SELECT 1 FROM notices n WHERE n.id = NEW.notice_id AND n.state = 'signee'"
          f" AND n.sent_at IS NULL AND {TWO} AND {OURS.format(person='NEW.confirmed_by', house='n.organisation_id')})",
          "a person of the house confirms the sending of a notice that two people signed"),
    Guard("sending_stays", "sendings", "UPDATE",
          f"{_changed('id', 'notice_id', 'position', 'channel')} OR (OLD.state = 'partie' AND NEW.state <> 'partie')"
          " OR (OLD.state = 'incertaine' AND NEW.state IN ('attend', 'en_cours'))",
          "what has left, or may have, is not sent again"),
    Guard("sending_kept", "sendings", "DELETE", "1 = 1", "a sending is never removed"),
)  # fmt: skip


def put(connection: Connection) -> None:
    """Put all guards in place."""
    for guard in GUARDS:
        for statement in _sqlite(guard) if connection.dialect.name == "sqlite" else _postgres(guard):
            connection.exec_driver_sql(statement)


def _sqlite(guard: Guard) -> list[str]:
    return [
        f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH ROW "
        # SQLite reads IS DISTINCT FROM from 3.39 on only
        f"BEGIN SELECT RAISE(ABORT, '{guard.says}') WHERE {guard.refuse.replace('IS DISTINCT FROM', 'IS NOT')}; END"
    ]


def _postgres(guard: Guard) -> list[str]:
    row = "OLD" if guard.event == "DELETE" else "NEW"
    return [
        f"CREATE FUNCTION vigie_{guard.name}() RETURNS trigger LANGUAGE plpgsql AS $guard$ BEGIN IF ({guard.refuse}) THEN "
        f"RAISE EXCEPTION USING ERRCODE = '23514', MESSAGE = '{guard.says}'; END IF; RETURN {row}; END $guard$",
        f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH ROW EXECUTE FUNCTION vigie_{guard.name}()",
    ]
