"""Whether a document is what its evidence says: each check by itself, in a sentence that can be read out. Nothing is fetched or written."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.errors import Invalid, NotFound, SourceError, VigieError
from core.files import read_lines
from core.records import Document
from core.urls import document_id
from crawlers.evidence.matching import NoCodec, Payload, TooMuch, told, unpacked
from crawlers.evidence.members import Damaged, hex_of, record_of
from crawlers.evidence.reread import Reread
from crawlers.evidence.shelf import read_at, shelf_of
from crawlers.evidence.witness import Check, asked, came_from, identified, no, ok, own_clock, received, told_time, unknown
from crawlers.reading.drafts import Draft, content_digest, deleted
from crawlers.reading.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.records import WarcRef
    from crawlers.evidence.archive import Archive
    from crawlers.evidence.members import Record
    from crawlers.evidence.shelf import Shelf

NEEDED = {"version", "file", "record", "payload", "text"}  # without these nothing is proved; the others only must not fail
SHELVES = 4  # files whose contents are remembered: the documents of a batch rest on few
NAME = re.compile(r"[0-9a-f]{32}")
NAMED = 10  # missing lines that are named


@dataclass(frozen=True)
class Proof:
    """What was found out about one version of a document."""

    document_id: str
    url: str
    version: str
    checks: tuple[Check, ...]

    @property
    def proved(self) -> bool:
        """Whether all that is needed holds, and nothing speaks against it."""
        return all(check.outcome != "failed" for check in self.checks) and {check.name for check in self.checks if check.outcome == "ok"} >= NEEDED

    @property
    def row(self) -> dict[str, Any]:
        """The wire format."""
        checks = [{"name": check.name, "outcome": check.outcome, "sentence": check.sentence} for check in self.checks]
        return {"id": self.document_id, "url": self.url, "version": self.version, "proved": self.proved, "checks": checks}


@dataclass(frozen=True)
class Held:
    """A record as it was found, with what was found out about it whatever the document."""

    checks: tuple[Check, ...]
    record: Record | None = None
    payload: Payload | None = None
    body: Page | None = None
    reread: Reread | None = None


class Verifier:
    """Checks documents one after another; many rest on the same page of the same file, which is read once."""

    def __init__(self, archive: Archive, *, key: bytes | None = None) -> None:
        """``key``: that of the pseudonyms, without which authors are not compared."""
        self._root, self._key = archive.root, key
        self._shelves: OrderedDict[Path, Shelf] = OrderedDict()
        self._last: tuple[WarcRef, Held] | None = None

    def verify(self, document: Document) -> Proof:
        """Every check that can be made of this document."""
        return Proof(document.id, document.url, document.content_sha256, (_version(document), *self._checks(document)))

    def shelf(self, ref: WarcRef) -> Shelf:
        """What the file of a record holds. Raises OSError."""
        path = self._path(ref)
        if path not in self._shelves:
            self._shelves[path] = shelf_of(path)
            if len(self._shelves) > SHELVES:
                self._shelves.popitem(last=False)
        return self._shelves[path]

    def _checks(self, document: Document) -> Iterator[Check]:
        ref = document.evidence
        if ref is None:
            yield no("file", "Ce document ne renvoie à aucune preuve.")
            return
        if self._last is None or self._last[0] != ref:
            self._last = (ref, self._held(ref))
        held = self._last[1]
        yield from held.checks
        if held.record is None:
            return
        yield came_from(held.record, document, held.payload)
        yield received(held.record, document)
        yield from self._beside(held.record, ref)
        if held.payload is not None:
            yield _stands(document, held.payload, held.body)
        if held.reread is not None:
            yield held.reread.check(document)

    def _beside(self, record: Record, ref: WarcRef) -> Iterator[Check]:
        """What stands beside the answer in its file."""
        try:
            shelf = self.shelf(ref)
            request = shelf.requests.get(ref.record_id)
            yield asked(shelf.record(request.record_id) if request else None, redirects=len(shelf.redirects_of(ref.record_id)))
            yield identified(record, shelf.record(shelf.certificate_of(ref.record_id)))
            known = shelf.record(shelf.clock)
            yield told_time(record, shelf.record(shelf.originals.get(ref.record_id, "")), known)
            yield own_clock(known)
        except (OSError, Damaged):
            yield unknown("request", "Les enregistrements voisins de la réponse ne se lisent pas.")

    def _path(self, ref: WarcRef) -> Path:
        path = (self._root / ref.file).resolve()
        if not path.is_relative_to(self._root.resolve()):
            raise FileNotFoundError(f"{ref.file} lies outside the archive")
        return path

    def _held(self, ref: WarcRef) -> Held:
        try:
            raw = read_at(self._path(ref), ref.offset, ref.length)
        except OSError:
            return Held((no("file", f"Le fichier {ref.file} manque ou ne se lit pas : restaurez-le d'une sauvegarde."),))
        if len(raw) < ref.length:
            return Held((no("file", f"Le fichier {ref.file} s'arrête avant la fin de l'enregistrement : restaurez-le d'une sauvegarde."),))
        checks = [ok("file", f"Le fichier {ref.file} est présent."), _sealed(ref, raw)]
        try:
            record = record_of(raw)
        except Damaged:
            return Held((*checks, no("record", "À l'endroit désigné ne se lit pas un enregistrement WARC entier, et lui seul.")))
        checks += _whole(ref, record)
        page, text = _page(record)
        if page is None:
            return Held((*checks, *([text] if text else [])), record)
        return Held(tuple(checks), record, Payload(page.text), page, Reread(page, key=self._key, whole=record.get("WARC-Type") != "conversion"))


def verify(archive: Archive, document: Document) -> Proof:
    """Check one document against its evidence."""
    return Verifier(archive).verify(document)


def document_of(archive: Archive, wanted: str, *, version: str = "") -> Document:
    """The newest version of a document, named by its id or its address; or the one whose SHA-256 begins with ``version``.

    Raises Invalid for a name that is none, NotFound.
    """
    identity = document_id(wanted) if "://" in wanted else wanted.strip().lower()
    if not NAME.fullmatch(identity):
        raise Invalid(f"{wanted[:200]!r} is no document; expected its id (32 hexadecimal digits) or its address (https://...)")
    for document in _versions(archive, identity):
        if document.content_sha256.startswith(version.lower()):
            return document
    named = f"{wanted[:200]!r}{f' of version {version}' if version else ''}"
    raise NotFound(f"no document {named} is in {archive.root}; expected an id or an address that the archive holds")


def _versions(archive: Archive, identity: str) -> Iterator[Document]:
    """Newest first. The ledger, where there is one, names the newest at once; the batches themselves are what counts."""
    newest = None
    if (archive.root / "ledger.sqlite").exists():
        with contextlib.suppress(VigieError):  # an archive on a medium that cannot be written
            newest = archive.latest(identity)
    if newest:
        yield newest
    for batch in reversed(archive.batches()):
        for line in read_lines(archive.root / "documents" / f"{batch}.jsonl.gz"):
            if line.get("id") == identity:
                yield Document.model_validate(line)


def _version(document: Document) -> Check:
    draft = Draft(url=document.url, kind=document.kind, title=document.title, text=document.text, funding=document.funding)
    found = document.model_copy(update={"content_sha256": content_digest(draft)})
    if document.deleted_at:
        found = deleted(found, at=document.deleted_at)
    if found.content_sha256 == document.content_sha256:
        return ok("version", f"Titre, texte et montants ont l'empreinte de cette version ({document.content_sha256}).")
    return no("version", "Titre, texte ou montants ne sont plus ceux dont cette version porte l'empreinte.")


def _sealed(ref: WarcRef, raw: bytes) -> Check:
    found = hashlib.sha256(raw).hexdigest()
    if ref.record_sha256 is None:
        return unknown("bytes", "Cette archive, plus ancienne, ne gardait pas l'empreinte des octets de l'enregistrement.")
    if found == ref.record_sha256:
        return ok("bytes", f"L'enregistrement est resté le même, octet pour octet (SHA-256 {found}).")
    return no("bytes", f"Les octets de l'enregistrement ont changé : SHA-256 {found}, au lieu de {ref.record_sha256}.")


def _whole(ref: WarcRef, record: Record) -> list[Check]:
    identity = record.get("WARC-Record-ID")
    checks = [ok("record", f"C'est un seul enregistrement WARC, entier, d'identifiant {identity}.")]
    if identity != ref.record_id:
        checks = [no("record", f"L'enregistrement est {identity}, et non {ref.record_id} que le document désigne.")]
    found = hashlib.sha256(record.message[2]).hexdigest()
    if found != ref.payload_sha256:
        return [*checks, no("payload", f"Le contenu archivé a changé : SHA-256 {found}, au lieu de {ref.payload_sha256}.")]
    told = {"WARC-Payload-Digest": found, "WARC-Block-Digest": hashlib.sha256(record.block).hexdigest()}
    for name, expected in told.items():
        if record.get(name).startswith("sha256:") and _digest(record.get(name)) != expected:
            return [*checks, no("payload", f"L'enregistrement ne correspond pas à l'empreinte qu'il porte ({name}).")]
    if record.get("WARC-Type") == "conversion":
        said = "C'est la part de la réponse qui pouvait être conservée : ce que des auteurs ne veulent pas voir lu en a été ôté."
        return [*checks, ok("payload", f"Le contenu archivé a l'empreinte désignée (SHA-256 {found}). {said}")]
    return [
        *checks,
        ok("payload", f"Le contenu archivé, tel que le site l'a envoyé, a l'empreinte désignée (SHA-256 {found})."),
    ]


def _page(record: Record) -> tuple[Page | None, Check | None]:
    """The content as it can be read, or why it cannot."""
    _, headers, body = record.message
    kind = headers.get("content-type") or record.get("Content-Type")
    try:
        return Page(record.get("WARC-Target-URI"), unpacked(body, headers.get("content-encoding", "")), {**headers, "content-type": kind}), None
    except NoCodec:
        return None, unknown("text", f"Le contenu est compressé d'une façon ({headers.get('content-encoding')}) qui ne se lit pas ici.")
    except TooMuch:
        return None, unknown("text", "Le contenu, une fois décompressé, est trop grand pour être lu.")
    except ValueError:
        return None, no("text", "Le contenu archivé ne se décompresse pas.")


def _digest(label: str) -> str:
    try:
        return hex_of(label)
    except ValueError:
        return ""


def _stands(document: Document, payload: Payload, page: Page | None) -> Check:
    """That every line of the document stands in the content."""
    own = _headings() if document.platform.endswith("ulule.com") else frozenset()
    lines = ["" if line in own else line for line in (document.title or "", *document.text.split("\n"))]
    total, count = sum(len(told(line)) for line in lines), sum(1 for line in lines if told(line))
    try:
        missing = payload.missing(lines)
        extracted = _extracted(document, page) if missing and page else None
        left = extracted.missing([line if number in missing else "" for number, line in enumerate(lines)]) if extracted else missing
    except TooMuch:
        return unknown("text", "Le texte et le contenu sont trop longs pour être comparés.")
    if not left:
        how = f" ; {len(missing)} d'entre elles ont perdu des éléments insérés (liens, encadrés) quand l'article en a été extrait" if missing else ""
        return ok("text", f"Les {count} lignes du document, titre compris, sont dans le contenu archivé{how}.")
    named = ", ".join("le titre" if number == 0 else str(number) for number in list(left)[:NAMED]) + (", ..." if len(left) > NAMED else "")
    share = int(1000 * (1 - sum(left.values()) / max(1, total))) / 10
    return no("text", f"{share} % du texte est dans le contenu archivé ; lignes qui n'y sont pas : {named}.")


def _headings() -> frozenset[str]:
    """What Ulule's pages write above the parts of a project, and its answers leave out."""
    from crawlers.platforms.ulule import HEADINGS

    return frozenset(heading for headings in HEADINGS.values() for heading in headings)


def _extracted(document: Document, page: Page) -> Payload | None:
    """An article once more, as it is drawn from its page today: drawing it out leaves inserted elements out in mid-sentence."""
    from crawlers.reading.extract import article

    if document.kind != "article":
        return None
    try:
        found = article(page)
    except SourceError:
        return None
    return Payload(f"{found.title or ''}\n{found.text}")
