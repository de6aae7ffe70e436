"""The sealed annex of a dossier: who the people are. Encrypted at rest; the role ``droit`` alone writes and opens it; each opening is told.

The key is derived from the console's secret, and each annex is bound to its dossier. Who replaces that secret cannot open the annexes that were
sealed with the old one. Domain rules, 4.1: data on offences take a legal capacity, and nothing here is searched.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError

from cases import audit
from cases.dossier import LEFT
from cases.dossiers import Dossier, content_of, dossier_of, own_row, put
from cases.tables_people import OrganisationRow
from core.errors import ConfigError, Conflict, Forbidden, Invalid, NotFound
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from cases.database import Database
    from cases.decisions import Act
    from cases.people import Actor
    from cases.tables_notices import DossierRow

MOST = 50  # people of one annex
NONCE = 12  # bytes, of AES-GCM
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]


class Identity(Record):
    """One person. ``known``: how this came to be known, lawfully; ``agrees``: whether the person agreed to being named to the authority."""

    role: Literal["auteur", "victime", "proche", "temoin", "declarant"]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    contact: Line = ""
    minor: bool = False
    agrees: Literal["oui", "non", "sans_objet"]
    known: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class Annex(Record):
    """All identities of one dossier."""

    identities: Annotated[tuple[Identity, ...], Field(min_length=1, max_length=MOST)]


def seal(database: Database, identifier: str, identities: Sequence[object], *, version: int, actor: Actor, act: Act, secret: bytes) -> Dossier:
    """Seal these identities in place of what was there; none removes the annex. Signatures fall: the digest covers the sealed bytes.

    Raises NotFound, Forbidden (not droit, or an organisation without a legal capacity), Conflict, Invalid.
    """
    annex = _checked(identities) if identities else None
    with database.writing() as session:
        row = _row(session, identifier, actor)
        if row.state in LEFT:
            raise Conflict(f"dossier {row.id} was handed over or closed; its annex cannot be changed any more")
        if row.version != version:
            raise Conflict(f"dossier {row.id} has changed since it was opened; open it again and repeat what is missing")
        row.annex = _encrypt(annex, row.id, secret) if annex else None
        digest = hashlib.sha256(row.annex).hexdigest() if row.annex else None
        content = content_of(row).model_copy(update={"annex_sha256": digest})
        put(session, row, content, actor=actor, at=act.at, changed=["annex"])
        details = {"people": len(annex.identities) if annex else 0}
        audit.record(session, actor=actor.id, action="annex_sealed", subject=("dossier", row.id), details=details, at=act.at)
        return dossier_of(row)


def unseal(database: Database, identifier: str, *, actor: Actor, act: Act, secret: bytes, paper: bool = False) -> Annex:
    """The identities. Each call is an entry of the audit trail, written before anything is shown. ``paper``: to print them.

    Raises NotFound (no dossier, or no annex), Forbidden, ConfigError where the console's secret is another one, or the bytes were changed.
    """
    with database.writing() as session:
        row = _row(session, identifier, actor)
        if row.annex is None:
            raise NotFound(f"dossier {row.id} has no sealed annex")
        audit.record(session, actor=actor.id, action="annex_opened", subject=("dossier", row.id), details={"paper": paper}, at=act.at)
        sealed, name = row.annex, row.id
    return _decrypt(sealed, name, secret)


def openings(database: Database, identifier: str, *, actor: Actor) -> tuple[audit.Entry, ...]:
    """Who sealed and who opened it, the last first. Raises NotFound, Forbidden."""
    with database.reading() as session:
        _row(session, identifier, actor)
    found = audit.entries(database, subject=("dossier", identifier), size=1000)
    return tuple(one for one in found if one.action in ("annex_sealed", "annex_opened"))


def _row(session: Session, identifier: str, actor: Actor) -> DossierRow:
    row = own_row(session, identifier, actor)
    if not actor.has("droit"):
        raise Forbidden("the sealed annex needs the role droit; ask an administrator of Vigie")
    organisation = session.get(OrganisationRow, actor.organisation_id)
    if organisation is None or organisation.capacity == "aucune":
        raise Forbidden("data on offences need a legal capacity (loi 78-17, art. 46); this organisation declares none; ask an administrator")
    return row


def _checked(identities: Sequence[object]) -> Annex:
    try:
        return Annex.model_validate({"identities": list(identities)})
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid(f"annex: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None  # the cause would show what was typed


def _key(secret: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"vigie dossier annex 1").derive(secret)


def _encrypt(annex: Annex, name: str, secret: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE)
    said = json.dumps(annex.model_dump(mode="json"), ensure_ascii=False).encode("utf-8", "surrogatepass")
    return nonce + AESGCM(_key(secret)).encrypt(nonce, said, name.encode())


def _decrypt(sealed: bytes, name: str, secret: bytes) -> Annex:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        said = AESGCM(_key(secret)).decrypt(sealed[:NONCE], sealed[NONCE:], name.encode())
    except (InvalidTag, ValueError) as error:
        raise ConfigError(f"the annex of dossier {name} does not open: the console's secret is another one than when it was sealed, or its bytes "
                          "were changed; put the old VIGIE_CONSOLE_SECRET or console.key back") from error  # fmt: skip
    return Annex.model_validate_json(said)
