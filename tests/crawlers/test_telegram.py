"""Telegram's preview and widget: what a message says, what stands in place of it, and which messages are gone."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.errors import SourceError
from crawlers.cursor import Cursor
from crawlers.platforms.telegram import embed_address, missing, parse, parse_post, parse_preview
from crawlers.platforms.telegram_message import count
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.page import Found, Page
from crawlers.spiders.telegram_channel import MAX_PROBES, Options, Spider

PAGES = Path(__file__).parent / "pages" / "telegram_channel"
PREVIEW = (PAGES / "preview.html").read_text(encoding="utf-8")
WIDGET = (PAGES / "widget.html").read_text(encoding="utf-8")
GONE = (PAGES / "widget_gone.html").read_bytes()
CHANNEL = "https://t.me/s/jardin_lilas"


def page(html: str | bytes, url: str = CHANNEL, **headers: str) -> Page:
    return Page(url, html if isinstance(html, bytes) else html.encode(), headers)


def message(number: int, inner: str, date: str = "2026-10-04T08:15:00+00:00") -> str:
    link = f'<a class="tgme_widget_message_date" href="https://t.me/jardin_lilas/{number}"><time datetime="{date}"></time></a>'
    return (
        f'<div class="tgme_widget_message_wrap"><div class="tgme_widget_message" data-post="jardin_lilas/{number}">'
        f'<div class="tgme_widget_message_bubble">{inner}{link}</div></div></div>'
    )


def text(words: str) -> str:
    return f'<div class="tgme_widget_message_text js-message_text">{words}</div>'


def one(inner: str) -> Draft:
    (found,) = parse_preview(page(message(7, inner))).items
    assert isinstance(found, Draft)
    return found


def reason(html: str | bytes, url: str = CHANNEL) -> str:
    with pytest.raises(SourceError) as raised:
        parse_preview(page(html, url))
    assert "\n" not in str(raised.value)
    return raised.value.reason


# --- what a message says


def test_a_page_is_read_twice_alike() -> None:
    read = page(PREVIEW)
    assert parse(read) == parse(read) == parse_preview(read)


def test_the_words_of_others_are_not_the_channels() -> None:
    found = parse(page(PREVIEW)).items
    said = "\n".join(item.text for item in found if isinstance(item, Draft))
    for others in (
        "Les bulbes sont arrivés…",
        "Un automne doux",
        "not supported",
        "Please open Telegram",
        "VIEW IN",
        "Anonymous Poll",
        "La secrétaire",
    ):
        assert others not in said
    assert all(item.account == "jardin_lilas" and item.title is None for item in found if isinstance(item, Draft))


def test_an_answer_and_a_forward_name_what_they_come_from() -> None:
    reply = '<a class="tgme_widget_message_reply" href="/jardin_lilas/3?single"><div class="tgme_widget_message_text">Citation</div></a>'
    found = one(reply + text("Oui"))
    assert (found.text, found.thread_parent, found.thread_root) == ("Oui", "https://t.me/jardin_lilas/3", None)
    forward = '<div class="tgme_widget_message_forwarded_from">De <a class="tgme_widget_message_forwarded_from_name" href="{}">X</a></div>'
    assert one(forward.format("https://t.me/autre_jardin/9") + text("Oui")).thread_root == "https://t.me/autre_jardin/9"
    assert one(forward.format("https://t.me/autre_jardin") + text("Oui")).thread_root is None, "a channel is no message"
    assert one(forward.format("javascript:alert(1)") + text("Oui")).thread_root is None
    assert one(forward.format("#") + text("Oui")).text == "[message transféré]\n\nOui", "and it says that the words are another's, without the name"
    assert one(forward.format("#") + '<a class="tgme_widget_message_photo_wrap"></a>').text == "", "there is nothing to read"


def test_links_are_those_that_lead_out() -> None:
    inner = text('<a onclick="x" href="?q=%23jardin">#jardin</a> <a href="tg://resolve?domain=x">x</a> <a href="https://a.example/1">ici</a>')
    card = '<a class="tgme_widget_message_link_preview" href="https://b.example/2"><a href="https://c.example/">c</a></a>'
    button = '<a class="tgme_widget_message_inline_button url_button" href="https://d.example/payer">Payer</a>'
    found = one(inner + card + button)
    assert found.links[0] == "https://a.example/1"
    assert {"https://b.example/2", "https://d.example/payer"} <= set(found.links)
    assert not [link for link in found.links if "t.me" in link or link.startswith("tg:")]
    assert "[bouton : Payer]" in found.text


def test_a_message_without_words_keeps_its_kind() -> None:
    photo = one('<a class="tgme_widget_message_photo_wrap" style="background-image:url(x)"></a>')
    assert (photo.text, photo.content_type) == ("", ("IMAGE",))
    preview_only = one(
        text("Voir")
        + '<a class="tgme_widget_message_link_preview" href="https://b.example/"><div class="tgme_widget_message_video_player"></div></a>'
    )
    assert preview_only.content_type == ("TEXT",), "the film is that of the linked page"


@pytest.mark.parametrize(
    ("said", "expected"),
    [("1.58M", 1_580_000), ("4,4K", 4400), ("12 345", 12_345), ("12\u202f345 abonnés", 12_345), ("2 805 members", 2805), ("60K members", 60_000),
     ("1,234", 1234), ("0", 0), ("1.2B views", 1_200_000_000), ("", None), ("K", None), ("beaucoup", None), ("1.2.3K", None), ("9" * 500, int("9" * 15))],
)  # fmt: skip
def test_counts_as_telegram_writes_them(said: str, expected: int | None) -> None:
    assert count(said) == expected


def test_a_time_that_is_none_is_no_guess() -> None:
    (found,) = parse_preview(page(message(7, text("Hier"), date="hier"))).items
    assert isinstance(found, Draft)
    assert found.published_at is None


# --- the page before, and the end


def test_the_page_before_is_on_the_same_host() -> None:
    more = '<a class="js-messages_more" data-before="4" href="{}"></a>' + message(4, text("Oui"))
    assert parse_preview(page(more.format("/s/jardin_lilas?before=4"))).next == "https://t.me/s/jardin_lilas?before=4"
    assert parse_preview(page(more.format("https://ailleurs.example/s/x?before=4"))).next is None
    assert parse_preview(page(more.format("/s/jardin_lilas?before="))).next is None
    assert parse_preview(page(more.format("/s/jardin_lilas?before=4"), f"{CHANNEL}?before=4")).next is None, "a page that names itself"


def test_the_beginning_of_a_channel_is_no_alarm_and_silence_in_mid_channel_is_one() -> None:
    empty, silent = (PAGES / "empty.html").read_bytes(), (PAGES / "no_posts_found.html").read_bytes()
    assert parse_preview(page(empty, f"{CHANNEL}?before=700")) == Found(())
    assert parse_preview(page(silent, f"{CHANNEL}?before=12")) == Found(())
    assert reason(silent, f"{CHANNEL}?before=700") == "empty_answer"
    assert reason(empty) == reason(silent) == "empty_answer"


def test_a_page_of_too_many_messages_is_not_telegrams() -> None:
    assert reason(message(1, text("x")) * 1001) == "too_many_items"


def test_photographs_alone_are_no_change_of_markup() -> None:
    photo = '<a class="tgme_widget_message_photo_wrap"></a>'
    assert len(parse_preview(page(message(1, photo) + message(2, photo))).items) == 2


def test_a_redirect_to_the_front_page_is_a_disabled_preview() -> None:
    assert reason((PAGES / "preview_disabled.html").read_bytes(), "https://t.me/jardin_lilas") == "preview_disabled"


def test_walls_have_their_names() -> None:
    with pytest.raises(SourceError, match="bot_wall"):
        parse_preview(page("<p>x</p>", **{"cf-mitigated": "challenge"}))
    with pytest.raises(SourceError, match="bot_wall"):
        parse_post(page("<title>Just a moment...</title>"))
    with pytest.raises(SourceError) as raised:
        parse_post(page((PAGES / "front_page.html").read_bytes()))
    assert raised.value.reason == "not_telegram_post"
    with pytest.raises(SourceError) as raised:
        parse_post(page(PREVIEW))
    assert raised.value.reason == "selector_several"


# --- one message by its address, and those that are gone


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://t.me/jardin_lilas/12", "jardin_lilas/12"),
        ("https://t.me/s/jardin_lilas/12?single", "jardin_lilas/12"),
        ("http://www.telegram.me/jardin_lilas/12/", "jardin_lilas/12"),
        ("https://t.me/jardin_lilas", None),
        ("https://t.me/c/12345/12", None),
        ("https://t.me/+AbCdEf/12", None),
        ("https://t.me/jardin_lilas/0", None),
        ("https://ailleurs.example/jardin_lilas/12", None),
        ("https://[", None),
        ("", None),
    ],
)
def test_the_widget_of_a_link(url: str, expected: str | None) -> None:
    assert embed_address(url) == (f"https://t.me/{expected}?embed=1&mode=tme" if expected else None)


def test_what_was_known_and_is_shown_no_more() -> None:
    shown = ["lilas/10", "lilas/12", "lilas/20", "autre/5"]
    known = ["lilas/9", "lilas/10", "lilas/11", "lilas/13", "lilas/100", "autre/4", "rose/11", "sans numéro", "lilas/2"]
    assert missing(known, shown) == ["lilas/11", "lilas/13"]
    assert missing([], shown) == missing(known, []) == []


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
    known = {"name": "lilas", "title": "Lilas", "kind": "telegram_channel", "purpose": "veille de prévention", "legal_basis": "intérêt légitime"}
    return Options.model_validate(known | {"channel": "jardin_lilas"} | fields)


def spider(tmp_path: Path, known: dict[str, str]) -> tuple[Spider, Keeper]:
    cursor = Cursor(tmp_path / "lilas.json")
    cursor.note_items(known)
    cursor.save()
    keeper = Keeper()
    return Spider(source=source(), keeper=keeper, cursor=Cursor(tmp_path / "lilas.json"), house=None), keeper  # type: ignore[arg-type]


def test_a_known_message_that_is_shown_no_more_is_looked_for(tmp_path: Path) -> None:
    known = {f"jardin_lilas/{number}": f"https://t.me/jardin_lilas/{number}" for number in range(1, 60)}
    reader, keeper = spider(tmp_path, known)
    out = list(reader.first(page(PREVIEW)))
    asked = [request.url for request in out if not isinstance(request, Draft | Left)]
    assert asked == ["https://t.me/jardin_lilas/46?embed=1&mode=tme", "https://t.me/s/jardin_lilas?before=40"]
    older = "".join(message(number, text("Ancien")) for number in (5, 39))
    asked = [request.url for request in reader.first(page(older, f"{CHANNEL}?before=40")) if not isinstance(request, Draft | Left)]
    assert len(asked) == MAX_PROBES - 1, "at most twenty in a run"
    assert asked[0] == "https://t.me/jardin_lilas/38?embed=1&mode=tme", "the newest first"
    assert list(reader.probe(page(GONE), "https://t.me/jardin_lilas/46")) == []
    assert keeper.calls == [("gone", "https://t.me/jardin_lilas/46")]


def test_a_message_that_is_there_after_all_is_read_and_another_failure_is_no_deletion(tmp_path: Path) -> None:
    reader, keeper = spider(tmp_path, {})
    assert [item.platform_id for item in reader.probe(page(WIDGET), "https://t.me/jardin_lilas/63")] == ["jardin_lilas/63"]
    with pytest.raises(SourceError) as raised:
        list(reader.probe(page((PAGES / "widget_nobody.html").read_bytes()), "https://t.me/jardin_lilas/63"))
    assert raised.value.reason == "no_such_channel"
    assert keeper.calls == []


def test_the_options_of_a_channel() -> None:
    assert source().addresses() == ("https://t.me/s/jardin_lilas",)
    assert source().own_hosts() == {"t.me", "www.t.me"}
    assert source(url="http://127.0.0.1:8123/").addresses() == ("http://127.0.0.1:8123/s/jardin_lilas",)
    for wrong in ("@jardin_lilas", "+AbCdEf123", "c/123", "1jardin", "abc", "jardin lilas", "jardin_lilas/3"):
        with pytest.raises(ValidationError):
            source(channel=wrong)


def assert_named(error: SourceError) -> None:
    assert error.reason.replace("_", "").isalnum()


# --- hostile pages


@pytest.mark.parametrize(
    "inner",
    [
        "<div>" * 200_000 + text("x"),
        text("<b>" * 200_000 + "x"),
        text("a" * 3_000_000),
        text("<p>" * 100_000),
        f'<div class="{"a " * 500_000}">x</div>' + text("x"),
        "<a class='tgme_widget_message_date'><time datetime='2026-99-99T00:00:00'></time></a>" * 5000 + text("x"),
        text("<a href='https://[::1'>x</a><a href='?q=\ud800'>y</a>\x00z"),
        '<div class="tgme_widget_message_text js-message_text">' * 3000,
        "<div>" * 200 + text("x") * 10_000,
        text("x") + '<i class="media_not_supported_cont"></i>xyz' * 30_000,
        "<a class='tgme_widget_message_date'><div>" * 100 + "<time datetime='2026-10-04'></time>" * 30_000,
        '<div class="tgme_widget_message" data-post="jardin_lilas/1">' * 3000,
    ],
    ids=[
        "nested",
        "nested in text",
        "one letter",
        "paragraphs",
        "class",
        "dates",
        "links",
        "texts in texts",
        "deep texts",
        "filler side by side",
        "dates in dates",
        "messages in messages",
    ],
)
def test_hostile_messages_end_soon(inner: str) -> None:
    begun = time.process_time()  # the clock would measure other tests too
    body = (message(7, inner) + message(8, text("Bonjour"))).encode("utf-8", "surrogatepass")
    try:
        found = parse(page(body)).items
        assert all(isinstance(item, Draft | Left) for item in found)
    except SourceError as error:
        assert_named(error)
    assert time.process_time() - begun < 10


@given(st.data())
@settings(max_examples=120, deadline=None)
def test_any_page_gives_items_or_a_reason(data: st.DataObject) -> None:
    original = data.draw(st.sampled_from([PREVIEW, WIDGET]))
    start = data.draw(st.integers(0, len(original)))
    end = data.draw(st.integers(start, min(len(original), start + data.draw(st.integers(0, 4000)))))
    put = data.draw(
        st.one_of(
            st.text(max_size=30),
            st.sampled_from(["", "<div>", "</div>", '"', "<a href=", "\x00", 'data-post="', "<!--", '<div class="tgme_widget_message">']),
        )
    )
    html = original[:start] + put + original[end:]
    for read in (parse, parse_preview, parse_post):
        try:
            found = read(page(html.encode("utf-8", "replace")))
        except SourceError as error:
            assert_named(error)
            continue
        assert all(isinstance(item, Draft | Left) for item in found.items)
