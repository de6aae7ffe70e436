"""What the register keeps of a provider that no file names: a legal person's name, an instance's host, else nothing that can be read back."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from cases.database import Database
from cases.filed import erase_filed
from cases.notice_sending import mark_sent
from cases.notices import change
from cases.providers import legal_name
from cases.reporting.candidature import candidature
from cases.reporting.providers import providers_in
from cases.tables_notices import NoticeRow
from core.errors import ConfigError
from tests.cases.conftest import NOW
from tests.cases.noticing import SECRET, House, decided, drafted, entry, house, signed
from tests.cases.reading_room import deed


@pytest.fixture
def team(database: Database) -> House:
    return house(database)


def label(database: Database, identifier: str) -> str:
    with database.reading() as session:
        return session.get_one(NoticeRow, identifier).provider


@pytest.mark.parametrize("name", [
    "Vidéo exemple SAS", "OVH SAS", "Infomaniak Network SA", "Google Ireland Limited", "Association Lumière", "Nuage (S.A.R.L.)",
    "Hébergeur de démonstration SAS (inventé)",
])  # fmt: skip
def test_a_legal_person_is_named(name: str) -> None:
    assert legal_name(f" {name} ") == name


@pytest.mark.parametrize("name", [
    "", "Zoé Martin", "zoé martin", "Zoé", "Zoé Martin EI", "Zoé Martin SAS", "Association Zoé Martin", "Hébergeur Zoé Martin", "à compléter",
    "Mme Martin, hébergement SAS", "contact@maison.example SAS", "u/zoe_martin SAS",
])  # fmt: skip
def test_what_may_be_somebody_is_not(name: str) -> None:
    assert not legal_name(name)


def test_the_register_tells_providers_apart_when_the_content_is_erased(database: Database, team: House) -> None:
    made = []
    for number, (host, provider) in enumerate((("un.example", "Zoé Martin"), ("deux.example", "Léo Petit"), ("un.example", "Nuage SAS"))):
        one = decided(database, team, entry(f"d{number}", host=host))
        made.append(signed(database, team, *one, recipient={"provider": provider, "country": "FR", "email": "contact@video.example"}))
    kept = [label(database, one.id) for one in made]
    assert kept[2] == "Nuage SAS"
    assert len(set(kept)) == 3
    assert not any(part in " ".join(kept) for part in ("Zoé", "Martin", "Léo", "un.", "deux"))
    for one in made:
        mark_sent(database, one.id, channel="courriel", reference="", digest=one.digest, actor=team.val, act=deed(at=NOW), secret=SECRET)
    with database.writing() as session:
        erase_filed(session, ["d0", "d1", "d2"])
    assert [label(database, one.id) for one in made] == kept
    with database.reading() as session:
        named = providers_in(session, "maison").named
    pack = candidature(database, organisation_id="maison")
    assert sum(one.by == "provider" for one in pack.totals) == 3
    assert not any("Un seul fournisseur" in one.says for one in pack.missing)
    assert set(named.values()) == {"Autre fournisseur n° 1", "Autre fournisseur n° 2", "Nuage SAS (non vérifié)"}
    with pytest.raises((DBAPIError, ConfigError), match="what was sent is not changed"), database.writing() as session:
        session.execute(text("UPDATE notices SET provider = 'autre'"))


def test_an_instance_is_its_host_and_a_change_is_followed(database: Database, team: House) -> None:
    post = drafted(database, team, *decided(database, team, entry("m1", host="mamot.fr")))
    assert label(database, post.id) == "mamot.fr"
    page = drafted(database, team, *decided(database, team, entry("p1", host="un.example")))
    assert label(database, page.id) == "Vidéo exemple SAS"
    change(database, page.id, {"recipient": {"provider": "Zoé Martin"}}, version=page.version, actor=team.val, act=deed())
    assert label(database, page.id).startswith("#")
    known = drafted(database, team, *decided(database, team, entry("v1", host="youtube.com")))
    assert label(database, known.id) == ""
