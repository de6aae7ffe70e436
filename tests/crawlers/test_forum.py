"""Forums: engines, threads, sections, dates, addresses, blind spots, and the spider."""

from __future__ import annotations

import contextlib
import json
import random
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import scrapy
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigError, SourceError
from crawlers.cursor import Cursor
from crawlers.platforms import flarum, lemmy
from crawlers.platforms.css import find, parse_css
from crawlers.platforms.forum import engine_of, parse, parse_listing, parse_section, parse_thread, read_saved
from crawlers.platforms.forum_addresses import clean_address, names_post, thread_address
from crawlers.platforms.forum_posts import number_in
from crawlers.platforms.forum_profiles import FILE, load, profiles
from crawlers.platforms.forum_times import Clock, clock_of, zone_of
from crawlers.reading.drafts import Draft, Left
from crawlers.reading.page import Found, Page
from crawlers.spiders.forum import Options, Spider

PAGES = Path(__file__).parent / "pages" / "forum"
BOARD = "https://forum.exemple.test/"
SERVED = {"date": "Tue, 14 May 2024 16:00:00 GMT"}


def saved(name: str, *, url: str = BOARD, headers: dict[str, str] | None = None) -> Page:
    return Page(url, (PAGES / name).read_bytes(), headers or {})


def reason(page: Page, read: Any = parse) -> str:
    with pytest.raises(SourceError) as raised:
        read(page)
    message = str(raised.value)
    assert "\n" not in message
    assert page.url in message
    return raised.value.reason


# engines


@pytest.mark.parametrize(
    ("name", "engine"),
    [
        ("phpbb.html", "phpbb"), ("phpbb30_page2.html", "phpbb"), ("section_phpbb.html", "phpbb"), ("vbulletin3.html", "vbulletin3"),
        ("vbulletin4.html", "vbulletin4"), ("vbulletin5.html", "vbulletin5"), ("xenforo1.html", "xenforo1"), ("xenforo2.html", "xenforo2"),
        ("smf20.html", "smf"), ("smf21.html", "smf"), ("mybb.html", "mybb"), ("fluxbb.html", "fluxbb"), ("punbb.html", "punbb"),
        ("askbot.html", "askbot"), ("reddit_old.html", "reddit_old"), ("reddit.html", "reddit"), ("lemmy_page.html", "lemmy"),
        ("lemmy_html.html", "lemmy"), ("flarum_page.html", "flarum"), ("blog.html", None), ("robot.html", None),
    ],
)  # fmt: skip
def test_engines_are_recognised(name: str, engine: str | None) -> None:
    assert engine_of(saved(name)) == engine


def test_a_post_that_links_to_another_engine_does_not_decide() -> None:
    body = (PAGES / "mybb.html").read_text(encoding="utf-8").replace("Résine :", '<a href="https://www.phpbb.com/">phpBB</a> Résine :')
    assert engine_of(Page(BOARD, body.encode())) == "mybb"


def test_the_credits_decide_where_no_mark_is_found() -> None:
    page = Page(BOARD, b"<body><p>Accueil</p><a href='https://www.phpbb.com/'>phpBB</a></body>")
    assert engine_of(page) == "phpbb"


# threads


def test_session_marks_leave_no_trace() -> None:
    for name in ("phpbb.html", "vbulletin3.html", "smf20.html"):
        found = repr(read_saved(saved(name)))
        for mark in ("sid=", "PHPSESSID", "0f0f0f0f", "0123456789abcdef"):
            assert mark not in found


def test_quotes_signatures_and_edit_notes_are_not_the_authors_words() -> None:
    for path in PAGES.glob("*.html"):
        try:
            items = read_saved(saved(path.name)).items
        except SourceError:
            continue
        text = " ".join(item.text for item in items if isinstance(item, Draft))
        for other in ("a écrit", "Envoyé par", "a dit", "Citation de", "ernière modification", "ernière édition", "Mon carnet :", "Radio-écouteur",
                      "Jardin secret", "Soufflet percé", "Pain quotidien", "proverbe", "Cliquez pour agrandir", "Tout sélectionner"):  # fmt: skip
            assert other not in text, path.name


def test_relative_dates_need_the_date_of_the_answer() -> None:
    last = read_saved(saved("phpbb30_page2.html", headers=SERVED)).items[-1]
    assert isinstance(last, Draft)
    assert last.published_at == datetime(2024, 5, 13, 8, 12, tzinfo=UTC)  # "Hier, 10:12" at UTC+2
    without = read_saved(saved("phpbb30_page2.html")).items[-1]
    assert isinstance(without, Draft)
    assert without.published_at is None


def test_a_quote_from_another_page_gets_the_address_that_its_post_has_there() -> None:
    first = read_saved(saved("xenforo2.html")).items[0]
    assert isinstance(first, Draft)
    assert first.thread_parent == "https://forum.exemple.test/threads/four-a-bois-quelle-brique.508/post-8990"


def test_a_base_or_canonical_link_of_another_site_is_not_believed() -> None:
    body = (PAGES / "phpbb.html").read_bytes().replace(b"forum.exemple.test", b"journal.example")
    for item in parse(Page("https://forum.exemple.test/viewtopic.php?t=42", body)).items:
        assert isinstance(item, Draft)
        assert item.url.startswith(BOARD)
        assert item.thread_root == "https://forum.exemple.test/viewtopic.php?t=42"


def test_a_post_shown_twice_is_one_post() -> None:
    body = (PAGES / "punbb.html").read_text(encoding="utf-8")
    post = body[body.index('<div class="post odd') : body.index("</div></div>\n<p id=")]
    items = parse_thread(Page(BOARD, body.replace(post, post + post).encode())).items
    assert [type(item) for item in items] == [Draft, Left]
    assert items[1] == Left(reason="shown_twice", status="duplicate")


def test_a_post_without_a_number_spoils_no_other() -> None:
    body = (PAGES / "phpbb.html").read_bytes().replace(b'<div id="p312"', b'<div id="pub"')
    items = parse_thread(Page(BOARD, body)).items
    assert [item.reason if isinstance(item, Left) else item.platform_id for item in items] == ["311", "no_address", "313"]


def test_more_posts_than_any_page_shows_are_left_aloud() -> None:
    post = "<div id='p{0}' class='post'><p class='author'><span class='username'>a</span><time datetime='2024-01-01'></time></p><div class='content'>x</div></div>"
    page = Page(BOARD, ("<body id='phpbb'>" + "".join(post.format(number) for number in range(2100)) + "</body>").encode())
    items = parse_thread(page).items
    assert len(items) == 2001
    assert items[-1] == Left(reason="too_many_posts", status="set_aside")


# sections


def test_a_section_names_its_threads_and_goes_on() -> None:
    threads, further = parse_listing(saved("section_phpbb.html"))
    assert threads == ("https://forum.exemple.test/viewtopic.php?t=42", "https://forum.exemple.test/viewtopic.php?t=40")
    assert further == "https://forum.exemple.test/viewforum.php?f=5&start=50"


def test_a_row_changes_with_its_last_post_and_not_with_its_views() -> None:
    body = (PAGES / "section_phpbb.html").read_text(encoding="utf-8")
    before, _ = parse_section(Page(BOARD, body.encode()))
    seen, _ = parse_section(Page(BOARD, body.replace(">812 ", ">813 ").encode()))
    answered, _ = parse_section(Page(BOARD, body.replace("jeu. 1 févr. 2024 11:00", "sam. 3 févr. 2024 09:00").encode()))
    assert None not in before.values()
    assert seen == before
    assert [before[url] == answered[url] for url in before] == [False, True]


@pytest.mark.parametrize(
    ("engine", "rows", "threads", "further"),
    [
        ("vbulletin3", '<table><tr><td id="td_threadtitle_9"><a href="showthread.php?s=00000000000000000000000000000000&amp;t=9" id="thread_title_9">T</a></td>'
         '<td title="Réponses: 3, Affichages: 60">x</td></tr></table><div class="pagenav"><a rel="next" href="forumdisplay.php?f=2&amp;page=2">&gt;</a></div>',
         ["showthread.php?t=9"], "forumdisplay.php?f=2&page=2"),
        ("vbulletin4", '<ol id="threads"><li class="threadbit" id="thread_9"><h3 class="threadtitle"><a class="title" href="showthread.php?9-T" id="thread_title_9">T</a></h3>'
         '<dl class="threadlastpost td"><dd>Hier</dd></dl></li></ol>', ["showthread.php?9-T"], None),
        ("vbulletin5", '<table><tr class="topic-item"><td class="cell-topic"><a href="https://forum.exemple.test/forum/a/9-t" class="topic-title js-topic-title">T</a></td>'
         '<td class="cell-lastpost">hier</td></tr></table>', ["forum/a/9-t"], None),
        ("xenforo2", '<div class="structItem structItem--thread"><div class="structItem-title"><a href="/forums/a/?prefix_id=1" class="labelLink">L</a>'
         '<a href="/threads/t.9/unread" data-tp-primary="on">T</a></div><time class="structItem-latestDate u-dt" datetime="2024-01-01T00:00:00+0100">x</time></div>'
         '<a href="/forums/a/page-2" class="pageNav-jump pageNav-jump--next">Suivant</a>', ["threads/t.9/"], "forums/a/page-2"),
        ("xenforo1", '<ol><li class="discussionListItem" id="thread-9"><h3 class="title"><a href="?prefix_id=1" class="prefixLink">P</a><a href="threads/t.9/">T</a></h3>'
         '<dl class="lastPostInfo"><dd class="lastPost"><abbr class="DateTime" data-time="1">x</abbr></dd></dl></li></ol>', ["threads/t.9/"], None),
        ("smf", '<div id="messageindex"><table><tr><td class="subject"><span id="msg_4"><a href="https://forum.exemple.test/index.php?topic=9.0">T</a></span>'
         '<small><a href="?topic=9.msg8#new">x</a></small></td><td class="lastpost">Hier</td></tr></table></div><div class="pagelinks">Pages: [<strong>1</strong>] '
         '<a class="navPages" href="https://forum.exemple.test/index.php?board=1.20">2</a></div>', ["index.php?topic=9.0"], "index.php?board=1.20"),
        ("mybb", '<table><tr class="inline_row"><td><span class=" subject_new" id="tid_9"><a href="showthread.php?tid=9&amp;action=lastpost">T</a></span></td>'
         '<td><span class="lastpost smalltext">Hier</span></td></tr></table>', ["showthread.php?tid=9"], None),
        ("fluxbb", '<div id="vf"><table><tbody><tr><td class="tcl"><div class="tclcon"><div><a href="viewtopic.php?id=9">T</a> [<a href="viewtopic.php?id=9&amp;p=2">2</a>]'
         '</div></div></td><td class="tcr"><a href="viewtopic.php?pid=1#p1">Hier</a></td></tr></tbody></table></div>', ["viewtopic.php?id=9"], None),
        ("punbb", '<div id="brd-viewforum"><div class="main-item"><div class="item-subject"><h3 class="hn"><a href="viewtopic.php?id=9">T</a></h3></div>'
         '<ul><li class="info-lastpost">Hier</li></ul></div></div>', ["viewtopic.php?id=9"], None),
    ],
)  # fmt: skip
def test_sections_of_every_engine(engine: str, rows: str, threads: list[str], further: str | None) -> None:
    page = Page(BOARD, f"<html><body>{rows}</body></html>".encode())
    found, then = parse_section(page, engine=engine)
    assert list(found) == [BOARD + thread for thread in threads]
    assert None not in found.values()
    assert then == (further and BOARD + further)


# blind spots


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("connexion.html", "login_required"), ("sujet_disparu.html", "no_such_thread"), ("robot.html", "bot_wall"), ("blog.html", "not_a_forum"),
        ("section_phpbb.html", "not_a_thread"), ("phpbb_sans_texte.html", "selector_none"), ("phpbb_sans_auteur.html", "selector_none"),
        ("xenforo_deux_auteurs.html", "selector_several"), ("lemmy_inconnue.json", "no_such_thread"), ("lemmy_privee.json", "login_required"),
        ("lemmy_vide.json", "empty_answer"), ("flarum_refus.json", "login_required"), ("flarum_sans_etat.html", "script_shell"),
    ],
)  # fmt: skip
def test_blind_spots_have_names(name: str, expected: str) -> None:
    assert reason(saved(name)) == expected


@pytest.mark.parametrize(
    "words",
    [
        "Vous devez être connecté pour voir cette page.", "Vous devez vous identifier pour lire ce forum.", "You must be logged in to do that.",
        "You are not logged in or you do not have permission to access this page.", "Vous n'êtes pas connecté(e) ou vous n'avez pas les droits.",
        "Vous n’êtes pas autorisé à lire ce forum.", "Vous n'avez pas la permission de voir cette page.", "Only registered members may read this.",
        "Les membres du groupe requis… Seuls les membres inscrits lisent cette section.", "Du musst angemeldet sein, um diesen Bereich zu sehen.",
    ],
)  # fmt: skip
def test_a_page_that_asks_for_an_account(words: str) -> None:
    assert reason(Page(BOARD, f"<body id='phpbb'><p>{words}</p></body>".encode())) == "login_required"


@pytest.mark.parametrize(
    "words",
    [
        "Le sujet que vous avez demandé n’existe pas.", "Le sujet ou la section que vous cherchez semble ne pas exister.", "La discussion demandée est introuvable.",
        "The requested topic does not exist.", "The requested thread could not be found.", "No thread specified.", "The specified thread does not exist.",
        "The topic or board you are looking for appears to be either missing or off limits to you.", "Le lien que vous avez suivi est incorrect ou périmé.",
        "La discussion demandée n'a pas pu être trouvée.", "La discussion n'est pas spécifiée.", "Das gewünschte Thema existiert nicht.",
    ],
)  # fmt: skip
def test_a_thread_that_is_gone(words: str) -> None:
    assert reason(Page(BOARD, f"<body id='phpbb'><p>{words}</p></body>".encode())) == "no_such_thread"


@pytest.mark.parametrize(
    ("mark", "rest", "expected"),
    [
        ("<body id='phpbb' class='section-index'>", "<a class='forumtitle' href='viewforum.php?f=2'>Potager</a>", "not_a_thread"),
        ("<body id='phpbb'>", "<form id='agreement'></form>", "not_a_thread"),
        ("<body><script src='vbulletin_global.js'></script>", "<td class='alt1Active' id='f12'><a href='f12'>Potager</a></td>", "not_a_thread"),
        ("<body><ol id='threads'><li class='threadbit'></li></ol>", "<li class='forumbit_post'>Potager</li>", "not_a_thread"),
        ("<body><script>var smf_theme_url = ''</script>", "<form><input name='passwrd2'></form>", "not_a_thread"),
        ("<body><span id='tid_'></span>", "<strong><a href='forumdisplay.php?fid=2'>Potager</a></strong>", "not_a_thread"),
        ("<body><div id='punviewforum'></div>", "<div id='punsearch'></div>", "not_a_thread"),
        ("<body id='phpbb'>", "<p>Rien</p>", "selector_none"),
    ],
)  # fmt: skip
def test_pages_of_a_forum_without_threads_are_no_change_of_markup(mark: str, rest: str, expected: str) -> None:
    assert reason(Page(BOARD, f"<html>{mark}{rest}".encode())) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Il n’y a aucun sujet dans ce forum.", "empty_answer"),
        ("There are no topics or posts in this forum.", "empty_answer"),
        ("Rien", "selector_none"),
    ],
)
def test_an_empty_section_says_so(words: str, expected: str) -> None:
    assert reason(Page(BOARD, f"<body id='phpbb'><p>{words}</p></body>".encode()), parse_section) == expected


def test_other_themes_of_vbulletin_3_and_other_languages() -> None:
    body = (PAGES / "vbulletin3.html").read_text(encoding="utf-8")
    body = re.sub(r'<table (id="post\d+".*?)</table></div></div></div>', r"<section \1</section></div></div></div>", body, flags=re.DOTALL)
    body = re.sub(r"(\d\d/05/2011, \d\dh\d\d)", r"<span itemprop='dateCreated'>\1</span>", body).replace("Citation:", "Zitat:")
    first, second = parse(Page(BOARD, body.encode())).items
    assert isinstance(first, Draft)
    assert isinstance(second, Draft)
    assert (first.account, str(first.published_at)) == ("Théodule", "2011-05-12 14:33:00+01:00")
    assert second.text.startswith("Oui, et débranche")
    assert second.thread_parent == first.url


OLD_POST = """<table class="tablebg"><tr><td><a name="p{0}"></a><b class="postauthor">Aline</b></td><td class="gensmall"><div><b>Sujet du message :</b> Semis</div>
<div><a href="./viewtopic.php?p={0}#p{0}"><img></a><b>Publié :</b> 3 mars 2026, 14:0{0}</div></td></tr>
<tr><td class="profile"><span class="postdetails"><b>Inscription :</b> 1 mars 2012, 19:33</span></td><td><div class="postbody">Message {0}</div></td></tr></table>"""


def test_the_older_style_of_phpbb_dates_its_posts() -> None:
    found = parse(Page(f"{BOARD}viewtopic.php?t=4", ("<html><body>" + OLD_POST.format(1) + OLD_POST.format(2)).encode())).items
    assert [(item.text, str(item.published_at)) for item in found if isinstance(item, Draft)] == [
        ("Message 1", "2026-03-03 14:01:00+00:00"), ("Message 2", "2026-03-03 14:02:00+00:00"),
    ]  # fmt: skip


def test_a_forum_that_talks_of_connecting_is_read_all_the_same() -> None:
    body = (PAGES / "punbb.html").read_text(encoding="utf-8").replace("La voix grave frise.", "Vous devez être connecté ? Le sujet n'existe pas.")
    assert len(parse_thread(Page(BOARD, body.encode())).items) == 1


def test_an_unknown_engine_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'phpbb'"):
        parse_thread(saved("phpbb.html"), engine="phpbbb")


# addresses


@pytest.mark.parametrize(
    ("url", "clean"),
    [
        ("https://f.test/viewtopic.php?t=1&sid=a:a09a41d3#p2", "https://f.test/viewtopic.php?t=1"),
        ("https://f.test/index.php?PHPSESSID=x&topic=1.0;all", "https://f.test/index.php?topic=1.0;all"),
        ("https://f.test/showthread.php?s=e3c94620532c949b2327d48f00d1bda8&p=5", "https://f.test/showthread.php?p=5"),
        ("https://f.test/recherche?s=compost", "https://f.test/recherche?s=compost"),  # a word sought, not a session
        ("https://f.test/a;jsessionid=77AB.node1?x=1", "https://f.test/a?x=1"),
        ("https://f.test/index.php?threads/a.1/", "https://f.test/index.php?threads/a.1/"),
        ("mailto:x@f.test", ""), ("javascript:void(0)", ""), ("https://[", ""), ("", ""), ("https://f.test/" + "a" * 3000, ""),
    ],
)  # fmt: skip
def test_addresses_without_sessions(url: str, clean: str) -> None:
    assert clean_address(url) == clean
    assert clean_address(clean) == clean


@pytest.mark.parametrize(
    ("engine", "url", "first"),
    [
        ("phpbb", "https://f.test/viewtopic.php?f=2&t=1&start=30", "https://f.test/viewtopic.php?t=1"),
        ("xenforo2", "https://f.test/threads/a.1/page-12", "https://f.test/threads/a.1/"),
        ("xenforo2", "https://f.test/index.php?threads/a.1/page-2", "https://f.test/index.php?threads/a.1/"),
        ("smf", "https://f.test/index.php?topic=61.msg880;topicseen", "https://f.test/index.php?topic=61.0"),
        ("smf", "https://f.test/index.php/topic,61.15.html", "https://f.test/index.php/topic,61.0.html"),
        ("mybb", "https://f.test/thread-22-post-13.html", "https://f.test/thread-22.html"),
        ("mybb", "https://f.test/showthread.php?tid=2&page=3", "https://f.test/showthread.php?tid=2"),
        ("vbulletin4", "https://f.test/showthread.php?12-Titre/page4", "https://f.test/showthread.php?12-Titre"),
        ("fluxbb", "https://f.test/viewtopic.php?id=3&p=2", "https://f.test/viewtopic.php?id=3"),
    ],
)  # fmt: skip
def test_every_page_of_a_thread_has_one_root(engine: str, url: str, first: str) -> None:
    thread = next(profile.thread for profile in profiles().engines if profile.name == engine)
    assert thread_address(url, first_page=thread.first_page, drop=thread.drop) == first
    assert thread_address(first, first_page=thread.first_page, drop=thread.drop) == first


def test_a_permalink_names_its_post_outside_the_fragment() -> None:
    assert names_post("https://f.test/viewtopic.php?p=12#p12", "12")
    assert not names_post("https://f.test/viewtopic.php?t=4#p12", "12")
    assert not names_post("https://f.test/viewtopic.php?t=123", "12")
    assert names_post("https://f.test/index.php?topic=1.msg12", "12")
    assert names_post("https://f.test/r/a/comments/b/c/o8n5/", "t1_o8n5")


# dates and numbers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Dim 12 Mai 2024, 14:33", "2024-05-12T14:33:00+02:00"), ("dim. 14 janv. 2024 10:05", "2024-01-14T10:05:00+02:00"),
        ("hier, 10:12", "2024-05-13T10:12:00+02:00"), ("Aujourd’hui à 09:05:10", "2024-05-14T09:05:10+02:00"), ("avant-hier, 7h05", "2024-05-12T07:05:00+02:00"),
        ("Yesterday, 10:12 pm", "2024-05-13T22:12:00+02:00"), ("le 3 février 2023", "2023-02-03T00:00:00+02:00"), ("1er août 2019 à 8h05", "2019-08-01T08:05:00+02:00"),
        ("30th March 2025, 16:26", "2025-03-30T16:26:00+02:00"), ("Feb 14, 2026 | 12:05 am", "2026-02-14T00:05:00+02:00"),
        ("Décembre 05, 2013, 21:11:10", "2013-12-05T21:11:10+02:00"), ("2024-01-05, 03:27 PM", "2024-01-05T15:27:00+02:00"),
        ("12-05-2024, 02:33 PM", "2024-05-12T14:33:00+02:00"), ("05/13/2024 02:33 PM", "2024-05-13T14:33:00+02:00"), ("13.05.24 14:33", "2024-05-13T14:33:00+02:00"),
        ("2010-04-08 23:47:24 -0500", "2010-04-08T23:47:24-05:00"), ("2024-05-12T14:33:00+00:00", "2024-05-12T14:33:00+00:00"),
        ("2014-10-24T09:00:03", "2014-10-24T09:00:03+02:00"), ("1715524380", "2024-05-12T14:33:00+00:00"), ("il y a 3 heures", "2024-05-14T13:00:00+00:00"),
        ("2 days ago", "2024-05-12T16:00:00+00:00"), ("Dernière modification par Jean2012 le 12 Mai 2024, 14:33, modifié 2 fois.", "2024-05-12T14:33:00+02:00"),
        ("Sunday, May 12th, 2024 at 2:33:21 PM GMT+02:00", "2024-05-12T14:33:21+02:00"),
        ("mar. 3 mars 2026 14:05", "2026-03-03T14:05:00+02:00"), ("il y a 5 min", "2024-05-14T15:55:00+00:00"), ("Di 3. Mär 2026, 14:05 Uhr", "2026-03-03T14:05:00+02:00"),
        ("Gestern, 14:05", "2024-05-13T14:05:00+02:00"), ("vor einer Stunde", "2024-05-14T15:00:00+00:00"), ("3 de mayo de 2024 10:00", "2024-05-03T10:00:00+02:00"),
        ("À l'instant", "2024-05-14T16:00:00+00:00"), ("lundi à 14:02", "2024-05-13T14:02:00+02:00"), ("Tuesday at 5:03 PM", "2024-05-07T17:03:00+02:00"),
        ("2h ago", "2024-05-14T14:00:00+00:00"), ("January 9th, 2016, 2:30 am", "2016-01-09T02:30:00+02:00"), ("mardi gras", None),
        ("31 février 2024", None), ("2024-13-45", None), ("3 juil. 2021, 24:00", None), ("bientôt", None), ("", None), ("9" * 5000, None),
    ],
)  # fmt: skip
def test_dates_as_forums_write_them(text: str, expected: str | None) -> None:
    clock = Clock(zone=zone_of(["Le fuseau horaire est UTC+02:00"]), now=datetime(2024, 5, 14, 16, 0, tzinfo=UTC))
    found = clock.read(text)
    assert (found.isoformat() if found else None) == expected


@pytest.mark.parametrize("text", ["hier, 10:12", "aujourd'hui à 09:05", "il y a 3 heures", "à l'instant", "lundi à 10:12"])
def test_relative_dates_are_unknown_without_a_time_of_collection(text: str) -> None:
    assert Clock().read(text) is None


@pytest.mark.parametrize(
    ("note", "hours"),
    [
        ("Fuseau horaire : UTC+1", 1), ("All times are GMT -6. The time now is 6:15 am", -6), ("Heures au format UTC + 1 heure [ Heure d’été ]", 2),
        ("Europe/Paris Le fuseau horaire est UTC+02:00", 2), ("Le fuseau horaire est UTC", 0), ("Toutes les heures sont au format GMT +1.", 1), ("rien", 0),
        ("UTC+99", 0),
    ],
)  # fmt: skip
def test_time_zones(note: str, hours: int) -> None:
    offset = datetime(2024, 7, 1, tzinfo=zone_of([note])).utcoffset()
    assert offset is not None
    assert offset.total_seconds() == hours * 3600


def test_figures_decide_their_own_order() -> None:
    def day(dates: list[str], *, month_first: bool) -> tuple[int, int]:
        found = clock_of(headers={}, notes=(), dates=dates, month_first=month_first).read(dates[0])
        assert found is not None
        return found.day, found.month

    assert day(["02-03-2024", "02-13-2024"], month_first=False) == (3, 2)
    assert day(["02-03-2024", "13-02-2024"], month_first=True) == (2, 3)
    assert day(["02-03-2024"], month_first=True) == (3, 2)
    assert day(["02-03-2024"], month_first=False) == (2, 3)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("48 messages • Page 1 sur 4", 48),
        ("1 204 fois", 1204),
        ("1,204 views", 1204),
        ("Zoé75", None),
        ("et 3 autres", 3),
        ("9" * 400, None),
        ("", None),
        ("-5", None),
    ],
)
def test_numbers(text: str, number: int | None) -> None:
    assert number_in(text) == number


# profiles


def test_every_engine_is_tried_by_a_saved_page() -> None:
    seen = {engine_of(saved(path.name)) for path in PAGES.glob("*.html")}
    assert {profile.name for profile in profiles().engines} <= seen


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("      permalink: h2 a", "      permalinks: h2 a", "engines.fluxbb.post: unknown key 'permalinks'; did you mean 'permalink'?"),
        ("    credits: a[href*=\"//fluxbb", "    crédits: a[href*=\"//fluxbb", "engines.fluxbb: unknown key 'crédits'; did you mean 'credits'?"),
        ("      text: .postmsg", "      text: .postmsg[", "engines.fluxbb.post.text: '.postmsg[' is no CSS selector"),
        ("      text: .postmsg", "      text: ./div[", "engines.fluxbb.post.text: './div[' is no XPath"),
        ("      text: .postmsg", "      text: a + b", "engines.fluxbb.post.text"),
        ("      text: .postmsg", "      text: a::first-line", "::first-line is unknown"),
        ("      text: .postmsg", "      text: a::attr(href), b", "must end alike"),
        ("login_required:  ", "login_requred:  ", "login_required"),
        ("      text: .postmsg\n", "", "engines.fluxbb.post.text: Field required"),
        ("  - (?i)no (?:thread", "  - (?i)no ((thread", "no_such_thread"),
    ],
)  # fmt: skip
def test_a_mistake_names_file_key_and_nearest_name(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    start = text.index("  fluxbb:") if old.startswith("   ") else 0
    assert old in text[start:]
    wrong = tmp_path / "forums.yml"
    wrong.write_text(text[:start] + text[start:].replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load(wrong)
    assert str(wrong) in str(raised.value)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "content", ["", "- a", "engines: 3", "engines: {phpbb: 3}", "a: [", "\ud83d".encode("utf-16", "surrogatepass").decode("latin-1")]
)
def test_a_file_that_is_no_profile(tmp_path: Path, content: str) -> None:
    wrong = tmp_path / "forums.yml"
    wrong.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match="forums.yml"):
        load(wrong)
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "absent.yml")


def test_css_says_what_browsers_say() -> None:
    tree = Page(BOARD, b"<div class='a'><p class='b'>1</p><div class='c'><p class='b d' title='t'>2</p></div></div><p class='b'>3</p>").tree
    texts = lambda css: [one if isinstance(one, str) else one.text for one in parse_css(css)(tree)]
    assert texts(".b") == ["1", "2", "3"]
    assert texts(".a .b") == ["1", "2"]
    assert texts(".a > .b") == ["1"]
    assert texts(".a .c .b") == ["2"]
    assert texts(".c .a .b") == []
    assert texts(".c .b, .b") == ["1", "2", "3"]
    assert texts(".a .b:not(.d)::text") == ["1"]
    assert texts("p::attr(title)") == ["t"]
    inner = find((".c",), tree)[0]
    assert [one.text for one in parse_css(".a .b")(inner)] == ["2"]  # as querySelectorAll, which looks above its element too


# Lemmy


def test_lemmy_goes_on_by_cursor_else_by_number() -> None:
    full = [{"post": {"ap_id": f"https://l.test/post/{n}", "name": "t", "body": "x"}, "creator": {}, "community": {}} for n in range(2)]
    url = "https://l.test/api/v3/post/list?community_name=c&limit=2&page=1"
    body = lambda **more: json.dumps({"posts": full, **more}).encode()
    assert lemmy.parse(Page(url, body())).next == url.replace("page=1", "page=2")
    assert lemmy.parse(Page(url, body(next_page="Pab"))).next == "https://l.test/api/v3/post/list?community_name=c&limit=2&page_cursor=Pab"
    assert lemmy.parse(Page(url.replace("limit=2", "limit=9"), body())).next is None
    assert lemmy.parse(Page("https://l.test/api/v3/comment/list?page=2", b'{"comments":[]}')) == Found(())


@pytest.mark.parametrize(
    ("url", "number"), [("https://l.test/c/ruches@autre.test", 2), ("https://l.test/post/12", 2), ("https://l.test/u/x", 0), ("https://l.test/", 0)]
)
def test_lemmy_addresses(url: str, number: int) -> None:
    assert len(lemmy.api_addresses(url)) == number


def test_lemmy_shows_html_as_written() -> None:
    view = {"post": {"ap_id": "https://l.test/post/1", "name": "t", "body": "<b>gras</b> [x](javascript:alert(1))"}, "creator": {}, "community": {}}
    (item,) = lemmy.parse(Page("https://l.test/api/v3/post", json.dumps({"post_view": view}).encode())).items
    assert isinstance(item, Draft)
    assert "<b>gras</b>" in item.text
    assert item.links == ()


# Flarum


def test_flarum_names_its_discussions() -> None:
    body = b'{"data":[{"type":"discussions","id":"5","attributes":{"lastPostedAt":"2024-01-01"}},{"type":"discussions","id":"x/../1"},7],"links":{"next":"https://f.test/api/discussions?page%5Boffset%5D=20"}}'
    threads, further = flarum.parse_discussions(Page("https://f.test/forum/api/discussions", body))
    assert threads == {"https://f.test/forum/api/posts?filter%5Bdiscussion%5D=5&include=user,discussion&page%5Blimit%5D=50": "2024-01-01"}
    assert further == "https://f.test/api/discussions?page%5Boffset%5D=20"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://f.test/d/12-titre/4", "https://f.test/api/posts?filter%5Bdiscussion%5D=12&include=user,discussion&page%5Blimit%5D=50"),
        ("https://f.test/forum/t/cuisine", "https://f.test/forum/api/discussions?sort=-lastPostedAt&filter%5Btag%5D=cuisine&page%5Blimit%5D=20"),
        ("https://f.test/", "https://f.test/api/discussions?sort=-lastPostedAt&page%5Blimit%5D=20"),
    ],
)
def test_flarum_addresses(url: str, expected: str) -> None:
    assert flarum.listing_address(url) == expected


# hostile pages


@pytest.mark.parametrize(
    "body",
    [
        b"<body id='phpbb'>" + b"<div class='post' id='p1'>" * 20_000,
        b"<div id='posts'><table id='post1'><tr><td class='thead'><a name='post1'></a>x" + b"<div style='margin'><div>Quote</div>" * 8000,
        b"<body><div class='pagelinks'>" + b"<strong>1</strong>" * 8000 + b"<a class='navPages' href='x'>2</a>" * 8000 + b"<div class='post_wrapper'>",
        b"<body><div class='pagelinks'>" + b"<b class='current_page'>1</b>" * 8000 + b"<a class='nav_page'>2</a>" * 8000 + b"<div class='post_wrapper'>",
        b"<ul id='messageList'><li class='message' id='post-1'>" + b"<div class='messageUserInfo'>" * 200 + b"<a class='username'>x</a>" * 8000,
        b"<body id='phpbb'><div class='post' id='p1'><div class='content'>" + b"a" * 5_000_000,
        b"<body id='phpbb'><div class='post' id='p" + b"1" * 2_000_000 + b"'><div class='content'>x",
        b"<body id='phpbb'><p>vous devez " + "connecté ".encode() * 100_000,
        b"<body id='phpbb'><p>le sujet " + b"que vous cherchez " * 100_000,
        b"<p>" * 200_000,
        b"\x00" * 1000 + b"<body id='phpbb'>\x00<div class='post' id='p1\x00'><div class='content'>\x00",
        b'{"posts":' + b"[" * 100_000, b'{"data":' + b'{"a":' * 100_000, b"{", b"[]", b"[1]", b'{"posts":{}}', b'{"data":null,"included":[null]}',
        b'{"errors":[]}', b'{"errors":7}', b'{"error":{"a":1}}', b"", b" ", b"<", b"\xff\xfe",
    ],
    ids=range(25),
)  # fmt: skip
def test_hostile_pages_end_soon_with_a_reason(body: bytes) -> None:
    for read in (parse, parse_section):
        start = time.process_time()  # the clock would measure other tests too
        with contextlib.suppress(SourceError):
            assert read(Page(BOARD, body))
        assert time.process_time() - start < 5


def test_a_page_of_countless_tags_is_not_read() -> None:
    page = Page(BOARD, b"<body id='phpbb'>" + b"<i></i>" * 100_000)
    assert reason(page) == "too_large"
    assert reason(page, lambda one: parse_thread(one, engine="phpbb")) == "too_large"
    assert reason(page, lambda one: parse_section(one, engine="phpbb")) == "too_large"


HTML = sorted(path.name for path in PAGES.glob("*.html"))
PIECES = [
    b"<div>",
    b"</div>",
    b"<blockquote>",
    b"</li>",
    b"<a href='https://[",
    b"\x00",
    b"\xed\xa0\x80",
    b"&#55555;",
    b"<!--",
    b"]]>",
    b"'",
    b'"',
    b"9" * 50,
    "é".encode(),
]


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(HTML), seed=st.integers(0, 2**32), changes=st.integers(1, 12))
def test_any_change_of_a_page_gives_posts_or_a_reason(name: str, seed: int, changes: int) -> None:
    body, chance = bytearray((PAGES / name).read_bytes()), random.Random(seed)
    for _ in range(changes):
        start = chance.randrange(len(body) + 1)
        end = start + chance.choice((0, 0, 3, 40, 400))
        body[start:end] = chance.choice([*PIECES, bytes(body[start:end]) * 3, b""])
    for read in (parse, read_saved, parse_section):
        try:
            found = read(Page(BOARD, bytes(body), SERVED))
        except SourceError:
            continue
        assert isinstance(found, Found | tuple)


VALUES = st.sampled_from([None, True, 0, -1, 10**30, 1.5, "", "x", "\x00", "0.1.2", "https://[", [], {}, [[]], {"id": None}, "<p>" * 50])


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))]


def changed(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[place[0]] = changed(value[place[0]], place[1:], new)
    return copy


ANSWERS = [json.loads((PAGES / name).read_bytes()) for name in ("lemmy_posts.json", "lemmy_comments.json", "flarum_posts.json")]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_change_of_an_answer_gives_posts_or_a_reason(data: st.DataObject) -> None:
    answer = data.draw(st.sampled_from(ANSWERS))
    for _ in range(data.draw(st.integers(1, 3))):
        answer = changed(answer, data.draw(st.sampled_from(places(answer))), data.draw(VALUES))
    page = Page(BOARD, json.dumps(answer).encode())
    for read in (parse, lemmy.parse, flarum.parse, flarum.parse_discussions):
        try:
            assert isinstance(read(page), Found | tuple)
        except SourceError:
            continue


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_any_text_gives_a_time_or_none(text: str) -> None:
    found = Clock(now=datetime(2024, 5, 14, tzinfo=UTC)).read(text)
    assert found is None or found.tzinfo is not None
    clean_address(text)
    zone_of([text])
    number_in(text)


# the spider


class Notes:
    """What a keeper is told."""

    sated = False

    def __init__(self) -> None:
        self.told: list[str] = []

    def duplicate(self) -> None:
        self.told.append("duplicate")

    def note(self, what: str) -> None:
        self.told.append(what)

    def set_aside(self, url: str, why: str, detail: str) -> None:
        self.told.append(why)


def source(**keys: Any) -> Options:
    words = "Lire un forum public de jardinage"
    return Options.model_validate(
        {"name": "verger", "title": "Le verger", "kind": "forum", "purpose": words, "legal_basis": words, "url": BOARD, **keys}
    )


def spider(tmp_path: Path, **keys: Any) -> Spider:
    return Spider(source=source(**keys), keeper=Notes(), cursor=Cursor(tmp_path / "verger.json"), house=SimpleNamespace())  # type: ignore[arg-type]


def asked(found: Any) -> list[tuple[str, str]]:
    return [(one.url, one.cb_kwargs["step"]) for one in found if isinstance(one, scrapy.Request)]


def test_spider_reads_a_section_then_its_threads(tmp_path: Path) -> None:
    reads = spider(tmp_path, max_pages=2)
    threads = asked(reads.first(saved("section_phpbb.html")))
    assert threads == [
        ("https://forum.exemple.test/viewtopic.php?t=42", "thread"),
        ("https://forum.exemple.test/viewtopic.php?t=40", "thread"),
        ("https://forum.exemple.test/viewforum.php?f=5&start=50", "first"),
    ]
    found = list(reads.thread(saved("phpbb.html")))
    assert sum(isinstance(one, Draft) for one in found) == 3
    assert asked(found) == [("https://forum.exemple.test/viewtopic.php?t=42&start=15", "thread")]
    assert not asked(reads.thread(saved("phpbb.html"), number=2))


def test_spider_stops_at_max_threads(tmp_path: Path) -> None:
    reads = spider(tmp_path, max_threads=1)
    assert len(asked(reads.first(saved("section_phpbb.html")))) == 1
    assert reads.keeper.told == ["limit_reached"]  # type: ignore[attr-defined]


def test_spider_takes_a_thread_as_its_address(tmp_path: Path) -> None:
    assert sum(isinstance(one, Draft) for one in spider(tmp_path).first(saved("xenforo1.html"))) == 2


def test_spider_goes_from_pages_to_apis(tmp_path: Path) -> None:
    community = saved("lemmy_html.html", url="https://lemmy.exemple.test/c/ruches")
    assert [step for _, step in asked(spider(tmp_path).first(community))] == ["lemmy", "lemmy"]
    assert asked(spider(tmp_path).first(saved("flarum_page.html"))) == [(flarum.listing_address(BOARD), "flarum")]
    posts = saved("flarum_posts.json", url="https://forum.exemple.test/api/posts?filter%5Bdiscussion%5D=68")
    found = list(spider(tmp_path, engine="flarum").first(posts))
    assert sum(isinstance(one, Draft) for one in found) == 1
    assert [step for _, step in asked(found)] == ["posts"]
    comments = saved("lemmy_comments.json", url="https://lemmy.exemple.test/api/v3/comment/list")
    assert sum(isinstance(one, Draft) for one in spider(tmp_path, engine="lemmy").first(comments)) == 2


def test_spider_says_what_no_forum_is(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as raised:
        list(spider(tmp_path).first(saved("blog.html")))
    assert raised.value.reason == "not_a_forum"


def test_options() -> None:
    thread = "https://forum.exemple.test/viewtopic.php?t=42"
    assert source(threads=[thread]).addresses() == (BOARD, thread)
    assert source(engine="flarum").addresses() == (flarum.listing_address(BOARD),)
    assert source(engine="lemmy", url="https://l.test/c/a").addresses() == lemmy.api_addresses("https://l.test/c/a")
    with pytest.raises(ValueError, match="did you mean 'phpbb'"):
        source(engine="phpb")
