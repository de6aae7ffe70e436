"""Addresses of forums: without session marks, and the one address of a thread whatever page of it is read. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from core.urls import host_of
from crawlers.reading.markup import absolute

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONGEST = 2000  # characters of an address
SESSIONS = frozenset({"sid", "phpsessid", "jsessionid", "sessionid", "zenid"})
HASH = re.compile(r"[0-9a-f]{32}", re.IGNORECASE)
PIECES = re.compile(r"[^&;]+")
ACCOUNT = re.compile(r"viewprofile|members?/|member\.php|action=profile|/users?[-/]|/u/|/u\d|profile\.php|/profile/|userid=", re.IGNORECASE)


def clean_address(url: str) -> str:
    """An address without fragment and session marks, which would make one post look like many; "" for one that cannot be read."""
    if len(url) > LONGEST:
        return ""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return ""
    path = re.sub(r";jsessionid=[\w.-]*", "", parts.path, flags=re.IGNORECASE)
    return urlunsplit((parts.scheme, parts.netloc, path, without(parts.query, ()), ""))


def without(query: str, names: Iterable[str]) -> str:
    """A query without session marks and the named parameters; the marks between the others, & or ;, stay."""
    names = {name.lower() for name in names}
    kept = ""
    for piece in PIECES.finditer(query):
        name, _, value = piece[0].partition("=")
        name = name.lower()
        if name in names or name in SESSIONS or (name == "s" and HASH.fullmatch(value)):
            continue
        kept += (query[piece.start() - 1] if kept else "") + piece[0]
    return kept


def resolved(base: str, link: str) -> str:
    """A link of a page as a clean absolute address; "" where there is none."""
    return clean_address(absolute(base, link)) if len(link) <= LONGEST else ""


def thread_address(url: str, *, first_page: Mapping[str, str], drop: Iterable[str]) -> str:
    """The address of a thread's first page, from that of any of its pages."""
    parts = urlsplit(clean_address(url))
    path, query = parts.path, without(parts.query, drop)
    for pattern, first in first_page.items():
        path, query = (re.sub(pattern, first, part) for part in (path, query))
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


def names_post(address: str, number: str) -> bool:
    """Whether an address, without its fragment, says which post it leads to."""
    short = number.rpartition("_")[2]  # "t1_abc" stands in addresses as "abc"
    return bool(short) and bool(_whole(short).search(address.partition("#")[0]))


@lru_cache(maxsize=256)
def _whole(number: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![0-9A-Za-z]){re.escape(number)}(?![0-9A-Za-z])|(?<=[a-z]){re.escape(number)}(?!\d)")


def outbound(base: str, hrefs: Iterable[str]) -> tuple[str, ...]:
    """The http(s) targets of a post, in order, once each, without those that lead to an account."""
    found = (resolved(base, href) for href in hrefs)
    return tuple(dict.fromkeys(link for link in found if link and host_of(link) and not (host_of(link) == host_of(base) and ACCOUNT.search(link))))
