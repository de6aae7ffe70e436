"""What is archived and no listing shows any more is looked at again: edited is a new version, gone says so with its evidence, moved is no deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from crawlers.cursor import Cursor
from tests.crawlers.play import Answer, Web, adds_up, aside, crawl, documents, newest, unproved
from tests.crawlers.stages import Feed, Forum, Mastodon, Site, Telegram

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.settings import Settings
    from tests.crawlers.play import Asked
    from tests.crawlers.stages import Post, Stage


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as found:
        yield found


class Quiet(Site):
    """A sitemap that does not tell when an article is edited or gone."""

    def row(self, post: Post) -> str:
        return f"<url><loc>{self.url(post)}</loc><lastmod>{post.day}</lastmod></url>"


class Linked(Forum):
    """Posts can be asked for one by one; the section's rows tell nothing."""

    def answer(self, asked: Asked) -> Answer | None:
        post = next((one for one in self.posts if asked.place == "/viewtopic.php" and asked.said("p") == str(300 + one.n)), None)
        if post is None:
            return super().answer(asked)
        return Answer("<p>Ce message n'existe plus.", status=404) if post.gone else self.topic(self.thread(post), 0)

    def row(self, thread: int) -> str:
        return super().row(thread).replace("T11:", "T10:")


ONE_PAGE = {"max_pages": 1}
KINDS = [(Feed, ONE_PAGE), (Quiet, {}), (Linked, {"max_threads": 1}), (Mastodon, ONE_PAGE), (Telegram, ONE_PAGE)]


@pytest.mark.parametrize(("kind", "less"), KINDS, ids=[kind.__name__ for kind, _ in KINDS])
def test_what_no_listing_shows_is_looked_at_again(settings: Settings, web: Web, kind: type[Stage], less: dict[str, Any]) -> None:
    stage = kind(web)
    assert crawl(settings, stage.kind, **stage.options).kept == 7
    edited, gone = stage.posts[-2], stage.posts[-3]
    edited.fixed = gone.gone = True
    report = crawl(settings, stage.kind, **stage.options, **less, recheck=10)
    found = newest(settings)
    assert edited.text in found[stage.url(edited)].text
    assert {url for url, document in found.items() if document.deleted_at} == {stage.url(gone)}
    assert found[stage.url(gone)].deletion is not None
    assert (report.kept, len(documents(settings))) == (2, 9), "nothing else is a new version"
    assert report.rechecked >= 2
    assert adds_up(report)
    assert unproved(settings) == []


def test_moved_broken_and_unchanged_items_are_not_deleted(settings: Settings, web: Web) -> None:
    stage = Quiet(web)
    crawl(settings, stage.kind, **stage.options)
    moved, broken, closed, same = stage.posts[-1:-5:-1]
    web.routes = {
        f"/articles/{moved.n}": Answer(status=301, headers=[("Location", "/")]),
        f"/articles/{broken.n}": Answer(status=500),
        "/robots.txt": Answer(f"User-agent: *\nDisallow: /articles/{closed.n}$\n", kind="text/plain"),
        "/": Answer("<h1>Accueil</h1>"),
    }
    web.log.clear()
    report = crawl(settings, stage.kind, **stage.options, recheck=10)
    statuses = {one.path: one.status for one in web.asked("/articles")}
    assert statuses.pop(f"/articles/{moved.n}") == 301
    assert statuses.pop(f"/articles/{broken.n}") == 500
    assert f"/articles/{closed.n}" not in statuses
    assert set(statuses.values()) == {304}, "asked for only if it changed"
    assert stage.url(same).removeprefix(web.base) in statuses
    assert "/" not in [one.path for one in web.asked()], "the redirect is not followed"
    assert (report.kept, report.failed, report.set_aside, report.unchanged) == (0, 0, 1, 2), "of pages unchanged, the sitemaps alone count"
    assert report.reasons == {"moved": 1, "http_500": 1, "robots_txt": 1}
    assert [(entry.url, entry.reason, entry.evidence is not None) for entry in aside(settings)] == [(stage.url(moved), "moved", True)]
    assert not any(document.deleted_at for document in documents(settings))
    web.routes = {}
    web.log.clear()
    assert crawl(settings, stage.kind, **stage.options, recheck=4).reasons == {}
    asked = [one.path for one in web.asked("/articles")]
    assert len(asked) == 4, "so many and no more"
    assert f"/articles/{moved.n}" not in asked


def test_a_site_that_says_of_everything_that_it_is_gone_is_not_believed(settings: Settings, web: Web) -> None:
    stage = Quiet(web)
    crawl(settings, stage.kind, **stage.options)
    web.routes = {f"/articles/{post.n}": Answer("<p>Rien ici.", status=410) for post in stage.posts}
    report = crawl(settings, stage.kind, **stage.options, recheck=10)
    assert (report.kept, report.rechecked, set(report.reasons)) == (0, 0, {"all_gone"})
    assert not any(document.deleted_at for document in documents(settings))
    assert crawl(settings, stage.kind, **stage.options, recheck=2).kept == 2, "so few may be gone together"


def test_a_wall_is_no_deletion_and_a_page_that_is_back_is_read_whatever_its_listing_says(settings: Settings, web: Web) -> None:
    stage = Quiet(web)
    crawl(settings, stage.kind, **stage.options)
    walled, lost = stage.posts[-1:-3:-1]
    web.routes = {
        f"/articles/{walled.n}": Answer("<title>Just a moment...</title>", status=404),
        f"/articles/{lost.n}": Answer("<p>Cette page n'existe plus.", status=404),
    }
    assert crawl(settings, stage.kind, **stage.options, recheck=10).reasons == {"bot_wall": 1}
    assert {url for url, document in newest(settings).items() if document.deleted_at} == {stage.url(lost)}
    web.routes = {}
    stage.add()  # a sitemap that is as it was is not read
    assert crawl(settings, stage.kind, **stage.options, recheck=0).kept == 2
    assert not newest(settings)[stage.url(lost)].deleted_at


def test_where_the_listing_brought_nothing_nothing_is_looked_at_again(settings: Settings, web: Web) -> None:
    stage = Quiet(web)
    crawl(settings, stage.kind, **stage.options)
    web.routes = {"/sitemap.xml": Answer(status=403)}
    web.log.clear()
    report = crawl(settings, stage.kind, **stage.options, recheck=10)
    assert (report.set_aside, report.rechecked, web.asked("/articles")) == (1, 0, [])


def test_the_item_that_was_met_longest_ago_comes_first(tmp_path: Path) -> None:
    def run(*met: str) -> list[str]:
        cursor = Cursor(tmp_path / "cursor.json")
        cursor.note_items({key: f"https://a.test/{key}" for key in met})
        left = list(cursor.unchecked())
        cursor.save()
        return left

    assert run(*"abc") == []
    assert run("d", "b") == ["a", "c"]
    assert run("a") == ["c", "d", "b"]
    assert run() == ["c", "d", "b", "a"]


def test_what_is_remembered_of_a_page_stays_as_long_as_its_item(tmp_path: Path) -> None:
    url, other = "https://a.test/a", "https://a.test/b"
    for number in range(3):
        cursor = Cursor(tmp_path / "cursor.json")
        if number == 0:
            cursor.note_items({"a": url})
            for page in (url, other):
                cursor.note_page(page, {"etag": '"1"'})
                cursor.note_read(page, "digest")
        else:
            assert cursor.conditions(url) == {"If-None-Match": '"1"'}
            assert cursor.followed(url)
            assert bool(cursor.conditions(other)) is cursor.followed(other) is (number == 1)
        cursor.save()
    cursor = Cursor(tmp_path / "cursor.json")
    cursor.note_items({"a": url})
    cursor.forget("a")
    cursor.save()
    assert Cursor(tmp_path / "cursor.json").unchecked() == {}
