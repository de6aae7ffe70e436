"""Who gets in, and who does not."""

from __future__ import annotations

from tests.web.conftest import PASSWORD, House


def test_the_right_password_opens_a_session(house: House) -> None:
    browser = house.browser()
    answer = browser.client.post("/connexion", data={"login": "Analyse@exemple.test", "password": PASSWORD, "suite": "/file"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/file")
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert "samesite=lax" in answer.headers["set-cookie"].lower()
    assert "Bonjour analyse" in browser.get("/").text


def test_a_wrong_password_opens_none(house: House) -> None:
    answer = house.browser().client.post("/connexion", data={"login": "analyse@exemple.test", "password": "faux"})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_nobody_is_led_to_the_sign_in(house: House) -> None:
    assert house.browser().get("/").headers["location"] == "/connexion"


def test_a_form_from_elsewhere_is_refused(house: House) -> None:
    browser = house.browser("analyse")
    assert browser.client.post("/deconnexion").status_code == 403
    assert browser.post("/deconnexion").status_code == 303
    assert browser.get("/").status_code == 303


def test_every_answer_has_its_headers(house: House) -> None:
    answer = house.browser().get("/connexion")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
