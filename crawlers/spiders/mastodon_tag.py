"""Kind ``mastodon_tag``: the public timeline of a hashtag, by the REST API that Mastodon, Pleroma, Akkoma and Pixelfed share."""

from __future__ import annotations

import json
import re
import zlib
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urljoin

from pydantic import Field

from core.errors import SourceError
from core.urls import host_of
from crawlers.catalog import SiteSource
from crawlers.drafts import Draft
from crawlers.extract import absolute, html_to_text, links_of, parse_json, parse_time
from crawlers.headers import lower_headers
from crawlers.spiders.base import UNREADABLE, SourceSpider

if TYPE_CHECKING:
    from collections.abc import Iterator

    import scrapy
    from scrapy.http import Response

NEXT = re.compile(r'<([^>]+)>\s*;[^,]*\brel="?next"?')
MAX_PLAIN = 20 * 2**20  # bytes; a page of 40 posts has some 200 kB
LEFT_OUT = ("opted_out", "not_public")
NO_BOT = re.compile(r"#nobots?\b", re.IGNORECASE)


class Options(SiteSource):
    """What the YAML of a hashtag adds; ``url`` is the instance."""

    tag: str = Field(pattern=r"^\w{1,100}$", description="without #")
    max_pages: int = Field(10, ge=1, le=200, description="pages of 40 posts read in one run")

    def addresses(self) -> tuple[str, ...]:
        """The first page of the timeline."""
        return (urljoin(str(self.url), f"/api/v1/timelines/tag/{quote(self.tag)}?limit=40"),)


def parse_statuses(body: bytes, *, url: str) -> list[Draft | str]:
    """The posts of an answer, in order; a post that must not be kept is its reason instead. Raises SourceError."""
    answer = parse_json(body, url=url)
    if isinstance(answer, dict) and "error" in answer:
        reason = "login_required" if "authenti" in str(answer["error"]) or "token" in str(answer["error"]) else "api_error"
        raise SourceError(reason, f"{url}: the instance answered {str(answer['error'])[:200]!r}")
    found = answer if isinstance(answer, list) else [answer] if isinstance(answer, dict) and "content" in answer else None
    if found is None:
        raise SourceError("not_statuses", f"{url}: found {type(answer).__name__} where a list of posts was expected")
    return [_safely(status) for status in found]


def _safely(status: Any) -> Draft | str:
    """One post; one that cannot be read spoils no other."""
    try:
        return parse_status(status) if isinstance(status, dict) else "not_a_status"
    except UNREADABLE:
        return "unreadable_post"


def without_opted_out(body: bytes, *, url: str) -> bytes:
    """The answer without the posts of authors who opted out and those that are not public; the very same bytes if there are none."""
    try:
        answer = parse_json(body, url=url)
    except SourceError:
        return body
    posts = answer if isinstance(answer, list) else []
    kept = [post for post in posts if _safely(post) not in LEFT_OUT]
    return body if len(kept) == len(posts) else json.dumps(kept, ensure_ascii=False).encode()


def evidence_to_keep(body: bytes, *, encoding: str, url: str) -> bytes:
    """What is archived of an answer as it came over the wire: the very same bytes, or less; nothing where it cannot be looked into."""
    if encoding not in ("", "identity", "gzip"):
        return b""
    plain = body
    if encoding == "gzip":
        inflate = zlib.decompressobj(wbits=31)
        try:
            plain = inflate.decompress(body, MAX_PLAIN)
        except zlib.error:
            return b""
        if not inflate.eof:  # cut short, or larger than any page of posts
            return b""
    kept = without_opted_out(plain, url=url)
    return body if kept is plain else kept


def parse_status(status: dict[str, Any]) -> Draft | str:
    """One post, or the reason why it is not kept: boost, not_public, opted_out, no_address."""
    account = status.get("account") or {}
    if status.get("reblog"):
        return "boost"
    if status.get("visibility", "public") != "public":
        return "not_public"
    if opted_out(account):
        return "opted_out"
    url = status.get("url") or status.get("uri")
    if not isinstance(url, str) or not host_of(url) or "content" not in status:
        return "no_address"
    markup = str(status.get("content") or "")
    warning = html_to_text(str(status.get("spoiler_text") or ""))
    return Draft(
        url=url,
        kind="post",
        title=warning or None,
        text="\n\n".join(part for part in (html_to_text(markup), *_images(status)) if part),
        account=str(account.get("url") or account.get("acct") or "") or None,
        platform_id=str(status.get("id") or "") or None,  # not the uri, which holds the author's name
        language=_language(status.get("language")),
        published_at=parse_time(status.get("created_at")),
        edited_at=parse_time(status.get("edited_at")),
        links=links_of(re.sub(r'<a[^>]*class="[^"]*\b(?:mention|hashtag)\b[^>]*>', "<i>", markup), base=url),
        reposts=_count(status.get("reblogs_count")),
        replies=_count(status.get("replies_count")),
    )


def opted_out(account: dict[str, Any]) -> bool:
    """Whether an author asks not to be read by programs: noindex, indexable false, or #nobot in the profile."""
    return account.get("noindex") is True or account.get("indexable") is False or bool(NO_BOT.search(html_to_text(str(account.get("note") or ""))))


def _images(status: dict[str, Any]) -> list[str]:
    descriptions = (media.get("description") for media in status.get("media_attachments") or [] if isinstance(media, dict))
    return [f"[image : {description.strip()}]" for description in descriptions if isinstance(description, str) and description.strip()]


def _language(value: object) -> str | None:
    return value[:2].lower() if isinstance(value, str) and value[:2].isalpha() else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def next_page(link_header: str) -> str | None:
    """The address of the next page in a Link header."""
    found = NEXT.search(link_header)
    return found[1] if found else None


class Spider(SourceSpider):
    """Reads pages until the Link header names no further one."""

    source: Options
    headers: ClassVar[dict[str, str]] = {"Accept-Encoding": "gzip"}  # the one compression that evidence_to_keep looks into
    pages = 0

    def evidence_of(self, response: Response) -> bytes:
        """All but the posts that must not be read."""
        encoding = lower_headers(response).get("content-encoding", "").strip().lower()
        return evidence_to_keep(response.body, encoding=encoding, url=response.url)

    def first(self, response: Response) -> Iterator[Draft | scrapy.Request]:
        """One page of posts."""
        statuses = parse_statuses(response.body, url=response.url)
        for status in statuses:
            if isinstance(status, Draft):
                yield status
            elif status in LEFT_OUT:
                self.keeper.opted_out(status)
            elif status == "boost":
                self.keeper.duplicate()
            else:
                self.keeper.set_aside(response.url, status, f"{response.url}: a post that cannot be read ({status})")
        self.pages += 1
        further = next_page(lower_headers(response).get("link", ""))
        if further and statuses and self.pages < self.source.max_pages:
            yield from self.ask(absolute(response.url, further), step="first")
