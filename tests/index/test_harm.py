"""The weights, the rank and its reasons."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from core.errors import ConfigError
from core.records import MARKERS, STANCES, Assessment, Evidence, Flag, Funding, ScoredDocument
from core.taxonomy import load_taxonomy
from flows.projection import ranking
from index.harm import Rank, expected, explain, load_rules, priority, rank, sounded
from index.sampling import drawn
from index.weights import FILE, SIGN_IDS
from tests.conftest import make_document

RULES = load_rules()
TAXONOMY = load_taxonomy()
SEVERITY = {**{sign.id: sign.severity for sign in TAXONOMY.submarkers()}, **{flag.id: flag.severity_weight for flag in TAXONOMY.flags}}
LETTERS = {"A": "abandon_soins", "B": "gourou", "C": "complotisme"}
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)  # when make_document collects
TEXT = "Un texte ordinaire."


def scored(
    scores: dict[str, float] | None = None, *, signs: tuple[str, ...] = (), flags: tuple[str, ...] = (), stance: str | None = "assert", **fields: Any
) -> ScoredDocument:
    """An item of which each marker that reaches 0.5 is flagged."""
    document = make_document(text=TEXT, **fields)
    known = {**dict.fromkeys(MARKERS, 0.0), **(scores or {})}
    passages = [
        Evidence(marker=marker, start=0, end=len(TEXT), text=TEXT, score=0.9, submarkers=(sign,))
        for sign in signs
        for marker in MARKERS
        if LETTERS[sign[0]] == marker
    ]
    assessment = Assessment(
        document_id=document.id,
        model="m",
        revision="1",
        scores=known,
        decision={marker: "alerte" if likely >= 0.5 else "rien" for marker, likely in known.items()},
        evidence=tuple(passages),
        stance=stance,
        flags=tuple(Flag(id=name, start=0, end=2, text="Un") for name in flags),
    )
    return ScoredDocument(document=document, assessment=assessment, batch="b")


def ranked(*args: Any, **options: Any) -> Rank:
    return rank(scored(*args, **options), rules=RULES, severity=SEVERITY)


# --- what people would put first


def test_an_imminent_danger_to_life_comes_before_a_large_audience() -> None:
    urgent = ranked({"abandon_soins": 0.8}, signs=("A2",), flags=("T3", "T7"), views=60)
    popular = ranked({"abandon_soins": 0.95}, signs=("A2",), flags=("T3",), views=3_000_000)
    assert urgent.priority > popular.priority


def test_a_child_kept_from_care_comes_before_a_large_audience() -> None:
    child = ranked({"abandon_soins": 0.8}, signs=("A1",), flags=("T1", "T3"), views=300)
    popular = ranked({"abandon_soins": 0.9}, signs=("A1",), flags=("T3",), views=100_000)
    assert child.priority > popular.priority


def test_a_crowdfunding_page_for_an_illness_comes_before_a_widely_read_vague_narrative() -> None:
    page = ranked(
        {"abandon_soins": 0.7}, signs=("A5",), flags=("T2", "T3"), kind="crowdfunding", funding=Funding(raised=900, currency="EUR", donors=20)
    )
    narrative = ranked({"complotisme": 0.99}, signs=("C1",), views=5_000_000)
    assert page.priority > narrative.priority + 1


def test_a_call_to_violence_counts_fully_although_a_narrative_does_not() -> None:
    violent, vague = (ranked({"complotisme": 0.9}, signs=(sign,)) for sign in ("C6", "C1"))
    assert violent.harm > 6 * vague.harm
    assert vague.reasons[0].text == "prête une intention cachée (probabilité 0,9, gravité 0,2)"


def test_who_asks_for_help_in_an_emergency_is_hardly_doubted() -> None:
    calm, urgent = (ranked({"abandon_soins": 0.6}, stance="ask", flags=flags) for flags in ((), ("T7",)))
    assert urgent.priority - calm.priority > math.log2(1 + 3 * SEVERITY["T7"])
    assert [reason.times for found in (calm, urgent) for reason in found.reasons if reason.factor == "ton"] == [0.3, 0.9]


def test_what_a_page_does_not_show_is_neutral() -> None:
    few, unknown, many = (ranked({"gourou": 0.9}, views=views).priority for views in (3, None, 900_000))
    assert few < unknown < many


def test_an_unknown_severity_falls_back_on_the_marker() -> None:
    named = rank(scored({"gourou": 0.9}, signs=("B10",)), rules=RULES, severity={})
    nameless = rank(scored({"gourou": 0.9}), rules=RULES, severity={})
    assert named.priority == nameless.priority
    assert named.priority < ranked({"gourou": 0.9}, signs=("B10",)).priority


def test_only_the_likeliest_signs_of_a_passage_are_read() -> None:
    item = scored({"gourou": 0.9}, signs=("B9",))
    passage = item.assessment.evidence[0].model_copy(update={"submarkers": ("B9", "B12", "B10")})
    more = item.model_copy(update={"assessment": item.assessment.model_copy(update={"evidence": (passage,)})})
    assert rank(more, rules=RULES, severity=SEVERITY).priority == rank(item, rules=RULES, severity=SEVERITY).priority


def test_money_of_another_currency_is_unknown() -> None:
    page = {"kind": "crowdfunding", "scores": {"gourou": 0.9}}
    euros, francs, none = (
        ranked(page["scores"], kind="crowdfunding", funding=Funding(raised=500_000, currency=currency) if currency else None).priority
        for currency in ("EUR", "XOF", None)
    )
    assert francs == none < euros


# --- lane


def test_a_flagged_item_is_to_be_read_and_others_only_by_lot() -> None:
    assert ranked({"gourou": 0.9}).lane == "signale"
    lanes = {ranked(url=f"https://exemple.test/{number}").lane for number in range(3000)}
    assert lanes == {None, "sondage"}


@bounds(deadline=None)
@given(st.text(max_size=12), st.floats(0, 0.49))
def test_belief_alone_is_never_flagged(name: str, likely: float) -> None:
    item = scored(dict.fromkeys(MARKERS, likely), id=f"d{name}")
    found = rank(item, rules=RULES, severity=SEVERITY).lane
    assert found == ("sondage" if drawn(item.document.id, item.assessment.scores, rules=RULES.sounding) else None)


# --- properties

LIKELY = st.floats(0, 1)
FLAGS = st.sets(st.sampled_from([f"T{number}" for number in range(1, 14)]))
SIGNS = st.lists(st.sampled_from(SIGN_IDS), max_size=4, unique=True)
SITUATION = st.fixed_dictionaries(
    {
        "scores": st.fixed_dictionaries(dict.fromkeys(MARKERS, LIKELY)),
        "signs": SIGNS.map(tuple),
        "flags": FLAGS.map(lambda names: tuple(sorted(names))),
        "stance": st.sampled_from(STANCES),
        "views": st.none() | st.integers(0, 10**7),
        "kind": st.sampled_from(["post", "article", "crowdfunding"]),
    }
)


def of(situation: dict[str, Any], **changes: Any) -> Rank:
    return ranked(**{**situation, **changes})


@bounds(deadline=None)
@given(SITUATION, st.sampled_from(MARKERS), LIKELY)
def test_a_likelier_marker_never_ranks_lower(situation: dict[str, Any], marker: str, likely: float) -> None:
    more = {**situation["scores"], marker: max(likely, situation["scores"][marker])}
    assert of(situation, scores=more).priority >= of(situation).priority - 1e-9
    assert of(situation, scores=more).harm >= of(situation).harm


@bounds(deadline=None)
@given(SITUATION, st.sampled_from(SIGN_IDS), st.floats(0, 1))
def test_a_graver_sign_never_ranks_lower(situation: dict[str, Any], sign: str, grave: float) -> None:
    item = scored(**situation)
    worse = {**SEVERITY, sign: max(grave, SEVERITY[sign])}
    assert rank(item, rules=RULES, severity=worse).priority >= rank(item, rules=RULES, severity=SEVERITY).priority - 1e-9


@bounds(deadline=None)
@given(SITUATION, st.sampled_from([f"T{number}" for number in range(1, 13)]))
def test_a_flag_never_lowers_unless_it_says_that_the_text_cites(situation: dict[str, Any], flag: str) -> None:
    more, less = ({*situation["flags"], flag}, {*situation["flags"]} - {flag})
    assert of(situation, flags=tuple(sorted(more))).priority >= of(situation, flags=tuple(sorted(less))).priority - 1e-9


@bounds(deadline=None)
@given(SITUATION, st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_larger_audience_never_ranks_lower(situation: dict[str, Any], one: int, other: int) -> None:
    few, many = sorted((one, other))
    assert of(situation, views=many).priority >= of(situation, views=few).priority - 1e-9


@bounds(deadline=None)
@given(SITUATION, st.sampled_from(STANCES))
def test_whatever_is_not_asserted_never_ranks_higher(situation: dict[str, Any], stance: str) -> None:
    asserted = of(situation, stance="assert").priority
    assert of(situation, stance=stance).priority <= asserted + 1e-9
    assert of(situation, stance=stance, flags=tuple({*situation["flags"], "T13"} - {"T7"})).priority <= asserted + 1e-9


@bounds(deadline=None)
@given(SITUATION, SITUATION, st.integers(0, 900), st.integers(0, 900), st.integers(0, 3000))
def test_the_order_never_changes_as_time_passes(one: dict[str, Any], other: dict[str, Any], first: int, second: int, later: int) -> None:
    """Stored priorities order items as harm x 0.5 ** (age / half-life) would, whenever it is asked."""
    ages = [timedelta(days=first), timedelta(days=second)]
    found = [of(situation, published_at=NOW - age) for situation, age in zip((one, other), ages, strict=True)]
    items = [scored(**situation, published_at=NOW - age) for situation, age in zip((one, other), ages, strict=True)]
    products = [
        max(math.prod(reason.times for reason in expected(item.document, item.assessment, rules=RULES, severity=SEVERITY)), 2**-20) for item in items
    ]
    now = [product * 0.5 ** ((age.days + later) / RULES.half_life_days) for product, age in zip(products, ages, strict=True)]
    if abs(math.log2(max(now[0], 1e-300)) - math.log2(max(now[1], 1e-300))) > 1e-6 and min(now) > 1e-290:
        assert (now[0] > now[1]) == (found[0].priority > found[1].priority)


@bounds(deadline=None)
@given(SITUATION)
def test_the_factors_multiply_to_the_rank(situation: dict[str, Any]) -> None:
    item = scored(**situation)
    factors = expected(item.document, item.assessment, rules=RULES, severity=SEVERITY)
    product = max(math.prod(reason.times for reason in factors), 2**-20)
    found = rank(item, rules=RULES, severity=SEVERITY)
    assert found.priority == priority(product, NOW, rules=RULES)
    assert found.harm == pytest.approx(100 * product / (product + RULES.middle), abs=0.006)
    assert 0 <= found.harm <= 100
    assert math.isfinite(found.priority)


def test_time_counts_from_the_last_edit_and_no_page_lies_itself_into_the_future() -> None:
    old, edited, future, unknown = (
        ranked({"gourou": 0.9}, **fields).priority
        for fields in (
            {"published_at": NOW - timedelta(days=180)},
            {"published_at": NOW - timedelta(days=180), "edited_at": NOW},
            {"published_at": NOW + timedelta(days=3650)},
            {},
        )
    )
    assert old == pytest.approx(unknown - 2)
    assert edited == future == unknown


# --- reasons


def test_the_signs_come_first_then_the_strongest_factor() -> None:
    found = ranked({"abandon_soins": 0.92}, signs=("A1",), flags=("T1", "T13"), views=200_000, stance="inform").reasons
    assert [reason.factor for reason in found] == ["signes", "ton", "T1", "citation", "audience"]
    assert found[0].text == "pousse à arrêter un traitement (probabilité 0,92, gravité 0,9)"


def test_why_is_said_in_one_sentence() -> None:
    found = ranked({"abandon_soins": 0.92}, signs=("A1",), flags=("T1",), views=200_000, stance="quote")
    assert explain(found.reasons) == (
        "Pourquoi à cette place : pousse à arrêter un traitement (probabilité 0,92, gravité 0,9), des mineurs sont concernés (x 2,4), "
        "audience de 200\u202f000 (x 1,5) ; mais semble citer (x 0,3)."
    )


def test_reasons_speak_of_the_content_never_of_a_person() -> None:
    texts = [*RULES.signs.values()]
    texts += [entry.text for group in (RULES.markers, RULES.flags, RULES.kinds, RULES.doubt.stances) for entry in group.values()]
    texts += [RULES.reach.text, RULES.money.text, RULES.doubt.counter.text]
    person = re.compile(r"\b(auteure?|il|elle|ils|elles|gourou|escroc|charlatan|complotiste|secte|monsieur|madame|individu|compte)\b", re.IGNORECASE)
    assert [text for text in texts if person.search(text)] == []


# --- the file


def test_every_sub_marker_and_flag_of_the_taxonomy_has_its_words_its_weight_and_its_severity() -> None:
    assert set(SIGN_IDS) == {sign.id for sign in TAXONOMY.submarkers()} == set(RULES.signs)
    assert {*RULES.flags, RULES.doubt.counter_flag} == {flag.id for flag in TAXONOMY.flags}
    passed = ranking().keywords["severity"]
    assert passed == SEVERITY
    assert set(passed) == {*SIGN_IDS, *(flag.id for flag in TAXONOMY.flags)}


def changed(folder: Path, change: Any) -> Path:
    data = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    change(data)
    path = folder / "harm.yml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return path


MISTAKES = {
    "unknown flag": (lambda data: data["flags"].update(T77={"adds": 1, "text": "inconnu"}), ("flags.T77", "did you mean 'T7'?")),
    "missing flag": (lambda data: data["flags"].pop("T4"), ("flags", "T4 is missing")),
    "unknown sub-marker": (lambda data: data["signs"].update(A13="inconnu"), ("signs", "unknown sub-marker 'A13'; did you mean")),
    "missing sub-marker": (lambda data: data["signs"].pop("B7"), ("signs", "B7 is missing")),
    "unknown sub-marker that counts fully": (
        lambda data: data["markers"]["complotisme"]["fully"].append("C12"),
        ("markers.complotisme.fully", "unknown sub-marker 'C12'; did you mean"),
    ),
    "unknown marker": (lambda data: data["markers"].update(gouru=data["markers"]["gourou"]), ("markers.gouru", "did you mean 'gourou'?")),
    "misspelt key": (lambda data: data.update(half_live_days=90), ("half_live_days", "did you mean 'half_life_days'?")),
    "misspelt key within": (lambda data: data["flags"]["T1"].update(ads=1), ("flags.T1.ads", "did you mean 'adds'?")),
    "missing stance": (lambda data: data["doubt"]["stances"].pop("joke"), ("doubt", "joke is missing")),
    "stance that raises": (lambda data: data["doubt"]["stances"]["joke"].update(times=1.2), ("doubt.stances.joke.times", "less than or equal to 1")),
    "doubted assertion": (lambda data: data["doubt"]["stances"]["assert"].update(times=0.9), ("doubt", "assert.times: expected 1")),
    "flag that lowers": (lambda data: data["flags"]["T1"].update(adds=-0.5), ("flags.T1.adds", "greater than or equal to 0")),
    "urgency that doubts": (lambda data: data["doubt"]["stances"]["ask"].update(urgent=0.1), ("doubt.stances.ask", "expected at least times")),
    "no place for the number": (lambda data: data["reach"].update(text="audience"), ("reach.text",)),
    "no last stratum": (lambda data: data["sounding"]["strata"].pop(), ("sounding", "the last one takes what is left")),
    "no half-life": (lambda data: data.update(half_life_days=0), ("half_life_days", "greater than 0")),
    "time without zone": (lambda data: data.update(reference=datetime(2020, 1, 1)), ("reference", "timezone")),  # noqa: DTZ001 - the mistake
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_names_file_key_and_nearest_name(name: str, tmp_path: Path) -> None:
    change, words = MISTAKES[name]
    path = changed(tmp_path, change)
    with pytest.raises(ConfigError) as found:
        load_rules(path)
    message = str(found.value)
    assert str(path) in message
    assert "\n" not in message
    assert [word for word in words if word not in message] == []


def test_files_that_are_no_rules_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load_rules(tmp_path / "none.yml")
    for number, body in enumerate((b"\xff", b"a: [", b"half_life_days: 1\nhalf_life_days: 2\n", b"[]", b"")):
        path = tmp_path / f"{number}.yml"
        path.write_bytes(body)
        with pytest.raises(ConfigError, match=str(path)):
            load_rules(path)


def test_the_rules_are_read_once() -> None:
    assert load_rules() is load_rules()


def test_what_was_drawn_says_from_which_stratum_and_how_likely() -> None:
    for part in load_rules().sounding.strata:
        entry = {f"score_{marker}": part.at_least.get(marker, 0.0) for marker in MARKERS}
        assert sounded(entry) == (part.name, part.rate)
