"""One message of a Telegram channel, in the markup that preview and widget share. Pure."""

from __future__ import annotations

import copy
import re
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from core.errors import SourceError
from core.urls import host_of
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.markup import absolute, html_to_text, links_of
from crawlers.reading.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from core.records import ContentType
    from crawlers.reading.page import Page

SITE = "https://t.me/"
HOSTS = frozenset({"t.me", "telegram.me", "telegram.dog"})
NAME = r"[A-Za-z][A-Za-z0-9_]{3,31}"  # five characters at least; a few names that were bought have four
POST = re.compile(rf"({NAME})/([1-9]\d{{0,9}})", re.ASCII)
COUNT = re.compile(r"\s*(\d[\d\s.,]{0,20})([KMB]?)(?![A-Za-z])")
UNITS = {"K": 10**3, "M": 10**6, "B": 10**9}
MAX_MARKUP = 500_000  # characters of one message; Telegram allows 4,096 of text
UNREADABLE = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError, SourceError)
DOCUMENT = "tgme_widget_message_document_wrap"
# what a message consists of, by the classes of its parts
MEDIA: tuple[tuple[ContentType, tuple[str, ...]], ...] = (
    ("IMAGE", ("tgme_widget_message_photo_wrap", "tgme_widget_message_sticker_wrap")),
    ("VIDEO", ("tgme_widget_message_video_player", "tgme_widget_message_roundvideo_player")),
    ("AUDIO", ("tgme_widget_message_voice_player", "tgme_widget_message_audio_player")),
    ("OTHER", ("tgme_widget_message_location_wrap", "tgme_widget_message_contact_wrap")),
)
FORWARDED = "[message transféré]"  # the words are somebody else's; who that is stands in thread_root where it is public
NOT_SUPPORTED = "message_media_not_supported_wrap"
PARTS = ("tgme_widget_message_text", "tgme_widget_message_poll", DOCUMENT, NOT_SUPPORTED, *(name for _, names in MEDIA for name in names))
# words of others and of Telegram: what is answered, what is linked to, "This media is not supported in your browser"
OTHERS = ("tgme_widget_message_reply", "tgme_widget_message_link_preview", NOT_SUPPORTED, "media_not_supported_cont")
# what stands beside the text
BESIDE = (
    ("sondage", ("tgme_widget_message_poll_question", "tgme_widget_message_poll_option_text")),
    ("document", ("tgme_widget_message_document_title",)),
    ("contact", ("tgme_widget_message_contact_wrap",)),
    ("bouton", ("tgme_widget_message_inline_button",)),
)


def message_of(element: HtmlElement, *, page: Page, followers: int | None) -> Draft | Left:
    """A message, or why it is not kept: service_message, no_address, too_long, not_shown, unreadable_post. It spoils no other."""
    post = str(element.get("data-post") or "") or None
    try:
        post = post or _by_its_link(element)
        if is_service(element):
            return Left(reason="service_message", platform_id=post)
        if post is None or not POST.fullmatch(post):
            return Left(reason="no_address", status="set_aside", platform_id=post)
        return _draft(copy.deepcopy(element), post=post, page=page, followers=followers)
    except UNREADABLE:
        return Left(reason="unreadable_post", status="set_aside", platform_id=post)


def _draft(message: HtmlElement, *, post: str, page: Page, followers: int | None) -> Draft | Left:
    """The draft of a message that may be taken apart."""
    parent, root = _linked_post(message, "tgme_widget_message_reply"), _linked_post(message, "tgme_widget_message_forwarded_from_name")
    previews, date = _hrefs(message, "tgme_widget_message_link_preview", page), next(iter(dates(message)), "")
    forwarded = bool(with_class(message, "tgme_widget_message_forwarded_from"))
    _take_out(message)
    markup = "<br><br>".join(_markup(part) for part in _texts(message))
    if len(markup) > MAX_MARKUP:
        return Left(reason="too_long", status="set_aside", platform_id=post)
    said = html_to_text(markup)
    content = _content(message, said=said)
    if not content:  # a kind of message that Telegram shows in its application only
        return Left(reason="not_shown", status="set_aside", platform_id=post)
    text = "\n\n".join(part for part in (said, "\n".join(_beside(message))) if part)
    links = (*links_of(markup, base=page.url), *_hrefs(message, "tgme_widget_message_inline_button", page), *previews)
    return Draft(
        url=f"{SITE}{post}",
        kind="post",
        text=f"{FORWARDED}\n\n{text}" if forwarded and text else text,
        account=_author(message, post),
        platform_id=post,
        content_type=content,
        thread_root=root,
        thread_parent=parent,
        published_at=_time(date),
        links=tuple(dict.fromkeys(links)),
        views=next((count(words(part)) for part in with_class(message, "tgme_widget_message_views")), None),
        likes=_reactions(message),
        followers=followers,
    )


def _take_out(message: HtmlElement) -> None:
    for part in with_class(message, *OTHERS):
        part.clear(keep_tail=True)  # to drop it would copy the text around it, again for each one
        part.tag = "i"
    for hashtag in message.xpath(".//a[starts-with(@href, '?')]"):  # it searches the channel
        del hashtag.attrib["href"]


def _content(message: HtmlElement, *, said: str) -> tuple[ContentType, ...]:
    """What a message consists of; a sound sent as a file is a sound."""
    found: list[ContentType] = ["TEXT"] if said or with_class(message, "tgme_widget_message_poll") else []
    found += [kind for kind, names in MEDIA if with_class(message, *names)]
    sounds = message.xpath(f".//*[{has_class('tgme_widget_message_document_icon')} and {has_class('audio')}]")
    files = with_class(message, DOCUMENT)
    found += ["AUDIO"] if sounds else []
    found += ["OTHER"] if len(files) > len(sounds) else []
    return tuple(dict.fromkeys(found))


def _beside(message: HtmlElement) -> Iterator[str]:
    """Polls, files, contacts and buttons, a line each."""
    for label, names in BESIDE:
        for part in with_class(message, *names):
            if said := words(part):
                yield f"[{label} : {said}]"


def _texts(message: HtmlElement) -> list[HtmlElement]:
    """The text of a message; Telegram sometimes wraps it in an element of the same class."""
    return outermost(with_class(message, "tgme_widget_message_text"))


def _author(message: HtmlElement, post: str) -> str:
    """The channel; in a public group the member who writes. A signature below a channel's message is no account."""
    for part in with_class(message, "tgme_widget_message_author_name"):
        return str(part.get("href") or "") or f"{post.partition('/')[0]}: {words(part)}"
    return post.partition("/")[0]


def _reactions(message: HtmlElement) -> int | None:
    """All reactions, of whatever feeling, but for stars, which are money."""
    spans = message.xpath(f".//*[{has_class('tgme_reaction')} and not({has_class('tgme_reaction_paid')})]")
    counts = [count(" ".join(span.xpath("text()")).strip()) for span in spans[:100]]
    return sum(one or 0 for one in counts) if counts else None


def is_service(message: HtmlElement) -> bool:
    """Whether Telegram says something here, not the channel: created, pinned, a new photo."""
    labels = " ".join(map(words, with_class(message, "message_media_not_supported_label")))
    return "service_message" in str(message.get("class")).split() or labels == "Service message"


def dates(message: HtmlElement) -> list[str]:
    """The times at which a message says it was published: one, unless the markup has changed."""
    return [str(date) for date in message.xpath(f".//a[{has_class('tgme_widget_message_date')}]/time/@datetime")]


def post_of(link: str) -> str | None:
    """``channel/id`` of a link to a message that everybody may see; None for a link to anything else."""
    if host_of(link).removeprefix("www.") not in HOSTS:
        return None
    found = POST.fullmatch(urlsplit(link).path.strip("/").removeprefix("s/"))
    return found[0] if found else None


def _by_its_link(message: HtmlElement) -> str | None:
    """Older widgets do not state which message they show."""
    return next((post for link in _hrefs_at(message, "tgme_widget_message_date", SITE) if (post := post_of(link))), None)


def _linked_post(message: HtmlElement, name: str) -> str | None:
    return next((f"{SITE}{post}" for link in _hrefs_at(message, name, SITE) if (post := post_of(link))), None)


def _hrefs(message: HtmlElement, name: str, page: Page) -> tuple[str, ...]:
    return _hrefs_at(message, name, page.url)


def _hrefs_at(message: HtmlElement, name: str, base: str) -> tuple[str, ...]:
    """The http(s) targets of the elements that have a class."""
    found = (absolute(base, str(part.get("href"))) for part in with_class(message, name) if part.get("href"))
    return tuple(link for link in found if link.startswith(("http://", "https://")) and host_of(link))


def count(said: str) -> int | None:
    """A number as Telegram writes it ("1.58M", "4,4K", "12 345 subscribers"); None where there is none."""
    found = COUNT.match(said[:60])
    if found is None:
        return None
    digits, unit = re.sub(r"\s", "", found[1]), found[2]
    if not unit:
        return int(re.sub(r"\D", "", digits)[:15])
    try:
        return round(float(digits[:15].replace(",", ".")) * UNITS[unit])
    except ValueError:
        return None


def _time(said: str) -> datetime | None:
    """The time of an ISO date, which is all that Telegram writes."""
    try:
        datetime.fromisoformat(said[:40])
    except ValueError:
        return None
    return parse_time(said[:40])


def words(part: HtmlElement) -> str:
    """The text of an element in one line, at most 20,000 characters."""
    return " ".join("".join(part.itertext())[:20_000].split())


def _markup(part: HtmlElement) -> str:
    from lxml.html import tostring

    return str(tostring(part, encoding="unicode", with_tail=False))


def with_class(node: HtmlElement, *names: str) -> list[HtmlElement]:
    """All elements below that have one of the classes, in the page's order."""
    found: list[HtmlElement] = node.xpath(f".//*[{' or '.join(map(has_class, names))}]")
    return found


def outermost(found: list[HtmlElement]) -> list[HtmlElement]:
    """Without those that stand within another: so each is looked at once. ``found`` in the page's order."""
    kept: list[HtmlElement] = []
    for one in found:
        if not kept or not any(above is kept[-1] for above in one.iterancestors()):
            kept.append(one)
    return kept


def has_class(name: str) -> str:
    """The XPath condition for a class."""
    return f"contains(concat(' ', normalize-space(@class), ' '), ' {name} ')"
