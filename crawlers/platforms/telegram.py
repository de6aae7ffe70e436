"""What Telegram shows of a public channel to everybody: the preview t.me/s/<channel> and the widget of one message. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from core.errors import SourceError
from core.urls import host_of
from crawlers.platforms.telegram_message import (
    PARTS,
    POST,
    SITE,
    count,
    dates,
    has_class,
    is_service,
    message_of,
    outermost,
    post_of,
    with_class,
    words,
)
from crawlers.reading.markup import absolute
from crawlers.reading.page import Found
from crawlers.reading.walls import wall

if TYPE_CHECKING:
    from collections.abc import Collection

    from lxml.html import HtmlElement

    from crawlers.reading.page import Page

FOLLOWERS = re.compile(r"subscriber|member|abonn|membre", re.IGNORECASE)
GROUP = re.compile(r"\bonline\b|en ligne", re.IGNORECASE)
NOBODY = re.compile(r"if you have telegram ?, you can contact", re.IGNORECASE)
BLOCKED = re.compile(r"(?:can['’]t|cannot|couldn['’]t) be displayed|ne peut (?:pas )?être affiché", re.IGNORECASE)
BEFORE = re.compile(r"[?&]before=[1-9]\d{0,9}(?:&|$)")
MAX_MESSAGES = 1000  # the preview shows 20
A_PAGE = 20  # below this number an empty page is the beginning of the channel


def parse(page: Page) -> Found:
    """The messages of a preview, or the one of a widget. Raises as ``parse_preview`` and ``parse_post`` do."""
    preview = with_class(page.tree, "tgme_channel_info", "tgme_widget_message_wrap")
    widget = not preview and with_class(page.tree, "tgme_widget_message", "tgme_widget_message_error")
    return parse_post(page) if widget else parse_preview(page)


def parse_preview(page: Page) -> Found:
    """The messages of t.me/s/<channel>, the oldest first, and the page before. Raises SourceError: preview_disabled, closed_group,
    no_such_channel, blocked_channel, empty_answer, selector_none, selector_several, too_many_items, not_telegram_channel, or a wall's name.
    """
    messages = _messages(page)
    if not messages:
        _explain(page)
        return Found(())
    _check(messages, page=page)
    followers = _followers(page.tree)
    return Found(tuple(message_of(message, page=page, followers=followers) for message in messages), _older(page))


def parse_post(page: Page) -> Found:
    """The message of a widget (``embed_address``). Raises SourceError: post_gone, no_such_channel, blocked_channel, post_unavailable,
    selector_none, selector_several, too_many_items, not_telegram_post, or a wall's name.
    """
    for error in with_class(page.tree, "tgme_widget_message_error"):
        _refuse(words(error), page=page)
    messages = _messages(page)
    if not messages:
        reason = wall(page.text, headers=page.headers, visible=words(page.tree)[:1000]) or "not_telegram_post"
        raise SourceError(reason, f"{page.url}: {reason}, expected the widget of one message; ask for the address that embed_address gives")
    if len(messages) > 1:
        raise SourceError("selector_several", f"{page.url}: {len(messages)} messages in the widget of one; Telegram's markup has changed")
    _check(messages, page=page)
    return Found((message_of(messages[0], page=page, followers=None),))


def embed_address(url: str) -> str | None:
    """The address of the widget that shows the message of a t.me link; None for a link to anything else (channel, person, private group)."""
    post = post_of(url)
    return f"{SITE}{post}?embed=1&mode=tme" if post else None


def missing(known: Collection[str], shown: Collection[str]) -> list[str]:
    """Which known messages (``channel/id``) lie between the oldest and the newest shown of their channel and are not shown, in order.

    They may have been deleted. An album takes several numbers and shows one; the others are never known.
    """
    numbers: dict[str, list[int]] = {}
    for channel, number in map(_parts, shown):
        numbers.setdefault(channel, []).append(number)
    spans = {channel: range(min(found), max(found)) for channel, found in numbers.items() if channel}
    absent = (post for post in set(known).difference(shown) if _parts(post)[1] in spans.get(_parts(post)[0], ()))
    return sorted(absent, key=_parts)


def _parts(post: str) -> tuple[str, int]:
    found = POST.fullmatch(post)
    return (found[1], int(found[2])) if found else ("", 0)


def _messages(page: Page) -> list[HtmlElement]:
    """The messages of a page. Raises SourceError(too_many_items)."""
    found = page.tree.xpath(f"//div[{has_class('tgme_widget_message')}]")
    if len(found) > MAX_MESSAGES:
        raise SourceError("too_many_items", f"{page.url}: {len(found)} messages where Telegram shows 20; this is not its preview")
    return outermost(found)


def _check(messages: list[HtmlElement], *, page: Page) -> None:
    """What every message has must occur in it once: never or twice in all of them means other markup. Raises SourceError."""
    own = [message for message in messages if not is_service(message)]
    found = [len(dates(message)) for message in own]
    changed = "Telegram's markup has changed, crawlers/platforms/telegram_message.py must follow"
    if own and not any(found):
        raise SourceError("selector_none", f"{page.url}: {len(own)} messages and no date (a.tgme_widget_message_date time); {changed}")
    if own and min(found) > 1:
        raise SourceError("selector_several", f"{page.url}: every message has several dates (a.tgme_widget_message_date time); {changed}")
    if own and not any(with_class(message, *PARTS) for message in own):
        raise SourceError("selector_none", f"{page.url}: {len(own)} messages without text or media (.tgme_widget_message_text); {changed}")


def _older(page: Page) -> str | None:
    """The page before; where there is none, Telegram gives no link or leaves its number out."""
    links = [*page.tree.xpath(f"//a[{has_class('js-messages_more')}][@data-before]/@href"), *page.tree.xpath("//link[@rel='prev']/@href")]
    found = (absolute(page.url, str(link)) for link in links)
    return next((link for link in found if BEFORE.search(link) and host_of(link) == host_of(page.url) and link != page.url), None)


def _followers(tree: HtmlElement) -> int | None:
    counters = map(words, with_class(tree, "tgme_channel_info_counter", "tgme_header_counter"))
    return next((count(said) for said in counters if FOLLOWERS.search(said)), None)


def _explain(page: Page) -> None:
    """Why a page shows no message; returns where that is the beginning of the channel. Raises SourceError."""
    said = words(page.tree)
    if with_class(page.tree, "tgme_widget_message_wrap") and not with_class(page.tree, "tme_no_messages_found"):
        raise SourceError("selector_none", f"{page.url}: frames of messages without a message in them; Telegram's markup has changed")
    if BLOCKED.search(said):
        raise SourceError("blocked_channel", f"{page.url}: Telegram does not display this channel any more; a person may look in the application")
    if not with_class(page.tree, "tgme_channel_info", "tgme_channel_history"):
        reason, detail = _landing(page, said=said)
        raise SourceError(reason, f"{page.url}: {detail}")
    before = parse_qs(urlsplit(page.url).query).get("before", [""])[0][:10]
    # Telegram also says "No posts found" to those who ask too often
    if not before.isdecimal() or (int(before) > A_PAGE and with_class(page.tree, "tme_no_messages_found")):
        raise SourceError("empty_answer", f"{page.url}: a channel without any message; it was emptied, or Telegram answers so to too many requests")


def _landing(page: Page, *, said: str) -> tuple[str, str]:
    """What a page that leads into the application stands for."""
    title = " ".join(map(words, with_class(page.tree, "tgme_page_title")))
    extra = " ".join(map(words, with_class(page.tree, "tgme_page_extra")))
    if page.tree.xpath("//a[starts-with(@href, '/s/')]"):
        return "not_telegram_channel", "the front page of a channel that has a preview; read t.me/s/<channel>"
    if title and GROUP.search(extra):
        return "closed_group", "a group, whose messages are for its members; Vigie reads open channels only"
    if title:
        return (
            "preview_disabled",
            "a channel without public preview, a person or a bot; only an account could read it, and Vigie uses none",
        )
    if NOBODY.search(said):
        return "no_such_channel", "no channel of this name; it was renamed, deleted, or is private"
    reason = wall(page.text, headers=page.headers, visible=said[:1000]) or "not_telegram_channel"
    return reason, f"{reason}, expected the preview of a channel; check the address"


def _refuse(said: str, *, page: Page) -> None:
    """Raises SourceError for what a widget says in place of the message."""
    low = said.lower()
    reason = "blocked_channel" if BLOCKED.search(said) else "post_unavailable"
    if "not found" in low:
        reason = "post_gone" if low.startswith("post") else "no_such_channel"
    raise SourceError(reason, f"{page.url}: Telegram says {said[:200]!r} in place of the message; there is nothing to read here")
