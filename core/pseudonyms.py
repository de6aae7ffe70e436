"""Authors leave the crawler as keyed hashes: the same account gives the same pseudonym, and no one without the key can test a name."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from typing import TYPE_CHECKING

from core.errors import ConfigError
from core.files import disk_errors

if TYPE_CHECKING:
    from core.settings import Settings


def load_key(settings: Settings) -> bytes:
    """The key of VIGIE_PSEUDONYM_KEY, else of <data_dir>/pseudonym.key, made once and readable by its owner alone.

    Raises ConfigError.
    """
    if settings.pseudonym_key:
        return settings.pseudonym_key.get_secret_value().encode()
    path = settings.data_dir / "pseudonym.key"
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            draft = path.with_name(f".pseudonym.key.{secrets.token_hex(8)}")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_hex(32), encoding="ascii")
            try:
                os.link(draft, path)  # unlike rename, fails if another process was first: both then read the same key
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        key = path.read_text(encoding="ascii").strip()
    if len(key) < 32:
        raise ConfigError(f"{path} holds {len(key)} characters; expected at least 32: restore it from a backup, never replace it")
    return key.encode()


def pseudonym(key: bytes, *, platform: str, account: str) -> str:
    """``p-`` and 24 hexadecimal digits, the HMAC-SHA256 of the account on its platform."""
    message = f"{platform.casefold()}\n{account.strip().casefold()}".encode()
    return "p-" + hmac.new(key, message, hashlib.sha256).hexdigest()[:24]
