"""Kind ``site``: sitemaps of every form, start pages, and what is asked for in a first and a second run."""

from __future__ import annotations

import gzip
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import crawlers.spiders.site as kind_site
from core.errors import ConfigError, SourceError
from crawlers.catalog import load_source
from crawlers.cursor import Cursor
from crawlers.platforms.sitemap import Place, matching, parse_sitemap, parse_start
from crawlers.reading.page import Page
from tests.crawlers.play import WORDS, XML, Answer, Web, adds_up, article, aside, crawl, documents, unproved

if TYPE_CHECKING:
    from core.settings import Settings

URL = "https://gazette.test/sitemap.xml"
XMLNS = "xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:news='http://www.google.com/schemas/sitemap-news/0.9' xmlns:image='http://www.google.com/schemas/sitemap-image/1.1'"


def sitemap(*places: tuple[str, str], tag: str = "url") -> str:
    root = "urlset" if tag == "url" else "sitemapindex"
    entries = "".join(f"<{tag}><loc>{url}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</{tag}>" for url, day in places)
    return f"<?xml version='1.0' encoding='UTF-8'?><{root} {XMLNS}>{entries}</{root}>"


def read(body: str | bytes, url: str = URL) -> tuple[list[Place], list[Place]]:
    found = parse_sitemap(Page(url, body.encode() if isinstance(body, str) else body))
    return list(found.maps), list(found.pages)


def reason_of(body: str | bytes) -> str:
    with pytest.raises(SourceError) as raised:
        read(body)
    assert "\n" not in str(raised.value)
    return raised.value.reason


def test_the_newest_come_first_and_each_once() -> None:
    body = sitemap(
        ("https://gazette.test/a", "2026-10-01"), ("https://gazette.test/b", ""), ("https://gazette.test/c", "2026-10-03T08:00:00+02:00"),
        ("https://gazette.test/a", "2026-10-01"), ("https://gazette.test/d", "n'importe quand"), ("ftp://gazette.test/e", ""), ("", "2026-10-09"), ("https://gazette.test/" + "f" * 3000, ""),
    )  # fmt: skip
    assert [place.url[-1] for place in read(body)[1]] == ["c", "a", "b", "d"]


def test_an_index_names_sitemaps() -> None:
    maps, pages = read(sitemap(("https://gazette.test/1.xml", "2026-01-01"), ("https://gazette.test/2.xml.gz", "2026-10-01"), tag="sitemap"))
    assert ([one.url for one in maps], pages) == (["https://gazette.test/2.xml.gz", "https://gazette.test/1.xml"], [])


def test_a_news_sitemap_tells_the_time_of_publication() -> None:
    news = "<news:news><news:publication_date>2026-10-03T08:00:00+02:00</news:publication_date><news:title>Le four</news:title></news:news><image:image><image:loc>https://gazette.test/i.jpg</image:loc></image:image>"
    body = f"<urlset {XMLNS}><url><loc>\n https://gazette.test/a \n</loc>{news}</url></urlset>"
    assert read(body)[1] == [Place("https://gazette.test/a", "2026-10-03T08:00:00+02:00")]


@pytest.mark.parametrize("start", ["", "\ufeff", "\n\n", "<?xml-stylesheet href='x'?>", "<!-- fait main -->"])
@pytest.mark.parametrize("form", [str.encode, lambda text: gzip.compress(text.encode())])
def test_forms_of_xml(start: str, form: Any) -> None:
    assert [place.url for place in read(form(start + sitemap(("https://gazette.test/a", "")).partition("?>")[2]))[1]] == ["https://gazette.test/a"]


def test_a_prefix_latin_1_and_a_missing_namespace_are_read() -> None:
    assert (
        len(
            read("<s:urlset xmlns:s='http://www.sitemaps.org/schemas/sitemap/0.9'><s:url><s:loc>https://gazette.test/a</s:loc></s:url></s:urlset>")[1]
        )
        == 1
    )
    assert (
        len(read("<?xml version='1.0' encoding='iso-8859-1'?><urlset><url><loc>https://gazette.test/été</loc></url></urlset>".encode("latin-1"))[1])
        == 1
    )
    assert len(read(sitemap(("https://gazette.test/a", ""), ("https://gazette.test/b", ""))[:-25])[1]) == 1  # broken off


def test_plain_text_names_one_address_a_line() -> None:
    assert [place.url for place in read("https://gazette.test/a\r\nhttps://gazette.test/b\n")[1]] == [
        "https://gazette.test/a",
        "https://gazette.test/b",
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "not_a_sitemap"), ("<html><p>Bonjour", "not_a_sitemap"), ("<rss version='2.0'><channel/></rss>", "not_a_sitemap"), ("{}", "not_a_sitemap"), ("\x1f\x8bnon", "not_a_sitemap"),
        ("<title>Just a moment...</title>", "bot_wall"), ("User-agent: *", "not_a_sitemap"), (f"<urlset {XMLNS}></urlset>", "empty_answer"), (sitemap(tag="sitemap"), "empty_answer"),
        (gzip.compress(sitemap(("https://gazette.test/a", "")).encode())[:40], "not_a_sitemap"), (gzip.compress(b"<urlset>" + b" " * 60_000_000), "too_large"),
    ],
    ids=range(11),
)  # fmt: skip
def test_what_is_no_sitemap_has_a_name(body: str | bytes, reason: str) -> None:
    assert reason_of(body if isinstance(body, bytes) else body.encode("latin-1")) == reason


LAUGHS = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10 if n else 'https://gazette.test/'}'>" for n in range(15))


@pytest.mark.parametrize(
    "prolog",
    [
        "<!DOCTYPE u [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", "<!DOCTYPE u [<!ENTITY % p SYSTEM 'http://127.0.0.1:9/x.dtd'> %p;]>", f"<!DOCTYPE u [{LAUGHS}<!ENTITY x '&a14;'>]>",
        "<!DOCTYPE u SYSTEM 'file:///etc/passwd'>", "<!DOCTYPE u [<!ENTITY x '" + "a" * 1_000_000 + "'>]>",
    ],
    ids=["file", "parameter", "laughs", "dtd", "long"],
)  # fmt: skip
def test_entities_open_no_file_and_do_not_grow(prolog: str) -> None:
    start = time.process_time()  # the clock would measure other tests too
    entries = "<url><loc>https://gazette.test/a</loc></url>" + "<url><loc>https://gazette.test/&x;</loc></url>" * 50
    try:
        pages = read(f"<?xml version='1.0'?>{prolog}<urlset {XMLNS}>{entries}</urlset>")[1]
    except SourceError as error:
        pages = []
        assert error.reason == "not_a_sitemap"  # noqa: PT017
    assert all("root:" not in place.url and len(place.url) < 100 for place in pages)
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "body",
    [
        f"<urlset {XMLNS}>" + "<url>" * 200_000, f"<urlset {XMLNS}>" + "<url><loc>https://gazette.test/a</loc></url>" * 200_000, "<urlset" + "".join(f" a{n}='b'" for n in range(300_000)) + ">",
        f"<urlset {XMLNS}><url><loc>" + "a" * 9_000_000, "<urlset><url>" + "<x/>" * 2_000_000, "https://gazette.test/a\n" * 400_000, "<urlset" * 1_000_000, "<urlset><!--" * 800_000,
        "<urlset>" + "&amp;" * 1_800_000,
    ],
    ids=["nested", "many", "attributes", "long", "children", "lines", "roots", "comments", "ampersands"],
)  # fmt: skip
def test_hostile_sitemaps_end_soon(body: str) -> None:
    start = time.process_time()
    try:
        assert len(read(body)[1]) <= 50_000
    except SourceError as error:
        assert error.reason  # noqa: PT017
    assert time.process_time() - start < 10


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="<>/urlsetocmapindx&;'=\"! []-?0a:", max_size=200) | st.binary(max_size=100))
def test_no_bytes_crash_it(body: str | bytes) -> None:
    for start in (b"", b"<urlset>", b"<sitemapindex><sitemap><loc>", b"\x1f\x8b"):
        for parse in (parse_sitemap, parse_start):
            try:
                parse(Page(URL, start + (body.encode() if isinstance(body, str) else body)))
            except SourceError as error:
                assert error.reason  # noqa: PT017


START = """<html><body><nav><a href='/'>Accueil</a><a href='/rubrique/culture'>Les articles de la rubrique culture</a><a href='/contact'>Nous écrire dès maintenant ici</a></nav>
<h2><a href='/le-four-rallume'>Le four</a></h2><h2><a href='https://www.gazette.test/2026/10/03/bus#suite'>Bus</a></h2><a href='/le-four-rallume#commentaires'>3 commentaires</a>
<a href='/vie'>Quatre mots font un titre</a><a href='/spip.php?article12'>S</a><a href='/tag/pain-au-levain-naturel'>Du pain au levain naturel</a><a href='/photo-du-four-en-ete.jpg'>x</a>
<a href='https://ailleurs.test/un-article-d-ailleurs'>Un article que publie un autre site</a><a href='/page/2'>Voir les articles plus anciens</a><a href='javascript:x()'>Un bouton de quatre mots</a><a href='http://[x'>a</a></body></html>"""


def test_a_start_page_names_what_looks_like_an_article() -> None:
    found = [place.url.removeprefix("https://") for place in parse_start(Page("https://gazette.test/", START.encode()))]
    assert found == ["gazette.test/le-four-rallume", "www.gazette.test/2026/10/03/bus", "gazette.test/vie", "gazette.test/spip.php?article12"]


def test_a_pattern_decides_alone() -> None:
    page = Page("https://gazette.test/", START.encode())
    assert [place.url for place in parse_start(page, pattern=r"^/rubrique/|article\d")] == [
        "https://gazette.test/rubrique/culture",
        "https://gazette.test/spip.php?article12",
    ]
    with pytest.raises(SourceError, match="'/rien/'") as raised:
        parse_start(page, pattern="/rien/")
    assert raised.value.reason == "empty_answer"
    assert matching((Place("https://a.test/x?id=1"), Place("https://a.test/y")), pattern=r"\?id=") == [Place("https://a.test/x?id=1")]


@pytest.mark.parametrize(
    ("body", "reason"),
    [("<p>Bonjour", "empty_answer"), ("<title>Just a moment...</title>", "bot_wall"), ('<div id="root"></div>', "script_shell"), (" ", "empty_page")],
)
def test_a_start_page_without_articles_has_a_name(body: str, reason: str) -> None:
    with pytest.raises(SourceError) as raised:
        parse_start(Page("https://gazette.test/", body.encode()))
    assert raised.value.reason == reason


def test_a_pattern_must_compile(tmp_path: Path) -> None:
    path = tmp_path / "gazette.yml"
    path.write_text(
        "{kind: site, title: Une gazette, purpose: essai de lecture, legal_basis: essai de lecture, url: 'https://gazette.test/', pattern: '(a'}",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError, match="pattern: .*regular expression") as raised:
        load_source(path)
    assert str(path) in str(raised.value)


def test_where_reading_starts(tmp_path: Path) -> None:
    known = "kind: site, title: Une gazette, purpose: essai de lecture, legal_basis: essai de lecture, url: 'https://www.gazette.test/'"
    path = tmp_path / "gazette.yml"
    for more, addresses in (
        ("", ("https://www.gazette.test/",)),
        (", pages: ['https://www.gazette.test/journal']", ("https://www.gazette.test/journal",)),
        (", sitemap: 'https://plans.test/s.xml'", ("https://plans.test/s.xml",)),
    ):
        path.write_text(f"{{{known}{more}}}", encoding="utf-8")
        source = load_source(path)
        assert source.addresses() == addresses
        assert {"gazette.test", "www.gazette.test"} <= source.own_hosts()


def site(web: Web, *, days: dict[int, str], text: str = "") -> None:
    """A site with an index, two sitemaps and an article a day."""
    halves = [sorted(days)[::2], sorted(days)[1::2]]
    web.routes["/sitemap.xml"] = Answer(sitemap(*((f"{web.base}/plan-{at}.xml", f"2026-10-0{at + 1}") for at in (0, 1)), tag="sitemap"), kind=XML)
    for at, half in enumerate(halves):
        web.routes[f"/plan-{at}.xml"] = Answer(sitemap(*((f"{web.base}/articles/{n}", days[n]) for n in half), (f"{web.base}/contact", "")), kind=XML)
    for n in days:
        web.routes[f"/articles/{n}"] = Answer(article(f"Article {n}", f"{WORDS[n % 4]} {text}", *WORDS))


def test_articles_of_an_index_are_read_once(settings: Settings) -> None:
    days = {n: f"2026-10-{n:02}" for n in range(1, 7)}
    with Web() as web:
        site(web, days=days)
        options: dict[str, Any] = {"url": f"{web.base}/", "sitemap": f"{web.base}/sitemap.xml", "pattern": "^/articles/"}
        report = crawl(settings, "site", **options)
        assert (report.kept, report.set_aside, report.failed) == (6, 0, 0)
        assert {document.url for document in documents(settings)} == {f"{web.base}/articles/{n}" for n in days}
        assert "/contact" not in web.read()
        web.log.clear()
        site(web, days={**days, 2: "2026-10-20"}, text="Corrigé depuis.")
        again = crawl(settings, "site", **options)
        assert again.kept == 1
        assert [path for path in web.read() if path.startswith("/articles")] == ["/articles/2"]
        assert adds_up(again)
    assert unproved(settings) == []


def test_limits_are_said(settings: Settings) -> None:
    with Web() as web:
        site(web, days={n: f"2026-10-{n:02}" for n in range(1, 9)})
        report = crawl(settings, "site", url=f"{web.base}/", sitemap=f"{web.base}/sitemap.xml", pattern="articles", max_items=3, max_maps=1)
        assert report.kept == 3
        assert sorted(web.read())[:3] == ["/articles/4", "/articles/6", "/articles/8"]
        assert "limit_reached" in str(report.model_dump())


def test_start_pages_lead_to_articles(settings: Settings) -> None:
    with Web() as web:
        web.routes["/"] = Answer(
            "<a href='/le-four-a-pain'>Le four à pain de Valbrise</a><a href='/une-video-du-four'>Une vidéo</a><a href='/contact'>Contact</a>"
        )
        web.routes["/le-four-a-pain"] = Answer(article("Le four à pain", *WORDS))
        web.routes["/une-video-du-four"] = Answer(b"%PDF-1.7", kind="application/pdf")
        report = crawl(settings, "site", url=f"{web.base}/")
        assert (report.kept, report.set_aside) == (1, 1)
        (document,) = documents(settings)
        assert (document.title, document.kind) == ("Le four à pain", "article")
        assert [entry.reason for entry in aside(settings)] == ["not_html"]


def test_blind_spots_are_said(settings: Settings) -> None:
    with Web() as web:
        web.routes["/vide.xml"] = Answer(sitemap(), kind=XML)
        web.routes["/ailleurs.xml"] = Answer(sitemap(("https://ailleurs.example/un-article", "")), kind=XML)
        web.routes["/page"] = Answer("<p>Bonjour</p>")
        for name, address, reason in (("a", "/vide.xml", "empty_answer"), ("b", "/ailleurs.xml", "other_host"), ("c", "/page", "not_a_sitemap")):
            crawl(settings, "site", name=name, url=f"{web.base}/", sitemap=f"{web.base}{address}")
            assert reason in [entry.reason for entry in aside(settings)]
        report = crawl(settings, "site", name="d", url=f"{web.base}/", sitemap=f"{web.base}/ailleurs.xml", pattern="^/rien/")
        assert report.reasons == {"empty_answer": 1}


def test_a_long_sitemap_is_asked_for_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scrapy's queue holds a few requests; the rest follow when it is empty, as those of their listing, up to max_items."""
    monkeypatch.setattr(kind_site, "AHEAD", 2)
    about = {"title": "La gazette", "purpose": "essai des sitemaps", "legal_basis": "essai des sitemaps", "max_items": 6}
    source = kind_site.Options.model_validate({"name": "gazette", "kind": "site", "url": "https://gazette.test/", **about})
    cursor, asked = Cursor(Path("/nowhere")), []
    spider = kind_site.Spider(source=source, keeper=SimpleNamespace(error=None, sated=False, duplicate=lambda: None), cursor=cursor, house=None)
    spider.crawler = SimpleNamespace(engine=SimpleNamespace(crawl=asked.append))
    spider._place = URL
    places = [Place(f"https://gazette.test/{n}") for n in (1, 2, 3, 3, 4, 5, 6, 7)]
    now = list(spider.articles(Page(URL, b""), places))
    spider._place = "https://gazette.test/elsewhere"
    sizes = []
    for _ in range(4):
        spider.ask_further()
        sizes.append(len(now) + len(asked))
    assert sizes == [4, 6, 6, 6]
    assert [request.url[-1] for request in [*now, *asked]] == ["1", "2", "3", "4", "5", "6"]
    assert {request.meta["above"] for request in [*now, *asked]} == {(URL,)}
    assert cursor._unread == {URL}
