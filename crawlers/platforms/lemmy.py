"""Lemmy: the answers of ``/api/v3``, or the same state inside a page of lemmy-ui. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from core.errors import SourceError
from core.urls import host_of
from crawlers.platforms.css import find
from crawlers.platforms.forum_addresses import outbound
from crawlers.platforms.forum_bodies import Body, body_of, kinds_of
from crawlers.platforms.forum_posts import UNREADABLE
from crawlers.platforms.forum_profiles import profile_of
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.page import Found, Page, parse_html, parse_json
from crawlers.reading.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator

STATE = ("./descendant::script[contains(., 'window.isoData')]/text()",)
PAGE = 50  # items of one answer; the most that Lemmy gives
MAX_MARKDOWN = 60_000  # characters; Lemmy takes 50,000
MAX_VIEWS = 5000
PUBLIC = (None, "Public", "public", "Unlisted", "unlisted")
REFUSED = (
    (re.compile(r"couldnt_find|not_found|unknown"), "no_such_thread"),
    (re.compile(r"not_logged_in|incorrect_login|private|auth"), "login_required"),
    (re.compile(r"rate_limit"), "rate_limited"),
)
View = dict[str, Any]


def parse(page: Page) -> Found:
    """Posts and comments; a page without state is read by its profile. Raises SourceError: empty_answer, not_lemmy, or the API's refusal."""
    if page.body.lstrip()[:1] in (b"{", b"["):
        answer, languages = _answer(page), {}
        views = list(_listed(answer))
        further = _further(page, answer, count=len(views))
    else:
        state = _state(page)
        if state is None:
            from crawlers.platforms.forum import parse_thread

            return parse_thread(page, engine="lemmy")
        views, further, languages = list(_views(state.get("routeData"))), None, _languages(state)
    if not views and not re.search(r"[?&]page=(?:[2-9]|\d\d)", page.url):
        raise SourceError("empty_answer", f"{page.url}: Lemmy without any post or comment; look at the name of the community")
    known = {str(view["comment"].get("id")): view["comment"] for view in views if isinstance(view.get("comment"), dict)}
    items = {_identity(view) or str(number): _safely(view, known=known, languages=languages, page=page) for number, view in enumerate(views)}
    return Found(items=tuple(items.values()), next=further)


def api_addresses(url: str) -> tuple[str, ...]:
    """Where the posts and the comments of a community (``/c/name``) or of one post (``/post/12``) are read. Empty for any other address."""
    parts = urlsplit(url)
    api = f"{parts.scheme}://{parts.netloc}/api/v3"
    if found := re.match(r"/post/(\d{1,18})\b", parts.path):
        return (f"{api}/post?id={found[1]}", f"{api}/comment/list?post_id={found[1]}&sort=New&type_=All&limit={PAGE}&page=1")
    if found := re.match(r"/c/([\w.@-]{1,200})", parts.path):
        query = f"community_name={quote(found[1], safe='@')}&sort=New&type_=All&limit={PAGE}&page=1"
        return (f"{api}/post/list?{query}", f"{api}/comment/list?{query}")
    return ()


def _answer(page: Page) -> View:
    answer = page.json
    if not isinstance(answer, dict):
        raise SourceError("not_lemmy", f"{page.url}: found {type(answer).__name__} where an object with posts or comments was expected")
    if "error" in answer:
        said = str(answer["error"])[:200]
        reason = next((name for mark, name in REFUSED if mark.search(said)), "api_error")
        raise SourceError(reason, f"{page.url}: the instance answered {said!r}")
    if not any(key in answer for key in ("posts", "comments", "post_view", "comment_view", "items")):
        raise SourceError("not_lemmy", f"{page.url}: neither posts nor comments were found in the answer")
    return answer


def _listed(answer: View) -> Iterator[View]:
    for key in ("post_view", "comment_view", "posts", "comments", "items"):
        found = answer.get(key)
        yield from (one for one in (found if isinstance(found, list) else [found])[:MAX_VIEWS] if isinstance(one, dict))


def _further(page: Page, answer: View, *, count: int) -> str | None:
    """By the cursor that the answer gives, else by the number of the page, while pages are full."""
    parts = urlsplit(page.url)
    asked = dict(parse_qsl(parts.query))
    cursor = answer.get("next_page")
    if isinstance(cursor, str) and cursor and cursor != asked.get("page_cursor"):
        asked = {**{key: value for key, value in asked.items() if key != "page"}, "page_cursor": cursor[:500]}
    elif count >= _asked(asked, "limit") > 0 and _asked(asked, "page") > 0:
        asked["page"] = str(_asked(asked, "page") + 1)
    else:
        return None
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(asked), ""))


def _asked(query: dict[str, str], name: str) -> int:
    """A number that was asked for, 0 where none was."""
    return int(query[name]) if re.fullmatch(r"\d{1,9}", query.get(name, "")) else 0


def _state(page: Page) -> View | None:
    """The state that a page carries for its script; None where there is none."""
    script = str(next(iter(find(STATE, page.tree)), ""))
    start = script.find("{", max(0, script.find("window.isoData")))
    if start < 0:
        return None
    text = re.sub(r"(?<=[:,\[])undefined(?=[,}\]])", "null", script[start:])
    try:
        _, end = json.JSONDecoder(strict=False).raw_decode(text)
        value = parse_json(text[:end].encode(errors="replace"), url=page.url)
    except (ValueError, RecursionError, SourceError):
        return None
    return value if isinstance(value, dict) and value.get("routeData") else None


def _views(value: Any, *, depth: int = 0) -> Iterator[View]:
    """The posts and comments that a page shows, wherever its state keeps them; not the same post in other communities."""
    if depth > 8:
        return
    if isinstance(value, dict):
        if isinstance(value.get("creator"), dict) and isinstance(value.get("post"), dict):
            yield value
            return
        for key, inner in value.items():
            if key != "cross_posts":
                yield from _views(inner, depth=depth + 1)
    elif isinstance(value, list):
        for inner in value[:MAX_VIEWS]:
            yield from _views(inner, depth=depth + 1)


def _languages(state: View) -> dict[int, str]:
    site = state.get("site_res")
    found = site.get("all_languages") if isinstance(site, dict) else None
    pairs = ((one.get("id"), one.get("code")) for one in found if isinstance(one, dict)) if isinstance(found, list) else ()
    return {number: code for number, code in pairs if isinstance(number, int) and isinstance(code, str) and re.fullmatch(r"[a-z]{2}", code)}


def _identity(view: View) -> str | None:
    """The address that names an item on every instance."""
    own = view.get("comment") if isinstance(view.get("comment"), dict) else view.get("post")
    address = own.get("ap_id") if isinstance(own, dict) else None
    return address if isinstance(address, str) and host_of(address) and len(address) < 2000 else None


def _safely(view: View, *, known: dict[str, View], languages: dict[int, str], page: Page) -> Draft | Left:
    """One item; one that cannot be read spoils no other."""
    identity = _identity(view)
    try:
        return _item(view, identity=identity, known=known, languages=languages, page=page)
    except (*UNREADABLE, SourceError):
        return Left(reason="unreadable_post", status="set_aside", platform_id=identity)


def _item(view: View, *, identity: str | None, known: dict[str, View], languages: dict[int, str], page: Page) -> Draft | Left:
    post, community = view["post"], view.get("community") or {}
    comment = view["comment"] if isinstance(view.get("comment"), dict) else None
    own, creator = comment or post, view["creator"]
    reason = _left_out(own, post, creator, community)
    if reason:
        return Left(reason=reason, platform_id=identity)
    if identity is None:
        return Left(reason="no_address", status="set_aside")
    written = own.get("content") if comment else own.get("body")
    above = _above(comment, known) if comment else {}
    body = _body(written, base=identity, said=f"{above.get('content') or ''} {post.get('body') or ''}" if comment else "")
    url = post.get("url") if comment is None else None
    attached = [url] if isinstance(url, str) else []
    alt = _alt(own)
    text = "\n".join(part for part in (body.text, f"[image : {alt}]" if alt else "") if part)
    if comment and not text:
        return Left(reason="no_text", status="set_aside", platform_id=identity)
    counts = {**own, **(view["counts"] if isinstance(view.get("counts"), dict) else {})}
    root = str(post.get("ap_id") or "") or None
    return Draft(
        url=identity,
        kind="post",
        title=str(post.get("name") or "")[:500] or None,
        text=text,
        account=str(creator.get("actor_id") or creator.get("ap_id") or creator.get("name") or "") or None,
        platform_id=identity,
        content_type=kinds_of(body, attached),
        thread_root=root,
        thread_parent=_answered(comment, known=known, root=root, page=page) if comment else None,
        images=(*body.images, *([alt] if alt else [])),
        language=languages.get(own.get("language_id")),
        published_at=parse_time(own.get("published") or own.get("published_at")),
        edited_at=parse_time(own.get("updated") or own.get("updated_at")),
        links=outbound(identity, (*attached, *body.links)),
        likes=_count(counts.get("upvotes", counts.get("score"))),
        replies=_count(counts.get("child_count" if comment else "comments")),
    )


def _left_out(own: View, post: View, creator: View, community: View) -> str | None:
    """Why an item is not kept, as its instance marks it."""
    reasons = (
        ("deleted", own.get("deleted") or post.get("deleted")),
        ("removed", own.get("removed") or post.get("removed") or community.get("removed")),
        ("bot_account", creator.get("bot_account")),
        ("nsfw", post.get("nsfw") or community.get("nsfw")),
        ("not_public", community.get("visibility") not in PUBLIC),
    )
    return next((reason for reason, holds in reasons if holds), None)


def _body(markdown: object, *, base: str, said: str = "") -> Body:
    """What people see of a text in Markdown; HTML inside it is shown as written, as Lemmy does. What it repeats of ``said`` is left out."""
    from markdown_it import MarkdownIt

    if not isinstance(markdown, str) or not markdown.strip():
        return Body()
    if len(markdown) > MAX_MARKDOWN:
        return Body(text=markdown)
    html = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).render(markdown)
    tree = parse_html(f"<div>{html}</div>", url=base).find("body")
    words = _letters(said)
    for block in list(tree.iter("blockquote")) if words else []:
        if block.getparent() is not None and _letters(block.text_content()) in words:
            block.drop_tree()
    return body_of(tree, profile_of("lemmy").post)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text[:MAX_MARKDOWN].casefold())


def _alt(own: View) -> str:
    alt = own.get("alt_text")
    return " ".join(alt[:1000].split()) if isinstance(alt, str) else ""


def _above(comment: View, known: dict[str, View]) -> View:
    """The comment that another one answers, if it is in the same answer. ``path`` is 0, the numbers of those above, the comment's own."""
    path = str(comment.get("path") or "").split(".")
    return known.get(path[-2], {}) if len(path) > 2 else {}


def _answered(comment: View, *, known: dict[str, View], root: str | None, page: Page) -> str | None:
    """The address of what a comment answers: another comment, else the post."""
    path, parts = str(comment.get("path") or "").split("."), urlsplit(page.url)
    if len(path) < 3:
        return root
    address = _above(comment, known).get("ap_id")
    return str(address) if address else f"{parts.scheme}://{parts.netloc}/comment/{path[-2]}" if path[-2].isdecimal() else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12 else None
