"""Sign-in by OpenID Connect, against a real small provider on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from cases import accounts, changing
from core.settings import Settings
from tests.web.conftest import Browser, House
from tests.web.oidc_provider import CLIENT, SECRET, Provider, provider
from web.oidc import RETURN


@pytest.fixture
def idp() -> Iterator[Provider]:
    with provider() as found:
        yield found


@pytest.fixture
def settings(settings: Settings, idp: Provider) -> Settings:
    return settings.model_copy(update={"oidc_issuer": httpx.URL(idp.issuer), "oidc_client_id": CLIENT, "oidc_client_secret": SecretStr(SECRET)})


def there(browser: Browser, suite: str = "/compte") -> httpx.URL:
    """Leave for the provider; the address by which it sends the browser back."""
    left = browser.client.post("/connexion/fournisseur", data={"suite": suite})
    assert left.status_code == 302, left.text
    asked = parse_qs(urlsplit(left.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    back = httpx.get(left.headers["location"])
    return httpx.URL(back.headers["location"])


def come_back(browser: Browser, url: httpx.URL) -> httpx.Response:
    assert url.path == RETURN
    return browser.client.get(f"{url.path}?{url.query.decode()}")  # type: ignore[return-value]


def is_in(browser: Browser) -> bool:
    return browser.get("/compte").status_code == 200


def test_a_known_person_gets_in_by_address_and_then_by_subject(house: House, idp: Provider) -> None:
    browser = house.browser()
    answer = come_back(browser, there(browser))
    assert (answer.status_code, answer.headers["location"]) == (303, "/compte")
    assert is_in(browser)
    idp.person = {"sub": "u-1", "email": "change@exemple.test", "email_verified": False}
    again = house.browser()
    assert come_back(again, there(again)).status_code == 303
    assert "analyse" in again.get("/compte").text


def test_the_same_answer_serves_once(house: House, idp: Provider) -> None:
    browser = house.browser()
    url = there(browser)
    assert come_back(browser, url).status_code == 303
    assert come_back(browser, url).status_code == 403


def test_an_answer_for_another_browser_is_refused(house: House, idp: Provider) -> None:
    """Login CSRF: who is led to an attacker's answer must not end up in the attacker's account."""
    attacker, victim = house.browser(), house.browser()
    url = there(attacker)
    assert come_back(victim, url).status_code == 403
    there(victim)
    assert come_back(victim, url).status_code == 403
    assert not is_in(victim)


@pytest.mark.parametrize(
    "person",
    [
        {"sub": "u-9", "email": "inconnue@exemple.test", "email_verified": True},
        {"sub": "u-9", "email": "analyse@exemple.test", "email_verified": False},
        {"sub": "u-9", "email": "analyse@exemple.test", "email_verified": "false"},
        {"sub": "u-9", "email": "analyse@exemple.test"},
        {"sub": "u-9"},
    ],
)
def test_nobody_is_made_or_matched_without_a_checked_address(house: House, idp: Provider, person: dict[str, object]) -> None:
    idp.person, before = person, len(accounts.people(house.database))
    browser = house.browser()
    answer = come_back(browser, there(browser))
    assert answer.status_code == 403
    assert "aucun compte Vigie" in answer.text
    assert not is_in(browser)
    assert len(accounts.people(house.database)) == before


def test_an_account_bound_to_one_subject_is_not_taken_over_by_another(house: House, idp: Provider) -> None:
    changing.bind_provider(house.database, house.people["analyse"].id, subject=f"{idp.issuer} u-ancien")
    browser = house.browser()
    assert come_back(browser, there(browser)).status_code == 409
    assert not is_in(browser)


def test_a_disabled_person_does_not_get_in(house: House, idp: Provider) -> None:
    changing.disable(house.database, house.people["analyse"].id, by="test")
    browser = house.browser()
    assert come_back(browser, there(browser)).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [{"nonce": "autre"}, {"aud": "autre-client"}, {"aud": "autre", "azp": CLIENT}, {"iss": "https://autre.example"}, {"exp": 1}, {"sub": None}],
)
def test_wrong_claims_open_nothing(house: House, idp: Provider, claims: dict[str, object]) -> None:
    idp.claims = claims
    browser = house.browser()
    assert come_back(browser, there(browser)).status_code == 403
    assert not is_in(browser)


@pytest.mark.parametrize("sign", ["other_key", "none", "shared"])
def test_a_wrong_signature_opens_nothing_even_where_the_provider_names_its_kind(house: House, idp: Provider, sign: str) -> None:
    idp.sign, idp.metadata = sign, {"id_token_signing_alg_values_supported": ["RS256", "none", "HS256"]}
    browser = house.browser()
    assert come_back(browser, there(browser)).status_code == 403
    assert not is_in(browser)


def test_the_provider_s_refusal_is_told_without_its_words(house: House, idp: Provider) -> None:
    idp.refuses = True
    browser = house.browser()
    assert come_back(browser, there(browser)).status_code == 403


def test_a_provider_of_another_name_is_not_asked(house: House, idp: Provider) -> None:
    idp.metadata = {"issuer": "https://autre.example"}
    assert house.browser().client.post("/connexion/fournisseur").status_code == 403


def test_a_provider_that_is_away_is_unavailable(house: House, idp: Provider) -> None:
    house.app.state.console.settings.__dict__["oidc_issuer"] = httpx.URL("http://127.0.0.1:9")
    assert house.browser().client.post("/connexion/fournisseur").status_code == 503


def test_one_cannot_be_led_elsewhere_afterwards(house: House, idp: Provider) -> None:
    browser = house.browser()
    assert come_back(browser, there(browser, suite="//ailleurs.example/")).headers["location"] == "/"


def test_the_form_may_lead_to_the_provider_and_the_page_offers_it(house: House, idp: Provider) -> None:
    answer = house.browser().get("/connexion")
    assert "Se connecter avec mon organisation" in answer.text
    assert f"form-action 'self' {idp.issuer};" in answer.headers["content-security-policy"]
