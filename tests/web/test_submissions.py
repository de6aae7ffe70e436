"""What a volunteer does: pastes an address, sees what becomes of it, contests. And what nobody else may see of it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import pytest

from cases import accounts, following, submissions
from cases.contesting import reconsider
from cases.decisions import Act, undo
from core.addresses import FAULTS
from core.errors import Unavailable
from core.records import EMBEDDING_SIZE
from index.open import open_index
from tests.web.conftest import House
from tests.web.submitting import actor_of, decided, submitted, words

URL = "https://exemple.fr/page/1"  # what ``fill(dict(number=1))`` indexes
NEAR = base64.b64encode(bytes([100] * EMBEDDING_SIZE)).decode()
REFUSED = {
    "sentence": "Ma voisine ne prend plus ses cachets", "email": "marie@exemple.fr", "closed_place": "https://t.me/+AbCdEf",
    "empty": "   ", "too_long": "https://exemple.fr/" + "a" * 2500, "characters": "https://exemple.fr/\u202ea", "scheme": "javascript:alert(1)",
    "no_host": "https:///page", "credentials": "https://moi:secret@exemple.fr/", "bad_host": "https://exemple..fr/", "number_host": "https://2130706433.1.2.3.4/",
    "port": "https://exemple.fr:8443/", "local_name": "https://serveur.local/", "private_address": "http://192.168.1.1/",
}  # fmt: skip
Fill = Callable[..., list[str]]


@pytest.mark.parametrize("path", ["/soumissions", "/soumissions/nouvelle", "/soumissions/lot", "/favori", "/soumissions/" + "0" * 32])
def test_nobody_gets_in_without_signing_in(house: House, path: str) -> None:
    answer = house.browser().get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/connexion")


def test_a_page_is_submitted_and_followed(house: House) -> None:
    browser = house.browser("soumet")
    sent = browser.post("/soumissions/nouvelle", {"url": f"  {URL} ", "note": "Ma voisine y croit.", "acte": "a" * 32})
    assert sent.status_code == 303
    page = browser.get(sent.headers["location"])
    assert "Votre signalement est enregistré." in page.text
    assert "Ma voisine y croit." in page.text
    assert 'aria-current="step"' in page.text
    assert 'hx-trigger="every 2s"' in page.text
    assert '<noscript><meta http-equiv="refresh" content="5">' in page.text
    assert browser.post("/soumissions/nouvelle", {"url": URL, "acte": "a" * 32}).headers["location"] == sent.headers["location"]
    assert len(submissions.listed(house.database, organisation_id=house.own.id)) == 1


def test_what_was_submitted_before_says_so(house: House) -> None:
    submitted(house, URL, ago=3600)
    sent = house.browser("analyse").post("/soumissions/nouvelle", {"url": URL})
    assert sent.headers["location"].endswith("?deja=oui")
    assert "avait déjà signalé ce contenu" in house.browser("soumet").get(sent.headers["location"]).text


@pytest.mark.parametrize("fault", FAULTS)
def test_each_refused_address_gets_one_clear_sentence(house: House, fault: str) -> None:
    from web.refusals import refusals

    answer = house.browser("soumet").post("/soumissions/nouvelle", {"url": REFUSED[fault], "note": "Une note à garder"})
    assert answer.status_code == 422
    assert refusals("address")[fault].said in answer.text.replace("&#39;", "'")
    assert 'aria-invalid="true"' in answer.text
    assert "Une note à garder" in answer.text
    assert not submissions.listed(house.database, organisation_id=None)


def test_an_address_among_words_is_found(house: House) -> None:
    browser = house.browser("soumet")
    sent = browser.post("/soumissions/nouvelle", {"url": f"Regarde ça ! {URL} c'est fou"})
    assert URL in browser.get(sent.headers["location"]).text


def test_the_quota_is_said_with_the_time_to_wait(house: House) -> None:
    with house.database.writing() as session:
        row = session.get(accounts.OrganisationRow, house.own.id)
        assert row
        row.quota = 1
    browser = house.browser("soumet")
    assert "Il vous reste un signalement aujourd" in browser.get("/soumissions").text
    assert browser.post("/soumissions/nouvelle", {"url": URL}).status_code == 303
    full = browser.post("/soumissions/nouvelle", {"url": "https://exemple.fr/autre"})
    assert full.status_code == 429
    assert "nombre de signalements du jour" in full.text
    assert "https://exemple.fr/autre" in full.text


def test_the_form_needs_its_token(house: House) -> None:
    browser = house.browser("soumet")
    browser.csrf = "faux"
    for path in ("/soumissions/nouvelle", "/soumissions/texte", "/soumissions/lot", "/soumissions/flux"):
        assert browser.post(path, {"url": URL}).status_code == 403
    assert not submissions.listed(house.database, organisation_id=None)


def test_the_bookmark_fills_the_form_and_its_address_stays_inert(house: House) -> None:
    browser = house.browser("soumet")
    filled = browser.get("/soumissions/nouvelle", params={"url": '"><script>alert(1)</script>'})
    assert "<script>alert" not in filled.text
    assert "&lt;script&gt;alert(1)" in filled.text
    code = browser.get("/favori").text
    assert "javascript:location.href=&#34;http://console.test/soumissions/nouvelle?url=&#34;+encodeURIComponent(location.href)" in code


def test_a_text_is_taken_when_it_is_declared_public(house: House) -> None:
    browser = house.browser("soumet")
    form = {
        "texte": "Arrêtez tous vos traitements, la lumière suffit.",
        "titre": "Capture",
        "vu": "une chaîne publique, le 3 novembre",
        "note": "Vue hier",
    }
    refused = browser.post("/soumissions/texte", form)
    assert refused.status_code == 422
    assert "Cochez la case" in refused.text
    assert "la lumière suffit" in refused.text
    sent = browser.post("/soumissions/texte", {**form, "public": "oui"})
    page = browser.get(sent.headers["location"])
    assert "Capture" in page.text
    assert "Vu : une chaîne publique, le 3 novembre" in page.text
    assert "texte.invalid" not in page.text


def test_where_a_text_was_seen_is_checked_like_an_address(house: House) -> None:
    form = {"texte": "Arrêtez tous vos traitements, la lumière suffit.", "vu": "http://127.0.0.1/page", "public": "oui"}
    refused = house.browser("soumet").post("/soumissions/texte", form)
    assert refused.status_code == 422
    assert 'id="vu-faute"' in refused.text


def test_a_list_says_line_by_line_what_was_refused(house: House) -> None:
    table = f"url;note\r\n{URL};Été à lire\r\nfile:///etc/passwd;\r\nhttp://10.0.0.1/;\r\nhttps://exemple.fr/2;\r\n"
    browser, first = house.browser("soumet"), True
    for data in (table.encode("cp1252"), table.encode(), b"\xef\xbb\xbf" + table.encode()):
        report = browser.post("/soumissions/lot", files={"fichier": ("liste.csv", data, "text/csv")})
        said = words(report.text)
        assert "4 lignes lues" in said
        assert ("2 signalements enregistrés 0 déjà connu 2 refusés" if first else "0 signalement enregistré 2 déjà connus 2 refusés") in said
        assert "3 file:///etc/passwd Ce n'est pas l'adresse d'une page web." in said.replace("&#39;", "'")
        assert "4 http://10.0.0.1/ C'est une page de votre propre ordinateur" in said.replace("&#39;", "'")
        assert "2 https://exemple.fr/page/1 " + ("Enregistré" if first else "Déjà signalé par votre organisation") in said
        first = False
    found = submissions.listed(house.database, organisation_id=house.own.id)
    assert {one.note for one in found} == {"Été à lire", ""}


def test_a_list_accounts_for_every_line(house: House) -> None:
    submitted(house, URL, ago=3600)
    bad = "<script>alert(1)</script>" + "x" * 500
    table = f"url;note\n{URL};\nhttps://exemple.fr/2;\nhttps://exemple.fr/2;encore\n{bad};\n;sans adresse\n"
    report = house.browser("soumet").post("/soumissions/lot", files={"fichier": ("liste.csv", table.encode(), "text/csv")}).text
    said = words(report).replace("&#39;", "'")
    assert "5 lignes lues : 1 signalement enregistré 2 déjà connus 2 refusés" in said
    assert "4 https://exemple.fr/2 Cette page figure déjà plus haut dans la liste." in said
    assert "6 (vide) L'adresse est vide." in said
    assert "<script>alert" not in report
    assert "&lt;script&gt;alert(1)&lt;/script&gt;xxx" in report
    assert "x" * 120 not in report


def test_the_text_form_says_all_that_is_missing_at_once(house: House) -> None:
    answer = house.browser("soumet").post("/soumissions/texte", {"texte": "", "note": "à garder"})
    assert answer.status_code == 422
    for field in ("texte-texte", "vu", "public"):
        assert f'<a href="#{field}">' in answer.text
        assert f'id="{field}-faute"' in answer.text
    checkbox = answer.text.index('id="public"')
    assert checkbox < answer.text.index('id="public-faute"')
    assert answer.text.index('id="texte-texte-faute"') < answer.text.index('id="vu"') < checkbox
    assert "à garder" in answer.text


def test_a_sentence_and_a_closed_group_lead_to_the_form_for_a_text(house: House) -> None:
    browser = house.browser("soumet")
    sentence = browser.post("/soumissions/nouvelle", {"url": "Ma voisine ne prend plus ses cachets"}).text
    assert '<details class="fold" id="texte" open>' in sentence
    assert ">Ma voisine ne prend plus ses cachets</textarea>" in sentence
    closed = browser.post("/soumissions/nouvelle", {"url": "https://www.facebook.com/groups/123/"}).text
    assert "Ce lieu est fermé" in closed
    assert '<details class="fold" id="texte" open>' in closed
    assert 'id="vu" name="vu" type="text" required maxlength="500" value="https://www.facebook.com/groups/123/"' in closed
    text = {"texte": "Arrêtez tous vos traitements, la lumière suffit.", "vu": "https://www.facebook.com/groups/123/", "public": "oui"}
    assert browser.post("/soumissions/texte", text).status_code == 303  # what is closed may still be named


def test_a_page_that_is_gone_fails_at_its_reading(house: House) -> None:
    one = submitted(house, URL, "ecartee", reason="http_404")
    said = words(house.browser("soumet").get(f"/soumissions/{one.id}").text).replace("&#39;", "'")
    assert "Lecture de la page : arrêté Page non lue." in said
    assert "Cette page n'existe pas, ou plus." in said


def test_an_answer_to_a_contest_stands_beside_the_reasons(house: House) -> None:
    one = submitted(house, URL, "visible")
    decided(house, one.document_id, reason="Vu trop vite.")
    browser = house.browser("soumet")
    browser.post(f"/soumissions/{one.id}/contester", {"raison": "C'est un appel caché."})
    found = following.contests(house.database, one.id)[0]
    reconsider(house.database, found.id, text="Merci, vous avez raison.", actor=actor_of(house.people["valide"]), act=Act(id="revue-0001"))
    page = browser.get(f"/soumissions/{one.id}").text
    said = words(page).replace("&#39;", "'")
    panel = said[said.index("Votre contestation") : said.index("Où en est votre signalement")]
    assert panel.index("C'est un appel caché.") < panel.index("La réponse") < panel.index("Merci, vous avez raison.")
    assert "La décision est revue." in panel
    assert "Contestation : Merci" not in said
    link = re.search(r'href="(/suivi/[^"]+)"', page)
    assert link
    assert "Merci, vous avez raison" not in house.browser().get(link[1]).text  # between them alone


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("liste.csv", b"", "Le fichier est vide"),
        ("liste.csv", b"url\n" + b"a" * 1_000_001, "dépasse 1 Mo"),
        ("liste.xlsx", b"PK\x03\x04rien", "pas un fichier CSV"),
        ("liste.csv", b"PK\x03\x04rien", "pas un fichier CSV"),
        ("liste.exe", b"url\nhttps://exemple.fr/1\n", "pas un fichier CSV"),
        ("liste.csv", b"url\nhttps://exemple.fr/\x00\n", "caractères illisibles"),
        ("liste.csv", b"url\nhttps://exemple.fr/\x81\x8d\n", "lettres accentuées"),
        ("liste.csv", b"url\n" + b"https://exemple.fr/1\n" * 600, "500 lignes au plus"),
    ],
)
def test_an_upload_that_is_no_list_is_refused_in_words(house: House, name: str, data: bytes, said: str) -> None:
    answer = house.browser("soumet").post("/soumissions/lot", files={"fichier": (name, data, "text/csv")})
    assert answer.status_code == 422
    assert said in answer.text
    assert not submissions.listed(house.database, organisation_id=None)


def test_a_list_without_a_file_asks_for_one(house: House) -> None:
    browser = house.browser("soumet")
    assert "Le fichier est vide" in browser.post("/soumissions/lot", {}).text
    assert "Le fichier est vide" in browser.post("/soumissions/lot", files={"fichier": ("", b"", "application/octet-stream")}).text


def test_a_page_that_asks_again_gets_only_what_is_new(house: House, fill: Fill) -> None:
    fill({"number": 1, "p": 0.9})
    browser, one = house.browser("soumet"), submitted(house, URL)
    asking = {"HX-Request": "true"}
    assert browser.get(f"/soumissions/{one.id}?vu=recue", headers=asking).status_code == 204
    submitted(house, URL, "visible")
    moved = browser.get(f"/soumissions/{one.id}?vu=recue", headers=asking)
    assert moved.status_code == 200
    assert "<html" not in moved.text
    assert 'hx-swap-oob="innerHTML"' in moved.text
    assert "C&#39;est prêt" in moved.text
    assert "every 2s" not in moved.text
    whole = browser.get(f"/soumissions/{one.id}").text
    assert "every 2s" not in whole
    assert "http-equiv" not in whole


def test_what_takes_long_is_said_and_asked_for_less(house: House) -> None:
    browser, one = house.browser("soumet"), submitted(house, URL, "en_cours", ago=600)
    page = browser.get(f"/soumissions/{one.id}").text
    assert "plus long que d" in page
    assert 'hx-trigger="every 20s"' in page
    assert "http-equiv" not in page
    fresh = submitted(house, "https://exemple.fr/2")
    assert "http-equiv" in browser.get(f"/soumissions/{fresh.id}").text
    assert "http-equiv" not in browser.get(f"/soumissions/{fresh.id}?pause=oui").text


def test_a_page_that_was_not_read_says_why_and_offers_the_text(house: House) -> None:
    browser, one = house.browser("soumet"), submitted(house, URL, "ecartee", reason="bot_wall")
    page = browser.get(f"/soumissions/{one.id}").text
    assert "ne montre pas cette page aux programmes" in page
    offered = re.search(r'href="(/soumissions/nouvelle\?vu=[^"#]+)', page)
    assert offered
    assert f'value="{URL}"' in browser.get(offered[1]).text
    closed = submitted(house, "https://exemple.fr/2", "ecartee", reason="login_required")
    assert "Envoyer le texte" not in browser.get(f"/soumissions/{closed.id}").text


def test_what_vigie_sees_is_words_with_passages_and_never_a_bare_number(house: House, fill: Fill) -> None:
    fill({"number": 1, "p": 0.91, "text": "Le maître sait. Quittez tout pour lui, il voit la fin."})
    one = submitted(house, URL, "visible")
    page = house.browser("soumet").get(f"/soumissions/{one.id}").text
    said = words(page)
    assert "Gourou 2.0 forte ressemblance Plusieurs passages ressemblent nettement à des signes d&#39;emprise." in said
    assert "Complotisme rien de reconnu" in said
    assert "Ressemble à : Autorité exclusive" in said
    assert re.search(r'<details class="fold" open>\s*<summary>Les passages', page)
    assert "0.91" not in page
    assert "91" not in re.sub(r'value="[^"]*"', "", said)
    assert "Passage vers un autre canal." in said  # flag T5
    for marker in ("abandon_soins", "gourou", "complotisme"):
        for exclusion in house.app.state.console.taxonomy.exclusions(marker).values():
            assert exclusion.name in said.replace("&#39;", "'"), exclusion


def test_passages_that_may_distress_stay_closed(house: House, fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    from web import seen

    fill({"number": 1, "p": 0.9})
    one = submitted(house, URL, "visible")
    monkeypatch.setattr(seen, "is_distressing", lambda entry: True)
    page = house.browser("soumet").get(f"/soumissions/{one.id}").text
    assert "ils peuvent être éprouvants" in page
    assert not re.search(r"<details[^>]* open", page)


def test_hostile_words_stay_words(house: House, fill: Fill) -> None:
    bad = "<img src=x onerror=alert(1)>{{ 7001*7 }}"
    ids = fill({"number": 1, "p": 0.9, "title": bad, "text": bad})
    one = submitted(house, URL, "visible", note=bad)
    decided(house, ids[0], reason=bad)
    browser = house.browser("soumet")
    for path in ("/soumissions", f"/soumissions/{one.id}", f"/soumissions/{one.id}/contester"):
        page = browser.get(path).text
        assert "<img" not in page.replace('<img src="/statique/vigie.svg"', "")
        assert "49007" not in page
        assert "&lt;img src=x" in page
    assert '<p class="crawled">&lt;i</p>' in browser.get(f"/soumissions/{one.id}").text  # the passage: the two first signs of the text


def test_another_organisation_sees_nothing_at_all(house: House) -> None:
    one = submitted(house, URL, "visible")
    decided(house, one.document_id)
    stranger = house.browser("soumet_ailleurs")
    assert one.id not in stranger.get("/soumissions").text
    for path in (f"/soumissions/{one.id}", f"/soumissions/{one.id}/contester"):
        assert stranger.get(path).status_code == 404
    for path in ("contester", "lien"):
        assert stranger.post(f"/soumissions/{one.id}/{path}", {"raison": "Une raison assez longue."}).status_code == 404
    assert stranger.get("/soumissions/" + "f" * 32).status_code == 404  # as for one that does not exist
    assert stranger.get("/soumissions", params={"avant": one.id}).status_code in (200, 404)


def test_similar_contents_show_nothing_that_only_others_submitted(house: House, fill: Fill) -> None:
    titles = ["Le mien", "Une page publique", "Signalé ailleurs seulement", "Signalé des deux côtés"]
    fill(*({"number": at, "p": 0.9, "title": title, "embedding": NEAR} for at, title in enumerate(titles, 1)))
    one = submitted(house, URL, "visible")
    submitted(house, "https://exemple.fr/page/3", "visible", by="soumet_ailleurs")
    submitted(house, "https://exemple.fr/page/4", "visible", by="soumet_ailleurs")
    both = submitted(house, "https://exemple.fr/page/4", "visible")
    page = house.browser("soumet").get(f"/soumissions/{one.id}").text
    assert "Signalé ailleurs seulement" not in page
    assert "Vigie connaît 2 contenus" in words(page)
    assert "Une page publique" in page
    assert f'href="/soumissions/{both.id}">Signalé des deux côtés' in page


def test_a_content_that_was_erased_says_so(house: House, fill: Fill) -> None:
    ids = fill({"number": 1, "p": 0.9})
    one = submitted(house, URL, "visible")
    index = open_index(house.settings)
    index.delete(ids)
    index.close()
    assert "Vigie ne garde plus ce contenu" in words(house.browser("soumet").get(f"/soumissions/{one.id}").text)


def test_a_decision_is_told_with_its_reason_and_contested(house: House) -> None:
    one = submitted(house, URL, "visible")
    browser = house.browser("soumet")
    assert browser.get(f"/soumissions/{one.id}/contester").status_code == 409
    decided(house, one.document_id, reason="Rien d'illicite.", exclusions=("satire",))
    page = browser.get(f"/soumissions/{one.id}").text
    said = words(page).replace("&#39;", "'")
    assert "Ce qui a été décidé : Hors champ" in said
    assert "Pourquoi Rien d'illicite." in said
    assert "Ce qui l'écarte Satire" in said
    assert "version 0b368a073ddd" in said
    assert "AB" not in said
    short = browser.post(f"/soumissions/{one.id}/contester", {"raison": "Non"})
    assert short.status_code == 422
    assert "Dites pourquoi" in short.text
    assert browser.post(f"/soumissions/{one.id}/contester", {"raison": "C'est un appel caché."}).headers["location"] == f"/soumissions/{one.id}"
    assert "en cours d'examen" in browser.get(f"/soumissions/{one.id}").text


def test_who_analyses_does_not_contest(house: House) -> None:
    one = submitted(house, URL, "visible")
    decided(house, one.document_id)
    assert "Je ne suis pas d" in house.browser("soumet").get(f"/soumissions/{one.id}").text
    analyst = house.browser("analyse")
    assert "Je ne suis pas d" not in analyst.get(f"/soumissions/{one.id}").text
    assert analyst.post(f"/soumissions/{one.id}/contester", {"raison": "Une raison assez longue."}).status_code == 403


def test_corrections_stand_first(house: House) -> None:
    one = submitted(house, URL, "visible")
    decided(house, one.document_id, reason="Vu trop vite.")
    undo(house.database, [one.document_id], reason="Erreur de lecture.", by="CD", act=Act(id="annule-1"))
    page = house.browser("soumet").get(f"/soumissions/{one.id}").text
    assert page.index("corrections-titre") < page.index("etapes-titre")
    assert "Erreur de lecture." in page
    assert "CD" not in words(page)


def test_the_list_is_filtered_and_paged(house: House) -> None:
    for number in range(33):
        submitted(house, f"https://exemple.fr/{number}", "ecartee" if number % 3 == 0 else "recue", reason="tls", ago=1000 - number)
    browser = house.browser("soumet")
    first = browser.get("/soumissions").text
    assert first.count("<li>\n    <div>") == 30
    older = re.search(r'href="(/soumissions\?[^"]*avant=[^"]*)"', first)
    assert older
    assert browser.get(older[1].replace("&amp;", "&")).text.count("<li>\n    <div>") == 3
    unread = browser.get("/soumissions?etat=non-lues").text
    assert unread.count("Page non lue") == 11
    assert "Non lus (11)" in unread
    assert "En cours (22)" in unread
    assert browser.get("/soumissions?etat=nimporte").status_code == 200


def test_an_empty_list_invites(house: House) -> None:
    assert "Signaler une première page" in house.browser("soumet").get("/soumissions").text


def test_pages_are_for_those_who_may(house: House) -> None:
    for name in ("sante", "droit", "administre"):
        browser = house.browser(name)
        for path in ("/soumissions", "/soumissions/nouvelle", "/soumissions/lot", "/favori"):
            assert browser.get(path).status_code == 403, (name, path)


def test_an_index_that_is_silent_is_not_an_erased_content(house: House, fill: Fill, monkeypatch: pytest.MonkeyPatch) -> None:
    fill({"number": 1, "p": 0.9, "title": "Un titre"})
    one = submitted(house, URL, "visible")

    def silent(*_: object, **__: object) -> None:
        raise Unavailable("the index does not answer")

    for name in ("get", "search"):
        monkeypatch.setattr(type(house.app.state.console.index), name, silent)
    browser = house.browser("soumet")
    page = words(browser.get(f"/soumissions/{one.id}").text)
    assert "réessayez dans un moment" in page
    assert "ne garde plus" not in page
    assert "En attente d'une lecture humaine" in words(browser.get("/soumissions").text).replace("&#39;", "'")
    assert house.browser("analyse").get("/").status_code == 200


def test_a_text_is_not_called_a_page(house: House) -> None:
    form = {"texte": "Arrêtez tous vos traitements, la lumière suffit.", "vu": "une chaîne", "public": "oui"}
    browser = house.browser("soumet")
    page = words(browser.get(browser.post("/soumissions/texte", form).headers["location"]).text)
    assert "Vigie garde une copie datée du texte." in page
    assert "Lecture de la page" not in page
