"""Reports through the interfaces that providers document: Mastodon's ``POST /api/v1/reports``, Bluesky's ``com.atproto.moderation.createReport``.

In two steps, so that the caller can write down what it is about to do: ``prepare_*`` looks up what the report must name and gives the very request;
``deliver`` makes it, once. Neither interface knows a key of its own for a repeated request: an answer that is lost is never asked for again here.
A report about a copy from elsewhere is not made: it goes to the account's own instance, and nothing is forwarded from there.
Each request passes the guard: no private address, no redirect followed, no more than a megabyte read.
"""

from __future__ import annotations

import asyncio
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from urllib.parse import quote, urlsplit

from core.errors import SourceError, TooMany, Unavailable
from crawlers.fetching.proxy import GuardProxy
from crawlers.platforms.bluesky_posts import URI

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from ssl import SSLContext

BLUESKY = "https://bsky.social"  # where an account of bsky.social signs in; it passes requests on to the server that holds the account
MODERATION = "did:plc:ar7c4by46qjdydhdevvrndac#atproto_labeler"  # Bluesky's moderation, which the report is passed on to
REASON = "com.atproto.moderation.defs#reasonViolation"  # "Direct violation of server rules, laws, terms of service"
MOST_COMMENT = 1000  # characters that Mastodon takes by default
MOST_REASON = 2000  # graphemes that Bluesky takes; never more than characters
STATUS = re.compile(r"/(?:@[^/@]+|users/[^/]+/statuses)/([0-9]{1,30})")  # a post on the instance of its account; /@user@elsewhere/ is a copy
ID = re.compile(r"[\w.:-]{1,100}")
TIMEOUT = 15.0  # seconds to connect, and for each read
DEADLINE = 30.0  # seconds for all of one request: who sends a byte now and then must not hold up the others
MAX_BODY = 2**20  # bytes of an answer
WAIT = 300  # seconds, where a provider asks to wait and does not say how long
MOST_WAIT = 86_400
AGENT = "Vigie"


class Ready(NamedTuple):
    """The request that makes the report, and nothing else. It holds a token: never logged, never stored."""

    url: str
    headers: dict[str, str]
    body: bytes


class Sent(NamedTuple):
    """What became of it. ``incertaine``: it left, and nobody knows whether it was taken; ``reason`` says why."""

    state: Literal["partie", "incertaine"]
    reference: str | None = None
    reason: str | None = None


class _Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Lost(Exception):  # noqa: N818 - no error of ours: the request left, and no answer came
    """The request may have arrived."""


def token_for(url: str, tokens: str) -> str:
    """The token of the account on the instance of this address. ``tokens``: host=token, comma-separated. Raises SourceError no_account."""
    place = urlsplit(url).netloc.lower()
    known = {host.strip().lower(): token.strip() for host, _, token in (one.partition("=") for one in tokens.split(",")) if token.strip()}
    if place not in known:
        raise SourceError("no_account", f"VIGIE_MASTODON_TOKENS has no account on {place[:200]}; add host=token, or use the instance's form")
    return known[place]


def prepare_mastodon(url: str, *, token: str, text: str, places: Collection[str] = ()) -> Ready:
    """The report of the post at this address, on the instance of its account.

    ``places``: host:port that may be private, and without TLS. Raises SourceError: no_post_id, no_such_post, not_own_instance, not_public,
    login_required, ...; TooMany, Unavailable.
    """
    parts = urlsplit(url)
    found = STATUS.fullmatch(parts.path.rstrip("/"))
    if found is None:
        raise SourceError("no_post_id", f"{_place(url)}: the address names no post of an account of this instance; use the instance's form")
    if len(text) > MOST_COMMENT:
        raise SourceError("too_long", f"a comment of {len(text)} characters; Mastodon takes {MOST_COMMENT}")
    base, headers = f"{parts.scheme}://{parts.netloc}", {"Authorization": f"Bearer {token}"}
    answer = _ask("GET", f"{base}/api/v1/statuses/{found[1]}", headers=headers, places=places)
    status = _object(answer, base)
    shown = status.get("account")
    account: dict[str, Any] = shown if isinstance(shown, dict) else {}
    if (
        str(status.get("id")) != found[1]
        or "@" in str(account.get("acct", "@"))
        or urlsplit(str(status.get("url"))).netloc.lower() != parts.netloc.lower()
    ):
        raise SourceError("not_own_instance", f"{_place(url)}: the post is a copy from elsewhere, or another one; report it on its own instance")
    if status.get("visibility") not in ("public", "unlisted"):
        raise SourceError("not_public", f"{_place(url)}: the post is not public")
    form = {"account_id": _id(account.get("id"), base), "status_ids[]": found[1], "comment": text, "forward": "false", "category": "other"}
    sent = "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in form.items()).encode()
    return Ready(f"{base}/api/v1/reports", {**headers, "Content-Type": "application/x-www-form-urlencoded"}, sent)


def prepare_bluesky(uri: str | None, *, handle: str, password: str, text: str, service: str = BLUESKY, places: Collection[str] = ()) -> Ready:
    """The report of the record at this at:// address. ``password``: an app password; ``service``: where the account signs in.

    Raises SourceError: no_post_id, no_such_post, login_required, ...; TooMany, Unavailable.
    """
    if uri is None or not URI.fullmatch(uri):
        raise SourceError("no_post_id", "the item has no at:// address; use the form")
    if len(text) > MOST_REASON:
        raise SourceError("too_long", f"a reason of {len(text)} characters; Bluesky takes {MOST_REASON}")
    login = json.dumps({"identifier": handle, "password": password}).encode()
    session = _object(_ask("POST", _xrpc(service, "com.atproto.server.createSession"), body=login, places=places), service)
    token = session.get("accessJwt")
    if not isinstance(token, str) or not re.fullmatch(r"[A-Za-z0-9._~+/=-]{1,8000}", token):
        raise SourceError("login_required", f"{_place(service)}: no token was given; check VIGIE_BLUESKY_HANDLE and VIGIE_BLUESKY_APP_PASSWORD")
    headers = {"Authorization": f"Bearer {token}"}
    answer = _ask("GET", f"{_xrpc(service, 'app.bsky.feed.getPosts')}?uris={quote(uri, safe='')}", headers=headers, places=places)
    posts = _object(answer, service).get("posts")
    found = [post for post in posts if isinstance(post, dict) and post.get("uri") == uri] if isinstance(posts, list) else []
    if not found:
        raise SourceError("no_such_post", f"{_place(service)}: no such post; it was deleted, or is not shown")
    subject = {"$type": "com.atproto.repo.strongRef", "uri": uri, "cid": _id(found[0].get("cid"), service)}
    body = json.dumps({"reasonType": REASON, "reason": text, "subject": subject}, ensure_ascii=False).encode()
    wanted = {**headers, "Content-Type": "application/json", "atproto-proxy": MODERATION}
    return Ready(_xrpc(service, "com.atproto.moderation.createReport"), wanted, body)


def deliver(ready: Ready, *, places: Collection[str] = ()) -> Sent:
    """Make the report, once. Raises SourceError where the provider does not take it, TooMany, Unavailable: in all of these nothing was taken."""
    try:
        answer = _ask("POST", ready.url, headers=ready.headers, body=ready.body, places=places, once=True)
    except _Lost:
        return Sent("incertaine", reason="answer_lost")
    try:
        found = json.loads(answer.body)
        return Sent("partie", reference=_id(found.get("id") if isinstance(found, dict) else None, ready.url))
    except (ValueError, RecursionError, SourceError):
        return Sent("incertaine", reason="unreadable")  # a page that says 200 to everything took nothing, perhaps


def _ask(
    method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None, places: Collection[str], once: bool = False
) -> _Answer:
    """An answer 2xx. ``once``: the request must not be repeated, so that a lost answer raises _Lost; else Unavailable."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.netloc not in places:
        raise SourceError("no_tls", f"{_place(url)}: reports are sent over https alone")
    sent = {"User-Agent": AGENT, "Accept": "application/json", **({"Content-Type": "application/json"} if body else {}), **(headers or {})}
    try:
        answer = asyncio.run(_exchange(method, url, sent, body, places))
    except _Lost:
        if once:
            raise
        raise Unavailable(f"{_place(url)} gave no answer; it is asked again later") from None
    _check(answer, url, once=once)
    return answer


async def _exchange(method: str, url: str, headers: dict[str, str], body: bytes | None, places: Collection[str]) -> _Answer:
    """Raises SourceError private_address, Unavailable where nothing left, _Lost where it is not known whether it arrived."""
    import httpx

    async with GuardProxy(allowed=places, max_bytes=MAX_BODY, seconds=DEADLINE + 5) as proxy:
        way = {"proxy": f"http://127.0.0.1:{proxy.port}", "trust_env": False}
        options: dict[str, Any] = {**way, "verify": certificates(), "follow_redirects": False, "timeout": TIMEOUT}
        try:
            async with asyncio.timeout(DEADLINE), httpx.AsyncClient(**options) as client:
                answer = await client.request(method, url, headers=headers, content=body)
                return _Answer(answer.status_code, answer.headers, answer.content)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            if refused := next(iter(proxy.traffic.refused.values()), None):
                raise _refusal(refused, url) from error
            if not proxy.traffic.reached or isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.InvalidURL):
                raise Unavailable(f"{_place(url)} cannot be reached ({type(error).__name__}); it is tried again later") from error
            raise _Lost from error


@cache
def certificates() -> SSLContext:
    """Who vouches for a certificate; read once, which takes longer than a request to this machine."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


def _refusal(reason: str, url: str) -> SourceError | Unavailable:
    if reason in ("private_address", "other_port", "bad_address"):
        return SourceError("private_address", f"{_place(url)} lies on this machine or in a private network; nothing is sent there")
    return Unavailable(f"{_place(url)} cannot be reached ({reason}); it is tried again later")


def _check(answer: _Answer, url: str, *, once: bool) -> None:
    """Raises what an answer other than 2xx means."""
    status, place = answer.status, _place(url)
    if 200 <= status < 300:
        return
    if status == 429:
        raise TooMany(f"{place} asks to wait", wait=_wait(answer.headers))
    if status >= 500:
        if once:
            raise _Lost  # it may have failed after it had taken the report
        raise Unavailable(f"{place} answers {status}; it is asked again later")
    known = {401: "login_required", 403: "login_required", 404: "no_such_post", 410: "no_such_post"}
    reason = "redirected" if status < 400 else known.get(status, "not_accepted")
    if once and status == 404:
        reason = "not_accepted"
    raise SourceError(reason, f"{place} answers {status}; nothing was taken")


def _wait(headers: Mapping[str, str]) -> int:
    given = headers.get("retry-after", "")
    return min(int(given), MOST_WAIT) if given.isascii() and given.isdigit() else WAIT


def _object(answer: _Answer, url: str) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise SourceError("unreadable", f"{_place(url)}: no JSON object where one was expected; look at the service in a browser")
    return found


def _id(value: object, url: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or not ID.fullmatch(str(value)):
        raise SourceError("unreadable", f"{_place(url)}: no id where one was expected")
    return str(value)


def _xrpc(service: str, name: str) -> str:
    return f"{service.rstrip('/')}/xrpc/{name}"


def _place(url: str) -> str:
    """Host and port: what a message may name."""
    return urlsplit(url).netloc.rpartition("@")[2][:200]
