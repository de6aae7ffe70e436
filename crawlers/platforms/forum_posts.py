"""One post of a forum, by its engine's profile. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from crawlers.platforms.css import find, values
from crawlers.platforms.forum_addresses import names_post, outbound, resolved
from crawlers.platforms.forum_bodies import Body, body_of, kinds_of
from crawlers.reading.drafts import Draft, Left

if TYPE_CHECKING:
    from datetime import datetime

    from lxml.html import HtmlElement

    from crawlers.platforms.forum_profiles import Post, Profile
    from crawlers.platforms.forum_times import Clock

UNREADABLE = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError)
NUMBER = re.compile(r"(?<![\w.,-])\d[\d\s.,]{0,14}")
MAX_NUMBER = 10**12


@dataclass(frozen=True)
class Place:
    """What all posts of a page share."""

    profile: Profile
    base: str
    root: str  # address of the thread
    clock: Clock
    title: str | None
    language: str | None
    urls: dict[str, str] = field(default_factory=dict)  # address by number of the posts on this page
    opening: str | None = None  # address of the post that opens the thread, if it is on this page
    views: int | None = None
    replies: int | None = None


@dataclass(frozen=True)
class Reading:
    """A post as read, and how many different authors, dates and texts its selectors found; None where it was taken away."""

    item: Draft | Left
    found: dict[str, int] | None = None


def number_in(text: str) -> int | None:
    """The first number of a text, thousands set apart or not."""
    found = NUMBER.search(text[:500])
    number = int(re.sub(r"\D", "", found[0])) if found else MAX_NUMBER
    return number if number < MAX_NUMBER else None


def number_of(post: Post, element: HtmlElement) -> str | None:
    """The platform's own id of a post."""
    for value in values(post.id, element):
        if found := re.search(post.id_pattern, value[:200]):
            return found[0]
    return None


def address_of(profile: Profile, element: HtmlElement, *, number: str, base: str, root: str) -> str:
    """Where a post can be opened; "" where neither the page nor the engine says."""
    for link in find(profile.post.permalink, element):
        url = resolved(base, str(link))
        if names_post(url, number):
            return url
    return _by_rule(profile.post, number=number, base=base, root=root)


def _by_rule(post: Post, *, number: str, base: str, root: str) -> str:
    return resolved(base, post.address.format(thread=root, id=number)) if post.address else ""


def read_post(element: HtmlElement, place: Place) -> Reading:
    """One post; one that cannot be read is set aside and spoils no other."""
    number: str | None = None
    try:
        number = number_of(place.profile.post, element)
        if find(place.profile.post.deleted, element):
            return Reading(Left(reason="deleted", status="dropped", platform_id=number))
        return _read(element, place, number=number)
    except UNREADABLE:
        return Reading(Left(reason="unreadable_post", status="set_aside", platform_id=number))


def _read(element: HtmlElement, place: Place, *, number: str | None) -> Reading:
    post = place.profile.post
    authors, dates = values(post.author, element), values(post.date, element, titles=True)
    bodies = [one for one in find(post.text, element) if not isinstance(one, str)]
    body = body_of(bodies[0], post) if bodies else Body()
    url = place.urls.get(number or "", "")
    opens = bool(url) and url == place.opening
    bare = opens and post.link_posts and bool(place.title)
    found = {"author": len(authors), "date": len(dates), "text": int(bool(bodies) or bare)}
    if not url:
        return Reading(Left(reason="no_address", status="set_aside", platform_id=number), found)
    if not body.text and not bare:
        return Reading(Left(reason="no_text", status="set_aside", platform_id=number), found)
    attached = [str(one) for one in find(post.attachments, element)]
    draft = Draft(
        url=url,
        kind="post",
        title=place.title,
        text=body.text,
        account=authors[0] if authors else None,
        platform_id=number,
        content_type=kinds_of(body, attached, pictured=bool(find(post.pictures, element))),
        thread_root=place.root,
        thread_parent=None if opens else _parent(element, body, place),
        images=body.images,
        language=place.language,
        published_at=_time(dates[:1], place.clock),
        edited_at=_time(values(post.edited, element, titles=True), place.clock),
        links=tuple(link for link in outbound(place.base, (*body.links, *attached)) if link not in (url, place.root)),
        views=place.views if opens else None,
        likes=_likes(post, element),
        replies=place.replies if opens and place.replies is not None else _count(post.replies, element),
    )
    return Reading(draft, found)


def _time(texts: list[str], clock: Clock) -> datetime | None:
    return next((time for text in texts if (time := clock.read(text))), None)


def _count(selectors: tuple[str, ...], element: HtmlElement) -> int | None:
    return number_in(" ".join(values(selectors, element)))


def _likes(post: Post, element: HtmlElement) -> int | None:
    """Those named and those only counted; None where the page shows nothing of the kind."""
    named, counted = len(find(post.likers, element)), _count(post.likes, element)
    return None if not named and counted is None else named + (counted or 0)


def _parent(element: HtmlElement, body: Body, place: Place) -> str | None:
    """The post that this one answers: what the engine says, else what is quoted first."""
    post = place.profile.post
    said = next((str(one) for one in find(post.parent, element)), "")
    link = said or body.quoted
    if not link:
        return place.opening if post.parent else None
    number = found[1] if (found := re.search(post.quoted_pattern, link[:500])) else ""
    known = place.urls.get(link) or place.urls.get(number)
    if known:
        return known
    if said:
        return resolved(place.base, said) if "/" in said else said[:200]
    return (_by_rule(post, number=number, base=place.base, root=place.root) if number else "") or resolved(place.base, link) or None
