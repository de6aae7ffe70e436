"""What a link opens to who is not signed in, and feeds: exactly one submission, or one organisation's, until it is withdrawn."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import feedparser
import pytest
from itsdangerous import URLSafeSerializer
from lxml import etree

from cases import accounts, following
from cases.accounts import PersonRow
from core import atom
from core.errors import NotFound
from tests.web.conftest import Browser, House
from tests.web.submitting import actor_of, console_of_house, decided, submitted, words
from web import links

URL = "https://exemple.fr/page/1"
HOSTILE = "<script>alert(1)</script> \x00\x0b\ud800 \u202egauche & ]]> fin"
Fill = Callable[..., list[str]]


def link_on(browser: Browser, identifier: str) -> str:
    found = re.search(r'value="http://console\.test(/suivi/[^"]+)"', browser.get(f"/soumissions/{identifier}").text)
    assert found
    return found[1]


def feed_on(browser: Browser) -> str:
    found = re.search(r'value="http://console\.test(/soumissions\.atom\?jeton=[^"]+)"', browser.get("/soumissions").text)
    assert found
    return found[1]


def test_a_link_opens_states_and_decision_without_signing_in_and_nothing_else(house: House, fill: Fill) -> None:
    ids = fill({"number": 1, "p": 0.95, "text": "Le maître sait tout, donnez-lui votre maison."})
    one = submitted(house, URL, "visible", note="Ma soeur y est.")
    decided(house, ids[0], "licite_preoccupant", reason="À surveiller.")
    following.contest(house.database, one.id, reason="Parce que ma soeur souffre.", actor=actor_of(house.people["soumet"]))
    path = link_on(house.browser("soumet"), one.id)
    page = house.browser().get(path)
    assert page.status_code == 200
    said = words(page.text).replace("&#39;", "'")
    assert "Ce qui a été décidé : Licite, mais préoccupant" in said
    assert "À surveiller." in said
    assert "L'organisation a contesté la décision." in said
    for hidden in ("soeur", "Le maître", "donnez-lui", "soumet", "Association A", "Ce que Vigie voit", "/soumissions/"):
        assert hidden not in page.text, hidden
    assert "<form" not in page.text


def test_a_link_that_is_changed_or_made_elsewhere_opens_nothing(house: House) -> None:
    one, stranger = submitted(house, URL, "visible"), house.browser()
    path = link_on(house.browser("soumet"), one.id)
    token = path.removeprefix("/suivi/")
    forged = URLSafeSerializer(b"a secret of nobody's choosing, long", salt="suivi").dumps([one.id, 0])
    feed = feed_on(house.browser("soumet")).partition("jeton=")[2]
    for wrong in (token[:-1], token + "A", one.id, forged, feed, "A" * 5000, "%00", "null.null", '""'):
        assert stranger.get(f"/suivi/{wrong}").status_code == 404, wrong
        assert stranger.get(f"/suivi/{wrong}.atom").status_code == 404, wrong
    assert stranger.get(path).status_code == 200


def test_links_that_were_withdrawn_open_nothing(house: House) -> None:
    one, other = submitted(house, URL), submitted(house, "https://exemple.fr/2")
    browser, stranger = house.browser("soumet"), house.browser()
    old, kept = link_on(browser, one.id), link_on(browser, other.id)
    assert browser.post(f"/soumissions/{one.id}/lien").status_code == 303
    new = link_on(browser, one.id)
    assert new != old
    assert [stranger.get(path).status_code for path in (old, f"{old}.atom", new, kept)] == [404, 404, 200, 200]


def test_withdrawing_twice_for_the_same_withdraws_once(house: House) -> None:
    from cases import links as numbers

    assert numbers.withdraw(house.database, "suivi:x", seen=0, by="test") == 1
    assert numbers.withdraw(house.database, "suivi:x", seen=0, by="test") == 1
    assert numbers.current(house.database, "suivi:x") == 1


def test_the_feed_of_one_submission_is_read_by_a_reader(house: House) -> None:
    one = submitted(house, URL, "visible", ago=100)
    decided(house, one.document_id, reason="Rien d'illicite <b>ici</b>.")
    path = link_on(house.browser("soumet"), one.id)
    answer = house.browser().get(f"{path}.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert [entry.tags[0].term for entry in feed.entries] == ["decision", "visible", "collectee", "en_cours", "recue"]
    assert (feed.entries[0].content[0].type, "<b>ici</b>" in feed.entries[0].content[0].value) == ("text/plain", True)
    assert feed.entries[0].link == f"http://console.test{path}"
    again = feedparser.parse(house.browser().get(f"{path}.atom").content)
    assert [entry.id for entry in again.entries] == [entry.id for entry in feed.entries]


def test_the_feed_of_an_organisation_tells_its_news_and_nobody_elses(house: House, fill: Fill) -> None:
    fill({"number": 1, "title": HOSTILE.replace("\ud800", "")}, {"number": 2, "title": "Ailleurs"})
    submitted(house, URL, "visible")
    submitted(house, "https://exemple.fr/page/2", "visible", by="soumet_ailleurs")
    path = feed_on(house.browser("soumet"))
    answer = house.browser().get(path)
    feed = feedparser.parse(answer.content)
    assert not feed.bozo
    assert [entry.tags[0].term for entry in feed.entries] == ["visible"]
    assert "Ailleurs" not in answer.text
    assert "<script" not in answer.text
    assert "\u202e" not in answer.text


def test_an_organisations_feed_ends_with_its_holder(house: House) -> None:
    browser, stranger = house.browser("soumet"), house.browser()
    path = feed_on(browser)
    assert stranger.get(path).status_code == 200
    assert browser.post("/soumissions/flux").status_code == 303
    assert stranger.get(path).status_code == 404
    path = feed_on(browser)
    assert stranger.get(path).status_code == 200
    with house.database.writing() as session:
        row = session.get(PersonRow, house.people["soumet"].id)
        assert row
        row.disabled_at = datetime.now(UTC)
    assert stranger.get(path).status_code == 404
    assert stranger.get("/soumissions.atom").status_code == 404


def test_a_feed_is_not_for_who_lost_the_role(house: House) -> None:
    path = feed_on(house.browser("soumet"))
    with house.database.writing() as session:
        row = session.get(PersonRow, house.people["soumet"].id)
        assert row
        row.roles = ["administre"]
    assert house.browser().get(path).status_code == 404


def test_a_token_says_nothing_but_what_it_opens(house: House) -> None:
    one = submitted(house, URL)
    token = links.follow_token(console_of_house(house), one.id)
    assert len(token) < 120
    for secret in (house.people["soumet"].id, house.own.id, accounts.LOGIN.pattern):
        assert secret not in token


@pytest.mark.parametrize("text", [HOSTILE, "\ufffe\uffff", "a\u2028b", "]]>", "&amp;", "\x1b[31m", "\U0001f600"])
def test_no_text_breaks_a_feed(text: str) -> None:
    entry = atom.Entry("urn:x", text, datetime(2026, 11, 1, tzinfo=UTC), text, "https://exemple.fr/" + text, (atom.Category(text),))
    made = atom.feed("urn:vigie:essai", title=text, updated=datetime(2026, 11, 1, tzinfo=UTC), entries=(entry,), address="https://exemple.fr/f")
    tree = etree.fromstring(made)
    assert tree.findtext(f"{{{atom.ATOM}}}entry/{{{atom.ATOM}}}title") == atom.plain(text)
    assert {element.tag.split("}")[1] for element in tree.iter()} <= {
        "feed",
        "entry",
        "id",
        "title",
        "updated",
        "author",
        "name",
        "link",
        "category",
        "content",
    }


def test_a_token_of_one_kind_is_none_of_another(house: House) -> None:
    console = console_of_house(house)
    feed = feed_on(house.browser("soumet")).partition("jeton=")[2]
    with pytest.raises(NotFound):
        links.followed(console, feed)
    with pytest.raises(NotFound):
        links.feed_of(console, links.follow_token(console, house.people["soumet"].id))
