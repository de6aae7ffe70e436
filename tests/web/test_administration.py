"""People, organisations, keys, what is in force, health and the audit trail; opt-outs and identifications as people meet them."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import yaml
from httpx import Response

from cases import accounts, audit, identifications, keys, optouts
from cases.decisions import decide
from cases.people import CAPACITIES, ROLES, Actor
from cases.policy import load_policy
from cases.tables_work import UrgencyRow
from core.pseudonyms import load_key, pseudonym
from core.records import SourceReport
from core.settings import ROOT
from flows.optouts import handle_opt_outs
from tests.cases.conftest import act, choice
from tests.cases.reading_room import TEXT, thing
from tests.web.conftest import Browser, House
from web.capacities import vocabulary
from web.naming import action_names
from web.trail import french

Fill = Callable[..., list[str]]
HOSTILE = "<script>alert(1)</script> {{ 7*7 }}"
PEOPLE, HOUSES = "/administration/personnes", "/administration/organisations"


@pytest.fixture
def admin(house: House) -> Browser:
    return house.browser("administre")


def test_a_person_is_added_and_comes_in_by_a_link_shown_once(house: House, admin: Browser) -> None:
    said: dict[str, object] = {"organisation": house.own.id, "login": "Lise@Maison.example", "name": "Lise", "roles": ["analyse", "valide"]}
    answer = admin.post(PEOPLE, said)
    lise = accounts.find_person(house.database, identifier="lise@maison.example")
    assert (answer.status_code, lise.roles) == (200, ("analyse", "valide"))
    page = answer.text
    assert f"{PEOPLE}/{lise.id}/roles" in page, "the person's own page"
    link = re.search(r'value="(http://console\.test/invitation/[\w-]{40,})"', page)
    assert link, page
    assert link[1] not in admin.get(f"{PEOPLE}/{lise.id}").text, "never shown again"
    assert house.browser().get(link[1].removeprefix("http://console.test")).status_code == 200
    assert "Cette adresse a déjà un compte" in refused_form(admin.post(PEOPLE, said), "login")
    assert admin.post(PEOPLE, {**said, "login": "x@maison.example", "roles": ["chef"]}).status_code == 422


@pytest.mark.parametrize(("wrong", "field", "words"), [
    ({"login": "pas une adresse"}, "login", "Ce n'est pas une adresse électronique"), ({"roles": []}, "roles", "au moins un rôle"),
    ({"organisation": ""}, "organisation", "Choisissez une organisation"), ({"name": "x" * 41}, "name", "Un nom tient sur une ligne"),
])  # fmt: skip
def test_a_person_who_cannot_be_added_leaves_the_form_filled(house: House, admin: Browser, wrong: dict[str, object], field: str, words: str) -> None:
    said: dict[str, object] = {"organisation": house.other.id, "login": "n@maison.example", "name": HOSTILE, "roles": ["droit"], **wrong}
    page = refused_form(admin.post(PEOPLE, said), field)
    assert words in page
    assert f'value="{house.other.id}" selected' in page or field == "organisation"
    assert 'value="droit" checked' in page or field == "roles"
    assert str(said["name"]) in page
    assert len(accounts.people(house.database)) == len(house.people)
    assert '<option value="">Choisissez une organisation' in admin.get(PEOPLE).text


def refused_form(answer: Response, field: str) -> str:
    """The page that a form gives back: in French, and the field marked."""
    page = unescape(answer.text)
    assert answer.status_code in (404, 409, 422)
    assert 'role="alert"' in page
    assert 'lang="en"' not in page
    assert re.search(rf'(name="{field}"[^\n]*?|<fieldset class="choices") aria-invalid="true" aria-describedby="refus', page), page
    return page


def test_no_page_shows_a_password_or_a_secret(house: House, admin: Browser) -> None:
    _, secret = keys.make_key(
        house.database, person=house.people["analyse"].id, name="Export", scopes=("documents:read",), expires_at=None, by="test"
    )
    paths = (PEOPLE, f"{PEOPLE}/{house.people['analyse'].id}", "/administration/cles", "/administration/journal", "/administration/sante")
    for path in paths:
        page = admin.get(path).text
        assert "argon2" not in page, path
        assert secret not in page, path


def test_roles_and_access_change_at_once(house: House, admin: Browser) -> None:
    analyse, person = house.browser("analyse"), house.people["analyse"].id
    assert analyse.get("/qualite").status_code == 200
    none = admin.post(f"{PEOPLE}/{person}/roles")
    assert "Choisissez au moins un rôle. Pour que cette personne n'entre plus" in refused_form(none, "roles")
    assert accounts.find_person(house.database, identifier=person).roles == ("analyse",)
    done = admin.post(f"{PEOPLE}/{person}/roles", {"roles": ["soumet"]}).headers["location"]
    assert '<p class="good" role="status">Les rôles sont enregistrés' in admin.get(done).text
    assert accounts.find_person(house.database, identifier=person).roles == ("soumet",)
    assert analyse.get("/qualite").status_code == 403
    admin.post(f"{PEOPLE}/{person}/acces", {"disabled": "true"})
    assert analyse.get("/soumissions").status_code == 303, "signed out"
    assert "Fermé depuis" in admin.get(f"{PEOPLE}/{person}").text
    admin.post(f"{PEOPLE}/{person}/acces", {"disabled": "false"})
    assert accounts.find_person(house.database, identifier=person).disabled_at is None


def test_the_last_person_who_administers_stays(house: House, admin: Browser) -> None:
    person = house.people["administre"].id
    page = refused_form(admin.post(f"{PEOPLE}/{person}/roles", {"roles": ["soumet"]}), "roles")
    assert "la dernière à administrer Vigie" in page
    assert 'value="soumet" checked' in page, "what was chosen"
    assert admin.post(f"{PEOPLE}/{person}/acces", {"disabled": "true"}).status_code == 409
    said: dict[str, object] = {"capacity": "aucune", "quota": 5, "closed": "true"}
    assert "sont de cette organisation" in refused_form(admin.post(f"{HOUSES}/{house.own.id}", said), "closed")
    assert admin.get(PEOPLE).status_code == 200
    house.add("seconde", "administre")
    assert admin.post(f"{PEOPLE}/{person}/roles", {"roles": ["soumet"]}).status_code == 303


def test_an_organisation_says_what_it_is_and_what_that_implies(house: House, admin: Browser) -> None:
    assert set(vocabulary().capacities) == set(CAPACITIES)
    assert set(vocabulary().roles) == set(ROLES)
    said: dict[str, object] = {"name": HOSTILE, "capacity": "agrement_2_17", "registration": "w 123 456 789", "quota": 7}
    assert admin.post(HOUSES, said).status_code == 303
    made = next(one for one in accounts.organisations(house.database) if one.name == HOSTILE)
    assert (made.capacity, made.registration, made.quota) == ("agrement_2_17", "W123456789", 7)
    page = admin.get(HOUSES).text
    assert "<script>alert" not in page
    assert "2-17" in page
    assert 'value="Autre"' in refused_form(admin.post(HOUSES, {**said, "name": "Autre", "registration": "12"}), "registration")
    assert 'value="beaucoup"' in refused_form(admin.post(HOUSES, {**said, "name": "Autre", "quota": "beaucoup"}), "quota")
    refused_form(admin.post(HOUSES, said), "name")
    assert 'value="12"' in refused_form(admin.post(f"{HOUSES}/{made.id}", {**said, "registration": "12"}), "registration")
    changed: dict[str, object] = {"capacity": "ordre", "quota": 9, "registration": "", "closed": "true"}
    assert admin.post(f"{HOUSES}/{made.id}", changed).status_code == 303
    again = next(one for one in accounts.organisations(house.database) if one.id == made.id)
    assert (again.capacity, again.registration, again.quota, again.closed_at is not None) == ("ordre", None, 9, True)
    assert "Fermée depuis" in admin.get(f"{HOUSES}/{made.id}").text
    admin.post(f"{HOUSES}/{made.id}", {"capacity": "ordre", "quota": 9})
    assert next(one for one in accounts.organisations(house.database) if one.id == made.id).closed_at is None
    gone = admin.get(f"{HOUSES}/{'f' * 32}")
    assert (gone.status_code, "<h1>Cette organisation n&#39;existe pas, ou n&#39;existe plus" in gone.text) == (404, True)


def test_a_key_of_anybody_is_revoked(house: House, admin: Browser) -> None:
    key, secret = keys.make_key(
        house.database, person=house.people["analyse"].id, name=HOSTILE, scopes=("documents:read",), expires_at=None, by="test"
    )
    page = admin.get("/administration/cles").text
    assert "<script>alert" not in page
    assert key.prefix in page
    assert keys.actor_of_key(house.database, secret)
    assert admin.post(f"/administration/cles/{key.id}/revoquer").status_code == 303
    assert keys.actor_of_key(house.database, secret) is None
    assert "Révoquée le" in admin.get("/administration/cles").text


def test_what_is_in_force_is_shown(house: House, fill: Fill, admin: Browser) -> None:
    fill({"number": 1, "text": TEXT, "p": 0.9})
    page = unescape(admin.get("/administration/modele").text)
    assert "0,833" in page, "the threshold of models/registry.yml"
    assert "0123456789ab-1" in page, "the revision that scored what is in the index"
    assert "Part relue à l'aveugle" in page
    assert "Illicite présumé, Urgence" in page
    assert "second_reading_share" not in page
    assert "Une décision sur cinq" in page
    assert "30 jours après la collecte" in page
    assert "chimio" not in page


def test_sources_that_need_a_look_come_first(house: House, admin: Browser) -> None:
    sources = house.settings.data_dir / "sources"
    sources.mkdir(parents=True)
    for name, enabled in (("bonne", True), ("muette", True), ("arretee", False), ("nouvelle", True)):
        text = f"title: Source {name}\nkind: urls\nenabled: {str(enabled).lower()}\npurpose: Essai {HOSTILE!r}\nlegal_basis: Aucune\n"
        (sources / f"{name}.yml").write_text(text, encoding="utf-8")
    (sources / "cassee.yml").write_text("[", encoding="utf-8")
    console = house.app.state.console
    object.__setattr__(console, "settings", console.settings.model_copy(update={"sources_dir": sources}))
    for name, report in (("bonne", SourceReport(source="bonne", seen=3, kept=3)), ("muette", SourceReport(source="muette", seen=2, failed=2))):
        runs = house.settings.archive_dir / "runs" / name
        runs.mkdir(parents=True)
        (runs / "20261101T120000000000.json").write_text(json.dumps({"at": "2026-11-01T12:00:00Z", "report": report.model_dump()}), encoding="utf-8")
    rows = [{"id": "1" * 32, "at": "2026-11-01T12:00:00+00:00", "source": "muette", "measure": "blind", "reason": "bot_wall", "count": 2}]
    console.index.write_runs(rows)
    page = unescape(admin.get("/administration/sources").text)
    places = [page.index(f"<code>{name}</code>") for name in ("muette", "nouvelle", "bonne", "arretee")]
    assert places == sorted(places)
    assert all(word in page for word in ("N'a rien vu", "Jamais lue", "Lue", "Arrêtée", "un mur anti-robot", "3 gardés"))
    assert "<script>alert" not in admin.get("/administration/sources").text


def test_health_says_what_waits_and_what_is_wrong(house: House, admin: Browser) -> None:
    assert "Rien ne demande d" in admin.get("/administration/sante").text
    now = datetime.now(UTC)
    with house.database.writing() as session:
        session.add(UrgencyRow(id="v" * 32, document_id="e", opened_by=house.people["analyse"].id, opened_at=now,
                               due_at=now + timedelta(hours=1), called=[]))  # fmt: skip
    page = unescape(admin.get("/administration/sante").text)
    assert "1 urgence ouverte, encore dans le délai" in page
    assert "Rien ne demande" not in page
    with house.database.writing() as session:
        session.add(UrgencyRow(id="u" * 32, document_id="d", opened_by=house.people["analyse"].id, opened_at=now - timedelta(hours=2),
                               due_at=now - timedelta(hours=1), called=[]))  # fmt: skip
    house.settings.alerts_dir.mkdir(parents=True)
    with sqlite3.connect(house.settings.alerts_dir / "outbox.sqlite") as connection:
        connection.execute("CREATE TABLE parcels (state TEXT)")
        connection.executemany("INSERT INTO parcels VALUES (?)", [("failed",), ("sent",)])
    page = unescape(admin.get("/administration/sante").text)
    assert "1 urgence sans réponse" in page
    assert "1 envoi d'alerte abandonné" in page
    assert "Rien ne demande" not in page


def test_the_trail_is_paged_filtered_and_proved(house: House, admin: Browser) -> None:
    person = house.people["analyse"].id
    with house.database.writing() as session:
        for number in range(60):
            audit.record(session, actor=person, action="essai", subject=("document", f"d{number}"), details={"note": HOSTILE})
    page = admin.get(f"/administration/journal?acteur={person}").text
    assert "<script>alert" not in page
    assert page.count(">essai</td>") == 50
    older = re.search(r'href="(/administration/journal\?[^"]*avant=\d+)"', page)
    assert older
    assert admin.get(unescape(older[1])).text.count(">essai</td>") == 10
    one = admin.get("/administration/journal?genre=document&objet=d3").text
    assert one.count(">essai</td>") == 1
    assert "Choisissez un genre" in refused_form(admin.get("/administration/journal?genre=document"), "objet")
    proved = admin.post("/administration/journal/verifier").text
    last = audit.verify(house.database)
    assert "La chaîne tient" in proved
    assert last.last in proved
    with sqlite3.connect(house.settings.data_dir / "cases.sqlite") as connection:  # with the file itself in hand
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("UPDATE audit SET action = 'autre' WHERE number = 5")
    assert "La chaîne est rompue à l" in admin.post("/administration/journal/verifier").text


def test_details_are_told_in_french_words(house: House, admin: Browser) -> None:
    person = house.people["analyse"].id
    with house.database.writing() as session:
        details = {"before": ["analyse"], "now": ["analyse", "droit"], "person": person, "late": True, "neu_f": 3, "reason": None}
        audit.record(session, actor=person, action="roles_changed", subject=("person", person), details=details)
    page = unescape(admin.get("/administration/journal").text)
    for words in ("avant : Analyse", "maintenant : Analyse, Droit", "personne : analyse", "en retard : oui", "neu f : 3"):
        assert f"<li>{words}</li>" in page, words
    assert "raison :" not in page
    assert '{"' not in page.split("<table", 1)[1]


def test_the_trail_tells_a_blind_reader_nothing(house: House, admin: Browser) -> None:
    house.add("double", "administre", "analyse")
    person = house.people["valide"].id
    with house.database.writing() as session:
        for action, details in (("read", {"seat": "repere", "state": "decide"}), ("golden_set", {"qualification": "urgence"}),
                                ("decided", {"qualification": "urgence"})):  # fmt: skip
            audit.record(session, actor=person, action=action, subject=("document", "d1"), details=details)
    page = admin.get("/administration/journal?genre=document&objet=d1").text
    assert "repere" not in page
    assert page.count("qualification : Urgence") == 2, "who only administers sees what was decided"
    double = house.browser("double")
    page = double.get(f"/administration/journal?acteur={person}").text
    assert not re.search("qualification :|repere|<code>[^<]*</code></td>", page)
    assert page.count("non montré") == 3
    assert "Aucune entrée" in double.get("/administration/journal?genre=document&objet=d1").text
    trail = audit.entries(house.database, actor=person)
    assert any('"seat":"repere"' in one.details for one in trail), "the chain keeps it"


def test_every_detail_and_setting_has_its_words() -> None:
    quoted = re.compile(r"details ?=.*?\{(.*?)\}")
    texts = [path.read_text(encoding="utf-8") for package in ("cases", "web") for path in (ROOT / package).rglob("*.py")]
    found = {key for text in texts for match in quoted.findall(text) for key in re.findall(r'"([a-z_]+)":', match)}
    assert {"sessions_ended", "qualification", "seat"} <= found
    missing = found - set(french()["details"])
    assert not missing, "write it in web/trail.yml"
    assert set(load_policy().why) == set(french()["policy"])


def test_what_people_are_told_still_answers_to_an_error() -> None:
    told = yaml.safe_load((ROOT / "web" / "sentences.yml").read_text(encoding="utf-8"))
    warned = [one["found"] for one in french()["warnings"]]
    paths = [path for package in ("cases", "core", "web", "index") for path in (ROOT / package).rglob("*.py")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    missing = [found for found in (*(one["found"] for one in told["errors"]), *warned) if found not in code and found.replace("'", "{") not in code]
    assert not missing, "the message has changed: change it in the YAML file too"


def test_an_error_page_is_french_and_leads_back(house: House, admin: Browser) -> None:
    gone = admin.get(f"{PEOPLE}/rien", headers={"Referer": "http://console.test/administration/personnes?x=1"}).text
    heading, rest = unescape(gone).split("</h1>", 1)
    assert heading.endswith("<h1>Cette personne n'existe pas, ou n'existe plus.")
    assert 'href="/administration/personnes?x=1"' in rest
    assert "no account of" in rest.split("<summary>Détail technique (en anglais)</summary>")[1]
    assert "no account of" not in rest.split("<details>")[0]
    for elsewhere in ("http://ailleurs.example/administration", "http://console.test/rien-de-tel", "http://[", "javascript:alert(1)"):
        assert "page précédente" not in admin.get(f"{PEOPLE}/rien", headers={"Referer": elsewhere}).text, elsewhere
    assert "Cette page n&#39;existe pas" in admin.get("/rien-de-tel").text
    assert "Ce contenu n&#39;existe pas, ou n&#39;existe plus" in house.browser("analyse").get(f"/contenus/{'f' * 32}").text


def test_every_action_of_the_trail_has_its_words() -> None:
    written = re.compile(r'(?:action(?:: str)? = |action=|ACTION = |action, details = \()"([a-z_]+)"|"(identification_[a-z]+|decision_undone)"')
    paths = [path for package in ("cases", "flows", "web") for path in (ROOT / package).rglob("*.py")]
    found = {match[1] or match[2] for path in paths for match in written.finditer(path.read_text(encoding="utf-8"))}
    assert {"decided", "read", "identification_agreed", "reading_withdrawn"} <= found
    assert not found - set(action_names()), "write it in web/actions.yml"


def test_who_administers_reads_nothing_by_that_role(house: House, fill: Fill, admin: Browser) -> None:
    fill({"number": 1, "text": TEXT, "p": 0.9, "title": "Un titre collecté"})
    hub = admin.get("/administration").text
    for path in re.findall(r'href="(/[a-z/]+)"', hub):
        if path.startswith(("/administration", "/oppositions")):
            page = admin.get(path)
            assert page.status_code == 200, path
            assert not any(word in page.text for word in ("chimio", "Un titre collecté")), path


def test_an_opt_out_from_the_letter_to_the_result(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 1, "text": TEXT, "p": 0.9, "author": pseudonym(load_key(house.settings), platform="exemple.fr", account="verveine")})
    decide(house.database, [thing(name)], choice("illicite_presume", "gourou"), act=act())
    droit, other = house.browser("droit"), house.browser("administre")
    said: dict[str, object] = {"act": "a" * 32, "platform": "exemple.fr", "account": "verveine", "reason": f"Lettre du 3. {HOSTILE}"}
    assert droit.post("/oppositions", said).status_code == 303
    assert droit.post("/oppositions", said).status_code == 303
    (asked,) = optouts.listed(house.database, is_open=True)
    page = unescape(droit.get("/oppositions").text)
    assert "Vigie compte…" in page
    assert "règlement (ue) 2016/679" in page.lower()
    assert "<script>alert" not in droit.get("/oppositions").text
    handle_opt_outs(house.settings)
    page = unescape(droit.get("/oppositions").text)
    assert "art. 17(3)(e)" in page
    assert "Une autre personne que vous doit donner son accord." in page
    assert f"/oppositions/{asked.id}/accord" not in page
    no = droit.post(f"/oppositions/{asked.id}/accord", {"seen": 1})
    assert (no.status_code, "Une autre personne que celle qui a inscrit" in no.text) == (403, True)
    assert f"/oppositions/{asked.id}/accord" in other.get("/oppositions").text
    assert other.post(f"/oppositions/{asked.id}/accord", {"seen": 0}).status_code == 409, "not the number that was shown"
    assert other.post(f"/oppositions/{asked.id}/accord", {"seen": 1}).status_code == 303
    handle_opt_outs(house.settings)
    assert house.app.state.console.index.get(name) is None
    page = droit.get("/oppositions").text
    assert "Effacée" in page
    assert "verveine" not in page
    page = refused_form(droit.post("/oppositions", {**said, "act": "b" * 32, "address": "https://exemple.fr/"}), "address")
    assert "l'un des deux, pas les deux" in page
    assert all(f'value="{typed}"' in page for typed in ("https://exemple.fr/", "exemple.fr", "verveine"))
    assert "Lettre du 3." in page
    assert "documents" not in refused_form(droit.post("/oppositions", {**said, "act": "b" * 32, "platform": "pas un hôte"}), "platform")


def test_an_opt_out_can_be_refused_with_a_reason(house: House) -> None:
    droit, other = house.browser("droit"), house.browser("administre")
    droit.post("/oppositions", {"act": "a" * 32, "address": "https://exemple.fr/u/x", "reason": "Lettre."})
    (asked,) = optouts.listed(house.database, is_open=True)
    assert "Dites pourquoi" in refused_form(other.post(f"/oppositions/{asked.id}/refus", {"reason": " "}), "reason")
    assert other.post(f"/oppositions/{asked.id}/refus", {"reason": "Preuve d'un dossier."}).status_code == 303
    assert "Refusée" in droit.get("/oppositions").text
    assert other.post(f"/oppositions/{asked.id}/refus", {"reason": "Encore."}).status_code == 409


@pytest.mark.parametrize(("written", "answer"), [("@Verveine", "Oui, c'est l'auteur"), ("tilleul", "Non, ce n'est pas l'auteur")])
def test_who_wrote_it_is_answered_to_two_people(house: House, fill: Fill, written: str, answer: str) -> None:
    (name,) = fill({"number": 1, "text": TEXT, "p": 0.9, "author": pseudonym(load_key(house.settings), platform="exemple.fr", account="verveine")})
    decide(house.database, [thing(name)], choice("illicite_presume", "gourou"), act=act())
    droit, valide = house.browser("droit"), house.browser("valide")
    said: dict[str, object] = {"act": "a" * 32, "document": name, "platform": "www.exemple.fr", "account": written, "reason": "Plainte."}
    assert droit.post("/identifications", said).status_code == 303
    (asked,) = identifications.waiting(house.database, actor=actor_of(house, "valide"))
    assert f"/identifications/{asked.id}/accord" not in droit.get("/identifications").text, "who asked cannot agree"
    assert droit.post(f"/identifications/{asked.id}/accord").status_code == 403
    page = valide.get("/identifications").text
    assert written.strip("@").lower() not in page.lower(), "the name is not kept"
    assert not re.search(r"\bp-[0-9a-f]{24}\b", page), "nor is its pseudonym shown"
    assert valide.post(f"/identifications/{asked.id}/accord").status_code == 303
    for browser in (droit, valide):
        assert answer in unescape(browser.get("/identifications").text)
    house.add("autre", "droit")
    assert answer not in unescape(house.browser("autre").get("/identifications").text)


def test_a_question_may_be_refused_or_withdrawn(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 1, "text": TEXT, "p": 0.9})
    decide(house.database, [thing(name)], choice("urgence", "gourou"), act=act())
    droit, valide = house.browser("droit"), house.browser("valide")
    for number, who in enumerate((droit, valide)):
        droit.post("/identifications", {"act": f"{number}" * 32, "document": name, "platform": "exemple.fr", "account": "anne", "reason": "Plainte."})
        asked = identifications.own(house.database, actor=actor_of(house, "droit"))[0]
        if who is valide:
            assert valide.post(f"/identifications/{asked.id}/accord").status_code == 409, "the page names no author"
        assert who.post(f"/identifications/{asked.id}/refus").status_code == 303
    page = droit.get("/identifications").text
    assert "Retirée par droit" in page
    assert "Refusée par valide" in page
    assert droit.get(f"/identifications?document={name}").text.count(f'value="{name}"') == 1


def test_nothing_is_asked_of_what_is_lawful_or_unknown(house: House, fill: Fill) -> None:
    (name,) = fill({"number": 1, "text": TEXT, "p": 0.9})
    droit = house.browser("droit")
    said: dict[str, object] = {"act": "a" * 32, "document": name, "platform": "exemple.fr", "account": "anne", "reason": "Curiosité."}
    assert "Aucun dossier n'est ouvert" in refused_form(droit.post("/identifications", said), "document")
    page = refused_form(droit.post("/identifications", {**said, "document": "f" * 32}), "document")
    assert "Aucun contenu conservé" in page
    assert 'value="anne"' in page
    assert "Curiosité." in page
    refused_form(droit.post("/identifications", {**said, "platform": "pas un hôte"}), "platform")


def actor_of(house: House, name: str) -> Actor:
    person = house.people[name]
    return Actor(id=person.id, organisation_id=person.organisation_id, name=name, roles=person.roles)
