"""Pieces of pages: text as people see it, JSON with raw control characters, pages that reserve mining."""

from __future__ import annotations

import pytest

from crawlers.reading.markup import html_to_text, links_of
from crawlers.reading.page import parse_json
from crawlers.reading.walls import reserved


def test_html_as_people_see_it() -> None:
    assert html_to_text("<p>a<br>b</p><p>#<span>c</span> &amp; <b>d</b></p><script>e()</script>") == "a\nb\n\n#c & d"
    assert links_of('<a href="/x">1</a> <a href="javascript:x()">2</a> <a href="/x">3</a>', base="https://a.test/") == ("https://a.test/x",)


def test_json_with_raw_control_characters_is_read() -> None:
    assert parse_json(b'{"a": "x\ty"}', url="u") == {"a": "x\ty"}


@pytest.mark.parametrize(
    ("html", "headers", "reserves"),
    [
        ("<meta name='tdm-reservation' content='1'>", {}, True),
        ('<meta content="1" name="tdm-reservation">', {}, True),
        ("<meta name='tdm-reservation' content='0'>", {}, False),
        ("<meta name='robots' content='index, noai'>", {}, True),
        ("<meta name='robots' content='noindex'>", {}, False),
        ("", {"tdm-reservation": "1"}, True),
        ("", {"x-robots-tag": "max-snippet:0, noai"}, True),
        ("<p>noai</p>", {}, False),
    ],
)
def test_a_site_that_reserves_mining(html: str, headers: dict[str, str], reserves: bool) -> None:
    assert reserved(html, headers=headers) is reserves
