"""Sealed evidence in the console: asked for from a notice or a dossier, taken by its own organisation, and written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cases import audit, bundles, sealing
from tests.cases.test_bundles import DOSSIER, NOTICE, SHA, add_notice
from tests.web.conftest import House

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
ACT = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def noticed(house: House) -> House:
    add_notice(house.database, organisation=house.own.id, by=house.people["analyse"].id)
    return house


def make(house: House, identifier: str, data: bytes = b"PK un zip") -> None:
    assert sealing.take(house.database, now=NOW, lease=timedelta(minutes=1))
    path = bundles.file_of(house.settings.data_dir, identifier)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    assert sealing.finish(house.database, identifier, sha256=SHA, size=len(data), tokens=0, missed=0)


def test_it_is_asked_for_once_made_by_the_worker_and_taken(noticed: House) -> None:
    browser = noticed.browser("analyse")
    for _ in range(2):
        answer = browser.post(f"/notifications/{NOTICE}/preuves", {"acte": ACT})
        assert (answer.status_code, answer.headers["location"]) == (303, f"/notifications/{NOTICE}#preuves")
    (asked,) = bundles.of_subject(noticed.database, "notice", NOTICE)
    early = browser.get(f"/preuves/{asked.id}")
    assert early.status_code == 409
    assert "n'est pas prêt" in early.text.replace("&#39;", "'")
    make(noticed, asked.id)
    answer = browser.get(f"/preuves/{asked.id}")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"PK un zip", "application/zip")
    assert answer.headers["content-disposition"] == f'attachment; filename="preuves-{asked.id}.zip"'
    assert answer.headers["cache-control"] == "no-store"
    last = audit.entries(noticed.database, size=1)[0]
    assert (last.action, last.actor, last.subject_id) == ("bundle_downloaded", noticed.people["analyse"].id, NOTICE)
    bundles.erase(noticed.database, noticed.settings.data_dir, asked.documents)
    assert browser.get(f"/preuves/{asked.id}").status_code == 404


def test_another_organisation_gets_nothing(noticed: House) -> None:
    noticed.browser("analyse").post(f"/notifications/{NOTICE}/preuves", {"acte": ACT})
    (asked,) = bundles.of_subject(noticed.database, "notice", NOTICE)
    make(noticed, asked.id)
    elsewhere = noticed.browser("analyse_ailleurs")
    assert elsewhere.get(f"/preuves/{asked.id}").status_code == 404
    assert elsewhere.post(f"/notifications/{NOTICE}/preuves", {"acte": "f" * 32}).status_code == 404
    assert len(bundles.of_subject(noticed.database, "notice", NOTICE)) == 1


def test_the_evidence_of_a_dossier_is_for_those_who_see_dossiers(noticed: House) -> None:
    from cases.tables_notices import DossierItemRow, DossierRow

    with noticed.database.writing() as session:
        session.add(
            DossierRow(id=DOSSIER, organisation_id=noticed.own.id, created_by=noticed.people["droit"].id, created_at=NOW, kind="pharos", state="brouillon", version=1, digest="0" * 64,
                       items=1, markers=[], bases=[])
        )  # fmt: skip
        session.flush()
        session.add(DossierItemRow(dossier_id=DOSSIER, position=1, document_id="a" * 32))
    assert noticed.browser("analyse").post(f"/dossiers/{DOSSIER}/preuves").status_code == 403
    assert noticed.browser("droit").post(f"/dossiers/{DOSSIER}/preuves").headers["location"] == f"/dossiers/{DOSSIER}#preuves"
    (asked,) = bundles.of_subject(noticed.database, "dossier", DOSSIER)
    make(noticed, asked.id)
    assert noticed.browser("analyse").get(f"/preuves/{asked.id}").status_code == 404
    assert noticed.browser("valide").get(f"/preuves/{asked.id}").status_code == 200
