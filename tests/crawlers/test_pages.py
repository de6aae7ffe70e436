"""Saved pages and what is read from them. A page without its .expected.json gets one and fails until a person has read it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import SourceError
from crawlers.catalog import kinds
from crawlers.drafts import Draft
from crawlers.funding import campaign
from crawlers.spiders.feed import parse_feed
from crawlers.spiders.mastodon_tag import parse_statuses

FOLDER = Path(__file__).parent / "pages"
URL = "https://page.test/page"


def read(kind: str, body: bytes) -> list[Any]:
    if kind == "feed":
        return [entry.model_dump(mode="json") for entry in parse_feed(body, url="https://carnet.test/flux.xml")]
    if kind == "mastodon_tag":
        return [one.model_dump(mode="json") if isinstance(one, Draft) else one for one in parse_statuses(body, url=URL)]
    return [campaign(body, url=URL, content_type="text/html", headers={}).model_dump(mode="json")]


@pytest.mark.parametrize(
    "page", sorted(path for path in FOLDER.rglob("*") if path.is_file() and ".expected" not in path.name), ids=lambda path: path.name
)
def test_page_gives_what_was_read_and_approved(page: Path) -> None:
    try:
        found: Any = read(page.parent.name, page.read_bytes())
    except SourceError as error:
        found = {"reason": error.reason}
    expected = page.with_suffix(".expected.json")
    if not expected.exists():
        expected.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        pytest.fail(f"{expected} was written: read it, and commit it if it is right")
    assert found == json.loads(expected.read_text(encoding="utf-8"))


def test_every_kind_has_pages() -> None:
    assert {folder.name for folder in FOLDER.iterdir()} == set(kinds())
