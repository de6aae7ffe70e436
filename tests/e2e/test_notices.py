"""From two readings to a provider's answer: in a browser by each person in turn, and by a program with their keys."""

from __future__ import annotations

import io
import re
import runpy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from playwright.sync_api import Page, expect

from cases.keys import make_key
from cases.people import SCOPES
from cases.tables_people import OrganisationRow
from core.settings import ROOT
from tests.e2e.conftest import Live, Visit
from tests.e2e.test_reading import fill, send, take
from tests.e2e.working import QUOTES, WORDS, decided

A4 = QUOTES["arret_traitement"][1]
URL = "https://sante-vraie.example/articles/jeter-les-boites"
FIRST, LAST = (f"{datetime.now(UTC).year}-{day}" for day in ("01-01", "12-31"))


def reported(page: Page) -> str:
    """What the yearly report says of its notices."""
    page.goto(f"/rapports/nouveau/annuel?du={FIRST}&au={LAST}")
    return page.locator("main").inner_text()


def test_from_two_readings_to_a_complaint(live: Live, visit: Visit, tmp_path: Path) -> None:
    key, document = "arret_traitement", live.items["arret_traitement"]
    for name in ("analyse", "analyse2"):
        reader = visit(live, name)
        take(reader, live, key)
        fill(
            reader.locator("#lecture"),
            "illicite_presume",
            sign="A4",
            quote=A4,
            marker="abandon_soins",
            reason="Remplace les médicaments, et se vend.",
        )
        send(reader)

    karim, lawyer = visit(live, "valide"), visit(live, "droit")
    before = reported(lawyer)
    karim.goto("/notifications/profil")
    karim.locator("input[name=email]").fill("contact@secours.example")
    karim.get_by_role("button", name="Enregistrer").click()

    karim.goto(f"/contenus/{document}")
    karim.get_by_role("link", name="Préparer une notification").click()
    karim.get_by_role("button", name="Préparer le brouillon").click()
    expect(karim.locator("#manques")).to_be_visible()
    written(karim)
    notice = re.search(r"/notifications/([0-9a-f]{32})", karim.url)
    assert notice
    path = f"/notifications/{notice[1]}"

    signs(karim, path)
    karim.goto(f"{path}/signer")
    expect(karim.locator("main")).to_contain_text("Il manque 1 signature")
    karim.goto(f"{path}/envoyer")
    expect(karim.get_by_role("button", name="Marquer comme envoyée")).to_have_count(0)
    doctor = visit(live, "sante")
    signs(doctor, path, "sante")

    karim.goto(path)
    with karim.expect_download() as kept:
        karim.get_by_role("link", name="PDF").first.click()
    readable(Path(kept.value.path()).read_bytes(), tmp_path)
    duty(lawyer)
    karim.goto(f"{path}/envoyer")
    informed(karim)
    karim.get_by_role("button", name="Marquer comme envoyée").click()
    karim.goto(f"{path}/suivi")
    answered(karim)
    karim.get_by_role("link", name="Réclamer contre la décision").click()
    karim.get_by_role("button", name="Noter qu'elle est déposée").click()
    expect(karim.locator("main")).to_contain_text(re.compile("Contestée", re.IGNORECASE))
    assert reported(lawyer) != before
    assert re.search("1 notifications? envoyée", reported(lawyer))


def written(page: Page) -> None:
    """All that the draft's form asks for."""
    for name, said in (("provider", "Santé vraie SARL"), ("email", "contact@sante-vraie.example"), ("explanation", WORDS)):
        page.locator(f"#f-{name}").fill(said)
    for field in page.locator("textarea[name^='dit:']:visible").all():
        field.fill("Le passage cité le montre.")
    for field in page.locator("textarea[name^='ecarte:']:visible").all():
        field.fill("Rien de tel ici.")
    page.locator("#f-measure").select_option("retrait")
    page.locator("input[name=art18][value=non]").check()
    page.locator("input[name=victims][value=aucune]").check()
    page.get_by_role("button", name="Enregistrer", exact=True).first.click()
    expect(page.locator("main")).to_contain_text("Il ne manque rien")


def signs(page: Page, path: str, gate: str = "") -> None:
    """This person reads what it says and signs it."""
    page.goto(f"{path}/signer")
    expect(page.locator("main")).to_contain_text(URL)
    page.locator("#f-statement").check()
    page.locator("#f-interests").fill("aucun")
    if gate:
        page.locator(f"input[name=gates][value={gate}]").check()
    page.get_by_role("button", name=re.compile("^Signer la version")).click()
    expect(page.get_by_role("status").first).to_contain_text("C'est signé")


def duty(page: Page) -> None:
    """Somebody may be in danger: the question of art. 434-3 waits for a person's answer."""
    page.goto("/devoirs")
    expect(page.locator("main")).to_contain_text("434-3")


def readable(made: bytes, folder: Path) -> None:
    """A PDF with ink on its first page, and the address in its text."""
    read = pypdfium2.PdfDocument(io.BytesIO(made))
    assert URL in "".join("".join(page.get_textpage().get_text_range().split()) for page in read)
    shown = read[0].render(scale=1).to_pil().convert("L")
    dark = sum(shown.histogram()[:128])
    assert dark / (shown.width * shown.height) > 0.01, "a blank page"


def informed(page: Page) -> None:
    """Art. 14 of the GDPR: the choice without which nothing leaves."""
    page.locator("input[name=choix][value=exception_14_5_b]").check()
    page.locator("#raison").fill("Informer ferait disparaître les preuves.")
    page.get_by_role("button", name="Noter ce choix").click()
    expect(page.locator("main")).to_contain_text("Exception")


def answered(page: Page) -> None:
    """What the provider answers: nothing done."""
    page.locator("#reponse > summary").click()
    page.locator("#a-1").select_option("aucune_insuffisante")
    page.locator("#reponse input[name=redress_given][value=oui]").check()
    page.locator("#reponse button").last.click()
    expect(page.locator("main")).to_contain_text("Répondue")


def test_the_same_by_a_program(live: Live) -> None:
    document = decided(live, live.items["arret_traitement"], "A4", A4)
    client = runpy.run_path(str(ROOT / "docs/examples/client.py"))["Vigie"]
    programs = {name: client(live.url, key_of(live, name)) for name in ("valide", "sante", "droit")}
    karim = programs["valide"]
    with live.database.writing() as session:
        row = session.get_one(OrganisationRow, live.own.id)
        row.profile = {"email": "contact@secours.example"}
    made = karim.draft([document])
    elements = [{**one, "says": "Le passage cité le montre."} for one in made["content"]["elements"]]
    weighed = [
        {"exclusion": one["field"].removeprefix("weighed."), "why": "Rien de tel ici."} for one in made["problems"] if one["code"] == "exclusion"
    ]
    recipient = {"provider": "Santé vraie SARL", "email": "contact@sante-vraie.example"}
    fields: dict[str, Any] = {
        "measure": "retrait",
        "art18": False,
        "victims": "aucune",
        "elements": elements,
        "weighed": weighed,
        "recipient": recipient,
    }
    made = karim.change(made, explanation=WORDS, **fields)
    assert made["problems"] == []
    karim.sign(made, interests="aucun")
    with pytest.raises(Exception, match="signee"):
        karim.sent(made, channel="courriel")  # by one person alone
    programs["sante"].sign(made, interests="aucun", gates=["sante"])
    assert karim.document(made["id"], "pdf").startswith(b"%PDF")
    karim.inform(made, choice="exception_14_5_b", reason="Informer ferait disparaître les preuves.")
    before = programs["droit"].get(f"/reports/draft?kind=annuel&since={FIRST}&until={LAST}")
    karim.sent(made, channel="courriel", reference="R-1")
    karim.answered(made["id"], ["aucune_insuffisante"], redress_given=True)
    karim.post(f"/notices/{made['id']}/complaints", {"text": "Nous contestons cette décision."})
    assert karim.notice(made["id"])["state"] == "contestee"
    after = programs["droit"].get(f"/reports/draft?kind=annuel&since={FIRST}&until={LAST}")
    assert before != after


def key_of(live: Live, name: str) -> str:
    """A key of this person with all scopes."""
    person = live.people[name].id
    return make_key(live.database, person=person, name="essai", scopes=SCOPES, expires_at=None, by=person)[1]
