"""The demonstration web answers like the real ones, says nothing of what is expected of it, and stays on this machine."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from html import unescape
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

import feedparser
import pytest
import yaml

from core.errors import ConfigError
from core.urls import canonical
from demo.blogs import feed_links
from demo.content import Status
from demo.mastodon import PAGE_SIZE, PRIVATE
from demo.reading import load_blogs, load_funding, load_instance
from demo.serve import BASE_PORT, DemoWeb, demo_web, main, site_titles, write_sources
from demo.statuses import tags_of
from demo.truth import Truth, load_truth, truth_of

BLOGS = {blog.name: blog for blog in load_blogs()}
CAMPAIGNS = load_funding().campaigns
INSTANCE = load_instance()
TRUTHS = load_truth()
STATUS_OF_TROUBLE = {"gone": 404, "bot_wall": 403}


class Reply(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(self.headers.get_content_charset() or "utf-8")

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def get(url: str, *, method: str = "GET") -> Reply:
    """One request, redirections not followed."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request(method, f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/")
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def web() -> Iterator[DemoWeb]:
    with demo_web(port=0) as running:
        yield running


def link_of(reply: Reply, relation: str) -> str | None:
    found = re.search(rf'<([^>]+)>; rel="{relation}"', reply.headers.get("Link", ""))
    return found[1] if found else None


def walk(start: str, relation: str = "next") -> list[list[dict[str, Any]]]:
    """All pages of a timeline."""
    pages, url = [], start
    while url:
        reply = get(url)
        assert reply.status == 200
        pages.append(reply.json)
        url = link_of(reply, relation) or ""
    return pages


def everything(web: DemoWeb) -> Iterator[tuple[str, Reply]]:
    """Every address that a reader could meet, including those that no robot may ask for."""
    for name, blog in BLOGS.items():
        paths = ["/", "/robots.txt", "/style.css", blog.feed.path, "/nulle-part", *(a.path for a in blog.articles)]
        yield from ((web.urls[name] + path, get(web.urls[name] + path)) for path in paths)
    base = web.urls["cagnottes"]
    paths = ["/", "/cagnottes", "/robots.txt", "/nulle-part", "/prive/cagnotte-en-preparation", *(c.path for c in CAMPAIGNS)]
    yield from ((base + path, get(base + path)) for path in paths)
    base = web.urls["mastodon"]
    tags = [f"/api/v1/timelines/tag/{tag}" for tag in ("sante", "eveil", "jardin")]
    paths = ["/", "/robots.txt", "/api/v2/instance", "/tags/sante", "/@nour_infirmiere", PRIVATE, *tags, *(s.path for s in INSTANCE.statuses)]
    yield from ((base + path, get(base + path)) for path in paths)


@pytest.mark.parametrize(("name", "article"), [pytest.param(blog.name, a, id=a.slug) for blog in BLOGS.values() for a in blog.articles])
def test_article_answers_with_its_status_and_charset(web: DemoWeb, name: str, article: Any) -> None:
    url = web.urls[name] + article.path
    reply = get(url)
    if article.trouble == "transient":
        assert reply.status == 500
        reply = get(url)
    assert reply.status == STATUS_OF_TROUBLE.get(article.trouble, 200)
    assert reply.headers.get_content_type() == "text/html"
    if reply.status == 200:
        assert reply.headers.get_content_charset() == BLOGS[name].charset
        assert f'<link rel="canonical" href="{url}">' in reply.text
        for paragraph in (block for block in article.body.split("\n\n") if not block.startswith(("##", "-"))):
            assert paragraph.strip() in unescape(reply.text)


def test_transient_error_comes_back_at_each_start() -> None:
    for _ in range(2):
        with demo_web(port=0) as web:
            url = f"{web.urls['blog_cercle']}/articles/offrande-de-depouillement"
            assert [get(url).status for _ in range(3)] == [500, 200, 200]


@pytest.mark.parametrize("name", BLOGS)
def test_feed_is_read_by_feedparser(web: DemoWeb, name: str) -> None:
    blog = BLOGS[name]
    reply = get(web.urls[name] + blog.feed.path)
    feed = feedparser.parse(reply.body, response_headers={"content-type": reply.headers["Content-Type"]})
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == {"rss": "rss20", "atom": "atom10"}[blog.feed.format]
    assert feed.encoding == blog.charset
    assert [entry.link for entry in feed.entries] == [web.urls[name] + link for article in blog.articles for link in feed_links(article)]
    assert {entry.title for entry in feed.entries} == {article.title for article in blog.articles}
    assert any("content" in entry for entry in feed.entries) == blog.feed.full


def test_latin_1_bytes_are_not_utf_8(web: DemoWeb) -> None:
    reply = get(f"{web.urls['blog_potager']}/articles/semis-de-feves")
    with pytest.raises(UnicodeDecodeError):
        reply.body.decode("utf-8")
    assert 'charset=iso-8859-1"' in reply.text
    assert "l'œil vers le bas" in unescape(reply.text)


def test_redirect_and_tracking_lead_to_the_canonical_page(web: DemoWeb) -> None:
    moved = get(f"{web.urls['blog_cercle']}/ancien/le-levain-de-sylvie")
    assert (moved.status, moved.headers["Location"]) == (301, f"{web.urls['blog_cercle']}/articles/le-levain-de-sylvie")
    for name, blog in BLOGS.items():
        for article in blog.articles:
            if article.trouble in ("canonical", "duplicate"):
                tracked = web.urls[name] + feed_links(article)[-1]
                assert "?" in tracked
                assert canonical(tracked) == web.urls[name] + article.path
                assert f'rel="canonical" href="{canonical(tracked)}"' in get(tracked).text


def test_head_has_no_body(web: DemoWeb) -> None:
    reply = get(f"{web.urls['blog_gazette']}/", method="HEAD")
    assert (reply.status, reply.body) == (200, b"")


@pytest.mark.parametrize("name", site_titles())
def test_robots_close_a_part_that_is_linked(web: DemoWeb, name: str) -> None:
    robots = RobotFileParser()
    robots.parse(get(f"{web.urls[name]}/robots.txt").text.splitlines())
    home = get(f"{web.urls[name]}/").text
    closed = {path for path in re.findall(r'href="(/[^"]*)"', home) if not robots.can_fetch("Vigie", web.urls[name] + path)}
    assert len(closed) == 1
    assert get(web.urls[name] + closed.pop()).status == 200
    assert robots.can_fetch("Vigie", f"{web.urls[name]}/articles/quelque-chose")


@pytest.mark.parametrize("tag", ["sante", "eveil", "jardin"])
def test_pagination_walks_each_status_once(web: DemoWeb, tag: str) -> None:
    pages = walk(f"{web.urls['mastodon']}/api/v1/timelines/tag/{tag}?limit=40")
    ids = [status["id"] for page in pages for status in page]
    by_time = {status.at: status for status in INSTANCE.statuses}
    expected = [s.id for s in INSTANCE.statuses if tag in tags_of((by_time[s.boost_of] if s.boost_of else s).text)]
    assert ids == expected
    assert len(ids) == len(set(ids))
    assert len(pages) >= 2
    assert max(map(len, pages)) == PAGE_SIZE


def test_pagination_goes_back_with_prev(web: DemoWeb) -> None:
    start = f"{web.urls['mastodon']}/api/v1/timelines/tag/sante"
    first, second = get(start), get(link_of(get(start), "next") or "")
    assert get(link_of(second, "prev") or "").json == first.json


def test_every_status_is_in_some_timeline(web: DemoWeb) -> None:
    seen = {s["id"] for tag in ("sante", "eveil", "jardin") for page in walk(f"{web.urls['mastodon']}/api/v1/timelines/tag/{tag}") for s in page}
    assert seen == {status.id for status in INSTANCE.statuses}


def test_statuses_look_like_mastodons(web: DemoWeb) -> None:
    statuses = {s["id"]: s for tag in ("sante", "jardin") for page in walk(f"{web.urls['mastodon']}/api/v1/timelines/tag/{tag}") for s in page}
    by_trouble = {s.trouble: statuses[s.id] for s in INSTANCE.statuses if s.trouble}
    assert by_trouble["boost"]["content"] == ""
    assert by_trouble["boost"]["reblog"]["content"]
    assert by_trouble["unlisted"]["visibility"] == "unlisted"
    assert by_trouble["noindex"]["account"]["noindex"] is True
    assert "#nobot" in re.sub(r"<[^>]+>", "", by_trouble["nobot"]["account"]["note"])
    assert any(s["edited_at"] for s in statuses.values())
    assert any(s["spoiler_text"] for s in statuses.values())
    assert any(s["card"] for s in statuses.values())
    assert any(s["mentions"] and s["in_reply_to_id"] for s in statuses.values())
    assert any('<span class="invisible">' in s["content"] for s in statuses.values())
    assert all(get(s["url"]).status == 200 for s in statuses.values() if s["url"])


def test_api_headers_and_errors(web: DemoWeb) -> None:
    base = web.urls["mastodon"]
    first, second = get(f"{base}/api/v1/timelines/tag/sante"), get(f"{base}/api/v1/timelines/tag/sante")
    assert int(first.headers["X-RateLimit-Remaining"]) == int(second.headers["X-RateLimit-Remaining"]) + 1
    assert first.headers["X-RateLimit-Limit"] == "300"
    assert first.headers["X-RateLimit-Reset"].endswith("Z")
    assert first.headers["Content-Type"] == "application/json; charset=utf-8"
    assert get(f"{base}/api/v1/timelines/public").status == 422
    assert get(f"{base}/api/v1/timelines/tag/sante?max_id=abc").status == 422
    assert get(f"{base}/api/v1/timelines/tag/inconnu").json == []
    assert get(f"{base}/api/v1/inconnu").json == {"error": "Record not found"}
    access = get(f"{base}/api/v2/instance").json["configuration"]["timelines_access"]
    assert access["hashtag_feeds"]["local"] == "public"


def test_rate_limit_is_enforced() -> None:
    with demo_web(port=0) as web:
        url = f"{web.urls['mastodon']}/api/v1/timelines/tag/inconnu"
        statuses = Counter(get(url).status for _ in range(301))
    assert statuses == {200: 300, 429: 1}


@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=lambda campaign: campaign.slug)
def test_campaign_shows_its_figures_in_its_style(web: DemoWeb, campaign: Any) -> None:
    reply = get(web.urls["cagnottes"] + campaign.path)
    text = unescape(reply.text)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert f'property="og:title" content="{campaign.title}"' in text
    assert all(paragraph.strip() in text for paragraph in campaign.story.split("\n\n"))
    marks = {"state": "window.initialState = {", "data": 'data-pledged="', "jsonld": '"@type": "DonateAction"', "plain": "Donateurs ("}
    assert [style for style, mark in marks.items() if mark in text] == [campaign.style]
    assert campaign.organiser in text
    assert str(campaign.donors) in text


def test_plain_campaign_writes_french_amounts(web: DemoWeb) -> None:
    text = get(f"{web.urls['cagnottes']}/cagnotte/refuge-de-la-mere-du-vent").text
    assert "6\u202f905\u00a0€ sur 40\u202f000\u00a0€" in text
    assert "Du 10 octobre 2026 au 10 janvier 2027" in text


def test_listing_links_to_all_campaigns(web: DemoWeb) -> None:
    text = get(f"{web.urls['cagnottes']}/cagnottes").text
    assert {f"/cagnotte/{c.slug}" for c in CAMPAIGNS} == set(re.findall(r'href="(/cagnotte/[^"]+)"', text))
    assert Counter(c.style for c in CAMPAIGNS) == {"state": 3, "data": 3, "jsonld": 3, "plain": 3}


def test_every_item_has_a_truth(web: DemoWeb) -> None:
    items = [a.path for blog in BLOGS.values() for a in blog.articles] + [s.path for s in INSTANCE.statuses] + [c.path for c in CAMPAIGNS]
    assert sorted(items) == sorted(TRUTHS)
    for truth in TRUTHS.values():
        assert bool(truth.markers) == (truth.kind == "positive")
        assert bool(truth.exclusion) == (truth.kind == "hard_negative")
    assert truth_of(f"{web.urls['blog_source']}/articles/ranger-les-boites?utm_source=x", TRUTHS) is TRUTHS["/articles/ranger-les-boites"]
    assert truth_of(f"{web.urls['blog_source']}/", TRUTHS) is None


def collected() -> list[Truth]:
    return [truth for truth in TRUTHS.values() if truth.collected]


def test_thirds_are_roughly_thirds() -> None:
    counts = Counter(truth.kind for truth in collected())
    assert 58 <= counts.total() <= 70
    assert all(abs(count / counts.total() - 1 / 3) < 0.05 for count in counts.values())
    markers = Counter(marker for truth in collected() for marker in truth.markers)
    assert set(markers) == {"gourou", "complotisme", "abandon_soins"}
    assert min(markers.values()) >= 7
    assert any(len(truth.markers) == 2 for truth in collected())


def test_no_blog_is_all_of_one_kind() -> None:
    for site in site_titles():
        assert len({truth.kind for truth in collected() if truth.site == site}) == 3


def test_lengths() -> None:
    for blog in BLOGS.values():
        for article in (a for a in blog.articles if TRUTHS[a.path].collected):
            assert 120 <= len(article.body.split()) <= 400, article.slug
    assert all(80 <= len(campaign.story.split()) <= 300 for campaign in CAMPAIGNS)


def test_nothing_of_the_truth_is_served_and_no_link_leaves_this_machine(web: DemoWeb) -> None:
    exclusions = {truth.exclusion for truth in TRUTHS.values() if truth.exclusion and " " in truth.exclusion}
    words = ("truth", "hard_negative", "abandon_soins", "positive", "exclusion:", *exclusions)
    for url, reply in everything(web):
        text = unescape(reply.text)
        assert not [word for word in words if word in text], url
        # names of vocabularies are not links: nothing ever fetches them
        bare = re.sub(r'xmlns(:\w+)?="[^"]*"|"(@context|interactionType)": "[^"]*"|"-//W3C//[^"]*"', "", text)
        outside = [found for found in re.findall(r"https?://[^\s\"'<>]+", bare) if not found.startswith(tuple(web.urls.values()))]
        assert not [found for found in outside if found not in ("http://</span>",)], url


def test_texts_name_no_number_to_call_and_no_dose() -> None:
    texts = [a.body for blog in BLOGS.values() for a in blog.articles] + [s.text for s in INSTANCE.statuses] + [c.story for c in CAMPAIGNS]
    for text in texts:
        assert not re.search(r"(\d\d[ .]?){5}|\d+ ?(mg|ml|milligrammes?|gouttes?|gélules?)\b", text)


def test_sources_are_written_with_the_right_ports(web: DemoWeb, tmp_path: Path) -> None:
    names = write_sources(web, tmp_path / "sources")
    assert sorted(names) == sorted(path.stem for path in (tmp_path / "sources").glob("*.yml"))
    written = {name: yaml.safe_load((tmp_path / "sources" / f"{name}.yml").read_text(encoding="utf-8")) for name in names}
    assert Counter(source["kind"] for source in written.values()) == {"feed": 4, "mastodon_tag": 3, "crowdfunding_page": 1}
    for source in written.values():
        assert all(get(url).status == 200 for url in source.get("pages", [source.get("url")]))
    assert len(written["demo_cagnottes"]["pages"]) == 12


def test_visits_are_counted() -> None:
    with demo_web(port=0) as web:
        get(f"{web.urls['cagnottes']}/cagnottes")
        get(f"{web.urls['cagnottes']}/cagnottes")
        assert web.visits[("cagnottes", "/cagnottes")] == 2
        assert not [path for _, path in web.visits if path.startswith("/prive/")]


def test_stop_leaves_no_thread_and_frees_the_port() -> None:
    before = set(threading.enumerate())
    with demo_web(port=0) as web:
        url = web.urls["mastodon"]
        get(url)
    assert not set(threading.enumerate()) - before
    with pytest.raises(ConnectionRefusedError):
        get(url)


def test_taken_port_is_one_clear_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(ConfigError, match=f"le port {port} .* --port"), demo_web(port=port):
            pass
        assert main(["--port", str(port)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert str(port) in error


def test_ports_are_consecutive_and_fixed_by_default() -> None:
    assert BASE_PORT == 8765
    assert list(site_titles()) == ["blog_source", "blog_cercle", "blog_gazette", "blog_potager", "mastodon", "cagnottes"]


def test_ids_sort_by_time() -> None:
    ids = [int(status.id) for status in INSTANCE.statuses]
    assert ids == sorted(set(ids), reverse=True)
    assert all(isinstance(status, Status) for status in INSTANCE.statuses)
