"""How often strangers may try: sign-in, codes, keys. Addresses and accounts are counted under keyed hashes, never as they are."""

from __future__ import annotations

import ipaddress
from datetime import timedelta

from fastapi import Request

from cases.limits import Limit, check_all
from cases.people import Actor
from web.console import Console
from web.sessions import keyed

QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
# most tries, and within which time
ADDRESS = (60, QUARTER)  # sign-ins that fail, from one address: an office shares one
PAIR = (8, QUARTER)  # on one account from one address
ACCOUNT = (40, HOUR)  # on one account from browsers that never signed in to it: 350,000 a year, which a password of 12 characters outlasts
BROWSER = (8, QUARTER)  # on one account from a browser that did: strangers do not use it up
CODES = (6, QUARTER)  # one-time codes of one person: each is one of a million, and three are valid at a time
KEYS = (60, QUARTER)  # wrong API keys from one address
RATES = {"submit": (300, QUARTER)}  # of one person with this permission, right or wrong, beside the organisation's quota
LINKS = (60, QUARTER)  # wrong invitations from one address


def subject(console: Console, what: str, whom: str) -> str:
    """A name to count under, of at most 80 characters."""
    return f"{what}:{keyed(console, f'limit {what} {whom}')[:48]}"


def address_of(request: Request) -> str:
    """Where a request comes from: of an IPv6 address the /64, which one subscriber has. A proxy's word is believed only from VIGIE_CONSOLE_PROXIES,
    see ``vigie console serve``.
    """
    host = request.client.host if request.client else ""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    if mapped or isinstance(found, ipaddress.IPv4Address):
        return str(mapped or found)
    return str(ipaddress.ip_network(f"{found}/64", strict=False))


def limited(console: Console, what: str, whom: str, limit: tuple[int, timedelta]) -> Limit:
    """A limit on somebody."""
    return Limit(subject(console, what, whom), *limit)


def count_sign_in(console: Console, *, login: str, address: str, browser: str) -> tuple[int, ...]:
    """Count one try to sign in; what ``cases.limits.forgive`` takes back if it is right. Raises TooMany.

    ``browser``: the mark of one that signed in to this account before, else "". It has tries of its own, which strangers cannot use up: nobody locks
    a person out.
    """
    if browser:
        return check_all(console.database, [limited(console, "navigateur", f"{browser} {login}", BROWSER)])
    wanted = (("adresse", address, ADDRESS), ("compte_adresse", f"{login} {address}", PAIR), ("compte", login, ACCOUNT))
    return check_all(console.database, [limited(console, *one) for one in wanted])


def count_wrong(console: Console, what: str, request: Request, limit: tuple[int, timedelta]) -> None:
    """Count something wrong from an address. What is right is never refused for it: it is too long to be guessed. Raises TooMany."""
    check_all(console.database, [limited(console, what, address_of(request), limit)])


def count_person(console: Console, actor: Actor, permission: str) -> None:
    """Count what a person, or a program with their key, does with a permission that has a rate. Raises TooMany."""
    if permission in RATES:
        check_all(console.database, [Limit(f"{permission}:{actor.id}", *RATES[permission])])
