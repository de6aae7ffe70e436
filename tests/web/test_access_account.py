"""One's own account."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pyotp
import pytest

from cases import accounts, keys, totp
from cases.people import Preferences
from tests.web.conftest import PASSWORD, House
from web import limits
from web.api.openapi import PREFIX

NEW = "une autre phrase longue"


def test_the_page_shows_what_is_one_s_own(house: House) -> None:
    text = house.browser("sante").get("/compte").text
    assert "sante@exemple.test" in text
    assert "Association A" in text


def test_a_name_is_escaped_and_shown(house: House) -> None:
    browser = house.browser("analyse")
    assert browser.post("/compte/nom", {"name": " <b>Zoé</b> "}).status_code == 303
    text = browser.get("/compte?fait=nom").text
    assert "&lt;b&gt;Zoé&lt;/b&gt;" in text
    assert "<b>Zoé" not in text
    assert "Votre nom est changé." in text
    for wrong in ("", " ", "a" * 41, "a\x07b"):
        assert browser.post("/compte/nom", {"name": wrong}).status_code == 422
    assert "<script" not in browser.get("/compte?fait=%3Cscript%3E").text.split("</head>")[1]


def test_a_new_password_ends_other_browsers_and_renews_this_one(house: House) -> None:
    here, there = house.browser("analyse"), house.browser("analyse")
    form = {"old": PASSWORD, "new": NEW, "again": NEW}
    assert here.post("/compte/mot-de-passe", {**form, "again": "autre"}).status_code == 422
    assert here.post("/compte/mot-de-passe", {**form, "old": "faux"}).status_code == 422
    assert here.post("/compte/mot-de-passe", {**form, "new": "court", "again": "court"}).status_code == 422
    before = dict(here.client.cookies)
    assert here.post("/compte/mot-de-passe", form).status_code == 303
    assert dict(here.client.cookies) != before
    assert here.get("/compte").status_code == 200
    assert there.get("/compte").status_code == 303
    assert accounts.check_password(house.database, login="analyse@exemple.test", password=NEW)


def test_who_finds_a_browser_open_does_not_try_passwords_without_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cases.changing.is_password", lambda hashed, password: False)
    browser = house.browser("analyse")
    answers = [browser.post("/compte/mot-de-passe", {"old": "faux", "new": NEW, "again": NEW}).status_code for _ in range(limits.BROWSER[0] + 1)]
    assert answers == [422] * limits.BROWSER[0] + [429]


def test_preferences(house: House) -> None:
    browser = house.browser("analyse")
    assert browser.post("/compte/preferences", {"greyscale": "1", "pause_after": "5", "hints": "jamais"}).status_code == 303
    kept = accounts.preferences_of(house.database, house.people["analyse"].id)
    assert kept == Preferences(blur=False, greyscale=True, keys=False, hints="jamais", pause_after=5)
    for wrong in ({"pause_after": "2"}, {"pause_after": "beaucoup"}, {"hints": "parfois"}):
        assert browser.post("/compte/preferences", {**wrong}).status_code == 422
    assert accounts.preferences_of(house.database, house.people["analyse"].id) == kept


def test_others_are_signed_out(house: House) -> None:
    here, there, stranger = house.browser("analyse"), house.browser("analyse"), house.browser("valide")
    assert here.post("/compte/sessions/fermer").status_code == 303
    assert [one.get("/compte").status_code for one in (here, there, stranger)] == [200, 303, 200]


def test_codes_on_and_off(house: House) -> None:
    browser, other = house.browser("analyse"), house.browser("analyse")
    assert browser.get("/compte/codes/qr.svg").status_code == 404
    assert browser.post("/compte/codes/preparer").headers["location"] == "/compte/codes"
    page = browser.get("/compte/codes").text
    secret = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert secret
    assert "data:" not in page.split("</head>")[1]
    picture = browser.get("/compte/codes/qr.svg")
    assert picture.headers["content-type"].startswith("image/svg+xml")
    assert "style=" not in picture.text
    assert ET.fromstring(picture.text).tag.endswith("svg")
    assert browser.post("/compte/codes/confirmer", {"code": "abc"}).status_code == 422
    made = pyotp.TOTP(secret[1].replace(" ", ""))
    assert browser.post("/compte/codes/confirmer", {"code": made.now()}).status_code == 303
    assert [one.get("/compte").status_code for one in (browser, other)] == [200, 303]
    assert browser.get("/compte/codes/qr.svg").status_code == 404
    assert secret[1] not in browser.get("/compte/codes").text
    assert browser.post("/compte/codes/retirer", {"password": "faux"}).status_code == 422
    assert totp.is_on(house.database, house.people["analyse"].id)
    assert browser.post("/compte/codes/retirer", {"password": PASSWORD}).status_code == 303
    assert not totp.is_on(house.database, house.people["analyse"].id)


def form_of(page: str, **fields: object) -> dict[str, object]:
    act = re.search(r'name="act" value="([0-9a-f]+)"', page)
    assert act
    return {"act": act[1], "name": "collecte", "scopes": ["submissions:read"], "days": "30", **fields}


def test_a_key_is_shown_once_works_and_is_revoked(house: House) -> None:
    browser = house.browser("soumet")
    form = form_of(browser.get("/compte/cles").text)
    made = browser.post("/compte/cles", form)
    assert made.status_code == 201
    secret = re.search(r"vigie_[\w-]{43}", made.text)
    assert secret
    assert secret[0] not in browser.get("/compte/cles").text
    assert browser.post("/compte/cles", form).status_code == 409, "sent again, it makes none"
    bearer = {"Authorization": f"Bearer {secret[0]}"}
    assert house.browser().get(f"{PREFIX}/submissions", headers=bearer).status_code == 200
    (key,) = keys.keys_of(house.database, person=house.people["soumet"].id)
    assert key.used_at is not None
    assert house.browser("analyse").post(f"/compte/cles/{key.id}/revoquer").status_code == 404, "another's is not there"
    assert browser.post(f"/compte/cles/{key.id}/revoquer").status_code == 303
    refused = house.browser().get(f"{PREFIX}/submissions", headers=bearer)
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")


def test_a_key_has_no_more_than_one_s_roles_can_use(house: House) -> None:
    browser = house.browser("soumet")
    page = browser.get("/compte/cles").text
    assert "submissions:write" in page
    assert "reviews:write" not in page
    for wrong in ({"scopes": ["reviews:write"]}, {"scopes": []}, {"days": "9999"}, {"name": " "}):
        assert browser.post("/compte/cles", form_of(page, **wrong)).status_code == 422
    assert keys.keys_of(house.database) == ()


def test_wrong_keys_are_counted_and_right_ones_never_refused(house: House) -> None:
    _, secret = keys.make_key(house.database, person=house.people["soumet"].id, name="essai", scopes=["submissions:read"], expires_at=None, by="test")
    client = house.browser().client
    asked = lambda key: client.get(f"{PREFIX}/submissions", headers={"Authorization": f"Bearer {key}"}).status_code
    answers = [asked(f"vigie_{number}") for number in range(limits.KEYS[0] + 1)]
    assert (answers[0], answers[-2], answers[-1]) == (401, 401, 429)
    assert asked(secret) == 200


def test_a_person_does_not_submit_without_end_by_form_or_by_key(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.limits.RATES", {"submit": (3, limits.QUARTER)})
    person = house.people["soumet"].id
    _, secret = keys.make_key(house.database, person=person, name="essai", scopes=["submissions:write"], expires_at=None, by="test")
    browser, bearer = house.browser("soumet"), {"Authorization": f"Bearer {secret}"}
    tried = [browser.post("/soumissions/nouvelle", {"url": "javascript:a"}).status_code for _ in range(2)]
    tried += [browser.client.post(f"{PREFIX}/submissions", json={"url": "javascript:a"}, headers=bearer).status_code for _ in range(2)]
    assert 429 not in tried[:3]
    assert tried[3] == 429
    assert browser.post("/soumissions/nouvelle", {"url": "javascript:a"}).status_code == 429
    assert browser.get("/soumissions/nouvelle").status_code == 200
    assert house.browser("valide").post("/soumissions/nouvelle", {"url": "javascript:a"}).status_code != 429
