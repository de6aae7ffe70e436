"""``vigie notices``: the same rules as in the console, and a password that no option replaces."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from cases import notice_sending
from cases.database import Database, open_database
from cases.informing import CHOICES
from cases.notice import OUTCOMES
from cases.notice_records import Notice
from cases.notices import find, listed
from cases.passwords import hash_password, is_password
from cases.platforms import CHANNELS
from cases.signing import signing_secret
from cases.tables_people import PersonRow
from cli import notice_answers, notices
from cli.notice_desk import STATES
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.records import NOTICE_STATES
from core.settings import Settings
from tests.cases.noticing import WHY, House, complete, decided, drafted, entry, house, read_by, signed, signs
from tests.cases.reading_room import deed

PASSWORD = "un mot de passe assez long"
Run = Callable[..., Result]


class FakeIndex:
    """Gives the entries that it was made of."""

    def __init__(self, entries: dict[str, dict[str, Any]]) -> None:
        self.entries = entries

    def get(self, identifier: str) -> dict[str, Any] | None:
        return self.entries.get(identifier)

    def change(self, ids: object, how: object) -> int:
        return 0

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def hashed() -> str:
    return hash_password(PASSWORD)


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hashed: str) -> Iterator[Database]:
    monkeypatch.setenv("VIGIE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("VIGIE_CONSOLE_SECRET", "s" * 32)
    monkeypatch.setattr("cases.accounts.is_password", lambda hashed, given: hashed is not None and given == PASSWORD)  # the real one is slow
    monkeypatch.setattr("cli.passwords.has_terminal", lambda: True)
    monkeypatch.setattr("index.open.open_index", lambda _settings: FakeIndex({"a" * 32: entry("a" * 32)}))
    with closing(open_database(Settings(data_dir=tmp_path))) as database:
        yield database


@pytest.fixture
def team(opened: Database, hashed: str) -> House:
    made = house(opened)
    with opened.writing() as session:
        session.execute(update(PersonRow).values(password=hashed))
    return made


def call(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(notices.notices, list(words), input=typed, obj={"verbose": False}, standalone_mode=False, catch_exceptions=True)


def by(who: str, *words: str, answer: str = "") -> Result:
    return call(*words, "--by", f"{who}@maison.example", typed=f"{PASSWORD}\n{answer}")


def done(result: Result) -> Result:
    assert result.exception is None, result.exception
    return result


def test_the_words_are_those_of_the_cases() -> None:
    assert notices.CHANNELS == CHANNELS
    assert notices.CHOICES == CHOICES
    assert notice_answers.OUTCOMES == OUTCOMES
    assert tuple(STATES) == NOTICE_STATES


def test_from_a_draft_to_the_end(opened: Database, team: House, tmp_path: Path) -> None:
    name = "a" * 32
    decided(opened, team, entry(name))
    done(by("val", "draft", name))
    one = listed(opened, actor=team.val)[0]
    shown = done(call("show", one.id, "--by", "val@maison.example")).output
    assert "manque : Expliquez pourquoi" in shown
    assert "signatures qui manquent : 2 ; regards sans réponse : sante" in shown
    fields = tmp_path / "champs.json"
    fields.write_text(json.dumps(complete(one), default=str), encoding="utf-8")
    done(by("val", "change", one.id, "--from", str(fields), "--version", "1"))
    done(by("val", "sign", one.id, "--interests", "aucun", answer="oui\n"))
    done(by("doc", "sign", one.id, "--interests", "aucun", "--gate", "sante", answer="oui\n"))
    assert find(opened, one.id, actor=team.val).state == "signee"
    refused(by("val", "sent", one.id, "--channel", "formulaire"), Conflict, "informing the people concerned")
    assert "manque avant l'envoi" in done(call("show", one.id, "--by", "val@maison.example")).output
    done(by("val", "inform", one.id, "--choice", "exception_14_5_b", "--reason", WHY))
    assert "Exception de l'art. 14" in done(call("show", one.id, "--by", "val@maison.example")).output
    done(by("val", "sent", one.id, "--channel", "formulaire", "--reference", "R1"))
    done(by("ana", "acknowledge", one.id))
    done(by("ana", "answer", one.id, "--item", "1=aucune_licite", "--redress"))
    text = tmp_path / "plainte.txt"
    text.write_text("Nous contestons.", encoding="utf-8")
    done(by("ana", "complain", one.id, "--text", str(text)))
    complaint = find(opened, one.id, actor=team.val).complaints[0].id
    done(by("ana", "outcome", complaint, "revisee", "--item", "1=retire:loi:FR"))
    done(by("ana", "correct", one.id, "--words", "Une date."))
    done(by("ana", "reinstated", one.id))
    assert "Rien n'est dû" in done(call("due", "--by", "val@maison.example", "--days", "1")).output
    assert "refusés" in done(call("rates", "--by", "val@maison.example", "--since", "2026-01-01", "--until", "2028-12-31")).output
    done(by("ana", "close", one.id))
    assert "1 notification(s) envoyée(s), 0 anomalie(s)" in done(call("verify")).output
    last = find(opened, one.id, actor=team.val)
    assert (last.state, last.items[0].action, last.items[0].ground, last.items[0].scope) == ("close", "retire", "loi", "FR")
    assert json.loads(done(call("list", "--by", "val@maison.example", "--json")).output)["reference"] == "R1"
    assert '"problems"' in done(call("show", one.id, "--by", "val@maison.example", "--json")).output


@pytest.fixture
def ready(opened: Database, team: House) -> Notice:
    return drafted(opened, team)


def refused(result: Result, kind: type[Exception], why: str = "") -> None:
    assert isinstance(result.exception, kind), (result.exception, result.output)
    assert why in str(result.exception)


def test_a_wrong_password_signs_nothing(opened: Database, team: House, ready: Notice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cases.accounts.is_password", is_password)
    refused(call("sign", ready.id, "--interests", "aucun", "--by", "val@maison.example", typed="faux\noui\n"), Forbidden, "not the password")
    for word in ("unsign", "close"):
        refused(call(word, ready.id, "--by", "val@maison.example", typed="faux\n"), Forbidden)
    assert find(opened, ready.id, actor=team.val).signatures == ()


def test_nobody_is_signed_for_without_being_asked(opened: Database, team: House, ready: Notice) -> None:
    refused(by("val", "sign", ready.id, "--interests", "aucun"), Invalid, "nobody can be asked")
    refused(by("val", "sign", ready.id, "--interests", "aucun", answer="non\n"), Invalid, "declined")
    assert "--yes" not in call("sign", "--help").output


def test_one_account_is_not_two_and_a_gate_needs_its_role(opened: Database, team: House, ready: Notice) -> None:
    for _ in range(2):
        done(by("val", "sign", ready.id, "--interests", "aucun", answer="oui\n"))
    assert find(opened, ready.id, actor=team.val).state == "brouillon"
    refused(by("ana", "sign", ready.id, "--interests", "aucun", "--gate", "sante", answer="oui\n"), Forbidden, "role sante")
    refused(by("val", "sent", ready.id, "--channel", "formulaire"), Conflict, "brouillon")
    refused(by("val", "send", ready.id, answer="oui\n"), Conflict, "brouillon")
    refused(by("ana", "acknowledge", ready.id), Conflict)


def test_an_incomplete_notice_is_not_signed(opened: Database, team: House) -> None:
    made = drafted(opened, team, explanation="")
    refused(by("val", "sign", made.id, "--interests", "aucun", answer="oui\n"), Invalid, "explication")


def test_what_one_person_read_or_complotisme_alone_is_not_drafted(opened: Database, team: House, monkeypatch: pytest.MonkeyPatch) -> None:
    lone, plot = entry("b" * 32), entry("c" * 32, "C1")
    monkeypatch.setattr("cli.passwords.has_terminal", lambda: True)
    monkeypatch.setattr("index.open.open_index", lambda _settings: FakeIndex({one["id"]: one for one in (lone, plot)}))
    read_by(opened, (team.ana,), lone, qualification="urgence")
    read_by(opened, (team.ana, team.ben), plot, "C1", qualification="urgence")
    refused(by("val", "draft", lone["id"]), Invalid, "two different people")
    refused(by("val", "draft", plot["id"]), Invalid, "complotisme alone")


def test_another_house_sees_nothing(opened: Database, team: House, ready: Notice) -> None:
    refused(call("show", ready.id, "--by", "far@ailleurs.example"), NotFound)
    refused(call("sign", ready.id, "--interests", "aucun", "--by", "far@ailleurs.example", typed=f"{PASSWORD}\noui\n"), NotFound)
    assert done(call("list", "--by", "far@ailleurs.example")).output == ""


def test_who_may_not_send_does_not(opened: Database, team: House, tmp_path: Path) -> None:
    made = drafted(opened, team)
    secret = signing_secret(Settings(data_dir=tmp_path))
    assert secret == b"s" * 32
    signs(opened, made, team.val)
    signs(opened, made, team.doc, "sante")
    refused(by("ana", "sent", made.id, "--channel", "formulaire"), Forbidden, "role valide or droit")
    for who in ("ana", "doc"):
        refused(by(who, "inform", made.id, "--choice", "exception_14_5_b", "--reason", WHY), Forbidden, "role valide or droit")
    words = ("inform", made.id, "--choice", "exception_14_5_b", "--reason", WHY, "--by", "far@ailleurs.example")
    refused(call(*words, typed=f"{PASSWORD}\n"), NotFound, made.id)
    refused(by("val", "inform", made.id, "--choice", "differe", "--reason", WHY), Invalid, "deferred")
    refused(by("val", "send", made.id, answer="oui\n"), Invalid, "channel")
    refused(by("val", "sent", made.id, "--channel", "formulaire"), Conflict, "vigie notices inform")
    done(by("val", "inform", made.id, "--choice", "informe", "--reason", WHY, "--at", "2026-01-01T10:00+01:00"))
    later = (deed().at - timedelta(days=1)).isoformat()
    refused(by("val", "sent", made.id, "--channel", "formulaire", "--at", later), Invalid, "sent_at")
    refused(by("val", "sent", made.id, "--channel", "formulaire", "--at", "hier"), Invalid, "no moment")
    refused(by("val", "send", made.id, answer="oui\n"), Invalid, "channel")


def test_facts_and_digests_are_not_typed_in(opened: Database, team: House, ready: Notice, tmp_path: Path) -> None:
    fields = tmp_path / "f.json"
    for said, why in (
        ('{"markers": []}', "cannot be changed"),
        ('{"state": "signee"}', "cannot be changed"),
        ("[]", "expected an object"),
        ("{", "no JSON"),
    ):
        fields.write_text(said, encoding="utf-8")
        refused(by("val", "change", ready.id, "--from", str(fields), "--version", str(ready.version)), Invalid, why)
    for items, error, why in (('"x"', Invalid, "expected a list"), ('["b"]', NotFound, "not in the index"), ("[]", Invalid, "expected 1 to 50")):
        fields.write_text(f'{{"items": {items}}}', encoding="utf-8")
        refused(by("val", "change", ready.id, "--from", str(fields), "--version", str(ready.version)), error, why)
    decided(opened, team, entry("a" * 32, days=2))
    fields.write_text(json.dumps({"items": ["d1", "a" * 32]}), encoding="utf-8")
    done(by("val", "change", ready.id, "--from", str(fields), "--version", str(ready.version)))
    now = find(opened, ready.id, actor=team.val)
    assert ([one.document_id for one in now.items], now.signed) == (["d1", "a" * 32], ())
    fields.write_text('{"measure": "etiquetage"}', encoding="utf-8")
    refused(by("val", "change", ready.id, "--from", str(fields), "--version", "1"), Conflict, "version")


def test_without_a_terminal_one_line_says_what_to_do(ready: Notice, team: House, opened: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.passwords.has_terminal", lambda: False)
    for words, advice in (
        (("close", ready.id), "--password-stdin"),
        (("sign", ready.id, "--interests", "aucun"), "what a person says yes to is not piped"),
        (("send", ready.id), "what a person says yes to is not piped"),
    ):
        refused(by("val", *words), Invalid, "no terminal to ask « Mot de passe de val@maison.example » on; expected a person at one: ")
        refused(by("val", *words), Invalid, advice)
        assert "\n" not in str(by("val", *words).exception)
    for words in (("sign", ready.id, "--interests", "aucun", "--password-stdin"), ("send", ready.id, "--password-stdin")):
        assert isinstance(by("val", *words).exception, click.NoSuchOption)
    assert find(opened, ready.id, actor=team.val) == ready


def test_a_password_comes_from_standard_input(ready: Notice, team: House, opened: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.passwords.has_terminal", lambda: False)
    piped = ("close", ready.id, "--by", "val@maison.example", "--password-stdin")
    refused(call(*piped), Invalid, "standard input has no line")
    refused(call(*piped, typed="un autre mot de passe\n"), Forbidden, "not the password")
    monkeypatch.setattr("cases.totp.is_on", lambda *_: True)
    monkeypatch.setattr("cases.totp.take", lambda *given, **_: given[2] == "123456")
    refused(call(*piped, typed=f"{PASSWORD}\n"), Invalid, "Code à usage unique")
    refused(call(*piped, typed=f"{PASSWORD}\n654321\n"), Forbidden, "one-time code is wrong")
    words = ("change", ready.id, "--from", "-", "--version", "1", *piped[2:])
    refused(call(*words, typed=f"{PASSWORD}\n123456\n{{}}"), Invalid, "both read standard input")
    assert find(opened, ready.id, actor=team.val).state == "brouillon"
    answer = done(call(*piped, typed=f"{PASSWORD}\n123456\n"))
    assert "Mot de passe" not in answer.output
    assert PASSWORD not in answer.output
    assert find(opened, ready.id, actor=team.val).state == "close"


def test_what_is_uncertain_is_settled_by_who_may_send(opened: Database, team: House) -> None:
    post = decided(opened, team, entry("d1", host="bsky.app"))
    made = signed(opened, team, *post)
    now = made.created_at + timedelta(days=400)
    act, secret = deed(), b"s" * 32
    notice_sending.confirm_sending(opened, made.id, channel="api_bluesky", digest=made.digest, actor=team.val, act=act, secret=secret)
    words = ("settle", made.id, "--item", "1")
    refused(by("val", *words, "--arrived"), Conflict, "item 1 is attend; expected one that is incertaine")
    refused(by("val", "settle", made.id, "--item", "2", "--arrived"), Conflict, "not on its way")
    for at in (now, now + timedelta(hours=1)):
        notice_sending.take(opened, now=at, lease=timedelta(minutes=5), secret=secret)
    assert "envoi du contenu 1 : incertaine (l'envoi s'est interrompu)" in done(call("show", made.id, "--by", "val@maison.example")).output
    refused(by("ana", *words, "--arrived"), Forbidden, "role valide or droit")
    assert isinstance(by("val", *words).exception, click.MissingParameter)
    done(by("val", *words, "--arrived", "--reference", "R-9"))
    assert (find(opened, made.id, actor=team.val).state, find(opened, made.id, actor=team.val).reference) == ("envoyee", "R-9")


def test_a_signature_is_taken_back(opened: Database, team: House) -> None:
    made = signed(opened, team)
    done(by("doc", "unsign", made.id))
    assert find(opened, made.id, actor=team.val).state == "brouillon"


@pytest.mark.parametrize("item", ["x=retire", "1=rien", "1=retire:loi:FR:x", "0=retire", "1=retire:moral"])
def test_an_outcome_that_is_none_is_refused(item: str) -> None:
    with pytest.raises(Invalid, match="--item"):
        notice_answers.outcomes_of((item,))
