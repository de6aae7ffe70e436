"""Passwords as argon2id; slow by design, and the same time for people who do not exist."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import Invalid

LEAST_PASSWORD, MOST_PASSWORD = 12, 200  # characters
LEAST_DIFFERENT = 5  # characters; "aaaaaaaaaaaa" is none


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()  # argon2id with RFC 9106's second recommendation: 64 MiB, 3 passes


@cache
def _nobody() -> str:
    """A hash that is checked where there is none, so that time does not tell who has an account."""
    return _hasher().hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    """argon2id, with its parameters. Raises Invalid for one that is too short, too long or too plain."""
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise Invalid(f"a password of {len(password)} characters; expected {LEAST_PASSWORD} to {MOST_PASSWORD}")
    if len(set(password)) < LEAST_DIFFERENT:
        raise Invalid(f"a password of {len(set(password))} different characters; expected at least {LEAST_DIFFERENT}: a sentence is easy to keep")
    return _hasher().hash(password)


def is_password(hashed: str | None, password: str) -> bool:
    """Whether this is the password; after the same time where there is none."""
    try:
        _hasher().verify(hashed or _nobody(), password[: MOST_PASSWORD + 1])
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None


def is_outdated(hashed: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return _hasher().check_needs_rehash(hashed)
