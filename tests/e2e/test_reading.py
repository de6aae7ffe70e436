"""Analysts read: blind twice, differing, adjudicated, contested; undone; for a whole campaign; by keyboard alone; without scripts."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Locator, Page, expect

from cases import decisions, readings
from cases.tables_work import SubmissionRow, SubmissionStepRow
from tests.e2e.conftest import NARROW, TAKE, Live, Visit

A1 = "arrêtez la chimio, elle vous empoisonne"


def take(page: Page, live: Live, key: str) -> None:
    page.goto(f"/contenus/{live.items[key]}")
    page.locator(TAKE).click()
    expect(page.get_by_role("heading", name="Votre lecture")).to_be_visible()
    expect(page.locator("#lecture")).to_be_visible()


def fill(form: Locator, qualification: str, *, sign: str = "", quote: str = "", marker: str = "", reason: str = "Lu en entier.") -> None:
    """The checklist, as it is filled with or without scripts."""
    if sign:
        group = form.locator(f"details.groupe:has(#s-{sign})")
        if group.get_attribute("open") is None:
            group.locator("> summary").click()
        form.locator(f"input[name='s.{sign}'][value=present]").check()
        form.locator(f"input[name=marqueur][value={marker}]").check()
        form.locator("textarea[name=citations]").fill(f"{sign} : {quote}")
    form.locator(f"#q-{qualification}").check()
    form.locator("textarea[name=motif]").fill(reason)


def send(page: Page, name: str = "Écrire et rester ici") -> None:
    page.get_by_role("button", name=name).click()
    expect(page.locator(".fait")).to_be_visible()


def submitted(live: Live, key: str) -> str:
    """A submission of the volunteer that leads to this content."""
    person, identifier, now = live.people["soumet"], "5" * 32, datetime.now(UTC)
    entry = live.index.get(live.items[key])
    assert entry
    with live.database.writing() as session:
        session.add(
            SubmissionRow(id=identifier, organisation_id=person.organisation_id, person_id=person.id, url=entry["url"], given=entry["url"], title=None,
                          text=None, note="", document_id=entry["id"], state="visible", reason=None, created_at=now, updated_at=now, tries=1)
        )  # fmt: skip
        session.flush()
        session.add(SubmissionStepRow(submission_id=identifier, state="visible", reason=None, at=now))
    return identifier


def test_two_read_blind_differ_and_a_third_decides_then_the_association_contests(live: Live, visit: Visit) -> None:
    key, submission = "arret_traitement", submitted(live, "arret_traitement")
    document = live.items[key]
    first, second, third, volunteer = (visit(live, name) for name in ("analyse", "analyse2", "valide", "soumet"))

    take(first, live, key)
    fill(first.locator("#lecture"), "illicite_presume", sign="A1", quote=A1, marker="abandon_soins", reason="Appelle à arrêter la chimiothérapie.")
    send(first)
    assert decisions.standing(live.database, [document]) == {}  # what could leave as a notice is read twice

    second.goto(f"/contenus/{document}")
    expect(second.locator("main")).not_to_contain_text("Appelle à arrêter la chimiothérapie.")  # blind
    take(second, live, key)
    expect(second.locator("main")).not_to_contain_text("Ariane")
    fill(second.locator("#lecture"), "hors_champ", reason="Récit personnel, sans appel.")
    send(second)

    third.goto("/arbitrages")
    third.get_by_role("button", name="Arbitrer").first.click()
    for said in ("Appelle à arrêter la chimiothérapie.", "Récit personnel, sans appel."):
        expect(third.locator("main")).to_contain_text(said)
    expect(third.locator("main")).not_to_contain_text("Ariane")  # whose readings they are is told once it is decided
    form = third.locator("#lecture")
    fill(form, "licite_preoccupant", sign="A1", quote=A1, marker="abandon_soins", reason="Appel à arrêter, sans suite connue.")
    form.get_by_role("button", name="Décider").click()
    expect(third.get_by_role("status").first).to_contain_text("Décidé")
    expect(third.locator("main")).to_contain_text("Ariane")
    assert decisions.standing(live.database, [document])[document].qualification == "licite_preoccupant"
    assert len(readings.reviews(live.database, document)) == 3  # all are kept

    volunteer.goto(f"/soumissions/{submission}")
    expect(volunteer.locator("main")).to_contain_text("Appel à arrêter, sans suite connue.")
    volunteer.get_by_role("link", name="Je ne suis pas d'accord").click()
    volunteer.get_by_label("Vos raisons").fill("Deux adhérentes ont arrêté leur traitement après l'avoir lu.")
    volunteer.get_by_role("button", name="Envoyer ma contestation").click()
    expect(volunteer.locator("main")).to_contain_text("en cours d'examen")

    third.goto("/contestations")
    third.get_by_role("link", name=re.compile("Répondre")).click()
    expect(third.locator("main")).to_contain_text("Deux adhérentes")
    third.get_by_label("Revue").check()
    third.get_by_label(re.compile("Réponse, lue par l'association")).fill("Merci : nous relisons ce contenu avec ce que vous dites.")
    third.get_by_role("button", name="Répondre").click()
    volunteer.reload()
    expect(volunteer.locator("main")).to_contain_text("nous relisons ce contenu avec ce que vous dites")
    assert decisions.standing(live.database, [document]) == {}  # undone in the same act


def test_a_reading_is_undone(live: Live, visit: Visit) -> None:
    page, document = visit(live, "analyse"), live.items["presse"]
    take(page, live, "presse")
    fill(page.locator("#lecture"), "hors_champ", reason="Article de presse.")
    send(page)
    page.get_by_role("button", name="Annuler ma lecture").first.click()
    expect(page.locator("main")).to_contain_text(re.compile("annul", re.IGNORECASE))
    assert decisions.standing(live.database, [document]) == {}
    kept = readings.reviews(live.database, document)
    assert [one.withdrawn_at is not None for one in kept] == [True]
    expect(page.locator("#lecture")).to_be_visible()  # kept for who wants to read it again


def test_one_reading_for_a_whole_campaign(live: Live, visit: Visit) -> None:
    ids = [live.items["campagne"], *(live.items[f"campagne-{number}"] for number in range(2, 6))]
    for name in ("analyse", "analyse2"):  # the second one where the lot asks for it
        if len(decisions.standing(live.database, ids)) == len(ids):
            break
        page = visit(live, name)
        page.goto("/campagnes/c-campagne")
        expect(page.get_by_role("heading", level=1)).to_contain_text("5 contenus")
        page.get_by_role("button", name="Lire le premier et décider pour tous").click()
        form = page.locator("#lecture")
        expect(form.locator("input[name=campagne]")).to_be_checked()
        fill(
            form,
            "licite_preoccupant",
            sign="B2",
            quote="Seul Maître Orsan connaît le chemin",
            marker="gourou",
            reason="Autorité exclusive, même texte cinq fois.",
        )
        send(page)
    standing = decisions.standing(live.database, ids)
    assert {row.qualification for row in standing.values()} == {"licite_preoccupant"}
    assert len(standing) == 5
    assert {row.campaign for row in standing.values()} == {"c-campagne"}
    assert [entry["status"] for one in ids if (entry := live.index.get(one))] == ["decide"] * 5  # the index shows it at once


def test_two_people_are_not_given_the_same_item(live: Live, visit: Visit) -> None:
    pages = [visit(live, name) for name in ("analyse", "analyse2")]
    for page in pages:
        page.goto("/file")
        page.get_by_role("button", name="Lire le prochain contenu").click()
        expect(page.locator("#lecture")).to_be_visible()
    assert len({page.url.split("?")[0] for page in pages}) == 2


def test_i_would_rather_not_asks_nothing_and_tells_nobody(live: Live, visit: Visit) -> None:
    page, other = visit(live, "analyse"), visit(live, "analyse2")
    page.goto("/file")
    page.get_by_role("button", name="Lire le prochain contenu").click()
    passed = page.url.split("?")[0]
    page.get_by_role("button", name="Je préfère ne pas lire ceci").click()
    expect(page).to_have_url(re.compile("/file"))
    page.get_by_role("button", name="Lire le prochain contenu").click()
    expect(page.locator("#lecture")).to_be_visible()
    assert page.url.split("?")[0] != passed
    other.goto(passed)
    expect(other.locator("main")).not_to_contain_text("Ariane")
    expect(other.locator(TAKE)).to_be_visible()


def test_reading_by_keyboard_alone(live: Live, visit: Visit) -> None:
    page = visit(live, "analyse")
    page.goto("/file")
    page.keyboard.press("n")  # the next item
    expect(page.locator("#lecture")).to_be_visible()
    document = page.url.split("/")[-1].split("?")[0]
    assert page.locator("#voile.flou").count() == 1  # hidden until asked for
    page.keyboard.press("v")
    expect(page.locator("#voile")).not_to_have_class(re.compile("flou"))
    expect(page.locator("#texte")).to_be_focused()
    page.keyboard.press("j")  # to the first sign
    page.keyboard.press("3")  # uncertain
    expect(page.locator(".signe input[value=incertain]:checked")).to_have_count(1)
    page.keyboard.press("h")
    expect(page.locator("#q-hors_champ")).to_be_checked()
    page.keyboard.press("m")
    page.keyboard.type("Lu au clavier : rien qui tienne quelqu'un.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".fait")).to_be_visible()
    kept = readings.reviews(live.database, document)
    assert [(one.qualification, one.reason) for one in kept] == [("hors_champ", "Lu au clavier : rien qui tienne quelqu'un.")]
    assert not page.url.split("?")[0].endswith(document), "the next item is there"
    page.keyboard.press("z")
    expect(page.get_by_role("status").first).to_contain_text(re.compile("annul", re.IGNORECASE))
    assert readings.reviews(live.database, document)[0].withdrawn_at is not None


def test_a_quote_is_taken_by_selecting_text(live: Live, visit: Visit) -> None:
    page = visit(live, "analyse")
    take(page, live, "arret_traitement")
    page.keyboard.press("v")
    page.evaluate(
        """wanted => { const walker = document.createTreeWalker(document.querySelector('#texte'), NodeFilter.SHOW_TEXT); let node;
        while ((node = walker.nextNode())) { const at = node.data.indexOf(wanted);
          if (at >= 0) { getSelection().setBaseAndExtent(node, at, node, at + wanted.length); return; } } throw new Error('not there'); }""",
        "six séances",
    )
    page.keyboard.press("c")
    expect(page.locator("#citations")).to_contain_text("six séances")
    value = page.locator("#citations input[name=citation]").first.get_attribute("value") or ""
    entry = live.index.get(live.items["arret_traitement"])
    start, end = map(int, value.split("-")[:2])
    assert entry
    assert entry["text"][start:end] == "six séances"


def test_nothing_is_lost_when_the_connection_drops(live: Live, visit: Visit) -> None:
    page = visit(live, "analyse")
    take(page, live, "depistage")
    fill(page.locator("#lecture"), "hors_champ", reason="Écrit juste avant la coupure.")
    page.context.set_offline(True)
    page.get_by_role("button", name="Écrire et rester ici").click()
    expect(page.locator("#annonces")).to_contain_text("votre lecture est gardée ici")
    assert readings.reviews(live.database, live.items["depistage"]) == ()
    expect(page.get_by_role("button", name="Réessayer maintenant")).to_be_visible()
    page.context.set_offline(False)  # the browser tells the page, which sends by itself, once
    expect(page.locator(".fait")).to_be_visible(timeout=30_000)
    assert [one.reason for one in readings.reviews(live.database, live.items["depistage"])] == ["Écrit juste avant la coupure."]


@pytest.mark.parametrize("size", [NARROW])
def test_reading_without_scripts(live: Live, visit: Visit, size: dict[str, int]) -> None:
    page = visit(live, "analyse", size=size, scripts=False)
    page.goto("/file")
    page.get_by_role("button", name="Lire le prochain contenu").click()
    document = page.url.split("/")[-1].split("?")[0]
    page.locator("#voile > summary").click()
    expect(page.locator("#texte")).to_be_visible()
    fill(page.locator("#lecture"), "hors_champ", reason="Lu sans script.")
    page.get_by_role("button", name="Écrire et passer au suivant").click()
    expect(page.locator(".fait")).to_be_visible()
    assert [one.reason for one in readings.reviews(live.database, document)] == ["Lu sans script."]
    page.get_by_role("button", name="Annuler ma lecture").click()
    assert readings.reviews(live.database, document)[0].withdrawn_at is not None


def test_a_reading_that_cannot_be_written_comes_back_as_it_was(live: Live, visit: Visit) -> None:
    page = visit(live, "analyse")
    take(page, live, "titre")
    fill(page.locator("#lecture"), "illicite_presume", sign="A9", quote="ceci n'est pas dans le texte", marker="abandon_soins", reason="Motif gardé.")
    page.get_by_role("button", name="Écrire et rester ici").click()
    expect(page.get_by_role("alert")).to_contain_text("n'est pas mot pour mot dans le texte")
    expect(page.locator("textarea[name=motif]")).to_have_value("Motif gardé.")
    expect(page.locator("input[name='s.A9'][value=present]")).to_be_checked()
    assert readings.reviews(live.database, live.items["titre"]) == ()
