"""The bytes of an item's evidence, from the archive."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pydantic import ValidationError

from core.errors import ConfigError, NotFound
from core.records import WarcRef

if TYPE_CHECKING:
    from pathlib import Path

    from index.documents import Entry

MOST = 64 * 2**20  # bytes: what a record may take in the archive


def record_bytes(archive: Path, entry: Entry) -> bytes:
    """The gzip member of its WARC record, as it was archived. Raises NotFound, ConfigError for evidence that is not what it was."""
    ref = reference(entry)
    if ref is None:
        raise NotFound(f"document {entry['id']} has no evidence")
    path = (archive / ref.file).resolve()
    if not path.is_relative_to(archive.resolve()) or not path.is_file() or ref.length > MOST:
        raise NotFound(f"the evidence of document {entry['id']} is not in the archive; vigie evidence verify {entry['id']} says more")
    try:
        with path.open("rb") as file:
            file.seek(ref.offset)
            found = file.read(ref.length)
    except OSError as error:
        raise ConfigError(f"the evidence of document {entry['id']} cannot be read ({error.strerror}); restore it from a backup") from error
    if len(found) < ref.length or (ref.record_sha256 and hashlib.sha256(found).hexdigest() != ref.record_sha256):
        raise ConfigError(f"the evidence of document {entry['id']} is not what was archived; restore {ref.file} from a backup")
    return found


def reference(entry: Entry) -> WarcRef | None:
    """Where an item's evidence lies."""
    try:
        return WarcRef.model_validate(entry["warc"]) if entry["warc"] else None
    except ValidationError as error:
        raise ConfigError(f"document {entry['id']} names its evidence in a way that cannot be read; vigie reindex makes the index anew") from error
