"""The sealed annex: nobody reads it but the role droit, each opening is told, and what lies in the database says nothing."""

from __future__ import annotations

from typing import Any

import pytest

from cases import audit, dossier_annex, dossiers
from cases.database import Database
from cases.people import Actor
from cases.tables_notices import DossierRow
from core.errors import ConfigError, Conflict, Forbidden, Invalid, NotFound
from tests.cases.dossiering import drafted, handed, signed, team
from tests.cases.noticing import SECRET
from tests.cases.reading_room import deed

WHO: dict[str, Any] = {"role": "victime", "name": "Jeanne Exemplaire", "contact": "06 00 00 00 00", "agrees": "oui", "known": "Elle nous a écrit."}


def sealed(database: Database, made: dossiers.Dossier, who: Actor, *people: dict[str, Any]) -> dossiers.Dossier:
    return dossier_annex.seal(database, made.id, people or (WHO,), version=made.version, actor=who, act=deed(), secret=SECRET)


def opened(database: Database, made: dossiers.Dossier, who: Actor, *, secret: bytes = SECRET) -> dossier_annex.Annex:
    return dossier_annex.unseal(database, made.id, actor=who, act=deed(), secret=secret)


def test_what_is_sealed_is_opened_by_the_role_droit_and_each_opening_is_told(database: Database) -> None:
    people = team(database)
    made = sealed(database, drafted(database, people), people.lou)
    assert made.annex
    assert made.content
    assert made.content.annex_sha256
    for _ in range(2):
        assert opened(database, made, people.lou).identities[0].name == "Jeanne Exemplaire"
    told = dossier_annex.openings(database, made.id, actor=people.lou)
    assert [(one.action, one.actor) for one in told] == [("annex_opened", "lou")] * 2 + [("annex_sealed", "lou")]
    assert all("Jeanne" not in one.details for one in audit.entries(database))


def test_nobody_else_writes_or_opens_it(embedded: Database) -> None:
    people = team(embedded)
    made = sealed(embedded, drafted(embedded, people), people.lou)
    for who in (people.ana, people.val, people.doc):
        for act in (lambda who=who: opened(embedded, made, who), lambda who=who: sealed(embedded, made, who),
                    lambda who=who: dossier_annex.openings(embedded, made.id, actor=who)):  # fmt: skip
            with pytest.raises(Forbidden):
                act()
    with pytest.raises(NotFound):
        opened(embedded, made, people.far)
    assert len(dossier_annex.openings(embedded, made.id, actor=people.lou)) == 1  # what was refused opened nothing


def test_an_organisation_without_a_legal_capacity_names_nobody(embedded: Database) -> None:
    people = team(embedded, capacity="aucune")
    made = drafted(embedded, people)
    with pytest.raises(Forbidden, match="legal capacity"):
        sealed(embedded, made, people.lou)


def test_what_lies_in_the_database_says_nothing_and_is_bound_to_its_dossier(embedded: Database) -> None:
    people = team(embedded)
    first = sealed(embedded, drafted(embedded, people), people.lou)
    with embedded.writing() as session:
        row = session.get(DossierRow, first.id)
        assert row
        assert row.annex
        assert b"Jeanne" not in row.annex
        assert "Jeanne" not in str(row.content)
        row.annex = row.annex[:-1] + bytes([row.annex[-1] ^ 1])
    with pytest.raises(ConfigError, match="does not open"):
        opened(embedded, first, people.lou)


def test_an_annex_put_under_another_dossier_does_not_open(embedded: Database) -> None:
    people = team(embedded)
    one = sealed(embedded, drafted(embedded, people), people.lou)
    with embedded.reading() as session:
        first = session.get(DossierRow, one.id)
        assert first
        stolen, content = first.annex, first.content
    with embedded.writing() as session:
        session.add(DossierRow(id="e" * 32, organisation_id="maison", created_by="val", created_at=one.created_at, kind="parquet", state="brouillon", version=1,
                               content=content, annex=stolen, digest="0" * 64, items=1, markers=[], bases=[]))  # fmt: skip
    with pytest.raises(ConfigError, match="does not open"):
        dossier_annex.unseal(embedded, "e" * 32, actor=people.lou, act=deed(), secret=SECRET)


def test_another_secret_opens_nothing(embedded: Database) -> None:
    people = team(embedded)
    made = sealed(embedded, drafted(embedded, people), people.lou)
    with pytest.raises(ConfigError, match="put the old VIGIE_CONSOLE_SECRET"):
        opened(embedded, made, people.lou, secret=b"x" * 32)


def test_sealing_makes_signatures_fall_and_nothing_changes_once_it_left(embedded: Database) -> None:
    people = team(embedded)
    made = signed(embedded, people)
    new = sealed(embedded, made, people.lou)
    assert new.state == "brouillon"
    with pytest.raises(Conflict, match="lacks 2 signatures"):
        handed(embedded, new, people.val)
    with pytest.raises(Conflict, match="has changed since"):
        sealed(embedded, made, people.lou)
    none = dossier_annex.seal(embedded, made.id, (), version=new.version, actor=people.lou, act=deed(), secret=SECRET)
    assert not none.annex
    with pytest.raises(NotFound, match="no sealed annex"):
        opened(embedded, none, people.lou)


def test_a_mistake_in_an_identity_is_told_without_the_identity(embedded: Database) -> None:
    people = team(embedded)
    made = drafted(embedded, people)
    with pytest.raises(Invalid) as told:
        sealed(embedded, made, people.lou, {**WHO, "role": "Jeanne Exemplaire"})
    assert "Jeanne" not in str(told.value)
    assert told.value.__cause__ is None
