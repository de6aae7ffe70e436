"""What is proposed for an address: by the address where that is sure, else by the page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.reading.page import Page
from crawlers.suggest import from_address, from_instance, from_page, from_section, name_of, not_a_source

ARTICLE = "<html><head><title>Un titre</title></head><body><p>Un texte.</p></body></html>"
FEED = '<html><head><link rel="alternate" type="application/rss+xml" href="/flux.xml"></head><body><p>Un texte.</p></body></html>'
INSTANCES = (
    '<html><head><meta name="generator" content="Mastodon 4.3"></head><body></body></html>',
    '<html><head><meta property="og:site_name" content="Pixelfed"></head><body></body></html>',
    '<html><body class="app-body"><div class="app-holder" id="mastodon"></div></body></html>',
    '<html><head><link rel="preload" href="/api/v1/instance"></head><body></body></html>',
    '<html><body><article><a href="/@fleur/110000000000000001">Un message</a></article></body></html>',
)


def page(url: str, body: str) -> Page:
    return Page(url=url, body=body.encode(), headers={"content-type": "text/html; charset=utf-8"})


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://t.me/jardin_partage", "telegram_channel"),
        ("https://t.me/s/jardin_partage", "telegram_channel"),
        ("https://bsky.app/profile/jardin.test", "bluesky_author"),
        ("https://www.ulule.com/un-four-a-pain/", "ulule"),
        ("https://fr.ulule.com/un-four-a-pain/", "ulule"),
        ("https://www.helloasso.com/associations/jardin", "helloasso"),
        ("https://www.reddit.com/r/jardin/", "feed"),
    ],
)
def test_addresses_that_tell(url: str, kind: str) -> None:
    keys = from_address(url)
    assert keys is not None
    assert keys["kind"] == kind
    assert not_a_source(url) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://t.me/joinchat",
        "https://t.me/joinchat/AbCdEf",
        "https://t.me/+AbCdEf",
        "https://t.me/addstickers/fleurs",
        "https://t.me/share/url?url=https://a.test",
        "https://t.me/share?url=https://a.test",
        "https://t.me/proxy?server=a",
        "https://t.me/login",
        "https://t.me/s",
        "https://www.ulule.com/discover/",
        "https://www.ulule.com/faq",
        "https://www.ulule.com/about/",
        "https://www.ulule.com/",
    ],
)
def test_invitations_and_sections_are_no_sources(url: str) -> None:
    assert from_address(url) is None
    assert not_a_source(url)


@pytest.mark.parametrize("body", INSTANCES)
def test_an_instance_is_known_by_its_page(body: str) -> None:
    url = "https://instance.test/tags/jardin"
    assert from_page(url, page(url, body)) == {"kind": "mastodon_tag", "url": "https://instance.test/", "tag": "jardin", "max_pages": 5}
    url = "https://instance.test/@fleur@autre.test"
    assert from_page(url, page(url, body))["account"] == "fleur@autre.test"
    url = "https://instance.test/about/page"
    assert from_instance(url, page(url, body)) is None


@pytest.mark.parametrize("path", ["/tags/jardin", "/@fleur"])
def test_an_address_alone_is_no_instance(path: str) -> None:
    url = f"https://blog.test{path}"
    assert from_address(url) is None
    assert from_page(url, page(url, ARTICLE))["kind"] in ("urls", "site")
    assert from_page(url, page(url, FEED)) == {"kind": "feed", "url": "https://blog.test/flux.xml"}


@pytest.mark.parametrize("host", ["www.youtube.com", "tiktok.com", "medium.com", "www.threads.net", "instagram.com", "x.com", "fleur.substack.com"])
def test_platforms_with_such_addresses_are_no_instances(host: str) -> None:
    url = f"https://{host}/@fleur"
    assert from_address(url) is None
    assert from_instance(url, page(url, INSTANCES[0])) is None
    assert not from_page(url, page(url, FEED))["kind"].startswith("mastodon")


@given(st.text(max_size=300))
def test_any_page_gives_keys(body: str) -> None:
    url = "https://blog.test/tags/jardin"
    found = from_page(url, page(url, "<a href='//[" + body + "'>" + body))
    assert "kind" in found
    assert name_of(found, url)


def test_the_section_of_a_forum_is_a_forum_and_names_are_spelt_plainly() -> None:
    body = "<html><body id=phpbb class='nojs'><div class=forumbg><ul class='topiclist topics'><li><a class=topictitle href='./viewtopic.php?t=4'>Un sujet"
    url = "https://forum.test/viewforum.php?f=5"
    assert from_section(url, page(url, body)) == {"kind": "forum", "url": url}
    assert from_section(url, page(url, ARTICLE)) is None
    assert name_of({"kind": "feed"}, "https://www.xn--lodie-9ra.test/sant%C3%A9/%C3%A9t%C3%A9") == "elodie_test_sante_ete"
    assert name_of({"kind": "feed"}, "https://\u4f8b.test/") != ""
