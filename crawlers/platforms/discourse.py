"""What a Discourse forum says: its JSON (latest posts, topics, lists of topics) and the page of a topic. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from core.errors import SourceError
from core.urls import host_of
from crawlers.platforms.discourse_html import listed, parse_html, unexpected
from crawlers.platforms.discourse_post import number, post_of, root_of, site_of, with_reach
from crawlers.reading.markup import absolute
from crawlers.reading.page import Found

if TYPE_CHECKING:
    from crawlers.reading.page import Page

__all__ = ["Topics", "parse", "parse_html", "parse_latest", "parse_topic", "parse_topics", "topic_json"]
LISTS = ("topic_list", "category_list", "grouped_search_result")  # of answers that name topics and do not show them
FULL = 20  # posts of a topic in one answer
# a number between "/t/" and another number is the topic's id, the other one a post's
TOPIC = re.compile(r"(https?://[^\s]{1,500}?/t/(?:(?!\d+(?:[/.?#]|$))[^/?#\s]{1,500}/)?\d{1,12})(?:\.json)?(?:[/?#].*)?", re.DOTALL)


@dataclass(frozen=True)
class Topics:
    """A page of a list of topics: the address of each topic's JSON with what the list says of its state, and the list's next page."""

    topics: tuple[tuple[str, str], ...]
    next: str | None = None


def parse(page: Page) -> Found:
    """The posts of a page, whichever it is. Raises as ``parse_latest``, ``parse_topic`` and ``parse_html`` do."""
    if page.body.lstrip()[:1] == b"<":
        return parse_html(page)
    return parse_latest(page) if isinstance(page.json, dict) and "latest_posts" in page.json else parse_topic(page)


def parse_latest(page: Page) -> Found:
    """The posts of /posts.json, the newest first, and the address of older ones. Raises SourceError: login_required, api_error, empty_answer,
    too_many_items, not_discourse, unreadable_json, script_shell, or another wall's name.
    """
    posts = listed(_answer(page).get("latest_posts"), page=page)
    asked = _asked(page, "before")
    if not posts and asked is None:
        raise SourceError("empty_answer", f"{page.url}: no post where the latest 50 were expected; look at the site, it may have been closed")
    items = tuple(post_of(post, page=page, title=None) for post in posts)
    oldest = min((name for post in posts if isinstance(post, dict) and (name := number(post.get("id")))), default=0)
    goes_on = oldest > 1 and (asked is None or oldest <= asked)
    return Found(items, f"{site_of(page)}/posts.json?before={oldest - 1}" if goes_on else None)


def parse_topic(page: Page) -> Found:
    """The posts of /t/<slug>/<id>.json or /t/<id>/posts.json, and the address of later ones. Raises as ``parse_latest`` does."""
    answer = _answer(page)
    if any(key in answer for key in LISTS):
        raise SourceError("not_a_thread", f"{page.url}: a list of topics or categories, not a topic; make the forum a source of kind discourse")
    stream, title = answer.get("post_stream"), answer.get("title")
    posts = listed(stream.get("posts") if isinstance(stream, dict) else None, page=page)
    if not posts and _asked(page, "page") is None and _asked(page, "post_number") is None:
        raise SourceError("empty_answer", f"{page.url}: a topic without any post; look at it in a browser")
    items = tuple(with_reach(post_of(post, page=page, title=title if isinstance(title, str) else None), topic=answer) for post in posts)
    return Found(items, _later(page, answer=answer, posts=[post for post in posts if isinstance(post, dict)]))


def parse_topics(page: Page) -> Topics:
    """The topics of /latest.json or /c/<slug>/<id>.json. Raises as ``parse_latest`` does."""
    answer = _answer(page).get("topic_list")
    more = answer.get("more_topics_url") if isinstance(answer, dict) else None
    topics = listed(answer.get("topics") if isinstance(answer, dict) else None, page=page)
    if not topics and _asked(page, "page") is None:
        raise SourceError("empty_answer", f"{page.url}: a list without any topic; look at it in a browser")
    found = [_listed_topic(topic, site=site_of(page)) for topic in topics if isinstance(topic, dict)]
    return Topics(tuple(topic for topic in found if topic), _further_list(more, page=page) if topics else None)


def topic_json(url: str) -> str | None:
    """The address of the JSON of the topic that a link leads to (/t/<slug>/<id>, with or without a post's number); None for another link."""
    found = TOPIC.fullmatch(url[:2000])
    return f"{found[1]}.json" if found else None


def _answer(page: Page) -> dict[str, Any]:
    """Discourse's answer. Raises SourceError: what stands in its place, or what it says."""
    try:
        if page.body.lstrip()[:1] == b"<" or urlsplit(page.url).path.rstrip("/").endswith("/login"):
            raise unexpected(page)
        answer = page.json
    except SourceError as error:
        if page.status < 400 or error.reason not in {"not_discourse", "script_shell", "empty_page", "unreadable_json"}:
            raise
        raise SourceError(f"http_{page.status}", f"{page.url}: the site answered {page.status}") from error
    if not isinstance(answer, dict):
        raise SourceError("not_discourse", f"{page.url}: found {type(answer).__name__} where Discourse gives an object; check the address")
    errors, kind = answer.get("errors"), answer.get("error_type")
    if errors or kind:
        said = " ".join(f"{kind or 'error'}: {errors[0] if isinstance(errors, list) and errors else errors}".split())[:200]
        reason = "login_required" if kind == "not_logged_in" else "api_error"
        raise SourceError(reason, f"{page.url}: the forum answered {said!r}; look at it in a browser")
    return answer


def _asked(page: Page, name: str) -> int | None:
    """A number that the page was asked for."""
    value = parse_qs(urlsplit(page.url).query).get(name, [""])[0]
    return int(value) if value.isdecimal() and len(value) < 16 else None


def _later(page: Page, *, answer: dict[str, Any], posts: list[dict[str, Any]]) -> str | None:
    """Where a topic goes on; None at the end of its stream, and where the answer is not above what was asked for."""
    last = max((place for post in posts if (place := number(post.get("post_number")))), default=0)
    if not last or last <= (_asked(page, "post_number") or 0):
        return None
    stream, highest = answer["post_stream"].get("stream"), number(answer.get("highest_post_number"))
    if isinstance(stream, list) and stream:
        return None if any(post.get("id") == stream[-1] for post in posts) else _next_page(page, answer=answer)
    if highest:
        return None if last >= highest else _next_page(page, answer=answer)
    topic, total = number(posts[-1].get("topic_id")), number(posts[-1].get("posts_count")) or 0
    ended = len(posts) >= total > 0 if _asked(page, "post_number") is None else len(posts) < FULL and last >= total
    return None if ended or not topic else f"{site_of(page)}/t/{topic}/posts.json?post_number={last}&asc=true"


def _next_page(page: Page, *, answer: dict[str, Any]) -> str | None:
    """The next page of the topic's own JSON."""
    root = root_of(answer, site=site_of(page))
    own = topic_json(page.url) or (f"{root}.json" if root else None)
    return f"{own}?page={(_asked(page, 'page') or 1) + 1}" if own else None


def _listed_topic(topic: dict[str, Any], *, site: str) -> tuple[str, str] | None:
    """The address of a topic's JSON and its state; None for what is not for everybody."""
    root = root_of(topic, site=site)
    if root is None or topic.get("archetype") == "private_message" or topic.get("visible") is False:
        return None
    return f"{root}.json", " ".join(str(topic.get(name))[:40] for name in ("highest_post_number", "bumped_at", "last_posted_at"))


def _further_list(more: object, *, page: Page) -> str | None:
    """The next page of a list: its address names the page for people."""
    link = absolute(page.url, more) if isinstance(more, str) and more else ""
    if host_of(link) != host_of(page.url):
        return None
    parts = urlsplit(link)
    return urlunsplit(parts._replace(path=f"{parts.path.removesuffix('.json')}.json", fragment=""))
