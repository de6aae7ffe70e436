"""A post's page on bsky.app: for programs without scripts it holds the post's text and counts. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from core.errors import SourceError
from crawlers.platforms.bluesky_posts import URI, public_url
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.page import Found
from crawlers.reading.times import parse_time
from crawlers.reading.walls import wall

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from crawlers.reading.page import Page

SIGNED_IN_ONLY = "visible only to people who are signed in"
EMBEDDED = "[contains quote post or other embedded content]"  # said in place of what the text alone cannot show
LINK = re.compile(r"https?://[^\s<>\"]{1,2000}")


def parse_web(page: Page) -> Found:
    """The one post of a page. Raises SourceError: a wall's name, script_shell, selector_several."""
    tree = page.tree
    uris = [href for href in tree.xpath("//link[@rel='alternate']/@href") if href.startswith("at://")]
    texts = ["".join(node.itertext()) for node in tree.xpath("//p[@id='bsky_post_text']")]
    if any(SIGNED_IN_ONLY in said for said in (*texts, *_meta(tree, "og:description"), *_meta(tree, "description"))):
        return Found((Left(reason="opted_out", platform_id=uris[0] if uris else None),))
    if len(uris) > 1 or len(texts) > 1:
        raise SourceError("selector_several", f"{page.url}: {len(uris)} addresses and {len(texts)} texts were found, expected one; look at the page")
    if not uris or not texts or public_url(uris[0]) is None:
        reason = wall(page.text, headers=page.headers, visible="") or "script_shell"
        raise SourceError(reason, f"{page.url}: no post was found in the page; ask Bluesky's public API for it")
    return Found((_draft(tree, uri=uris[0], text=texts[0].replace(EMBEDDED, "").strip()),))


def _draft(tree: HtmlElement, *, uri: str, text: str) -> Draft:
    found = URI.fullmatch(uri)
    labels, values = (_meta(tree, *(f"twitter:{what}{number}" for number in (1, 2, 3, 4))) for what in ("label", "value"))
    counts = dict(zip(labels, values, strict=False))
    return Draft(
        url=str(public_url(uri)),
        kind="post",
        text=text,
        account=found[1] if found else None,
        platform_id=uri,
        published_at=parse_time(next(iter(_meta(tree, "article:published_time")), None)),
        links=tuple(dict.fromkeys(link.rstrip(".,;:!?)»") for link in LINK.findall(text))),
        likes=_number(counts.get("Likes")),
        reposts=_number(counts.get("Reposts")),
        replies=_number(counts.get("Replies")),
    )


def _meta(tree: HtmlElement, *names: str) -> list[str]:
    """The contents of the first element of each name."""
    found = (tree.xpath("//meta[@property=$name or @name=$name]/@content", name=name)[:1] for name in names)
    return [str(value) for values in found for value in values]


def _number(value: str | None) -> int | None:
    return int(value) if value and re.fullmatch(r"[0-9]{1,15}", value) else None
