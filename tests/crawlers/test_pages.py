"""Saved pages and what is read from them. A page without its .expected.json gets one and fails until a person has read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core.errors import SourceError
from crawlers.catalog import kinds
from crawlers.platforms import bluesky, crowdfunding, discourse, feed, forum, helloasso, jetstream, mastodon, telegram, ulule
from crawlers.reading.extract import article
from crawlers.reading.page import Found, Page
from crawlers.recognise import read_any

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent / "pages"
URL = "https://page.test/page"
READERS: dict[str, Callable[[Page], Found]] = {
    "bluesky_author": bluesky.parse,
    "bluesky_jetstream": jetstream.parse,
    "bluesky_search": bluesky.parse,
    "crowdfunding_page": crowdfunding.read_saved,
    "discourse": discourse.parse,
    "feed": feed.read_saved,
    "forum": forum.read_saved,
    "helloasso": helloasso.read_saved,
    "mastodon_account": mastodon.read_saved,
    "mastodon_tag": mastodon.read_saved,
    "site": lambda page: Found(items=(article(page),)),
    "telegram_channel": telegram.parse,
    "ulule": ulule.read_saved,
    "urls": read_any,
}
PAGES = sorted(path for path in FOLDER.rglob("*") if path.is_file() and ".expected" not in path.name)


def as_json(kind: str, page: Page) -> Any:
    """What a person reads and approves."""
    try:
        found = READERS[kind](page)
    except SourceError as error:
        return {"reason": error.reason}
    return {"items": [item.model_dump(mode="json", exclude_defaults=True) for item in found.items], "next": found.next}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_page_gives_what_was_read_and_approved(path: Path) -> None:
    found = as_json(path.parent.name, Page(url=URL, body=path.read_bytes()))
    expected = path.with_suffix(".expected.json")
    if not expected.exists():
        expected.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        pytest.fail(f"{expected} was written: read it, and commit it if it is right")
    assert found == json.loads(expected.read_text(encoding="utf-8"))


def test_every_kind_has_pages() -> None:
    assert {folder.name for folder in FOLDER.iterdir()} == set(kinds()) == set(READERS)
