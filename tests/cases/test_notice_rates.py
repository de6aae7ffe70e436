"""Rates with their intervals and warnings; content that is online again; masking; profiles."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from cases.database import Database
from cases.masking import identifying, masked, shows
from cases.notice_events import events
from cases.notice_following import ItemOutcome, answer
from cases.notice_rates import Rate, rates, rates_of, share, warnings_of
from cases.notice_sending import mark_sent
from cases.profiles import notifier, profile_of, set_profile
from cases.reappearing import Watch, note_reappeared, reappeared, watched
from cases.register import RegisterRow
from core.errors import Forbidden, Invalid, NotFound
from tests.cases.conftest import NOW
from tests.cases.noticing import SECRET, House, decided, entry, house, signed
from tests.cases.reading_room import deed


@pytest.fixture
def team(embedded: Database) -> House:
    return house(embedded)


def row(number: int, action: str | None, **fields: Any) -> RegisterRow:
    said = dict.fromkeys(RegisterRow._fields)
    plain = {"notice_id": f"n{number}", "platform": "youtube", "category": "SANTE", "position": 1, "items": 1, "sent_at": NOW, "overturned": False,
             "withdrawn": False, "corrected": False, "markers": (), "complaints": ()}  # fmt: skip
    return RegisterRow(**{**said, **plain, "action": action, **fields})  # type: ignore[arg-type]


def all_of(found: tuple[Rate, ...]) -> Rate:
    return next(one for one in found if one.by == "tout")


def test_wilson_as_it_is_worked_out_elsewhere() -> None:
    found = share(1, 10)
    assert found.value == 0.1
    assert (round(found.low or 0, 4), round(found.high or 0, 4)) == (0.0179, 0.4042)  # R: binom::binom.wilson(1, 10)
    assert share(0, 0) == (0, 0, None, None, None)
    assert share(5, 5).high == 1.0


def test_rates_count_items_and_say_who_signed() -> None:
    rows = [
        row(1, "retire"),
        row(2, "aucune_licite"),
        row(3, "aucune_insuffisante", platform="bluesky"),
        row(4, None),
        row(5, "retire", overturned=True),
    ]
    found = rates_of(rows, {"n1": ["val"], "n2": ["val", "doc"]})
    whole = all_of(found)
    assert (whole.notices, whole.items, whole.answered) == (5, 5, 4)
    assert (whole.refused[:2], whole.imprecise[:2], whole.overturned[:2]) == ((2, 4), (1, 4), (1, 2))
    assert {(one.by, one.key): one.items for one in found if one.by == "personne"} == {("personne", "val"): 2, ("personne", "doc"): 1}
    assert {one.key: one.items for one in found if one.by == "plateforme"} == {"youtube": 4, "bluesky": 1}


def test_warnings_come_before_an_authority_does() -> None:
    fine = [row(number, "retire") for number in range(20)]
    assert warnings_of(rates_of(fine, {})) == ()
    assert warnings_of(rates_of([row(number, "aucune_licite") for number in range(4)], {})) == (), "too few to say anything"
    bad = [*fine, *(row(100 + number, "aucune_insuffisante") for number in range(6))]
    assert {(one.by, one.article) for one in warnings_of(rates_of(bad, {}))} >= {("tout", "art. 22, par. 6"), ("plateforme", "art. 22, par. 6")}
    back = [*fine[:16], *(row(100 + number, "retire", overturned=True) for number in range(4))]
    assert "art. 23, par. 2" in {one.article for one in warnings_of(rates_of(back, {}))}


def acted(database: Database, team: House, **fields: Any) -> str:
    made = signed(database, team, *decided(database, team, entry(**fields)))
    mark_sent(database, made.id, channel="courriel", digest=made.digest, actor=team.val, act=deed(at=NOW + timedelta(hours=1)), secret=SECRET)
    removed = ItemOutcome(position=1, action="retire", ground="loi")
    answer(database, made.id, outcomes=[removed], actor=team.val, act=deed(at=NOW + timedelta(days=1)))
    return made.id


def test_rates_of_the_register(embedded: Database, team: House) -> None:
    acted(embedded, team)
    found = rates(embedded, organisation_id="maison", since=date(2026, 11, 1), until=date(2026, 11, 30))
    assert {one.key for one in found if one.by == "personne"} == {"val", "doc"}
    assert all_of(found).items == 1


def test_providers_are_named_as_in_reports_and_nobody_is(embedded: Database, team: House) -> None:
    """Whoever runs a blog may be a person: a firm by its name, an instance by its host, anybody else by a number."""
    given = ("Blog Durand", "Courette SAS", "Amis de Jeanne")
    for number, name in enumerate(given):
        one = decided(embedded, team, entry(f"d{number}", host=f"site{number}.example"))
        made = signed(embedded, team, *one, recipient={"provider": name, "country": "FR", "email": "contact@video.example"})
        at = deed(at=NOW + timedelta(hours=1 + number))
        mark_sent(embedded, made.id, channel="courriel", digest=made.digest, actor=team.val, act=at, secret=SECRET)
    found = rates(embedded, organisation_id="maison", since=date(2026, 11, 1), until=date(2026, 11, 30))
    named = {one.name: one.items for one in found if one.by == "plateforme"}
    assert named == {"Autre fournisseur n° 1": 1, "Courette SAS (non vérifié)": 1, "Autre fournisseur n° 2": 1}
    assert not any(word in str(found) for word in ("Durand", "Jeanne", "site0", "durand"))


def test_what_is_online_again_is_noted_once(embedded: Database, team: House) -> None:
    notice = acted(embedded, team, campaign="c1")
    again = (NOW + timedelta(days=3)).isoformat()
    copy = entry("d9", campaign="c1", collected_at=again)
    before = entry("d8", campaign="c1", collected_at=(NOW - timedelta(days=1)).isoformat())
    other, gone = entry("d7", campaign="c2", collected_at=again), entry("d6", campaign="c1", collected_at=again, deleted_at=again)
    same = entry("d1", campaign="c1", collected_at=again)
    found = reappeared(watched(embedded), [copy, before, other, gone, same])
    assert [(one.document_id, one.same) for one in found] == [("d9", False), ("d1", True)]
    assert note_reappeared(embedded, found, now=NOW + timedelta(days=3)) == 2
    assert note_reappeared(embedded, found, now=NOW + timedelta(days=4)) == 0
    assert [one.data for one in events(embedded, notice, actor=team.val) if one.kind == "reapparue"] == [
        {"position": 1, "same": False}, {"position": 1, "same": True},
    ]  # fmt: skip


def test_a_label_does_not_make_the_item_itself_reappear() -> None:
    watch = Watch("n", 1, "d1", None, NOW, gone=False)
    assert reappeared([watch], [entry("d1", collected_at=(NOW + timedelta(days=2)).isoformat())]) == ()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Écrivez à lea.martin@exemple.fr vite.", "adresse électronique"), ("lea [at] exemple.fr", "adresse électronique"),
        ("Appelez le 06 12 34 56 78.", "numéro de téléphone"), ("Appelez le 0612345678.", "numéro de téléphone"),
        ("+33 6 12 34 56 78", "numéro de téléphone"), ("0033612345678", "numéro de téléphone"), ("Voyez @lea_m ici", "compte"),
        ("au 12 bis rue des Lilas", "adresse postale"), ("à 69003 Lyon", "adresse postale"), ("4, place de l'Église", "adresse postale"),
        ("FR76 3000 6000 0112 3456 7890 189", "numéro de compte bancaire"), ("Mme Durand a dit", "personne nommée"),
        ("le Dr. J. Martin", "personne nommée"), ("Monsieur Élie Roux", "personne nommée"),
        ("06\u00a012\u202f34\u00a056 78", "numéro de téléphone"), ("+33\u00a06\u00a012\u00a034\u00a056\u00a078", "numéro de téléphone"),
        ("Mr Durand", "personne nommée"), ("Mme. Durand", "personne nommée"), ("MADAME DURAND", "personne nommée"), ("le docteur Roux", "personne nommée"),
        ("Tél. 06/12/34/56/78.", "numéro de téléphone"), ("06\u200b12\u200b34\u200b56\u200b78", "numéro de téléphone"),
        ("lea\u200b@exemple\u2024fr", "adresse électronique"), ("lea@exem\u00adple.fr", "adresse électronique"),
        ("06\u202412\u202434\u202456\u202478", "numéro de téléphone"), ("０６１２３４５６７８", "numéro de téléphone"),
        ("Dr.Roux", "personne nommée"), ("Mme\u00a0Ôtard", "personne nommée"), ("lea (arobase) exemple.fr", "adresse électronique"),
    ],
)  # fmt: skip
def test_what_leads_to_a_person_is_found_and_masked(text: str, kind: str) -> None:
    assert kind in {one.kind for one in identifying(text)}
    assert identifying(masked(text)) == ()


@pytest.mark.parametrize(
    "text",
    ["Art. 223-1-2 du code pénal, 30 000 euros, 5 ans.", "Arrêtez la chimio dès demain.", "Le 12/11/2026 à 14 h 05.", "Le 01/02/2026 12 contenus", "01/02/03/04/05/06", "Vus\u200b :\u202f3", "https://video.example/page/12",
     "Madame la ministre", "12 euros", "3 contenus sur 12", "", "La cure de 21 jours à 1 490 €", "Docteur en rien"],
)  # fmt: skip
def test_what_leads_to_nobody_is_left(text: str) -> None:
    assert identifying(text) == ()


def test_a_place_that_hides_unseen_signs_is_masked_whole() -> None:
    assert masked("Tél. \u200b06\u200b 12 34 56\u200b 78\u200b, vite") == "Tél. \u200b[...]\u200b, vite"


def test_a_masked_quote_is_its_original_with_parts_hidden() -> None:
    said = "Appelez Mme Durand au 06 12 34 56 78 demain."
    assert shows(masked(said), said)
    assert shows(said, said)
    for wrong in ("Appelez [...] jamais.", "[...]", "[...][...]", "demain [...] Appelez", "Appelez [...] demain. Vite", "appelez [...] demain."):
        assert not shows(wrong, said), wrong


def test_a_profile_is_written_by_its_own_people(embedded: Database, team: House) -> None:
    made = set_profile(
        embedded, "maison", {"email": "a@maison.example", "siren": "123456789", "funding": [{"source": "Dons", "share": 0.6}]}, actor=team.val
    )
    assert profile_of(embedded, "maison") == made
    assert notifier(embedded, "maison").name == "Maison"
    for who in (team.far, team.ana):
        with pytest.raises(Forbidden):
            set_profile(embedded, "maison", {}, actor=who)
    for wrong in ({"email": "pas une adresse"}, {"siren": "12"}, {"funding": [{"source": "x", "share": 2}]}, {"inconnu": 1}):
        with pytest.raises(Invalid, match="profile"):
            set_profile(embedded, "maison", wrong, actor=team.val)
    with pytest.raises(NotFound):
        profile_of(embedded, "nulle-part")


def test_a_mandate_names_no_victim(embedded: Database, team: House) -> None:
    with pytest.raises(Invalid, match="mandate"):
        set_profile(embedded, "maison", {"mandate": "Mandatée par Mme Durand, 06 12 34 56 78."}, actor=team.lou)
    assert set_profile(embedded, "maison", {"mandate": "Mandatée par une victime."}, actor=team.lou).mandate
