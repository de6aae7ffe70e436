"""One post of a Discourse forum: what its author says in it, without quotes of others and previews of linked pages. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from core.errors import SourceError
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.markup import html_to_text, links_of
from crawlers.reading.page import parse_html
from crawlers.reading.times import parse_time

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from core.records import ContentType
    from crawlers.reading.page import Page

LIKE, SMALL_ACTION, WHISPER = 2, 3, 4  # Discourse's numbers: a kind of action, two kinds of post
MAX_MARKUP = 1_000_000  # characters of one post; Discourse allows 150,000 at most
MAX_NUMBER = 10**15
SITE = re.compile(r"(https?://[^/?#]+(?:/[^/?#]+)*?)/(?:posts(?:\.json)?|t|c|latest(?:\.json)?|top|new)(?:[/?#]|$)")
SLUG = re.compile(r"[^/?#\s.][^/?#\s]{0,500}")
UNREADABLE = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError, SourceError)
# links that lead to people, categories, headings and larger images of the forum itself
INWARD = ("mention", "mention-group", "hashtag", "hashtag-cooked", "anchor", "lightbox")
DECORATION = ("emoji", "avatar", "site-icon", "thumbnail")


@dataclass(frozen=True)
class Said:
    """What the author of a post says: text, descriptions of images, what the post consists of, links, and (topic, number) of what is quoted first."""

    text: str
    images: tuple[str, ...] = ()
    content: tuple[ContentType, ...] = ("TEXT",)
    links: tuple[str, ...] = ()
    quoted: tuple[str | None, str] | None = None


def post_of(post: Any, *, page: Page, title: str | None) -> Draft | Left:
    """A post of an answer, or why it is not kept: deleted_post, hidden_post, small_action, not_public, no_address, too_long, unreadable_post.

    It spoils no other. ``title``: of the topic, where the post does not name it.
    """
    name = identity(post.get("id")) if isinstance(post, dict) else None
    try:
        if name is None or not isinstance(post.get("cooked"), str):
            return Left(reason="unreadable_post", status="set_aside", platform_id=name)
        if reason := _left_out(post):
            return Left(reason=reason, platform_id=name)
        return _draft(post, name=name, page=page, title=title)
    except UNREADABLE:
        return Left(reason="unreadable_post", status="set_aside", platform_id=name)


def with_reach(item: Draft | Left, *, topic: dict[str, Any]) -> Draft | Left:
    """The post that opens a topic, with the views and answers of the whole topic, which are what the page shows."""
    if not isinstance(item, Draft) or item.url != f"{item.thread_root}/1":
        return item
    views, posts = number(topic.get("views")), number(topic.get("posts_count"))
    told = {"views": views, "replies": posts - 1 if posts else None}
    return item.model_copy(update={name: value for name, value in told.items() if value is not None})


def _left_out(post: dict[str, Any]) -> str | None:
    if post.get("deleted_at") or post.get("user_deleted"):
        return "deleted_post"
    if post.get("hidden"):  # its text is a notice of the moderators
        return "hidden_post"
    kind = post.get("post_type")
    return "small_action" if kind == SMALL_ACTION else "not_public" if kind == WHISPER else None


def _draft(post: dict[str, Any], *, name: str, page: Page, title: str | None) -> Draft | Left:
    root, place = root_of(post, site=site_of(page)), number(post.get("post_number"))
    if root is None or not place:
        return Left(reason="no_address", status="set_aside", platform_id=name)
    if len(post["cooked"]) > MAX_MARKUP:
        return Left(reason="too_long", status="set_aside", platform_id=name)
    said, answers = own_words(post["cooked"], base=page.url), number(post.get("reply_to_post_number"))
    return Draft(
        url=f"{root}/{place}",
        kind="post",
        title=shown_title(post.get("topic_title") or title, said=said, place=place),
        text=said.text,
        account=str(post.get("username") or "") or None,
        platform_id=name,
        content_type=said.content,
        thread_root=root,
        thread_parent=f"{root}/{answers}" if answers else parent_of(said, root=root),
        images=said.images,
        published_at=time_of(post.get("created_at")),
        edited_at=time_of(post.get("updated_at")) if (number(post.get("version")) or 1) > 1 else None,
        links=said.links,
        views=number(post.get("reads")),
        likes=_likes(post),
        replies=number(post.get("reply_count")),
    )


def _likes(post: dict[str, Any]) -> int | None:
    """Likes, or the reactions that a forum offers in their place. An answer leaves out the kinds of action that nobody took."""
    reactions, actions = number(post.get("reaction_users_count")), post.get("actions_summary")
    if reactions is not None or not isinstance(actions, list):
        return reactions
    return next((number(action.get("count")) for action in actions if isinstance(action, dict) and action.get("id") == LIKE), 0)


def shown_title(title: object, *, said: Said, place: int) -> str | None:
    """The topic's title; an answer that says nothing of its own does not say the title either."""
    return html_to_text(str(title)[:2000]) or None if title and (said.text or place == 1) else None


def parent_of(said: Said, *, root: str) -> str | None:
    """The address of the post that is quoted first."""
    if said.quoted is None:
        return None
    topic, place = said.quoted
    same = topic is None or root.endswith(f"/{topic}")
    return f"{root}/{place}" if same else f"{root.rpartition('/t/')[0]}/t/{topic}/{place}"


def own_words(cooked: str, *, base: str) -> Said:
    """What a post says by itself. Raises SourceError for markup that cannot be read."""
    body = parse_html(f"<div>{cooked}</div>", url=base).find("body")
    if body is None:
        return Said("")
    quoted = _without_quotes(body)
    _fold_previews(body)
    polls = _polls(body)
    for emoji in body.xpath(f".//img[{is_class('emoji')}]"):
        emoji.tag, emoji.text = "span", emoji.get("alt") or ""
    for part in body.xpath(f".//a[{is_class('lightbox')}]/*[{is_class('meta')}]"):  # name and size of the file
        _empty(part)
    for link in body.xpath(f".//a[{' or '.join(map(is_class, INWARD))}]"):
        link.attrib.pop("href", None)
    shown = [image for image in body.iter("img") if not _decorates(image)]
    images = tuple(alt for image in shown if (alt := " ".join(str(image.get("alt") or "").split())[:1000]))
    markup = _markup(body)
    text = "\n\n".join(part for part in (html_to_text(markup), "\n".join(polls), "\n".join(f"[image : {alt}]" for alt in images)) if part)
    return Said(text, images=images, content=_content(body, text=text, images=bool(shown)), links=links_of(markup, base=base), quoted=quoted)


def _without_quotes(body: HtmlElement) -> tuple[str | None, str] | None:
    """Take out the quotes of other posts; which post the first one is from."""
    quotes = outermost(body.xpath(f".//aside[{is_class('quote')}]"))
    first = next((quote for quote in quotes if str(quote.get("data-post")).isdecimal()), None)
    topic = str(first.get("data-topic")) if first is not None else ""
    found = (topic[:15] if topic.isdecimal() else None, str(first.get("data-post"))[:15]) if first is not None else None
    for quote in quotes:
        _empty(quote)
    return found


def _fold_previews(body: HtmlElement) -> None:
    """Of a linked page's preview only its address stays, which is what the author wrote."""
    for box in outermost(body.xpath(f".//*[(self::aside and {is_class('onebox')}) or (self::div and {is_class('lazy-video-container')})]")):
        link = str(box.get("data-onebox-src") or next(iter(box.xpath("(.//a/@href)[1]")), ""))
        _empty(box)
        if link:
            box.append(box.makeelement("a", {"href": link}))
            box[0].text = link


def _polls(body: HtmlElement) -> list[str]:
    """Question and answers of polls, taken out of the text."""
    lines = []
    for poll in outermost(body.xpath(f".//div[{is_class('poll')}]")):
        asked = poll.xpath(f".//*[{is_class('poll-title')} or (self::li and @data-poll-option-id)]")
        lines += [f"[sondage : {words}]" for part in asked if (words := " ".join(html_to_text(_markup(part)).lstrip("*").split()))]
        _empty(poll)
    return lines


def _empty(part: HtmlElement) -> None:
    """Take out what a part holds. To drop it would copy the text around it, again for each one."""
    part.clear(keep_tail=True)
    part.tag = "div"


def _decorates(image: HtmlElement) -> bool:
    return bool(set(str(image.get("class") or "").split()).intersection(DECORATION))


def _content(body: HtmlElement, *, text: str, images: bool) -> tuple[ContentType, ...]:
    found: list[ContentType] = ["TEXT"] if text else []
    found += ["IMAGE"] if images else []
    found += ["VIDEO"] if body.xpath(f".//*[self::video or {is_class('video-placeholder-container')}]") else []
    found += ["AUDIO"] if body.xpath(".//audio") else []
    return tuple(found) or ("OTHER",)


def root_of(post: dict[str, Any], *, site: str) -> str | None:
    """The address of a topic; Discourse takes "-" for a short name that is not given."""
    topic, slug = number(post.get("topic_id", post.get("id"))), post.get("topic_slug", post.get("slug"))
    return f"{site}/t/{slug if isinstance(slug, str) and SLUG.fullmatch(slug) else '-'}/{topic}" if topic else None


def site_of(page: Page) -> str:
    """The forum's address, which may lie in a folder of its host."""
    found, parts = SITE.match(page.url[:2000]), urlsplit(page.url)
    return found[1] if found else f"{parts.scheme}://{parts.netloc}"


def identity(value: object) -> str | None:
    """The platform's own id as the answer writes it."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and 0 < len(str(value)) < 100 else None


def number(value: object) -> int | None:
    """A number from 0 on; None for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_NUMBER else None


def time_of(value: object) -> datetime | None:
    """The time of an ISO date, which is all that Discourse writes."""
    try:
        datetime.fromisoformat(str(value)[:40])
    except ValueError:
        return None
    return parse_time(str(value)[:40])


def outermost(found: list[HtmlElement]) -> list[HtmlElement]:
    """Without those that stand within another: so each is looked at once. ``found`` in the page's order."""
    kept: list[HtmlElement] = []
    for one in found:
        if not kept or not any(above is kept[-1] for above in one.iterancestors()):
            kept.append(one)
    return kept


def is_class(name: str) -> str:
    """The XPath condition for a class."""
    return f"contains(concat(' ', normalize-space(@class), ' '), ' {name} ')"


def _markup(part: HtmlElement) -> str:
    from lxml.html import tostring

    return str(tostring(part, encoding="unicode", with_tail=False))
