"""Each rule that no notice gets around: what is missing is named, and nobody can sign until it is there."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from cases.database import Database
from cases.decisions import undo
from cases.legal import load_legal
from cases.notice import Content
from cases.notice_found import Found, Passage
from cases.notice_records import Notice
from cases.notice_rules import Setting, counting, criterion, dated, gates_of, load_setting, problems_of
from cases.notices import change, draft, find, problems
from cases.profiles import Notifier, Profile
from cases.tables_people import PersonRow
from cases.withdrawals import withdraw
from core.errors import Forbidden, Invalid
from tests.cases.noticing import SECRET, SIGNS, House, codes, complete, decided, drafted, entry, house, read_by, signs
from tests.cases.reading_room import deed, person

HOUSE = Notifier(organisation_id="maison", name="Maison", capacity="aucune", registration=None, profile=Profile(email="contact@maison.example"))


@pytest.fixture
def team(embedded: Database) -> House:
    return house(embedded)


@pytest.fixture
def setting() -> Setting:
    return load_setting(HOUSE)


def test_what_is_missing_is_asked_for_in_words_that_a_volunteer_understands(embedded: Database, team: House) -> None:
    made = drafted(embedded, team)
    says = {one.says for one in problems(embedded, change(embedded, made.id, {"elements": []}, version=made.version, actor=team.val, act=deed()))}
    assert made.content is not None
    basis = load_legal().basis(made.content.bases[0])
    wanted = basis.elements[0]
    assert f"{basis.article} : montrez l'élément « {wanted.name} ». {wanted.asks}" in says


@pytest.mark.parametrize("text", ["Appelez le 06 12 34 56 78.", "Voyez @lea_m ici", "Écrivez à lea@exemple.fr"])
def test_a_name_of_what_leads_to_a_person_needs_no_gender(embedded: Database, team: House, text: str) -> None:
    made = drafted(embedded, team)
    told = change(embedded, made.id, {"explanation": f"{text} {'Le contenu est illicite. ' * 5}"}, version=made.version, actor=team.val, act=deed())
    assert next(one.says for one in problems(embedded, told) if one.code == "identifiant").startswith("Ce texte mène à une personne (")


def refuses(database: Database, team: House, notice: Notice, code: str) -> None:
    """It is named, and neither of two people can sign."""
    assert code in codes(database, notice), problems(database, notice)
    for who, gates in ((team.val, ()), (team.doc, ("sante",)), (team.lou, ("droit",))):
        with pytest.raises(Invalid, match=code):
            signs(database, notice, who, *gates)
    assert find(database, notice.id, actor=team.val).state == "brouillon"
    assert SECRET


def test_a_complete_draft_has_no_problem(embedded: Database, team: House) -> None:
    made = drafted(embedded, team)
    assert problems(embedded, made) == ()
    assert made.content
    assert made.content.bases == ("cp-223-1-2-al2",)
    assert made.markers == ("abandon_soins",)
    assert made.content.elements[0].quotes[0].text == SIGNS["A6"]


@pytest.mark.parametrize(
    ("change_", "code"),
    [
        ({"explanation": ""}, "explication"), ({"explanation": "Trop court."}, "explication"), ({"category": None}, "categorie"),
        ({"category": "STATEMENT_CATEGORY_INVENTED"}, "categorie"), ({"keyword": None}, "mot_cle"), ({"keyword": "KEYWORD_PHISHING"}, "mot_cle"),
        ({"measure": None}, "mesure"), ({"art18": None}, "art18"), ({"art18": True, "art18_why": ""}, "art18"), ({"victims": None}, "victimes"),
        ({"bases": ()}, "base"), ({"bases": ("cp-433-17",)}, "base"), ({"bases": ("cp-223-1-2-al3",)}, "base"), ({"weighed": ()}, "exclusion"),
        ({"recipient": None}, "fournisseur"), ({"explanation": "Joindre la victime : lea@exemple.fr, elle répond ici. " * 3}, "identifiant"),
        ({"explanation": "La victime se joint au 06 12 34 56 78, elle peut répondre de ce qui s'est passé ce jour-là, ici."}, "identifiant"),
        ({"summary_en": "The victim is @lea_martin on this service."}, "identifiant"), ({"platform": "bluesky"}, "plateforme"),
        ({"explanation": "La victime, Mme Durand, habite au 12 rue des Lilas, et a suivi ce conseil jusqu'à être hospitalisée."}, "identifiant"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named_and_nobody_signs(embedded: Database, team: House, change_: dict[str, Any], code: str) -> None:
    refuses(embedded, team, drafted(embedded, team, **change_), code)


def test_an_explanation_of_spaces_is_empty_and_what_is_too_long_is_refused(embedded: Database, team: House) -> None:
    assert "explication" in codes(embedded, drafted(embedded, team, explanation=" " * 500))
    made = find(embedded, next(iter([drafted(embedded, team, *decided(embedded, team, entry("d2")))])).id, actor=team.val)
    with pytest.raises(Invalid, match="explanation"):
        change(embedded, made.id, {"explanation": "x" * 2001}, version=made.version, actor=team.val, act=deed())


@pytest.mark.parametrize("missing", ["risque", "finalite", "pratique"])
def test_each_element_of_the_law_is_said(embedded: Database, team: House, missing: str) -> None:
    made = drafted(embedded, team)
    assert made.content
    kept = [one.model_dump(mode="json") | ({"says": ""} if one.element == missing else {}) for one in made.content.elements]
    refuses(embedded, team, change(embedded, made.id, {"elements": kept}, version=made.version, actor=team.val, act=deed()), "element")


def test_no_quote_no_notice_and_a_quote_is_what_readers_took(embedded: Database, team: House) -> None:
    made = drafted(embedded, team)
    assert made.content
    plain = [{**one.model_dump(mode="json"), "quotes": []} for one in made.content.elements]
    bare = change(embedded, made.id, {"elements": plain}, version=made.version, actor=team.val, act=deed())
    refuses(embedded, team, bare, "citation")
    quote = made.content.elements[0].quotes[0].model_dump()
    for wrong in ({**quote, "text": "Buvez du thé chaque matin."}, {**quote, "document_id": "autre"}, {**quote, "start": quote["start"] + 1},
                  {**quote, "end": quote["end"] + 5, "text": quote["text"] + " (d1)"}, {**quote, "text": "[...]"}):  # fmt: skip
        forged = [{**plain[0], "quotes": [wrong]}, *plain[1:]]
        bare = change(embedded, made.id, {"elements": forged}, version=bare.version, actor=team.val, act=deed())
        assert "citation" in codes(embedded, bare), wrong
    cut = {**quote, "text": "Buvez [...] matin."}
    fine = [{**plain[0], "quotes": [cut]}, *plain[1:]]
    bare = change(embedded, made.id, {"elements": fine}, version=bare.version, actor=team.val, act=deed())
    assert problems(embedded, bare) == ()


def test_a_quote_that_shows_a_person_is_masked_by_the_draft_and_refused_unmasked(embedded: Database, team: House) -> None:
    said = "Buvez le chlore, demandez à paul@cure.example."
    one = entry("d1", text=said)
    quote = [{"start": 0, "end": len(said), "text": said, "submarker": "A6"}]
    read_by(embedded, (team.ana, team.ben), {**one, "text": said}, "A6", quotes=quote) if SIGNS["A6"] in said else _read(embedded, team, one, quote)
    made = drafted(embedded, team, one)
    assert made.content
    assert made.content.elements[0].quotes[0].text == "Buvez le chlore, demandez à [...]."
    assert problems(embedded, made) == ()
    open_ = [{**one_.model_dump(mode="json")} for one_ in made.content.elements]
    open_[0]["quotes"][0]["text"] = said
    refuses(embedded, team, change(embedded, made.id, {"elements": open_}, version=made.version, actor=team.val, act=deed()), "citation")


def _read(database: Database, team: House, one: dict[str, Any], quotes: list[dict[str, Any]]) -> None:
    from tests.cases.noticing import item_of
    from tests.cases.reading_room import reads, saying

    reading = saying("illicite_presume", markers=("abandon_soins",), quotes=quotes, submarkers={"A6": "present"})
    for who in (team.ana, team.ben):
        reads(database, who, item_of(one), reading, texts={one["id"]: one["text"]})


def test_every_exclusion_that_anybody_ticked_is_weighed(embedded: Database, team: House) -> None:
    one = entry("d1", "A6")
    read_by(embedded, (team.ana,), one, "A6")
    from tests.cases.noticing import item_of
    from tests.cases.reading_room import reads, saying

    reads(embedded, team.ben, item_of(one), saying("hors_champ", exclusions=("satire",)), texts={"d1": one["text"]})
    _adjudicated(embedded, team, one)
    made = drafted(embedded, team, one)
    assert made.content
    assert made.content.items[0].exclusions == ("satire",)
    assert problems(embedded, made) == ()
    kept = [weighed.model_dump() for weighed in made.content.weighed if weighed.exclusion != "satire"]
    refuses(embedded, team, change(embedded, made.id, {"weighed": kept}, version=made.version, actor=team.val, act=deed()), "exclusion")


def _adjudicated(database: Database, team: House, one: dict[str, Any]) -> None:
    from cases.adjudications import adjudicate
    from tests.cases.noticing import item_of
    from tests.cases.reading_room import ALONE, saying

    start = one["text"].index(SIGNS["A6"])
    quote = {"start": start, "end": start + len(SIGNS["A6"]), "text": SIGNS["A6"], "submarker": "A6"}
    reading = saying("illicite_presume", markers=("abandon_soins",), submarkers={"A6": "present"}, quotes=[quote])
    adjudicate(database, [item_of(one)], reading, actor=team.val, act=deed(), texts={one["id"]: one["text"]}, policy=ALONE)


def test_a_lone_reading_drafts_nothing(embedded: Database, team: House) -> None:
    one = entry()
    read_by(embedded, (team.ana,), one)
    with pytest.raises(Invalid, match="no decision"):
        draft(embedded, [one], actor=team.val, act=deed())
    urgent = entry("d2")
    read_by(embedded, (team.ana,), urgent, qualification="urgence")
    with pytest.raises(Invalid, match="two different people"):
        draft(embedded, [urgent], actor=team.val, act=deed())


def test_two_readings_that_differ_draft_nothing_before_a_third_person_decides(embedded: Database, team: House) -> None:
    one = entry()
    read_by(embedded, (team.ana,), one, qualification="urgence")  # it stands at once
    read_by(embedded, (team.ben,), one)
    with pytest.raises(Invalid, match="two different people"):
        draft(embedded, [one], actor=team.val, act=deed())
    _adjudicated(embedded, team, one)
    assert codes(embedded, drafted(embedded, team, one)) == set()


def test_a_marker_that_one_person_alone_confirms_carries_no_notice(embedded: Database, team: House) -> None:
    """Ana finds it unlawful as gourou, Val who decides as abandon_soins: nobody else confirms that; complotisme, which all see, is none."""
    from cases.adjudications import adjudicate
    from tests.cases.noticing import item_of
    from tests.cases.reading_room import saying

    one = entry("d1", "A5", "B2", "C1")
    read_by(embedded, (team.ana,), one, "B2", "C1")
    read_by(embedded, (team.ben,), one, "C1", qualification="licite_preoccupant")
    quotes = [{"start": one["text"].index(SIGNS[sign]), "end": one["text"].index(SIGNS[sign]) + len(SIGNS[sign]), "text": SIGNS[sign], "submarker": sign}
              for sign in ("A5", "C1")]  # fmt: skip
    said = saying("illicite_presume", markers=("abandon_soins", "complotisme"), quotes=quotes, submarkers={"A5": "present", "C1": "present"})
    adjudicate(embedded, [item_of(one)], said, actor=team.val, act=deed(), texts={"d1": one["text"]})
    with pytest.raises(Invalid, match="two different people"):
        draft(embedded, [one], actor=team.val, act=deed())


def test_a_sign_of_a_marker_that_was_not_confirmed_does_not_count(embedded: Database, team: House) -> None:
    one = entry("d1", "A5", "C1")
    read_by(embedded, (team.ana, team.ben), one, "A5", "C1", markers=("abandon_soins",))
    assert drafted(embedded, team, one).content.submarkers == ("A5",)  # type: ignore[union-attr]


def test_a_decision_without_readings_drafts_nothing(embedded: Database, team: House) -> None:
    from cases.decisions import decide
    from tests.cases.conftest import choice
    from tests.cases.noticing import item_of

    one = entry()
    decide(embedded, [item_of(one)], choice("illicite_presume", "abandon_soins"), act=deed())
    with pytest.raises(Invalid, match="two different people"):
        draft(embedded, [one], actor=team.val, act=deed())
    with pytest.raises(Invalid, match="no content"):
        draft(embedded, [], actor=team.val, act=deed())


def test_what_was_found_lawful_or_changed_its_text_drafts_nothing(embedded: Database, team: House) -> None:
    one = entry()
    read_by(embedded, (team.ana,), one, qualification="licite_preoccupant")
    with pytest.raises(Invalid, match="no decision"):
        draft(embedded, [one], actor=team.val, act=deed())
    other = decided(embedded, team, entry("d2"))[0]
    with pytest.raises(Invalid, match="no decision"):
        draft(embedded, [{**other, "text": other["text"] + " Et encore."}], actor=team.val, act=deed())


def test_a_decision_that_falls_stops_the_notice(embedded: Database, team: House) -> None:
    made = drafted(embedded, team)
    undo(embedded, ["d1"], reason="Erreur.", by="Val", act=deed())
    refuses(embedded, team, made, "decision")


def test_a_reading_that_is_taken_back_stops_the_notice(embedded: Database, team: House) -> None:
    made = drafted(embedded, team)
    withdraw(embedded, "d1", actor=team.ben, act=deed())
    assert codes(embedded, made) & {"decision", "lectures"}
    with pytest.raises(Invalid):
        signs(embedded, made, team.val)


def test_a_text_that_changed_in_the_index_is_told(embedded: Database, team: House) -> None:
    made = drafted(embedded, team)
    assert problems(embedded, made, entries=[entry()]) == ()
    assert {one.code for one in problems(embedded, made, entries=[{**entry(), "text": "Autre."}])} == {"perime"}


def test_complotisme_alone_is_no_notice(embedded: Database, team: House) -> None:
    one = entry("d1", "C1")
    read_by(embedded, (team.ana, team.ben), one, "C1", qualification="urgence")
    with pytest.raises(Invalid, match="complotisme alone"):
        draft(embedded, [one], actor=team.val, act=deed())


def test_complotisme_beside_another_item_is_refused(embedded: Database, team: House) -> None:
    sound, plot = decided(embedded, team, entry("d1"))[0], entry("d2", "C1")
    read_by(embedded, (team.ana, team.ben), plot, "C1", qualification="urgence")
    refuses(embedded, team, drafted(embedded, team, sound, plot), "complotisme")
    made = draft(embedded, [sound, plot], actor=team.val, act=deed())
    alone = change(embedded, made.id, {**complete(made), "items": ["d1"]}, version=made.version, actor=team.val, act=deed())
    assert "complotisme" not in codes(embedded, alone)
    assert len(alone.items) == 1


def test_an_urgency_without_a_marker_is_no_notice(embedded: Database, team: House) -> None:
    one = entry()
    read_by(embedded, (team.ana, team.ben), one, qualification="urgence", markers=(), quotes=(), submarkers={})
    with pytest.raises(Invalid, match="complotisme alone"):
        draft(embedded, [one], actor=team.val, act=deed())


def test_two_dated_items_where_the_taxonomy_asks(embedded: Database, team: House) -> None:
    first = decided(embedded, team, entry("d1", "B1", "B3"), signs=("B1", "B3"))[0]
    refuses(embedded, team, drafted(embedded, team, first), "deux_contenus")


@pytest.mark.parametrize("how", ["undated", "same day", "same text"])
def test_two_items_that_are_not_two_do_not_count(embedded: Database, team: House, how: str) -> None:
    second = {"undated": {"published_at": None}, "same day": {"days": 0}, "same text": {"days": 3, "text": entry("d1", "B1", "B3")["text"]}}[how]
    pair = decided(embedded, team, entry("d1", "B1", "B3"), entry("d2", "B1", "B3", **second), signs=("B1", "B3"))  # type: ignore[arg-type]
    assert "deux_contenus" in codes(embedded, drafted(embedded, team, *pair))


def test_two_dated_items_do(embedded: Database, team: House) -> None:
    pair = decided(embedded, team, entry("d1", "B1", "B3"), entry("d2", "B1", "B3", days=3), signs=("B1", "B3"))
    found = codes(embedded, drafted(embedded, team, *pair))
    assert found == {"base"}, "223-15-3 alone is not enough for a notice"


def test_two_items_for_repeated_pressure(embedded: Database, team: House, setting: Setting) -> None:
    """The element itself asks for it: art. 223-1-2, al. 1, at one item whose sign needs one."""
    one = decided(embedded, team, entry("d1", "A1"), signs=("A1",))
    assert codes(embedded, drafted(embedded, team, *one)) == {"deux_contenus"}
    two = decided(embedded, team, entry("d2", "A1", days=2), signs=("A1",))
    assert codes(embedded, drafted(embedded, team, *one, *two)) == set()


def test_a_single_criterion_is_refused(embedded: Database, team: House) -> None:
    pair = decided(embedded, team, entry("d1", "B8"), entry("d2", "B8", days=3), signs=("B8",))
    assert "critere_seul" in codes(embedded, drafted(embedded, team, *pair))
    both = decided(embedded, team, entry("d3", "B1", "B8", days=4), entry("d4", "B1", "B8", days=6), signs=("B1", "B8"))
    assert codes(embedded, drafted(embedded, team, *both)) == set()
    assert not criterion(("B1", "B2"))
    assert criterion(("B2", "B7"))
    assert not criterion(("B3", "B7", "A1"))


def test_a_sign_that_is_not_established_is_not_quoted(embedded: Database, team: House) -> None:
    made = drafted(embedded, team, *decided(embedded, team, entry("d1", "A6", "B2"), signs=("A6", "B2")))
    assert made.content
    assert problems(embedded, made) == ()
    start = entry("d1", "A6", "B2")["text"].index(SIGNS["B2"])
    quote = {"document_id": "d1", "start": start, "end": start + len(SIGNS["B2"]), "text": SIGNS["B2"], "submarker": "B2"}
    forged = [one.model_dump(mode="json") for one in made.content.elements]
    forged[0]["quotes"].append(quote)
    bare = change(embedded, made.id, {"elements": forged}, version=made.version, actor=team.val, act=deed())
    refuses(embedded, team, bare, "citation")
    forged[0]["quotes"][-1]["submarker"] = None  # leaving the sign out makes it no other passage
    refuses(embedded, team, change(embedded, made.id, {"elements": forged}, version=bare.version, actor=team.val, act=deed()), "citation")


def test_an_element_that_no_law_has_is_refused(embedded: Database, team: House) -> None:
    made = drafted(embedded, team)
    assert made.content
    more = [*(one.model_dump(mode="json") for one in made.content.elements), {"basis": "cp-223-1-2-al2", "element": "invente", "says": "Oui."}]
    refuses(embedded, team, change(embedded, made.id, {"elements": more}, version=made.version, actor=team.val, act=deed()), "element")


def test_reasons_are_words(embedded: Database, team: House) -> None:
    """Dots fill the fields and substantiate nothing, art. 16(2)(a)."""
    made = drafted(embedded, team)
    assert made.content
    dots = {
        "explanation": "." * 90,
        "elements": [{**one.model_dump(mode="json"), "says": "."} for one in made.content.elements],
        "weighed": [{"exclusion": one.exclusion, "why": "non"} for one in made.content.weighed],
    }
    made = change(embedded, made.id, dots, version=made.version, actor=team.val, act=deed())
    assert codes(embedded, made) == {"explication", "element", "exclusion"}


def test_two_accounts_of_one_person_are_one_reader(embedded: Database, team: House) -> None:
    made = drafted(embedded, team)
    with embedded.writing() as session:
        session.execute(update(PersonRow).where(PersonRow.id == "ben").values(name="ana"))
    refuses(embedded, team, made, "lectures")


def test_one_provider(embedded: Database, team: House) -> None:
    pair = decided(embedded, team, entry("d1"), entry("d2", host="bsky.app"))
    with pytest.raises(Invalid, match="2 providers"):
        draft(embedded, pair, actor=team.val, act=deed())
    refuses(embedded, team, drafted_on(embedded, team, pair, "autre"), "un_fournisseur")


def drafted_on(database: Database, team: House, entries: list[dict[str, Any]], platform: str) -> Notice:
    made = draft(database, entries, platform=platform, actor=team.val, act=deed())
    return change(database, made.id, complete(made), version=made.version, actor=team.val, act=deed())


@pytest.mark.parametrize("url", ["https://video.example/", "https://video.example", "ftp://video.example/page"])
def test_the_exact_address(embedded: Database, team: House, url: str) -> None:
    refuses(embedded, team, drafted(embedded, team, decided(embedded, team, entry())[0] | {"url": url}), "adresse")


def test_a_victim_that_may_be_recognised(embedded: Database, team: House, setting: Setting) -> None:
    one = decided(embedded, team, entry(flags=["T12"]))[0]
    refuses(embedded, team, drafted(embedded, team, one, victims="aucune"), "victimes")
    made = drafted(embedded, team, one, victims="masquees")
    assert problems(embedded, made) == ()
    assert made.content
    assert gates_of(made.content, setting) == ("sante", "droit")


def test_titles_are_masked(embedded: Database, team: House) -> None:
    one = entry(title="Contactez Mme Durand au 06 12 34 56 78")
    made = drafted(embedded, team, *decided(embedded, team, one))
    assert made.content
    assert made.content.items[0].title == "Contactez [...] au [...]"


def test_the_notifier_has_an_address(embedded: Database) -> None:
    bare = house(embedded, profile=False)
    refuses(embedded, bare, drafted(embedded, bare), "notifiant")


def test_facts_come_from_nobodys_hand(embedded: Database, team: House) -> None:
    made = drafted(embedded, team)
    assert made.content
    for name in ("digest", "state", "markers", "automated_detection", "sent_at", "id"):
        with pytest.raises(Invalid, match="cannot be changed"):
            change(embedded, made.id, {name: "x"}, version=made.version, actor=team.val, act=deed())
    with pytest.raises(Invalid, match="documents of this notice"):
        change(embedded, made.id, {"items": ["d9"]}, version=made.version, actor=team.val, act=deed())
    with pytest.raises(Invalid, match="documents of this notice"):
        change(embedded, made.id, {"items": []}, version=made.version, actor=team.val, act=deed())


def test_who_only_submits_writes_no_notice(embedded: Database, team: House) -> None:
    one = decided(embedded, team, entry())
    for roles in (("soumet",), ("administre",)):
        who = person(embedded, f"x{roles[0]}", *roles)  # type: ignore[arg-type]
        with pytest.raises(Forbidden):
            draft(embedded, one, actor=who, act=deed())


def content(*signs: tuple[str, ...], **fields: Any) -> Content:
    """A content whose items show these signs, a day apart."""
    from cases.notice import Item

    items = [
        Item.model_validate({
            "document_id": f"d{number}", "url": f"https://video.example/p/{number}", "platform": "video.example", "kind": "post", "access_mode": "open",
            "published_at": f"2026-10-{number + 1:02d}T00:00:00+00:00", "collected_at": "2026-10-20T00:00:00+00:00", "content_sha256": f"{number}" * 64,
            "text_sha256": f"{number}" * 64, "qualification": "illicite_presume", "decision_id": "x", "decided_at": "2026-10-21T00:00:00+00:00",
            "markers": ("gourou",), "submarkers": found,
        })
        for number, found in enumerate(signs)
    ]  # fmt: skip
    return Content.model_validate({"platform": "autre", "items": items, **fields})


def test_signs_are_counted_one_by_one(setting: Setting) -> None:
    assert counting(content(("B1", "A6"), ("B1", "B3")), setting.taxonomy) == ("B1", "A6")
    assert dated(content(("B1",), ("B3",)), "B1") == 1
    assert dated(content(("B1",), ("B3",))) == 2
    assert counting(content(("A11",)), setting.taxonomy) == ()
    assert counting(content(("A11",), ("A11",)), setting.taxonomy) == ("A11",)


def test_gates_are_those_of_every_sign_and_basis(setting: Setting) -> None:
    assert gates_of(content(("A5",)), setting) == ()
    assert gates_of(content(("A1",)), setting) == ("sante",)
    assert gates_of(content(("A8",)), setting) == ("droit",)
    assert gates_of(content(("A5",), bases=("cp-223-1-2-al2",)), setting) == ("sante",)
    unread = next(basis for basis in load_legal().bases if basis.status == "non_verifie")
    assert "droit" in gates_of(content(("A5",), bases=(unread.id,)), setting)


def test_nothing_is_believed_that_a_notice_says_of_itself(setting: Setting) -> None:
    """A content made by hand, with facts that nobody decided."""
    made = content(("A6",))
    assert {"decision"} <= {one.code for one in problems_of(made, {}, setting)}
    assert [one.code for one in problems_of(None, {}, setting)] == ["efface"]
    found = {"d0": Found(passages=(Passage(0, 4, "mots", "A6"),), readers=frozenset({"a", "b"}), settled=True)}
    assert "decision" in {one.code for one in problems_of(made, found, setting)}
