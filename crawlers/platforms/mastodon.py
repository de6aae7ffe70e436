"""Posts as the REST API answers that Mastodon, Pleroma, Akkoma and Pixelfed share. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from core.errors import SourceError
from core.urls import host_of
from crawlers.platforms.mastodon_account import answer_of, named, opted_out, parse_account, posts_address
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.markup import absolute, html_to_text
from crawlers.reading.page import Found, parse_html
from crawlers.reading.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from core.records import ContentType
    from crawlers.reading.page import Page

MEDIA: dict[object, ContentType] = {"image": "IMAGE", "gifv": "VIDEO", "video": "VIDEO", "audio": "AUDIO"}
NEXT = re.compile(r'<([^<>]{1,2000})>\s{0,9};[^,<>]{0,200}\brel="?next"?')
FURTHER = re.compile(r"[?&](?:max_id|min_id|since_id|offset|page|cursor)=")
NUMBER = re.compile(r"[0-9]{1,30}")  # Mastodon's ids grow with time
QUOTES = "//*[contains(concat(' ', normalize-space(@class), ' '), ' quote-inline ')]"  # "RE: address", added for readers that know no quotes
NAMES = {"mention", "hashtag", "u-url"}  # classes of links to accounts and tags, which lead nowhere
AROUND = ("ancestors", "descendants", "statuses")  # lists of posts in an answer that is none itself
HIDDEN = ("private", "limited", "direct")  # who may find a post, where Fedibird and kmyblue let its author choose
MAX_COUNT = 2**53  # more is no count
CHAIN = 50  # posts of one thread that are followed up to its first
UNREADABLE = (AttributeError, IndexError, KeyError, OverflowError, RecursionError, TypeError, ValueError)


def parse_statuses(page: Page) -> Found:
    """The posts of a timeline, or the one post of an answer; next from the Link header.

    Raises SourceError: login_required, api_error, empty_answer, not_statuses, http_<status>, unreadable_json, or a wall's name.
    """
    answer = answer_of(page)
    statuses = _listed(answer)
    if not statuses and not FURTHER.search(page.url):
        raise SourceError("empty_answer", f"{page.url}: no post where some were expected; look at the timeline in a browser, it may be closed")
    if statuses and not any(_is_status(one) for one in statuses):
        raise SourceError("not_statuses", f"{page.url}: found {named(answer)} where posts were expected; the address may be wrong")
    items = [item for status in statuses for item in _safely(status)]
    return Found(tuple(_threaded(items)), _next(page) if statuses else None)


def _listed(answer: Any) -> list[Any]:
    """The posts of a timeline, of what stands around a post, of a search, or the one post."""
    if isinstance(answer, dict) and "content" not in answer:
        found = [answer[key] for key in AROUND if isinstance(answer.get(key), list)]
        if found:
            return [status for statuses in found for status in statuses]
    return answer if isinstance(answer, list) else [answer]


def missing(known: Mapping[str, str], shown: Collection[str], *, host: str) -> list[str]:
    """Which known posts (address by id) of this instance's own authors lie between the oldest and the newest shown and are not, the newest first.

    They may be deleted. Of authors elsewhere an instance holds copies, and lets go of them without their being deleted.
    """
    numbers = [int(one) for one in shown if NUMBER.fullmatch(one)]
    span = range(min(numbers), max(numbers)) if numbers else range(0)
    absent = (one for one, url in known.items() if one not in shown and NUMBER.fullmatch(one) and int(one) in span and host_of(url) == host)
    return sorted(absent, key=int, reverse=True)


def read_saved(page: Page) -> Found:
    """A saved answer of either kind; what follows an account is the listing of its posts."""
    answer = answer_of(page, missing="no_such_account")
    if isinstance(answer, dict) and "username" in answer:
        return Found((), next=posts_address(parse_account(page), base=page.url))
    return parse_statuses(page)


def _is_status(one: object) -> bool:
    return isinstance(one, dict) and "id" in one and "account" in one and ("content" in one or "reblog" in one)


def _safely(status: Any) -> Iterator[Draft | Left]:
    """One post, and what it quotes if that must be left out; one that cannot be read spoils no other."""
    platform_id = _id(status) if isinstance(status, dict) else None
    try:
        yield _left(status) or _draft(status)
        quoted = _quoted(status)
        if quoted and (reason := _closed(quoted)):
            yield Left(reason=reason, platform_id=_id(quoted))
    except (SourceError, *UNREADABLE):
        yield Left(reason="unreadable_post", status="set_aside", platform_id=platform_id)


def _left(status: dict[str, Any]) -> Left | None:
    """Why a post is not kept. What is boosted may be closed too, and stands in the same answer."""
    platform_id, boosted = _id(status), status.get("reblog")
    if not isinstance(status.get("account"), dict):  # whose wish cannot be known is not read
        return Left(reason="unreadable_post", status="set_aside", platform_id=platform_id)
    if reason := _closed(status) or (_closed(boosted) if isinstance(boosted, dict) else None):
        return Left(reason=reason, platform_id=platform_id)
    if boosted:
        return Left(reason="boost", status="duplicate", platform_id=platform_id)
    if _url(status) is None:
        return Left(reason="no_address", status="set_aside", platform_id=platform_id)
    return None


def _closed(status: dict[str, Any]) -> str | None:
    if status.get("visibility", "public") != "public" or status.get("local_only") is True:
        return "not_public"
    if status.get("searchability") in HIDDEN:
        return "opted_out"
    account = status.get("account")
    return "opted_out" if isinstance(account, dict) and opted_out(account) else None


def _draft(status: dict[str, Any]) -> Draft | Left:
    url, account = _url(status) or "", _dict(status.get("account"))
    words = _own_words(_str(status.get("content")))
    media = [one for one in _list(status.get("media_attachments")) if isinstance(one, dict)]
    images = tuple(text for one in media if (text := _line(one.get("description"))))
    shown = [html_to_text(words), *_poll(status), "\n".join(f"[image : {text}]" for text in images)]
    text = "\n\n".join(part for part in shown if part)
    warning = html_to_text(_str(status.get("spoiler_text")))
    if not text and not warning:
        return Left(reason="no_text", platform_id=_id(status))  # a picture that nobody described: there is nothing to read
    parent, links = _parent_and_links(status, words, base=url)
    return Draft(
        url=url,
        kind="post",
        title=warning or None,
        text=text,
        account=_str(account.get("url")) or _str(account.get("acct")) or None,
        platform_id=_id(status),
        content_type=_content_types(media, wordy=any(shown[:-1])),
        thread_parent=parent,
        images=images,
        language=_language(status.get("language")),
        published_at=parse_time(_str(status.get("created_at"))),
        edited_at=parse_time(_str(status.get("edited_at"))),
        links=links,
        likes=_count(status.get("favourites_count")),
        reposts=_count(status.get("reblogs_count")),
        replies=_count(status.get("replies_count")),
        followers=None if _dict(account.get("pleroma")).get("hide_followers_count") is True else _count(account.get("followers_count")),
    )


def _url(status: dict[str, Any]) -> str | None:
    """The address that a person can open."""
    addresses = (status.get("url"), status.get("uri"))
    return next((one for one in addresses if isinstance(one, str) and one.startswith(("http://", "https://")) and host_of(one)), None)


def _id(status: dict[str, Any]) -> str | None:
    """The post's id on this instance: a ``uri`` holds its author's name, and names it only where there is no id."""
    found = next((value for key in ("id", "uri", "url") if (value := status.get(key)) not in (None, "")), None)
    return str(found) if isinstance(found, str | int) else None


def _own_words(markup: str) -> str:
    """The content without the line that says what it quotes."""
    if "quote-inline" not in markup:
        return markup
    from lxml.html import tostring

    tree = parse_html(f"<div>{markup}</div>", url="")
    for quote in tree.xpath(QUOTES):
        if quote.getparent() is not None:
            quote.drop_tree()
    return str(tostring(tree, encoding="unicode"))


def _poll(status: dict[str, Any]) -> Iterator[str]:
    options = (_line(option.get("title")) for option in _list(_dict(status.get("poll")).get("options")) if isinstance(option, dict))
    yield "\n".join(f"[sondage : {option}]" for option in options if option)


def _content_types(media: Iterable[dict[str, Any]], *, wordy: bool) -> tuple[ContentType, ...]:
    shown: list[ContentType] = ["TEXT"] if wordy else []
    shown += [MEDIA.get(one.get("type"), "OTHER") for one in media if isinstance(one.get("type"), str)]
    return tuple(dict.fromkeys(shown)) or ("TEXT",)


def _parent_and_links(status: dict[str, Any], words: str, *, base: str) -> tuple[str | None, tuple[str, ...]]:
    """What a post answers, else what it quotes; and where its links and its preview card lead."""
    quote, answered = _quoted(status), status.get("in_reply_to_id")
    address = _url(quote) if quote and not _closed(quote) else None
    parent = str(answered) if isinstance(answered, str | int) and answered else address
    card = _dict(status.get("card")).get("url")
    found = [*_links(words, status, base=base), card, address if address != parent else None]
    return parent, tuple(dict.fromkeys(one for one in found if isinstance(one, str) and one.startswith(("http://", "https://")) and host_of(one)))


def _links(words: str, status: dict[str, Any], *, base: str) -> Iterator[str]:
    if "<a" not in words.lower():
        return
    entries = [*_list(status.get("mentions")), *_list(status.get("tags"))]
    names = {entry["url"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("url"), str)}
    for anchor in parse_html(f"<div>{words}</div>", url=base).iter("a"):
        link = absolute(base, anchor.get("href") or "")
        if link not in names and not NAMES.intersection((anchor.get("class") or "").split()):
            yield link


def _quoted(status: dict[str, Any]) -> dict[str, Any] | None:
    """The post that another quotes: Mastodon wraps it, Akkoma and Fedibird do not, Pleroma keeps it apart."""
    quote = _dict(status.get("quote")) or _dict(_dict(status.get("pleroma")).get("quote"))
    found = _dict(quote.get("quoted_status")) or quote
    return found if "id" in found and "account" in found else None


def _threaded(items: list[Draft | Left]) -> Iterator[Draft | Left]:
    """Where the post that is answered stands in the same answer, its address replaces its id, which is this instance's alone."""
    known = {item.platform_id: item for item in items if isinstance(item, Draft) and item.platform_id}
    for item in items:
        parent = known.get(item.thread_parent or "") if isinstance(item, Draft) else None
        if isinstance(item, Draft) and parent is not None and parent is not item:
            yield item.model_copy(update={"thread_parent": parent.url, "thread_root": _root(parent, known)})
        else:
            yield item


def _root(draft: Draft, known: dict[str, Draft]) -> str | None:
    """The address of a thread's first post, if the chain leads to it."""
    for _ in range(CHAIN):
        if draft.thread_parent is None:
            return draft.url
        if (above := known.get(draft.thread_parent)) is None:
            return None
        draft = above
    return None


def _next(page: Page) -> str | None:
    """The next page that the Link header names."""
    found = NEXT.search(page.headers.get("link", "")[:10_000])
    link = absolute(page.url, found[1]) if found else ""
    return link if link != page.url and host_of(link) else None


def _language(value: object) -> str | None:
    """ISO 639-1: what is declared with three letters has no such code, but for French."""
    first = re.split(r"[-_]", value, maxsplit=1)[0].lower() if isinstance(value, str) else ""
    return {"fra": "fr", "fre": "fr"}.get(first) or (first if re.fullmatch(r"[a-z]{2}", first) else None)


def _count(value: object) -> int | None:
    value = int(value) if isinstance(value, str) and NUMBER.fullmatch(value) else value
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_COUNT else None


def _line(value: object) -> str:
    return " ".join(_str(value).split())


def _str(value: object) -> str:
    return value.replace("\x00", "") if isinstance(value, str) else ""


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
