"""The words that volunteers read, as functions from values to values; and the first page of each role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from cases import overview
from cases.following import Event
from cases.submissions import STATES as ALL_STATES
from cases.submissions import Step
from cases.tables_work import SubmissionRow, UrgencyRow
from core.addresses import FAULTS
from core.records import DECISIONS, MARKERS, QUALIFICATIONS, STANCES
from core.settings import ROOT
from core.taxonomy import load_taxonomy
from tests.index.making import entry_of
from tests.web.conftest import House
from tests.web.submitting import submitted, words
from web import progress as told
from web import seen
from web.refusals import UNFORESEEN, refusal, refusals
from web.submitting import MOST_UPLOAD, seen_at, table, text_faults, tidy

GUILT = ("coupable", "suspect", "délinquant", "criminel", "dangereux", "malfaiteur", "escroc", "accusé")
Fill = Callable[..., list[str]]


def test_every_reason_has_a_sentence_and_each_stands_once() -> None:
    groups = yaml.safe_load((ROOT / "web" / "reasons.yml").read_text(encoding="utf-8"))
    pages = yaml.safe_load((ROOT / "crawlers" / "reasons.yml").read_text(encoding="utf-8"))
    texts = {"text_private", "text_short", "text_long", "text_unreadable", "title_long", "note_long", "quota"}
    for kind, expected in (("address", set(FAULTS)), ("page", {reason for part in pages.values() for reason in part}), ("text", texts)):
        named = [reason for group in groups[kind] for reason in group["reasons"] if not reason.startswith("http_")]
        assert set(named) == expected, set(named) ^ expected
        assert len(named) == len(set(named))
        for group in groups[kind]:
            assert group["said"].endswith(".")
            assert len(group["said"]) < 160
    assert refusal("page", "jamais vu") == UNFORESEEN["page"]
    assert not refusals("page")["login_required"].offers_text
    assert refusals("page")["bot_wall"].offers_text


def test_every_value_has_its_words_and_none_speaks_of_guilt() -> None:
    assert set(told.STATES) == set(told.ANNOUNCED) == set(ALL_STATES)
    assert set(told.DECIDED) == set(QUALIFICATIONS)
    assert set(seen.SAID) == set(MARKERS)
    assert set(seen.STANCES) == set(STANCES) - {"assert"}
    all_words = [*seen.LEVELS.values(), *seen.STANCES.values(), *(text for pair in told.DECIDED.values() for text in pair)]
    for marker in MARKERS:
        assert set(seen.SAID[marker]) == set(DECISIONS)
        all_words += seen.SAID[marker].values()
        assert seen.SAID[marker]["rien"] == seen.UNSEEN  # never a word that reassures
        assert "personne" in seen.SAID[marker]["alerte"] or "licite" in seen.SAID[marker]["alerte"]
        assert (
            "lecture humaine" in seen.SAID[marker]["a_lire"] or "personne" in seen.SAID[marker]["a_lire"] or "licite" in seen.SAID[marker]["a_lire"]
        )
    assert not [text for text in all_words for word in GUILT if word in text.lower()]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (" https://exemple.fr/a ", "https://exemple.fr/a"),
        ("Regarde https://exemple.fr/a?b=1 !", "https://exemple.fr/a?b=1"),
        ("https://exemple.fr/a https://exemple.fr/b", "https://exemple.fr/a https://exemple.fr/b"),
        ("rien du tout", "rien du tout"),
        ("exemple.fr/page", "exemple.fr/page"),
        ("http://exemple.fr:8765,", "http://exemple.fr:8765"),
        ("« https://exemple.fr/a ».", "https://exemple.fr/a"),
        ("(voir https://exemple.fr/a).", "https://exemple.fr/a"),
        ("https://exemple.fr/lune_(astre)", "https://exemple.fr/lune_(astre)"),
        ("javascript:alert(1) https", "javascript:alert(1) https"),
    ],
)
def test_an_address_is_found_where_there_is_one(given: str, found: str) -> None:
    assert tidy(given) == found


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("http_404", "Cette page n'existe pas, ou plus."),
        ("http_410", "Cette page n'existe pas, ou plus."),
        ("http_403", "refuse de montrer"),
        ("http_418", "n'a pas pu montrer"),
        ("http_503", "en panne"),
        ("number_host", "par des chiffres"),
    ],
)
def test_an_answer_of_the_site_has_its_cause_in_words(reason: str, said: str) -> None:
    assert said in refusal("page", reason).said


def test_who_administers_is_named_where_trying_again_helps_nobody() -> None:
    found = refusal("page", "no_contact")
    assert "administre" in found.advice
    assert "Réessayez" not in found.advice


def test_all_that_is_wrong_in_a_text_is_said_beside_its_field() -> None:
    found = text_faults("", title="a" * 301, place="", note="a" * 1001, public=False)
    assert [one.field for one in found] == ["texte-texte", "titre", "vu", "texte-note", "public"]
    assert len({one.said for one in found}) == 5
    assert text_faults("Un texte assez long pour être pris.", title="", place="un salon", note="", public=True) == ()


def test_what_the_program_does_not_recognise_is_never_reassuring(make_scored: Callable[..., object]) -> None:
    entry = {**entry_of(make_scored(1, p=0.1)), "stance": "inform"}  # type: ignore[arg-type]
    found = seen.seen(entry, load_taxonomy())
    assert found.stance is None
    assert found.nothing is not None
    flagged = seen.seen({**entry_of(make_scored(1, p=0.9)), "stance": "inform"}, load_taxonomy())  # type: ignore[arg-type]
    assert flagged.stance == "Le programme croit que le texte informe."
    assert flagged.nothing is None


def test_where_a_text_was_seen_keeps_the_words() -> None:
    assert seen_at("https://exemple.fr/a").with_note("note") == "note"
    assert seen_at("sur https://exemple.fr/a hier") == ("https://exemple.fr/a", "sur https://exemple.fr/a hier")
    assert seen_at("une chaîne").with_note("") == "Vu : une chaîne"


def test_a_table_becomes_utf8() -> None:
    assert table("é;œ".encode("cp1252"), "a.csv") == "é;œ".encode()
    assert table("\ufeffé".encode(), "A.CSV") == "é".encode()
    assert table(b"a" * MOST_UPLOAD, "a.txt")


def test_a_bar_never_says_other_than_its_word(make_scored: Callable[..., object]) -> None:
    taxonomy = load_taxonomy()
    bars = []
    for p in (0.1, 0.5, 0.6, 0.8, 0.81, 1.0):
        one = seen.seen(entry_of(make_scored(1, p=p)), taxonomy)  # type: ignore[arg-type]
        marker = next(marker for marker in one.markers if marker.id == "gourou")
        assert marker.bar is not None
        assert int(marker.bar * 3 - 1e-9) == DECISIONS.index(marker.decision)
        bars.append(marker.bar)
    assert bars == sorted(bars)


def test_passages_below_the_threshold_justify_nothing_and_many_are_cut(make_scored: Callable[..., object]) -> None:
    taxonomy = load_taxonomy()
    assert not any(marker.quotes for marker in seen.seen(entry_of(make_scored(1, p=0.2)), taxonomy).markers)  # type: ignore[arg-type]
    entry = entry_of(make_scored(1, p=0.9, text="a" * 2000))  # type: ignore[arg-type]
    passage = {**entry["evidence"][0], "text": "a" * 900}
    entry["evidence"] = [{**passage, "start": at, "score": at / 100} for at in range(40)]
    quotes = next(marker.quotes for marker in seen.seen(entry, taxonomy).markers if marker.id == "gourou")
    assert len(quotes) == seen.MOST_QUOTES
    assert all(quote.text.endswith("[…]") and len(quote.text) < 620 for quote in quotes)


@pytest.mark.parametrize(
    ("flags", "alerts", "hard", "urgent"),
    [([], [], False, False), (["T7"], [], True, True), (["T1"], [], True, False), ([], ["abandon_soins"], True, False)],
)
def test_what_may_distress_is_known(make_scored: Callable[..., object], flags: list[str], alerts: list[str], hard: bool, urgent: bool) -> None:
    entry = {**entry_of(make_scored(1, p=0.1)), "flags": flags, "alerts": alerts}  # type: ignore[arg-type]
    found = seen.seen(entry, load_taxonomy())
    assert (found.hard, found.urgent) == (hard, urgent)


def test_steps_are_those_since_it_was_submitted_the_last_time(house: House) -> None:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    row = submitted(house, "https://exemple.fr/1")
    old = [Step(state=state, reason=None, at=start) for state in ("recue", "en_cours", "collectee", "visible")]
    new = [Step(state=state, reason=None, at=start + timedelta(days=1)) for state in ("recue", "en_cours")]
    at = row.model_copy(update={"state": "en_cours"})
    shown = told.progress(at, steps=[*old, *new], events=(), decided=None, taxonomy=load_taxonomy()).steps
    assert [step.how for step in shown] == ["fait", "en_cours", "a_venir", "a_venir", "a_venir"]
    assert {step.at for step in shown if step.at} == {start + timedelta(days=1)}
    gone, last = row.model_copy(update={"state": "ecartee"}), Step(state="ecartee", reason="tls", at=start + timedelta(days=1))
    shown = told.progress(gone, steps=[*old, *new, last], events=(), decided=None, taxonomy=load_taxonomy()).steps
    assert [(step.name, step.how) for step in shown] == [("Reçu", "fait"), ("Lecture de la page", "arret")]
    compared = Step(state="collectee", reason=None, at=start + timedelta(days=1))
    shown = told.progress(gone, steps=[*old, *new, compared, last], events=(), decided=None, taxonomy=load_taxonomy()).steps
    assert [(step.name, step.how) for step in shown][1:] == [("Lecture de la page", "fait"), ("Comparaison", "arret")]


def test_letters_between_house_and_organisation_stay_between_them() -> None:
    event = Event(datetime(2026, 11, 1, tzinfo=UTC), "contestation", "Vous contestez la décision : un secret")
    assert "secret" not in told.public_events([event])[0].text
    assert told.public_events([event._replace(kind="decision")])[0].text == event.text


@pytest.mark.parametrize(
    ("role", "shown", "hidden"),
    [
        ("soumet", ["/soumissions/nouvelle", "/soumissions"], ["/file", "/arbitrages", "/administration"]),
        ("analyse", ["/urgences", "/file", "/recherche", "/qualite"], ["/arbitrages", "/administration"]),
        ("valide", ["/arbitrages", "/contestations", "/identifications"], ["/administration"]),
        ("sante", ["/file", "/recherche"], ["/urgences", "/soumissions", "/administration"]),
        ("droit", ["/oppositions", "/identifications"], ["/arbitrages", "/soumissions"]),
        ("administre", ["/administration", "/oppositions", "/qualite"], ["/file", "/soumissions"]),
    ],
)
def test_the_first_page_shows_what_each_role_may_do(house: House, role: str, shown: list[str], hidden: list[str]) -> None:
    page = house.browser(role).get("/").text
    todo = page[page.index('<ul class="todo">') :]
    for path in shown:
        assert f'href="{path}"' in todo, path
    for path in hidden:
        assert f'href="{path}"' not in todo, path


def test_the_first_page_counts_and_puts_what_presses_first(house: House, fill: Fill) -> None:
    fill({"number": 1, "p": 0.9}, {"number": 2, "p": 0.7}, {"number": 3, "p": 0.1})
    now = datetime.now(UTC)
    assert "2 File de lecture" in words(house.browser("analyse").get("/").text)
    assert "0 Urgences Aucune urgence" in words(house.browser("analyse").get("/").text)
    with house.database.writing() as session:
        session.add(UrgencyRow(id="u", document_id="d", opened_by=house.people["analyse"].id, opened_at=now, due_at=now, called=[]))
    page = words(house.browser("analyse").get("/").text)
    assert "1 Urgences : à voir maintenant" in page
    assert page.index("à voir maintenant") < page.index("2 File de lecture")


def test_the_first_page_tells_who_administers_that_nothing_moves(house: House) -> None:
    submitted(house, "https://exemple.fr/1", ago=3600)
    page = house.browser("administre").get("/").text
    assert "1 Administration : à voir maintenant" in words(page)
    assert page.index('class="pressing"') < page.index("<strong>Qualité</strong>")
    assert overview.waiting(house.database, stuck_since=datetime.now(UTC) - timedelta(hours=2)).stuck == 0
    with house.database.writing() as session:
        session.query(SubmissionRow).update({"state": "visible"})
    assert "à voir maintenant" not in house.browser("administre").get("/").text


@pytest.mark.parametrize("path", ["/aide", "/accessibilite"])
def test_help_is_for_everybody(house: House, path: str) -> None:
    for browser in (house.browser(), house.browser("soumet")):
        assert browser.get(path).status_code == 200


def test_help_says_who_to_call_and_what_is_no_marker(house: House) -> None:
    page = house.browser().get("/aide").text
    for number in ("tel:112", "tel:15", "tel:17", "tel:119", "tel:3114", "https://www.internet-signalement.gouv.fr"):
        assert f'href="{number}"' in page
    for marker in load_taxonomy().markers:
        assert all(exclusion.name in words(page).replace("&#39;", "'") for exclusion in marker.exclusions)
        assert marker.definition in words(page).replace("&#39;", "'").replace("&#34;", '"')
