"""A sealed bundle, checked offline by Vigie: every byte, every time stamp, and each document against the record that the bundle holds of it."""

from __future__ import annotations

import json
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from core.errors import Invalid
from core.records import Document
from crawlers.evidence.archive import Archive
from crawlers.evidence.proof import Verifier
from crawlers.evidence.stamping import check
from crawlers.evidence.verifier import MANIFEST, NO, UNREADABLE, examine, proved

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cryptography.x509 import Certificate

    from crawlers.evidence.proof import Proof
    from crawlers.evidence.verifier import Finding


class BundleProof(NamedTuple):
    """What was found out. ``proofs``: of the documents; none where a byte changed, for then it is known what is wrong."""

    findings: tuple[Finding, ...]
    proofs: tuple[Proof, ...]

    @property
    def intact(self) -> bool:
        """Whether nothing changed since it was sealed, and every time stamp holds."""
        return proved(list(self.findings))

    @property
    def proved(self) -> bool:
        """Whether it is intact, and each document is proved by its record."""
        return self.intact and all(proof.proved for proof in self.proofs)


def prove(path: Path, *, known: Sequence[Certificate] = ()) -> BundleProof:
    """Check a bundle. ``known``: certificates that its time stamps must lead to; without, those that came with it. Raises Invalid."""
    try:
        findings = tuple(examine(path, stamped=lambda manifest, token, chain: check(manifest, token, chain, known=known)))
    except OSError as error:
        raise Invalid(f"{path} cannot be read ({error.strerror}); expected a sealed bundle (.zip)") from error
    changed = any(one.outcome == NO for one in findings)
    return BundleProof(findings, () if changed else tuple(_proofs(path)))


def _proofs(path: Path) -> Iterator[Proof]:
    """Of an intact bundle. One content lies outside of it at a time."""
    try:
        with zipfile.ZipFile(path) as bundle:
            for content in json.loads(bundle.read(MANIFEST))["contents"]:
                yield _proof(bundle, str(content["folder"]))
    except (*UNREADABLE, ValidationError, zipfile.BadZipFile) as error:
        raise Invalid(f"{path} is intact, but this version of Vigie cannot read it ({error}); use the verifier.py that it holds") from error


def _proof(bundle: zipfile.ZipFile, folder: str) -> Proof:
    document = Document.model_validate_json(bundle.read(f"{folder}/document.json"))
    record = json.loads(bundle.read(f"{folder}/conditions.json"))["record"]
    if document.evidence is None:
        raise ValueError(f"{folder} names no evidence")
    ref = document.evidence.model_copy(update={"file": "preuve.warc.gz", "offset": int(record["offset"])})
    with tempfile.TemporaryDirectory(prefix="vigie-preuve-") as place:
        Path(place, ref.file).write_bytes(bundle.read(f"{folder}/preuve.warc.gz"))
        return Verifier(Archive(Path(place))).verify(document.model_copy(update={"evidence": ref}))
