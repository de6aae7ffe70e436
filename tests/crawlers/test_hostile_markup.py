"""Pages written against a reader of pages: each ends in bounded time and memory, with a document or one named reason."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from core.errors import SourceError
from crawlers.reading.extract import article
from crawlers.reading.markup import html_to_text, links_of
from crawlers.reading.page import MAX_DEPTH, MAX_TAGS, Page, decode, parse_html, parse_json

URL = "https://gazette.test/a"
STORY = "Le jardin partagé ouvre samedi et les bénévoles attendent les habitants du quartier pour planter des bulbes. "
HALF, MANY = 200_000, 1_000_000
MARKUP = {
    "nested div": "<div>" * HALF + STORY, "nested b": "<b>" * HALF + STORY, "nested tables": "<table><tr><td>" * (HALF // 3), "nested lists": "<ul><li>" * (HALF // 2) + STORY,
    "nested mix": "<div><span><b><i>" * (HALF // 4), "closed only": "</p>" * HALF, "unclosed p": "<p>mot " * HALF, "links": "<a href=/x>mot</a> " * (HALF // 2), "unclosed a": "<a href=x>" * HALF,
    "comments": "<!--" * MANY, "one comment": "<!--" + "-" * 9_000_000, "angles": "<" * MANY, "half tags": "<a" * HALF, "instructions": "<?" * HALF, "cdata": "<![CDATA[" * 100_000,
    "one word": "<p>" + "a" * 9_000_000, "words": "<p>" + "mot " * 2_000_000, "blanks": "<p>" + " " * 9_000_000, "breaks": STORY + "<br>" * HALF, "zeros": "\0" * 9_000_000, "zeros inside": f"<p>{STORY}\0" * 1000,
    "attributes": "<p" + "".join(f" a{n}=b" for n in range(MANY)) + ">", "quoted attributes": "<p" + "".join(f' a{n}=">"' for n in range(MANY // 2)) + ">", "bare attributes": "<p" + "".join(f"/a{n}" for n in range(MANY)) + ">",
    "one attribute": "<p class='" + "nav " * 2_000_000 + f"'>{STORY}", "style": f"<p style='{'display ' * MANY}'>{STORY}", "scripts": "<script>" * HALF, "script": "<script>" + "if (a<b) " * 900_000, "entities": "<p>" + "&amp;" * 1_800_000,
    "half entities": "<p>" + "&eacut" * MANY, "titles": "<title>" * HALF, "long title": f"<title>{'a - ' * MANY}</title><p>{STORY * 5}", "headings": f"<p>{STORY * 5}</p>" + "<h1>mot mot</h1>" * (HALF // 2),
    "classes": "".join(f"<div class='c{n}'>mot</div>" for n in range(HALF // 2)), "deep twice": ("<div>" * 200 + STORY + "</div>" * 200) * 400, "authors": "".join(f"<p class=author>Nom {n}x</p>" for n in range(HALF // 2)),
    "metas": "".join(f"<meta name=a{n} content=b>" for n in range(HALF)), "images": f"<p>{STORY * 5}" + "".join(f"<img alt='image {n} du jardin'>" for n in range(HALF)), "long alt": f"<p>{STORY * 5}<img alt='{'a ' * 4_000_000}'>",
    "json-ld": "<script type='application/ld+json'>" + "[" * 300_000 + f"</script><p>{STORY * 5}", "json-ld object": "<script type='application/ld+json'>" + '{"a":' * 70_000 + f"</script><p>{STORY * 5}",
    "broken json-ld": "<script type='application/ld+json'>" + '"author": {"' * 30_000 + f"</script><p>{STORY * 5}", "times": "<time datetime='9'>" * HALF, "dates": f"<h1>Titre</h1><p>{'1 janvier ' * 800_000}", "par": "<h1>Titre</h1>" + "<p>par " * HALF,
    "placeholders": "<body ng-app><p>" + "{{" * 2_000_000, "emails": "<p>" + "a@" * 3_000_000, "forms": "<form><input>" * (HALF // 2), "options": "<select><option>" * (HALF // 2), "svg": "<svg><g>" * (HALF // 2),
    "frames": "<frameset><frame src=a>" * (HALF // 2), "bodies": "".join(f"<body a{n}=b>" for n in range(100_000)), "surrogates": "<p>" + "&#xD800;" * HALF + STORY * 5, "right to left": "<p>" + "\u202e" * MANY + STORY * 5,
}  # fmt: skip


@pytest.mark.parametrize("html", MARKUP.values(), ids=MARKUP)
def test_a_page_ends_soon(html: str) -> None:
    page = Page(URL, html.encode())
    start = time.process_time()  # the clock would measure other tests too
    try:
        article(page).model_dump_json().encode()
    except SourceError as error:
        assert error.reason  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017
    assert time.process_time() - start < 20


@pytest.mark.parametrize("name", ["nested div", "nested mix", "unclosed p", "one word", "attributes", "comments", "images", "entities"])
def test_a_fragment_ends_soon(name: str) -> None:
    start = time.process_time()
    for read in (html_to_text, lambda html: links_of(html, base=URL)):
        try:
            read(MARKUP[name])  # type: ignore[operator]
        except SourceError as error:
            assert error.reason == "too_large"  # noqa: PT017
    assert time.process_time() - start < 30


def test_what_is_left_out_is_said() -> None:
    for html, reason in (
        ("<div>" * (MAX_DEPTH + 10) + STORY, "too_deep"),
        ("<p>a</p>" * MAX_TAGS, "too_large"),
        (MARKUP["attributes"], "too_large"),
        ("<p>", "empty_text"),
        ("", "empty_page"),
    ):
        with pytest.raises(SourceError) as raised:
            article(Page(URL, html.encode()))
        assert raised.value.reason == reason


def test_a_deep_but_readable_page_is_read() -> None:
    depth = MAX_DEPTH - 20
    assert article(Page(URL, ("<div>" * depth + f"<p>{STORY * 5}</p>" + "</div>" * depth).encode())).text == (STORY * 5).strip()


def test_long_attributes_and_scripts_are_no_attack() -> None:
    state = '{"a": "b c d e f", ' * 40_000
    html = f"<div data-state='{state}'></div><script>for (i=0;i<n;i++) {{ {'x = y + z; ' * 60_000} }}</script><p>{STORY * 5}</p>"
    assert article(Page(URL, html.encode())).text == (STORY * 5).strip()


def test_memory_stays_bounded() -> None:
    page = Page(URL, ("<p>" + STORY * 80_000).encode())
    tracemalloc.start()
    article(page)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * len(page.body)


@pytest.mark.parametrize(
    "html",
    [
        "<!DOCTYPE html [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><html><body><p>&x; {}</p>", "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]><html><body><p>&b; {}</p>",
        "<html xmlns:xi='http://www.w3.org/2001/XInclude'><body><xi:include href='file:///etc/passwd' parse='text'/><p>{}</p>", "<object data='file:///etc/passwd'></object><p>{}</p>",
    ],
)  # fmt: skip
def test_html_opens_no_file(html: str) -> None:
    text = article(Page(URL, html.format(STORY * 5).encode())).text
    assert "root:" not in text
    assert STORY.strip() in text


def test_parsers_are_of_one_mind_about_comments() -> None:
    tree = parse_html("<p>un<!-- caché --> deux<?x y?></p>", url=URL)
    assert "".join(tree.itertext()) == "un deux"
    assert {type(element).__name__ for element in tree.iter()} == {"HtmlElement"}


@pytest.mark.parametrize(
    "body", [b"[" * 5_000_000, b'{"a":' * 500_000, b"9" * 9_000_000, b'"' + b"\\ud800" * 500_000 + b'"', b"nul", b"\xff\xfe{}", b'{"a": 1e999999}']
)
def test_json_ends_soon(body: bytes) -> None:
    start = time.process_time()
    try:
        parse_json(body, url=URL)
    except SourceError as error:
        assert error.reason in {"unreadable_json", "too_large"}  # noqa: PT017
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    "body", [b"\xff" * 10_000_000, b"<meta charset=" * 700_000, b"\xc3" * 10_000_000, "é".encode() * 5_000_000 + b"\xff", b"\x00\xd8" * 5_000_000]
)
def test_charsets_are_told_soon(body: bytes) -> None:
    start = time.process_time()
    for declared in (None, "text/html; charset=utf-8", "text/html; charset=utf-16", "text/html; charset=" + "a" * 100_000):
        assert decode(body, declared)
    assert time.process_time() - start < 10
