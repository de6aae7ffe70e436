"""A random key in a file of its own, made once and readable by its owner alone."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from core.errors import ConfigError
from core.files import disk_errors

if TYPE_CHECKING:
    from pathlib import Path

LEAST = 32  # characters


def key_file(path: Path, *, advice: str) -> bytes:
    """The key in this file, made where there is none. ``advice``: what to do where it is damaged. Raises ConfigError."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_hex(32), encoding="ascii")
            try:
                os.link(draft, path)  # unlike rename, fails if another process was first: both then read the same key
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        key = path.read_text(encoding="ascii").strip()
    if len(key) < LEAST:
        raise ConfigError(f"{path} holds {len(key)} characters; expected at least {LEAST}: {advice}")
    return key.encode()
