"""Under which conditions a content item was read, as its evidence says: for a machine and for a judge. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from crawlers.evidence.witness import date_of, spoken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.records import Document
    from crawlers.evidence.exhibit import Parts
    from crawlers.evidence.members import Record
    from crawlers.evidence.proof import Proof

CLOCK = {"synchronised": "synchronisée", "not synchronised": "non synchronisée", "unknown": "inconnue"}
ROBOTS = {"classic": "les consignes de robots.txt ont été lues et suivies"}
MARKS = {"ok": "[oui]", "failed": "[NON]", "not_available": "[ - ]"}


class Fact(NamedTuple):
    """One condition. ``key`` is for programs, ``label`` for people; an unknown one has no value."""

    key: str
    label: str
    value: str


def facts_of(document: Document, parts: Parts) -> tuple[Fact, ...]:
    """What the records beside an answer say of how it came about."""
    named = (*_of_document(document), *_of_exchange(parts), *_of_machine(parts), *_of_record(parts))
    return tuple(Fact(key, label, " ".join(value.split())) for key, label, value in named)


def _of_document(document: Document) -> Iterator[tuple[str, str, str]]:
    yield "url", "Adresse du contenu", document.url
    yield "document", "Document", f"{document.id}, version {document.content_sha256}"
    yield "published", "Publié, selon la page, le", spoken(document.published_at) if document.published_at else ""
    if document.deleted_at:
        yield "deleted", "Disparu du site, constaté le", spoken(document.deleted_at)


def _of_exchange(parts: Parts) -> Iterator[tuple[str, str, str]]:
    first, sent, _ = parts.request.message if parts.request else ("", {}, b"")
    answer, heard, _ = parts.record.message if parts.record else ("", {}, b"")
    at = date_of(parts.record) if parts.record else None
    told = parts.certificate.fields if parts.certificate else {}
    yield "asked", "Adresse demandée", _get(parts.request, "WARC-Target-URI")
    yield "request", "Demande envoyée", first
    yield "host", "À l'hôte", sent.get("host", "")
    yield "user_agent", "Agent annoncé", sent.get("user-agent", "")
    led = " puis ".join(_get(one, "WARC-Target-URI") for one in parts.redirects)
    yield "redirects", "Redirections suivies", led or ("aucune" if parts.request else "")
    yield "answered", "Adresse qui a répondu", _get(parts.record, "WARC-Target-URI")
    yield "status", "Réponse", answer
    yield "received", "Reçue le", spoken(at) if at else ""
    yield "remote_address", "De la machine", _get(parts.record, "WARC-IP-Address")
    yield "server_date", "Heure donnée par le site", heard.get("date", "")
    yield "tls", "Liaison chiffrée", told.get("tls", "")
    for key, label in (("subject", "Certificat au nom de"), ("issuer", "Émis par"), ("not-before", "Valable du"), ("not-after", "Au"),
                       ("sha256", "SHA-256 du certificat")):  # fmt: skip
        yield f"certificate_{key.replace('-', '_')}", label, told.get(f"certificate-{key}", "")


def _of_machine(parts: Parts) -> Iterator[tuple[str, str, str]]:
    told, clock = (one.fields if one else {} for one in (parts.info, parts.clock))
    state, offset = clock.get("vigie-clock") or told.get("vigie-clock", ""), clock.get("vigie-clock-offset", "")
    yield "software", "Logiciel", told.get("software", "")
    yield "operator", "Qui a collecté", told.get("operator", "")
    yield "machine", "Machine qui a collecté", told.get("hostname", "")
    yield "robots", "robots.txt", ROBOTS.get(told.get("robots", ""), told.get("robots", ""))
    yield "clock", "Horloge de la machine", CLOCK.get(state, state)
    compared = f"{offset} s, sur {clock.get('vigie-clock-hosts', '?')} site(s)" if offset else ""
    yield "clock_offset", "Écart moyen avec l'heure des sites", compared


def _of_record(parts: Parts) -> Iterator[tuple[str, str, str]]:
    yield "archive_file", "Fichier de l'archive", parts.ref.file
    yield "record_id", "Enregistrement", parts.ref.record_id
    yield "record_sha256", "SHA-256 de l'enregistrement", parts.ref.record_sha256 or ""
    yield "payload_sha256", "SHA-256 du contenu reçu", parts.ref.payload_sha256


def _get(record: Record | None, name: str) -> str:
    return record.get(name) if record else ""


def as_data(facts: tuple[Fact, ...], parts: Parts, proof: Proof) -> dict[str, Any]:
    """For programs: the conditions, where the record lies in preuve.warc.gz, and what was checked."""
    return {
        **{fact.key: fact.value or None for fact in facts},
        "record": {"file": "preuve.warc.gz", "offset": parts.start, "length": parts.ref.length},
        "proved": proof.proved,
        "checks": proof.row["checks"],
    }


def as_text(facts: tuple[Fact, ...], proof: Proof) -> str:
    """For people."""
    verdict = "Le document est prouvé par cet enregistrement." if proof.proved else "LE DOCUMENT N'EST PAS ENTIÈREMENT PROUVÉ PAR CET ENREGISTREMENT."
    lines = ["CONDITIONS DANS LESQUELLES LE CONTENU A ÉTÉ LU", "", *(f"{fact.label} : {fact.value or 'non connu'}" for fact in facts), ""]
    checks = [f"{MARKS[check.outcome]} {check.sentence}" for check in proof.checks]
    return "\n".join([*lines, "CE QUI A ÉTÉ VÉRIFIÉ AU MOMENT DE SCELLER", "", verdict, *checks, ""])
