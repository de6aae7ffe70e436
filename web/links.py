"""Links that need no sign-in: what each opens stands in it, signed with the console's secret, and it ends when it is withdrawn."""

from __future__ import annotations

import hashlib
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from cases import links
from cases.accounts import find_organisation, find_person
from cases.people import Actor
from core.errors import NotFound
from web.access import PERMISSIONS
from web.console import Console

FOLLOW, FEED = "suivi", "flux"  # one submission, read only; the list of an organisation's submissions as a feed, by one of its people
MOST = 400  # characters of a token: ours are shorter


def follow_token(console: Console, submission_id: str) -> str:
    """Opens how one submission stands."""
    return _signed(console, FOLLOW, submission_id)


def feed_token(console: Console, actor: Actor) -> str:
    """Opens the feed of the actor's organisation, as long as the actor may follow its submissions."""
    return _signed(console, FEED, actor.id)


def followed(console: Console, token: str) -> str:
    """The submission that a link opens. Raises NotFound for a link that was not made here, or was withdrawn."""
    return _opened(console, FOLLOW, token)


def feed_of(console: Console, token: str) -> str:
    """The organisation whose feed a link opens. Raises NotFound, also when its holder may not follow it any more."""
    person = find_person(console.database, identifier=_opened(console, FEED, token))
    closed = find_organisation(console.database, person.organisation_id).closed_at
    if closed or person.disabled_at is not None or not set(person.roles) & set(PERMISSIONS["follow"].roles):
        raise NotFound("this link opens nothing any more; ask for another one")
    return person.organisation_id


def withdraw(console: Console, kind: str, identifier: str, *, by: Actor) -> None:
    """End the links that were given for this so far."""
    subject = f"{kind}:{identifier}"
    links.withdraw(console.database, subject, seen=links.current(console.database, subject), by=by.id)


def _signed(console: Console, kind: str, identifier: str) -> str:
    number = links.current(console.database, f"{kind}:{identifier}")
    token: Any = _serializer(console, kind).dumps([identifier, number])
    return str(token)


def _opened(console: Console, kind: str, token: str) -> str:
    try:
        found: Any = _serializer(console, kind).loads(token) if len(token) <= MOST else None
    except BadSignature:
        found = None
    if not isinstance(found, list) or links.current(console.database, f"{kind}:{found[0]}") != found[1]:
        raise NotFound("this link opens nothing, or nothing any more; ask for another one")
    return str(found[0])


def _serializer(console: Console, kind: str) -> URLSafeSerializer:
    return URLSafeSerializer(console.secret, salt=kind, signer_kwargs={"digest_method": hashlib.sha256})
