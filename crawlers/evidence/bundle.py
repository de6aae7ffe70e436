"""Sealed evidence of a case: one zip that proves itself offline, in the canonical form that ``crawlers/evidence/verifier.py`` checks.

The same documents, case and pictures give the same bytes, but for the time stamps and the seal over them. One document is in memory at a time.
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pydantic import AwareDatetime

from core.errors import Invalid
from core.files import atomic
from core.records import Record
from crawlers.evidence import bundle_page, verifier
from crawlers.evidence.conditions import as_data, as_text, facts_of
from crawlers.evidence.exhibit import parts_of
from crawlers.evidence.proof import Verifier
from crawlers.evidence.stamping import Missed, Stamp, check, stamps
from crawlers.evidence.verifier import MANIFEST, SEAL, Row, central, local, seal_of
from crawlers.evidence.warc import software
from crawlers.evidence.witness import spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import BinaryIO

    from cryptography.x509 import Certificate

    from core.records import Document
    from crawlers.evidence.archive import Archive
    from crawlers.evidence.conditions import Fact
    from crawlers.evidence.exhibit import Parts
    from crawlers.evidence.proof import Proof
    from crawlers.evidence.stamping import Authority
    from crawlers.fetching.screenshot import Screenshot

FORMAT = "vigie-preuves/1"


class Step(Record):
    """One link of the chain of custody, as the audit trail has it; people are ids."""

    number: int | None  # of the entry of the audit trail, and its hash
    at: AwareDatetime
    who: str
    says: str  # French
    about: str
    hash: str | None


class Case(Record):
    """What a bundle is for. ``asked_by``: id of a person, or the command; ``authorities``: names of those that are asked for a time stamp."""

    kind: Literal["notice", "dossier", "document"]
    identifier: str
    asked_by: str
    asked_at: AwareDatetime
    house: str = ""
    authorities: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


class Sealed(NamedTuple):
    """What was made. ``unproved``: addresses of contents whose evidence does not prove them whole."""

    sha256: str
    size: int
    stamps: tuple[Stamp, ...]
    missed: tuple[Missed, ...]
    unproved: tuple[str, ...]


class _Zip:
    """Writes the canonical zip, file by file."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._sha256, self._directory = out, hashlib.sha256(), b""
        self.rows: list[Row] = []
        self.size = 0

    def add(self, name: str, data: bytes) -> None:
        """Raises Invalid beyond what a zip holds."""
        row, crc = Row(name, len(data), hashlib.sha256(data).hexdigest()), zlib.crc32(data)
        if self.size + len(data) + len(self._directory) + verifier.TAIL > verifier.MOST:
            raise Invalid(f"more than {verifier.MOST} bytes of evidence; seal fewer contents at once")
        self._directory += central(row, crc, self.size)
        self.rows.append(row)
        self._write(local(row, crc) + data)

    def close(self) -> str:
        """Seal it; its SHA-256."""
        self.add(SEAL, seal_of(self.rows))
        self._write(self._directory + verifier.end(len(self.rows), len(self._directory), self.size))
        return self._sha256.hexdigest()

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._sha256.update(data)
        self.size += len(data)


def seal(
    archive: Archive,
    documents: Sequence[Document],
    target: Path,
    case: Case,
    *,
    stamper: Callable[[bytes], Sequence[Stamp | Missed]],
    pictures: Mapping[str, Screenshot] | None = None,
) -> Sealed:
    """Write the bundle of these documents, whole or not at all. ``stamper``: asks the authorities about a manifest; ``pictures``: by document id.

    Raises NotFound where the archive holds no evidence of one, Invalid, ConfigError.
    """
    if not documents:
        raise Invalid("no document; expected at least one to seal")
    with atomic(target) as temporary, temporary.open("wb") as out:
        made = _Zip(out)
        urls = [document.url for document in documents]
        made.add("LISEZMOI.txt", bundle_page.as_text(case, urls).encode())
        made.add("LISEZMOI.html", bundle_page.as_html(case, urls).encode())
        made.add("verifier.py", Path(verifier.__file__).read_bytes())
        contents = list(_contents(made, archive, documents, pictures or {}))
        made.add("contenus.txt", _list(contents).encode())
        made.add("chaine-de-conservation.txt", _chain(case, contents).encode())
        made.add("chaine-de-conservation.json", _json([step.model_dump(mode="json") for step in case.steps]))
        manifest = _manifest(case, contents, made.rows)
        made.add(MANIFEST, manifest)
        answers = _stamp(made, stamper(manifest) if case.authorities else (), case)
        sha256 = made.close()
    stamped, missed = (tuple(one for one in answers if isinstance(one, kind)) for kind in (Stamp, Missed))
    unproved = tuple(content["url"] for content in contents if not content["proved"])
    return Sealed(sha256, made.size, stamped, missed, unproved)  # type: ignore[arg-type]


def _contents(made: _Zip, archive: Archive, documents: Sequence[Document], pictures: Mapping[str, Screenshot]) -> Iterator[dict[str, Any]]:
    checker = Verifier(archive)
    for number, document in enumerate(documents, 1):
        folder, proof = f"contenus/{number:03}", checker.verify(document)
        parts = parts_of(document, checker)
        facts = facts_of(document, parts)
        for name, data in _files(document, proof, parts, facts, pictures.get(document.id)):
            made.add(f"{folder}/{name}", data)
        read = {fact.key: fact.value for fact in facts if fact.key in ("received", "software", "operator", "machine")}
        yield {"folder": folder, "document": document.id, "version": document.content_sha256, "url": document.url, "proved": proof.proved, **read}


def _files(document: Document, proof: Proof, parts: Parts, facts: tuple[Fact, ...], picture: Screenshot | None) -> Iterator[tuple[str, bytes]]:
    yield "preuve.warc.gz", parts.warc
    yield "document.json", (document.model_dump_json(indent=1, exclude_none=True) + "\n").encode()
    yield "texte.txt", f"{document.title or ''}\n\n{document.text}\n".lstrip("\n").encode("utf-8", "surrogatepass")
    yield "conditions.json", _json(as_data(facts, parts, proof))
    yield "conditions.txt", as_text(facts, proof).encode()
    if parts.certificate:
        yield "certificat.pem", parts.certificate.fields["certificate-pem"].encode() + b"\n"
    if picture:
        yield "capture.png", picture.png
        yield "capture.json", _json({**picture.facts, "sha256": picture.sha256})


def _list(contents: Sequence[Mapping[str, Any]]) -> str:
    proved = {True: "prouvé par son enregistrement", False: "PAS ENTIÈREMENT PROUVÉ : lire conditions.txt"}
    return "\n".join([f"{one['folder']} : {one['url']} ({proved[one['proved']]})" for one in contents] + [""])


def _chain(case: Case, contents: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        "CHAÎNE DE CONSERVATION",
        "",
        "Ce qui a été fait, dans l'ordre, d'après le journal de Vigie. Chaque entrée du journal porte l'empreinte de celle d'avant : par son numéro",
        "et son empreinte, l'association la retrouve et la montre. Les personnes sont des identifiants.",
        "",
    ]
    for number, one in enumerate(contents, 1):
        by = ", ".join(one[name] for name in ("software", "operator", "machine") if one[name])
        lines.append(f"{one['received'] or 'à une heure inconnue'} : contenu {number} reçu du site, par {by or 'un logiciel inconnu'}")
    for step in case.steps:
        entry = f" [entrée {step.number}, {step.hash}]" if step.number else ""
        lines.append(f"{spoken(step.at)} : {step.who} {step.says} ({step.about}){entry}")
    return "\n".join([*lines, f"{spoken(case.asked_at)} : paquet scellé à la demande de {case.asked_by}", ""])


def _manifest(case: Case, contents: Sequence[Mapping[str, Any]], rows: Sequence[Row]) -> bytes:
    told = {"kind": case.kind, "id": case.identifier, "asked_by": case.asked_by, "asked_at": case.asked_at.isoformat(), "house": case.house}
    files = [{"name": row.name, "size": row.size, "sha256": row.sha256} for row in rows]
    return _json({"format": FORMAT, "software": software(), "case": told, "authorities": case.authorities, "contents": contents, "files": files})


def _stamp(made: _Zip, answers: Sequence[Stamp | Missed], case: Case) -> Sequence[Stamp | Missed]:
    lines = ["AUTORITÉS D'HORODATAGE", "", *([] if case.authorities else ["Aucune n'était configurée."])]
    for number, one in enumerate(answers, 1):
        if isinstance(one, Stamp):
            made.add(f"{verifier.STAMPS}{number:02}.tsr", one.token)
            made.add(f"{verifier.STAMPS}{number:02}.pem", one.chain)
            lines.append(f"{number:02} {one.authority} : a horodaté le manifeste le {spoken(one.at)}")
        else:
            lines.append(f"{number:02} {one.authority} : pas d'horodatage, {one.reason} ; à compléter plus tard : vigie evidence stamp")
    made.add(f"{verifier.STAMPS}etat.txt", "\n".join([*lines, ""]).encode())
    return answers


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode("utf-8", "surrogatepass")


def stamp_beside(path: Path, authorities: Sequence[Authority], *, known: Sequence[Certificate]) -> Sequence[Stamp | Missed]:
    """Stamp the manifest of an intact bundle once more: ``<bundle>.<host>.<digest>.tsr`` and ``.pem`` beside it. The bundle stays as it is.

    Raises Invalid for a bundle that changed since it was sealed, ConfigError.
    """
    findings = verifier.examine(path, stamped=check)
    wrong = [f"{one.part}: {one.says}" for one in findings if one.outcome == verifier.NO]
    if wrong:
        raise Invalid(f"{path} is not the bundle that was sealed ({wrong[0]}); stamp the one that was")
    with path.open("rb") as file:
        bundle = verifier.Bundle(file)
        list(bundle.walk())
        manifest = bundle.read(MANIFEST)
    answers = stamps(manifest, authorities, known=known)
    for one in answers:
        if isinstance(one, Stamp):
            name = f"{path.name}.{re.sub('[^a-z0-9-]', '-', one.authority.lower())}.{verifier.beside_mark(one.token, one.chain)}"
            for suffix, data in ((".pem", one.chain), (".tsr", one.token)):  # the time stamp last: with it, the other is there
                with atomic(path.with_name(name + suffix)) as temporary:
                    temporary.write_bytes(data)
    return answers
