"""What the records beside an answer say for it: where it came from, when, what was asked, by whose certificate. Pure; sentences are for people."""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from core.errors import Invalid
from core.urls import canonical, host_of
from crawlers.evidence.clock import FAR, offset
from crawlers.evidence.matching import plain

if TYPE_CHECKING:
    from core.records import Document
    from crawlers.evidence.matching import Payload
    from crawlers.evidence.members import Record

Outcome = Literal["ok", "failed", "not_available"]
TELLING = 4  # letters and digits: a shorter name stands in any page
LATE = timedelta(seconds=2)  # a document is written after its evidence; clocks are read in another order


@dataclass(frozen=True)
class Check:
    """One finding."""

    name: str
    outcome: Outcome
    sentence: str  # French


def ok(name: str, sentence: str) -> Check:
    """It holds."""
    return Check(name, "ok", sentence)


def no(name: str, sentence: str) -> Check:
    """It does not hold."""
    return Check(name, "failed", sentence)


def unknown(name: str, sentence: str) -> Check:
    """The archive does not hold what it takes to say."""
    return Check(name, "not_available", sentence)


def came_from(record: Record, document: Document, payload: Payload | None) -> Check:
    """That the answer came from the document's address, or from a page that shows it."""
    url = record.get("WARC-Target-URI")
    if not host_of(url):
        return no("address", "L'enregistrement ne dit pas de quelle adresse vient la réponse.")
    if _same(url, document.url):
        return ok("address", f"La réponse vient de {url}, l'adresse du document.")
    names = (document.url, document.platform_id or "", urlsplit(document.url).path.rstrip("/").rpartition("/")[2])
    if payload is not None and any(len(plain(name)) >= TELLING and not payload.missing([name]) for name in names):
        return ok("address", f"La réponse vient de {url}, qui nomme le document {document.url}.")
    return unknown("address", f"La réponse vient de {url} ; son lien avec {document.url} ne se lit pas dans le contenu.")


def _same(one: str, other: str) -> bool:
    try:
        return canonical(one) == canonical(other)
    except Invalid:
        return False


def received(record: Record, document: Document) -> Check:
    """That the answer was received before the document was written."""
    at = date_of(record)
    if at is None:
        return no("time", "L'enregistrement ne porte pas d'heure lisible.")
    if at > document.collected_at + LATE:
        return no("time", f"La réponse est datée du {spoken(at)}, après le document qu'elle doit prouver ({spoken(document.collected_at)}).")
    address = record.get("WARC-IP-Address")
    return ok("time", f"La réponse a été reçue le {spoken(at)}{f', de la machine {address}' if address else ''}.")


def asked(request: Record | None, *, redirects: int) -> Check:
    """What was asked."""
    if request is None:
        return unknown("request", "La demande envoyée au site n'est pas dans l'archive (archive plus ancienne, ou canal sans HTTP).")
    first, headers, _ = request.message
    agent, led = headers.get("user-agent", "sans nom"), f", après {redirects} redirection(s) conservée(s)" if redirects else ""
    return ok("request", f"La demande envoyée est « {first.removesuffix(' HTTP/1.1')} » à {headers.get('host', '?')}, au nom de « {agent} »{led}.")


def identified(record: Record, found: Record | None) -> Check:
    """That the site identified itself with a certificate in its own name, valid then."""
    host, at = host_of(record.get("WARC-Target-URI")), date_of(record)
    if not record.get("WARC-Target-URI").startswith(("https://", "wss://")):
        return unknown("certificate", "L'adresse est en http : le site n'a pas présenté de certificat.")
    if found is None:
        return unknown("certificate", "Le certificat du site n'est pas dans l'archive.")
    told = found.fields
    der = _der(told.get("certificate-pem", ""))
    if hashlib.sha256(der).hexdigest() != told.get("certificate-sha256"):
        return no("certificate", "Le certificat archivé n'a pas l'empreinte que son enregistrement annonce.")
    fault = _fault(der, host=host, at=at)
    if fault:
        return no("certificate", f"Le certificat présenté par {host} {fault}.")
    subject, issuer, mark = told.get("certificate-subject", "?"), told.get("certificate-issuer", "?"), told["certificate-sha256"]
    return ok("certificate", f"{host} a présenté un certificat à son nom ({subject}), émis par {issuer}, valable ce jour-là (SHA-256 {mark}).")


def _fault(der: bytes, *, host: str, at: datetime | None) -> str:
    """Why a certificate does not speak for a host at a time; "" where it does."""
    from cryptography import x509
    from cryptography.x509.oid import ExtensionOID

    try:
        found = x509.load_der_x509_certificate(der)
        if at is None or not found.not_valid_before_utc <= at <= found.not_valid_after_utc:
            return "n'était pas valable ce jour-là"
        named = found.extensions.get_extension_for_oid(ExtensionOID.SUBJECT_ALTERNATIVE_NAME).value
        names = [str(name.value) for name in named] if isinstance(named, x509.SubjectAlternativeName) else []
    except x509.ExtensionNotFound:
        names = []
    except (ValueError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return "ne se lit pas"
    parent = host.partition(".")[2]
    return "" if {host, f"*.{parent}"} & {name.lower() for name in names} else "n'est pas à son nom"


def _der(pem: str) -> bytes:
    try:
        return ssl.PEM_cert_to_DER_cert(pem.strip())
    except ValueError:
        return b""


def told_time(record: Record, original: Record | None, clock: Record | None) -> Check:
    """That the site's own clock agrees with the archive's."""
    headers = record.message[1] if original is None else headers_of(original)
    at = date_of(record)
    ahead = offset(headers.get("date"), at, headers.get("age")) if at else None
    if ahead is None:
        why = (
            "la réponse vient d'une mémoire intermédiaire"
            if headers.get("date") and headers.get("age")
            else "la réponse archivée ne porte pas d'heure"
        )
        return unknown("server_time", f"L'heure du site ne peut pas être comparée : {why}.")
    if abs(ahead) <= FAR:
        return ok("server_time", f"Le site donnait la même heure, à {abs(ahead):.0f} s près ({headers['date']}).")
    mean = _number(clock.fields.get("vigie-clock-offset", "")) if clock else None
    if mean is not None and abs(mean) <= FAR:
        return unknown("server_time", f"L'heure du site s'écarte de {abs(ahead):.0f} s, mais l'horloge concordait avec les autres sites lus.")
    return no("server_time", f"L'heure du site ({headers['date']}) s'écarte de {abs(ahead):.0f} s de celle de l'archive.")


def own_clock(clock: Record | None) -> Check:
    """What was known of the machine's own clock."""
    told = clock.fields if clock else {}
    mean, hosts = _number(told.get("vigie-clock-offset", "")), told.get("vigie-clock-hosts", "0")
    kept = told.get("vigie-clock") == "synchronised"
    if mean is None:
        outcome: Outcome = "ok" if kept else "not_available"
        return Check(
            "clock",
            outcome,
            f"L'horloge de la machine {'était' if kept else 'est inconnue ou n’était pas'} synchronisée ; aucun site ne l'a confirmée.",
        )
    if abs(mean) > FAR:
        return no("clock", f"L'horloge de la machine s'écartait de {abs(mean):.0f} s de celle de {hosts} site(s) lu(s).")
    return ok("clock", f"L'horloge de la machine concordait, à {abs(mean):.0f} s près, avec celle de {hosts} site(s) lu(s).")


def headers_of(original: Record) -> dict[str, str]:
    """The headers of an answer that is kept in part."""
    pairs = (line.partition(":") for line in original.fields.get("vigie-original-headers", "").split("\n"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def date_of(record: Record) -> datetime | None:
    """WARC-Date, or None."""
    try:
        at = datetime.fromisoformat(record.get("WARC-Date"))
    except ValueError:
        return None
    return at if at.tzinfo else None


def spoken(at: datetime) -> str:
    """A time as people read it, in UTC."""
    return f"{at.astimezone(UTC):%d/%m/%Y à %H:%M:%S} UTC"


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
