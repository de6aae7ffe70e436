"""Bundles of sealed evidence as rows: asked for once, seen by their own organisation, taken by one worker at a time, gone with their documents."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from sqlalchemy import select

from cases import audit, bundles, sealing
from cases.bundles import Bundle
from cases.custody import SAYS, custody
from cases.database import Database
from cases.decisions import Act, decide
from cases.people import Actor
from cases.tables_notices import BundleItemRow, BundleRow, DossierItemRow, DossierRow, NoticeItemRow, NoticeRow
from cases.tables_people import OrganisationRow, PersonRow
from core.errors import Conflict, Invalid, NotFound
from core.settings import ROOT
from tests.cases.conftest import NOW, choice, item
from tests.cases.reading_room import person

NOTICE, DOSSIER = "1" * 32, "2" * 32
FIRST, SECOND = "b" * 32, "a" * 32  # the notice's order is not that of the ids
LEASE = timedelta(minutes=30)
SHA = "c" * 64


def add_notice(database: Database, *, organisation: str = "maison", by: str, documents: tuple[str | None, ...] = (FIRST, SECOND)) -> None:
    with database.writing() as session:
        session.add(
            NoticeRow(id=NOTICE, organisation_id=organisation, created_by=by, created_at=NOW, state="brouillon", version=1, content=None, digest="0" * 64, platform="autre",
                      items=len(documents), markers=[], bases=[], source_type="SOURCE_ARTICLE_16")
        )  # fmt: skip
        session.flush()
        session.add_all(NoticeItemRow(notice_id=NOTICE, position=number, document_id=name) for number, name in enumerate(documents, 1))


def add_dossier(database: Database, *, by: str) -> None:
    with database.writing() as session:
        session.add(
            DossierRow(
                id=DOSSIER,
                organisation_id="maison",
                created_by=by,
                created_at=NOW,
                kind="pharos",
                state="brouillon",
                version=1,
                digest="0" * 64,
                items=1,
                markers=[],
                bases=[],
            )
        )
        session.flush()
        session.add(DossierItemRow(dossier_id=DOSSIER, position=1, document_id=FIRST))


@pytest.fixture
def ana(database: Database) -> Actor:
    made = person(database, "ana", "analyse")
    add_notice(database, by=made.id)
    return made


def ask(database: Database, actor: Actor, *, act: str = "acte-no-1", hours: int = 0) -> Bundle:
    documents = bundles.documents_of(database, "notice", NOTICE, actor=actor)
    return bundles.ask(database, "notice", NOTICE, documents, actor=actor, act=Act(id=act, at=NOW + timedelta(hours=hours)))


def done(database: Database, actor: Actor, folder: Path, **options: object) -> Bundle:
    made = ask(database, actor, **options)  # type: ignore[arg-type]
    taken = sealing.take(database, now=NOW, lease=LEASE)
    assert taken
    path = bundles.file_of(folder, taken.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"un zip")
    assert sealing.finish(database, taken.id, sha256=SHA, size=6, tokens=1, missed=0, now=NOW)
    return bundles.find(database, made.id, actor=actor)


def actions(database: Database) -> list[str]:
    return [entry.action for entry in reversed(audit.entries(database)) if entry.action.startswith("bundle")]


def test_asking_twice_makes_one(database: Database, ana: Actor) -> None:
    first = ask(database, ana)
    assert (first.state, first.documents, first.asked_by) == ("demandee", (FIRST, SECOND), ana.id)
    assert ask(database, ana) == first
    assert ask(database, ana, act="acte-no-2") == first  # it still waits
    assert actions(database) == ["bundle_asked"]
    sealing.take(database, now=NOW, lease=LEASE)
    sealing.finish(database, first.id, sha256=SHA, size=6, tokens=0, missed=2)
    assert ask(database, ana).state == "faite"
    again = ask(database, ana, act="acte-no-2", hours=1)
    assert again.id != first.id
    assert [one.id for one in bundles.of_subject(database, "notice", NOTICE)] == [again.id, first.id]
    with pytest.raises(Invalid, match="expected 1 to 50"):
        bundles.ask(database, "notice", NOTICE, [], actor=ana, act=Act(id="acte-no-3"))
    with pytest.raises(Invalid, match="did you mean 'notice'"):
        bundles.ask(database, "notices", NOTICE, [FIRST], actor=ana, act=Act(id="acte-no-3"))  # type: ignore[arg-type]


def test_another_organisation_sees_nothing_and_dossiers_are_for_few(database: Database, ana: Actor, tmp_path: Path) -> None:
    made = done(database, ana, tmp_path)
    with database.writing() as session:
        session.add(OrganisationRow(id="ailleurs", name="Ailleurs", capacity="aucune", quota=50, created_at=NOW))
        session.flush()
        session.add(
            PersonRow(
                id="far", organisation_id="ailleurs", login="far@ailleurs.example", name="Far", roles=["valide"], preferences={}, created_at=NOW
            )
        )
    far = Actor(id="far", organisation_id="ailleurs", name="Far", roles=("valide", "droit"))
    for attempt in (
        lambda: bundles.find(database, made.id, actor=far),
        lambda: bundles.taken(database, made.id, tmp_path, actor=far),
        lambda: bundles.documents_of(database, "notice", NOTICE, actor=far),
        lambda: bundles.documents_of(database, "notice", "0" * 32, actor=ana),
        lambda: bundles.find(database, "0" * 32, actor=ana),
    ):
        with pytest.raises(NotFound):
            attempt()
    add_dossier(database, by=ana.id)
    val = person(database, "val", "valide")
    asked = bundles.ask(
        database, "dossier", DOSSIER, bundles.documents_of(database, "dossier", DOSSIER, actor=val), actor=val, act=Act(id="acte-no-9")
    )
    assert bundles.find(database, asked.id, actor=val).documents == (FIRST,)
    with pytest.raises(NotFound):
        bundles.find(database, asked.id, actor=ana)


def test_a_file_is_taken_once_it_is_made_and_who_took_it_is_written_down(database: Database, ana: Actor, tmp_path: Path) -> None:
    waiting = ask(database, ana)
    with pytest.raises(Conflict, match="is demandee"):
        bundles.taken(database, waiting.id, tmp_path, actor=ana)
    made = done(database, ana, tmp_path)
    assert bundles.taken(database, made.id, tmp_path, actor=ana).read_bytes() == b"un zip"
    assert actions(database) == ["bundle_asked", "bundle_made", "bundle_downloaded"]
    bundles.file_of(tmp_path, made.id).unlink()
    with pytest.raises(NotFound, match="is gone"):
        bundles.taken(database, made.id, tmp_path, actor=ana)


def test_one_worker_takes_a_bundle_until_its_time_is_over(database: Database, ana: Actor) -> None:
    made = ask(database, ana)
    assert sealing.take(database, now=NOW, lease=LEASE).id == made.id  # type: ignore[union-attr]
    assert sealing.take(database, now=NOW + LEASE / 2, lease=LEASE) is None
    assert sealing.take(database, now=NOW + LEASE, lease=LEASE).id == made.id  # type: ignore[union-attr]  # who had it is dead
    sealing.put_back(database, made.id, until=NOW + 3 * LEASE, reason="Le disque est plein.")
    found = bundles.find(database, made.id, actor=ana)
    assert (found.state, found.reason) == ("demandee", "Le disque est plein.")
    assert sealing.take(database, now=NOW + 2 * LEASE, lease=LEASE) is None
    assert sealing.take(database, now=NOW + 3 * LEASE, lease=LEASE)
    sealing.give_up(database, made.id, reason="La preuve manque.")
    assert bundles.find(database, made.id, actor=ana).state == "impossible"
    assert sealing.take(database, now=NOW + 9 * LEASE, lease=LEASE) is None
    assert not sealing.finish(database, made.id, sha256=SHA, size=1, tokens=0, missed=0)


def test_bundles_go_with_any_of_their_documents(database: Database, ana: Actor, tmp_path: Path) -> None:
    made = done(database, ana, tmp_path)
    beside = bundles.file_of(tmp_path, made.id).with_name(f"{made.id}.zip.tsa-example.0123456789abcdef.tsr")
    beside.write_bytes(b"un jeton")
    waiting = ask(database, ana, act="acte-no-2", hours=1)
    alone = bundles.ask(database, "document", SECOND, [SECOND], actor=ana, act=Act(id="acte-no-3"))
    other = bundles.ask(database, "document", "e" * 32, ["e" * 32], actor=ana, act=Act(id="acte-no-4"))
    assert bundles.erase(database, tmp_path, ["f" * 32]) == 0
    assert bundles.erase(database, tmp_path, [SECOND]) == 3
    assert not list((tmp_path / bundles.FOLDER).iterdir())
    for one in (made, waiting, alone):
        assert bundles.find(database, one.id, actor=ana).state == "effacee"
    assert bundles.find(database, made.id, actor=ana).sha256 == SHA  # what was handed over can still be recognised
    with pytest.raises(NotFound, match="is effacee"):
        bundles.taken(database, made.id, tmp_path, actor=ana)
    assert bundles.find(database, other.id, actor=ana).state == "demandee"
    with database.reading() as session:
        assert SECOND not in set(session.scalars(select(BundleItemRow.document_id)))
        assert SECOND not in set(session.scalars(select(BundleRow.subject_id)))
    assert bundles.erase(database, tmp_path, [SECOND]) == 0
    assert actions(database).count("bundles_erased") == 1
    assert SECOND not in json.dumps([entry.details for entry in audit.entries(database)])


def test_an_erasing_that_was_killed_before_its_end_is_completed(
    database: Database, ana: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = done(database, ana, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(bundles, "remove", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            bundles.erase(database, tmp_path, [FIRST])
    assert bundles.file_of(tmp_path, made.id).exists()
    assert bundles.erase(database, tmp_path, [FIRST]) == 1
    assert not bundles.file_of(tmp_path, made.id).exists()


def test_a_bundle_erased_while_it_is_made_does_not_come_back(database: Database, ana: Actor, tmp_path: Path) -> None:
    made = ask(database, ana)
    sealing.take(database, now=NOW, lease=LEASE)
    bundles.erase(database, tmp_path, [FIRST])
    assert not sealing.finish(database, made.id, sha256=SHA, size=6, tokens=1, missed=0)
    assert bundles.find(database, made.id, actor=ana).state == "effacee"
    assert made.id not in sealing.made(database)


def test_erased_contents_cannot_be_asked_for(database: Database) -> None:
    made = person(database, "ana", "analyse")
    add_notice(database, by=made.id, documents=(None, None))
    with pytest.raises(Conflict, match="are erased"):
        bundles.documents_of(database, "notice", NOTICE, actor=made)


def test_the_chain_of_custody_is_what_the_trail_says_up_to_the_asking(database: Database, ana: Actor) -> None:
    decide(database, [item(FIRST)], choice("illicite_presume", "gourou", by="AB", reason="Un secret."), act=Act(id="decision-1", at=NOW))
    made = ask(database, ana)
    links = custody(database, made.documents, bundle=made)
    assert [(link.says, link.about) for link in links] == [("a décidé", "contenu 1"), ("a demandé un paquet de preuves", "la notification")]
    assert [link.who for link in links] == ["la commande « vigie decide »", f"la personne {ana.id}"]
    entries = {entry.number: entry.hash for entry in audit.entries(database)}
    assert all(entries[link.number] == link.hash for link in links)
    decide(database, [item(FIRST)], choice("hors_champ"), act=Act(id="decision-2", at=NOW + timedelta(days=1)))
    assert custody(database, made.documents, bundle=made) == links  # made again later, it says the same
    assert len(custody(database, made.documents)) == 2  # of the documents alone, whenever
    said = json.dumps([link.model_dump(mode="json") for link in links])
    assert "Un secret" not in said
    assert FIRST not in said


def test_the_chain_speaks_of_actions_that_there_are() -> None:
    known = yaml.safe_load((ROOT / "web" / "actions.yml").read_text(encoding="utf-8"))
    assert set(SAYS) - set(known) == set()
