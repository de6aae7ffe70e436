"""Who gets in, and who does not."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import argon2
import pyotp
import pytest

from cases import accounts, changing, invitations, passwords, totp
from tests.web.conftest import PASSWORD, Browser, House
from web import limits
from web.entering import inside
from web.sessions import COOKIE

LOGIN = "analyse@exemple.test"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """For who tries often: the slow hash is tried in its own test."""
    monkeypatch.setattr("cases.accounts.is_password", lambda hashed, password: hashed is not None and password == PASSWORD)
    monkeypatch.setattr("cases.accounts.is_outdated", lambda hashed: False)


def sign_in(browser: Browser, password: str = PASSWORD, login: str = LOGIN, **headers: str) -> int:
    return browser.client.post("/connexion", data={"login": login, "password": password}, headers=headers).status_code


def is_in(browser: Browser) -> bool:
    return browser.get("/compte").status_code == 200


def test_the_right_password_opens_a_session(house: House) -> None:
    browser = house.browser()
    answer = browser.client.post("/connexion", data={"login": " Analyse@exemple.test", "password": PASSWORD, "suite": "/file"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/file")
    for cookie in answer.headers.get_list("set-cookie"):
        assert "httponly" in cookie.lower()
        assert "samesite=lax" in cookie.lower()
        assert "path=/" in cookie.lower()
    assert is_in(browser)


def test_a_wrong_password_opens_none_and_says_no_more_than_an_unknown_account(house: House) -> None:
    known = house.browser().client.post("/connexion", data={"login": LOGIN, "password": "faux"})
    unknown = house.browser().client.post("/connexion", data={"login": "inconnue@exemple.test", "password": "faux"})
    assert (known.status_code, unknown.status_code) == (401, 401)
    assert known.text.replace(LOGIN, "") == unknown.text.replace("inconnue@exemple.test", "")
    assert not {"set-cookie"} & {*known.headers, *unknown.headers}


def test_nobody_is_led_to_the_sign_in(house: House) -> None:
    assert house.browser().get("/compte?a=1").headers["location"] == "/connexion?suite=%2Fcompte%3Fa%3D1"


def test_a_form_from_elsewhere_is_refused(house: House) -> None:
    browser = house.browser("analyse")
    assert browser.client.post("/deconnexion").status_code == 403
    assert browser.post("/deconnexion").status_code == 303
    assert not is_in(browser)


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://console.test"}, False),
        ({"Origin": "http://console.test"}, True),
        ({"Origin": "http://ailleurs.example"}, False),
        ({"Origin": "http://console.test.ailleurs.example"}, False),
        ({"Origin": "null"}, False),
        ({}, True),
    ],
)
def test_another_site_signs_nobody_in(house: House, quick: None, headers: dict[str, str], taken: bool) -> None:
    assert (sign_in(house.browser(), **headers) == 303) is taken


@pytest.mark.parametrize(
    "address", ["//ailleurs.example", "https://ailleurs.example", "/\\ailleurs.example", "\\/ailleurs.example", "/\t/ailleurs.example", "javascript:alert(1)",
                "/a\r\nLocation: //b", "", "ailleurs.example", "/a\\b", "/" + "a" * 3000],
)  # fmt: skip
def test_nobody_is_led_elsewhere(house: House, quick: None, address: str) -> None:
    assert inside(address) == "/"
    answer = house.browser().client.post("/connexion", data={"login": LOGIN, "password": PASSWORD, "suite": address})
    assert answer.headers["location"] == "/"


def test_the_token_is_new_at_each_sign_in_and_the_old_one_ends(house: House, quick: None) -> None:
    browser = house.browser("soumet")
    before = browser.client.cookies[COOKIE]
    assert sign_in(browser) == 303
    assert browser.client.cookies[COOKIE] != before
    old = house.browser()
    old.client.cookies.set(COOKIE, before)
    assert not is_in(old)


def test_a_cookie_that_was_changed_opens_nothing(house: House) -> None:
    browser = house.browser("analyse")
    value = browser.client.cookies[COOKIE]
    for wrong in (value[:-1] + ("A" if value[-1] != "A" else "E"), value.split(".")[0], "x" + value, accounts.digest(value.split(".")[0])):
        browser.client.cookies.clear()
        browser.client.cookies.set(COOKIE, wrong)
        assert not is_in(browser)


# --- limits


def test_after_some_wrong_passwords_not_even_the_right_one_is_looked_at_from_there(house: House, quick: None) -> None:
    browser = house.browser()
    assert [sign_in(browser, "faux") for _ in range(limits.PAIR[0])] == [401] * limits.PAIR[0]
    answer = browser.client.post("/connexion", data={"login": LOGIN, "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "Trop d'essais. Réessayez dans 15 minutes" in answer.text.replace("&#39;", "'")
    assert sign_in(browser, login="valide@exemple.test") == 303, "others at the same address go on"


def test_right_ones_are_not_counted(house: House, quick: None) -> None:
    for _ in range(limits.PAIR[0] + 2):
        assert sign_in(house.browser()) == 303


def test_a_stranger_does_not_lock_a_person_out_of_the_browser_they_use(house: House, quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    own = house.browser()
    assert sign_in(own) == 303
    addresses = iter(f"198.51.100.{number}" for number in range(1, 200))
    monkeypatch.setattr("web.routers.auth.address_of", lambda request: next(addresses))
    tries = [sign_in(house.browser(), "faux") for _ in range(limits.ACCOUNT[0] + 1)]
    assert tries == [401] * limits.ACCOUNT[0] + [429]
    assert sign_in(house.browser()) == 429
    assert sign_in(own) == 303
    assert [sign_in(own, "faux") for _ in range(limits.BROWSER[0] + 1)][-1] == 429, "but that browser has an end of tries too"


def test_the_mark_of_a_browser_serves_its_own_account_alone(house: House, quick: None) -> None:
    browser = house.browser()
    assert sign_in(browser) == 303
    tries = [sign_in(browser, "faux", "valide@exemple.test") for _ in range(limits.PAIR[0] + 1)]
    assert tries[-1] == 429
    assert sign_in(house.browser(), login="valide@exemple.test") == 429, "counted as from any browser of this address"


def test_one_address_does_not_try_all_accounts(house: House, quick: None) -> None:
    tries = [sign_in(house.browser(), "faux", f"essai{number}@exemple.test") for number in range(limits.ADDRESS[0] + 1)]
    assert (tries[-2], tries[-1]) == (401, 429)


# --- one-time codes


def with_codes(house: House, name: str = "analyse") -> pyotp.TOTP:
    secret, person = house.app.state.console.secret, house.people[name].id
    totp.prepare(house.database, person, secret=secret)
    made = pyotp.TOTP(totp.waiting(house.database, person, secret=secret) or "")
    past = datetime.fromtimestamp(time.time() - 300, UTC)
    assert totp.confirm(house.database, person, made.at(past), secret=secret, now=past)
    return made


def code(browser: Browser, given: str) -> int:
    return browser.client.post("/connexion/code", data={"code": given}).status_code


def test_with_codes_the_password_alone_opens_nothing(house: House, quick: None) -> None:
    made, browser = with_codes(house), house.browser()
    answer = browser.client.post("/connexion", data={"login": LOGIN, "password": PASSWORD, "suite": "/compte/cles"})
    assert answer.headers["location"] == "/connexion/code"
    assert COOKIE not in browser.client.cookies
    assert not is_in(browser)
    assert browser.get("/connexion/code").status_code == 200
    assert code(browser, "000000" if made.now() != "000000" else "000001") == 401
    last = browser.client.post("/connexion/code", data={"code": made.now()})
    assert last.headers["location"] == "/compte/cles"
    assert is_in(browser)
    again = house.browser()
    assert sign_in(again) == 303
    assert code(again, made.now()) == 401, "a code is taken once"


def test_codes_are_not_guessed(house: House, quick: None) -> None:
    made = with_codes(house)
    wrong = next(f"{number:06}" for number in range(10) if f"{number:06}" not in {made.at(time.time() + away) for away in (-60, -30, 0, 30, 60)})
    tries = []
    for _ in range(limits.CODES[0] + 1):
        browser = house.browser()  # a new browser has no new tries
        assert sign_in(browser) == 303
        tries.append(code(browser, wrong))
    assert tries == [401] * limits.CODES[0] + [429]
    assert code(browser, made.now()) == 429


def test_a_code_without_a_password_leads_back(house: House) -> None:
    browser = house.browser()
    assert browser.get("/connexion/code").headers["location"] == "/connexion"
    assert browser.client.post("/connexion/code", data={"code": "123456"}).headers["location"] == "/connexion"


# --- invitations


def test_an_invitation_leads_to_a_password_and_the_sign_in(house: House) -> None:
    with_codes(house)
    link = f"/invitation/{invitations.invite(house.database, house.people['analyse'].id, by='test')}"
    browser, old = house.browser(), house.browser("analyse")
    assert "Bienvenue, analyse" in browser.get(link).text
    choose = lambda first, second: browser.client.post(link, data={"password": first, "again": second})
    assert choose("une autre phrase longue", "une autre phrase").status_code == 422
    assert choose("court", "court").status_code == 422
    done = choose("une autre phrase longue", "une autre phrase longue")
    assert done.headers["location"] == "/connexion?fait=mot-de-passe"
    assert "Votre mot de passe est enregistré : connectez-vous." in browser.get(done.headers["location"]).text
    assert choose("une autre phrase longue", "une autre phrase longue").status_code == 404
    assert not is_in(old)
    assert sign_in(browser) == 401
    assert sign_in(browser, "une autre phrase longue") == 303
    assert is_in(browser)


def test_wrong_invitations_are_counted(house: House) -> None:
    answers = [house.browser().get(f"/invitation/faux{number}").status_code for number in range(limits.LINKS[0] + 1)]
    assert (answers[0], answers[-1]) == (404, 429)
    link = invitations.invite(house.database, house.people["analyse"].id, by="test")
    assert house.browser().get(f"/invitation/{link}").status_code == 200, "a right one is never refused for it"


def test_a_disabled_person_is_out_at_the_next_request(house: House) -> None:
    browser = house.browser("analyse")
    changing.disable(house.database, house.people["analyse"].id, by="test")
    assert not is_in(browser)
    assert sign_in(house.browser()) == 401


def test_an_unknown_account_takes_as_long_as_a_known_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slow hash is checked in both cases; time itself is not measured: this machine may be busy."""
    checked = []
    real = passwords._hasher().verify

    class Counting:
        def verify(self, hashed: str, password: str) -> bool:
            checked.append(argon2.extract_parameters(hashed))
            return real(hashed, password)

    passwords._nobody()
    monkeypatch.setattr(passwords, "_hasher", Counting)
    for login in (LOGIN, "inconnue@exemple.test"):
        assert accounts.check_password(house.database, login=login, password="faux") is None
    assert len(checked) == 2
    assert checked[0] == checked[1]
