"""Bluesky's public answers (XRPC). Pure.

A post is known by the address that bsky.app gives it with its author's DID, which stays where a handle changes. Authors who ask to be shown to
signed-in people only (the label ``!no-unauthenticated``) are left out, also where somebody else quotes, reposts or answers them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from core.errors import SourceError
from crawlers.platforms.bluesky_posts import UNREADABLE, draft_of, left_out, public_url, time_of
from crawlers.platforms.bluesky_web import parse_web
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.page import Found
from crawlers.reading.walls import wall

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from crawlers.reading.page import Page

PUBLIC_API = "https://public.api.bsky.app/"
PROFILES_AT_ONCE = 25  # that getProfiles takes
MAX_CURSOR = 2000
SHY = "noUnauthenticated"
CLOSED_SEARCH = "forbidden by administrative rules"
LOGIN = frozenset({"AuthMissing", "AuthRequired", "AuthenticationRequired", "AuthFactorTokenRequired", "ExpiredToken", "InvalidToken"})
CLOSED = re.compile(r"(Account|Repo)(Takedown|Takendown|Deactivated|Suspended)")
NO_ACCOUNT = re.compile(
    r"(profile|actor|account|repo|user) not found|could not find (user|repo|account)|valid did or a handle|resolve handle", re.IGNORECASE
)
NO_POST = re.compile(r"(post|record) not found|could not locate record", re.IGNORECASE)


def feed_address(actor: str, *, replies: bool, api: str = PUBLIC_API) -> str:
    """Where an author's posts are asked for, the newest first."""
    return _xrpc(api, "app.bsky.feed.getAuthorFeed", actor=actor, limit="100", filter="posts_with_replies" if replies else "posts_no_replies")


def search_address(words: str, *, api: str, language: str | None = None, since: str | None = None) -> str:
    """Where posts with these words are asked for, the newest first. ``since``: an ISO time."""
    known = {"lang": language, "since": since}
    return _xrpc(api, "app.bsky.feed.searchPosts", q=words, sort="latest", limit="100", **{key: value for key, value in known.items() if value})


def profiles_address(dids: Iterable[str], *, api: str = PUBLIC_API) -> str:
    """Where the labels of at most PROFILES_AT_ONCE accounts are asked for."""
    return f"{urljoin(api, '/xrpc/app.bsky.actor.getProfiles')}?{urlencode([('actors', did) for did in dids])}"


def _xrpc(api: str, method: str, **parameters: str) -> str:
    return f"{urljoin(api, f'/xrpc/{method}')}?{urlencode(parameters)}"


def parse(page: Page) -> Found:
    """The posts of any of Bluesky's answers or of a page of bsky.app. Raises SourceError: not_bluesky and the reasons of its reader."""
    if _is_markup(page):
        return parse_search(page) if _closes_search(page) else parse_web(page) if page.status == 200 else parse_feed(page)
    answer = _answer(page)
    searched = "searchPosts" in page.url or "hitsTotal" in answer
    readers: dict[str, Callable[[Page], Found]] = {"feed": parse_feed, "thread": parse_thread, "posts": parse_search if searched else parse_posts}
    for key, reader in readers.items():
        if key in answer:
            return reader(page)
    if isinstance(answer.get("post"), dict):
        return Found(_items([answer]))
    found = ", ".join(sorted(answer))[:200] or "nothing"
    raise SourceError("not_bluesky", f"{page.url}: found {found}, expected posts of Bluesky; look at the answer")


def parse_feed(page: Page) -> Found:
    """An author's posts (app.bsky.feed.getAuthorFeed). Raises SourceError: empty_answer, no_such_account, account_closed, api_error, ..."""
    answer = _answer(page)
    entries = _list(answer, "feed", page=page)
    if not entries and not _cursor_of(page):
        raise SourceError("empty_answer", f"{page.url}: the account shows no post; look at it on bsky.app, then leave the source out or wait")
    closed = any(left_out({"author": _dict(_dict(entry).get("post")).get("author")}) for entry in entries if not _is_repost(entry))
    return Found(_items(entries), None if closed else _next(page, answer, entries))


def parse_search(page: Page) -> Found:
    """Posts that match words (app.bsky.feed.searchPosts). Raises SourceError: search_closed, empty_answer, login_required, api_error, ..."""
    if _is_markup(page) and (page.status == 403 or _closes_search(page)):
        needed = "an app password is needed: set VIGIE_BLUESKY_HANDLE and VIGIE_BLUESKY_APP_PASSWORD"
        raise SourceError("search_closed", f"{page.url}: Bluesky's search is closed to visitors; {needed}")
    answer = _answer(page)
    posts = _list(answer, "posts", page=page)
    if not posts and not _cursor_of(page):
        raise SourceError("empty_answer", f"{page.url}: no post was found; try the words on bsky.app, then change them or wait")
    return Found(_items({"post": post} for post in posts), _next(page, answer, posts))


def parse_posts(page: Page) -> Found:
    """Posts asked for by their ids (app.bsky.feed.getPosts). Raises SourceError: no_such_post, api_error, ..."""
    posts = _list(_answer(page), "posts", page=page)
    if not posts:
        raise SourceError("no_such_post", f"{page.url}: no such post; it was deleted or never was")
    return Found(_items({"post": post} for post in posts))


def parse_thread(page: Page) -> Found:
    """A post with the posts above and below it, the oldest above first (app.bsky.feed.getPostThread, app.bsky.unspecced.getPostThreadV2).

    Raises SourceError: no_such_post, not_public, api_error, ...
    """
    thread = _answer(page).get("thread")
    if isinstance(thread, list) and thread:
        return Found(_items(_listed(thread)))
    if not isinstance(thread, dict):
        raise SourceError("not_bluesky", f"{page.url}: no thread was found where one was expected; look at the answer")
    if thread.get("notFound") is True:
        raise SourceError("no_such_post", f"{page.url}: no such post; it was deleted or never was")
    if thread.get("blocked") is True:
        raise SourceError("not_public", f"{page.url}: the post is not shown to everybody")
    return Found(_items(_nodes(thread)))


def parse_profiles(page: Page) -> dict[str, str | None]:
    """Of each account found, by DID, why its posts must be left out, or None (app.bsky.actor.getProfiles). Raises SourceError: api_error, ..."""
    profiles = [profile for profile in _list(_answer(page), "profiles", page=page) if isinstance(profile, dict)]
    return {profile["did"]: left_out({"author": profile}) for profile in profiles if isinstance(profile.get("did"), str)}


def parse_session(page: Page) -> str:
    """The token of a new session (com.atproto.server.createSession). Raises SourceError: login_required, api_error, ..."""
    token = _answer(page).get("accessJwt")
    if not isinstance(token, str) or not re.fullmatch(r"[A-Za-z0-9._~+/=-]{1,8000}", token):
        raise SourceError("login_required", f"{page.url}: no token was given; check VIGIE_BLUESKY_HANDLE and VIGIE_BLUESKY_APP_PASSWORD")
    return token


def _answer(page: Page) -> dict[str, Any]:
    """The JSON object of an answer. Raises SourceError for a refusal, a wall, or anything else."""
    if _is_markup(page):
        reason = wall(page.text, headers=page.headers, visible="") or ("not_bluesky" if page.status == 200 else f"http_{page.status}")
        raise SourceError(reason, f"{page.url}: a page came where JSON was expected (HTTP {page.status}); the service refuses or has changed")
    answer = page.json
    if not isinstance(answer, dict):
        raise SourceError("not_bluesky", f"{page.url}: found {type(answer).__name__}, expected a JSON object of Bluesky; look at the answer")
    error, message = answer.get("error"), answer.get("message")
    if isinstance(error, str) or page.status >= 400:
        reason = _refusal(str(error), message if isinstance(message, str) else "", status=page.status)
        raise SourceError(reason, f"{page.url}: Bluesky answers {str(error)[:80]!r} ({' '.join(str(message)[:200].split())})")
    return answer


def _refusal(error: str, message: str, *, status: int) -> str:
    rules = (
        ("rate_limited", status == 429 or "ratelimit" in error.lower()),
        ("login_required", error in LOGIN),
        ("account_closed", bool(CLOSED.match(error))),
        ("no_such_post", bool(NO_POST.search(message[:500]))),
        (
            "no_such_account",
            bool(NO_ACCOUNT.search(message[:500])) or error in {"ActorNotFound", "AccountNotFound", "RepoNotFound", "HandleNotFound"},
        ),
        ("login_required", status == 401),
    )
    return next((reason for reason, holds in rules if holds), "api_error")


def _is_markup(page: Page) -> bool:
    return page.body[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def _closes_search(page: Page) -> bool:
    return CLOSED_SEARCH in page.text[:2000].lower()


def _list(answer: dict[str, Any], key: str, *, page: Page) -> list[Any]:
    found = answer.get(key)
    if not isinstance(found, list):
        raise SourceError("not_bluesky", f"{page.url}: no list {key!r} was found where one was expected; look at the answer")
    return found


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _cursor_of(page: Page) -> str | None:
    try:
        return parse_qs(urlsplit(page.url).query).get("cursor", [None])[0]
    except ValueError:
        return None


def _next(page: Page, answer: dict[str, Any], entries: list[Any]) -> str | None:
    """The address of the next page: this one's with the answer's cursor. A cursor that stands still would never end."""
    from w3lib.url import add_or_replace_parameter

    cursor = answer.get("cursor")
    if not entries or not isinstance(cursor, str) or not 0 < len(cursor) <= MAX_CURSOR or cursor == _cursor_of(page):
        return None
    return add_or_replace_parameter(page.url, "cursor", cursor)


def _is_repost(entry: Any) -> bool:
    return str(_dict(_dict(entry).get("reason")).get("$type", "")).endswith("#reasonRepost")


def _nodes(thread: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The posts of a thread as feed entries, each without the posts around it."""
    above, node = [thread], thread.get("parent")
    while isinstance(node, dict):
        above.append(node)
        node = node.get("parent")
    yield from (_entry(one) for one in reversed(above[1:]))
    below: list[Any] = [thread]
    while below:
        node = _dict(below.pop())
        yield _entry(node)
        replies = node.get("replies")
        below.extend(reversed(replies if isinstance(replies, list) else []))


def _listed(thread: list[Any]) -> Iterator[dict[str, Any]]:
    """The posts of a thread that is told as a list."""
    for one in map(_dict, thread):
        value = _dict(one.get("value"))
        kind, uri = str(value.get("$type", "")).rpartition("#")[2], {"uri": one.get("uri")}
        hidden = {"threadItemNotFound": "notFound", "threadItemBlocked": "blocked", "threadItemNoUnauthenticated": SHY}.get(kind)
        yield {"post": {**uri, hidden: True} if hidden else value.get("post")}


def _entry(node: dict[str, Any]) -> dict[str, Any]:
    return {"post": node.get("post", {key: node[key] for key in ("uri", "notFound", "blocked") if key in node})}


def _items(entries: Iterable[Any]) -> tuple[Draft | Left, ...]:
    """The posts of feed entries, once each, and those inside them that must not be kept, so that the evidence can leave them out."""
    items: list[Draft | Left] = []
    met: set[str] = set()
    for entry in entries:
        inside = list(_closed_inside(entry))
        item = _item(_dict(entry), closed={public_url(uri) for uri, _ in inside})
        if _is_repost(entry) and not (isinstance(item, Left) and item.status == "dropped"):
            item = Left(reason="repost", status="duplicate")
        # a repeated post has no id here: by it the evidence of the first one would be cut
        items.append(Left(reason="repeated", status="duplicate") if item.platform_id in met else item)
        met.update({item.platform_id} if item.platform_id else ())
        for uri, reason in inside:
            if uri not in met:
                met.add(uri)
                items.append(Left(reason=reason, platform_id=uri))
    return tuple(items)


def _item(entry: dict[str, Any], *, closed: Collection[str | None]) -> Draft | Left:
    """``closed``: addresses of posts that must not be kept; a quote does not even name them."""
    view = _dict(entry.get("post", entry))
    uri = view.get("uri") if isinstance(view.get("uri"), str) else None
    if view.get("notFound") is True or view.get("blocked") is True:
        return Left(reason="deleted" if view.get("notFound") else "not_public", platform_id=uri)
    reason = "opted_out" if view.get(SHY) is True else left_out(view)
    if reason:
        return Left(reason=reason, platform_id=uri)
    if uri is None or public_url(uri) is None:
        return Left(reason="unreadable_post" if uri is None else "no_address", status="set_aside", platform_id=uri)
    try:
        draft = draft_of(uri, view["record"], view=view, seen_at=time_of(view.get("indexedAt")))
    except UNREADABLE:
        return Left(reason="unreadable_post", status="set_aside", platform_id=uri)
    return draft.model_copy(update={"links": tuple(link for link in draft.links if link not in closed)}) if closed else draft


def _closed_inside(entry: Any) -> Iterator[tuple[str, str]]:
    """The posts that an entry shows, at whatever depth, and that must not be kept: id and reason."""
    waiting = [entry]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, dict):
            uri, reason = value.get("uri"), left_out(value) if isinstance(value.get("author"), dict) else None
            if reason and isinstance(uri, str):
                yield uri, reason
            else:
                waiting.extend(value.values())
