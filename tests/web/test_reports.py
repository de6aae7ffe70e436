"""/rapports as people and programs use it: a draft, freezing, another person who reads it over, the public page; and what is refused."""

from __future__ import annotations

import csv
import io
import re
import uuid
import zipfile
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import update

from bench import register
from cases import keys
from cases.tables_notices import NoticeRow
from cases.tables_people import OrganisationRow
from tests.cases.conftest import act, choice, decide, item
from tests.web.conftest import Browser, House

YEAR = "du=2025-01-01&au=2025-12-31"
PROFILE = {"governance": "Un conseil élu.", "email": "contact@maison.example", "website": "https://maison.example"}


@pytest.fixture
def sent(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """The house has sent 40 notices in 2025; two of its people have the role droit."""
    house.add("droit2", "droit")
    made = register.fill(house.database, notices=40)
    profile(house, **PROFILE)
    with house.database.writing() as session:  # they are this house's: the guard that keeps an owner is not what is tested here
        from sqlalchemy import text

        session.execute(text("DROP TRIGGER notice_owner_stays"))
        session.execute(update(NoticeRow).where(NoticeRow.organisation_id == made).values(organisation_id=house.own.id))
    return house


def profile(house: House, **fields: Any) -> None:
    with house.database.writing() as session:
        row = session.get_one(OrganisationRow, house.own.id)
        row.profile = {**(row.profile or {}), **fields}


def frozen(browser: Browser, **fields: Any) -> str:
    """The address of the version that was frozen."""
    page = browser.get(f"/rapports/nouveau/annuel?{YEAR}").text
    act = re.search(r'name="act" value="(\w+)"', page)
    assert act, page
    answer = browser.post("/rapports/nouveau/annuel", {"act": act[1], "du": "2025-01-01", "au": "2025-12-31", **fields})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_a_report_goes_from_draft_to_the_public_page(sent: House) -> None:
    ana, ben, stranger = sent.browser("droit"), sent.browser("droit2"), sent.browser()
    assert "Rapport annuel" in ana.get("/rapports").text
    draft = ana.get(f"/rapports/nouveau/annuel?{YEAR}").text
    assert "40 notifications envoyées" in draft
    address = frozen(ana)
    public = address.replace("/rapports/", "/rapports/publics/")
    assert stranger.get(public).status_code == 404
    assert "une autre personne la relit" in ana.get(address).text
    digest = re.search(r'name="sha256" value="(\w+)"', ben.get(address).text)
    assert digest
    unsigned = ben.post(f"{address}/relire", {"sha256": digest[1]})
    assert (unsigned.status_code, "Cochez la phrase" in unsigned.text) == (422, True)
    early = ana.post(f"{address}/publier")
    assert (early.status_code, "Personne n&#39;a encore signé" in early.text) == (409, True)
    own = ana.post(f"{address}/relire", {"sha256": digest[1], "signe": "true"})
    assert (own.status_code, "une autre personne le relit et signe" in own.text) == (403, True)
    assert ben.post(f"{address}/relire", {"sha256": digest[1], "signe": "true"}).status_code == 303
    assert ana.post(f"{address}/publier").status_code == 303
    assert "40 notifications envoyées" in stranger.get(public).text
    assert public in stranger.get("/rapports/publics").text
    assert stranger.get(f"{public}/rapport.pdf").content.startswith(b"%PDF")
    kept = sent.settings.data_dir / "reports" / address.rpartition("/")[2]
    assert {"rapport.pdf", "rapport.docx", "tables.zip", "notifications.csv"} <= {path.name for path in kept.iterdir()}
    names = zipfile.ZipFile(io.BytesIO(stranger.get(f"{public}/tables.zip").content)).namelist()
    assert "notifications.csv" in names
    assert stranger.get(f"{public}/..%2F..%2Fcases.sqlite").status_code == 404
    assert stranger.get(f"{public}/autre.pdf").status_code == 404


def test_the_report_changes_when_a_provider_answers(sent: House) -> None:
    ana = sent.browser("droit")
    before = ana.get(f"/rapports/nouveau/annuel?{YEAR}").text
    with sent.database.writing() as session:
        session.execute(update(NoticeRow).where(NoticeRow.acknowledged_at.is_(None)).values(acknowledged_at=datetime(2026, 1, 5, tzinfo=UTC)))
    after = ana.get(f"/rapports/nouveau/annuel?{YEAR}").text
    assert "Aucune réponse" in before
    assert ">Aucune réponse</td>" not in after


def test_what_could_name_somebody_is_not_printed(sent: House) -> None:
    ana = sent.browser("droit")
    profile(sent, governance="Présidée par Zoé Martin, avec la Fondation Lenval.", training="Écrire à zoe@maison.example")
    page = ana.get(f"/rapports/nouveau/annuel?{YEAR}").text
    assert "ne peut pas être imprimé" in page
    assert "Zoé Martin" in page
    assert "40 notifications" not in page
    assert ana.get(f"/rapports/nouveau/annuel/rapport.pdf?{YEAR}").status_code == 422
    act = uuid.uuid4().hex
    refused = ana.post("/rapports/nouveau/annuel", {"act": act, "du": "2025-01-01", "au": "2025-12-31", "accepte": "zoe@maison.example"})
    assert (refused.status_code, "rien n&#39;est imprimé" in refused.text) == (422, True)
    profile(sent, training="", governance="Avec le Prix Lenval.")
    asked = ana.get(f"/rapports/nouveau/annuel?{YEAR}")
    assert "peut-être un nom" in asked.text
    accepted = ana.get(f"/rapports/nouveau/annuel?{YEAR}&accepte=Prix+Lenval")
    assert "40 notifications" in accepted.text


def test_a_name_on_the_page_is_escaped(sent: House) -> None:
    profile(sent, governance="<script>alert(1)</script>")
    page = sent.browser("droit").get(f"/rapports/nouveau/annuel?{YEAR}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_a_period_that_is_none_or_not_over(sent: House) -> None:
    ana = sent.browser("droit")
    assert ana.get("/rapports/nouveau/annuel?du=2025-12-31&au=2025-01-01").status_code == 422
    assert ana.get("/rapports/nouveau/annuel?du=hier&au=demain").status_code == 422
    assert ana.get("/rapports/nouveau/inconnu").status_code == 404
    today = datetime.now(UTC).date()
    page = ana.get(f"/rapports/nouveau/annuel?du={today - timedelta(days=9)}&au={today + timedelta(days=9)}").text
    assert "La période n&#39;est pas finie" in page or "La période n'est pas finie" in page
    late = ana.post("/rapports/nouveau/annuel", {"act": uuid.uuid4().hex, "du": str(today), "au": str(today)})
    assert (late.status_code, "pas finie" in late.text) == (422, True)


def test_an_invalid_period_shows_the_form_again(sent: House) -> None:
    ana = sent.browser("droit")
    for asked, said in (("du=2025-12-31&au=2025-01-01", "Le dernier jour vient"), ("du=hier&au=demain", "Donnez le premier et le dernier jour")):
        page = ana.get(f"/rapports/nouveau/statistiques?{asked}&soins=true")
        assert (page.status_code, said in page.text, 'action="/rapports/nouveau/annuel"' in page.text) == (422, True, True)
    back = ana.get("/rapports/nouveau/statistiques?du=2025-12-31&au=2025-01-01&soins=true").text
    assert back.count('value="2025-12-31" required aria-invalid="true"') == 1
    assert 'name="soins" value="true" checked' in back
    posted = ana.post("/rapports/nouveau/annuel", {"act": uuid.uuid4().hex, "du": "2025-12-31", "au": "2025-01-01"})
    assert (posted.status_code, "Le dernier jour vient" in posted.text) == (422, True)


def test_the_form_proposes_the_latest_year_with_notices(sent: House) -> None:
    assert 'name="du" value="2025-01-01"' in sent.browser("droit").get("/rapports").text
    assert "40 notifications envoyées" in sent.browser("droit").get("/rapports/nouveau/annuel").text
    sent.add("ailleurs", "droit", organisation=sent.other)
    assert f'name="du" value="{datetime.now(UTC).year}-01-01"' in sent.browser("ailleurs").get("/rapports").text


def test_drafts_of_what_hides_small_numbers_stay_in_the_house(sent: House) -> None:
    _, secret = keys.make_key(
        sent.database, person=sent.people["droit"].id, name="essai", scopes=("reports:read", "reports:write"), expires_at=None, by="test"
    )
    for kind in ("statistiques", "tableau", "article-34"):
        asked = f"/api/v1/reports/draft?kind={kind}&since=2025-01-01&until=2025-12-31"
        answer = sent.browser().client.get(asked, headers={"Authorization": f"Bearer {secret}"})
        assert (answer.status_code, "freeze one" in answer.text) == (403, True)
        assert "pour la maison seulement" in sent.browser("droit").get(f"/rapports/nouveau/{kind}?{YEAR}").text
    assert "pour la maison seulement" not in sent.browser("droit").get(f"/rapports/nouveau/annuel?{YEAR}").text


@pytest.mark.parametrize("kind", ["statistiques", "tableau", "article-34"])
def test_the_other_kinds_have_drafts_and_files(sent: House, kind: str) -> None:
    """Files are those of a frozen version: what is drafted for any period, and taken along, could be subtracted."""
    ana = sent.browser("droit")
    page = ana.get(f"/rapports/nouveau/{kind}?{YEAR}")
    assert (page.status_code, "tables.zip" in page.text) == (200, False)
    for who in ("droit", "valide", "administre"):
        refused = [sent.browser(who).get(f"/rapports/nouveau/{kind}/{name}?{YEAR}") for name in ("rapport.pdf", "rapport.docx", "tables.zip")]
        assert [one.status_code for one in refused] == [403] * 3
        assert "Figez une version" in unescape(refused[0].text)
    made = ana.post(f"/rapports/nouveau/{kind}", {"act": uuid.uuid4().hex, "du": "2025-01-01", "au": "2025-12-31"}).headers["location"]
    assert ana.get(f"{made}/rapport.pdf").content.startswith(b"%PDF")
    assert zipfile.ZipFile(io.BytesIO(ana.get(f"{made}/tables.zip").content)).namelist()


def test_the_candidature_names_what_is_missing(sent: House) -> None:
    ana = sent.browser("droit")
    page = ana.get("/rapports/candidature").text
    assert "Ce qui manque encore" in page
    assert "conflit d&#39;intérêts" in page
    rows = list(csv.DictReader(io.StringIO(ana.get("/rapports/candidature/registre.csv").text)))
    assert len({row["notice"] for row in rows}) == 40
    assert ana.get("/rapports/candidature/candidature.docx").content.startswith(b"PK")
    assert ana.get("/rapports/candidature/autre.docx").status_code == 404
    profile(sent, conflicts="Écrire à Mme Zoé Martin")
    assert ana.get("/rapports/candidature/candidature.pdf").status_code == 422


def test_programs_get_drafts_and_freeze(sent: House) -> None:
    _, secret = keys.make_key(
        sent.database, person=sent.people["droit"].id, name="essai", scopes=("reports:read", "reports:write"), expires_at=None, by="test"
    )
    client, known = sent.browser().client, {"Authorization": f"Bearer {secret}"}
    draft = client.get("/api/v1/reports/draft?kind=annuel&since=2025-01-01&until=2025-12-31", headers=known).json()
    assert (draft["figures"]["notices"], draft["findings"]) == (40, [])
    asked = {"kind": "annuel", "since": "2025-01-01", "until": "2025-12-31"}
    made = client.post("/api/v1/reports", json=asked, headers={**known, "Idempotency-Key": "une-fois-seule"})
    assert (made.status_code, made.json()["version"]) == (201, 1)
    again = client.post("/api/v1/reports", json=asked, headers={**known, "Idempotency-Key": "une-fois-seule"})
    assert again.json()["id"] == made.json()["id"]
    assert client.get("/api/v1/reports", headers=known).json()["total"] == 1
    assert client.get(f"/api/v1/reports/{made.json()['id']}", headers=known).json()["figures"]["notices"] == 40
    profile(sent, governance="Écrire à zoe@maison.example")
    hidden = client.get("/api/v1/reports/draft?kind=annuel&since=2025-01-01&until=2025-12-31", headers=known)
    assert "zoe@" not in hidden.text
    assert hidden.json()["findings"] == ["Gouvernance: adresse électronique"]
    assert client.post("/api/v1/reports", json=asked, headers={**known, "Idempotency-Key": "une-autre-fois"}).status_code == 422


def test_a_frozen_picture_of_the_year_shows_its_charts(sent: House) -> None:
    for number in range(9):
        decide(sent.database, [item(f"d{number}")], choice("licite_preoccupant", "gourou"), act=act(datetime(2025, 4, 4, 9, tzinfo=UTC)))
    ana = sent.browser("droit")
    made = ana.post("/rapports/nouveau/tableau", {"act": uuid.uuid4().hex, "du": "2025-01-01", "au": "2025-12-31"})
    page = ana.get(made.headers["location"]).text
    pictures = re.findall(r'<img src="(/rapports/\w+/graphique-\d+\.png)" alt="([^"]+)"', page)
    assert pictures
    assert all(ana.get(address).content.startswith(b"\x89PNG") for address, _ in pictures[:1])
    assert ana.get(f"{made.headers['location']}/graphique-0.png").status_code == 404
