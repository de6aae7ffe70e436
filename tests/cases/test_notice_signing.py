"""Two different people sign what stands, each for themselves; nothing else counts as a signature. What the databases refuse besides: test_notice_guards."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from cases import accounts, audit
from cases.changing import disable
from cases.database import Database
from cases.notice_records import Notice
from cases.notice_signing import readiness
from cases.notices import change, find
from cases.people import Actor
from cases.signing import STATEMENT, Subject, sign, signatures, valid_in, valid_signatures, withdraw
from cases.tables_notices import SignatureRow
from cases.tables_people import OrganisationRow, PersonRow
from core.errors import Conflict, Forbidden, Invalid, NotFound
from tests.cases.conftest import NOW
from tests.cases.noticing import SECRET, House, decided, drafted, entry, house, signed, signs
from tests.cases.reading_room import deed, person


@pytest.fixture
def database(embedded: Database) -> Database:
    return embedded


@pytest.fixture
def team(database: Database) -> House:
    return house(database)


def state(database: Database, notice: Notice, who: Actor) -> str:
    return find(database, notice.id, actor=who).state


def test_two_people_sign_and_the_gate_is_answered(database: Database, team: House) -> None:
    made = drafted(database, team)
    signs(database, made, team.val)
    ready = readiness(database, made.id, actor=team.val, secret=SECRET)
    assert (state(database, made, team.val), ready.missing, ready.open_gates) == ("brouillon", 1, ("sante",))
    signs(database, made, team.ana)
    ready = readiness(database, made.id, actor=team.val, secret=SECRET)
    assert (state(database, made, team.val), ready.missing, ready.open_gates) == ("brouillon", 0, ("sante",))
    signs(database, made, team.doc, "sante")
    assert state(database, made, team.val) == "signee"
    assert {one.by for one in find(database, made.id, actor=team.val).signed} == {"Val", "Ana", "Doc"}
    assert {one.person_id for one in valid_signatures(database, "notice", made.id, secret=SECRET)} == {"val", "ana", "doc"}
    assert audit.verify(database).wrong is None


def test_one_person_is_not_two(database: Database, team: House) -> None:
    made = drafted(database, team)
    for _ in range(3):
        signs(database, made, team.doc, "sante")
    assert state(database, made, team.val) == "brouillon"
    assert len(signatures(database, "notice", made.id)) == 1


@pytest.mark.parametrize("how", ["name", "mailbox"])
def test_a_second_account_of_the_same_person_does_not_sign(database: Database, team: House, how: str) -> None:
    twin = person(database, "val2", "valide", "sante")
    with database.writing() as session:
        values = {"name": "  VAL "} if how == "name" else {"login": "val+autre@maison.example"}
        session.execute(update(PersonRow).where(PersonRow.id == "val2").values(**values))
    made = drafted(database, team)
    signs(database, made, team.val)
    with pytest.raises(Conflict, match="sign as one person"):
        signs(database, made, twin, "sante")
    assert state(database, made, team.val) == "brouillon"


def test_a_name_made_the_same_afterwards_takes_the_second_signature_away(database: Database, team: House) -> None:
    made = signed(database, team)
    with database.writing() as session:
        session.execute(update(PersonRow).where(PersonRow.id == "doc").values(name="Val"))
    assert readiness(database, made.id, actor=team.val, secret=SECRET).missing == 1


def test_that_one_person_made_both_accounts_is_said(database: Database, team: House) -> None:
    made = drafted(database, team)
    people = [accounts.add_person(database, organisation_id="maison", login=f"{name}@maison.example", name=name, roles=roles, by="val", password="mot de passe long")  # type: ignore[arg-type]
              for name, roles in (("Un", ("analyse",)), ("Deux", ("sante",)))]  # fmt: skip
    one, two = (Actor(id=found.id, organisation_id="maison", name=found.name, roles=found.roles) for found in people)
    signs(database, made, one)
    signs(database, made, two, "sante")
    assert "une même personne" in readiness(database, made.id, actor=one, secret=SECRET).cautions[0]
    signs(database, made, team.val)
    assert "a créé le compte" in readiness(database, made.id, actor=one, secret=SECRET).cautions[0]


def test_another_house_neither_sees_nor_signs(database: Database, team: House) -> None:
    made = drafted(database, team)
    with pytest.raises(NotFound):
        find(database, made.id, actor=team.far)
    with pytest.raises(NotFound):
        signs(database, made, team.far)
    lying = team.far.model_copy(update={"organisation_id": "maison"})  # what the actor says of itself
    with pytest.raises(Forbidden):
        signs(database, made, lying)


def test_closed_accounts_and_houses_do_not_sign_and_do_not_count(database: Database, team: House) -> None:
    made = signed(database, team)
    disable(database, "doc", by="val")
    ready = readiness(database, made.id, actor=team.val, secret=SECRET)
    assert (ready.missing, ready.open_gates) == (1, ("sante",))
    with pytest.raises(Forbidden):
        signs(database, made, team.doc, "sante")
    with database.writing() as session:
        session.execute(update(OrganisationRow).where(OrganisationRow.id == "maison").values(closed_at=NOW))
    assert readiness(database, made.id, actor=team.val, secret=SECRET).missing == 2


def test_a_gate_needs_its_role_then_and_now(database: Database, team: House) -> None:
    made = drafted(database, team)
    with pytest.raises(Forbidden, match="role sante"):
        signs(database, made, team.val, "sante")
    claimed = team.val.model_copy(update={"roles": ("valide", "sante")})  # the actor says so; the account does not
    with pytest.raises(Forbidden, match="role sante"):
        signs(database, made, claimed, "sante")
    with pytest.raises(Invalid, match="unknown"):
        signs(database, made, team.val, "autre")
    signs(database, made, team.val)
    signs(database, made, team.doc, "sante")
    with database.writing() as session:
        session.execute(update(PersonRow).where(PersonRow.id == "doc").values(roles=["analyse"]))
    assert readiness(database, made.id, actor=team.val, secret=SECRET).open_gates == ("sante",)


def test_without_a_role_that_reads_nobody_signs(database: Database, team: House) -> None:
    made = drafted(database, team)
    for role in ("soumet", "administre"):
        with pytest.raises(Forbidden):
            signs(database, made, person(database, f"x{role}", role))  # type: ignore[arg-type]


@pytest.mark.parametrize("said", ["", "Je signe.", STATEMENT + " Sauf erreur."])
def test_the_statement_is_the_one_that_is_shown(database: Database, team: House, said: str) -> None:
    made = drafted(database, team)
    with pytest.raises(Invalid, match="good-faith"):
        signs(database, made, team.val, statement=said)
    with pytest.raises(Invalid, match="interests"):
        signs(database, made, team.val, interests="  ")


def test_a_change_makes_signatures_fall(database: Database, team: House) -> None:
    made = signed(database, team)
    other = change(database, made.id, {"measure": "etiquetage"}, version=made.version, actor=team.ana, act=deed())
    assert (other.state, other.version, other.signed) == ("brouillon", made.version + 1, ())
    assert len(other.signatures) == 2
    with pytest.raises(Conflict, match="has changed"):
        signs(database, made, team.val)  # what was read before
    same = change(database, made.id, {"measure": "etiquetage"}, version=other.version, actor=team.ana, act=deed())
    assert same.version == other.version, "nothing changed"
    with pytest.raises(Conflict, match="version"):
        change(database, made.id, {"measure": "retrait"}, version=made.version, actor=team.ana, act=deed())


def test_going_back_to_the_words_that_were_signed_is_another_version(database: Database, team: House) -> None:
    made = signed(database, team)
    other = change(database, made.id, {"measure": "etiquetage"}, version=made.version, actor=team.ana, act=deed())
    again = change(database, made.id, {"measure": "retrait"}, version=other.version, actor=team.ana, act=deed())
    assert again.digest == made.digest
    assert readiness(database, made.id, actor=team.val, secret=SECRET).missing == 2


def test_a_signature_is_withdrawn_by_its_own_hand(database: Database, team: House) -> None:
    made = signed(database, team)
    with pytest.raises(NotFound):
        withdraw(database, "notice", made.id, actor=team.lou, act=deed(), secret=SECRET)
    act = deed()
    withdraw(database, "notice", made.id, actor=team.doc, act=act, secret=SECRET)
    withdraw(database, "notice", made.id, actor=team.doc, act=act, secret=SECRET)
    assert state(database, made, team.val) == "brouillon"
    assert [one.person_id for one in valid_signatures(database, "notice", made.id, secret=SECRET)] == ["val"]
    with pytest.raises(Conflict, match="withdrawn"):
        signs(database, made, team.doc, "sante")


def test_the_same_act_signs_once(database: Database, team: House) -> None:
    made, act = drafted(database, team), deed()
    for _ in range(2):
        sign(
            database, "notice", made.id, digest=made.digest, statement=STATEMENT, interests="aucun", gates=(), actor=team.val, act=act, secret=SECRET
        )
    assert len(signatures(database, "notice", made.id)) == 1
    with database.reading() as session:
        assert session.execute(text("SELECT COUNT(*) FROM notice_events WHERE kind = 'signee'")).scalar() == 1


def forged(database: Database, made: Notice, who: str, seal: str, **fields: object) -> None:
    said = {"id": f"forge{who}", "subject_kind": "notice", "subject_id": made.id, "version": made.version, "digest": made.digest, "person_id": who,
            "gates": ["sante"], "statement": STATEMENT, "interests": "aucun", "at": NOW, "seal": seal}  # fmt: skip
    with database.writing() as session:
        session.add(SignatureRow(**{**said, **fields}))


def test_a_row_written_past_the_product_does_not_count(database: Database, team: House) -> None:
    made = drafted(database, team)
    signs(database, made, team.val)
    seal = signatures_seal(database, made)
    forged(database, made, "doc", seal)  # the seal of another row
    forged(database, made, "lou", "0" * 64)
    assert [one.person_id for one in valid_signatures(database, "notice", made.id, secret=SECRET)] == ["val"]
    assert readiness(database, made.id, actor=team.val, secret=SECRET).missing == 1
    assert valid_signatures(database, "notice", made.id, secret=b"x" * 32) == (), "sealed by another secret"


def signatures_seal(database: Database, made: Notice) -> str:
    with database.reading() as session:
        return session.scalars(select(SignatureRow.seal).where(SignatureRow.subject_id == made.id)).one()


def test_a_seal_holds_every_part_of_its_row(database: Database, team: House) -> None:
    from cases.signing import seal_of

    made = signed(database, team)
    with database.reading() as session:
        row = session.scalars(select(SignatureRow).where(SignatureRow.person_id == "doc")).one()
        assert row.seal == seal_of(row, SECRET)
        for name, value in (("person_id", "lou"), ("gates", []), ("interests", "x"), ("version", 9), ("digest", "0" * 64), ("subject_id", "y"),
                            ("at", NOW + timedelta(1)), ("withdrawn_at", NOW), ("statement", "x"), ("subject_kind", "dossier"), ("id", "z")):  # fmt: skip
            old = getattr(row, name)
            setattr(row, name, value)
            assert row.seal != seal_of(row, SECRET), name
            setattr(row, name, old)
        session.expunge_all()
        assert valid_in(session, Subject("notice", made.id, "ailleurs", made.version, made.digest), secret=SECRET) == (), "of the house only"


def test_a_content_changed_past_the_product_is_not_signed(database: Database, team: House) -> None:
    made = drafted(database, team)
    with database.writing() as session:
        from cases.tables_notices import NoticeRow

        row = session.get_one(NoticeRow, made.id)
        row.content = {**(row.content or {}), "explanation": "Autre chose, assez longue pour passer : " + "mot " * 40}
    with pytest.raises(Conflict, match="digest"):
        signs(database, made, team.val)
    assert not readiness(database, made.id, actor=team.val, secret=SECRET).sound


def test_a_decision_that_falls_between_two_signatures_stops_the_second(database: Database, team: House) -> None:
    from cases.decisions import undo

    made = drafted(database, team, *decided(database, team, entry("d7")))
    signs(database, made, team.val)
    undo(database, ["d7"], reason="Erreur.", by="Val", act=deed())
    with pytest.raises(Invalid, match="decision"):
        signs(database, made, team.doc, "sante")


def test_who_left_since_had_signed_what_was_sent_and_a_forged_row_never(database: Database, team: House) -> None:
    """The printed notice goes on saying who signed it; two rows without a seal leave it a project, as plain text too."""
    from cases.legal import load_legal
    from cases.notice_sending import mark_sent
    from cases.papers.notice import notice_text
    from cases.platforms import load_platforms
    from cases.profiles import notifier

    made = signed(database, team)
    mark_sent(database, made.id, channel="courriel", digest=made.digest, actor=team.val, act=deed(at=NOW + timedelta(hours=1)), secret=SECRET)
    with database.writing() as session:
        session.execute(update(PersonRow).where(PersonRow.id == "doc").values(disabled_at=NOW))
    assert set(readiness(database, made.id, actor=team.val, secret=SECRET).signers) == {"val", "doc"}
    assert readiness(database, made.id, actor=team.val, secret=b"another").signers == ()
    about = (find(database, made.id, actor=team.val), notifier(database, "maison"), load_legal(), load_platforms().platform("autre"))
    assert notice_text(*about, signatures=()).startswith("PROJET NON SIGNÉ")
