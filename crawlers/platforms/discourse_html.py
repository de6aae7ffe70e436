"""The page of a Discourse topic as it is served to those without scripts. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from core.errors import SourceError
from core.urls import host_of
from crawlers.platforms.discourse_post import (
    MAX_MARKUP,
    UNREADABLE,
    is_class,
    number,
    outermost,
    own_words,
    parent_of,
    post_of,
    shown_title,
    time_of,
    with_reach,
)  # fmt: skip
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.markup import absolute
from crawlers.reading.page import Found, parse_json
from crawlers.reading.walls import wall

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from crawlers.reading.page import Page

MAX_ITEMS = 1000  # Discourse serves 20 or 50 posts, 30 topics, and 1,000 posts where it is asked to print
CLOSED = re.compile(r'login_required\\*":\s*true')
CHANGED = "Discourse's markup has changed, crawlers/platforms/discourse_html.py must follow"
OLDER = "//div[@itemtype='http://schema.org/DiscussionForumPosting'][*[@itemprop='articleBody']]"  # until 2018
TEXT, TIME = "*[@itemprop='text' or @itemprop='articleBody']", f"time[@datetime][{is_class('post-time')} or @itemprop='datePublished']"


def parse_html(page: Page) -> Found:
    """The posts of a topic's page, the oldest first, and the next page. Raises SourceError: login_required, selector_none, selector_several,
    empty_answer, too_many_items, not_discourse, script_shell, or another wall's name.
    """
    topic = _preloaded(page)
    if topic is not None:  # the answer of the interface within the page: it says more than the page shows
        posts, title = listed(topic["post_stream"]["posts"], page=page), topic.get("title")
        if not posts:
            raise SourceError("empty_answer", f"{page.url}: a topic without any post; look at it in a browser")
        items = (with_reach(post_of(post, page=page, title=title if isinstance(title, str) else None), topic=topic) for post in posts)
        return Found(tuple(items), _next(page))
    blocks = outermost(listed(page.tree.xpath(f"//div[{is_class('crawler-post')}]") or page.tree.xpath(OLDER), page=page))
    if not blocks:
        raise unexpected(page)
    _check(blocks, page=page)
    root, title = _root(page), next(iter(page.tree.xpath("//*[@itemprop='headline']/@content")), None)
    return Found(tuple(_safely(block, page=page, root=root, title=title) for block in blocks), _next(page))


def listed(value: Any, *, page: Page) -> list[Any]:
    """The items of a page. Raises SourceError: not_discourse, too_many_items."""
    if not isinstance(value, list):
        raise SourceError("not_discourse", f"{page.url}: found {type(value).__name__} where Discourse gives a list; check the address")
    if len(value) > MAX_ITEMS:
        raise SourceError("too_many_items", f"{page.url}: {len(value)} items where Discourse gives 50 at most; this is not its answer")
    return value


def unexpected(page: Page) -> SourceError:
    """What stands where a topic or an answer was expected: login_required, a wall's name, selector_none, script_shell, not_discourse."""
    visible = " ".join("".join(page.tree.itertext("body", "p", "div", "span", "a", "h1", "li")).split())
    made = page.tree.xpath("//*[(@name='generator' and starts-with(@content, 'Discourse')) or @id='data-discourse-setup']")
    if urlsplit(page.url).path.rstrip("/").endswith("/login") or CLOSED.search(" ".join(_preloads(page))):
        return SourceError("login_required", f"{page.url}: the forum is for its members; Vigie reads what is open to everybody only")
    if reason := wall(page.text, headers=page.headers, visible=visible[:1000]):  # nothing of a forum is here
        return SourceError(reason, f"{page.url}: {reason} in place of the topic; Vigie does not go around it")
    if made and page.tree.xpath("//*[@id='topic-title']"):
        return SourceError("selector_none", f"{page.url}: a topic without posts (div.crawler-post); {CHANGED}")
    if made and not page.tree.xpath(f"//*[{is_class('topic-list')}]"):
        return SourceError("script_shell", f"{page.url}: the forum shows nothing without scripts; read its JSON (kind: discourse)")
    if made:
        return SourceError("not_a_thread", f"{page.url}: a list of topics, not a topic; make the forum a source of kind discourse")
    return SourceError("not_discourse", f"{page.url}: no topic of Discourse was found; check the address")


def _preloads(page: Page) -> list[str]:
    return [str(value) for value in page.tree.xpath("//*[@id='data-preloaded']/@data-preloaded")]


def _preloaded(page: Page) -> dict[str, Any] | None:
    """The topic's JSON that the page carries for its scripts."""
    for value in _preloads(page)[:1]:
        try:
            parts = parse_json(value.encode(), url=page.url)
            names = [name for name in parts if name.startswith("topic_") and isinstance(parts[name], str)] if isinstance(parts, dict) else []
            for name in names[:10]:
                topic = parse_json(parts[name].encode(), url=page.url)
                if isinstance(topic, dict) and isinstance(topic.get("post_stream"), dict) and isinstance(topic["post_stream"].get("posts"), list):
                    return topic
        except SourceError:
            return None
    return None


def _check(blocks: list[HtmlElement], *, page: Page) -> None:
    """What every post has must occur in it once: never or twice in all of them means other markup. Raises SourceError."""
    for name, path in (("text (itemprop=text)", TEXT), ("time (time.post-time)", TIME)):
        found = [len(block.xpath(f".//{path}")) for block in blocks]
        if not any(found):
            raise SourceError("selector_none", f"{page.url}: {len(blocks)} posts and no {name}; {CHANGED}")
        if min(found) > 1:
            raise SourceError("selector_several", f"{page.url}: every post has more than one {name}; {CHANGED}")


def _safely(block: HtmlElement, *, page: Page, root: str, title: str | None) -> Draft | Left:
    """One post; one that cannot be read spoils no other."""
    try:
        return _block(block, page=page, root=root, title=title)
    except UNREADABLE:
        return Left(reason="unreadable_post", status="set_aside")


def _block(block: HtmlElement, *, page: Page, root: str, title: str | None) -> Draft | Left:
    from lxml.html import tostring

    place = re.sub(r"\D", "", str(block.get("id") or "") or "".join(block.xpath(".//*[@itemprop='position']/text()")))[:12]
    cooked = "".join(tostring(part, encoding="unicode", with_tail=False) for part in block.xpath(f".//{TEXT}")[:1])
    if not place or not cooked or len(cooked) > MAX_MARKUP:
        return Left(reason="too_long" if len(cooked) > MAX_MARKUP else "unreadable_post", status="set_aside")
    said, date = own_words(cooked, base=page.url), next(iter(block.xpath(f".//{TIME}/@datetime")), None)
    edited = next(iter(block.xpath(".//*[@itemprop='dateModified']/@content")), None)
    likes = block.xpath(".//*[meta[contains(@content, 'LikeAction')]]/meta[@itemprop='userInteractionCount']/@content")
    return Draft(
        url=f"{root}/{place}",
        kind="post",
        title=shown_title(title, said=said, place=int(place)),
        text=said.text,
        account=_account(block),
        content_type=said.content,
        thread_root=root,
        thread_parent=parent_of(said, root=root),
        images=said.images,
        published_at=time_of(date),
        edited_at=time_of(edited) if edited != date else None,
        links=said.links,
        likes=number(int(likes[0])) if likes and likes[0].isdecimal() and len(likes[0]) < 16 else None,
    )


def _account(block: HtmlElement) -> str | None:
    """The user name, which stands in the link to the profile; a forum may show another name."""
    links = block.xpath(f"(.//*[{is_class('creator')}])[1]//a/@href")
    names = [link.rstrip("/").rpartition("/u/")[2] for link in links if "/u/" in link]
    named = block.xpath("(.//*[@itemprop='author'])[1]/descendant-or-self::*[@itemprop='name' or self::b]/text()")
    shown = (" ".join(name.split()) for name in named)
    return next(iter([*names, *shown]), None) or None


def _root(page: Page) -> str:
    """The topic's address without page and post."""
    named = page.tree.xpath("//link[@rel='canonical' or @itemprop='url']/@href")
    found = (absolute(page.url, str(link)) for link in [*named, page.url])
    link = next((link for link in found if host_of(link) == host_of(page.url) and "/t/" in link), page.url)
    return re.sub(r"[?#].*", "", link, flags=re.DOTALL).rstrip("/")


def _next(page: Page) -> str | None:
    links = page.tree.xpath("//*[self::link or self::a][@rel='next']/@href")
    found = (absolute(page.url, str(link)) for link in links)
    return next((link for link in found if host_of(link) == host_of(page.url) and link != page.url), None)
