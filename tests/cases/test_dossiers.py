"""Dossiers: what each kind asks for, and that nothing leaves without it, whoever tries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from cases import audit, decisions, dossier_leaving, dossiers, duties
from cases.database import Database
from cases.dossier import KINDS
from cases.notice_sending import mark_sent
from cases.people import Actor
from cases.signing import DOSSIER_STATEMENT
from cases.tables_notices import DossierRow, SignatureRow
from cases.tables_people import PersonRow
from core.errors import Conflict, Forbidden, Invalid, NotFound
from tests.cases.conftest import NOW
from tests.cases.dossiering import FIELDS, answers, chosen, codes, drafted, handed, signed, signs, team
from tests.cases.noticing import SECRET, SIGNS, decided, entry, item_of, read_by
from tests.cases.noticing import signed as signed_notice
from tests.cases.reading_room import TWICE, deed, reads, saying


def twice(database: Database, people: Sequence[Actor], one: dict[str, Any]) -> None:
    """Both read it blind and find it lawful, with a sign that worries."""
    start = one["text"].index(SIGNS["B2"])
    quote = {"start": start, "end": start + len(SIGNS["B2"]), "text": SIGNS["B2"], "submarker": "B2"}
    for who in people:
        said = saying("licite_preoccupant", "B2", quotes=[quote])
        reads(database, who, item_of(one), said, texts={one["id"]: one["text"]}, policy=TWICE)


LATER = NOW + timedelta(hours=1)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_goes_from_draft_to_answer(database: Database, kind: str) -> None:
    people = team(database)
    made = drafted(database, people, kind)
    assert codes(database, made) == set()
    assert signs(database, made, people.doc, "sante").state == "brouillon"
    made = signs(database, made, people.lou, "droit")
    assert made.state == "signe"
    chosen(database, made, people)
    left = handed(database, made, people.val)
    assert (left.state, left.sent_by, left.reference) == ("transmis", "val", "2026/123")
    assert left.addressee
    done = dossier_leaving.answered(database, made.id, outcome="enquete", answered_at=LATER, actor=people.val, act=deed(at=LATER))
    assert (done.state, done.outcome) == ("repondu", "enquete")
    assert dossier_leaving.close(database, made.id, actor=people.val, act=deed(at=LATER)).closed_at == LATER
    told = [one.action for one in audit.entries(database, subject=("dossier", made.id))]
    assert told[:3] == ["dossier_closed", "dossier_answered", "dossier_handed_over"]
    assert told[-1] == "dossier_drafted"


def test_the_draft_has_facts_in_the_order_of_time_with_the_readers_passages(database: Database) -> None:
    people = team(database)
    old, new = entry("d1", days=1), entry("d2", days=5)
    decided(database, people, new, old)
    made = dossiers.draft(database, "parquet", [new, old], actor=people.val, act=deed())
    assert made.content
    facts = [fact for _, fact in made.content.numbered]
    assert [(fact.dated, fact.item) for fact in facts] == [("publie", 1), ("publie", 2), ("constate", 1), ("constate", 2)]
    assert facts[0].quotes[0].text == SIGNS["A6"]
    assert facts[0].at < facts[1].at < facts[2].at
    assert made.content.fields == {}
    assert made.content.gates == {}  # nothing is answered for a person


@pytest.mark.parametrize(
    ("kind", "broken", "code"),
    [
        ("parquet", {"gates": {"pas_urgence": "oui", "loyal": "oui", "exact": "oui", "victimes_masquees": "oui"}}, "barriere"),
        ("parquet", {"gates": {"loyal": "oui"}}, "question"),
        ("parquet", {"exculpatory": ""}, "decharge"),
        ("parquet", {"weighed": []}, "exclusion"),
        ("parquet", {"bases": [], "elements": []}, "base"),
        ("parquet", {"bases": ["cp-999"], "elements": []}, "base"),
        ("parquet", {"bases": ["cp-313-1"], "elements": []}, "base"),  # no sign of these contents carries it
        ("parquet", {"elements": []}, "element"),
        ("parquet", {"addressee": None}, "destinataire"),
        ("parquet", {"addressee_name": ""}, "destinataire"),
        ("parquet", {"facts": []}, "fait"),
        ("parquet", {"fields": {}}, "champ"),
        ("parquet", {"fields": {**FIELDS["parquet"], "mineurs": "peut-être"}}, "champ"),
        ("parquet", {"fields": {**FIELDS["parquet"], "victimes": "x" * 1001}}, "champ"),
        ("parquet", {"fields": {**FIELDS["parquet"], "inconnu": "x"}}, "champ"),
        ("parquet", {"fields": {**FIELDS["parquet"], "victimes": "Madame Petit, 06 11 22 33 44"}}, "identifiant"),
        ("parquet", {"exculpatory": "écrire à jeanne@courriel.example"}, "identifiant"),
        ("parquet", {"criteria": {"d1": {"answer": "present", "evidence": "Le fait 1."}}}, "critere"),
        ("miviludes", {"criteria": {"d1": {"answer": "present"}}}, "critere"),
        ("miviludes", {"criteria": {}}, "critere"),
        ("miviludes", {"criteria": {"d1": {"answer": "absent"}, "s14": {"answer": "absent"}}}, "critere"),  # a wording that nobody read
        ("miviludes", {"exculpatory": ""}, "decharge"),
        ("ordre", {"fields": {name: value for name, value in FIELDS["ordre"].items() if name != "declare"}}, "professionnel"),
        ("dgccrf", {"bases": ["cp-223-1-2-al2"], "elements": []}, "base"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_and_keeps_it_from_being_signed(embedded: Database, kind: str, broken: dict[str, Any], code: str) -> None:
    people = team(embedded)
    made = drafted(embedded, people, kind, **broken)
    assert code in codes(embedded, made)
    with pytest.raises(Conflict, match="is not complete"):
        signs(embedded, made, people.lou, "droit")


def test_a_fact_keeps_the_date_and_the_words_of_its_content(embedded: Database) -> None:
    people = team(embedded)
    made = drafted(embedded, people)
    assert made.content
    first = made.content.facts[0].model_dump(mode="json")
    other = {**first["quotes"][0], "text": "Buvez de l'eau."}
    for wrong, code in (({**first, "at": NOW.isoformat()}, "fait"), ({**first, "item": None}, "fait"), ({**first, "item": 7}, "fait"),
                        ({**first, "quotes": [other]}, "citation")):  # fmt: skip
        made = dossiers.change(embedded, made.id, {"facts": [first, wrong]}, version=made.version, actor=people.val, act=deed())
        assert code in codes(embedded, made), wrong
    told = {"at": NOW.isoformat(), "dated": "rapporte", "says": "Un proche raconte une rupture."}
    made = dossiers.change(embedded, made.id, {"facts": [first, told]}, version=made.version, actor=people.val, act=deed())
    assert codes(embedded, made) == set()


def test_what_two_people_did_not_decide_alike_is_in_no_dossier(embedded: Database) -> None:
    people = team(embedded)
    unread, once, lawful = entry("d1"), entry("d2"), entry("d3", "B2")
    read_by(embedded, [people.ana], once)
    twice(embedded, [people.ana, people.ben], lawful)
    for one in (unread, once, lawful):
        with pytest.raises(Conflict):
            dossiers.draft(embedded, "parquet", [one], actor=people.val, act=deed())


def test_two_accounts_of_one_person_are_one_reader(embedded: Database) -> None:
    made = drafted(embedded, team(embedded))
    with embedded.writing() as session:
        session.execute(update(PersonRow).where(PersonRow.id == "ben").values(name="ana"))
    assert codes(embedded, made) == {"lectures"}


def test_the_miviludes_may_be_asked_about_what_is_lawful_once_two_have_read_it(embedded: Database) -> None:
    people = team(embedded)
    single = entry("d1", "B2")
    read_by(embedded, [people.ana], single, "B2", qualification="licite_preoccupant")
    with pytest.raises(Conflict, match="1 readings that agree"):
        dossiers.draft(embedded, "miviludes", [single], actor=people.val, act=deed())
    both = entry("d2", "B2")
    twice(embedded, [people.ana, people.ben], both)
    made = drafted(embedded, people, "miviludes", both)
    assert codes(embedded, made) == set()


def test_complotisme_alone_goes_to_no_authority(embedded: Database) -> None:
    people = team(embedded)
    one = entry("d1", "C1")
    read_by(embedded, [people.ana, people.ben], one, "C1", qualification="urgence")
    for kind in KINDS:
        with pytest.raises(Invalid, match="complotisme alone"):
            dossiers.draft(embedded, kind, [one], actor=people.val, act=deed())


def test_a_sign_that_takes_two_dated_contents_has_two(embedded: Database) -> None:
    people = team(embedded)
    pair = decided(embedded, people, entry("d1", "B2", "B3", days=1), entry("d2", "B2", "B3", days=2), signs=("B2", "B3"))
    alone = dossiers.draft(embedded, "parquet", pair[:1], actor=people.val, act=deed())
    assert "deux_contenus" in codes(embedded, alone)
    both = dossiers.draft(embedded, "parquet", pair, actor=people.val, act=deed())
    assert "deux_contenus" not in codes(embedded, both)


def test_pharos_asks_its_first_questions_before_anything_is_written(embedded: Database) -> None:
    people = team(embedded)
    (one,) = decided(embedded, people, entry())
    made = dossiers.draft(embedded, "pharos", [one], actor=people.val, act=deed())
    said = {**FIELDS["pharos"]}
    with pytest.raises(Invalid, match="first question contenu_public"):
        dossiers.change(embedded, made.id, {"fields": said}, version=1, actor=people.val, act=deed())
    for wrong in (
        {"contenu_public": "non", "pas_urgence": "non", "pas_injure": "non"},
        {"contenu_public": "oui", "pas_urgence": "oui", "pas_injure": "non"},
    ):
        with pytest.raises(Invalid, match="first question"):
            dossiers.change(embedded, made.id, {"fields": said, "gates": wrong}, version=1, actor=people.val, act=deed())
    gates = {"contenu_public": "oui", "pas_urgence": "non", "pas_injure": "non"}
    made = dossiers.change(embedded, made.id, {"gates": gates}, version=1, actor=people.val, act=deed())
    assert dossiers.change(embedded, made.id, {"fields": said}, version=2, actor=people.val, act=deed()).content


def test_pharos_takes_only_what_all_can_see(embedded: Database) -> None:
    people = team(embedded)
    made = drafted(embedded, people, "pharos", *decided(embedded, people, entry(access_mode="auto_join")))
    assert codes(embedded, made) == {"public"}


def test_an_order_gets_what_a_professional_wrote_and_the_dgccrf_what_is_sold(embedded: Database) -> None:
    people = team(embedded)
    (one,) = decided(embedded, people, entry("d1", flags=["T9"]))
    fields = {name: value for name, value in FIELDS["ordre"].items() if name != "declare"}
    assert codes(embedded, drafted(embedded, people, "ordre", one, fields=fields)) == set()
    assert "commerce" in codes(embedded, dossiers.draft(embedded, "dgccrf", [one], actor=people.val, act=deed()))
    (sold,) = decided(embedded, people, entry("d2", flags=["T2"]))
    assert "commerce" not in codes(embedded, dossiers.draft(embedded, "dgccrf", [sold], actor=people.val, act=deed()))


def test_two_different_people_sign_and_answer_for_each_look(embedded: Database) -> None:
    people = team(embedded)
    made = drafted(embedded, people)
    with pytest.raises(Conflict, match="lacks 2 signatures"):
        handed(embedded, made, people.val)
    signs(embedded, made, people.lou, "droit")
    signs(embedded, made, people.lou, "droit")  # the same person once more
    with pytest.raises(Conflict, match="lacks 1 signatures"):
        handed(embedded, made, people.val)
    signs(embedded, made, people.val)  # two people now, and nobody of health
    chosen(embedded, made, people)
    with pytest.raises(Conflict, match="nobody answers for the look sante"):
        handed(embedded, made, people.val)
    with pytest.raises(Forbidden, match="needs the role sante"):
        signs(embedded, made, people.val, "sante")
    assert signs(embedded, made, people.doc, "sante").state == "signe"
    assert handed(embedded, made, people.val).state == "transmis"


def test_who_may_not_draft_sign_or_hand_over_does_not(embedded: Database) -> None:
    people = team(embedded)
    made = signed(embedded, people)
    for who in (people.ana, people.doc):
        with pytest.raises(Forbidden):
            handed(embedded, made, who)
        with pytest.raises(Forbidden):
            dossiers.change(embedded, made.id, {"exculpatory": "rien"}, version=made.version, actor=who, act=deed())
        with pytest.raises(Forbidden):
            dossiers.draft(embedded, "parquet", [entry()], actor=who, act=deed())
    with pytest.raises(Forbidden):
        signs(embedded, made, people.ana)
    with pytest.raises(NotFound):
        dossiers.find(embedded, made.id, actor=people.far)
    for act in (lambda: handed(embedded, made, people.far), lambda: signs(embedded, made, people.far), lambda: dossier_leaving.close(
            embedded, made.id, actor=people.far, act=deed())):  # fmt: skip
        with pytest.raises(NotFound):
            act()
    assert dossiers.listed(embedded, actor=people.far) == ()


def test_a_change_makes_signatures_fall(embedded: Database) -> None:
    people = team(embedded)
    made = signed(embedded, people)
    new = dossiers.change(
        embedded, made.id, {"exculpatory": "Il conseille aussi de voir un médecin."}, version=made.version, actor=people.val, act=deed()
    )
    assert (new.state, new.version) == ("brouillon", made.version + 1)
    for digest in (made.digest, new.digest):
        with pytest.raises(Conflict):
            handed(embedded, new, people.val, digest=digest)
    with pytest.raises(Conflict, match="has changed since it was opened"):
        dossiers.change(embedded, made.id, {"exculpatory": "Autre."}, version=made.version, actor=people.val, act=deed())


def test_what_is_handed_over_is_what_was_seen(embedded: Database) -> None:
    people = team(embedded)
    made = signed(embedded, people)
    with pytest.raises(Conflict, match="has changed since it was opened"):
        handed(embedded, made, people.val, digest="0" * 64)


def test_what_was_written_past_the_product_does_not_leave(embedded: Database) -> None:
    people = team(embedded)
    made = signed(embedded, people)
    with embedded.writing() as session:  # another content under the same digest, and a signature without a seal
        row = session.get(DossierRow, made.id)
        assert row
        row.content = {**(row.content or {}), "exculpatory": ""}
    with pytest.raises(Conflict, match="is not what was signed"):
        handed(embedded, made, people.val)
    with embedded.writing() as session:
        session.execute(update(DossierRow).values(content={**(row.content or {}), "exculpatory": "néant"}))
    assert handed(embedded, made, people.val).state == "transmis"


def test_a_signature_without_a_seal_does_not_count(embedded: Database) -> None:
    people = team(embedded)
    made = drafted(embedded, people)
    signs(embedded, made, people.doc, "sante")
    said = {
        "subject_kind": "dossier",
        "subject_id": made.id,
        "version": made.version,
        "digest": made.digest,
        "statement": DOSSIER_STATEMENT,
        "interests": "aucun",
    }
    with embedded.writing() as session:
        session.add(SignatureRow(id="f" * 32, person_id="lou", gates=["droit"], at=NOW, seal="0" * 64, **said))
        session.execute(update(DossierRow).values(state="signe"))
    chosen(embedded, made, people)
    with pytest.raises(Conflict, match="lacks 1 signatures"):
        handed(embedded, made, people.val)


def test_a_decision_that_is_undone_stops_it(embedded: Database) -> None:
    people = team(embedded)
    made = signed(embedded, people)
    decisions.undo(embedded, ["d1"], reason="Erreur.", by="Val", act=deed())
    with pytest.raises(Conflict, match="is not complete"):
        handed(embedded, made, people.val)


def test_it_leaves_once_and_what_left_stays_as_it_was(embedded: Database) -> None:
    people = team(embedded)
    made = signed(embedded, people)
    for at in (NOW + timedelta(days=1), NOW - timedelta(days=1)):
        with pytest.raises(Invalid, match="the time lies"):
            handed(embedded, made, people.val, sent_at=at)
    left = handed(embedded, made, people.val)
    assert handed(embedded, made, people.val) == left  # the same again
    with pytest.raises(Conflict, match="handed over or closed already"):
        handed(embedded, made, people.lou)
    for act in (
        lambda: dossiers.change(embedded, made.id, {"exculpatory": "Autre."}, version=made.version, actor=people.val, act=deed()),
        lambda: signs(embedded, made, people.val),
        lambda: dossier_leaving.withdraw(embedded, made.id, actor=people.lou, act=deed(), secret=SECRET),
    ):
        with pytest.raises(Conflict):
            act()
    assert len([one for one in audit.entries(embedded, subject=("dossier", made.id)) if one.action == "dossier_handed_over"]) == 1


def test_a_withdrawn_signature_does_not_count(embedded: Database) -> None:
    people = team(embedded)
    made = signed(embedded, people)
    assert dossier_leaving.withdraw(embedded, made.id, actor=people.lou, act=deed(), secret=SECRET).state == "brouillon"
    with pytest.raises(Conflict, match="lacks 1 signatures"):
        handed(embedded, made, people.val)


def test_nobody_is_told_before_the_people_concerned_were_thought_of(embedded: Database) -> None:
    people = team(embedded)
    made = drafted(embedded, people)
    signs(embedded, made, people.doc, "sante")
    signs(embedded, made, people.lou, "droit")
    with pytest.raises(Conflict, match="informing the people concerned"):
        handed(embedded, made, people.val)


def test_earlier_notices_about_the_same_contents_are_told(embedded: Database) -> None:
    people = team(embedded)
    (one,) = decided(embedded, people, entry())
    draft = signed_notice(embedded, people, one)
    before = dossiers.draft(embedded, "parquet", [one], actor=people.val, act=deed())
    assert before.content
    assert before.content.previous == ()  # it has not left
    mark_sent(
        embedded, draft.id, channel="formulaire", reference="R-1", sent_at=NOW, digest=draft.digest, actor=people.val, act=deed(), secret=SECRET
    )
    made = dossiers.draft(embedded, "parquet", [one], actor=people.val, act=deed())
    assert made.content
    (told,) = made.content.previous
    assert (told.notice_id, told.sent_at, told.actions) == (draft.id, NOW, ())


def test_drafting_twice_under_one_act_makes_one_dossier(embedded: Database) -> None:
    people = team(embedded)
    (one,) = decided(embedded, people, entry())
    act = deed()
    assert dossiers.draft(embedded, "parquet", [one, one], actor=people.val, act=act) == dossiers.draft(
        embedded, "parquet", [one], actor=people.val, act=act
    )
    assert len(dossiers.listed(embedded, actor=people.val)) == 1


def test_the_duty_of_article_434_3_keeps_it_back_until_it_is_answered(database: Database) -> None:
    people = team(database)
    made = signed(database, people, "parquet", *decided(database, people, entry(flags=["T1"])))
    (duty,) = duties.unanswered(database)
    assert (duty.document_id, duty.why) == ("d1", "T1")
    assert codes(database, made) == {"devoir"}
    with pytest.raises(Conflict, match="434-3"):
        handed(database, made, people.val)
    duties.answer(database, duty.id, said="pas_de_devoir", reason="Aucun enfant réel.", informed_at=None, actor=people.lou, now=NOW)
    assert handed(database, made, people.val).state == "transmis"


def test_handing_it_to_the_prosecutor_may_be_the_answer_and_only_that(embedded: Database) -> None:
    people = team(embedded)
    (one,) = decided(embedded, people, entry(flags=["T7"]))
    other = signed(embedded, people, "pharos", one)
    with pytest.raises(Invalid, match="only a dossier for the prosecutor"):
        handed(embedded, other, people.val, informs="Nous informons.")
    made = signed(embedded, people, "parquet", one)
    handed(embedded, made, people.val, informs="Le procureur est informé par ce dossier.")
    (duty,) = duties.of_documents(embedded, ["d1"], actor=people.val).values()
    assert (duty.answer, duty.informed_at, duty.answered_by) == ("informe", NOW, "val")
    assert handed(embedded, other, people.val).state == "transmis"


def test_answers_lie_after_the_handing_over(embedded: Database) -> None:
    people = team(embedded)
    made = signed(embedded, people)
    with pytest.raises(Conflict, match="was not handed over"):
        dossier_leaving.answered(embedded, made.id, outcome="recu", answered_at=NOW, actor=people.val, act=deed())
    handed(embedded, made, people.val)
    with pytest.raises(Invalid, match="before the dossier was handed over"):
        dossier_leaving.answered(embedded, made.id, outcome="recu", answered_at=NOW - timedelta(hours=1), actor=people.val, act=deed())
    with pytest.raises(Invalid, match="unknown"):
        dossier_leaving.answered(embedded, made.id, outcome="super", answered_at=NOW, actor=people.val, act=deed())


def test_only_known_fields_change_and_what_the_readings_gave_does_not(embedded: Database) -> None:
    people = team(embedded)
    made = drafted(embedded, people)
    for wrong in ({"items": []}, {"against": []}, {"previous": []}, {"annex_sha256": None}, {"state": "signe"}):
        with pytest.raises(Invalid, match="cannot be changed"):
            dossiers.change(embedded, made.id, wrong, version=made.version, actor=people.val, act=deed())
    with pytest.raises(Invalid, match="dossier: "):
        dossiers.change(embedded, made.id, {"facts": [{"says": "sans date"}]}, version=made.version, actor=people.val, act=deed())
    assert dossiers.change(embedded, made.id, answers(made), version=1, actor=people.val, act=deed()) == made  # the same again
