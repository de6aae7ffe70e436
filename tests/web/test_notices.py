"""The pages of notices: what people see at each step, and that they can go through all of them without a program."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import yaml

from cases import duties, informing, notice_following, notice_sending, notices
from cases.notice import EVENTS, MEASURES
from cases.notices import Notice
from cases.platforms import CHANNELS
from tests.web import noticing
from tests.web.conftest import Browser, House
from tests.web.notice_ways import now_of
from web.noticing.timing import instant, local
from web.noticing.words import FILE, categories, words

Fill = Callable[..., list[str]]
HOSTILE = '<script>alert(1)</script> "><img src=x onerror=alert(2)> {{ 7*7 }}'


@pytest.fixture
def name(house: House, fill: Fill) -> str:
    found = fill({"number": 1, "text": f"{noticing.TEXT} {HOSTILE}", "title": HOSTILE, "p": 0.9})[0]
    noticing.two_readings(house, found, "A6")
    return found


@pytest.fixture
def browser(house: House) -> Browser:
    return house.browser("valide")


def sent(house: House, name: str) -> Notice:
    """A notice that was sent."""
    made = noticing.signed(house, name)
    return notice_sending.mark_sent(
        house.database, made.id, channel="courriel", digest=made.digest, actor=noticing.actor_of(house, "valide"), act=noticing.act(),
        secret=house.app.state.console.secret,
    )  # fmt: skip


def post(browser: Browser, notice: Notice, path: str, **data: object) -> int:
    return browser.post(f"/notifications/{notice.id}{path}", {"acte": uuid.uuid4().hex, "at": local(), **data}).status_code


def test_every_page_opens_at_every_step_and_shows_no_markup_of_others(house: House, name: str, browser: Browser) -> None:
    draft, whole = noticing.drafted(house, name), sent(house, name)
    for notice in (draft, whole):
        for path in ("", "/modifier", "/signer", "/envoyer", "/suivi", "/reclamation"):
            answer = browser.get(f"/notifications/{notice.id}{path}")
            assert answer.status_code in (200, 303), (path, answer.text[:500])
            assert "<script>alert" not in answer.text
            assert "<img src=x" not in answer.text
            assert ">49<" not in answer.text
    for path in ("", "?etat=brouillon", "/echeances", "/taux", "/profil", f"/nouvelle?contenu={name}"):
        page = browser.get(f"/notifications{path}")
        assert page.status_code == 200
        assert "<script>alert" not in page.text
    assert f"/notifications/{draft.id}/modifier" in browser.get("/notifications?etat=brouillon").text
    assert f"/notifications/{whole.id}" not in browser.get("/notifications?etat=brouillon").text


def test_an_item_leads_to_its_notice(house: House, name: str, fill: Fill, browser: Browser) -> None:
    assert f"/notifications/nouvelle?contenu={name}" in unescape(browser.get(f"/contenus/{name}").text)
    made = noticing.drafted(house, name)
    assert f'href="/notifications/{made.id}"' in browser.get(f"/contenus/{name}").text
    assert f'href="/notifications/{made.id}"' in browser.get(f"/notifications/nouvelle?contenu={name}").text
    item, choice = browser.get(f"/contenus/{name}").text, browser.get(f"/notifications/nouvelle?contenu={name}").text
    assert item.index(f'href="/notifications/{made.id}"') < item.index("Préparer une autre notification"), "what is open comes first"
    assert choice.index("est déjà dans une notification") < choice.index("Les contenus"), "and is told before anything is chosen"
    assert "Reprenez-la plutôt" in choice
    other = fill({"number": 2, "text": noticing.TEXT, "p": 0.9})[0]
    assert "Préparer une notification" not in browser.get(f"/contenus/{other}").text


def test_what_is_missing_leads_to_its_field(house: House, name: str, browser: Browser) -> None:
    made = noticing.drafted(house, name)
    page = browser.get(f"/notifications/{made.id}/modifier").text
    places = re.findall(r'<li><a href="([^"]+)">', page.split('id="manques"')[1].split("</section>")[0])
    assert len(places) == len(notices.problems(house.database, made))
    assert "/notifications/profil" in places
    assert [one for one in places if one.startswith("#") and f'id="{one[1:]}"' not in page] == []


def test_a_form_that_fails_keeps_what_was_typed(house: House, name: str, browser: Browser) -> None:
    made = noticing.drafted(house, name)
    answer = browser.post(f"/notifications/{made.id}/modifier", {"version": "0", "explanation": "Ce que j'ai écrit.", "victims": "masquees"})
    assert answer.status_code == 409
    assert "Ce que j&#39;ai écrit." in answer.text
    assert 'value="masquees" checked' in answer.text
    assert now_of(house, made).version == 1


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"provider": "Courette SAS", "country": "France"}, "Le pays s&#39;écrit en deux lettres"),
        ({"provider": "x" * 201}, "Le nom légal est trop long"),
        ({"explanation": "x" * 6000}, "Un des textes est trop long"),
    ],
)
def test_what_does_not_fit_is_named(house: House, name: str, browser: Browser, typed: dict[str, str], said: str) -> None:
    made = noticing.drafted(house, name)
    answer = browser.post(f"/notifications/{made.id}/modifier", {"version": str(made.version), **typed})
    assert answer.status_code == 422
    assert said in answer.text


def test_other_items_of_the_platform_are_offered(house: House, name: str, fill: Fill, browser: Browser) -> None:
    made = noticing.drafted(house, name)
    assert 'name="ajouter"' not in browser.get(f"/notifications/{made.id}/modifier").text
    second, elsewhere = fill({"number": 2, "text": noticing.TEXT, "p": 0.9}, {"number": 3, "text": noticing.TEXT, "platform": "autre.example"})
    for one in (second, elsewhere):
        noticing.two_readings(house, one, "A6")
    page = browser.get(f"/notifications/{made.id}/modifier").text
    assert re.findall(r'name="ajouter" value="([^"]+)"', page) == [second]
    assert re.findall(r'type="hidden" name="items" value="([^"]+)"', page) == [name]
    assert f'href="/notifications/{made.id}/modifier#f-items"' in browser.get(f"/notifications/nouvelle?contenu={second}").text
    assert made.id not in browser.get(f"/notifications/nouvelle?contenu={elsewhere}").text
    boxes = {"contenus": "oui", "items": name, "ajouter": second}
    late = browser.post(f"/notifications/{made.id}/modifier", {"version": "0", **boxes})
    assert f'name="ajouter" value="{second}" checked' in late.text, "what was ticked stays"
    assert browser.post(f"/notifications/{made.id}/modifier", {"version": str(made.version), **boxes}).status_code == 303
    after = browser.get(f"/notifications/{made.id}/modifier").text
    assert re.findall(r'type="checkbox" name="items" value="([^"]+)" checked', after) == [name, second]
    assert 'name="ajouter"' not in after


def test_a_country_in_small_letters_is_kept_as_its_code(house: House, name: str, browser: Browser) -> None:
    made = noticing.drafted(house, name)
    browser.post(f"/notifications/{made.id}/modifier", {"version": str(made.version), "provider": "Courette SAS", "country": "fr"})
    kept = now_of(house, made).content
    assert kept
    assert kept.recipient
    assert kept.recipient.country == "FR"
    assert "Notification à Courette SAS (" in browser.get("/notifications").text


def test_the_first_page_says_what_waits_for_a_signature_and_for_sending(house: House, name: str) -> None:
    first = house.browser("analyse")
    assert "à votre tour" not in todo_of(first)
    whole = noticing.complete(house, name)
    noticing.sign(house, whole, "valide")
    assert "signez à votre tour" in todo_of(first)
    assert "signez à votre tour" not in todo_of(house.browser("valide")), "it is not theirs to sign twice"
    noticing.sign(house, whole, "sante", "sante")
    assert now_of(house, whole).state == "signee"
    assert "deux personnes ont signé" in todo_of(house.browser("valide"))
    assert "deux personnes ont signé" not in todo_of(first), "an analyst does not send"


def todo_of(browser: Browser) -> str:
    page = browser.get("/").text
    return page[page.index('<ul class="todo">') : page.index("</main>")]


def test_the_quotes_are_those_of_the_readings(house: House, name: str, browser: Browser) -> None:
    made = noticing.complete(house, name)
    page = browser.get(f"/notifications/{made.id}/modifier").text
    boxes = re.findall(r'name="cite:(cp-[^"]+)" value="([^"]+)"( checked)?', page)
    assert {value for _, value, _ in boxes} == {"1-30-59-A6"}
    assert [field for field, _, checked in boxes if checked] == ["cp-223-1-2-al2:pratique"]


def test_a_signer_sees_who_signed_and_the_same_digest(house: House, name: str) -> None:
    made = noticing.complete(house, name)
    pages = [house.browser(who).get(f"/notifications/{made.id}/signer").text for who in ("valide", "sante")]
    short = {re.search(r'class="digest">([^<]+)<', page)[1] for page in pages}  # type: ignore[index]
    assert len(short) == 1
    assert "Personne encore." in pages[0]
    assert 'value="sante"' in pages[1]
    assert 'value="sante"' not in pages[0]
    noticing.sign(house, made, "valide")
    seen = house.browser("sante").get(f"/notifications/{made.id}/signer").text
    assert "<b>valide</b>" in seen
    assert "Il manque 1 signature" in seen
    assert "Retirer ma signature" in house.browser("valide").get(f"/notifications/{made.id}/signer").text


def test_the_page_of_sending_asks_how_people_are_informed(house: House, name: str, browser: Browser) -> None:
    made = noticing.signed(house, name, informed=False)
    path = f"/notifications/{made.id}/envoyer"
    page = browser.get(path).text
    assert "aucun choix daté" in page
    assert "Marquer comme envoyée" not in page
    assert f'action="/notifications/{made.id}/information"' in page
    assert f'action="/notifications/{made.id}/information"' not in house.browser("analyse").get(path).text
    answer = browser.post(f"/notifications/{made.id}/information", {"acte": "a" * 32, "choix": "differe", "raison": "Une enquête pourrait souffrir."})
    assert answer.status_code == 422
    assert "Donnez une date à venir" in answer.text
    assert "Une enquête pourrait souffrir." in answer.text
    answer = browser.post(f"/notifications/{made.id}/envoyee", {"acte": "b" * 32, "digest": made.digest, "channel": "courriel", "sent_at": local()})
    assert (answer.status_code, "Rien n&#39;est parti" in answer.text) == (409, True)
    later = local(datetime.now(UTC) + timedelta(days=20))
    assert post(browser, made, "/information", choix="differe", raison="Une enquête pourrait souffrir.", jusque=later) == 303
    page = browser.get(path).text
    assert "L&#39;information est remise à plus tard" in page
    assert "aucun choix daté" not in page
    assert "Marquer comme envoyée" in page
    assert [one.choice for one in informing.informations(house.database, "notice", made.id, actor=noticing.actor_of(house, "valide"))] == ["differe"]


def test_sending_by_hand(house: House, name: str, browser: Browser) -> None:
    made = noticing.signed(house, name)
    page = browser.get(f"/notifications/{made.id}/envoyer").text
    assert "data-copier" in page
    assert "Buvez le chlore chaque matin." in page
    assert "Envoyer maintenant" not in page  # no interface
    assert "Marquer comme envoyée" not in house.browser("analyse").get(f"/notifications/{made.id}/envoyer").text
    assert post(browser, made, "/envoyee", digest=made.digest, channel="courriel", sent_at=local(), reference="R-9") == 303
    assert now_of(house, made).reference == "R-9"
    assert "R-9" in browser.get(f"/notifications/{made.id}/envoyer").text


def test_following_to_the_end(house: House, name: str, browser: Browser) -> None:
    made = sent(house, name)
    assert post(browser, made, "/accuse", reference="R-2") == 303
    assert post(browser, made, "/reponse") == 422
    assert (
        post(browser, made, "/reponse", **{"action:1": "retire", "ground:1": "loi", "scope:1": "EU", "redress_given": "oui", "words": "Fait."}) == 303
    )
    now = now_of(house, made)
    assert (now.state, now.items[0].action, now.items[0].scope, now.redress_given) == ("repondue", "retire", "EU", True)
    page = browser.get(f"/notifications/{made.id}/suivi").text
    assert "Retiré" in page
    assert "Fait." in page
    draft = re.search(r'<textarea id="texte"[^>]*>([^<]+)<', browser.get(f"/notifications/{made.id}/reclamation").text)
    assert draft
    assert "contact@maison.example" in draft[1]
    assert post(browser, made, "/reclamation", kind="interne", text=unescape(draft[1])) == 303
    assert "contact@maison.example" not in (now_of(house, made).complaints[0].text or "")
    assert post(browser, made, "/reclamation", kind="hors_tribunal", text="Non.") == 422
    assert post(browser, made, "/autre", kind="cloture") == 409  # a complaint waits
    one = now_of(house, made).complaints[0]
    assert post(browser, made, f"/reclamations/{one.id}", outcome="confirmee") == 303
    assert post(browser, made, "/autre", kind="note", words="Relancée par courriel.") == 303
    assert post(browser, made, "/autre", kind="auteur_retabli") == 303
    assert post(browser, made, "/autre", kind="cloture") == 303
    assert now_of(house, made).state == "close"
    assert "Relancée par courriel." in browser.get(f"/notifications/{made.id}/suivi").text
    assert "1 sur 1 (100 %" in unescape(browser.get("/notifications/taux").text)


def test_contents_without_a_title_can_be_told_apart(house: House, fill: Fill, browser: Browser) -> None:
    name = fill({"number": 7, "text": noticing.TEXT, "title": None, "p": 0.9})[0]
    noticing.two_readings(house, name, "A6")
    page = browser.get(f"/notifications/{noticing.drafted(house, name).id}/suivi").text
    assert re.search(r'data-label="Contenu">1\. exemple\.fr, (publié|relevé) le \d', page)


def test_a_question_of_article_434_3_is_told_before_sending_and_stops_nothing(house: House, fill: Fill, browser: Browser) -> None:
    name = fill({"number": 8, "text": noticing.TEXT, "p": 0.9})[0]
    noticing.two_readings(house, name, "A6", qualification="urgence")
    made = noticing.signed(house, name)
    (duty,) = duties.unanswered(house.database)
    page = browser.get(f"/notifications/{made.id}/envoyer").text
    assert f'href="/devoirs#d-{duty.id}"' in page
    assert "434-3" in page
    assert post(browser, made, "/envoyee", digest=made.digest, channel="courriel", sent_at=local()) == 303


def test_deadlines_and_rates_are_shown(house: House, name: str, browser: Browser) -> None:
    made = sent(house, name)
    notice_following.answer(
        house.database, made.id, outcomes=[notice_following.ItemOutcome(position=1, action="aucune_licite")],
        actor=noticing.actor_of(house, "valide"), act=noticing.act(),
    )  # fmt: skip
    assert f"/notifications/{made.id}/suivi" in browser.get("/notifications/echeances").text
    assert "Par signataire" in browser.get("/notifications/taux").text
    own = house.browser("analyse").get("/notifications/taux").text  # signed nothing: other people's figures are not theirs
    assert "Par signataire" not in own
    assert "Par plateforme" in own


def test_the_profile_is_kept_as_typed(house: House, browser: Browser) -> None:
    typed = {
        "email": "contact@maison.example", "siren": "123 456 789", "funding": "Dons : 60 %\nSubventions : 40 %", "tf_authority": "Arcom",
        "tf_decided_on": "2026-05-12", "tf_area": "Dérives sectaires", "members": "120", "languages": "fr, en", "no_platform_money": "oui",
    }  # fmt: skip
    assert browser.post("/notifications/profil", typed).status_code == 303
    page = browser.get("/notifications/profil").text
    for value in ("123456789", "Dons : 60 %", "2026-05-12", "fr, en"):
        assert value in page
    for wrong in ({"email": "personne"}, {"siren": "12"}, {"funding": "Dons"}, {"tf_authority": "Arcom", "tf_decided_on": "hier"}):
        answer = browser.post("/notifications/profil", {**typed, **wrong})
        assert answer.status_code == 422
        assert next(iter(wrong.values())) in answer.text
    assert house.browser("analyse").post("/notifications/profil", typed).status_code == 403
    administers = house.browser("administre")
    assert administers.post(f"/administration/organisations/{house.other.id}/profil", {"email": "b@ailleurs.example"}).status_code == 303
    assert "b@ailleurs.example" in administers.get(f"/administration/organisations/{house.other.id}/profil").text


def test_every_word_has_its_name() -> None:
    known = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    assert set(known["events"]) == set(EVENTS)
    assert set(known["channels"]) == set(CHANNELS)
    assert set(known["measures"]) == set(MEASURES)
    unnamed = [
        one.value
        for one in categories(())
        if one.value.partition(":")[0] not in words()["categories"] or one.value.partition(":")[2] not in words()["keywords"]
    ]
    assert unnamed == []


def test_a_field_without_seconds_is_not_before_what_it_follows() -> None:
    now = datetime.now(UTC)
    since = now - timedelta(hours=2)
    assert instant(local(since), since=since) == since
    assert instant(local(now), now=now) == now
    assert instant(local(now - timedelta(hours=1)), since=since) < now
