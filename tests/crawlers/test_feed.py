"""Feeds of every form: what an entry says, which pages are read, and what hostile feeds cannot do."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import scrapy
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.errors import SourceError
from crawlers.cursor import Cursor
from crawlers.platforms.feed import follows, from_entry, from_page, parse_feed
from crawlers.platforms.feed_entry import Entry, digest, links_in, time_of
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.page import Found, Page
from crawlers.spiders import feed as kind
from flows.crawling import crawl_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.records import SourceReport
    from core.settings import Settings

URL = "https://carnet.test/flux"
STORY = "Le jardin partagé ouvre samedi et les bénévoles attendent les habitants du quartier pour planter des bulbes. " * 3
LINKED = "<item><title>a</title><link>https://carnet.test/a</link>%s</item>"
FILE: dict[str, Any] = {
    "name": "essai",
    "kind": "feed",
    "title": "Un essai",
    "purpose": "Essayer le lecteur",
    "legal_basis": "Aucune : essai",
    "url": URL,
}


def rss(items: str) -> bytes:
    return f"<rss version='2.0' xmlns:thr='http://purl.org/syndication/thread/1.0'><channel>{items}</channel></rss>".encode()


def read(body: bytes, **options: Any) -> Found:
    return parse_feed(Page(url=URL, body=body, **options))


def entry(body: bytes) -> Entry:
    (found,) = read(body).items
    assert isinstance(found, Entry)
    return found


def reason_of(body: bytes, **options: Any) -> str:
    with pytest.raises(SourceError) as raised:
        read(body, **options)
    assert "\n" not in str(raised.value)
    return raised.value.reason


def article(text: str = STORY, head: str = "") -> bytes:
    return f"<html lang='fr'><head><title>Jardin</title>{head}</head><body><article><h1>Jardin</h1><p>{text}</p></article></body></html>".encode()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_a_feed"),
        (b"<html", "not_a_feed"),
        (b"/etc/passwd", "not_a_feed"),  # a body that names a file opens none
        (b"null", "not_a_feed"),
        (b"\x00\xff\xfe", "not_a_feed"),
        (b"{", "unreadable_json"),
        (b"[1,", "unreadable_json"),
        (b"[1]", "not_a_feed"),
        (b"[" * 100_000, "unreadable_json"),
        (b'{"version": 3}', "not_a_feed"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": {}}', "not_a_feed"),
        (b'{"version": "https://jsonfeed.org/version/1", "items": []}', "empty_answer"),
        (b"<rss><channel></channel></rss>", "empty_answer"),
        (b"<html><!-- <rdf:RDF></rdf:RDF> --></html>", "not_a_feed"),
        (b"<title>Just a moment...</title>", "bot_wall"),
        (b"<rss><item>" + b"a" * 11_000_000, "too_large"),
        (b"<rss><item><title>" + b"<b>" * 700_000, "too_large"),
        (b"<rss><item>" + b"".join(b"<x%d:a xmlns:x%d='u'/>" % (number, number) for number in range(300)), "too_large"),
    ],
)
def test_what_is_no_feed_is_one_named_reason(body: bytes, reason: str) -> None:
    assert reason_of(body) == reason


def test_a_challenge_by_header_is_a_wall() -> None:
    assert reason_of(b"<p>court</p>", headers={"cf-mitigated": "challenge"}) == "bot_wall"


@pytest.mark.parametrize("declared", ["utf-8", "iso-8859-1", "us-ascii", ""])
def test_a_charset_that_lies_spoils_no_feed(declared: str) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    assert entry(head.encode() + rss("<item><title>Été</title><link>https://carnet.test/a</link></item>")).title == "Été"


BOMB = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "%s"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("before", [BOMB % "aaaaaaaaaa", BOMB % ("a" * 100_000), "<rss>" + BOMB % ("a" * 100_000)])
def test_entities_are_not_expanded(before: str) -> None:
    found = entry(before.encode() + rss("<item><title>&b; &f; " + "&a;" * 10_000 + "</title><link>https://carnet.test/a</link></item>"))
    assert "root:" not in str(found)
    assert "aaa" not in (found.title or "")


def test_one_hostile_entry_spoils_no_other() -> None:
    found = read(rss("<item><title>a</title><link>http://[x</link><guid isPermaLink='false'>n1</guid></item>" + LINKED % "")).items
    assert found[0] == Left(reason="no_address", status="set_aside", platform_id="n1")
    assert isinstance(found[1], Entry)
    assert found[1].url == "https://carnet.test/a"


@pytest.mark.parametrize(
    ("item", "url"),
    [
        ("<link>/billets/a</link>", "https://carnet.test/billets/a"),
        ("<guid>https://carnet.test/a</guid>", "https://carnet.test/a"),
        ("<guid>a1</guid>", None),
        ("<link>javascript:x()</link>", None),
        ("<link>mailto:a@carnet.test</link><guid>https://carnet.test/b</guid>", "https://carnet.test/b"),
        ("<enclosure url='https://carnet.test/a.mp3' type='audio/mpeg'/>", "https://carnet.test/a.mp3"),
    ],
)
def test_the_address_of_an_entry_is_one_that_a_person_can_open(item: str, url: str | None) -> None:
    (found,) = read(rss(f"<item><title>a</title>{item}</item>")).items
    assert getattr(found, "url", None) == url


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("Fri, 20 Nov 2026 10:00:00 +0100", datetime(2026, 11, 20, 10, tzinfo=timezone(timedelta(hours=1)))),
        ("Fri, 20 Nov 2026 10:00:00 CEST", datetime(2026, 11, 20, 10, tzinfo=timezone(timedelta(hours=2)))),
        ("Fri, 20 Nov 2026 10:00:00 GMT", datetime(2026, 11, 20, 10, tzinfo=UTC)),
        ("2026-11-20T10:00:00-05:00", datetime(2026, 11, 20, 10, tzinfo=timezone(timedelta(hours=-5)))),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("20 novembre 2026", datetime(2026, 11, 20, tzinfo=UTC)),
        ("ven., 20 nov. 2026 10:00:00 +0100", datetime(2026, 11, 20, 10, tzinfo=timezone(timedelta(hours=1)))),
        ("Fri, 20 Nov 2026 2:05 PM +0100", datetime(2026, 11, 20, 14, 5, tzinfo=timezone(timedelta(hours=1)))),
        ("0001-01-01T00:00:00+01:00", None),
        ("hier ou jamais", None),
        ("9" * 100_000, None),
        (None, None),
        (20261120, None),
    ],
)
def test_times_keep_the_zone_that_the_feed_states(said: object, expected: datetime | None) -> None:
    found = time_of(said)
    assert found == expected
    assert expected is None or (found is not None and found.utcoffset() == expected.utcoffset())


def test_what_only_some_feeds_say_is_read_too() -> None:
    found = entry(rss(
        "<item xmlns:thr='http://purl.org/syndication/thread/1.0' xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:dcterms='http://purl.org/dc/terms/'>"
        "<link>https://carnet.test/a</link><thr:total>7</thr:total><dc:creator>Odile Invente</dc:creator><dc:creator>Bastien Fictif</dc:creator>"
        "<dcterms:created>2026-11-20T10:00:00+01:00</dcterms:created><dcterms:modified>2026-11-21T10:00:00+01:00</dcterms:modified></item>"
    ))  # fmt: skip
    assert (found.account, found.replies) == ("Odile Invente", 7)
    assert (found.published_at, found.edited_at) == (datetime(2026, 11, 20, 9, tzinfo=UTC), datetime(2026, 11, 21, 9, tzinfo=UTC))


def test_an_entry_changed_before_it_was_published_was_not_changed() -> None:
    atom = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>https://carnet.test/a</id><published>%s</published><updated>2026-03-02T00:00:00Z</updated></entry></feed>"
    assert entry((atom % "2026-03-01T00:00:00Z").encode()).edited_at == datetime(2026, 3, 2, tzinfo=UTC)
    assert entry((atom % "2026-03-03T00:00:00Z").encode()).edited_at is None


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Voir https://a.test/x, puis (https://b.test/y).", ("https://a.test/x", "https://b.test/y")),
        ("https://a.test/Rose_(fleur) !", ("https://a.test/Rose_(fleur)",)),
        ("« https://a.test/x»… https://a.test/x", ("https://a.test/x",)),
        ("http://[x http:// ftp://a.test", ()),
    ],
)
def test_addresses_in_a_text_without_markup(text: str, links: tuple[str, ...]) -> None:
    assert links_in(text) == links


@pytest.mark.parametrize(
    ("file", "types"),
    [
        ("<enclosure url='https://f.test/a' type='audio/mpeg'/>", ("TEXT", "AUDIO")),
        ("<enclosure url='https://f.test/a.mp4?x=1' type=''/>", ("TEXT", "VIDEO")),
        ("<enclosure url='https://f.test/a.jpg'/>", ("TEXT", "IMAGE")),
        ("<enclosure url='https://f.test/a.pdf' type='application/pdf'/>", ("TEXT",)),
    ],
)
def test_what_an_entry_consists_of(file: str, types: tuple[str, ...]) -> None:
    assert entry(rss(LINKED % f"<description>Un son.</description>{file}")).content_type == types


@pytest.mark.parametrize(("follow", "whole", "read_it"), [("auto", False, True), ("auto", True, False), (True, True, True), (False, False, False)])
def test_which_pages_are_read(follow: object, whole: bool, read_it: bool) -> None:
    assert follows(Entry(url="https://carnet.test/a", kind="article", text="", whole=whole), follow) is read_it


@pytest.mark.parametrize("follow", [True, False, "auto"])
def test_the_option_says_so(follow: object) -> None:
    assert kind.Options.model_validate({**FILE, "follow": follow}).follow == follow


def test_another_word_is_refused() -> None:
    with pytest.raises(ValidationError):
        kind.Options.model_validate({**FILE, "follow": "parfois"})


ENTRY = Entry(url="https://carnet.test/x", kind="article", text="Un résumé.", title="Le titre", account="Odile", platform_id="b1",
              published_at=datetime(2026, 3, 1, tzinfo=UTC), content_type=("TEXT", "AUDIO"), links=("https://b.test/",), replies=2, language="fr")  # fmt: skip


def test_the_page_s_own_address_is_read() -> None:
    page = article(head="<link rel='canonical' href='https://carnet.test/vrai'>")
    assert from_page(ENTRY, Page(url="https://carnet.test/x?p=1", body=page)).url == "https://carnet.test/vrai"
    elsewhere = page.replace(b"https://carnet.test/vrai", b"https://b.test/vrai")
    assert from_page(ENTRY, Page(url="https://carnet.test/x", body=elsewhere)).url == "https://carnet.test/x"
    front = page.replace(b"https://carnet.test/vrai", b"https://carnet.test/")
    assert from_page(ENTRY, Page(url="https://carnet.test/x", body=front)).url == "https://carnet.test/x"


def test_the_page_gives_the_text_and_the_feed_the_rest() -> None:
    found = from_page(ENTRY, Page(url="https://carnet.test/x", body=article()))
    assert type(found) is Draft
    assert found.text.endswith(STORY.strip())
    assert (found.title, found.account, found.platform_id, found.published_at) == ("Le titre", "Odile", "b1", ENTRY.published_at)
    assert (found.content_type, found.links, found.replies, found.language) == (("TEXT", "AUDIO"), ("https://b.test/",), 2, "fr")


def test_a_page_without_text_gives_way_to_the_feed_s_own() -> None:
    page = Page(url="https://carnet.test/x2", body=b"<html><body><p>court</p></body></html>")
    full = ENTRY.model_copy(update={"text": STORY})
    assert from_page(full, page) == from_entry(full).model_copy(update={"url": "https://carnet.test/x2"})
    with pytest.raises(SourceError, match="words of article"):
        from_page(ENTRY, page)
    with pytest.raises(SourceError) as raised:  # but a wall is a wall
        from_page(full, Page(url="https://carnet.test/x", body=b"<title>Just a moment...</title>"))
    assert raised.value.reason == "bot_wall"


def test_a_linked_file_is_no_article() -> None:
    with pytest.raises(SourceError) as raised:
        from_page(ENTRY, Page(url="https://carnet.test/x.pdf", body=b"%PDF", headers={"content-type": "application/pdf"}))
    assert raised.value.reason == "not_html"


@pytest.mark.parametrize("change", [{"text": "Autre."}, {"title": "Autre"}, {"edited_at": datetime(2026, 4, 1, tzinfo=UTC)}, {"platform_id": "b2"}])
def test_a_page_is_read_again_when_its_entry_changed(change: dict[str, object]) -> None:
    assert digest(ENTRY) == digest(ENTRY.model_copy(update={"replies": 9, "views": 1}))
    assert digest(ENTRY) != digest(ENTRY.model_copy(update=change))


def spider_of(settings: Settings, path: Path, **options: object) -> Any:
    keeper = SimpleNamespace(sated=False, note=lambda reason: None, duplicate=lambda: None)
    made: Any = kind.Spider
    return made(source=kind.Options.model_validate({**FILE, **options}), keeper=keeper, cursor=Cursor(path / "cursor.json"), house=settings)


FLOW = (b"<feed xmlns='http://www.w3.org/2005/Atom'><link rel='next' href='?page=2'/>"
        + b"".join(b"<entry><id>n%d</id><title>a</title><link href='https://carnet.test/%d'/></entry>" % (number, number) for number in range(3))
        + b"</feed>")  # fmt: skip


def asked(found: list[Any]) -> list[str]:
    return [request.url for request in found if isinstance(request, scrapy.Request)]


def test_linked_pages_and_the_feed_s_next_page_are_asked_for(settings: Settings, tmp_path: Path) -> None:
    found = list(spider_of(settings, tmp_path).first(Page(url=URL, body=FLOW)))
    assert asked(found) == ["https://carnet.test/0", "https://carnet.test/1", "https://carnet.test/2", f"{URL}?page=2"]
    (draft,) = spider_of(settings, tmp_path).linked(Page(url="https://carnet.test/0", body=article()), found[0].cb_kwargs["entry"])
    assert draft.title == "a"


def test_no_more_entries_are_read_than_the_file_says(settings: Settings, tmp_path: Path) -> None:
    assert asked(list(spider_of(settings, tmp_path, max_items=2).first(Page(url=URL, body=FLOW)))) == [
        "https://carnet.test/0",
        "https://carnet.test/1",
    ]


def test_the_feed_s_own_text_may_be_all(settings: Settings, tmp_path: Path) -> None:
    found = list(spider_of(settings, tmp_path, follow=False, max_pages=1).first(Page(url=URL, body=FLOW)))
    assert [type(item) for item in found] == [Draft, Draft, Draft]


def test_a_page_that_was_read_is_left_out_until_its_entry_changes(settings: Settings, tmp_path: Path) -> None:
    before = Cursor(tmp_path / "cursor.json")
    before.note_read("https://carnet.test/1", digest(next(item for item in read(FLOW).items if isinstance(item, Entry) and item.platform_id == "n1")))
    before.save()
    assert "https://carnet.test/1" not in asked(list(spider_of(settings, tmp_path).first(Page(url=URL, body=FLOW))))
    changed = FLOW.replace(b"<id>n1</id><title>a", b"<id>n1</id><title>b")
    assert "https://carnet.test/1" in asked(list(spider_of(settings, tmp_path).first(Page(url=URL, body=changed))))


ITEM = LINKED % "<description>%s</description>"
HOSTILE = {
    "open items": "<item>" * 100_000,
    "nested markup": ITEM % ("<b>" * 100_000),
    "nested escaped markup": ITEM % ("&lt;div&gt;" * 100_000),
    "nested tables": ITEM % ("&lt;table&gt;&lt;tr&gt;&lt;td&gt;" * 20_000),
    "links": ITEM % ("<![CDATA[" + "<a href=x>" * 50_000 + "]]>"),
    "one letter": ITEM % ("a" * 5_000_000),
    "new lines": "\n" * 1_000_000 + ITEM % "a",
    "ampersands": ITEM % ("&" * 100_000),
    "no characters": ITEM % ("&#55296;&#xD800;&#0;&#99999999999999999999;" * 1000 + "\0"),
    "a long number": ITEM % ("&#" + "9" * 100_000),
    "an address": ITEM % ("http://" + "a(" * 500_000),
    "dates": (LINKED % "<pubDate>vendredi soir 99</pubDate>") * 1000,
    "files": LINKED % ("<enclosure url='https://f.test/a.mp3'/>" * 20_000),
}


@pytest.mark.parametrize("items", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_feeds_end_in_bounded_time(items: str) -> None:
    start = time.process_time()  # the clock would measure other tests too
    found = read(rss(items)).items
    assert found
    for item in found:
        item.model_dump_json().encode()
    assert time.process_time() - start < 20


WORD = st.text(alphabet="<>/='\" &;![]-aritemlnkdscpubDe:#x0123\0é\ud7ff", max_size=30)
PIECES = st.lists(
    st.sampled_from(["<item>", "</item>", "<link>https://carnet.test/a</link>", "<title>", "</title>", "<guid>", "<![CDATA[", "]]>", "<description>", "&lt;a href=x&gt;",
                     "<enclosure url='x'/>", "<media:group>", "<yt:videoId>", "<pubDate>2026</pubDate>", "<content type='xhtml'>", "<!DOCTYPE", "<entry>", "&#xD800;"]) | WORD,
    max_size=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    PIECES, st.sampled_from(["<rss version='2.0'><channel>", "<feed xmlns='http://www.w3.org/2005/Atom'>", "<rdf:RDF>", ""]), st.binary(max_size=50)
)
def test_no_feed_crashes_the_parser(pieces: list[str], root: str, rubbish: bytes) -> None:
    for body in ((root + "".join(pieces)).encode(errors="replace"), rubbish, root.encode() + rubbish):
        try:
            for item in read(body).items:
                item.model_dump_json().encode()
        except SourceError as error:
            assert error.reason  # noqa: PT017 - either outcome is right, a crash is not


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=5
)  # fmt: skip
KEYS = [
    "id",
    "url",
    "external_url",
    "title",
    "content_html",
    "content_text",
    "summary",
    "date_published",
    "date_modified",
    "author",
    "authors",
    "attachments",
    "language",
]


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), VALUES), st.dictionaries(st.sampled_from(["next_url", "language", "authors", "author"]), VALUES))
def test_no_json_feed_crashes_the_parser(item: dict[str, object], head: dict[str, object]) -> None:
    feed = {"version": "https://jsonfeed.org/version/1.1", "items": [{"url": "https://carnet.test/a", **item}, item], **head}
    found = read(json.dumps(feed).encode())
    assert len(found.items) == 2
    for one in found.items:
        one.model_dump_json().encode()


class Journal(BaseHTTPRequestHandler):
    """Plays a site with a feed and counts what is asked of it."""

    feed: ClassVar[bytes] = b""
    asked: ClassVar[list[str]] = []

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        self.asked.append(self.path)
        known = {"/flux": ("application/atom+xml", self.feed), "/robots.txt": ("text/plain", b"User-agent: *\nAllow: /\n")}
        kind, body = known.get(self.path, ("text/html; charset=utf-8", article(f"{self.path} : {STORY}")))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Journal)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(Journal, "asked", [])
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_only_what_changed_is_read_again(settings: Settings, journal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.sources_dir.mkdir(parents=True)
    file = f"title: Un essai\nkind: feed\nurl: {journal}/flux\npurpose: essai du lecteur\nlegal_basis: essai du lecteur\ndelay: 0\nrecheck: 0\n"
    (settings.sources_dir / "essai.yml").write_text(file, encoding="utf-8")

    def pages(feed: bytes) -> tuple[SourceReport, list[str]]:
        monkeypatch.setattr(Journal, "feed", feed)
        Journal.asked.clear()
        return crawl_source("essai", settings=settings), sorted(path for path in Journal.asked if path[1:].isdigit())

    feed = FLOW.replace(b"https://carnet.test", journal.encode()).replace(b"<link rel='next' href='?page=2'/>", b"")
    first, read_first = pages(feed)
    assert (first.kept, read_first) == (3, ["/0", "/1", "/2"])
    second, read_then = pages(feed)
    assert (second.kept, read_then) == (0, [])
    third, read_last = pages(feed.replace(b"<id>n1</id><title>a", b"<id>n1</id><title>Un autre titre"))
    assert (third.kept, read_last) == (1, ["/1"])
