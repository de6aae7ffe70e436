"""What sites ask for is done: pauses, limits, permissions, reservations, wishes; and a run that is cut short leaves nothing unread."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import scrapy
from pydantic import SecretStr
from scrapy.http import HtmlResponse

from core.pseudonyms import pseudonym
from core.settings import Settings
from crawlers.cursor import Cursor
from crawlers.erasing.optout import Wish, add
from crawlers.reading.drafts import Draft
from crawlers.spiders.base import SourceSpider
from tests.crawlers.play import JSON, WORDS, XML, Answer, Asked, Web, adds_up, article, as_json, crawl, documents, holders, playing, reset, unproved
from tests.crawlers.stages import Bluesky, Discourse, Feed, Forum, Mastodon, Post, Telegram, Ulule
from tests.crawlers.test_hostile import BOMB, loop, packed, to

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from crawlers.reading.page import Page
    from tests.crawlers.stages import Stage

KEY = "k" * 32
HOSTS = tuple(f"127.0.0.{number}" for number in range(2, 12))


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as found:
        yield found


def page(number: object = "") -> Answer:
    return Answer(article(f"Page {number}", *WORDS))


def at(seconds: float) -> str:
    """A time as Mastodon writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def gaps(asked: list[Asked]) -> list[float]:
    """Seconds from one answer's end to the next request."""
    return [after.at - before.until for before, after in pairwise(asked)]


@pytest.mark.alone
def test_pauses_that_sites_ask_for_are_kept_and_failures_are_waited_out(settings: Settings) -> None:
    soon = lambda asked: Answer(article("Page"), headers=[("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", at(asked.at + 3))])
    asking: list[Any] = [
        [Answer(status=429, headers=[("Retry-After", "2")]), page()],
        [Answer(status=503, headers=[("Retry-After", "2")]), page()],
        soon,
        Answer(article("Page"), headers=[("RateLimit-Remaining", "0"), ("RateLimit-Reset", "2")]),
    ]
    with playing(*HOSTS[:9]) as webs:
        *pausing, failing, hours, quick, later, never = webs
        for web, route in zip(pausing, asking, strict=True):
            web.routes = {"/a": route, "/b": page(), "/c": page()}
        failing.routes = {"/a": [Answer(status=500), Answer(status=502), page()]}
        hours.routes = {"/a": Answer(status=429, headers=[("Retry-After", "7200")]), "/b": page()}
        quick.routes = {f"/{name}": page() for name in "abc"}
        later.routes = {"/a": Answer(status=302, headers=[("Location", f"{quick.base}/z"), ("Retry-After", "2")]), "/b": page()}
        never.routes = {"/a": Answer(status=303, headers=[("Location", "/b"), ("Retry-After", "99999999999")])}
        quick.routes["/z"] = page("z")
        pages = [f"{web.base}/{name}" for web in webs for name in "abc" if f"/{name}" in web.routes]
        report = crawl(settings, "urls", pages=pages, concurrency=1)
        waited = [gaps(web.asked()) for web in webs]
        followed = next(one.at for one in quick.asked("/z")) - later.asked("/a")[0].until
    assert (report.kept, report.failed, report.reasons) == (18, 3, {"rate_limited": 3}), "nothing is asked of who wants hours of rest"
    assert 1.8 <= followed < 4.5, "a redirect is followed when it says"
    assert later.asked("/b")[0].at - later.asked("/a")[0].until < 1, "nobody else waits for that"
    assert len(never.asked()) == 1
    for one in waited[:4]:
        assert 1.8 <= one[0] < 4.5, waited
    assert waited[4][0] >= 1.4
    assert waited[4][1] >= 2.9, "the second pause is twice as long"
    assert waited[5] == []
    assert max(gaps(quick.asked()[:3])) < 1


@pytest.mark.alone
@pytest.mark.parametrize(("delay", "concurrency"), [(0.4, 1), (0, 3)])
def test_requests_to_a_host_keep_their_distance_and_their_number(settings: Settings, web: Web, delay: float, concurrency: int) -> None:
    web.players.append(lambda asked: Answer(article(asked.path), wait=0 if delay else 0.15))
    web.routes = {"/robots.txt": Answer(status=404), "/.well-known/tdmrep.json": Answer(status=404)}
    pages = 5 if delay else 15
    report = crawl(settings, "urls", pages=[f"{web.base}/{number}" for number in range(pages)], delay=delay, concurrency=concurrency)
    assert report.kept == pages
    assert web.most_at_once() == concurrency
    starts = [one.at for one in web.asked()]
    assert min(after - before for before, after in pairwise(starts)) >= delay * 0.5 - 0.05  # Scrapy varies it by half


def entries(web: Web, count: int) -> Answer:
    rows = "".join(f"<item><link>{web.base}/{number}</link><title>Billet {number}</title></item>" for number in range(count))
    return Answer(f"<rss version='2.0'><channel><title>Carnet</title>{rows}</channel></rss>", kind=XML, marked=True)


@pytest.mark.parametrize("limit", [{"max_requests": 5}, {"max_bytes": 14_000}])
def test_a_limit_ends_the_run_and_the_next_ones_read_the_rest(settings: Settings, web: Web, limit: dict[str, int]) -> None:
    web.routes = {"/flux": entries(web, 8)} | {f"/{number}": Answer(article(f"Billet {number}", *WORDS, "Encore. " * 400)) for number in range(8)}
    first = crawl(settings, "feed", url=f"{web.base}/flux", **limit)
    assert 0 < first.kept < 8
    assert first.reasons["limit_reached"] > 0
    assert any("limit_reached" in alarm for alarm in first.alarms)
    assert len(web.asked()) == first.kept + 1
    if "max_requests" in limit:
        assert len(web.asked()) == 5
    second = crawl(settings, "feed", url=f"{web.base}/flux", **limit)
    assert first.kept + second.kept == 8, "what the limit cut off is never read, for the feed says that it did not change"


def test_more_news_than_may_be_read_is_a_gap(settings: Settings, web: Web) -> None:
    stage = Mastodon(web)
    first = crawl(settings, stage.kind, **stage.options, max_pages=2)
    assert (first.kept, len(web.read())) == (6, 2)
    assert "gap" not in first.reasons
    for _ in range(7):
        stage.add()
    second = crawl(settings, stage.kind, **stage.options, max_pages=2)
    assert (second.kept, second.reasons["gap"]) == (6, 1)
    assert any("gap" in alarm for alarm in second.alarms)


@pytest.mark.parametrize(
    "failure", [Answer(status=500), Answer("<title>Connexion</title>", status=403), Answer("{", kind=JSON)], ids=["500", "403", "cut"]
)
def test_what_a_run_missed_in_the_middle_is_read_by_the_next(settings: Settings, web: Web, failure: Answer) -> None:
    stage = Mastodon(web)
    stage.posts = stage.posts[4:]
    crawl(settings, stage.kind, **stage.options)
    for _ in range(6):
        stage.add()
    web.routes[f"{stage.listing}?limit=40&max_id=2"] = failure
    cut = crawl(settings, stage.kind, **stage.options)
    assert (cut.kept, cut.failed + cut.set_aside) == (3, 1)
    web.routes.clear()
    web.log.clear()
    after = crawl(settings, stage.kind, **stage.options)
    assert after.kept == 3
    assert {document.url for document in documents(settings)} == stage.urls()
    assert "gap" not in after.reasons
    web.log.clear()
    assert crawl(settings, stage.kind, **stage.options).unchanged == 1


def test_one_place_that_fails_does_not_make_all_others_be_read_again(settings: Settings) -> None:
    with playing("127.0.0.1", "127.0.0.2") as (web, dead):
        web.players.append(lambda asked: Answer(article(asked.path), marked=True))
        dead.routes = {"/a": Answer(status=429, headers=[("Retry-After", "7200")])}
        pages = [*(f"{web.base}/{number}" for number in range(3)), f"{dead.base}/a"]
        first = crawl(settings, "urls", pages=pages)
        assert (first.kept, first.failed) == (3, 1)
        web.log.clear()
        second = crawl(settings, "urls", pages=pages)
        assert (second.unchanged, second.failed) == (3, 1)
        assert web.read() == []


def test_the_marks_of_a_page_are_its_own_whatever_is_read_meanwhile(settings: Settings, tmp_path: Path) -> None:
    """Scrapy reads other answers while it takes the requests of one."""

    class Reader(SourceSpider):
        def first(self, page: Page) -> Iterator[scrapy.Request]:
            for number in range(3):
                yield from self.ask(f"{page.url}/{number}", step="linked", digest="a")

        def linked(self, page: Page) -> Iterator[Draft]:
            yield Draft(url=page.url, kind="article", text="Un texte")

    def answer(url: str, number: int = 1) -> HtmlResponse:
        request = scrapy.Request(url, meta={"place": url, "number": number})
        return HtmlResponse(url, body=b"<p>texte", headers={"ETag": f'"{url[-1]}"'}, request=request)

    keeper = SimpleNamespace(take=lambda items, **_: [], sated=False, duplicate=lambda: None)
    cursor = Cursor(tmp_path / "cursor.json")
    source = SimpleNamespace(name="essai", max_requests=100, max_pages=3)
    reader = Reader(source=source, keeper=keeper, cursor=cursor, house=settings)  # type: ignore[arg-type]
    one, other = reader.read(answer("https://a.test/a"), "first"), reader.read(answer("https://a.test/b", 2), "linked")
    next(one)
    assert list(other) == []
    assert len(list(one)) == 2
    cursor.save()
    assert json.loads((tmp_path / "cursor.json").read_text())["pages"] == {"https://a.test/a": {"etag": '"a"'}}


def test_a_page_is_asked_for_again_only_if_it_changed_since(settings: Settings, web: Web) -> None:
    day = "Sun, 01 Nov 2026 10:00:00 GMT"

    def dated(asked: Asked) -> Answer:
        known = asked.headers.get("if-modified-since") == day
        return Answer(status=304) if known else Answer(article("Page"), headers=[("Last-Modified", day)])

    web.routes = {"/a": dated}
    assert crawl(settings, "urls", pages=[f"{web.base}/a"]).kept == 1
    again = crawl(settings, "urls", pages=[f"{web.base}/a"])
    assert (again.unchanged, [one.status for one in web.asked()]) == (1, [200, 304])


ROBOTS: list[tuple[Any, str]] = [
    (Answer("User-agent: *\nDisallow: /prive/\n", kind="text/plain"), "robots_txt"),
    (Answer("User-agent: vigie\nDisallow: /prive\n\nUser-agent: *\nAllow: /\n", kind="text/plain"), "robots_txt"),
    (Answer("\ufeffUser-agent: *\r\nDisallow: /*/page$\r\n", kind="text/html"), "robots_txt"),
    (to("/autre.txt"), "robots_txt"),
    (Answer("User-agent: *\nDisallow: /\n" + "Disallow: /*a*b$\n" * 100_000, kind="text/plain"), "robots_txt"),
    (Answer(status=503), "robots_unreachable"),
    (Answer(status=429, headers=[("Retry-After", "1")]), "robots_unreachable"),
    (Answer(raw=reset), "robots_unreachable"),
    (loop, "robots_unreachable"),
    (to("https://ailleurs.example/robots.txt"), "robots_unreachable"),
    (to("javascript:1"), "robots_unreachable"),
    (packed(b"not packed", "gzip"), "robots_unreachable"),
    (packed(gzip.compress(BOMB), "gzip"), "robots_unreachable"),
    (Answer("<title>Just a moment...</title>", status=403), "robots_unreachable"),
    (to("/detour"), "robots_txt"),
    (Answer(status=404), "kept"),
    (Answer("User-agent: *\nDisallow: /\n", status=404), "kept"),
    (Answer(b"\xff\xfe\0" * 1000), "kept"),
]


def test_robots_txt_is_obeyed_and_one_that_cannot_be_read_is_no_permission(settings: Settings) -> None:
    settings = Settings(data_dir=settings.data_dir, sources_dir=settings.sources_dir, contact="veille@association.example")
    with playing(*(f"127.0.0.{number}" for number in range(2, 2 + len(ROBOTS)))) as webs:
        for web, (robots, _) in zip(webs, ROBOTS, strict=True):
            web.routes = {
                "/robots.txt": robots,
                "/autre.txt": Answer("User-agent: *\nDisallow: /prive\n", kind="text/plain"),
                **{
                    f"/detour{'x' * n}": to(f"/detour{'x' * (n + 1)}" if n < 3 else f"{webs[0].base}/autre.txt") for n in range(4)
                },  # five, to elsewhere
                "/court": to("/prive/page"),
            }
            web.routes |= {f"/prive/page{more}": page() for more in ("", "?1", "?2")}
        report = crawl(settings, "urls", pages=[f"{web.base}/{path}" for web in webs for path in ("prive/page", "court")], concurrency=4)
        asked = [[one.path for one in web.asked("/prive")] for web in webs]
        agents = {one.headers["user-agent"] for web in webs for one in web.log}
    expected = Counter({reason: 2 * count for reason, count in Counter(reason for _, reason in ROBOTS).items()})
    kept = expected.pop("kept") // 2
    assert (report.kept, report.duplicate) == (kept, kept), "the short address leads to the same page"
    assert report.reasons == expected
    assert [bool(paths) for paths in asked] == [reason == "kept" for _, reason in ROBOTS], "a page was asked for against robots.txt"
    assert agents == {"Vigie/0.1 (+veille@association.example)"}


SECRET = "Une phrase que le site ne veut pas voir fouillée"
RESERVED: list[tuple[dict[str, Any], bool | None]] = [  # None: it cannot be known
    (
        {"/.well-known/tdmrep.json": as_json([{"location": "/libre", "tdm-reservation": 0}, {"location": "/", "tdm-reservation": 1}]), "/a": page()},
        True,
    ),
    ({"/a": Answer(article(SECRET), headers=[("TDM-Reservation", "1"), ("tdm-policy", "https://a.example/policy.json")])}, True),
    ({"/a": Answer(article(SECRET), headers=[("X-Robots-Tag", "noindex, noai")])}, True),
    ({"/a": Answer(article(SECRET, head="<meta name='tdm-reservation' content='1'>"))}, True),
    ({"/a": Answer(article(SECRET, head="<META content=1 name='TDM-Reservation'>"))}, True),
    ({"/a": Answer(article(SECRET, head="<meta name=robots content='index, noai, noimageai'>"))}, True),
    ({"/.well-known/tdmrep.json": to("/regles.json"), "/regles.json": as_json([{"location": "/", "tdm-reservation": 1}]), "/a": page()}, True),
    ({"/a": Answer(article(SECRET), headers=[("TDM-Reservation", "0"), ("TDM-Reservation", "1")])}, True),
    ({"/a": Answer(article(SECRET, head=f"<style>{'a ' * 60_000}</style><meta name='tdm-reservation' content='1'>"))}, True),
    ({"/.well-known/tdmrep.json": Answer(status=500), "/a": page()}, None),
    ({"/.well-known/tdmrep.json": Answer(status=429, headers=[("Retry-After", "0")]), "/a": page()}, None),
    ({"/.well-known/tdmrep.json": Answer(raw=reset), "/a": page()}, None),
    ({"/.well-known/tdmrep.json": loop, "/a": page()}, None),
    ({"/.well-known/tdmrep.json": packed(b"not packed", "gzip"), "/a": page()}, None),
    ({"/.well-known/tdmrep.json": packed(gzip.compress(BOMB), "gzip", JSON), "/a": page()}, None),
    ({"/.well-known/tdmrep.json": to("/"), "/": page("accueil"), "/a": page()}, False),
    ({"/.well-known/tdmrep.json": Answer(status=403), "/a": page()}, False),
    ({"/a": Answer(article("Libre"), headers=[("TDM-Reservation", "yes")])}, False),
    ({"/.well-known/tdmrep.json": as_json([{"location": "/b", "tdm-reservation": 1}]), "/a": page()}, False),
    ({"/a": Answer(article("Libre", head="<meta name='tdm-reservation' content='0'>"))}, False),
]


def test_what_is_reserved_is_not_read_and_is_in_no_file(settings: Settings) -> None:
    with playing(*(f"127.0.0.{number}" for number in range(2, 2 + len(RESERVED)))) as webs:
        for web, (routes, _) in zip(webs, RESERVED, strict=True):
            web.routes = dict(routes) | {f"/{name}": routes["/a"] for name in "cd"}
        report = crawl(settings, "urls", pages=[f"{web.base}/{name}" for web in webs for name in "acd"], concurrency=3)
        first = [len(web.asked()) for web in webs]
    found = Counter(closed for _, closed in RESERVED)
    assert (report.reasons, report.kept) == ({"tdm_reserved": 3 * found[True], "tdmrep_unreachable": 3 * found[None]}, 3 * found[False])
    assert {len(web.asked("/a")) for web, (_, closed) in zip(webs, RESERVED, strict=True) if closed is None} == {0}
    assert first[0] == 0, "a page was asked for against tdmrep.json"
    assert holders(settings, SECRET) == []


def with_key(settings: Settings) -> Settings:
    return Settings(data_dir=settings.data_dir, sources_dir=settings.sources_dir, pseudonym_key=SecretStr(KEY))


def wish(settings: Settings, *wishes: Wish) -> None:
    settings.archive_dir.mkdir(parents=True, exist_ok=True)
    add(settings.archive_dir, wishes, at=datetime.now(UTC), note="essai")


def test_who_asked_not_to_be_read_is_not_even_asked(settings: Settings) -> None:
    with playing("127.0.0.1", "127.0.0.2", "127.0.0.3") as (web, closed, moving):
        for one in (web, closed):
            one.players.append(lambda asked: page(asked.path))
        moving.routes = {"/a": to(f"{web.base}/prive/3"), "/b": to(f"{closed.base}/b")}
        wish(settings, Wish("host", "127.0.0.2"), Wish("address", f"{web.base}/prive"))
        pages = [
            f"{web.base}/prive/1",
            f"{web.base}/prive",
            f"{web.base}/privee",
            f"{web.base}/a",
            f"{closed.base}/a",
            f"{moving.base}/a",
            f"{moving.base}/b",
        ]
        report = crawl(settings, "urls", pages=pages)
        assert (report.kept, report.reasons) == (2, {"opted_out": 5})
        assert sorted(web.read()) == ["/a", "/privee"]
        assert closed.log == []


class Signed(Forum):
    """A thread in which two people write."""

    def post(self, post: Post) -> str:
        return super().post(post).replace("Capucine Invente", "Capucine Invente" if post.n % 2 else "Fernand Invente")


@pytest.mark.parametrize(("kind", "account"), [(Mastodon, "{base}/@odile_invente"), (Signed, "Fernand Invente")])
def test_an_author_who_asked_not_to_be_read_is_in_no_file(settings: Settings, web: Web, kind: type[Stage], account: str) -> None:
    settings = with_key(settings)
    stage = kind(web)
    author = pseudonym(KEY.encode(), platform="127.0.0.1", account=account.format(base=web.base))
    wish(settings, Wish("author", author))
    report = crawl(settings, stage.kind, **stage.options)
    hidden = [post for post in stage.posts if kind is Mastodon or not post.n % 2]
    assert report.reasons["opted_out"] == len(hidden) + (kind is Mastodon)
    assert {document.url for document in documents(settings)} == {stage.url(post) for post in stage.posts if post not in hidden}
    for post in hidden:
        assert holders(settings, f"Note {post.n}.") == []
    assert unproved(settings) == []


class Short(Feed):
    """A feed with whole texts."""

    def entry(self, post: Post) -> str:
        return super().entry(post).replace("<summary>Un résumé</summary>", f"<content type='html'>{post.text}</content>")


@pytest.mark.parametrize("kind", [Mastodon, Bluesky, Discourse, Ulule, Telegram, Forum, Short], ids=lambda kind: kind.__name__)
def test_what_the_source_s_rules_drop_is_in_no_file(settings: Settings, web: Web, kind: type[Stage]) -> None:
    stage = kind(web)
    options = {**stage.options, "follow": False} if kind is Short else stage.options
    report = crawl(settings, stage.kind, **options, keep={"words": ["vélos", "graines"]})
    wanted = [post for post in stage.posts if "vélos" in post.text or "graines" in post.text]
    urls = {f"{web.base}/court/6" if kind is Short and post.n == 6 else stage.url(post) for post in wanted}
    assert {document.url for document in documents(settings)} == urls
    assert report.reasons["no_word"] >= len(stage.posts) - len(wanted)
    assert adds_up(report)
    for post in stage.posts:
        assert bool(holders(settings, f"Note {post.n}.")) is (post in wanted)
    assert unproved(settings) == []
