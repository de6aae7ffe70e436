"""Authors leave the crawler as keyed hashes: the same account gives the same pseudonym, and no one without the key can test a name."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from core.keys import key_file

if TYPE_CHECKING:
    from core.settings import Settings

FILE = "pseudonym.key"


def load_key(settings: Settings) -> bytes:
    """The key of VIGIE_PSEUDONYM_KEY, else of <data_dir>/pseudonym.key, made once and readable by its owner alone.

    Raises ConfigError.
    """
    if settings.pseudonym_key:
        return settings.pseudonym_key.get_secret_value().encode()
    return key_file(settings.data_dir / FILE, advice="restore it from a backup, never replace it")


def known_key(settings: Settings) -> bytes | None:
    """The key, where there is one; none is made. Raises ConfigError."""
    return load_key(settings) if settings.pseudonym_key or (settings.data_dir / FILE).exists() else None


def pseudonym(key: bytes, *, platform: str, account: str) -> str:
    """``p-`` and 24 hexadecimal digits, the HMAC-SHA256 of the account on its platform."""
    message = f"{platform.casefold()}\n{account.strip().casefold()}".encode()
    return "p-" + hmac.new(key, message, hashlib.sha256).hexdigest()[:24]
