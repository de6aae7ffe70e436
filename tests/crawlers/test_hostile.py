"""Answers that would hang, fill or fool a crawler: each ends soon and in bounded memory, with one named reason, and what comes after it is read."""

from __future__ import annotations

import gzip
import tempfile
import time
import zlib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import brotli
import pytest
from backports import zstd

from tests.crawlers.play import (
    HTML,
    JSON,
    XML,
    Answer,
    Web,
    adds_up,
    article,
    as_json,
    aside,
    crawl,
    documents,
    everything,
    measured,
    playing,
    reset,
    write_source,
)
from tests.crawlers.stages import Bluesky, Feed, Forum, Mastodon, Post, Telegram

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from core.settings import Settings
    from tests.crawlers.play import Asked, Route
    from tests.crawlers.stages import Stage

SECONDS, MEGABYTES = 60, 600  # that all answers together may take
PART = b"<p>encore</p>" * 80_000  # a megabyte
BOMB = b"<p>" + b"a" * 60_000_000
GOOD = article("Après tout cela")


def send(head: str, *parts: bytes, pause: float = 0.0, count: int = 1, end: Callable[[socket.socket], None] | None = None) -> Answer:
    """Bytes as they are, ``parts`` again and again, at most 60 s."""

    def play(connection: socket.socket) -> None:
        connection.sendall(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n" if head else b"")
        start = time.monotonic()
        for _ in range(count):
            for part in parts:
                connection.sendall(part)
                time.sleep(pause)
            if time.monotonic() - start > SECONDS:
                break
        if end:
            end(connection)

    return Answer(raw=play)


def to(place: str) -> Answer:
    """A redirect."""
    return Answer(status=302, headers=[("Location", place)])


def packed(body: bytes, coding: str, kind: str = HTML) -> Answer:
    """A body under a Content-Encoding."""
    return Answer(body, kind=kind, headers=[("Content-Encoding", coding)])


def bomb(coding: str, pack: Callable[[bytes], bytes]) -> Route:
    """60 MB, packed when it is asked for."""
    return lambda asked: packed(pack(BOMB), coding)


def loop(asked: Asked) -> Answer:
    """Each visit gives another cookie and sends to the same page."""
    return Answer(status=302, headers=[("Location", asked.path), ("Set-Cookie", f"visite={time.time()}")])


@cache
def on_disk() -> str:
    """The address of a file of this machine."""
    path = Path(tempfile.mkdtemp()) / "fichier"
    path.write_text(ON_DISK, encoding="utf-8")
    return path.as_uri()


OK = "HTTP/1.1 200 OK\nContent-Type: text/html\n"
NESTED = "".join(f"<{tag}>" for tag in ("div", "span", "b", "i")) * 50_000
ON_DISK = "secret-du-disque"
XXE = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "{0}">]>'
LAUGHS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha" * 10}">' for n in range(12))
ITEM = "<rss><channel><item><link>/bien?{0}</link><title>Un {0}</title><description>&{0};</description></item></channel></rss>"
CUT, LARGE, EMPTY = "cut_short", "too_large", "empty_text"
KEPT = ""  # the answer itself is an article that can be read
# what is answered, and the one reason for it, or those that parsers may give. Those that take long come first; a host each, for on one host they would wait for each other
ANSWERS: dict[str, tuple[Route, str]] = {
    "a byte a second": (send(OK + "Content-Length: 100000\n", b"a", pause=1, count=200), "timeout"),
    "headers a byte a second": (send("", b"H", pause=1, count=200), "timeout"),
    "silence": (Answer(GOOD, wait=SECONDS), "timeout"),
    "continue for ever": (send("", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, count=100_000), CUT),
    "headers without end": (send("HTTP/1.1 200 OK", b"X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 1000, count=100_000), CUT),
    "one header without end": (send("HTTP/1.1 200 OK\nX: a", b" aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 1000, count=100_000), CUT),
    "hung up": (Answer(raw=lambda connection: None), CUT),
    "reset": (Answer(raw=reset), CUT),
    "reset in mid-body": (send(OK + "Content-Length: 100000\n", b"<p>encore</p>", end=reset), CUT),
    "http 0.9": (send("", b"<html><p>Bonjour de 1991</p></html>"), CUT),
    "garbage": (send("", bytes(range(256)) * 400), CUT),
    "length too long": (send(OK + "Content-Length: 99999\n", b"<p>trop court"), CUT),
    "length negative": (send(OK + "Content-Length: -5\n", GOOD.encode()), CUT),
    "length is none": (send(OK + "Content-Length: beaucoup\n", GOOD.encode()), CUT),
    "lengths that differ": (send(OK + "Content-Length: 5\nContent-Length: 9000\n", GOOD.encode()), CUT),
    "bad chunks": (send(OK + "Transfer-Encoding: chunked\n", b"zz\r\n" + b"a" * 1000), CUT),
    "large chunk sizes": (send(OK + "Transfer-Encoding: chunked\n", b"f" * 100_000), CUT),
    "chunks that say too much": (send(OK + "Transfer-Encoding: chunked\n", b"1;" + b"a" * 60_000, count=1000), CUT),
    "trailers without end": (send(OK + "Transfer-Encoding: chunked\n", b"0\r\n" + b"X-A: aaaaaaaa\r\n" * 5000, count=1000), CUT),
    "large headers": (Answer(GOOD, headers=[("X-Long", "a" * 1_000_000)]), CUT),
    "redirect to a long name": (to("http://" + "a" * 100_000 + ".example/"), CUT),
    "gzip bomb": (bomb("gzip", gzip.compress), LARGE),
    "gzip in gzip": (bomb("gzip, gzip", lambda body: gzip.compress(gzip.compress(body))), LARGE),
    "brotli bomb": (bomb("br", lambda body: brotli.compress(body, quality=1)), LARGE),
    "zstd bomb": (bomb("zstd", zstd.compress), LARGE),
    "deflate bomb": (bomb("deflate", zlib.compress), LARGE),
    "page of 50 MB": (lambda asked: Answer(BOMB[:50_000_000]), LARGE),
    "endless": (send(OK, PART, count=1000), LARGE),
    "endless chunks": (send(OK + "Transfer-Encoding: chunked\n", b"%x\r\n%s\r\n" % (len(PART), PART), count=1000), LARGE),
    "no gzip": (packed(b"not packed at all", "gzip"), "unreadable_body"),
    "no brotli": (packed(b"not packed at all" * 100, "br"), "unreadable_body"),
    "no zstd": (packed(b"not packed at all", "zstd"), "unreadable_body"),
    "no deflate": (packed(b"not packed at all", "deflate"), "unreadable_body"),
    "gzip cut at once": (packed(gzip.compress(GOOD.encode())[:12], "gzip"), "unreadable_body"),
    "gzip cut": (packed(gzip.compress(GOOD.encode())[:200], "gzip"), EMPTY),
    "unknown coding": (packed(b"\x00\x01not packed at all", "rot13"), EMPTY),
    "redirect loop with cookies": (loop, "too_many_redirects"),
    "redirect to nothing": (to(""), "too_many_redirects"),
    "redirect to a private address": (to("http://10.0.0.1/"), "private_address"),
    "redirect to metadata": (to("http://169.254.169.254/latest/meta-data/"), "private_address"),
    "redirect to localhost": (to("http://localhost/"), "private_address"),
    "redirect to another host": (to("https://ailleurs.example/"), "other_host"),
    "redirect to file": (to("file:///etc/passwd"), "http_302"),
    "redirect to ftp": (to("ftp://ailleurs.example/a"), "http_302"),
    "redirect to data": (to("data:text/html,<p>bonjour"), "http_302"),
    "redirect to a script": (to("javascript:alert(1)"), "bad_address"),
    "redirect that cannot be read": (to("http://[::1"), "bad_address"),
    "redirect with bytes": (to("/caf\xe9\x80"), "http_404"),
    "redirect to a private IPv6": (to("http://[::1]/"), "private_address"),
    "redirect to an IPv4 in IPv6": (to("http://[::ffff:10.0.0.1]/"), "private_address"),
    "redirect to a number": (to("http://2130706433/"), "private_address"),
    "redirect to a short number": (to("http://127.1/"), "private_address"),
    "status 99": (send("HTTP/1.1 99 Trop\nContent-Type: text/html\n", GOOD.encode()), "http_99"),
    "no content": (Answer(status=204, body=b""), "empty_page"),
    "empty": (Answer(b""), "empty_page"),
    "blanks": (Answer(b" \n" * 1_000_000), "empty_page"),
    "zeros": (Answer(b"\0" * 9_000_000), "empty_page"),
    "length too short": (send(OK + "Content-Length: 10\n", GOOD.encode()), "empty_page"),
    "many headers": (Answer(GOOD, headers=[(f"X-{number}", "a") for number in range(10_000)]), KEPT),
    "100,000 headers": (send("HTTP/1.1 200 OK", b"X: a\r\n" * 100_000, b"\r\n"), "empty_page"),
    "utf-7": (Answer(GOOD.encode("utf-7"), kind="text/html; charset=utf-7"), f"{KEPT}|{EMPTY}"),
    "utf-16 without mark": (Answer(GOOD.encode("utf-16-le"), kind="text/html; charset=utf-16"), f"{KEPT}|{EMPTY}"),
    "iso-2022": (Answer(GOOD.encode() + b"\x1b$B" * 100_000, kind="text/html; charset=iso-2022-jp"), f"{KEPT}|{EMPTY}"),
    "charset lies": (Answer(GOOD.encode("cp1252"), kind="text/html; charset=utf-8"), KEPT),
    "charset is none": (Answer(GOOD.encode("cp1252"), kind="text/html; charset=zlib"), KEPT),
    "charset idna": (Answer(GOOD.encode("cp1252"), kind="text/html; charset=idna"), KEPT),
    "charset in meta": (Answer(GOOD.replace("charset=utf-8", "charset=hex").encode("cp1252"), kind="text/html"), KEPT),
    "charset of a 404": (Answer(b"\xff<meta charset=zlib>", status=404), "http_404"),
    "nested": (Answer(NESTED + "profond"), f"{LARGE}|too_deep|{EMPTY}"),
    "attributes": (Answer("<p " + " ".join(f"a{number}=1" for number in range(800_000)) + ">texte"), f"{LARGE}|{EMPTY}"),
    "a million attributes": (Answer("<p " + "a=1 " * 1_000_000 + ">texte"), f"{LARGE}|{EMPTY}"),
    "an attribute of 5 MB": (Answer("<p title='" + "a" * 5_000_000 + "'>texte"), EMPTY),
    "one word": (Answer("<p>" + "a" * 9_000_000), EMPTY),
    "entities": (Answer("<p>" + "&amp;" * 1_800_000), EMPTY),
    "angles": (Answer("<" * 9_000_000), f"{LARGE}|{EMPTY}"),
    "paragraphs": (Answer("<p>" * 3_000_000), f"{LARGE}|{EMPTY}"),
    "json": (Answer(b'{"a": [', kind=JSON), "unreadable_json"),
    "json lists": (Answer(b"[" * 10_000_000, kind=JSON), "unreadable_json"),
    "json numbers": (Answer(b"[" + b"9" * 9_000_000 + b"]", kind=JSON), "unreadable_json"),
    "json small lists": (Answer(b"[" + b"[]," * 1_600_000 + b"[]]", kind=JSON), "not_a_feed"),
    "json NaN": (Answer(b'{"version": NaN, "items": [Infinity, -Infinity]}', kind=JSON), "not_a_feed"),
    "json keys twice": (Answer(b"{" + b'"items": [],' * 500_000 + b'"items": 1}', kind=JSON), "not_a_feed"),
    "external DTD": (Answer(f'<?xml version="1.0"?><!DOCTYPE r SYSTEM "http://10.0.0.1/r.dtd">{ITEM.format("amp")}', kind=XML), KEPT),
    "quadratic entities": (
        Answer(f'<!DOCTYPE r [<!ENTITY q "{"q" * 50_000}">]>{ITEM.format("q;" + "&q;" * 50_000)}', kind=XML),
        f"{KEPT}|not_a_feed|{EMPTY}",
    ),
    "feed of 100,000 entries": (
        Answer("<rss><channel>" + "<item><link>/bien?un</link><title>Un</title></item>" * 100_000 + "</channel></rss>", kind=XML),
        f"{KEPT}|{LARGE}|too_many_items|{EMPTY}",
    ),
    "xxe": (lambda asked: Answer(XXE.format(on_disk()) + ITEM.format("x"), kind=XML), KEPT),
    "billion laughs": (Answer(f'<?xml version="1.0"?><!DOCTYPE r [{LAUGHS}]>{ITEM.format("a11")}', kind=XML), KEPT),
}


def test_every_hostile_answer_ends_with_its_reason_and_the_next_page_is_read(settings: Settings) -> None:
    hosts = [f"127.0.1.{number}" for number in range(1, 1 + len(ANSWERS))]
    with playing(*hosts) as webs:
        for web, (route, _) in zip(webs, ANSWERS.values(), strict=True):
            web.routes = {"/mal": route, "/bien": Answer(GOOD)}
        pages = [*(f"{web.base}/mal" for web in webs), *(f"{web.base}/bien" for web in webs)]
        write_source(settings, "urls", pages=pages, concurrency=1)
        report, seconds, megabytes = measured(settings)
        found = {entry.url.split("/")[2]: entry.reason for entry in aside(settings)}
        kept = {document.url for document in documents(settings)}
    print(f"{len(ANSWERS)} hostile answers: {seconds:.0f} s, {megabytes:.0f} MB", report.reasons)
    assert {f"{web.base}/bien" for web in webs} <= kept
    passing = [name for name, (_, reason) in ANSWERS.items() if reason in ("timeout", CUT)]  # of these only the number is kept
    given = {name: found.get(web.place, KEPT) for name, web in zip(ANSWERS, webs, strict=True)}
    given |= {name: reason for name, (_, reason) in ANSWERS.items() if name in passing or reason in ("private_address", "other_host")}
    assert {name: (given[name], reason) for name, (_, reason) in ANSWERS.items() if given[name] not in reason.split("|")} == {}
    expected = Counter(given.values())
    assert report.kept == len(ANSWERS) + expected.pop(KEPT)
    assert report.reasons == expected
    assert report.failed == len(passing)
    assert adds_up(report)
    assert seconds < SECONDS
    assert megabytes < MEGABYTES
    assert not [path for path, data in everything(settings).items() if ON_DISK.encode() in data or b"ha" * 30 in data]


class Endless(Mastodon):
    """Each page names a next one."""

    def answer(self, asked: Asked) -> Answer | None:
        if asked.place != self.listing:
            return None
        number = int(asked.said("max_id", "1"))
        link = f'<{self.base}{self.listing}?limit=40&max_id={number + 1}>; rel="next"'
        return as_json([self.status(Post(number))], headers=[("Link", link)])


class EndlessFeed(Feed):
    def listing(self, number: int) -> Answer:
        entry = f"<entry><id>{number}</id><title>Billet {number}</title><link href='/billets/{number}'/></entry>"
        return Answer(f"<feed xmlns='http://www.w3.org/2005/Atom'><link rel='next' href='/flux?page={number + 1}'/>{entry}</feed>", kind=XML)


class EndlessChannel(Telegram):
    def preview(self, before: int) -> Answer:
        older = f"<a href='/s/jardin_invente?before={before - 1}' class='js-messages_more' data-before='{before - 1}'></a>"
        shown = f"<section class='tgme_channel_history'>{older}<div class='tgme_widget_message_wrap'>{self.message(Post(before - 1))}</div></section>"
        return Answer(f"<html><body><div class='tgme_channel_info'></div>{shown}</body></html>")


class EndlessThread(Forum):
    def topic(self, thread: int, start: int) -> Answer:
        return Answer(
            str(super().topic(thread, start).body).replace(
                "<ul>", f"<ul><li class='arrow next'><a href='./viewtopic.php?t={thread}&amp;start={start + 1}' rel='next'>Suivant</a></li>"
            )
        )


class EndlessSearch(Bluesky):
    def answer(self, asked: Asked) -> Answer | None:
        number = int(asked.said("cursor", "1"))
        return as_json({"feed": [{"post": self.view(Post(number))}], "cursor": str(number + 1)}) if "getAuthorFeed" in asked.path else None


@pytest.mark.parametrize("kind", [Endless, EndlessFeed, EndlessChannel, EndlessThread, EndlessSearch], ids=lambda kind: kind.kind)
def test_an_endless_chain_of_pages_ends_at_the_limit(settings: Settings, kind: type[Stage]) -> None:
    with Web() as web:
        stage = kind(web)
        start = time.monotonic()
        options = {
            **stage.options,
            **({"follow": False} if kind is EndlessFeed else {}),
            **({"url": f"{web.base}/viewtopic.php?t=42"} if kind is EndlessThread else {}),
        }
        report = crawl(settings, stage.kind, **options, max_pages=4)
        assert len(web.read()) == 4
        assert report.kept == 4
        assert (report.failed, report.set_aside) == (0, 0)
        assert time.monotonic() - start < 20


def test_a_chain_that_leaves_the_site_or_turns_back_is_not_followed(settings: Settings) -> None:
    with playing("127.0.0.1", "127.0.0.2") as (web, stranger):
        stage = Mastodon(web)
        first = f"{stage.listing}?limit=40"
        row = [stage.status(Post(1))]
        web.routes[first] = as_json(row, headers=[("Link", f'<{web.base}{first}&max_id=2>; rel="next"')])
        web.routes[f"{first}&max_id=2"] = as_json([stage.status(Post(2))], headers=[("Link", f'<{web.base}{first}>; rel="next"')])
        back = crawl(settings, stage.kind, **stage.options)
        assert (back.kept, back.duplicate, len(web.read())) == (2, 1, 2)
        web.routes[first] = as_json([stage.status(Post(3))], headers=[("Link", f'<{stranger.base}{first}>; rel="next"')])
        away = crawl(settings, stage.kind, **stage.options)
        assert (away.kept, away.reasons) == (1, {"private_address": 1})
        assert stranger.log == []


URLSET = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'
INDEX = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</sitemapindex>'


def test_sitemaps_that_lead_to_themselves_end(settings: Settings) -> None:
    with Web() as web:
        deeper = lambda asked: Answer(
            INDEX.format("".join(f"<sitemap><loc>{web.base}{path}</loc></sitemap>" for path in ("/sitemap.xml", f"{asked.place}x"))), kind=XML
        )
        web.players.append(deeper)
        web.routes["/robots.txt"] = Answer(status=404)
        report = crawl(settings, "site", url=f"{web.base}/", sitemap=f"{web.base}/sitemap.xml", max_maps=6)
        assert len(web.read()) <= 7
        assert report.reasons["limit_reached"] == 1
        assert report.alarms


def urls(*places: str) -> str:
    return URLSET.format("".join(f"<url><loc>{place}</loc></url>" for place in places))


# sitemaps, {0} being the site, and the reasons that they give
MAPS: dict[str, tuple[bytes | str, list[str]]] = {
    "xxe": ("XXE" + urls("{0}/bien?xxe", "{0}/&x;"), ["http_404"]),
    "billion laughs": (f"<!DOCTYPE r [{LAUGHS}]>" + urls("{0}/bien?laughs", "{0}/&a11;"), []),
    "cut": (urls("{0}/bien?cut", "{0}/b")[:-20], []),
    "elsewhere": (urls("https://ailleurs.example/a"), ["other_host"]),
    "other schemes": (urls("file:///etc/passwd", "javascript:x()"), ["empty_answer"]),
    "gzip bomb": (gzip.compress(BOMB), ["too_large"]),
    "nested": (URLSET.format("<url>" * 200_000), ["empty_answer"]),
    "many": (urls(*["{0}/bien?many"] * 100_000), []),
    "no sitemap": (GOOD, ["not_a_sitemap"]),
    "itself": (INDEX.format("<sitemap><loc>{0}/sitemap.xml</loc></sitemap>" * 1000), []),
}


def test_hostile_sitemaps_end_with_their_reasons(settings: Settings) -> None:
    with Web() as web:
        web.routes = {"/bien": lambda asked: Answer(article(asked.path))}
        for number, (body, _) in enumerate(MAPS.values()):
            text = body.replace("{0}", web.base).replace("XXE", XXE.format(on_disk())) if isinstance(body, str) else body
            web.routes[f"/{number}.xml"] = Answer(text, kind=XML)
        index = INDEX.format("".join(f"<sitemap><loc>{web.base}/{number}.xml</loc></sitemap>" for number in range(len(MAPS))))
        web.routes["/sitemap.xml"] = Answer(index, kind=XML)
        write_source(settings, "site", url=f"{web.base}/", sitemap=f"{web.base}/sitemap.xml", max_maps=2 * len(MAPS))
        report, seconds, megabytes = measured(settings)
        read = {path.rpartition("?")[2] for path in web.read() if path.startswith("/bien")}
        assert not [one.path for one in web.log if ON_DISK in one.path]
    print(f"{len(MAPS)} hostile sitemaps: {seconds:.0f} s, {megabytes:.0f} MB", report.reasons)
    assert read == {"xxe", "laughs", "cut", "many"}
    assert report.kept == len(read)
    expected = Counter(reason for _, reasons in MAPS.values() for reason in reasons)
    assert {reason: count for reason, count in report.reasons.items() if reason != "limit_reached"} == expected
    assert seconds < SECONDS
    assert megabytes < MEGABYTES
    assert not [path for path, data in everything(settings).items() if ON_DISK.encode() in data or b"ha" * 30 in data]
