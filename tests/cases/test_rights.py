"""Requests as rows, what open cases need, words replaced, what is kept beside contents: on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from cases import accounts, keeping, rights
from cases.database import Database
from cases.decisions import decide, undo
from cases.people import Actor
from cases.protection.dpia import dpia_paper, gaps
from cases.protection.facts import facts_of
from cases.protection.register import register_paper
from cases.request import Found, Kept, Request, digest_of, keys_of, wish_of
from cases.rights_erasing import GONE, empty
from cases.rights_export import MASK, masked
from cases.rights_found import linked, mentions, needed
from cases.tables import Base
from cases.tables_notices import DossierRow, RequestRow
from cases.tables_work import CommentRow
from core.errors import Conflict, Forbidden, Invalid
from core.settings import Settings
from tests.cases.conftest import DOCUMENT, NOW, act, choice, item

SECRET = b"s" * 32


@pytest.fixture
def anne(database: Database) -> Actor:
    house = accounts.add_organisation(database, name="Maison", capacity="ordre", by="test")
    made = accounts.add_person(database, organisation_id=house.id, login="anne@maison.example", name="anne", roles=("droit",), by="test")
    return Actor(id=made.id, organisation_id=house.id, name="anne", roles=("droit",))


def ask(database: Database, actor: Actor, kind: str = "effacement", *, now: datetime = NOW) -> Request:
    return rights.ask(database, kind, "anne sur forum.example", received_at=now, identity_checked="Vu.", actor=actor, act=f"acte {kind}", secret=SECRET,
                      now=now)  # fmt: skip


def test_a_request_has_a_month_and_its_names_are_encrypted(database: Database, anne: Actor) -> None:
    made = ask(database, anne, now=datetime(2026, 1, 31, 12, tzinfo=NOW.tzinfo))
    assert made.due_at == datetime(2026, 2, 28, 12, tzinfo=NOW.tzinfo)
    with database.reading() as session:
        row = session.get(RequestRow, made.id)
        assert row
        assert row.subject
        assert "forum.example" not in row.subject
    assert rights.find(database, made.id, secret=b"t" * 32).subject == ()
    assert rights.waiting(database, secret=b"t" * 32) == (), "the worker goes on"
    assert len(rights.waiting(database, secret=SECRET)) == 1
    assert rights.refuse(database, made.id, reason="Illisible.", actor=anne, secret=b"t" * 32).is_over


@pytest.mark.parametrize(
    ("line", "wish"),
    [
        ("https://forum.example/u/anne", ("https://forum.example/u/anne", "", "")),
        ("@anne@instance.example", ("", "instance.example", "anne")),
        ("Anne B sur forum.example", ("", "forum.example", "Anne B")),
        ("maison.example", ("maison.example", "", "")),
    ],
)
def test_a_line_names_an_address_or_an_account(line: str, wish: tuple[str, str, str]) -> None:
    found = wish_of(line)
    assert (found.address, found.platform, found.account) == wish


def test_much_takes_two_people_and_what_was_found_since_takes_the_agreement_back(database: Database, anne: Actor) -> None:
    made = ask(database, anne)
    with pytest.raises(Conflict):
        rights.agree(database, made.id, seen=0, actor=anne, secret=SECRET)
    few, many = Found(documents=3), Found(documents=51)
    rights.examined(database, made.id, found=few, kept=(), secret=SECRET)
    assert rights.agree(database, made.id, seen=3, actor=anne, secret=SECRET).state == "accordee"
    assert rights.examined(database, made.id, found=few, kept=(), secret=SECRET).state == "accordee"
    assert rights.examined(database, made.id, found=many, kept=(), secret=SECRET).state == "examinee"
    with pytest.raises(Forbidden):
        rights.agree(database, made.id, seen=51, actor=anne, secret=SECRET)


def test_a_rectification_ends_with_its_answer(database: Database, anne: Actor) -> None:
    made = ask(database, anne, "rectification")
    rights.examined(database, made.id, found=Found(documents=1), kept=(), secret=SECRET)
    with pytest.raises(Conflict):
        rights.agree(database, made.id, seen=1, actor=anne, secret=SECRET)
    ended = rights.answer(database, made.id, words="Corrigé.", actor=anne, secret=SECRET)
    assert (ended.state, ended.subject, ended.answer) == ("faite", (), "Corrigé.")
    with pytest.raises(Conflict):
        rights.answer(database, made.id, words="Encore.", actor=anne, secret=SECRET)


def test_nothing_is_done_without_an_agreement(database: Database, anne: Actor) -> None:
    made = ask(database, anne)
    with pytest.raises(Conflict, match="without an agreement"):
        rights.done(database, made.id, proof={"sha256": "0"}, kept=(), secret=SECRET)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("@Anne@instance.example", "anne sur instance.example", True),
        ("https://instance.example/@anne", "anne sur www.instance.example", True),
        ("https://forum.example/t/1/", "http://forum.example/t/1", True),
        ("https://forum.example/t/1", "https://forum.example/t/2", False),
        ("anne sur forum.example", "anne sur autre.example", False),
        ("forum.example", "https://forum.example/", True),
    ],
)
def test_one_person_is_known_by_any_spelling(one: str, other: str, *, same: bool) -> None:
    assert bool(keys_of([one]) & keys_of(["autre sur site.example", other])) is same


def test_a_request_for_access_and_an_erasure_of_the_same_person_know_each_other(database: Database, anne: Actor) -> None:
    access, erasing = ask(database, anne, "acces"), ask(database, anne, "opposition")
    ask(database, anne, "rectification")
    assert [one.id for one in rights.beside(database, access, secret=SECRET)] == [erasing.id]
    assert [one.id for one in rights.beside(database, erasing, secret=SECRET)] == [access.id]
    rights.refuse(database, access.id, reason="Identité non prouvée.", actor=anne, secret=SECRET)
    assert rights.beside(database, erasing, secret=SECRET) == ()


def test_a_digest_covers_the_whole_proof() -> None:
    proof: dict[str, Any] = {"before": {"documents": 2}, "after": {}}
    signed = {**proof, "sha256": digest_of(proof)}
    assert digest_of(signed) == signed["sha256"]
    assert digest_of({**signed, "after": {"documents": 1}}) != signed["sha256"]


def test_an_open_decision_is_needed_until_it_is_undone(database: Database) -> None:
    decide(database, [item()], choice("urgence", "gourou"), act=act(NOW))
    with database.reading() as session:
        found = needed(session, [DOCUMENT, "autre"], now=NOW)
    assert (found.documents, [one.kind for one in found.kept]) == ({DOCUMENT}, ["decision"])
    undo(database, [DOCUMENT], reason="Erreur.", by="AB", act=act(NOW + timedelta(hours=1)))
    with database.reading() as session:
        assert needed(session, [DOCUMENT], now=NOW).documents == frozenset()


def test_every_table_that_names_a_document_is_looked_into(database: Database, anne: Actor) -> None:
    with database.writing() as session:
        session.add(CommentRow(id="c" * 32, document_id=DOCUMENT, person_id=anne.id, text="Voir https://forum.example/u/anne", at=NOW))
    with database.reading() as session:
        assert linked(session, [DOCUMENT]) == {"comments": 1}
        assert mentions(session, ["FORUM.example/u/anne", "rien de tel"]) == {"comments.text": {"FORUM.example/u/anne"}}
    assert sum("document_id" in table.columns for table in Base.metadata.sorted_tables) >= 15


def test_words_are_replaced_but_on_what_stays(database: Database, anne: Actor) -> None:
    words = "Voir HTTPS://forum.example/u/anne, encore."
    with database.writing() as session:
        for name, document in (("c", DOCUMENT), ("d", "reste")):
            session.add(CommentRow(id=name * 32, document_id=document, person_id=anne.id, text=words, at=NOW))
    assert empty(database, [], words=["https://forum.example/u/anne"], but=["reste"]).words == 1
    assert empty(database, [], words=["https://forum.example/u/anne"], but=["reste"]).words == 0, "repeating it is harmless"
    with database.reading() as session:
        found = {row.id[0]: row.text for row in session.query(CommentRow)}
    assert found == {"c": f"Voir {GONE}, encore.", "d": words}


def test_others_are_masked_in_what_is_given() -> None:
    text = "Écrivez à paul@maison.example ou à @marie ; moi, c'est @verveine, pas @ver. Tél. 06 12 34 56 78."
    shown = masked(text, own=["@verveine@forum.example"])
    assert not [one for one in ("paul@", "marie", "06 12") if one in shown]
    assert "@verveine" in shown
    assert shown.count(MASK) == 4


def test_what_is_over_goes_and_reports_and_registers_stay(database: Database, anne: Actor) -> None:
    made = ask(database, anne)
    rights.refuse(database, made.id, reason="Non.", actor=anne, secret=SECRET, now=NOW)
    shared: dict[str, Any] = {"organisation_id": anne.organisation_id, "created_by": anne.id, "created_at": NOW, "kind": "parquet", "version": 1,
                              "digest": "0" * 64, "items": 1, "markers": [], "bases": [], "content": {"mots": "x"}, "annex": b"y"}  # fmt: skip
    with database.writing() as session:
        over = DossierRow(id="o" * 32, state="brouillon", **shared)
        session.add(over)
        session.flush()
        over.state, over.closed_at = "clos", NOW
        session.add(DossierRow(id="p" * 32, state="brouillon", **shared))
    assert keeping.expire(database, now=NOW + timedelta(days=364 * 5)) == (0, 0)
    assert keeping.expire(database, now=NOW + timedelta(days=367 * 6)) == (1, 1)
    assert keeping.expire(database, now=NOW + timedelta(days=367 * 9)) == (0, 0)
    with database.reading() as session:
        gone, still = session.get(DossierRow, "o" * 32), session.get(DossierRow, "p" * 32)
        assert gone
        assert still
        assert (gone.content, gone.annex, gone.items, still.content) == (None, None, 1, {"mots": "x"})
        assert session.get(RequestRow, made.id) is None


def test_registers_say_what_the_settings_say_and_name_what_they_lack(database: Database, case_settings: Settings) -> None:
    bare = facts_of(case_settings, database)
    assert any("HTTPS" in one for one in gaps(bare))
    full = facts_of(case_settings.model_copy(update={"console_name": "Maison", "contact": "droit@maison.example"}), database)
    said = str(register_paper(full, now=NOW).data) + str(dpia_paper(full, counts={"Contenus": 3}, roles={"Droit": "juge"}, now=NOW).data)
    assert [one for one in ("Maison", "droit@maison.example", "à compléter", "30 jours", "art. 30", "art. 35") if one not in said] == []
    assert not any("contact publiée" in one for one in gaps(full))
    assert any("juriste" in one for one in gaps(full)), "nobody checked the periods"


def test_wrong_words_are_refused(database: Database, anne: Actor) -> None:
    for said in ({"kind": "vengeance"}, {"identity_checked": ""}, {"received_at": NOW + timedelta(days=2)}, {"subject": "\n"}):
        given: dict[str, Any] = {"kind": "acces", "subject": "https://a.example/x", "received_at": NOW, "identity_checked": "Vu.", **said}
        with pytest.raises(Invalid):
            rights.ask(database, given.pop("kind"), given.pop("subject"), actor=anne, act="acte", secret=SECRET, now=NOW, **given)


def test_what_is_kept_is_said_with_its_reason() -> None:
    from cases.protection.proof import kept_line

    line = kept_line(Kept(kind="notice", documents=2, what="Notification", why="Droits en justice.", until=NOW))
    assert line == "Notification (2 contenus) : Droits en justice. Durée : jusqu'au 01/11/2026."


@pytest.mark.parametrize("name", ["notice", "register", "dpia", "access"])
def test_articles_that_nobody_read_are_not_printed_as_read(name: str) -> None:
    """Of the GDPR art. 9(2) to 14 were read (domain rules, 4.1); the papers are about art. 15, 30 and 35."""
    from cases.protection.proof import LAW
    from cases.protection.texts import text_of

    said = " ".join(str(text_of(name)["law"]).split())
    assert "art. 9(2) à 1" in said
    assert all(word in said for word in ("ont été lus", "non vérifié"))
    assert "non vérifiés : pas lus" in LAW
