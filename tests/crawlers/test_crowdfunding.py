"""Campaigns: profiles of sites, amounts, what is always there, what has ended, and pages that mean harm."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from core.errors import ConfigError, SourceError
from crawlers.evidence.archive import Archive
from crawlers.platforms.crowdfunding import address_to_ask, parse_campaign, public_address, read_saved
from crawlers.platforms.crowdfunding_profiles import PROFILES, is_campaign, load_profile, load_profiles, profile_of, profiles
from crawlers.platforms.money import amount, count, currency, is_amount
from crawlers.reading.drafts import Draft
from crawlers.reading.page import Page
from flows.crawling import crawl_source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from core.settings import Settings

URL = "https://cagnottes.test/c/essai"
TITLE = '<meta property="og:title" content="Un four pour la rue">'
STORY = '<div class="story"><p>Le four communal fume.</p></div>'


def read(html: str, *, url: str = URL, status: int = 200, headers: dict[str, str] | None = None) -> Draft:
    (found,) = parse_campaign(Page(url, html.encode(), headers or {}, status)).items
    assert isinstance(found, Draft)
    return found


def reason(html: str, *, url: str = URL, status: int = 200) -> str:
    with pytest.raises(SourceError) as raised:
        read(html, url=url, status=status)
    assert "\n" not in str(raised.value)
    return raised.value.reason


def sums(draft: Draft) -> tuple[float | None, float | None, str | None]:
    assert draft.funding
    return draft.funding.raised, draft.funding.goal, draft.funding.currency


# -- amounts


@pytest.mark.parametrize(
    ("value", "expected", "code"),
    [
        ("2 385 €", 2385, "EUR"), ("2\u00a0385\u202f000,50 €", 2385000.5, "EUR"), ("€2,385", 2385, "EUR"), ("CHF 1'250.50", 1250.5, "CHF"),
        ("1.250,50 €", 1250.5, "EUR"), ("1.250 €", 1250, "EUR"), ("0,500", 0.5, None), ("3422.0", 3422, None), ("1234.567", 1234.567, None),
        ("$200K", 200_000, "USD"), ("1,2 M€", 1_200_000, "EUR"), ("1 000 $ CA", 1000, "CAD"), ("US$ 50", 50, "USD"), ("30 000 FCFA", 30_000, "XOF"),
        ("Jour 20 : 2 385 € de dons", 2385, "EUR"), ("2385 euros", 2385, "EUR"), (1250, 1250, None), (0, 0, None),
        ("-5 €", None, "EUR"), (-5, None, None), (True, None, None), (None, None, None), ("", None, None), ("bientôt", None, None),
        ("3,5 millions d’euros", 3_500_000, "EUR"), ("20 mille euros", 20_000, "EUR"), ("12,3 k €", 12_300, "EUR"), ("2 millions de dollars", 2_000_000, None),
        ("$1,234 CAD", 1234, "CAD"), ("1\u00a0234,56\u00a0$\u00a0CA", 1234.56, "CAD"), ("HK$1,234", 1234, "HKD"), ("R$ 1.234,56", 1234.56, "BRL"),
        ("¥12,345", 12_345, "JPY"), ("1,00,000", None, None), ("€1,00,000", None, "EUR"),
        (1e300, None, None), (float("nan"), None, None), (10**400, None, None), ("9" * 400, None, None),
    ],
)  # fmt: skip
def test_amounts_in_french_and_in_english(value: object, expected: float | None, code: str | None) -> None:
    assert amount(value) == expected
    if isinstance(value, str) and value != "bientôt":
        assert currency(value) == code


def test_what_is_no_amount() -> None:
    assert [value for value in ("#volet3", "3 jours", "12 participants", "il y a 2 €") if is_amount(value)] == []
    assert count("1 204 donateurs") == 1204
    assert count("(1.2K)") == 1200
    assert count("beaucoup") is None


@given(st.text(max_size=300) | st.floats() | st.integers() | st.text(alphabet="0123456789 .,'€$kMCHF-", max_size=80))
def test_any_value_is_an_amount_or_none(value: object) -> None:
    found = amount(value)
    assert found is None or 0 <= found < 1e12
    assert is_amount(value) <= (found is not None)
    currency(value)
    count(value)


# -- what the page shows


def test_amounts_come_from_the_state_before_the_words() -> None:
    state = '<script type="application/json">{"title": "Un four pour la rue", "raised": 310, "goal": 900, "currency": "EUR"}</script>'
    draft = read(f"{TITLE}{STORY}{state}<p>310 € sur 900 €</p><p>Palier : 100 € sur 200 €</p>")
    assert sums(draft) == (310, 900, "EUR")


def test_words_complete_a_state_that_agrees_with_them_and_no_other() -> None:
    state = '<script type="application/json">{"title": "Un four pour la rue", "raised": 310, "currency": "EUR"}</script>'
    assert sums(read(f"{TITLE}{STORY}{state}<p>310 € collectés sur 900 €</p>")) == (310, 900, "EUR")
    assert sums(read(f"{TITLE}{STORY}{state}<p>55 € collectés sur 70 €</p>")) == (310, None, "EUR")


def test_cents_are_never_taken_for_units() -> None:
    state = '<script type="application/json">{"title": "Un four pour la rue", "raised": 31050, "goal": 90000}</script>'
    assert sums(read(f"{TITLE}{STORY}{state}<p>310,50 € sur 900 €</p>")) == (310.5, 900, "EUR")
    assert sums(read('{"title": "Un four", "story": "Le four.", "collectedAmount": {"cents": 31050}, "currency": "EUR"}')) == (310.5, None, "EUR")


def test_a_state_without_the_page_s_title_is_left_to_the_campaign_that_it_is() -> None:
    state = '<script type="application/json">{"title": "Des ruches au lycée", "raised": 99, "goal": 100}</script>'
    assert sums(read(f"{TITLE}{STORY}{state}<p>310 € sur 900 €</p>")) == (310, 900, "EUR")


def test_the_campaign_under_the_page_s_address_is_its_own() -> None:
    campaigns = [
        {"title": f"Cagnotte {name}", "slug": name, "raised": 10, "goal": 20, "story": f"Histoire de {name}."} for name in ("autre", "essai")
    ]
    draft = read(json.dumps(campaigns))
    assert draft.title == "Cagnotte essai"
    assert draft.text == "Histoire de essai."


def test_amounts_of_linked_campaigns_are_not_the_page_s() -> None:
    cards = '<a href="/c/2"><h3>Ruches</h3><p>340 € sur 900 €</p></a><footer>5 € sur 10 €</footer>'
    assert sums(read(f"{TITLE}{STORY}<p>85 € sur 400 €</p>{cards}")) == (85, 400, "EUR")
    assert reason(f"{TITLE}{STORY}{cards}") == "no_amount"
    assert reason(f"{TITLE}<p>85 € sur 400 €</p><p>340 € sur 900 €</p>{STORY}") == "several_campaigns"


@pytest.mark.parametrize("before", [True, False])
def test_a_card_under_a_linked_heading_is_another_campaign_s(before: bool) -> None:
    card = '<div class="c"><h3><a href="/c/2">Ruches</a></h3><p>777 € collectés sur 9 999 €</p><p>12 donateurs</p></div>'
    state = '<script type="application/json">{"title": "Un four pour la rue", "raised": 85450, "goal": 300000}</script>'
    own = f"{STORY}{state}<p>854,50 € sur 3 000 €</p>"
    draft = read(f"{TITLE}{card}{own}" if before else f"{TITLE}{own}{card}")
    assert sums(draft) == (854.5, 3000, "EUR")  # the card's sums do not say that the state counts units
    assert draft.funding is not None
    assert draft.funding.donors is None
    assert reason(f"{TITLE}{STORY}{card}") == "no_amount"
    assert reason(f"{TITLE}{card}<p>Cette cagnotte est terminée.</p>") == "campaign_closed"


def test_sums_that_the_page_does_not_call_its_own_say_nothing_of_cents_or_donors() -> None:
    state = '<script type="application/json">{"title": "Un four pour la rue", "raised": 85450, "goal": 300000}</script>'
    draft = read(f"{TITLE}<p>777 € sur 9 999 €</p>{STORY}{state}<p>854,50 € sur 3 000 €</p>")
    assert sums(draft) == (854.5, 3000, "EUR")
    lone = read(f"{TITLE}{STORY}{state}<p>777 € sur 9 999 €</p><p>12 donateurs</p>")
    assert sums(lone)[:2] == (85_450, 300_000)
    assert lone.funding is not None
    assert lone.funding.donors is None


def test_several_numbers_of_people_are_none() -> None:
    for words, donors in (("<p>12 donateurs</p><p>12 donateurs</p>", 12), ("<p>12 donateurs</p><p>406 donateurs</p>", None)):
        draft = read(f"{TITLE}{STORY}<p>85 € sur 400 €</p>{words}")
        assert draft.funding is not None
        assert draft.funding.donors == donors


def test_a_percentage_is_no_amount_where_a_selector_expects_one() -> None:
    page = f"{TITLE}{STORY}<span data-testid='MoneyPotAmount-CollectedAmount'>85 %</span>"
    assert reason(page, url="https://www.leetchi.com/fr/c/four-123") == "selector_none"


def test_claimed_rewards_are_no_money() -> None:
    assert reason(f"{TITLE}{STORY}<p>0 out of 30 claimed</p><p>12 sur 30 places</p>") == "no_amount"


def test_a_sum_that_stands_alone() -> None:
    assert sums(read(f"{TITLE}{STORY}<p>2 385 € collectés</p><p>Objectif : 5 000 €</p>")) == (2385, 5000, "EUR")
    assert sums(read(f"{TITLE}{STORY}<p>$2,385 raised</p><p>$12K goal</p>")) == (2385, 12000, "USD")


def test_prose_is_no_counter() -> None:
    prose = (
        "Notre association raconte depuis dix ans la vie du quartier. L'an dernier nous avions réuni 900 € sur 1 000 € grâce aux voisins, merci à eux tous. "
        * 2
    )
    assert reason(f"{TITLE}<p>{prose}</p>") == "no_amount"


def test_the_story_holds_neither_updates_nor_comments_and_describes_its_images() -> None:
    html = (
        f"{TITLE}<p>85 € sur 400 €</p><article><p>Le four fume.</p><img alt='Un four' src='/1.jpg'><img alt='IMG_2.jpg' src='/2.jpg'>"
        "<a href='https://four.example/'>le site</a><div class='updates'><p>Du nouveau</p></div><div id='comments'>Bravo</div>"
        "<iframe src='https://player.vimeo.com/video/1'></iframe></article>"
    )
    draft = read(html)
    assert draft.text == "Le four fume.\n\nle site\n\n[image : Un four]"
    assert draft.images == ("Un four",)
    assert draft.links == ("https://four.example/",)
    assert draft.content_type == ("TEXT", "IMAGE", "VIDEO")


def test_dates_without_a_year_are_no_dates() -> None:
    assert (
        read('{"title": "Four", "story": "Le four.", "raised": 1, "deadline": "dans 5 jours", "launched_at": 1404913719}').funding
        == read('{"title": "Four", "story": "Le four.", "raised": 1, "launched_at": "2014-07-09T13:48:39Z"}').funding
    )


def test_names_and_numbers_of_people() -> None:
    draft = read(
        f"{TITLE}{STORY}<p>85 €</p><p>sur</p><p>400 €</p><p>Donateurs (65)</p><p>Une collecte créée par : Le comité</p><p>du 3 octobre 2026 au 4/12/2026</p>"
    )
    assert draft.organiser == "Le comité"
    assert draft.funding
    assert draft.funding.donors == 65
    assert draft.funding.starts_at == datetime(2026, 10, 3, tzinfo=UTC)
    assert draft.funding.ends_at == datetime(2026, 12, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "words", ["Déjà 65 personnes ont déjà participé", "65 contributeurs", "raised by 65 donors", "Donateurs (65)", "<b>65</b> dons"]
)
def test_donors_in_words(words: str) -> None:
    draft = read(f"{TITLE}{STORY}<p>85 € sur 400 €</p><p>{words}</p>")
    assert draft.funding
    assert draft.funding.donors == 65


def test_the_language_is_as_declared() -> None:
    assert read(f"<html lang='fr-FR'><head>{TITLE}</head><body>{STORY}<p>85 € sur 400 €</p></body></html>").language == "fr"


# -- what has ended


def test_a_closed_campaign_is_kept_while_its_story_is_there() -> None:
    draft = read(f"{TITLE}<p>Cette cagnotte est terminée</p>{STORY}")
    assert draft.text == "Le four communal fume."
    assert sums(draft) == (None, None, None)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Cette cagnotte est clôturée", "campaign_closed"),
        ("This campaign is under review", "campaign_closed"),
        ("Cette cagnotte n’existe plus", "campaign_gone"),
        ("Campaign not found", "campaign_gone"),
    ],
)
def test_a_campaign_that_is_no_longer_told_says_why(words: str, expected: str) -> None:
    assert reason(f"{TITLE}<meta name='description' content='Créez votre cagnotte'><p>{words}</p>") == expected


def test_only_a_short_page_says_that_a_campaign_is_gone() -> None:
    assert reason(f"{TITLE}<p>Ce lien n'existe plus.</p>" + "<p>Du texte ordinaire sur la vie du quartier et ses jardins.</p>" * 100) == "no_amount"
    assert reason(f"{TITLE}<div class='story'><p>Ce lien n'existe plus.</p></div>") == "no_amount"
    assert reason("", status=404) == "campaign_gone"


# -- profiles


def test_every_site_has_a_reviewed_profile() -> None:
    assert set(profiles()) >= {"generic", "gofundme", "kickstarter", "indiegogo", "leetchi", "kisskissbankbank", "tipeee", "cotizup", "helloasso"}
    for name, profile in profiles().items():
        assert profile.reviewed_on.year >= 2026
        assert (name == "generic") == (not profile.hosts)
        assert {"title"} <= set(profile.expected)


def test_a_profile_is_picked_by_host() -> None:
    assert profile_of("https://fr.gofundme.com/f/x").site == "GoFundMe"
    assert profile_of("https://gofundme.com.piege.test/f/x") is profiles()["generic"]
    assert profile_of("https://notleetchi.com/c/x") is profiles()["generic"]
    assert is_campaign("https://www.leetchi.com/fr/c/un-four")
    assert not is_campaign("https://www.leetchi.com/fr/")
    assert not is_campaign(URL)


@pytest.mark.parametrize(
    ("url", "shown", "asked"),
    [
        ("https://fr.gofundme.com/f/un-four?qid=1", "https://www.gofundme.com/f/un-four", None),
        ("https://www.gofundme.com/fr-fr/f/un-four/donate", "https://www.gofundme.com/f/un-four", None),
        ("https://www.kickstarter.com/projects/rue/un-four/description?ref=x", "https://www.kickstarter.com/projects/rue/un-four", None),
        ("https://www.leetchi.com/c/un-four-123", "https://www.leetchi.com/fr/c/un-four-123", None),
        ("https://www.kisskissbankbank.com/fr/projects/un-four/tabs/news", "https://www.kisskissbankbank.com/fr/projects/un-four", None),
        ("https://www.cotizup.com/@rue/un-four", "https://www.cotizup.com/@rue/un-four", None),
        ("https://fr.tipeee.com/un-four/news", "https://fr.tipeee.com/un-four", "https://api.tipeee.com/v2.0/projects/un-four"),
        ("https://api.tipeee.com/v2.0/projects/un-four", "https://fr.tipeee.com/un-four", "https://api.tipeee.com/v2.0/projects/un-four"),
        (URL, URL, None),
    ],
)
def test_one_campaign_has_one_address(url: str, shown: str, asked: str | None) -> None:
    assert public_address(url) == shown
    assert address_to_ask(url) == (asked or shown)


def test_the_document_has_the_page_s_own_address_of_the_same_site() -> None:
    body = f"{TITLE}{STORY}<p>85 € sur 400 €</p>"
    assert read(f"<link rel='canonical' href='/c/essai-propre'>{body}").url == "https://cagnottes.test/c/essai-propre"
    assert read(f"<link rel='canonical' href='https://ailleurs.test/c/essai'>{body}").url == URL
    assert read(f"<link rel='canonical' href='http://[piege'>{body}").url == URL
    page = "https://www.leetchi.com/fr/c/un-four-123"
    assert read(f"<meta property='og:url' content='{page}?utm_source=x'>{body}", url="https://www.leetchi.com/c/un-four-123").url == page


def test_a_page_of_a_known_site_that_is_no_campaign() -> None:
    body = f"<link rel='canonical' href='https://www.leetchi.com/fr/'>{TITLE}{STORY}<p>85 € sur 400 €</p>"
    assert reason(body, url="https://www.leetchi.com/fr/") == "not_a_campaign"
    assert read(body, url="https://www.leetchi.com/fr/c/un-four").title == "Un four pour la rue"


def test_leetchi() -> None:
    page, url = f"{TITLE}{STORY}<p>Donateurs (65)</p>%s", "https://www.leetchi.com/fr/c/un-four"
    shown = "<span data-testid='MoneyPotAmount-CollectedAmount'>2&#8239;385&nbsp;€</span>"
    draft = read(page % shown, url=url)
    assert sums(draft) == (2385, None, "EUR")
    assert read(page % (shown * 2), url=url) == draft  # the same value, once for phones
    assert reason(page % "", url=url) == "selector_none"
    assert reason(page % (shown + shown.replace("385", "386")), url=url) == "selector_several"


def test_kisskissbankbank() -> None:
    html = (
        f"{TITLE}<h1 data-test-id='project-title'>Un four</h1>{STORY}<div class='owner-info x'><a href='/u/rue'>La rue</a></div>"
        "<div class='kiss-Intro__infoBlockLine'><div><div>12</div>jours</div><div><div>2&nbsp;385&nbsp;€</div>collectés</div></div>"
    )
    draft = read(html, url="https://www.kisskissbankbank.com/fr/projects/un-four")
    assert (draft.title, draft.organiser, sums(draft)) == ("Un four", "La rue", (2385, None, "EUR"))
    state = {
        "name": "Un four pour la rue",
        "collectedAmount": {"cents": 238500, "currency": "EUR"},
        "goal": {"cents": 500000},
        "owner": {"name": "La rue"},
    }
    html = f"{TITLE}{STORY}<script class='js-react-on-rails-component' type='application/json'>{json.dumps({'project': state})}</script>"
    assert sums(read(html, url="https://www.kisskissbankbank.com/fr/projects/un-four")) == (2385, 5000, "EUR")


def test_cotizup() -> None:
    url = "https://www.cotizup.com/@rue/un-four"
    for words in ("2 385 € sur 500 000 €", "€ 2,385 on €500,000"):
        assert sums(read(f"{TITLE}{STORY}<p>{words}</p>", url=url)) == (2385, 500_000, "EUR")
    assert sums(read(f"{TITLE}{STORY}<div data-collected='2385,50'></div>", url=url)) == (2385.5, None, None)


def tipeee(**parameters: Any) -> str:
    answer = {
        "id": 77,
        "slug": "un-four",
        "name": "Un four",
        "creator": {"pseudo": "La rue"},
        "parameters": {"campaign_type": "per_month", **parameters},
    }
    return json.dumps(answer)


def test_tipeee_counts_what_recurs() -> None:
    url = "https://api.tipeee.com/v2.0/projects/un-four"
    draft = read(tipeee(tipperAmount="350", tipperNumber="41"), url=url)
    assert sums(draft) == (350, None, None)
    assert draft.url == "https://fr.tipeee.com/un-four"
    assert draft.text == "Un four\n\n[montant récurrent, en général par mois : 350]"
    assert (draft.organiser, draft.platform_id, draft.funding and draft.funding.donors) == ("La rue", "77", 41)
    hidden = read(tipeee(tipperAmount="350", tipperNumber="41", hidedAmount=True), url=url)
    assert sums(hidden) == (None, None, None)
    assert hidden.text == "Un four"
    assert reason(tipeee(), url=url) == "no_title"  # no object with a title and an amount


def test_gofundme() -> None:
    url = "https://www.gofundme.com/f/un-four"
    campaign = {"id": 9, "campaign_id": 5, "fund_name": "Un four", "fund_description": "<p>Le four fume.</p>", "current_amount": 310, "goal_amount": 900, "currencycode": "EUR",
                "donation_count": 12, "user_first_name": "Odile", "user_last_name": "Essai", "launch_date": "2026-09-01T00:00:00+02:00"}  # fmt: skip
    other = {**campaign, "fund_name": "Autre chose", "current_amount": 5}
    html = f"<meta property='og:title' content='Cagnotte de Odile Essai : Un four'><script>window.initialState = {json.dumps({'feed': {'campaign': campaign, 'related': [other]}})};</script>"
    draft = read(html.replace("Cagnotte de Odile Essai : Un four", "Un four"), url=url)
    assert (draft.title, draft.organiser, draft.platform_id, sums(draft)) == ("Un four", "Odile Essai", "5", (310, 900, "EUR"))
    cache = {"Fundraiser:5": {"title": "Un four pour la rue", 'description({"excerpt":false})': "Le four fume.", "currentAmount": {"amount": 310, "currencyCode": "EUR"},
                              "goalAmount": {"amount": 900}, "donationCount": 12, "launchDate": "2026-09-01T00:00:00Z"}}  # fmt: skip
    html = f"{TITLE}<script id='__NEXT_DATA__' type='application/json'>{json.dumps({'props': {'apollo': cache}})}</script>"
    assert sums(read(html, url=url)) == (310, 900, "EUR")
    assert read(html, url=url).text == "Le four fume."
    cache = {f"Fundraiser:{slug}": {**cache["Fundraiser:5"], "title": slug.capitalize(), "defaultSlug": slug, "currentAmount": {"amount": raised, "currencyCode": "EUR"}}
             for slug, raised in (("un-autre-four", 77), ("un-four", 310))}  # fmt: skip
    html = f"<meta property='og:title' content='Cagnotte de Odile'><script id='__NEXT_DATA__' type='application/json'>{json.dumps(cache)}</script>"
    assert sums(read(html, url=url)) == (310, 900, "EUR")


def test_kickstarter() -> None:
    url = "https://www.kickstarter.com/projects/rue/un-four"
    project = {"id": "abc=", "pid": 7, "name": "Un four pour la rue", "description": "Du pain chaud.", "creator": {"name": "La rue"}, "backersCount": 8, "goal": {"currency": "USD", "amount": "900.0"},
               "pledged": {"currency": "USD", "amount": "310.5"}, "deadlineAt": 1404913719, "currency": "USD", "launchedAt": None}  # fmt: skip
    escaped = json.dumps({"project": project}).replace('"', "&quot;")
    current = json.dumps(
        {"id": 7, "name": "Un four pour la rue", "blurb": "Du pain.", "goal": 900.0, "pledged": 310.5, "launched_at": 1402062519}
    ).replace('"', "&quot;")
    html = f'{TITLE}<div data-initial="{escaped}"></div><script>window.current_project = "{current}";</script>'
    draft = read(html, url=url)
    assert (sums(draft), draft.organiser, draft.text) == ((310.5, 900, "USD"), "La rue", "Du pain chaud.")
    assert draft.published_at == datetime(2014, 6, 6, 13, 48, 39, tzinfo=UTC)
    assert reason(html.replace("900.0", "bientôt"), url=url) == "no_amount"


def test_indiegogo() -> None:
    html = (
        f"{TITLE}<section class='fl description rounded'><div class='user-content'><p>Le four fume.</p></div></section><aside>"
        "<p class='money-raised' id='big-goal'><span class='currency'><span>$3,235</span><em>USD</em></span></p>"
        "<p class='money-raised goal'>Raised of <span class='currency'><span>$10,000</span></span> Goal</p>"
        "<p>Funding duration: October 30, 2013 - December 13, 2013 (11:59pm PT).</p></aside>"
    )
    draft = read(html, url="https://www.indiegogo.com/projects/un-four")
    assert (sums(draft), draft.text) == ((3235, 10_000, "USD"), "Le four fume.")
    assert draft.published_at == datetime(2013, 10, 30, tzinfo=UTC)
    answer = {
        "id": 4,
        "title": "Un four",
        "tagline": "Du pain.",
        "collected_funds": 5,
        "goal": 9,
        "currency": {"iso_code": "CAD"},
        "web_url": "https://www.indiegogo.com/projects/un-four",
    }
    assert read(json.dumps(answer), url="https://api.indiegogo.com/1/campaigns/4.json").url == "https://www.indiegogo.com/projects/un-four"


# -- profiles as files


GOOD = "site: Essai\nhosts: [essai.test]\nreviewed_on: 2026-11-22\nevidence: unverified\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "adress: https://essai.test/{slug}\n", "unknown key 'adress'; did you mean 'address'?"),
        (GOOD + "state:\n  raisd: [x]\n", "state: unknown field 'raisd'; did you mean 'raised'?"),
        (GOOD + "selectors:\n  raised: ['//*[@id=']\n", "selectors.raised.0: Value error, not an XPath"),
        (GOOD + "campaign: '/(c'\n", "campaign: Value error, not a regular expression"),
        (GOOD + "campaign: '/c/(?P<name>.+)'\naddress: https://essai.test/{slug}\n", "address or api names 'slug'"),
        (GOOD + "expected: [title, argent]\n", "expected.1"),
        (GOOD.replace("unverified", "sure"), "evidence"),
        (GOOD.replace("hosts: [essai.test]\n", ""), "hosts: none is named"),
        (GOOD.replace("reviewed_on: 2026-11-22\n", ""), "reviewed_on"),
        ("- rien\n", "found list"),
        ("a: [\n", "not readable as YAML"),
    ],
)
def test_a_mistake_in_a_profile_names_the_file_and_the_key(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "essai.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load_profile(path)
    assert str(path) in str(raised.value)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_profile_stands_on_the_generic_one(tmp_path: Path) -> None:
    (tmp_path / "generic.yml").write_text((PROFILES / "generic.yml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "essai.yml").write_text(GOOD + "state:\n  title: [intitule]\nclosed: [rideau]\n", encoding="utf-8")
    found = load_profiles(tmp_path)["essai"]
    assert found.state["title"][0] == "intitule"
    assert "fund_name" in found.state["title"]
    assert found.state["goal"] == profiles()["generic"].state["goal"]
    assert {"rideau", "est terminée"} <= set(found.closed)


# -- pages that mean harm


def test_a_page_saved_by_a_browser_knows_its_address() -> None:
    html = f"<!-- saved from url=(0040)https://cagnottes.test/c/four -->{TITLE}{STORY}<p>85 € sur 400 €</p>"
    (found,) = read_saved(Page("https://page.test/page", html.encode())).items
    assert isinstance(found, Draft)
    assert found.url == "https://cagnottes.test/c/four"


@pytest.mark.parametrize("body", [b"", b"<html", b"{", b"[1,", b"null", b"[]", b"{}", b"\x00\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000])
def test_rubbish_is_one_named_reason(body: bytes) -> None:
    with pytest.raises(SourceError) as raised:
        parse_campaign(Page(URL, body))
    assert raised.value.reason
    assert "\n" not in str(raised.value)


@bounds(max_examples=100, deadline=None)
@given(st.binary(max_size=300) | st.text(alphabet="<>\"=/ adivsptext{}[]:,'&;#0123é€", max_size=300).map(str.encode))
def test_no_bytes_crash_the_parser(body: bytes) -> None:
    for url in (URL, "https://www.indiegogo.com/projects/x", "https://api.tipeee.com/v2.0/projects/x"):
        try:
            parse_campaign(Page(url, body))
        except SourceError as error:
            assert error.reason  # noqa: PT017 - either outcome is right, a crash is not


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["\ud800", "\x00", "<p>a</p>", "2 385 €", "2026-01-01"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
CAMPAIGN: dict[str, Any] = {
    "id": 5, "title": "Un four", "description": "<p>Le four.</p>", "raised": 310, "goal": {"amount": "900"}, "currency": "EUR", "donors": 3, "organizer": {"name": "La rue"},
    "launched_at": 1404913719, "deadline": "2026-12-01", "team_members": [{"name": "A", "owner": True}], "url": URL, "comments_count": 1, "parameters": {"tipperAmount": "3"},
}  # fmt: skip


@bounds(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(CAMPAIGN)), JSON, st.booleans())
def test_no_value_at_any_key_crashes_the_parser(key: str, value: Any, in_page: bool) -> None:
    answer = json.dumps({**CAMPAIGN, key: value})
    body = f'{TITLE}<script type="application/json">{answer.replace("<", chr(92) + "u003c")}</script>' if in_page else answer
    for url in (URL, "https://api.tipeee.com/v2.0/projects/x", "https://www.helloasso.com/associations/a/collectes/b"):
        try:
            (found,) = parse_campaign(Page(url, body.encode(errors="replace"))).items
        except SourceError as error:
            assert error.reason  # noqa: PT017
        else:
            found.model_dump_json().encode()


HOSTILE = {
    "nested div": "<div>" * 200_000,
    "nested b": "<b>" * 100_000 + "x",
    "one letter": "<p>" + "a " * 500_000 + "</p>",
    "nested tables": "<table>" * 20_000,
    "nested state": '<script>window.state = {"a":' + "[" * 50_000 + "</script>",
    "letters in a script": "<script>" + "a" * 400_000 + "</script>",
    "assignments": "<script>" + "state = " * 50_000 + "</script>",
    "digits": "<p>" + "1" * 400_000 + "</p>",
    "counts": "<p>" + "1 " * 200_000 + "</p>",
    "sums": TITLE + "<p>1 € sur 2 €</p>" * 30_000,
    "halves of sums": TITLE + "<p>1 € sur</p>" * 30_000,
    "buttons in the story": f"{TITLE}<article>" + "<button>x</button>y" * 50_000 + "</article>",
    "images": f"{TITLE}<article>" + "<img alt='x'>y" * 30_000 + "</article>",
    "campaigns": "[" + ",".join(f'{{"title":"t{number}","raised":{number}}}' for number in range(30_000)) + "]",
    "keys with arguments": "[" + ",".join(f'{{"title(x)":"t","k{number}(":1}}' for number in range(30_000)) + "]",
    "quotes": '<script>state = "' + '\\"' * 300_000 + "</script>",
    "blanks": f"{TITLE}<p>par" + "\n " * 200_000 + "</p>",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_end_in_bounded_time(name: str) -> None:
    start = time.process_time()  # the clock would measure other tests too
    with pytest.raises(SourceError) as raised:
        read(HOSTILE[name])
    assert raised.value.reason
    assert time.process_time() - start < 20


# -- a whole crawl


class Site(BaseHTTPRequestHandler):
    """One campaign, which may go away; the site says so with HTTP 200."""

    gone = False

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        if not self.path.startswith("/c/"):
            self.send_error(404)
            return
        body = f"{TITLE}<p>Cette cagnotte n'existe plus.</p>" if self.gone else f"{TITLE}{STORY}<p>85 € sur 400 €</p>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Site, "gone", False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_campaign_that_goes_away_keeps_its_text_and_says_so(settings: Settings, site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.sources_dir.mkdir(parents=True)
    (settings.sources_dir / "essai.yml").write_text(
        f"title: Essai\nkind: crowdfunding_page\npages: [{site}/c/four]\npurpose: essai de parcours\nlegal_basis: essai de parcours\ndelay: 0\n",
        encoding="utf-8",
    )
    assert crawl_source("essai", settings=settings).kept == 1
    monkeypatch.setattr(Site, "gone", True)
    assert crawl_source("essai", settings=settings).kept == 1
    archive = Archive(settings.archive_dir)
    first, last = (document for batch in archive.batches() for document in archive.documents(batch))
    assert (first.deleted_at, first.text) == (None, "Le four communal fume.")
    assert last.deleted_at
    assert last.text == first.text
