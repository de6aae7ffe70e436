"""What the feeds of YouTube and Reddit hold beside what every feed does. Both give the whole text: the linked page adds nothing. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from core.urls import host_of
from crawlers.platforms.feed_entry import Entry, content_types, count, links_in, media_kind, web_addresses, words
from crawlers.reading.markup import absolute
from crawlers.reading.page import parse_html

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from core.records import ContentType

THING = re.compile(r"t[1-6]_\w{1,20}")  # Reddit's ids: t1_ a comment, t3_ a post
COMMENT_TITLE = re.compile(r"/?u/[\w-]{1,40} on ")  # an author's name has no place in a title
COMMENTS = re.compile(r"\[(\d{1,9}) comments?\]")
SELF_TEXT = "//div[contains(concat(' ', normalize-space(@class), ' '), ' md ')]"
MEDIA_HOSTS: dict[str, ContentType] = {
    "i.redd.it": "IMAGE",
    "v.redd.it": "VIDEO",
    "youtu.be": "VIDEO",
    "www.youtube.com": "VIDEO",
}


def youtube(entry: Entry, item: Mapping[str, Any]) -> Entry:
    """A video of a channel: its description is text without markup, and its ratings are likes where none is below the best."""
    statistics, rating = item.get("media_statistics") or {}, item.get("media_starrating") or {}
    description = str(item.get("summary") or "").strip()
    author = (item.get("author_detail") or {}).get("href")
    changes = {
        "kind": "post",
        "title": " ".join(str(item.get("title") or "").split()) or None,
        "text": description,
        "account": author or entry.account,
        "platform_id": str(item["yt_videoid"]),
        "content_type": content_types(description, ["VIDEO"]),
        "images": (),
        "links": links_in(description),
        "views": count(statistics.get("views")),
        "likes": count(rating.get("count")) if str(rating.get("average")) in {"5", "5.0", "5.00"} else None,
        "whole": True,
    }
    return entry.model_copy(update=changes)


def of_reddit(addresses: Iterable[object]) -> bool:
    """Whether a feed is Reddit's, by the addresses that it gives for itself."""
    hosts = (host_of(address) for address in addresses if isinstance(address, str))
    return any(host == "reddit.com" or host.endswith(".reddit.com") for host in hosts)


def reddit(entry: Entry, markup: str) -> Entry:
    """A post or comment: its own text without what Reddit adds ("submitted by", "[link]", "[comments]"), and what it links to."""
    from lxml.html import tostring

    tree = parse_html(f"<div>{markup}</div>", url=entry.url)
    own = "".join(tostring(block, encoding="unicode", with_tail=False) for block in tree.xpath(SELF_TEXT)[:1])
    said = words(own, base=entry.url)
    target, account = None, entry.account
    for anchor in tree.iter("a"):
        link = absolute(entry.url, anchor.get("href") or "")
        if (anchor.text or "").strip() == "[link]" and link.rstrip("/") != entry.url.rstrip("/"):
            target = link
        elif account is None and "/user/" in link:
            account = "/u/" + link.rstrip("/").rpartition("/")[2]
    thing, answers = THING.search(entry.platform_id or ""), COMMENTS.search(markup[-500:])
    media = MEDIA_HOSTS.get(host_of(target or "")) or media_kind(None, target)
    changes = {
        "kind": "post",
        "title": COMMENT_TITLE.sub("", entry.title or "", count=1) or None,
        "text": said.text,
        "account": account,
        "platform_id": thing[0] if thing else entry.platform_id,
        "content_type": content_types(said.text or entry.title or "", [media]),
        "thread_root": _thread(entry.url) if thing and thing[0].startswith("t1_") else None,
        "images": said.images,
        "links": web_addresses([*said.links, target]),
        "replies": count(answers[1]) if answers else entry.replies,
        "whole": True,
    }
    return entry.model_copy(update=changes)


def _thread(url: str) -> str | None:
    """The post that a comment stands under: its address is the comment's without the last part."""
    above = url.rstrip("/").rpartition("/")[0]
    return f"{above}/" if "/comments/" in above else None
