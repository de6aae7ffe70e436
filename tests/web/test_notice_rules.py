"""The rules of notices that nobody can switch off, tried around through the console and through the API: each time nothing comes of it."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from cases import accounts, decisions, notices
from cases.notices import Notice
from cases.tables_notices import InformationRow, NoticeRow, SendingRow, SignatureRow
from core.errors import Invalid
from tests.web import noticing
from tests.web.conftest import House
from tests.web.notice_ways import WAYS, Api, Console, Way, id_of, now_of
from tests.web.programs import program

Fill = Callable[..., list[str]]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    """One of them: for what changes something."""
    return WAYS[request.param]  # type: ignore[no-any-return]


def each(house: House, who: str) -> list[Console | Api]:
    """Both, one after the other: for what must come to nothing."""
    return [way(house, who) for way in (Console, Api)]


@pytest.fixture
def name(house: House, fill: Fill) -> str:
    """An item that two people read as unlawful."""
    found = fill({"number": 1, "text": noticing.TEXT, "p": 0.9, "title": "Un titre"})[0]
    noticing.two_readings(house, found, "A6")
    return found


@pytest.fixture
def notice(house: House, name: str) -> Notice:
    """A draft of which nothing is missing."""
    made = noticing.complete(house, name)
    assert notices.problems(house.database, made) == ()
    return made


def counted(house: House, row: Any) -> int:
    with house.database.reading() as session:
        return len(session.scalars(select(row)).all())


def unsigned(house: House, notice: Notice) -> bool:
    """Nobody's signature was written, and it is a draft still."""
    return counted(house, SignatureRow) == 0 and now_of(house, notice).state == "brouillon"


def test_the_right_way_is_open(house: House, way: Way, name: str) -> None:
    """What the others leave out, one by one."""
    noticing.with_profile(house)
    made = way(house, "analyse").draft(name)
    notice = now_of(house, id_of(made))
    assert way.took(way(house, "analyse").change(notice, **noticing.reasons(notice)))
    notice = now_of(house, notice)
    assert way.took(way(house, "valide").sign(notice))
    assert way.took(way(house, "sante").sign(notice, "sante"))
    assert now_of(house, notice).state == "signee"
    assert way.took(way(house, "valide").inform(notice))
    assert way.took(way(house, "droit").send(now_of(house, notice)))
    assert now_of(house, notice).state == "envoyee"
    assert now_of(house, notice).sent_by == house.people["droit"].id


# a human decided


def test_what_two_people_have_not_decided_is_no_draft(house: House, fill: Fill) -> None:
    unread, once, lawful = fill(*({"number": number, "text": noticing.TEXT, "p": 0.99} for number in (1, 2, 3)))
    noticing.two_readings(house, once, "A6", people=("analyse",))
    noticing.two_readings(house, lawful, "A6", qualification="licite_preoccupant", people=("analyse",))
    assert [way.draft(name).status_code for way in each(house, "valide") for name in (unread, once, lawful)] == [422] * 6
    assert counted(house, NoticeRow) == 0


def test_a_decision_that_was_undone_signs_and_sends_nothing(house: House, way: Way, name: str, notice: Notice) -> None:
    noticing.sign(house, notice, "valide")
    noticing.sign(house, notice, "sante", "sante")
    decisions.undo(house.database, [name], reason="Une erreur.", by="V", act=noticing.act())
    assert not way.took(way(house, "droit").send(now_of(house, notice)))
    assert not way.took(way(house, "droit").sign(notice))
    assert now_of(house, notice).sent_at is None


# two different people


def test_one_person_signs_once_whatever_the_door(house: House, notice: Notice) -> None:
    """A program with two keys of one person is one person, and so are a key and a browser."""
    for way in each(house, "sante") * 2:
        way.sign(notice, "sante")
    assert counted(house, SignatureRow) == 1
    assert now_of(house, notice).state == "brouillon"
    assert not any(way.took(way.send(now_of(house, notice))) for way in each(house, "valide"))


def test_a_second_account_of_the_same_person_does_not_count(house: House, notice: Notice) -> None:
    house.add("valide+bis", "analyse", "sante")  # the mailbox of valide
    noticing.sign(house, notice, "valide")
    assert [way.sign(notice, "sante").status_code for way in each(house, "valide+bis")] == [409, 409]
    assert counted(house, SignatureRow) == 1


def test_another_house_neither_sees_nor_signs(house: House, notice: Notice) -> None:
    house.add("juriste_ailleurs", "valide", "sante", "droit", organisation=house.other)
    for way in each(house, "juriste_ailleurs"):
        assert [one.status_code for one in (way.sign(notice, "sante"), way.change(notice, explanation="x" * 100), way.send(notice))] == [404] * 3
    browser, key = house.browser("juriste_ailleurs"), program(house, "juriste_ailleurs")
    for path in ("", "/document.pdf", "/suivi", "/envoyer", "/signer", "/modifier", "/reclamation"):
        assert browser.get(f"/notifications/{notice.id}{path}").status_code == 404
    for path in ("", "/document.json", "/events", "/complaints"):
        assert key.get(f"/notices/{notice.id}{path}").status_code == 404
    assert key.get("/notices").json()["items"] == []
    assert unsigned(house, notice)


def test_a_closed_account_s_signature_does_not_count(house: House, notice: Notice) -> None:
    from cases import changing

    noticing.sign(house, notice, "valide")
    noticing.sign(house, notice, "sante", "sante")
    changing.disable(house.database, house.people["sante"].id, by="test")
    assert [way.send(now_of(house, notice)).status_code for way in each(house, "droit")] == [409, 409]
    assert now_of(house, notice).sent_at is None


# the gates


def test_a_look_is_answered_for_with_its_role_only(house: House, way: Way, notice: Notice) -> None:
    assert way(house, "droit").sign(notice, "sante").status_code == 403
    assert unsigned(house, notice)
    assert way.took(way(house, "valide").sign(notice))
    assert way.took(way(house, "droit").sign(notice))
    assert now_of(house, notice).state == "brouillon"  # two people, and nobody who answers for health
    assert way(house, "valide").send(now_of(house, notice)).status_code == 409


# two dated items where the taxonomy asks for them


def test_one_item_does_not_show_what_takes_two(house: House, fill: Fill) -> None:
    name = fill({"number": 1, "text": noticing.TEXT, "p": 0.9})[0]
    noticing.two_readings(house, name, "B2")
    notice = noticing.complete(house, name)
    assert "deux_contenus" in {one.code for one in notices.problems(house.database, notice)}
    assert [way.sign(notice).status_code for way in each(house, "valide")] == [422, 422]
    assert unsigned(house, notice)


# complotisme alone


def test_complotisme_alone_is_no_notice(house: House, fill: Fill) -> None:
    name = fill({"number": 1, "text": noticing.TEXT, "p": 0.9})[0]
    with pytest.raises(Invalid, match="complotisme alone"):
        noticing.two_readings(house, name, "C1")
    noticing.two_readings(house, name, "C1", qualification="urgence")  # what a decision can't say, an urgency can
    assert [way.draft(name).status_code for way in each(house, "valide")] == [422, 422]
    assert counted(house, NoticeRow) == 0


# exclusions, victims, completeness

LEFT_OUT: dict[str, dict[str, Any]] = {
    "victims": {"victims": None, "measure": "retrait", "art18": False},
    "danger without why": {"art18": True, "art18_why": ""},
    "exclusions": {"weighed": []},
    "reasons": {"explanation": "Illicite."},
    "category": {"category": "STATEMENT_CATEGORY_ANIMAL_WELFARE", "keyword": "KEYWORD_OTHER"},
    "law": {"bases": []},
    "provider": {"recipient": {"provider": ""}},
    "a victim's phone": {"explanation": noticing.WORDS + " Appelez le 06 12 34 56 78."},
    "a victim's name": {"explanation": noticing.WORDS + " Madame Élise Martin en est morte."},
    "a victim's address": {"art18_why": "Elle vit 12 rue des Lilas."},
}


def test_what_is_missing_is_named_and_keeps_it_from_being_signed(house: House, way: Way, name: str) -> None:
    """Each of them, with all the rest there."""
    noticing.with_profile(house)
    first = notice = noticing.drafted(house, name)
    assert first.content
    whole = first.content.model_dump(include={"bases", "category", "keyword", "keyword_other"})
    browser = house.browser("valide")
    for what, fields in LEFT_OUT.items():
        answer = way(house, "valide").change(notice, **{**whole, **without(first, fields)})
        assert way.took(answer), (what, answer.text)
        notice = now_of(house, notice)
        found = notices.problems(house.database, notice)
        assert len(found) in (1, 2), (what, found)
        assert way(house, "valide").sign(notice).status_code == 422, what
        page = unescape(browser.get(f"/notifications/{notice.id}/modifier").text)
        assert [one.says for one in found if f">{one.says}</a>" not in page] == [], what
    assert unsigned(house, notice)


def without(notice: Notice, fields: dict[str, Any]) -> dict[str, Any]:
    """All reasons but these. What was answered can't be unanswered by a program's null: it comes first, before it is answered."""
    return {key: value for key, value in noticing.reasons(notice, **fields).items() if value is not None}


@pytest.mark.parametrize("field", ["victims", "art18", "measure"])
def test_what_was_never_answered_keeps_it_from_being_signed(house: House, name: str, field: str) -> None:
    noticing.with_profile(house)
    made = noticing.drafted(house, name)
    assert Api.took(Api(house, "valide").change(made, **without(made, {field: None})))
    assert [one.field for one in notices.problems(house.database, now_of(house, made))] == [field]
    assert [way.sign(now_of(house, made)).status_code for way in each(house, "valide")] == [422, 422]
    assert unsigned(house, made)


def test_the_organisation_says_who_it_is(house: House, name: str) -> None:
    made = noticing.drafted(house, name)
    assert Console.took(Console(house, "valide").change(made, **noticing.reasons(made)))
    assert [way.sign(now_of(house, made)).status_code for way in each(house, "valide")] == [422, 422]
    assert "/notifications/profil" in house.browser("valide").get(f"/notifications/{made.id}/modifier").text


# what is signed is what stands


def test_a_change_fells_the_signatures(house: House, way: Way, name: str) -> None:
    signed = noticing.signed(house, name)
    assert way.took(way(house, "analyse").change(signed, explanation=noticing.WORDS + " Et davantage."))
    now = now_of(house, signed)
    assert (now.state, now.version) == ("brouillon", signed.version + 1)
    for digest in (signed.digest, now.digest):
        assert way(house, "droit").send(now, digest=digest).status_code == 409
    assert now_of(house, signed).sent_at is None


def test_an_item_that_enters_fells_the_signatures(house: House, way: Way, name: str, fill: Fill) -> None:
    signed = noticing.signed(house, name)
    second, lone, elsewhere = fill(
        {"number": 2, "text": noticing.TEXT, "p": 0.9},
        {"number": 3, "text": noticing.TEXT},
        {"number": 4, "text": noticing.TEXT, "platform": "autre.example"},
    )
    noticing.two_readings(house, lone, "A6", people=("analyse",))
    for more in (second, elsewhere):
        noticing.two_readings(house, more, "A6")
    for more in (lone, elsewhere):
        assert way(house, "analyse").rearrange(signed, name, more).status_code == 422
    assert way(house, "analyse").rearrange(signed, name, "inconnu").status_code in (404, 422)
    assert (now_of(house, signed).state, now_of(house, signed).version) == ("signee", signed.version)
    assert way.took(way(house, "analyse").rearrange(signed, name, second))
    now = now_of(house, signed)
    assert [one.document_id for one in now.items] == [name, second]
    assert (now.state, now.signed) == ("brouillon", ())
    for digest in (signed.digest, now.digest):
        assert way(house, "droit").send(now, digest=digest).status_code == 409
    assert way.took(way(house, "analyse").rearrange(now, second))
    assert [one.document_id for one in now_of(house, signed).items] == [second]
    assert way(house, "analyse").rearrange(now_of(house, signed)).status_code == 422, "no notice of nothing"


def test_an_old_page_signs_nothing(house: House, way: Way, notice: Notice) -> None:
    assert way.took(way(house, "analyse").change(notice, explanation=noticing.WORDS + " Et davantage."))
    assert way(house, "valide").sign(notice).status_code == 409
    assert unsigned(house, notice)


def test_an_old_version_changes_nothing(house: House, way: Way, notice: Notice) -> None:
    assert way.took(way(house, "analyse").change(notice, explanation=noticing.WORDS + " Un."))
    assert way(house, "valide").change(notice, explanation=noticing.WORDS + " Deux.").status_code == 409
    assert (now_of(house, notice).content or pytest.fail("erased")).explanation.endswith("Un.")


def test_nobody_signs_other_words_or_without_saying_their_interests(house: House, notice: Notice) -> None:
    for way in each(house, "valide"):
        answers = [way.sign(notice, statement=said) for said in ("", "Oui.", "Je déclare de bonne foi.")] + [way.sign(notice, interests=" ")]
        assert [one.status_code for one in answers] == [422] * 4
    assert unsigned(house, notice)


def test_facts_come_from_nobody_s_hand(house: House, notice: Notice) -> None:
    """A form's or a program's own url, markers or quotes are not taken."""
    assert notice.content
    before = notice.content.items
    quoting = {"bases": "cp-223-1-2-al2", "dit:cp-223-1-2-al2:pratique": "Oui.", "cite:cp-223-1-2-al2:pratique": "1-0-5-A6"}
    forged = {"markers": ["gourou"], "url": "https://ailleurs.example/", "automated_detection": "non", "platform": "bluesky", "digest": "0" * 64}
    Console(house, "valide").change(notice, elements=[])
    Console(house, "valide").post(f"/{notice.id}/modifier", {"version": notice.version + 1, **forged, **quoting})
    now = now_of(house, notice)
    assert now.content
    assert now.content.items == before
    assert now.platform == notice.platform
    assert now.content.automated_detection
    assert not any(one.quotes for one in now.content.elements)
    for extra in ({"content": {}}, {"automated_detection": False}, {"state": "signee"}, {"items": [{"url": "https://ailleurs.example/"}]}):
        assert Api(house, "valide").change(now, **extra).status_code == 422
    quote = {"document_id": before[0].document_id, "start": 0, "end": 5, "text": "Menti", "submarker": "A6"}
    elements = [{"basis": one.basis, "element": one.element, "says": "Oui.", "quotes": [quote]} for one in notice.content.elements]
    assert Api.took(Api(house, "valide").change(now, elements=elements))
    assert Api(house, "valide").sign(now_of(house, now)).status_code == 422
    assert unsigned(house, now)


# nothing leaves without a person


def test_what_is_not_signed_by_all_is_not_sent(house: House, notice: Notice) -> None:
    for one in ("", "valide", "droit"):
        if one:
            noticing.sign(house, notice, one)
        for way in each(house, "droit"):
            assert [way.took(answer) for answer in (way.send(now_of(house, notice)), way.confirm(now_of(house, notice)))] == [False, False]
    assert now_of(house, notice).sent_at is None
    assert counted(house, SendingRow) == 0


def test_who_reads_does_not_send_and_no_interface_takes_what_has_none(house: House, name: str) -> None:
    signed = noticing.signed(house, name)
    for who in ("analyse", "sante"):
        assert [way.send(signed).status_code for way in each(house, who)] + [way.confirm(signed).status_code for way in each(house, who)] == [403] * 4
    assert [way.confirm(signed).status_code for way in each(house, "valide")] == [422, 422]
    assert now_of(house, signed).sent_at is None
    assert counted(house, SendingRow) == 0


@pytest.mark.parametrize("platform", ["", "mastodon.social"])
def test_nothing_leaves_before_the_people_concerned_were_thought_of(house: House, fill: Fill, platform: str) -> None:
    """GDPR art. 14(3)(c). Who only reads does not choose, and neither does another house, nor a choice that says nothing."""
    name = fill({"number": 1, "text": noticing.TEXT, "p": 0.9, **({"platform": platform, "url": f"https://{platform}/@p/1"} if platform else {})})[0]
    noticing.two_readings(house, name, "A6")
    signed = noticing.signed(house, name, informed=False)

    house.add("valide_ailleurs", "valide", organisation=house.other)

    def tried() -> list[int]:
        ways = each(house, "droit")
        answers = [way.send(signed, **more) for way in ways for more in ({}, {"channel": "formulaire"})]  # type: ignore[arg-type]
        return [one.status_code for one in (*answers, *(way.confirm(signed) for way in ways))]

    assert tried() == [409] * 4 + [409 if platform else 422] * 2
    for who, status in (("analyse", 403), ("sante", 403), ("valide_ailleurs", 404)):
        assert [way.inform(signed).status_code for way in each(house, who)] == [status] * 2, who
    path, said = f"/donnees/information/notice/{signed.id}", {"act": "a" * 32, "choice": "exception_14_5_b", "reason": "Non."}
    assert house.browser("analyse").post(path, said).status_code == 403  # the other page of the same choice
    for wrong in ({"choice": "rien"}, {"choice": "informe"}, {"choice": "differe"}, {"reason": " "}):
        assert [way.inform(signed, **wrong).status_code for way in each(house, "valide")] == [422] * 2, wrong
    assert program(house, "valide", ("notices:read",)).post(f"/notices/{signed.id}/information", said, key="sans-portee").status_code == 403
    assert tried() == [409] * 4 + [409 if platform else 422] * 2
    assert now_of(house, signed).sent_at is None
    assert counted(house, SendingRow) == 0
    assert counted(house, InformationRow) == 0


def test_an_interface_is_called_once_and_after_a_person_confirmed_it(house: House, way: Way, fill: Fill) -> None:
    name = fill({"number": 1, "text": noticing.TEXT, "p": 0.9, "platform": "mastodon.social", "url": "https://mastodon.social/@p/1"})[0]
    noticing.two_readings(house, name, "A6")
    signed = noticing.signed(house, name)
    assert signed.platform == "mastodon"
    assert Console(house, "valide").confirm(signed, confirme="").status_code == 422
    assert house.browser("valide").get(f"/notifications/{signed.id}/envoyer?confirme=oui").status_code == 200  # looking is not sending
    assert way(house, "valide").confirm(signed, digest="0" * 64).status_code == 409
    assert counted(house, SendingRow) == 0
    assert way.took(way(house, "valide").confirm(signed))
    for other in each(house, "droit"):
        other.confirm(signed)
        assert other.send(signed).status_code == 409  # it is on its way
        assert other.change(signed, explanation=noticing.WORDS + " Et davantage.").status_code == 409
    assert counted(house, SendingRow) == 1
    assert now_of(house, signed).sent_at is None


def test_a_time_before_the_signatures_is_not_taken(house: House, way: Way, name: str) -> None:
    signed = noticing.signed(house, name)
    assert way(house, "valide").send(signed, sent_at="2020-01-01T10:00" if way is Console else "2020-01-01T10:00:00Z").status_code == 422
    assert now_of(house, signed).sent_at is None


def test_a_key_without_the_scope_does_not_sign(house: House, notice: Notice) -> None:
    scopes = ("notices:read", "notices:write")
    asked = {"digest": notice.digest, "statement": "x", "interests": "aucun"}
    assert program(house, "valide", scopes).post(f"/notices/{notice.id}/signatures", asked, key="une-cle-d-essai").status_code == 403  # type: ignore[arg-type]
    assert accounts.find_person(house.database, identifier=house.people["valide"].id)
    assert unsigned(house, notice)
