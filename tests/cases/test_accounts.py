"""Accounts, keys, codes, invitations and limits, on SQLite and PostgreSQL."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import argon2
import pyotp
import pytest
from sqlalchemy import select

from cases import accounts, audit, changing, invitations, keys, limits, passwords, totp
from cases.accounts import Person
from cases.database import Database, open_database
from cases.people import Preferences
from cases.tables_people import KeyRow, PersonRow, SessionRow, TokenRow
from core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from core.settings import Settings

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
OLD, NEW = "un premier mot de passe", "un second mot de passe"
SECRET = b"s" * 32


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow by design is right for people and not for tests."""
    hasher = argon2.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: hasher)
    monkeypatch.setattr(passwords, "_nobody", lambda: hasher.hash("personne"))


@pytest.fixture
def ada(database: Database) -> Person:
    house = accounts.add_organisation(database, name="Maison", capacity="aucune", by="test")
    return accounts.add_person(
        database, organisation_id=house.id, login="ada@exemple.test", name="Ada", roles=["administre", "soumet"], by="test", password=OLD
    )


def actions(database: Database) -> list[str]:
    assert audit.verify(database).wrong is None
    return [entry.action for entry in reversed(audit.entries(database))]


# --- sessions


def test_a_session_ends_by_itself(database: Database, ada: Person) -> None:
    token = accounts.open_session(database, ada.id, now=NOW)
    assert accounts.actor_of_session(database, token, now=NOW + timedelta(minutes=119)) is not None
    idle = accounts.open_session(database, ada.id, now=NOW)
    assert accounts.actor_of_session(database, idle, now=NOW + timedelta(minutes=121)) is None
    for hours in range(1, 12):
        assert accounts.actor_of_session(database, token, now=NOW + timedelta(hours=hours)) is not None
    assert accounts.actor_of_session(database, token, now=NOW + timedelta(hours=12)) is None, "however often it is used"


def test_only_the_digest_of_a_token_is_kept(database: Database, ada: Person) -> None:
    token = accounts.open_session(database, ada.id)
    with database.reading() as session:
        assert [row.id for row in session.scalars(select(SessionRow))] == [accounts.digest(token)]
    assert accounts.actor_of_session(database, accounts.digest(token)) is None


def test_a_new_password_ends_the_other_sessions_alone(database: Database, ada: Person) -> None:
    here, there = accounts.open_session(database, ada.id), accounts.open_session(database, ada.id)
    with pytest.raises(Forbidden):
        changing.change_password(database, ada.id, old=NEW, new=NEW)
    for plain in ("court", "a" * 40, "x" * 201):
        with pytest.raises(Invalid):
            changing.change_password(database, ada.id, old=OLD, new=plain)
    assert changing.change_password(database, ada.id, old=OLD, new=NEW, keep=here) == 1
    assert accounts.actor_of_session(database, here) is not None
    assert accounts.actor_of_session(database, there) is None
    assert accounts.check_password(database, login="ADA@exemple.test ", password=NEW) is not None
    assert accounts.check_password(database, login="ada@exemple.test", password=OLD) is None


def test_signing_out_everywhere_spares_nobody_else(database: Database, ada: Person) -> None:
    other = accounts.add_person(database, organisation_id=ada.organisation_id, login="b@exemple.test", name="B", roles=[], by="test")
    mine, theirs = accounts.open_session(database, ada.id), accounts.open_session(database, other.id)
    assert len(accounts.sessions_of(database, ada.id)) == 1
    assert accounts.close_sessions(database, ada.id, by=ada.id) == 1
    assert accounts.actor_of_session(database, mine) is None
    assert accounts.actor_of_session(database, theirs) is not None


def test_a_disabled_person_and_a_closed_organisation_open_nothing(database: Database, ada: Person) -> None:
    house = accounts.add_organisation(database, name="Autre maison", capacity="aucune", by="test")
    bob = accounts.add_person(database, organisation_id=house.id, login="bob@exemple.test", name="Bob", roles=["soumet"], by="test", password=OLD)
    token = accounts.open_session(database, bob.id)
    _, key = keys.make_key(database, person=bob.id, name="essai", scopes=["submissions:read"], expires_at=None, by=bob.id)
    changing.change_organisation(database, house.id, by=ada.id, closed=True)
    assert accounts.actor_of_session(database, token) is None
    assert keys.actor_of_key(database, key) is None
    changing.change_organisation(database, house.id, by=ada.id, closed=False)
    assert accounts.actor_of_session(database, token) is not None
    link = invitations.invite(database, bob.id, by=ada.id)
    changing.disable(database, bob.id, by=ada.id)
    assert accounts.check_password(database, login=bob.login, password=OLD) is None
    changing.enable(database, bob.id, by=ada.id)
    assert accounts.actor_of_session(database, token) is None
    assert keys.actor_of_key(database, key) is None
    with pytest.raises(NotFound):
        invitations.invited(database, link)


def test_somebody_always_administers(database: Database, ada: Person) -> None:
    for change in (
        lambda: changing.disable(database, ada.id, by=ada.id),
        lambda: changing.change_roles(database, ada.id, ["soumet"], by=ada.id),
        lambda: changing.change_organisation(database, ada.organisation_id, by=ada.id, closed=True),
    ):
        with pytest.raises(Conflict):
            change()
    accounts.add_person(database, organisation_id=ada.organisation_id, login="b@exemple.test", name="B", roles=["administre"], by="test")
    changing.disable(database, ada.id, by="test")


# --- passwords


def test_a_password_that_was_hashed_with_other_parameters_is_hashed_anew(database: Database, ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def hashed() -> str | None:
        with database.reading() as session:
            return session.scalars(select(PersonRow.password)).one()

    before = hashed()
    assert accounts.check_password(database, login=ada.login, password=OLD)
    assert hashed() == before
    stronger = argon2.PasswordHasher(time_cost=2, memory_cost=128, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: stronger)
    assert accounts.check_password(database, login=ada.login, password=NEW) is None
    assert hashed() == before
    assert accounts.check_password(database, login=ada.login, password=OLD)
    assert "m=128,t=2" in (hashed() or "")
    assert accounts.check_password(database, login=ada.login, password=OLD)


def test_the_real_parameters_are_argon2id_with_64_mib() -> None:
    made = argon2.PasswordHasher()
    assert (made.type, made.memory_cost >= 65_536, made.time_cost >= 3) == (argon2.Type.ID, True, True)


# --- keys


def test_a_key_opens_until_it_ends(database: Database, ada: Person) -> None:
    key, secret = keys.make_key(
        database, person=ada.id, name="essai", scopes=["submissions:read"], expires_at=NOW + timedelta(days=1), by=ada.id, now=NOW
    )
    actor = keys.actor_of_key(database, secret, now=NOW)
    assert actor is not None
    assert (actor.id, actor.key_id, actor.scopes, actor.roles) == (ada.id, key.id, ("submissions:read",), ada.roles)
    assert keys.actor_of_key(database, secret, now=NOW + timedelta(days=1)) is None
    assert keys.actor_of_key(database, secret[:-1] + ("A" if secret[-1] != "A" else "B"), now=NOW) is None
    keys.revoke(database, key.id, by=ada.id)
    assert keys.actor_of_key(database, secret, now=NOW) is None
    assert secret.startswith("vigie_")


def test_a_key_is_kept_as_a_digest_and_its_use_is_noted_once_a_minute(database: Database, ada: Person) -> None:
    _, secret = keys.make_key(database, person=ada.id, name="essai", scopes=["submissions:read"], expires_at=None, by=ada.id, now=NOW)
    with database.reading() as session:
        row = session.scalars(select(KeyRow)).one()
    assert secret not in str(vars(row))
    for seconds, noted in ((0, 0), (50, 0), (61, 61), (100, 61)):
        keys.actor_of_key(database, secret, now=NOW + timedelta(seconds=seconds))
        assert keys.keys_of(database, person=ada.id)[0].used_at == NOW + timedelta(seconds=noted)


def test_keys_that_are_refused(database: Database, ada: Person) -> None:
    good = {"person": ada.id, "name": "essai", "scopes": ["submissions:read"], "expires_at": None, "by": ada.id}
    for wrong in ({"scopes": []}, {"scopes": ["tout"]}, {"name": " "}, {"name": "a\nb"}, {"name": "a" * 81},
                  {"expires_at": datetime.now(UTC) - timedelta(1)}, {"expires_at": datetime.now(UTC) + timedelta(400)}):  # fmt: skip
        with pytest.raises(Invalid):
            keys.make_key(database, **{**good, **wrong})  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        keys.make_key(database, **{**good, "person": "x"})  # type: ignore[arg-type]
    keys.make_key(database, **good, act="formulaire-1")  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        keys.make_key(database, **good, act="formulaire-1")  # type: ignore[arg-type]
    assert len(keys.keys_of(database, person=ada.id)) == 1
    with pytest.raises(NotFound):
        keys.revoke(database, keys.keys_of(database)[0].id, by="autre", person="autre")


# --- one-time codes


def on(database: Database, person: Person) -> pyotp.TOTP:
    totp.prepare(database, person.id, secret=SECRET)
    found = totp.waiting(database, person.id, secret=SECRET)
    assert found
    made = pyotp.TOTP(found)
    assert totp.confirm(database, person.id, made.at(NOW), secret=SECRET, now=NOW)
    return made


def test_a_code_is_taken_once(database: Database, ada: Person) -> None:
    made = on(database, ada)
    later = NOW + timedelta(seconds=30)
    assert not totp.take(database, ada.id, made.at(NOW), secret=SECRET, now=NOW), "it confirmed already"
    assert not totp.take(database, ada.id, "000000" if made.at(later) != "000000" else "000001", secret=SECRET, now=later)
    assert totp.take(database, ada.id, f" {made.at(later)[:3]} {made.at(later)[3:]}", secret=SECRET, now=later)
    assert not totp.take(database, ada.id, made.at(later), secret=SECRET, now=later)
    assert not totp.take(database, ada.id, made.at(NOW), secret=SECRET, now=later), "nor one of before"
    for bad in ("", "12345", "１２３４５６", "abcdef", "1234567"):
        assert not totp.take(database, ada.id, bad, secret=SECRET, now=later)


def test_a_code_of_the_next_or_the_last_half_minute_is_taken_and_no_older_one(database: Database, ada: Person) -> None:
    made = on(database, ada)
    at = NOW + timedelta(minutes=10)
    assert not totp.take(database, ada.id, made.at(at - timedelta(seconds=60)), secret=SECRET, now=at)
    assert totp.take(database, ada.id, made.at(at - timedelta(seconds=30)), secret=SECRET, now=at)
    assert totp.take(database, ada.id, made.at(at + timedelta(seconds=30)), secret=SECRET, now=at)
    assert not totp.take(database, ada.id, made.at(at), secret=SECRET, now=at)


def test_the_secret_is_encrypted_and_shown_only_while_it_waits(database: Database, ada: Person) -> None:
    made = on(database, ada)
    with database.reading() as session:
        kept = session.scalars(select(PersonRow.totp_secret)).one()
    assert kept
    assert made.secret not in kept
    assert totp.waiting(database, ada.id, secret=SECRET) is None
    with pytest.raises(Conflict):
        totp.prepare(database, ada.id, secret=SECRET)
    with pytest.raises(Conflict, match="invitation"):
        totp.take(database, ada.id, "123456", secret=b"x" * 32)
    totp.turn_off(database, ada.id, by=ada.id)
    assert not totp.is_on(database, ada.id)


def test_a_secret_that_waits_asks_for_nothing(database: Database, ada: Person) -> None:
    totp.prepare(database, ada.id, secret=SECRET)
    found = totp.waiting(database, ada.id, secret=SECRET)
    assert not totp.is_on(database, ada.id)
    assert not totp.take(database, ada.id, pyotp.TOTP(found or "").at(NOW), secret=SECRET, now=NOW)


# --- invitations


def test_an_invitation_works_once_and_takes_codes_and_sessions_away(database: Database, ada: Person) -> None:
    on(database, ada)
    token = accounts.open_session(database, ada.id, now=NOW)
    first = invitations.invite(database, ada.id, by="test", now=NOW)
    link = invitations.invite(database, ada.id, by="test", now=NOW)
    with pytest.raises(NotFound):
        invitations.invited(database, first, now=NOW)
    assert accounts.actor_of_session(database, token, now=NOW) is not None, "nothing changes until it is used"
    with pytest.raises(Invalid):
        invitations.accept(database, link, password="court", now=NOW)
    assert invitations.accept(database, link, password=NEW, now=NOW).id == ada.id
    with pytest.raises(NotFound):
        invitations.accept(database, link, password=NEW, now=NOW)
    assert not totp.is_on(database, ada.id)
    assert accounts.actor_of_session(database, token, now=NOW) is None
    assert accounts.check_password(database, login=ada.login, password=NEW)
    assert actions(database)[-1] == "invitation_accepted"
    with database.reading() as session:
        assert link not in str([vars(row) for row in session.scalars(select(TokenRow))])


def test_an_invitation_ends_after_two_days(database: Database, ada: Person) -> None:
    link = invitations.invite(database, ada.id, by="test", now=NOW)
    assert invitations.invited(database, link, now=NOW + timedelta(hours=47)).id == ada.id
    with pytest.raises(NotFound):
        invitations.invited(database, link, now=NOW + timedelta(hours=48))


# --- limits


def test_a_window_slides_and_tries_that_are_refused_do_not_count(database: Database) -> None:
    minute = timedelta(minutes=1)
    for second in (0, 10, 20):
        limits.check(database, "essai:a", 3, minute, now=NOW + timedelta(seconds=second))
    for second in (30, 50):
        with pytest.raises(TooMany) as refused:
            limits.check(database, "essai:a", 3, minute, now=NOW + timedelta(seconds=second))
        assert refused.value.wait == 61 - second
    limits.check(database, "essai:b", 3, minute, now=NOW)
    limits.check(database, "essai:a", 3, minute, now=NOW + timedelta(seconds=61))
    with pytest.raises(TooMany):
        limits.check(database, "essai:a", 3, minute, now=NOW + timedelta(seconds=62))


def test_one_limit_that_is_used_up_counts_nothing_for_the_others(database: Database) -> None:
    hour = timedelta(hours=1)
    limits.check(database, "essai:b", 1, hour, now=NOW)
    with pytest.raises(TooMany):
        limits.check_all(database, [limits.Limit("essai:a", 1, hour), limits.Limit("essai:b", 1, hour)], now=NOW)
    tries = limits.check(database, "essai:a", 1, hour, now=NOW)
    limits.forgive(database, tries)
    limits.check(database, "essai:a", 1, hour, now=NOW)
    with pytest.raises(TooMany):
        limits.check(database, "essai:a", 1, hour, now=NOW)


def _try(folder: str, turns: int) -> int:
    database, taken = open_database(Settings(data_dir=Path(folder))), 0
    for _ in range(turns):
        try:
            limits.check(database, "essai:a", 10, timedelta(hours=1))
            taken += 1
        except TooMany:
            pass
    return taken


def test_processes_count_together(tmp_path: Path) -> None:
    open_database(Settings(data_dir=tmp_path)).close()
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert sum(pool.starmap(_try, [(str(tmp_path), 8)] * 3)) == 10


# --- preferences


def test_preferences_are_kept_and_strange_ones_forgotten(database: Database, ada: Person) -> None:
    assert accounts.preferences_of(database, ada.id) == Preferences()
    accounts.set_preferences(database, ada.id, Preferences(blur=False, pause_after=5))
    assert accounts.preferences_of(database, ada.id) == Preferences(blur=False, pause_after=5)
    with pytest.raises(NotFound):
        accounts.set_preferences(database, "x", Preferences())
