"""What a page says of its article in JSON-LD, in the words of schema.org. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ARTICLE = re.compile(r"(?:Article|Posting|Report|Recipe|Review|Blog|VideoObject)$")
MAX_NODES = 2000  # objects of JSON-LD that are looked at
BROKEN = {
    "datePublished": re.compile(r'"datePublished"\s*:\s*"([^"]{4,40})"'),
    "dateModified": re.compile(r'"dateModified"\s*:\s*"([^"]{4,40})"'),
    "author": re.compile(r'"author"\s*:\s*\[?\s*\{[^{}]{0,200}"name"\s*:\s*"([^"]{2,100})"'),
}


def article_of(state: list[str]) -> dict[str, Any]:
    """The article's own object in the JSON-LD; {} where there is none."""
    fallback: dict[str, Any] = {}
    for text in state:
        objects = list(_objects(text))
        for item in objects:
            kind = " ".join(map(str, item["@type"])) if isinstance(item.get("@type"), list) else str(item.get("@type"))
            if ARTICLE.search(kind) and any(key in item for key in ("headline", "datePublished", "author")):
                return {**item, "author": _resolved(item.get("author"), objects)}
            if kind == "WebPage" and item.get("datePublished") and not fallback:
                fallback = {key: item[key] for key in ("datePublished", "dateModified", "inLanguage") if key in item}
    return fallback


def _objects(text: str) -> Iterator[dict[str, Any]]:
    try:
        waiting: list[Any] = [json.loads(text.strip().rstrip(";"), strict=False)]
    except (ValueError, RecursionError):
        yield {"@type": "Article", **_broken(text)}
        return
    for _ in range(MAX_NODES):
        if not waiting:
            return
        value = waiting.pop()
        if isinstance(value, list):
            waiting += reversed(value[:MAX_NODES])
        elif isinstance(value, dict):
            yield value
            waiting += [
                value[key]
                for key in ("item", "itemListElement", "mainEntityOfPage", "mainEntity", "@graph")
                if isinstance(value.get(key), list | dict)
            ]


def _broken(text: str) -> dict[str, str]:
    """What can be read of JSON-LD that is no JSON: a quotation mark in a title is enough."""
    return {key: match[1] for key, pattern in BROKEN.items() if (match := pattern.search(text))}


def _resolved(author: Any, objects: list[dict[str, Any]]) -> Any:
    """An author who is named by reference, as he stands elsewhere in the same JSON-LD."""
    if isinstance(author, dict) and "name" not in author and "@id" in author:
        return next((item for item in objects if item.get("@id") == author["@id"] and "name" in item), author)
    return author
