"""Accounts as people and platforms write them, so that one wish covers what parsers call by several names. Pure.

``@anne@instance.test``, ``https://instance.test/@anne``, ``https://t.me/anne``, ``did:plc:...`` name an account; it is written down nowhere.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from core.errors import Invalid
from core.urls import canonical, host_of

NAME = r"[\w.%:-]{1,200}"
DID = re.compile(r"did:[a-z]{1,20}:[\w.%:-]{1,200}")
HANDLE = re.compile(rf"@({NAME})@([a-z0-9][a-z0-9.-]{{0,250}}\.[a-z0-9-]{{2,63}})", re.IGNORECASE)
# what stands before the name in the address of a profile, and of the posts below it
PROFILE = re.compile(rf"/(?:@|users/|user/|u/|profile/|channel/|author/|membres?/|members?/)({NAME})(?:@({NAME}))?(/.*)?", re.IGNORECASE)
TELEGRAM = re.compile(r"/(?:s/)?(\w{4,64})(/.*)?")
TELEGRAM_HOSTS = {"t.me", "telegram.me"}
SITES = {"telegram.me": "t.me", "public.api.bsky.app": "bsky.app", "api.bsky.app": "bsky.app", "bsky.social": "bsky.app",
         "old.reddit.com": "reddit.com"}  # fmt: skip
ASKED = ("actor", "acct", "repo", "uri")  # parameters by which a program's interface is asked for an account


class Account(NamedTuple):
    """``platform``: the host without "www."; ``name``: without @; ``rest``: what follows the profile's own address."""

    platform: str
    name: str
    rest: str = ""


def platform_of(host: str) -> str:
    """The host that an account belongs to, whichever of a platform's hosts answers."""
    plain = host.lower().rstrip(".").removeprefix("www.")
    return SITES.get(plain, plain)


def account_in(url: str) -> Account | None:
    """The account that an address belongs to: a profile, what lies below it, or a program's question about it."""
    if url.startswith("at://"):
        return _asked(url, "bsky.app")
    try:
        parts = urlsplit(url)
        platform, path = platform_of(host_of(url)), unquote(parts.path)
        asked = dict(parse_qsl(parts.query, max_num_fields=50))
    except ValueError:
        return None
    if not platform:
        return None
    if platform in TELEGRAM_HOSTS:
        found = TELEGRAM.fullmatch(path)
        return Account(platform, found[1], found[2] or "") if found else None
    if found := PROFILE.fullmatch(path):
        return Account(platform_of(found[2]) if found[2] else platform, found[1], (found[3] or "").strip("/"))
    return next((known for key in ASKED if key in asked and (known := _asked(asked[key], platform))), None)


def _asked(value: str, platform: str) -> Account | None:
    value = value.removeprefix("at://").partition("/")[0].removeprefix("@")
    name, _, host = value.partition("@")
    return Account(platform_of(host) if host else platform, name, "asked") if re.fullmatch(NAME, name) else None


def read_account(written: str) -> Account | None:
    """The account that a person names by @name@host, a DID or the address of a profile; None for what is something else."""
    written = written.strip()
    if found := HANDLE.fullmatch(written):
        return Account(platform_of(found[2]), found[1])
    if DID.fullmatch(written):
        return Account("bsky.app", written)
    if not written.startswith(("http://", "https://")):
        return None
    found_in = account_in(canonical(written))
    return found_in._replace(rest="") if found_in and not found_in.rest else None


def named_account(account: str, *, platform: str) -> Account:
    """The account of ``--author ACCOUNT --platform HOST``. Raises Invalid for an empty name or a host that is none."""
    known = read_account(account)
    host = platform_of(host_of(platform) or host_of(f"https://{platform}"))
    if not account.strip() or "." not in host:
        raise Invalid(f"account {account!r} on {platform!r}; expected the name as the site shows it, and the site's host such as forum.exemple.fr")
    return known if known and known.platform == host else Account(host, account.strip().removeprefix("@"))


def spellings(account: Account) -> tuple[tuple[str, str], ...]:
    """(platform, account) in each way in which a parser may have written it; pseudonyms make no difference between small and big letters."""
    return tuple((host, form) for host in _hosts(account.platform) for form in _forms(account.name, host))


def _forms(name: str, host: str) -> tuple[str, ...]:
    if host == "bsky.app":
        return (name, f"@{name}", f"https://bsky.app/profile/{name}")
    if host == "t.me":
        return (name, f"@{name}", f"https://t.me/{name}")
    if any(char.isspace() for char in name) or "/" in name:
        return (name,)  # a name that people see, an address
    addresses = (f"https://{host}/{part}{name}" for part in ("@", "users/", "u/", "user/", "channel/", ""))
    return (name, f"@{name}", f"{name}@{host}", f"@{name}@{host}", f"/u/{name}", f"u/{name}", f"/user/{name}", *addresses)


def _hosts(host: str) -> tuple[str, ...]:
    """With and without "www.", which a site of two labels answers to alike."""
    return (host, f"www.{host}") if host.count(".") == 1 and host not in TELEGRAM_HOSTS | {"bsky.app"} else (host,)
