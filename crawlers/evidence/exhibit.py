"""One document with its evidence, apart from the archive: what a lawyer, a platform or a court is handed. The same input gives the same bytes."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from core.errors import Invalid, NotFound
from core.files import atomic, disk_errors, sync
from crawlers.evidence.members import Damaged
from crawlers.evidence.proof import Verifier
from crawlers.evidence.witness import date_of, spoken

if TYPE_CHECKING:
    from core.records import Document, WarcRef
    from crawlers.evidence.archive import Archive
    from crawlers.evidence.members import Record
    from crawlers.evidence.proof import Proof

WARC, DOCUMENT, PEM, README = "preuve.warc.gz", "document.json", "certificat.pem", "LISEZMOI.txt"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time that a zip knows: an exhibit does not depend on when it was made
MARKS = {"ok": "[oui]", "failed": "[NON]", "not_available": "[ - ]"}


def export(archive: Archive, document: Document, target: Path) -> Proof:
    """Write the exhibit of a document to a .zip or a new folder, whole or not at all; what its verification found.

    Raises NotFound where the archive holds no evidence of it, Invalid for a target that exists, ConfigError.
    """
    if target.is_dir() or (target.exists() and target.suffix != ".zip"):
        raise Invalid(f"{target} exists; expected the name of a new folder, or of a .zip file")
    verifier = Verifier(archive)
    proof = verifier.verify(document)
    files = _files(document, proof, verifier)
    (_zip if target.suffix == ".zip" else _folder)(target, files)
    return proof


class Parts(NamedTuple):
    """What of a file of evidence belongs to one document. ``warc``: these members as they are archived, the answer's at ``start``."""

    warc: bytes
    start: int
    ref: WarcRef
    record: Record | None
    request: Record | None
    certificate: Record | None
    info: Record | None
    clock: Record | None
    redirects: tuple[Record, ...]


def parts_of(document: Document, verifier: Verifier) -> Parts:
    """What a document rests on. Raises NotFound where the archive does not hold it whole."""
    ref = document.evidence
    if ref is None:
        raise NotFound(f"document {document.id} rests on no evidence: there is nothing to export")
    try:
        shelf = verifier.shelf(ref)
        wanted = shelf.exhibit(ref.record_id)
        if ref.record_id not in wanted:
            raise NotFound(f"{ref.file} holds no whole record {ref.record_id}: restore that file from a backup")
        members = [shelf.raw(one) for one in wanted]
        asked = shelf.requests.get(ref.record_id)
        named = (ref.record_id, asked.record_id if asked else "", shelf.certificate_of(ref.record_id), shelf.info, shelf.clock)
        record, request, certificate, info, clock = (shelf.record(one) for one in named)
        led = [shelf.record(one) for one in shelf.redirects_of(ref.record_id)]
    except (OSError, Damaged) as error:
        raise NotFound(f"{ref.file} cannot be read ({error}): restore that file from a backup") from error
    start = sum(len(raw) for raw in members[: wanted.index(ref.record_id)])
    return Parts(b"".join(members), start, ref, record, request, certificate, info, clock, tuple(one for one in led if one))


def _files(document: Document, proof: Proof, verifier: Verifier) -> dict[str, bytes]:
    parts = parts_of(document, verifier)
    files = {WARC: parts.warc, DOCUMENT: (document.model_dump_json(indent=1, exclude_none=True) + "\n").encode()}
    if parts.certificate:
        files[PEM] = parts.certificate.fields["certificate-pem"].encode() + b"\n"
    head, contents = _head(document, parts.record, parts.info), _contents(files, parts.ref)
    text = "\n".join((*head, *contents, *_findings(proof), *_by_hand(parts.start, parts.ref), *_sums(files), *CARE))
    return {**files, README: (text + "\n").encode()}


def _head(document: Document, record: Record | None, info: Record | None) -> list[str]:
    told = info.fields if info else {}
    at = date_of(record) if record else None
    lines = [
        "UN CONTENU PUBLIC ET SA PREUVE",
        "",
        f"Adresse du contenu : {document.url}",
        f"Document : {document.id}, version {document.content_sha256}",
    ]
    if record and at:
        address = record.get("WARC-IP-Address")
        lines.append(f"Reçu le {spoken(at)} de {record.get('WARC-Target-URI')}{f' (machine {address})' if address else ''}")
    if document.published_at:
        lines.append(f"Publié, selon la page, le {spoken(document.published_at)}")
    names = (("software", "Logiciel"), ("operator", "Qui a collecté"), ("hostname", "Machine qui a collecté"))
    return [*lines, *(f"{label} : {told[name]}" for name, label in names if told.get(name)), ""]


def _contents(files: dict[str, bytes], ref: WarcRef) -> list[str]:
    copied = f"copiés octet pour octet du fichier {ref.file} de l'archive"
    said = {
        WARC: f"la demande, la réponse du site et ce qui s'y rattache, au format WARC 1.1 (ISO 28500:2017),\n    {copied}",
        DOCUMENT: "ce qui en a été lu : texte, titre, dates, adresse ; aucun nom d'auteur, mais un pseudonyme",
        PEM: "le certificat que le site a présenté",
    }
    return ["CE QUE CONTIENT CE DOSSIER", "", *(f"  {name} : {said[name]}" for name in files), ""]


def _findings(proof: Proof) -> list[str]:
    verdict = "Le document est prouvé par cet enregistrement." if proof.proved else "LE DOCUMENT N'EST PAS ENTIÈREMENT PROUVÉ PAR CET ENREGISTREMENT."
    return ["CE QUI A ÉTÉ VÉRIFIÉ", "", verdict, *(f"  {MARKS[check.outcome]} {check.sentence}" for check in proof.checks), ""]


def _by_hand(start: int, ref: WarcRef) -> list[str]:
    part = f"tail -c +{start + 1} {WARC} | head -c {ref.length}"
    sealed = [f"  {part} | sha256sum", f"    doit donner {ref.record_sha256}"] if ref.record_sha256 else []
    shown = [f"  {part} | gunzip", "    montre la réponse du site et ses en-têtes"]
    checked = [f"  warcio check {WARC}", "    (logiciel libre warcio) vérifie toutes les empreintes du fichier"]
    return ["VÉRIFIER SANS VIGIE", "", *sealed, *shown, *checked, ""]


def _sums(files: dict[str, bytes]) -> list[str]:
    return ["EMPREINTES SHA-256", "", *(f"  {hashlib.sha256(body).hexdigest()}  {name}" for name, body in files.items()), ""]


CARE = (
    "PRÉCAUTIONS",
    "",
    "  Ce dossier montre un contenu tel que le site l'a servi, donc parfois des données personnelles : ne le remettez qu'à qui doit en juger.",
    "  Il porte sur un contenu, non sur une personne ; sa présence ici ne dit pas que ce contenu soit illicite.",
    "  L'heure est celle de la machine qui a collecté, comparée à celle des sites. Pour une date certaine, faites horodater",
    "  l'empreinte de ce dossier (règlement (UE) n° 910/2014, articles 41 et 42, applicable depuis le 01/07/2016) ou dresser un constat :",
    "  à vérifier avec un avocat.",
)


def _zip(target: Path, files: dict[str, bytes]) -> None:
    with atomic(target) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as out:
        for name, body in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system, entry.external_attr = 3, 0o600 << 16
            out.writestr(entry, body)


def _folder(target: Path, files: dict[str, bytes]) -> None:
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{target.name[:80]}.", suffix=".tmp", dir=target.parent))
        try:
            for name, body in files.items():
                (draft / name).write_bytes(body)
                sync(draft / name)
            draft.replace(target)
            sync(target.parent)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
