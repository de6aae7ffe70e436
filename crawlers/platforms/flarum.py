"""Flarum: the JSON:API answer of ``/api/posts`` and ``/api/discussions``, or the same state inside a page. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from core.errors import SourceError
from core.urls import host_of
from crawlers.platforms.css import find
from crawlers.platforms.forum_addresses import clean_address, outbound
from crawlers.platforms.forum_bodies import body_of, kinds_of
from crawlers.platforms.forum_posts import UNREADABLE
from crawlers.platforms.forum_profiles import profile_of
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.markup import absolute
from crawlers.reading.page import Found, Page, parse_html, parse_json
from crawlers.reading.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PAYLOAD = ("script#flarum-json-payload::text", "./descendant::script[contains(., 'app.load(')]/text()")
REFUSED = {"401": "login_required", "403": "login_required", "404": "no_such_thread"}
MENTION = re.compile(r'<a\b[^>]{0,300}\bclass="PostMention"[^>]{0,300}>')
PAGE = 50  # posts of one answer; the most that Flarum gives
MAX_POSTS = 2000  # read of one answer, whatever it holds
Resource = dict[str, Any]
Index = dict[tuple[str, str], Resource]


def parse(page: Page) -> Found:
    """The posts of a discussion, in order. Raises SourceError: script_shell, unreadable_json, not_flarum, empty_answer, or the API's refusal."""
    answer, next_page = _answer(page)
    index = {(kind, number): one for one in _resources(answer) for kind, number in [(str(one.get("type")), str(one.get("id")))]}
    posts = [one for one in index.values() if one.get("type") == "posts" and _is_comment(one)]
    if not posts:
        raise SourceError("empty_answer", f"{page.url}: Flarum without any post; expected a discussion's posts")
    posts.sort(key=lambda one: _number(_attributes(one).get("number")) or 0)
    return Found(items=tuple(_safely(post, index=index, site=_site(page)) for post in posts[:MAX_POSTS]), next=next_page)


def parse_discussions(page: Page) -> tuple[dict[str, str | None], str | None]:
    """Where the posts of each discussion of a list are read, with what changes when somebody posts, and the next page of the list.

    Raises SourceError, as ``parse``.
    """
    answer, next_page = _answer(page)
    data = answer.get("data")
    listed = [one for one in data if isinstance(one, dict) and one.get("type") == "discussions"] if isinstance(data, list) else []
    numbered = {str(one.get("id")): one for one in listed if re.fullmatch(r"\d{1,18}", str(one.get("id")))}
    found = {posts_address(_site(page), number): str(_attributes(one).get("lastPostedAt") or "") or None for number, one in numbered.items()}
    if not found:
        raise SourceError("empty_answer", f"{page.url}: Flarum without any discussion; look at the address of the section")
    return found, next_page


def posts_address(site: str, number: str) -> str:
    """Where the posts of a discussion are read."""
    return f"{site}/api/posts?filter%5Bdiscussion%5D={number}&include=user,discussion&page%5Blimit%5D={PAGE}"


def listing_address(url: str) -> str:
    """Where the discussions of a public address are read: of a tag (``/t/name``), else all; of one discussion (``/d/12-title``), its posts."""
    parts = urlsplit(url)
    if found := re.search(r"^(.*)/d/(\d{1,18})\b", parts.path):
        return posts_address(f"{parts.scheme}://{parts.netloc}{found[1]}", found[2])
    found = re.search(r"^(.*)/t/([^/]+)", parts.path)
    folder, tag = (found[1], f"&filter%5Btag%5D={quote(found[2], safe='%')}") if found else (parts.path.rstrip("/"), "")
    return f"{parts.scheme}://{parts.netloc}{folder}/api/discussions?sort=-lastPostedAt{tag}&page%5Blimit%5D=20"


def _answer(page: Page) -> tuple[Resource, str | None]:
    """The answer, and where the list goes on."""
    if page.body.lstrip()[:1] in (b"{", b"["):
        answer = page.json
        if not isinstance(answer, dict):
            raise SourceError("not_flarum", f"{page.url}: found {type(answer).__name__} where a JSON:API answer was expected")
        _refused(answer, page)
        links = answer.get("links")
        return answer, _further(page, links.get("next") if isinstance(links, dict) else None)
    state = _state(page)
    document = state.get("apiDocument")
    answer = document if isinstance(document, dict) else state.get("document")  # "document" before Flarum 0.1.0-beta.9
    if not isinstance(answer, dict):
        raise SourceError("not_a_thread", f"{page.url}: this page of a Flarum forum shows no discussion")
    return answer, _further(page, next(iter(find(("link[rel='next']::attr(href)",), page.tree)), None))


def _state(page: Page) -> Resource:
    """The state that a page carries for its script. Raises SourceError(script_shell)."""
    script = str(next(iter(find(PAYLOAD, page.tree)), ""))
    start = script.find("{", max(0, script.find("app.load(")))
    try:
        _, end = json.JSONDecoder(strict=False).raw_decode(script, start)
        value = parse_json(script[start:end].encode(errors="replace"), url=page.url)
    except (ValueError, RecursionError, IndexError) as error:
        detail = f"{page.url}: a page of Flarum without the posts that it usually carries ({type(error).__name__}); read its API, kind forum"
        raise SourceError("script_shell", detail) from error
    return value if isinstance(value, dict) else {}


def _refused(answer: Resource, page: Page) -> None:
    errors = answer.get("errors")
    if not errors:
        return
    first = errors[0] if isinstance(errors, list) and isinstance(errors[0], dict) else {}
    reason = REFUSED.get(str(first.get("status")), "api_error")
    raise SourceError(reason, f"{page.url}: Flarum answered {str(first.get('status'))[:20]} {str(first.get('code'))[:80]}")


def _further(page: Page, link: object) -> str | None:
    url = absolute(page.url, link) if isinstance(link, str) and len(link) < 2000 else ""
    return url if url and host_of(url) == host_of(page.url) and url != page.url else None


def _site(page: Page) -> str:
    """The forum's address, from that of one of its pages or answers."""
    parts = urlsplit(page.url)
    path = re.split(r"/(?:api|d|t|u|all|tags)(?:/|$)", parts.path, maxsplit=1)[0]
    return f"{parts.scheme}://{parts.netloc}{path.rstrip('/')}"


def _resources(answer: Resource) -> Iterator[Resource]:
    for key in ("data", "included"):
        found = answer.get(key)
        yield from (one for one in (found if isinstance(found, list) else [found]) if isinstance(one, dict))


def _attributes(resource: Mapping[str, Any]) -> Resource:
    found = resource.get("attributes")
    return found if isinstance(found, dict) else {}


def _related(resource: Resource, name: str) -> Any:
    relations = resource.get("relationships")
    relation = relations.get(name) if isinstance(relations, dict) else None
    return relation.get("data") if isinstance(relation, dict) else None


def _one(resource: Resource, name: str, index: Index) -> Resource:
    data = _related(resource, name)
    return index.get((str(data.get("type")), str(data.get("id"))), data) if isinstance(data, dict) else {}


def _is_comment(post: Resource) -> bool:
    """Renamed, tagged or locked are events of the discussion, not content; a post without attributes is only named."""
    return bool(_attributes(post)) and _attributes(post).get("contentType", "comment") == "comment"


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**12 else None


def _safely(post: Resource, *, index: Index, site: str) -> Draft | Left:
    """One post; one that cannot be read spoils no other."""
    try:
        return _post(post, index=index, site=site)
    except (*UNREADABLE, SourceError):
        return Left(reason="unreadable_post", status="set_aside", platform_id=str(post.get("id")))


def _post(post: Resource, *, index: Index, site: str) -> Draft | Left:
    said, number = _attributes(post), str(post["id"])
    discussion = _one(post, "discussion", index)
    about = _attributes(discussion)
    if said.get("isHidden") or said.get("hiddenAt"):
        return Left(reason="hidden", platform_id=number)
    if said.get("isApproved") is False or about.get("isPrivateDiscussion") is True:
        return Left(reason="not_public", platform_id=number)
    html, place = said.get("contentHtml"), _number(said.get("number"))
    if not isinstance(html, str) or place is None or "id" not in discussion:
        return Left(reason="unreadable_post", status="set_aside", platform_id=number)
    slug, which = str(about.get("slug") or ""), str(discussion["id"])
    root = clean_address(f"{site}/d/{quote(slug if slug.startswith(which) else f'{which}-{slug}'.rstrip('-'), safe='%-')}")
    body = body_of(parse_html(f"<div>{html}</div>", url=root).find("body"), profile_of("flarum").post)
    if not body.text:
        return Left(reason="no_text", status="set_aside", platform_id=number)
    opens, likes = place == 1, _related(post, "likes")
    return Draft(
        url=f"{root}/{place}",
        kind="post",
        title=str(about.get("title") or "")[:500] or None,
        text=body.text,
        account=str(_attributes(_one(post, "user", index)).get("username") or "") or None,
        platform_id=number,
        content_type=kinds_of(body, ()),
        thread_root=root,
        thread_parent=None if opens else _answered(html, root=root, thread=f"{site}/d/{which}", index=index),
        images=body.images,
        published_at=parse_time(said.get("createdAt") or said.get("time")),
        edited_at=parse_time(said.get("editedAt") or said.get("editTime")),
        links=outbound(root, (link for link in body.links if "/d/" not in link or host_of(link) != host_of(root))),
        views=_number(about.get("viewCount", about.get("views"))) if opens else None,
        likes=len(likes) if isinstance(likes, list) else _number(said.get("likesCount")),
        replies=max(0, count - 1) if opens and (count := _number(about.get("commentCount"))) else None,
    )


def _answered(html: str, *, root: str, thread: str, index: Index) -> str | None:
    """The first post that a post names, by which Flarum ties an answer to what it answers."""
    found = MENTION.search(html)
    number = re.search(r'data-id="(\d{1,18})"', found[0]) if found else None
    place = _number(_attributes(index.get(("posts", number[1]), {})).get("number")) if number else None
    if place is not None:
        return f"{root}/{place}"
    link = re.search(r'href="([^"]{1,1000})"', found[0]) if found else None
    url = clean_address(absolute(root, link[1])) if link else ""
    here = re.fullmatch(rf"{re.escape(thread)}(?:-[^/]*)?/(\d{{1,9}})", url)
    return f"{root}/{here[1]}" if here else url or None
