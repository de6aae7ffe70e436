"""Discourse's answers and pages: what a post says by itself, where a listing goes on, what stands in place of it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.errors import SourceError
from crawlers.cursor import Cursor
from crawlers.platforms.discourse import Topics, parse, parse_html, parse_latest, parse_topic, parse_topics, topic_json
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.page import Found, Page
from crawlers.spiders.discourse import Options, Spider

PAGES = Path(__file__).parent / "pages" / "discourse"
SITE = "https://atelier.test"
LATEST = json.loads((PAGES / "latest.json").read_text(encoding="utf-8"))
TOPIC = json.loads((PAGES / "topic.json").read_text(encoding="utf-8"))
CRAWLER = (PAGES / "topic_crawler.html").read_text(encoding="utf-8")
PRELOADED = (PAGES / "topic_preloaded.html").read_text(encoding="utf-8")


def page(value: Any, url: str = f"{SITE}/posts.json", status: int = 200, **headers: str) -> Page:
    body = value if isinstance(value, bytes) else value.encode() if isinstance(value, str) else json.dumps(value).encode()
    return Page(url, body, headers, status)


def post(number: int = 2, **fields: Any) -> dict[str, Any]:
    known = {"id": 900 + number, "post_number": number, "topic_id": 77, "topic_slug": "potager", "username": "odile_b", "cooked": "<p>Oui</p>"}
    return {**known, "created_at": "2026-10-01T08:00:00.000Z", "posts_count": 45, **fields}


def one(**fields: Any) -> Draft:
    (found,) = parse_latest(page({"latest_posts": [post(**fields)]})).items
    assert isinstance(found, Draft), found
    return found


def stream(numbers: range, **fields: Any) -> dict[str, Any]:
    return {"post_stream": {"posts": [post(number) for number in numbers], **fields}, "id": 77}


def reason(value: Any, url: str = f"{SITE}/posts.json", read: Any = parse_latest, status: int = 200, **headers: str) -> str:
    with pytest.raises(SourceError) as raised:
        read(page(value, url, status, **headers))
    assert "\n" not in str(raised.value)
    return raised.value.reason


# --- what a post says


def test_a_post_is_what_its_author_wrote() -> None:
    quote = '<aside class="quote" data-username="basile" data-post="1" data-topic="77"><blockquote><p>Ses mots</p></blockquote></aside>'
    found = one(cooked=f"{quote}<p>Mes mots</p>{quote}<blockquote><p>Un proverbe</p></blockquote>")
    assert found.text == "Mes mots\n\nUn proverbe", "a passage that the author cites from elsewhere is part of the post"
    assert found.thread_parent == f"{SITE}/t/potager/77/1"
    assert one(cooked=quote, reply_to_post_number=9).thread_parent == f"{SITE}/t/potager/77/9"


def test_a_post_that_only_quotes_says_nothing_not_even_the_title() -> None:
    quote = '<aside class="quote"><blockquote><p>Ses mots</p></blockquote></aside>'
    assert (one(cooked=quote, topic_title="Un titre").text, one(cooked=quote, topic_title="Un titre").title) == ("", None)
    assert one(number=1, cooked="", topic_title="Un titre").title == "Un titre", "who opens a topic writes its title"


def test_titles_are_words_not_markup() -> None:
    assert one(topic_title="Sel &amp; poivre").title == "Sel & poivre"
    assert one(topic_title=["x"] * 3).title is not None


def test_only_an_edited_post_has_a_time_of_edition() -> None:
    assert one(updated_at="2026-10-02T08:00:00.000Z", version=1).edited_at is None
    assert str(one(updated_at="2026-10-02T08:00:00.000Z", version=2).edited_at) == "2026-10-02 08:00:00+00:00"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"actions_summary": [{"id": 2, "count": 7}]}, 7),
        ({"actions_summary": []}, 0),
        ({}, None),
        ({"actions_summary": [], "reaction_users_count": 3}, 3),
        ({"actions_summary": [{"id": 2, "count": "sept"}]}, None),
        ({"actions_summary": {"2": 7}}, None),
    ],
)
def test_likes(fields: dict[str, Any], expected: int | None) -> None:
    assert one(**fields).likes == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"deleted_at": "2026-10-02T08:00:00.000Z"}, "deleted_post"),
        ({"user_deleted": True}, "deleted_post"),
        ({"hidden": True}, "hidden_post"),
        ({"post_type": 3}, "small_action"),
        ({"post_type": 4}, "not_public"),
    ],
)
def test_what_is_not_for_everybody_is_dropped(fields: dict[str, Any], expected: str) -> None:
    assert parse_latest(page({"latest_posts": [post(**fields)]})).items == (Left(reason=expected, platform_id="902"),)


def test_images_and_their_descriptions() -> None:
    emoji = '<img class="emoji" alt=":tulipe:">'
    found = one(cooked=f'<p>Voici {emoji}</p><p><img src="a.png" alt="Trois  tulipes"><img src="b.png" alt=""></p>')
    assert (found.text, found.images, found.content_type) == ("Voici :tulipe:\n\n[image : Trois tulipes]", ("Trois tulipes",), ("TEXT", "IMAGE"))
    assert one(cooked=f"<p>{emoji}</p>").content_type == ("TEXT",)
    assert one(cooked="<p><img src='a.png'></p>").content_type == ("IMAGE",)
    assert one(cooked="<audio src='a.ogg'></audio><video src='a.mp4'></video><p>x</p>").content_type == ("TEXT", "VIDEO", "AUDIO")


def test_links_lead_out_and_people_are_no_links() -> None:
    cooked = (
        '<p><a class="mention" href="/u/basile">@basile</a> <a class="hashtag-cooked" href="/c/potager/4">potager</a> <a href="/t/compost/51">là</a> '
        '<a href="https://a.example/?x=1&amp;y=2">ici</a> <a href="javascript:x">non</a></p>'
        '<aside class="onebox" data-onebox-src="https://b.example/"><article><a href="https://c.example/">Leur titre</a></article></aside>'
    )
    found = one(cooked=cooked)
    assert found.links == (f"{SITE}/t/compost/51", "https://a.example/?x=1&y=2", "https://b.example/")
    assert found.text == "@basile potager là ici non\n\nhttps://b.example/"


def test_a_forum_in_a_folder_of_its_host() -> None:
    (found,) = parse_latest(page({"latest_posts": [post()]}, "https://asso.test/forum/posts.json?before=3000")).items
    assert isinstance(found, Draft)
    assert (found.url, found.thread_root) == ("https://asso.test/forum/t/potager/77/2", "https://asso.test/forum/t/potager/77")


def test_the_page_for_readers_without_scripts_says_the_same_as_the_json() -> None:
    shown, carried = parse_html(page(CRAWLER, f"{SITE}/t/potager/77")).items, parse_html(page(PRELOADED, f"{SITE}/t/potager/77")).items
    for html, answer in zip(shown[:2], carried[:2], strict=True):
        assert isinstance(html, Draft)
        assert isinstance(answer, Draft)
        for name in ("text", "title", "account", "published_at", "edited_at", "likes", "images", "content_type"):
            assert getattr(html, name) == getattr(answer, name), name
    assert [item.platform_id for item in carried] == ["901", "902", "903"]


def test_a_preload_that_is_not_the_topic_is_passed_over() -> None:
    for value in (
        "{",
        "[]",
        '{"topic_77":"{"}',
        '{"topic_list":"{\\"topic_list\\":{}}"}',
        '{"topic_77":{"post_stream":{}}}',
        '{"topic_77":"{\\"post_stream\\":{\\"posts\\":3}}"}',
    ):
        div = f"""<div id="data-preloaded" data-preloaded='{value}'></div>"""
        assert parse_html(page(CRAWLER.replace("<header>", f"{div}<header>"))).items == parse_html(page(CRAWLER)).items


# --- where a listing goes on


def test_older_posts() -> None:
    assert parse_latest(page({"latest_posts": [post(id=17), post(id=12)]})).next == f"{SITE}/posts.json?before=11"
    assert parse_latest(page({"latest_posts": [post(id=1)]})).next is None
    assert parse_latest(page({"latest_posts": []}, f"{SITE}/posts.json?before=900")) == Found(())
    repeated = page({"latest_posts": [post(id=17), post(id=12)]}, f"{SITE}/posts.json?before=5")
    assert parse_latest(repeated).next is None, "a site that does not heed the number would be read for ever"


def test_later_posts_of_a_topic() -> None:
    url = f"{SITE}/t/77/posts.json"
    assert parse_topic(page(stream(range(1, 21)), url)).next == f"{url}?post_number=20&asc=true"
    assert parse_topic(page(stream(range(21, 41)), f"{url}?post_number=20&asc=true")).next == f"{url}?post_number=40&asc=true"
    assert parse_topic(page(stream(range(41, 47)), f"{url}?post_number=40&asc=true")).next is None, "a short page at the end"
    assert parse_topic(page(stream(range(26, 46)), f"{url}?post_number=46&asc=true")).next is None, "the last window again"
    assert parse_topic(page(stream(range(0)), f"{url}?post_number=40&asc=true")) == Found(())
    short = stream(range(1, 4))
    for item in short["post_stream"]["posts"]:
        item["posts_count"] = 3
    assert parse_topic(page(short, url)).next is None


def test_the_pages_of_a_topics_own_json() -> None:
    url = f"{SITE}/t/potager/77.json"
    first = {**stream(range(1, 21), stream=list(range(901, 946))), "title": "Potager", "slug": "potager", "highest_post_number": 45}
    found = parse_topic(page(first, url))
    assert found.next == f"{url}?page=2"
    assert {item.title for item in found.items if isinstance(item, Draft)} == {"Potager"}
    assert (
        parse_topic(page({**first, "post_stream": stream(range(41, 46), stream=list(range(901, 946)))["post_stream"]}, f"{url}?page=3")).next is None
    )
    long = {**stream(range(1, 21)), "slug": "potager", "highest_post_number": 20_000}  # of very long topics no stream is given
    assert parse_topic(page(long, url)).next == f"{url}?page=2"
    assert parse_topic(page({**long, "highest_post_number": 20}, url)).next is None


def test_topics_of_a_list() -> None:
    topics = [
        {"id": 1, "slug": "semis", "highest_post_number": 4, "bumped_at": "2026-10-01", "visible": True},
        {"id": 2, "slug": "message", "archetype": "private_message"},
        {"id": 3, "slug": "cache", "visible": False},
        {"id": "x"},
        None,
        {"id": 4, "slug": None},
    ]
    found = parse_topics(page({"topic_list": {"topics": topics, "more_topics_url": "/c/potager/4?page=1"}}, f"{SITE}/c/potager/4.json"))
    assert found.topics == ((f"{SITE}/t/semis/1.json", "4 2026-10-01 None"), (f"{SITE}/t/-/4.json", "None None None"))
    assert found.next == f"{SITE}/c/potager/4.json?page=1"
    assert parse_topics(page({"topic_list": {"topics": []}}, f"{SITE}/latest.json?page=9")) == Topics(())
    assert reason({"topic_list": {"topics": []}}, f"{SITE}/latest.json", parse_topics) == "empty_answer"
    away = page({"topic_list": {"topics": topics, "more_topics_url": "https://ailleurs.example/latest?page=1"}}, f"{SITE}/latest.json")
    assert parse_topics(away).next is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (f"{SITE}/t/potager/77", f"{SITE}/t/potager/77.json"),
        (f"{SITE}/t/potager/77/12?u=basile", f"{SITE}/t/potager/77.json"),
        (f"{SITE}/t/77", f"{SITE}/t/77.json"),
        (f"{SITE}/t/77/12", f"{SITE}/t/77.json"),
        (f"{SITE}/t/2026-en-bref/77#x", f"{SITE}/t/2026-en-bref/77.json"),
        (f"{SITE}/forum/t/potager/77.json?page=2", f"{SITE}/forum/t/potager/77.json"),
        (f"{SITE}/t/potager", None),
        (f"{SITE}/c/potager/4", None),
        ("t/potager/77", None),
        (f"{SITE}/" + "/t/" * 100_000, None),
    ],
)
def test_the_json_of_a_topic(url: str, expected: str | None) -> None:
    assert topic_json(url) == expected


# --- what stands in place of posts


def test_reasons() -> None:
    assert reason({"errors": ["Connectez-vous"], "error_type": "not_logged_in"}, status=403) == "login_required"
    assert reason({"errors": ["Introuvable"], "error_type": "not_found"}, status=404) == "api_error"
    assert reason({"errors": []}) == "not_discourse"
    assert reason({"latest_posts": []}) == "empty_answer"
    assert reason({"latest_posts": [post()] * 1001}) == "too_many_items"
    assert reason("<html><body>Oups</body></html>", status=403) == "http_403"
    assert reason("", status=422) == "http_422"
    assert reason("oups") == "unreadable_json"
    assert reason("<title>Just a moment...</title>", status=403) == "bot_wall"
    assert reason("<p>x</p>", **{"cf-mitigated": "challenge"}) == "bot_wall"
    assert reason((PAGES / "shell.html").read_bytes()) == "script_shell"
    assert reason("<html><body><p>Bonjour</p></body></html>", f"{SITE}/login") == "login_required"
    assert reason({"latest_posts": [post()]}, f"{SITE}/login") == "login_required"
    assert reason({"post_stream": {"posts": []}}, f"{SITE}/t/77/posts.json", parse_topic) == "empty_answer"
    for listing in ("topic_list", "category_list", "grouped_search_result"):
        assert reason({listing: {}}, f"{SITE}/c/jardin/5.json", parse_topic) == "not_a_thread"
    assert reason({"post_stream": [1]}, f"{SITE}/t/77/posts.json", parse_topic) == "not_discourse"


# --- the spider


class Keeper:
    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.sated = False

    def duplicate(self) -> None:
        self.calls.append(("duplicate", ""))

    def note(self, what: str) -> None:
        self.calls.append(("note", what))

    def gone(self, url: str, **_: Any) -> bool:
        self.calls.append(("gone", url))
        return True


def source(**fields: Any) -> Options:
    known = {"name": "atelier", "title": "L'atelier", "kind": "discourse", "purpose": "veille de prévention", "legal_basis": "intérêt légitime"}
    return Options.model_validate(known | {"url": SITE} | fields)


def spider(tmp_path: Path, **fields: Any) -> tuple[Spider, Keeper]:
    keeper = Keeper()
    return Spider(source=source(**fields), keeper=keeper, cursor=Cursor(tmp_path / "atelier.json"), house=None), keeper  # type: ignore[arg-type]


def asked(found: Any) -> list[str]:
    return [one.url for one in found if not isinstance(one, Draft | Left)]


def test_the_options_of_a_forum() -> None:
    assert source().addresses() == (f"{SITE}/posts.json",)
    assert source(url="https://asso.test/forum/", category="entraide/semis/12").addresses() == ("https://asso.test/forum/c/entraide/semis/12.json",)
    assert source(topics=[f"{SITE}/t/potager/77/3"]).addresses() == (f"{SITE}/t/potager/77.json",)
    for wrong in ({"category": "entraide"}, {"topics": [f"{SITE}/c/potager/4"]}, {"topics": ["https://ailleurs.example/t/a/1"]},
                  {"topics": [f"{SITE}/t/a/1"], "category": "a/1"}):  # fmt: skip
        with pytest.raises(ValidationError):
            source(**wrong)


def test_a_known_post_that_its_author_deleted_is_gone(tmp_path: Path) -> None:
    cursor = Cursor(tmp_path / "atelier.json")
    cursor.note_items({"906": f"{SITE}/t/potager/77/6"})
    cursor.save()
    reader, keeper = spider(tmp_path)
    out = list(reader.first(page(LATEST)))
    assert keeper.calls == [("gone", f"{SITE}/t/potager/77/6")]
    assert "deleted_post" not in {item.reason for item in out if isinstance(item, Left)}
    assert asked(out) == [f"{SITE}/posts.json?before=900"]


def test_a_long_topic_is_read_on_where_the_last_complete_run_left_it(tmp_path: Path) -> None:
    url, ids = f"{SITE}/t/potager/77.json", list(range(901, 951))
    first, second, third = (stream(numbers, stream=ids) for numbers in (range(1, 21), range(21, 41), range(41, 51)))
    reader, _ = spider(tmp_path, topics=[f"{SITE}/t/potager/77"])
    assert asked(reader.first(page(first, url))) == [f"{url}?page=2"]
    assert asked(reader.topic(page(second, f"{url}?page=2"))) == [f"{url}?page=3"]
    reader.cursor.save()  # the run's limit of pages was reached
    reader, _ = spider(tmp_path, topics=[f"{SITE}/t/potager/77"])
    assert asked(reader.first(page(first, url))) == [f"{url}?page=3"]
    assert asked(reader.topic(page(third, f"{url}?page=3"))) == []
    reader.cursor.save()
    reader, _ = spider(tmp_path, topics=[f"{SITE}/t/potager/77"])
    assert asked(reader.first(page(first, url))) == [f"{url}?page=3"], "the last page may have grown"
    reader.cursor.save()
    assert Cursor(tmp_path / "atelier.json").get(url) is None, "a page that could not be read is not asked for for ever"


def test_topics_that_did_not_change_are_left_out(tmp_path: Path) -> None:
    listing = page({"topic_list": {"topics": [{"id": 1, "slug": "semis", "highest_post_number": 4}]}}, f"{SITE}/c/potager/4.json")
    address = f"{SITE}/t/semis/1.json"
    reader, keeper = spider(tmp_path, category="potager/4")
    assert asked(reader.first(listing)) == [address]
    reader.cursor.note_read(address, "4 None None ")
    reader.cursor.save()
    reader, keeper = spider(tmp_path, category="potager/4")
    assert asked(reader.first(listing)) == []
    assert keeper.calls == [("duplicate", "")]
    reader.cursor.set(address, f"{address}?page=9")  # a long topic: there is more to read, though the list says the same
    reader.cursor.save()
    reader, keeper = spider(tmp_path, category="potager/4")
    assert asked(reader.first(listing)) == [address]


def assert_named(error: SourceError) -> None:
    assert error.reason.replace("_", "").isalnum()


# --- hostile answers


@pytest.mark.parametrize(
    "cooked",
    [
        "<div>" * 200_000 + "x",
        '<aside class="quote">' * 5000 + "x",
        '<aside class="onebox">' * 5000 + "x",
        '<div class="poll">' * 5000 + "<li data-poll-option-id=1>x",
        '<div class="poll">' * 200 + "<li data-poll-option-id=1>x</li>" * 10_000,
        '<aside class="quote"></aside>x' * 30_000,
        '<div class="lightbox-wrapper"><a class="lightbox">' * 100 + '<i class="meta"></i>x' * 20_000,
        "a" * 900_000,
        "a" * 3_000_000,
        "<p>" * 100_000,
        "<img alt='x'>" * 60_000,
        "<a href='https://[::1'>x</a>\x00\ud800</div></body></html><aside class=quote>",
        "<!--",
    ],
    ids=[
        "nested",
        "quotes",
        "previews",
        "polls",
        "answers in polls",
        "quotes side by side",
        "names of files",
        "letter",
        "too long",
        "paragraphs",
        "images",
        "broken",
        "comment",
    ],
)
def test_hostile_posts_end_soon(cooked: str) -> None:
    begun = time.process_time()  # the clock would measure other tests too
    found = parse_latest(page({"latest_posts": [post(cooked=cooked), post(3)]})).items
    assert isinstance(found[1], Draft), "one bad post spoils no other"
    html = CRAWLER.replace("<p>Mes planches.</p>", cooked.replace("\ud800", ""))
    assert all(isinstance(item, Draft | Left) for item in parse_html(page(html)).items)
    assert time.process_time() - begun < 15


def test_values_of_the_wrong_kind() -> None:
    for value in (None, True, -1, 10**400, 1e300, "x", "", [], {}, [{}], {"a": []}):
        for name in [*post(), "actions_summary", "version", "reads", "reply_count", "reply_to_post_number", "topic_title", "post_type", "hidden"]:
            found = parse_latest(page({"latest_posts": [post(**{name: value} if name != "number" else {}), post(3)]})).items
            assert isinstance(found[0], Draft | Left)
            assert isinstance(found[1], Draft)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def changed(value: Any, data: st.DataObject) -> Any:
    """The value with something else in one place."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 9)):
        key = data.draw(st.sampled_from(sorted(value)))
        return {**value, key: changed(value[key], data)}
    if isinstance(value, list) and value and data.draw(st.integers(0, 9)):
        place = data.draw(st.integers(0, len(value) - 1))
        return [*value[:place], changed(value[place], data), *value[place + 1 :]]
    return data.draw(JSON)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_answer_gives_items_or_a_reason(data: st.DataObject) -> None:
    value = changed(data.draw(st.sampled_from([LATEST, TOPIC, {"topic_list": {"topics": [TOPIC], "more_topics_url": "/latest?page=1"}}])), data)
    for read in (parse, parse_latest, parse_topic, parse_topics):
        try:
            found = read(page(value, f"{SITE}/t/potager/77.json"))
        except SourceError as error:
            assert_named(error)
            continue
        assert isinstance(found, Topics) or all(isinstance(item, Draft | Left) for item in found.items)


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_any_page_gives_items_or_a_reason(data: st.DataObject) -> None:
    original = data.draw(st.sampled_from([CRAWLER, PRELOADED]))
    start = data.draw(st.integers(0, len(original)))
    end = data.draw(st.integers(start, min(len(original), start + data.draw(st.integers(0, 3000)))))
    html = original[:start] + data.draw(st.text(max_size=30)) + original[end:]
    try:
        found = parse_html(page(html.encode("utf-8", "replace")))
    except SourceError as error:
        assert_named(error)
        return
    assert all(isinstance(item, Draft | Left) for item in found.items)
