"""/donnees and /confidentialite: what people concerned ask is written down, agreed to and answered; registers say what the product does."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from cases import informing, rights
from cases.papers.text import paper_text
from cases.people import Actor
from cases.profiles import Profile
from cases.protection.proof import proof_paper
from cases.request import Found, Kept
from cases.tables_notices import DossierRow, NoticeRow
from cases.tables_people import OrganisationRow
from core.errors import Invalid, NotFound
from tests.web.conftest import Browser, House

NOW = datetime.now(UTC)
ACT = "acte-de-la-page"


def ask(browser: Browser, **said: object) -> Any:
    today = NOW.date().isoformat()
    form = {"act": ACT, "kind": "effacement", "subject": "verveine sur forum.example", "received": today, "identity": "Message depuis le compte."}
    return browser.post("/donnees/demandes", {**form, **said})


def looked(house: House, identifier: str, *, documents: int = 2, held: int = 0) -> None:
    """As the worker would."""
    kept = [Kept(kind="decision", documents=held, what="Dossier ouvert", why="RGPD, art. 17(3)(e).")] if held else []
    found = Found(places={"documents": documents, "cases.decisions": 1}, documents=documents, held=held)
    rights.examined(house.database, identifier, found=found, kept=kept, secret=house.app.state.console.secret)


def test_a_request_is_written_down_looked_for_agreed_to_and_answered(house: House) -> None:
    lawyer, secret = house.browser("droit"), house.app.state.console.secret
    answer = ask(lawyer)
    assert answer.status_code == 303
    path = answer.headers["location"]
    identifier = path.rpartition("/")[2]
    assert ask(lawyer).headers["location"] == path, "sent twice, written once"
    assert "Vigie cherche" in lawyer.get(path).text
    looked(house, identifier)
    page = lawyer.get(path).text
    assert "Effacer pour toujours 2 contenus" in page
    assert "verveine sur forum.example" in page
    assert lawyer.post(f"{path}/accord", {"seen": 1}).status_code == 409, "what was shown has changed"
    assert lawyer.post(f"{path}/accord", {"seen": 2}).status_code == 303
    proof = {
        "made_at": NOW.isoformat(),
        "before": {"documents": 2},
        "after": {},
        "left": {},
        "searched": {"texts": 12, "unread_files": 3},
        "sha256": "a" * 64,
        "documents": 2,
    }
    rights.done(house.database, identifier, proof=proof, kept=[Kept(kind="registre", what="Nombres", why="Preuve.")], secret=secret)
    page = lawyer.get(path).text
    assert "verveine" not in page
    assert "a" * 64 in page
    assert lawyer.get(f"{path}/preuve.pdf").content.startswith(b"%PDF")
    told = paper_text(proof_paper(rights.find(house.database, identifier, secret=secret), house="Maison"))
    assert "3 fichiers endommagés" in " ".join(told.split())
    assert lawyer.get(f"{path}/preuve.json").json()["sha256"] == "a" * 64
    assert lawyer.post(f"{path}/reponse", {"words": ""}).status_code == 422
    assert lawyer.post(f"{path}/reponse", {"words": "Répondu par lettre."}).status_code == 303
    assert "Répondu par lettre." in lawyer.get(path).text
    assert lawyer.post(f"{path}/refus", {"reason": "Trop tard."}).status_code == 409


def test_an_erasure_waits_for_the_answer_to_a_request_for_access(house: House) -> None:
    lawyer = house.browser("droit")
    access = ask(lawyer, kind="acces", act="acte-d-acces").headers["location"]
    erasing = ask(lawyer).headers["location"]
    for path, other, says in ((access, erasing, "a aussi demandé un effacement"), (erasing, access, "attend sa réponse")):
        looked(house, path.rpartition("/")[2])
        page = lawyer.get(path).text
        assert says in page
        assert f'href="{other}"' in page
    refused = lawyer.post(f"{erasing}/accord", {"seen": 2})
    assert refused.status_code == 409
    assert "l'effacement l'emporterait" in refused.text.replace("&#39;", "'")
    assert 'name="unread"' not in lawyer.get(access).text
    assert lawyer.post(f"{erasing}/accord", {"seen": 2, "unread": "true"}).status_code == 303


def test_another_person_must_agree_where_evidence_would_go(house: House) -> None:
    first, second = house.browser("droit"), house.browser("administre")
    path = ask(first).headers["location"]
    looked(house, path.rpartition("/")[2], held=1)
    page = first.get(path).text
    assert "Une autre personne que vous doit donner son accord" in page
    assert 'name="everything"' not in page
    refused = first.post(f"{path}/accord", {"seen": 2, "everything": "true"})
    assert refused.status_code == 403
    assert "Une autre personne que celle qui a inscrit" in refused.text
    assert second.post(f"{path}/accord", {"seen": 2, "everything": "true"}).status_code == 303
    found = rights.find(house.database, path.rpartition("/")[2], secret=house.app.state.console.secret)
    assert found.found.everything


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"subject": ""}, "Donnez de 1 à 20 adresses"),
        ({"subject": "@sanssite"}, "Un compte se donne avec son site"),
        ({"received": "hier"}, "Donnez un jour complet"),
        ({"received": (NOW + timedelta(days=3)).date().isoformat()}, "ne peut pas être arrivée dans le futur"),
        ({"identity": " "}, "Dites pourquoi en une phrase"),
    ],
)
def test_what_does_not_fit_is_said_in_french_and_what_was_typed_stays(house: House, said: dict[str, str], sentence: str) -> None:
    answer = ask(house.browser("droit"), **{"identity": "Message vu.", **said})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Message vu." in answer.text or "identity" in said


def test_the_copy_for_a_person_is_not_for_who_administers(house: House) -> None:
    path = ask(house.browser("droit"), kind="acces").headers["location"]
    folder = house.settings.data_dir / "rights"
    folder.mkdir()
    (folder / f"{path.rpartition('/')[2]}.zip").write_bytes(b"PK")
    assert house.browser("administre").get(f"{path}/donnees.zip").status_code == 403
    assert house.browser("droit").get(f"{path}/donnees.zip").content == b"PK"
    assert house.browser("droit").get("/donnees/demandes/" + "0" * 32 + "/donnees.zip").status_code == 404


def test_the_public_page_works_before_anything_is_set_and_names_no_account(house: House) -> None:
    stranger = house.browser()
    page = stranger.get("/confidentialite")
    assert page.status_code == 200
    assert "pas encore donné son nom" in page.text
    assert "Association A" not in page.text, "who uses the console is not told without its wish"
    house.settings.sources_dir.mkdir(parents=True)
    for name, said in {
        "compte": {"title": "Le compte d'Anne", "kind": "mastodon_account", "enabled": True, "url": "https://instance.example/@anne"},
        "site": {"title": "Un site", "kind": "site", "enabled": True, "url": "https://maison.example/"},
        "arretee": {"title": "Une source arrêtée", "kind": "site", "enabled": False, "url": "https://arret.example/"},
    }.items():
        words = {"purpose": "Lire pour aider.", "legal_basis": "Intérêt légitime.", "access_mode": "open"}
        (house.settings.sources_dir / f"{name}.yml").write_text(yaml.safe_dump({**said, **words}), encoding="utf-8")
    with house.database.writing() as session:
        row = session.get(OrganisationRow, house.own.id)
        assert row
        row.profile = Profile(email="contact@maison.example").model_dump(mode="json")
    text = stranger.get("/confidentialite").text
    assert "maison.example" in text
    assert "contact@maison.example" in text
    assert "Association A" in text
    assert not [one for one in ("anne", "Anne", "instance.example", "arret.example", "Association B") if one in text]
    assert [one for one in ("30 jours", "à vérifier", "Décision automatisée : aucune", "CNIL", "art. 17") if one not in text] == []


@pytest.mark.parametrize("name", ["registre", "aipd"])
def test_registers_are_pages_and_files_that_say_what_the_product_does(house: House, name: str) -> None:
    lawyer = house.browser("droit")
    page = lawyer.get(f"/donnees/{name}").text
    assert [one for one in ("à compléter", "juriste", "2 mois", "HTTPS") if one not in page] == []
    assert lawyer.get(f"/donnees/{name}.pdf").content.startswith(b"%PDF")
    with zipfile.ZipFile(io.BytesIO(lawyer.get(f"/donnees/{name}.docx").content)) as made:
        assert "word/document.xml" in made.namelist()
    assert lawyer.get(f"/donnees/{name}.exe").status_code == 422


def test_the_assessment_shows_the_measured_figures_of_the_model(house: House) -> None:
    import json

    from core.settings import ROOT

    goals = {one["name"]: one for one in json.loads((ROOT / "models/vigie-e5-small-fr/metrics.json").read_text(encoding="utf-8"))["goals"]}
    page = house.browser("droit").get("/donnees/aipd").text
    assert f"{goals['hard_negatives']['value']:.3f}".replace(".", ",") in page
    assert f"{goals['macro_f1']['value']:.3f}".replace(".", ",") in page
    assert "Aucun" in page or "aucun score" in page


def test_what_is_kept_due_and_erased_is_shown_without_small_counts(house: House, fill: Any) -> None:
    from cases.tables import ErasedRow

    with house.database.writing() as session:
        for number, outcome in ((4, "hors_champ"), (17, "ordinaire")):
            session.add(ErasedRow(month="2026-09", platform="forum.example", marker="tous", outcome=outcome, documents=number))
            session.add(ErasedRow(month="2026-09", platform="forum.example", marker="gourou", outcome=outcome, documents=99))
    page = house.browser("droit").get("/donnees/conservation").text
    assert "moins de 5" in page
    assert ">17<" in page
    assert ">4<" not in page
    assert "99" not in re.sub(r"<[^>]+>", " ", page)
    assert "forum.example" not in page


def made_notice(house: House, *, organisation: str | None = None, identifier: str = "n" * 32) -> str:
    shared: dict[str, Any] = {"organisation_id": organisation or house.own.id, "created_by": house.people["analyse"].id, "created_at": NOW, "version": 1,
                              "digest": "0" * 64, "items": 1, "markers": [], "bases": [], "content": {"items": []}}  # fmt: skip
    with house.database.writing() as session:
        session.add(NoticeRow(id=identifier, state="brouillon", platform="autre", source_type="SOURCE_ARTICLE_16", **shared))
        session.add(DossierRow(id="o" + identifier[1:], kind="parquet", state="brouillon", **shared))
    return identifier


def test_a_choice_is_dated_and_stands_until_its_day(house: House) -> None:
    notice = made_notice(house)
    reader, path = house.browser("valide"), f"/donnees/information/notice/{notice}"
    assert [one.code for one in informing.missing(house.database, "notice", notice)] == ["choix_absent"]
    page = reader.get(path).text
    assert "aucun choix daté" in page
    assert "Information sur le traitement de données vous concernant" in page
    assert "[nom, adresse, courriel]" in page
    assert "Notification" in reader.get("/donnees/information").text
    later = (NOW + timedelta(days=20)).date().isoformat()
    assert reader.post(path, {"act": ACT, "choice": "differe", "day": later, "reason": "Une enquête pourrait souffrir."}).status_code == 303
    assert informing.missing(house.database, "notice", notice) == ()
    assert [one.code for one in informing.missing(house.database, "notice", notice, now=NOW + timedelta(days=30))] == ["echeance_passee"]
    for said in ({"choice": "differe", "day": ""}, {"choice": "differe", "day": "2020-01-01"}, {"choice": "informe", "day": later}, {"choice": "rien"},
                 {"choice": "exception_14_5_b", "reason": ""}):  # fmt: skip
        assert reader.post(path, {"act": ACT + "2", "reason": "Parce que.", **said}).status_code == 422, said
    assert reader.post(path, {"act": ACT + "3", "choice": "exception_14_5_b", "reason": "Adresse inconnue."}).status_code == 303
    assert "Adresse inconnue." in reader.get(path).text


def test_a_choice_is_of_ones_own_organisation_and_of_the_role(house: House) -> None:
    notice = made_notice(house, organisation=house.other.id)
    assert house.browser("analyse").get(f"/donnees/information/notice/{notice}").status_code == 404
    assert house.browser("analyse_ailleurs").get(f"/donnees/information/notice/{notice}").status_code == 200
    assert house.browser("analyse_ailleurs").get(f"/donnees/information/dossier/o{notice[1:]}").status_code == 403
    assert house.browser("analyse").get(f"/donnees/information/autre/{notice}").status_code == 422
    me = house.people["analyse"]
    actor = Actor(id=me.id, organisation_id=me.organisation_id, name=me.name, roles=("analyse",))
    with pytest.raises(NotFound):
        informing.choose(house.database, "notice", notice, choice="exception_14_5_b", reason="Non.", actor=actor, act="a" * 8)
    with pytest.raises(Invalid):
        informing.choose(house.database, "notice", notice, choice="oui", reason="Non.", actor=actor, act="a" * 8)
