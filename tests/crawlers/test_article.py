"""The article of a page: which text is taken, what the page says of itself, what stands in its place."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SourceError
from crawlers.reading.drafts import Draft
from crawlers.reading.extract import article
from crawlers.reading.page import Page, decode
from crawlers.reading.times import find_time, parse_time
from crawlers.reading.walls import wall

URL = "https://gazette.test/2026/10/03/le-four"
STORY = "Le jardin partagé ouvre samedi et les bénévoles attendent les habitants du quartier pour planter des bulbes."
LONG = " ".join([STORY] * 4)
SUMMER, WINTER = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))


def read(html: str | bytes, url: str = URL, **headers: str) -> Draft:
    return article(Page(url, html if isinstance(html, bytes) else html.encode(), headers))


def page(body: str, head: str = "", attributes: str = "lang='fr'") -> Draft:
    return read(f"<!doctype html><html {attributes}><head>{head}</head><body>{body}</body></html>")


def reason_of(html: str | bytes, **headers: str) -> str:
    with pytest.raises(SourceError) as raised:
        read(html, **headers)
    assert "\n" not in str(raised.value)
    return raised.value.reason


@pytest.mark.parametrize(
    "furniture",
    [
        "<nav><p>{}</p></nav>", "<footer><p>{}</p></footer>", "<aside><p>{}</p></aside>", "<div class='sidebar'><p>{}</p></div>", "<div id='comments'><p>{}</p></div>",
        "<div class='jp-relatedposts'><p>{}</p></div>", "<div class='shareBar'><p>{}</p></div>", "<section class='newsletter-box'><p>{}</p></section>",
        "<div role='complementary'><p>{}</p></div>", "<p style='color: red; display : none'>{}</p>", "<p hidden>{}</p>", "<div aria-hidden='true'>{}</div>",
        "<noscript>{}</noscript>", "<script>{}</script>", "<style>{}</style>", "<template><p>{}</p></template>", "<!-- {} -->", "<form><p>{}</p></form>",
        "<ul><li><a href='/a'>{}</a></li></ul>", "<div><a href='/a'>{}</a></div>", "<figure><img src='/a.jpg'><figcaption>{}</figcaption></figure>",
        "<div class='cookie-consent'>{}</div>", "<select><option>{}</option></select>", "<button>{}</button>",
    ],
)  # fmt: skip
def test_furniture_is_no_text(furniture: str) -> None:
    other = "Ce texte-là appartient au mobilier de la page et ne doit pas être lu comme un article."
    for html in (
        f"{furniture.format(other)}<article><h1>Jardin</h1><p>{LONG}</p><p>{STORY}</p></article>",
        f"<article><h1>Jardin</h1><p>{LONG}</p>{furniture.format(other)}<p>{STORY}</p></article>",
    ):
        assert page(html).text == f"{LONG}\n{STORY}"


def test_a_name_that_misleads_takes_nothing_away() -> None:
    for name in ("page-with-sidebar", "has-comments", "post type-post hentry tag-cookies tag-promo", "social-club"):
        assert page(
            f"<div class='{name}'><h1>Jardin</h1><p>{LONG}</p><p>{STORY}</p></div><div><p>Un autre paragraphe de la page.</p></div>"
        ).text.startswith(f"{LONG}\n{STORY}")


OTHER = "Le résumé d'un autre article de la gazette, numéro {}, que l'on invite à lire et qui n'a rien à voir avec celui-ci."
COMMENT = (
    "<div><b>Lecteur {}</b><p>Un long avis sur le jardin, le numéro {}, qui ne dit rien que les autres avis n'aient déjà dit avant lui.</p></div>"
)


@pytest.mark.parametrize(
    "card",
    [
        "<div><h3><a href='/autre-{0}'>Un autre sujet de la semaine, {0}</a></h3><p>{1}</p></div>",
        "<div><p>{1}</p><p><a href='/autre-{0}'>Lire la suite</a></p></div>",
        "<article><p>{1}</p><p>12/03/2026</p></article>",
    ],
)
def test_summaries_of_other_pages_are_furniture_whatever_they_are_called(card: str) -> None:
    cards = "".join(card.format(number, OTHER.format(number)) for number in range(12))
    for html in (f"<div>{{}}</div><div class='x1'>{cards}</div>", f"<div>{{}}{cards}</div>"):
        assert page(html.format(f"<h1>Jardin</h1><div><p>{LONG}</p><p>{STORY}</p></div>")).text == f"{LONG}\n{STORY}"


def test_what_stands_under_a_heading_of_other_articles_is_furniture() -> None:
    for heading in ("Articles liés", "Derniers articles de la thématique « Jardins » :", "À lire aussi", "Sur le même sujet"):
        others = f"<section class='x1'><h2>{heading}</h2><p>{OTHER.format(1)}</p></section>"
        assert page(f"<div><h1>Jardin</h1><p>{LONG}</p><p>{STORY}</p>{others}</div>").text == f"{LONG}\n{STORY}"


def test_where_there_are_summaries_alone_they_are_the_text() -> None:
    cards = "".join(f"<div><h3><a href='/autre-{number}'>Un autre sujet, {number}</a></h3><p>{OTHER.format(number)}</p></div>" for number in range(6))
    assert OTHER.format(5) in page(f"<h1>La gazette</h1>{cards}").text


@pytest.mark.parametrize("name", ["", "x1", "print-zone"])
def test_comments_may_be_longer_than_what_they_comment_on(name: str) -> None:
    comments = "".join(COMMENT.format(number, number) for number in range(60))
    body = f"<div class='{name}'><h1>Jardin</h1><p>{LONG}</p><p>{STORY}</p></div><div id='comments'>{comments}</div>"
    assert page(body).text == f"{LONG}\n{STORY}"


def test_a_short_article_is_not_lost_below_its_long_page() -> None:
    far = "".join(f"<li><a href='/{number}'>Rubrique {number}</a></li>" for number in range(50))
    others = "".join(f"<div><span><a href='/n{number}'>Autre sujet</a></span><p>{OTHER.format(number)}</p></div>" for number in range(12))
    assert page(f"<h1>Jardin</h1><div><p>{LONG}</p><p>{STORY}</p></div><ul>{far}</ul><div>{others}</div>").text == f"{LONG}\n{STORY}"


def test_the_part_that_begins_below_the_title_is_the_text_though_it_is_called_for_printing() -> None:
    comments = "".join(COMMENT.format(number, number) for number in range(20))
    body = f"<h1>Jardin</h1><div class='article_content' id='content_print'><p>{LONG}</p><p>{STORY}</p></div><div class='x1'>{comments}</div>"
    assert page(body).text.startswith(f"{LONG}\n{STORY}")


def test_a_standfirst_may_be_marked_as_a_heading() -> None:
    standfirst = "Trente ans après sa fermeture, le jardin du lavoir rouvre grâce à ses voisins."
    body = f"<div><h1>Jardin</h1><p>Par Odile</p><h2>{standfirst}</h2></div><div class='article'><p>{LONG}</p><p>{STORY}</p></div>"
    assert page(body).text.startswith(f"{standfirst}\n{LONG}")


def test_text_is_composed_and_without_signs_that_nobody_sees() -> None:
    written = LONG.replace("é", "e\u0301").replace("partage", "par\u00adta\u200bge").replace("bénévoles", "béné\u00advoles")
    found = page(f"<h1>De\u0301but</h1><p>{written}</p><img alt='Le be\u0301ne\u0301vole' src=a.jpg><p>{STORY} \U0001f468\u200d\U0001f33e</p>")
    assert found.title == "Début"
    assert found.text.split("\n")[:2] == [LONG, f"{STORY} \U0001f468\u200d\U0001f33e"]
    assert found.images == ("Le bénévole",)


def test_blocks_lines_and_lists_stay_apart() -> None:
    found = page(
        f"<article><h1>Jardin</h1><p>{LONG}</p><h2>Le  matin</h2><p>Un<br>deux <b>tr</b>ois&nbsp;: {STORY}</p><ul><li>{STORY}</li><li>Des bottes</li></ul></article>"
    )
    assert found.text.split("\n") == [LONG, "Le matin", "Un", f"deux trois : {STORY}", STORY, "Des bottes"]


def test_text_without_paragraphs_is_read() -> None:
    assert (
        page(
            f"<table><tr><td class=menu><a href='/'>Accueil</a><br><a href='/b'>Liens</a></td><td><h2>Titre</h2>{LONG}<br><br>{STORY}</td></tr></table>",
            "<title>Titre</title>",
        ).text
        == f"{LONG}\n{STORY}"
    )


def test_the_standfirst_is_part_of_it_and_the_menu_before_the_title_is_not() -> None:
    body = f"<div>{STORY} En haut de page.</div><h1>Jardin</h1><p class='chapo'>{STORY}</p><div class='share'>Partager</div><div class='texte'><p>{LONG}</p><p>{LONG}</p></div>"
    assert page(body).text == f"{STORY}\n{LONG}\n{LONG}"


def test_what_leads_elsewhere_on_the_site_is_left_and_what_leads_out_is_said() -> None:
    body = (
        f"<article><h1>Jardin</h1><p>{LONG}</p><p>Lire aussi : la haie</p><p><a href='/haie'>La haie du voisin</a></p><p><a href='https://t.me/jardin'>Rejoignez le canal</a></p>"
        f"<h3>À découvrir</h3><p><a href='/a'>Un autre article du site</a></p><h3>Suite</h3><p>{STORY}</p><p>Contact : 01 99 00 12 34</p><h3>Nos articles</h3><ul><li><a href='/x'>Un titre</a></li></ul></article>"
    )
    found = page(body)
    assert found.text.split("\n") == [LONG, "Rejoignez le canal", "Suite", STORY, "Contact : 01 99 00 12 34"]
    assert found.links == ("https://gazette.test/haie", "https://t.me/jardin", "https://gazette.test/a")


def test_images_are_described_once() -> None:
    body = (
        f"<article><h1>Jardin</h1><img alt='Trois pommiers en fleurs'><img alt='Jardin'><img alt='DSC_0012.jpg'><img alt='Photo : A. B. / AFP'><img alt='pixel' width=1 height=1>"
        f"<img alt=''><img alt='les bénévoles attendent les habitants'><p>{LONG}</p></article><img alt='Une publicité ailleurs'>"
    )
    found = page(body)
    assert found.images == ("Trois pommiers en fleurs", "les bénévoles attendent les habitants")
    assert found.text == f"{LONG}\n[image : Trois pommiers en fleurs]"
    assert found.content_type == ("TEXT", "IMAGE")


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("", ("TEXT",)), ("<video src=a.mp4></video>", ("TEXT", "VIDEO")), ("<iframe src='https://www.youtube.com/embed/a'></iframe>", ("TEXT", "VIDEO")),
        ("<iframe src='https://cartes.example/plan'></iframe>", ("TEXT",)), ("<audio></audio><img src=a>", ("TEXT", "IMAGE", "AUDIO")),
    ],
)  # fmt: skip
def test_what_it_consists_of(markup: str, expected: tuple[str, ...]) -> None:
    assert page(f"<article><p>{LONG}</p>{markup}<p>{STORY}</p></article>").content_type == expected


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Le four - La Gazette</title>", "<h1>Le four</h1>", "Le four"),
        ("<title>Le four rallumé | La Gazette</title><meta property=og:site_name content='La Gazette'>", "", "Le four rallumé"),
        ("<title>Le four rallumé - gazette.test</title>", "<h1>La Gazette du Val</h1>", "Le four rallumé"),
        ("<title>Le pain - une histoire de four</title>", "", "Le pain - une histoire de four"),
        (
            "<meta property=og:title content='Le four : trente ans après'><title>x</title>",
            "<h1>Le four : trente ans après</h1>",
            "Le four : trente ans après",
        ),
        ("<title>Le carnet de Flore</title>", "<h1>Tisanes</h1>", "Le carnet de Flore"),
        ("", "<h1> Le <b>four</b>\n rallumé </h1>", "Le four rallumé"),
        ("<title>Compte rendu - Les Amis</title>", "<h2>Compte rendu</h2>", "Compte rendu"),
        ("<title>\n</title>", "", None),
        ("<meta property=og:title content='Le four en six mots'>", "<h1 itemprop=headline>Trente ans sans four</h1>", "Trente ans sans four"),
        ("<meta property=og:title content='Le four en six mots'>", "<h1 class=logo>Chez Odile</h1>", "Le four en six mots"),
    ],
)
def test_titles(head: str, body: str, title: str | None) -> None:
    assert page(f"{body}<p>{LONG}</p>", head).title == title


def ld(value: Any) -> str:
    return f"<script type='application/ld+json'>{json.dumps(value)}</script>"


@pytest.mark.parametrize(
    ("head", "body", "author"),
    [
        (ld({"@type": "NewsArticle", "headline": "x", "author": {"@type": "Person", "name": "Odile Invente"}}), "", "Odile Invente"),
        (
            ld([{"@type": ["Article"], "headline": "x", "author": [{"name": "Par Odile Invente"}, "Bastien Fictif"]}]),
            "",
            "Odile Invente, Bastien Fictif",
        ),
        (
            ld(
                {
                    "@graph": [
                        {"@type": "BlogPosting", "headline": "x", "author": {"@id": "#o"}},
                        {"@type": "Person", "@id": "#o", "name": "Odile Invente"},
                    ]
                }
            ),
            "",
            "Odile Invente",
        ),
        (
            ld({"@type": "Article", "headline": "x", "author": {"@type": "Organization", "name": "Gazette"}}),
            "<p class=byline>Par Odile Invente</p>",
            "Odile Invente",
        ),
        (ld({"@type": "Article", "headline": "x", "author": {"@type": "Organization", "name": "Gazette"}}), "", "Gazette"),
        ('<script type=\'application/ld+json\'>{\'a"author": {"@type": "Person", "name": "Odile Invente"}</script>', "", "Odile Invente"),
        ("<meta name=author content='Odile Invente'>", "", "Odile Invente"),
        ("<meta property=article:author content='https://reseau.example/odile'>", "<span class='post-author'>Odile Invente</span>", "Odile Invente"),
        ("", "<div>Publié le 3 octobre 2026 par Odile Invente</div>", "Odile Invente"),
        ("", "<div>Par Odile Invente | 03/10/2026</div>", "Odile Invente"),
        ("", "<div class=comment><b class=author>Un lecteur</b></div>", None),
        ("<meta name=author content='x@gazette.test'>", "", None),
        ("", "<dl><dt>Auteur</dt><dd><a href=/staff/o>Odile Invente</a></dd></dl>", "Odile Invente"),
        ("", "<p>Par</p><p>Bonjour</p>", None),
        ("", "", None),
    ],
)
def test_authors(head: str, body: str, author: str | None) -> None:
    assert page(f"<h1>Le four</h1>{body}<p>{LONG}</p>", head).account == author


@pytest.mark.parametrize(
    ("last", "author"),
    [
        ("<p>Auteur : Odile Invente</p><p>Édition : B. Fictif</p>", "Odile Invente"), ("<p>Odile Invente</p><p>(1) Une note de bas de page.</p>", "Odile Invente"),
        ("<p>Odile de La Fontaine</p>", "Odile de La Fontaine"), ("<p>Voir la carte</p>", "Maison Close"), ("<p>(1) Une note.</p>", "Maison Close"),
        ("<aside><b class=author>Odile Invente</b> <b class=author>Bastien Fictif</b></aside>", "Maison Close"),  # of other pages perhaps
    ],
)  # fmt: skip
def test_who_signs_below_the_text(last: str, author: str) -> None:
    house = ld({"@type": "Article", "headline": "x", "author": {"@type": "Organization", "name": "Maison Close"}})
    assert page(f"<h1>Le four</h1><p>{LONG}</p><p>{STORY}</p>{last}", house).account == author


@pytest.mark.parametrize(
    ("head", "body", "published", "edited"),
    [
        (ld({"@type": "Article", "headline": "x", "datePublished": "2026-10-03T08:30:00+02:00", "dateModified": "2026-10-04T08:30:00+02:00"}), "",
         datetime(2026, 10, 3, 8, 30, tzinfo=SUMMER), datetime(2026, 10, 4, 8, 30, tzinfo=SUMMER)),
        ("<meta property=article:published_time content='2026-10-03T06:30:00Z'><meta property=article:modified_time content='2026-10-03T06:30:00Z'>", "",
         datetime(2026, 10, 3, 6, 30, tzinfo=UTC), None),
        ("<meta name=date content='2026-10-03'>", "<time class='entry-date published' datetime='2026-10-03T08:30:00+02:00'>3 octobre</time>", datetime(2026, 10, 3, 8, 30, tzinfo=SUMMER), None),
        (ld({"@type": "WebPage", "datePublished": "2026-10-03"}), "", datetime(2026, 10, 3, tzinfo=UTC), None),
        ("", "<p>Publié le samedi 3 octobre 2026 à 8h30</p>", datetime(2026, 10, 3, 8, 30, tzinfo=UTC), None),
        ("", "<div>Mis à jour le 05/10/2026</div><div>Posté le 03/10/2026 - 08:30</div>", datetime(2026, 10, 3, 8, 30, tzinfo=UTC), None),
        ("", "<p>Par Odile, le <time datetime='2026-10-02T08:30:00+02:00'>2 octobre 2026</time></p>", datetime(2026, 10, 2, 8, 30, tzinfo=SUMMER), None),
        ("", "", datetime(2026, 10, 3, tzinfo=UTC), None),  # of the address
    ],
)  # fmt: skip
def test_times_of_a_page(head: str, body: str, published: datetime, edited: datetime | None) -> None:
    found = page(f"<h1>Le four</h1>{body}<p>{LONG}</p>", head)
    assert (found.published_at, found.edited_at) == (published, edited)
    assert found.published_at is not None
    assert found.published_at.utcoffset() == published.utcoffset()


def test_a_year_alone_is_no_date() -> None:
    assert read(f"<p>{LONG}</p><p>© 2019 Les Amis du lavoir</p>", url="https://gazette.test/a").published_at is None


@pytest.mark.parametrize(
    ("head", "url"),
    [
        ("<link rel=canonical href='/vrai'>", "https://gazette.test/vrai"), ("<meta property=og:url content='https://www.gazette.test/vrai#x'>", "https://www.gazette.test/vrai#x"),
        ("<link rel=canonical href='https://ailleurs.test/vrai'>", URL), ("<link rel=canonical href='https://gazette.test/'>", URL), ("<link rel=canonical href='http://[x'>", URL),
        ("<link rel=canonical href='javascript:x()'>", URL), ("", URL),
    ],
)  # fmt: skip
def test_the_page_s_own_address_is_believed_within_its_site(head: str, url: str) -> None:
    assert page(f"<p>{LONG}</p>", head).url == url


@pytest.mark.parametrize(
    ("attributes", "head", "language"),
    [("lang=fr-FR", "", "fr"), ("", "<meta property=og:locale content=en_GB>", "en"), ("lang='français'", "", None), ("", "", None)],
)
def test_languages(attributes: str, head: str, language: str | None) -> None:
    assert page(f"<p>{LONG}</p>", head, attributes).language == language


@pytest.mark.parametrize(
    ("body", "declared", "expected"),
    [
        ("été".encode(), "text/html; charset=iso-8859-1", "été"),  # declares Latin-1, is UTF-8
        ("été".encode("cp1252"), "text/html; charset=utf-8", "été"),  # declares UTF-8, is not
        ("été à œuf".encode("cp1252"), None, "été à œuf"),
        (b"\xef\xbb\xbfx", None, "x"),
        ("Ж".encode("cp1251"), "text/html; charset=windows-1251", "Ж"),
        ("é".encode() * 20 + b"\xff", "text/html; charset=utf-8", "é" * 20 + "\ufffd"),  # one broken byte spoils no page
        ("<p>été".encode("cp1252"), "text/html; charset=zlib", "<p>été"),
        ("<p>été".encode("cp1252"), "text/html; charset=utf-16", "<p>été"),
        ("<p>été".encode("cp1252"), "text/html; charset=cp037", "<p>été"),
    ],
)
def test_charsets_that_lie(body: bytes, declared: str | None, expected: str) -> None:
    assert decode(body, declared) == expected


def test_a_title_survives_a_charset_that_lies() -> None:
    html = f"<html><head><meta charset=utf-8><title>L'été à l'œuvre</title></head><body><h1>L'été à l'œuvre</h1><p>{LONG}</p></body></html>"
    for body, declared in (
        (html.encode("cp1252"), "text/html; charset=utf-8"),
        (html.encode(), "text/html; charset=iso-8859-1"),
        (html.encode("cp1252"), "text/html"),
    ):
        found = article(Page(URL, body, {"content-type": declared}))
        assert found.title == "L'été à l'œuvre"
        assert found.text == LONG


WALLS = [
    ("<title>Just a moment...</title>", {}, "bot_wall"), ("<title>Un instant…</title>", {}, "bot_wall"), ("<p>court</p>", {"cf-mitigated": "challenge"}, "bot_wall"),
    ("<title>Access Denied</title><p>You don't have permission</p>", {}, "bot_wall"), ("<p>Vérifiez que vous n'êtes pas un robot</p>", {}, "bot_wall"),
    ("<form action='https://consent.google.com/save'></form>", {}, "cookie_wall"), ("<title>Connexion - Le site</title><form></form>", {}, "login_required"),
    ("<title>Mon forum • Connexion</title>", {}, "login_required"), ("<body ng-app='x'>{{ titre }}</body>", {}, "script_shell"),
    ("<div id=\"root\"></div>", {}, "script_shell"), (f"<body ng-app><p>{'{{ page.texte | majuscule }} ' * 20}</p>", {}, "script_shell"), ("<p>Bonjour</p>", {}, "empty_text"),
    ("<title>Erreur 404</title><p>La page demandée est introuvable sur ce site, revenez à l'accueil ou cherchez dans le plan du site.</p>", {}, "no_such_post"),
]  # fmt: skip


@pytest.mark.parametrize(("html", "headers", "reason"), WALLS)
def test_what_stands_in_its_place_has_a_name(html: str, headers: dict[str, str], reason: str) -> None:
    assert reason_of(html, **headers) == reason


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "video/mp4", "application/json"])
def test_another_kind_of_file_is_no_article(kind: str) -> None:
    with pytest.raises(SourceError) as raised:
        article(Page(URL, f"<p>{LONG}</p>".encode(), {"content-type": kind}))
    assert raised.value.reason == "not_html"


@pytest.mark.parametrize(
    "html",
    [
        f"<title>Comment prouver que vous n'êtes pas un robot ?</title><p>{LONG}</p>",
        f"<title>La connexion du plateau à la fibre</title><p>{STORY}</p>",
        f"<title>Jardin</title><p>{LONG}</p><form><p>Je ne suis pas un robot</p></form>",
        f"<title>Jardin</title><script src='/_Incapsula_Resource?x'></script><p>{LONG}</p>",
        f"<title>Erreur 404, histoire d'un nombre</title><p>{LONG * 5}</p>",
    ],
)
def test_an_article_about_walls_is_none(html: str) -> None:
    assert STORY in read(html).text
    assert wall(html, headers={}, visible=STORY * 20) is None


@pytest.mark.parametrize("body", [b"", b" \n", b"<html", b"{", b"null", b"\x00\xff\xfe", b"[" * 100_000, b"\x00" * 1000])
def test_rubbish_is_one_named_reason(body: bytes) -> None:
    assert reason_of(body) in {"empty_page", "empty_text", "too_large"}


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet="<>\"=/ adivsptextruhlncm{}[]:,'&;#0123é\x00", max_size=300).map(str.encode))
def test_no_bytes_crash_it(body: bytes) -> None:
    try:
        assert read(body).text
    except SourceError as error:
        assert error.reason  # noqa: PT017 - either outcome is right, a crash is not


VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["@type", "@id", "@graph", "name", "author"]), inner, max_size=3), max_leaves=8)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["@type", "headline", "datePublished", "dateModified", "author", "inLanguage", "commentCount", "@graph", "mainEntity"]),
        VALUES,
    )
)
def test_no_json_ld_crashes_it(said: dict[str, Any]) -> None:
    found = page(
        f"<p>{LONG}</p>",
        ld([{"@type": "Article", "headline": "x"}, {"@type": "Article", **said}]) + ld({"@type": "Article", "datePublished": "x", **said}),
    )
    assert found.text == LONG


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-01T10:00:00+01:00", datetime(2026, 11, 1, 10, tzinfo=WINTER)), ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)), ("2026-11-01T10:00:00Z", datetime(2026, 11, 1, 10, tzinfo=UTC)),
        ("Fri, 20 Dec 2013 18:30:00 -0000", datetime(2013, 12, 20, 18, 30, tzinfo=UTC)), ("3 octobre 2026", datetime(2026, 10, 3, tzinfo=UTC)), ("1er mars 2026 à 9h", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        ("29 oct. 2012, 15 h 46", datetime(2012, 10, 29, 15, 46, tzinfo=UTC)), ("12/03/2026 - 14:05", datetime(2026, 3, 12, 14, 5, tzinfo=UTC)), ("10.12.19", datetime(2019, 12, 10, tzinfo=UTC)),
        ("9 décembre 2019 à 10h00 UTC+2", datetime(2019, 12, 9, 10, tzinfo=SUMMER)), (1404913719, datetime(2014, 7, 9, 13, 48, 39, tzinfo=UTC)), ("1404913719000", datetime(2014, 7, 9, 13, 48, 39, tzinfo=UTC)),
        ("ven., 03 oct. 2026 14:05:00 +0200", datetime(2026, 10, 3, 14, 5, tzinfo=SUMMER)), ("3 octobre 2026 à 14 h 05 (+02:00)", datetime(2026, 10, 3, 14, 5, tzinfo=SUMMER)),
        ("3 oct. 2026 2:05 PM +0200", datetime(2026, 10, 3, 14, 5, tzinfo=SUMMER)), ("Oct 3, 2026 2:05 PM", datetime(2026, 10, 3, 14, 5, tzinfo=UTC)), ("3 octobre 2026 à 14h - 16h", datetime(2026, 10, 3, 14, tzinfo=UTC)),
        ("3 octobre 2026 à 14h00 -0330", datetime(2026, 10, 3, 14, tzinfo=timezone(-timedelta(hours=3, minutes=30)))),
        (None, None), ("", None), (True, None), ("n'importe quoi", None), (1e300, None), ("32/13/2026", None), ("31 février 2026", None), ("0001-01-01T00:00:00+01:00", None), ("9" * 80, None), ([], None),
    ],
)  # fmt: skip
def test_times(value: object, expected: datetime | None) -> None:
    found = parse_time(value)
    assert found == expected
    assert found is None or expected is None or found.utcoffset() == expected.utcoffset()


def test_relative_times_are_read() -> None:
    found = parse_time("il y a 3 jours")
    assert found is not None
    assert timedelta(days=2, hours=23) < datetime.now(UTC) - found < timedelta(days=3, hours=1)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789/.-: àhTZ+GMTCESavrilmutoûj'", max_size=60) | st.text(max_size=40))
def test_no_text_crashes_the_reading_of_times(text: str) -> None:
    assert find_time(text) is None or find_time(text).tzinfo  # type: ignore[union-attr]
    assert parse_time(text[:3]) is None or True
