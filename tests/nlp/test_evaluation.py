"""The evaluation: figures against values computed by hand or by scikit-learn, sections over a classifier that looks for words, and its errors."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from sklearn import metrics as sklearn

from cli.main import run
from core.errors import Invalid
from core.files import read_json_lines
from core.numbers import english, french
from core.records import MARKERS
from core.settings import Settings
from nlp.classify import Reading
from nlp.corpus import Row
from nlp.evaluation import metrics
from nlp.evaluation.answers import Answers, as_arrays, sample, seeded, true_positives
from nlp.evaluation.baselines import Texts, baselines
from nlp.evaluation.card import markdown
from nlp.evaluation.faithfulness import faithfulness, without
from nlp.evaluation.goals import goal, goals
from nlp.evaluation.hits import hit_rates, occurrences, overlap
from nlp.evaluation.intervals import Estimate, draws, mean_of, percentile, quantile_of, rounded, share_by_group, wilson
from nlp.evaluation.needle import BREAK, PLACES, choose, compose, insert, needle
from nlp.evaluation.neutrality import Pair, is_swap, load_pairs, neutrality
from nlp.evaluation.own import decisions, length_class, own_figures
from nlp.evaluation.real import RealRow, load_real, real_figures
from nlp.evaluation.report import as_json
from nlp.evaluation.robustness import noisy, robustness
from nlp.evaluation.run import QUICK, SECTIONS, Material, evaluate
from nlp.evaluation.sheets import sections
from nlp.evaluation.systems import keywords
from nlp.evaluation.tables import tables
from nlp.evaluation.words import ENGLISH, GOALS, Voice
from nlp.noise import NOISES
from nlp.registry import Thresholds
from nlp.score import Scorer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nlp.classify import Passage
    from nlp.corpus import Part

CORPUS = Path(__file__).parents[2] / "nlp" / "corpus"
WORDS = {"gourou": "maître", "complotisme": "complot", "abandon_soins": "chimio"}
SIGNS = {"gourou": "B1", "complotisme": "C1", "abandon_soins": "A1"}


class WordClassifier:
    """A sentence with the marker's word has 0.9 of it, any other 0.1; a text has its strongest sentence's."""

    name, revision = "mots", "1"
    thresholds = dict.fromkeys(MARKERS, Thresholds(a_lire=0.5, alerte=0.95))

    def __init__(self) -> None:
        self.read_texts: list[str] = []

    def read(self, passages: Sequence[Passage]) -> list[Reading]:
        self.read_texts += [passage.text for passage in passages]
        return [self._reading(passage) for passage in passages]

    def _reading(self, passage: Passage) -> Reading:
        said = [passage.text[start:end].lower() for start, end in passage.sentences]
        spoken = {marker: [0.9 if WORDS[marker] in sentence else 0.1 for sentence in said] for marker in MARKERS}
        shown = [[SIGNS[marker] for marker in MARKERS if WORDS[marker] in sentence] for sentence in said]
        return Reading({marker: max(spoken[marker], default=0.1) for marker in MARKERS}, spoken, shown)


def answers() -> Answers:
    return Answers(Scorer(Settings(), classifier=WordClassifier()))


def row(text: str, marker: str = "", *, quote: str = "", **fields: Any) -> Row:
    known: dict[str, Any] = {
        "text": text, "format": "post", "register": "standard", "kind": "positive" if marker else "ordinary", "markers": [marker] if marker else [],
        "quotes": [{"marker": marker, "submarker": SIGNS[marker], "quote": quote}] if quote else [], "stance": "assert" if marker else "inform",
        "exclusion": "", "topic": "essai", "hand": "h",
    }  # fmt: skip
    return Row.model_validate(known | fields)


ROWS = [
    row("Arrêtez la chimio dès demain. Le soleil suffit.", "abandon_soins", quote="Arrêtez la chimio"),
    row("Jetez tous vos cachets. Plus de chimio ici.", "abandon_soins", quote="Jetez tous vos cachets"),
    row("Tout cela est un complot mondial. Ouvrez les yeux.", "complotisme", quote="un complot mondial", format="comment"),
    row("Obéissez sans poser de question.", "gourou", quote="Obéissez", register="oral"),
    row("Le maître sait tout. Suivez-le.", "gourou"),
    row("Ma tante suit une chimio et va bien.", kind="hard_negative", exclusion="testimony_victim"),
    row("La police enquête sur un vol de vélos.", kind="hard_negative", exclusion="press"),
    row("La piscine rouvre samedi matin."),
    row("Le marché se tient sur la place du village."),
]


def test_wilson_by_hand() -> None:
    found = wilson(8, 10)
    assert found.value == 0.8
    assert (found.low, found.high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))
    assert wilson(0, 10).low == pytest.approx(0, abs=1e-12)
    assert wilson(0, 10).high == pytest.approx(0.2775, abs=1e-4)
    assert wilson(0, 0) == Estimate(value=None, n=0)


def test_bootstrap_covers_and_repeats() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(60):
        found = mean_of(rng.normal(3.0, 1.0, 80))
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 3.0 <= found.high
    assert 52 <= covered <= 60
    assert (draws(7) == draws(7)).all()
    assert (draws(7).sum(axis=1) == 7).all()
    assert (draws(7)[0] == 1).all()
    assert percentile(np.array([np.nan, 1.0]), n=3) == Estimate(value=None, n=3)
    assert quantile_of(np.arange(101.0), 0.99).value == pytest.approx(99)
    assert mean_of(np.array([])).value is None


def test_shares_are_resampled_by_group() -> None:
    rng = np.random.default_rng(3)
    hits = 10.0 * (rng.random(30) < 0.8)  # a group hits ten times or never
    found = share_by_group(hits, np.full(30, 10.0))
    apart, together = wilson(int(hits.sum()), 300), wilson(int(hits.sum() / 10), 30)
    assert found.n == 300
    assert found.value == apart.value
    assert found.low is not None
    assert found.high is not None
    assert found.high - found.low > 2 * ((apart.high or 0) - (apart.low or 0))
    assert (found.low, found.high) == (pytest.approx(together.low, abs=0.06), pytest.approx(together.high, abs=0.06))
    none = share_by_group(np.zeros(3), np.array([10.0, 0.0, 4.0]))
    assert (none.value, none.high, none.n) == (0, wilson(0, 2).high, 14)
    assert share_by_group(np.zeros(3), np.zeros(3)) == Estimate(value=None, n=0)


def test_figures_equal_scikit_learns() -> None:
    rng = np.random.default_rng(2)
    truth = rng.random(300) < 0.3
    scores = np.round(np.clip(truth * 0.3 + rng.random(300) * 0.7, 0, 1), 2)  # with ties
    flagged = scores >= 0.5
    found = metrics.marker_figures(truth, scores, flagged)
    assert found.precision.value == pytest.approx(sklearn.precision_score(truth, flagged))
    assert found.recall.value == pytest.approx(sklearn.recall_score(truth, flagged))
    assert found.f1.value == pytest.approx(sklearn.f1_score(truth, flagged))
    assert found.mcc.value == pytest.approx(sklearn.matthews_corrcoef(truth, flagged))
    assert found.average_precision.value == pytest.approx(sklearn.average_precision_score(truth, scores))
    weights = draws(300)
    again = np.repeat(np.arange(300), weights[5].astype(int))
    assert metrics.average_precision(truth, scores, weights)[5] == pytest.approx(sklearn.average_precision_score(truth[again], scores[again]))
    assert metrics.mcc(metrics.confusion(truth, flagged, weights))[5] == pytest.approx(sklearn.matthews_corrcoef(truth[again], flagged[again]))
    assert all(getattr(found, name).low <= getattr(found, name).value <= getattr(found, name).high for name in ("precision", "recall", "f1", "mcc"))


def test_calibration_error_by_hand() -> None:
    truth = np.tile([True, False], 15)
    sure = np.where(truth, 1.0, 0.0)
    assert metrics.calibration_error(truth, sure, draws(30))[0] == 0
    assert metrics.calibration_error(truth, np.full(30, 0.8), draws(30))[0] == pytest.approx(0.3)  # 15 bins of 2, each half true
    assert metrics.calibration_error(np.array([True, False]), np.array([0.6, 0.1]), draws(2))[0] == pytest.approx((0.4 + 0.1) / 2)


def test_undefined_figures_are_none_and_never_clipped() -> None:
    found = metrics.marker_figures(np.zeros(5, dtype=bool), np.linspace(0, 1, 5), np.zeros(5, dtype=bool))
    assert found.precision.value is None
    assert found.recall.value is None
    assert found.average_precision.value is None
    assert found.calibration_error.value == pytest.approx(0.5)
    missed = metrics.marker_figures(np.array([True, False]), np.array([0.1, 0.9]), np.array([False, True]))
    assert missed.f1.value == 0
    assert missed.mcc.value == -1


def test_thresholds() -> None:
    truth, scores = np.array([0, 0, 1, 1], dtype=bool), np.array([0.1, 0.4, 0.35, 0.8])
    assert metrics.best_f1_threshold(truth, scores) == 0.35
    assert metrics.best_f1_threshold(np.ones(3, dtype=bool), np.zeros(3)) > 0  # to flag every text is no decision
    assert metrics.above_share(np.arange(100.0), 0.01) == 99
    assert (np.arange(1000.0) > metrics.above_share(np.arange(1000.0), 0.01)).sum() <= 10


def test_own_figures() -> None:
    found = own_figures(ROWS, answers().of([one.text for one in ROWS], what="essai"))
    assert found.markers["abandon_soins"].recall == metrics.marker_figures(*_columns("abandon_soins")).recall
    assert found.markers["abandon_soins"].precision.value == pytest.approx(2 / 3)
    assert found.markers["gourou"].recall.value == 0.5
    assert (found.hard_negatives.value, found.hard_negatives.n) == (0.5, 2)
    assert found.ordinary.value == 0
    assert found.by_exclusion["testimony_victim"].value == 1
    assert found.by_exclusion["press"].value == 0
    assert set(found.by_format) == {"post", "comment"}
    assert found.by_register["oral"].recall.value == 0
    assert found.by_length["1-20"].n == len(ROWS)
    assert found.alerts.markers["gourou"].recall.value == 0
    assert [length_class("mot " * count) for count in (20, 21, 61, 201)] == ["1-20", "21-60", "61-200", "201+"]


def _columns(marker: str) -> tuple[Any, Any, Any]:
    at = MARKERS.index(marker)
    scored = as_arrays(answers().of([one.text for one in ROWS], what="essai"))
    return np.array([marker in one.markers for one in ROWS]), scored.scores[:, at], scored.flagged[:, at]


def test_evidence_hits() -> None:
    found = true_positives(ROWS, answers().of([one.text for one in ROWS], what="essai"))
    assert len(found) == 4
    hits = hit_rates(found)
    assert hits.without_quote == 1
    assert (hits.evidence["all"].value, hits.evidence["all"].n) == (pytest.approx(2 / 3), 3)  # "Jetez tous vos cachets" stands beside
    assert hits.evidence["complotisme"].value == 1
    assert hits.submarkers["all"].value == 1
    assert list(occurrences("ababa", "aba")) == [(0, 3), (2, 5)]
    assert overlap((0, 3), (2, 5))
    assert not overlap((0, 3), (3, 5))


def test_every_text_is_scored_once() -> None:
    classifier = WordClassifier()
    told: list[tuple[str, int, int]] = []
    asked = Answers(Scorer(Settings(), classifier=classifier), tell=lambda *step: told.append(step))
    asked.of(["Un texte.", "Un autre.", "Un texte."], what="a")
    asked.scored(["Un autre.", "Un tiers."], what="b")
    assert classifier.read_texts == ["Un texte.", "Un autre.", "Un tiers."]
    assert told[-1] == ("b", 1, 1)


def test_seeds_depend_on_nothing_else() -> None:
    assert seeded("a", 1).random() == seeded("a", 1).random() != seeded("a", 2).random()
    assert sample(ROWS, 4, what="x") == sample(ROWS, 4, what="x")
    assert sample(ROWS, 100, what="x") == ROWS
    assert all(noisy(name, ROWS[0].text) == noisy(name, ROWS[0].text) for name in NOISES)


def real(number: int, domain: str, text: str, gourou: int | None = 0, complotisme: int | None = 0, abandon_soins: int | None = 0) -> RealRow:
    return RealRow(id=str(number), domain=domain, text=text, gourou=gourou, complotisme=complotisme, abandon_soins=abandon_soins)


REAL = [
    *(real(number, "stream:presse", f"Nouvelle {number} du jour.") for number in range(20)),
    real(20, "stream:presse", "Le complot d'un film."),
    real(21, "stream:NONETIQUETE", "Un complot.", None, None, None),
    real(22, "hard_negative:secte", "Le maître fut jugé."),
    real(23, "tweet", "C'est un complot.", complotisme=1),
    real(24, "tweet", "Ils mentent.", complotisme=1),
    real(25, "tweet/forum", "Un complot ?", complotisme=2),
    real(26, "tweet", "Bonne nuit."),
    real(27, "texte_interne_secte", "Suivez le maître.", 1, -1, -1),
    real(28, "site/blog", "Fuyez la chimio.", abandon_soins=1),
]


def test_real_figures() -> None:
    found = real_figures(REAL, answers().scored([one.text for one in REAL], what="réel"))
    streams = found.pooled["streams_flagged"]
    assert (streams.value, streams.n) == (pytest.approx(1 / 21), 21)
    held = found.pooled["streams_flagged_held_out"]
    assert 0 < held.n < 21
    assert found.pooled["hard_negatives_flagged"].value == 1
    assert found.pooled["gourou_secte_recall"].value == 1
    assert found.pooled["abandon_soins_blog_recall"].value == 1
    assert found.pooled["complotisme_tweets_average_precision"].n == 3  # what is ambiguous is left out
    assert found.pooled["complotisme_tweets_average_precision"].value == pytest.approx(0.5 + 0.5 * 2 / 3)
    assert found.pooled["complotisme_tweets_recall"].value == 0.5
    assert set(found.unread) == {"stream:NONETIQUETE"}
    assert found.domains["texte_interne_secte"].markers["complotisme"].n == 0
    assert found.domains["tweet"].markers["complotisme"].positives == 2
    assert found.at_one_percent["gourou_secte_recall"].recall.value == 1


def test_neutrality_measures_each_axis() -> None:
    pairs = [
        Pair(id="1", axis="religion", label=(), a="Le prêtre parle.", b="Le maître parle."),
        Pair(id="2", axis="religion", label=(), a="Le prêtre lit.", b="Le rabbin lit."),
        Pair(id="3", axis="prénom", label=("complotisme",), a="Paul voit un complot.", b="Léa voit un complot."),
    ]
    found = neutrality(pairs, answers())
    assert found.overall.mean.value == pytest.approx(0.8 / 3)
    assert found.overall.largest == pytest.approx(0.8)
    assert found.axes["religion"].mean.value == pytest.approx(0.4)
    assert found.axes["religion"].changed.value == 0.5
    assert found.axes["prénom"].p99.value == 0
    assert found.markers["complotisme"].mean.value == 0
    assert found.signed["gourou"].value == pytest.approx(0.8 / 3)


def test_neutrality_sets_apart_what_training_swaps() -> None:
    assert is_swap("La paroisse de Marie.", "La mosquée de Fatima.")
    assert not is_swap("La paroisse de Marie.", "La mosquée de Paul.")  # one of the two differences is no swap
    assert not is_swap("La paroisse.", "La pagodes.")
    assert not is_swap("Le pasteur.", "La pagode.")
    assert not is_swap("Un rabbin lit.", "Un Rabbin lit.")
    pairs = [
        Pair(id="1", axis="religion", label=(), a="Le rabbin parle de chimio.", b="Le curé parle de chimio."),
        Pair(id="2", axis="religion", label=(), a="Le prêtre parle.", b="Le maître parle."),
    ]
    found = neutrality(pairs, answers())
    assert (found.overall.n, found.outside.n) == (2, 1)
    assert (found.overall.mean.value, found.outside.mean.value) == (pytest.approx(0.4), pytest.approx(0.8))
    assert neutrality(pairs[:1], answers()).outside.mean == Estimate(value=None, n=0)
    reached = {one.name: one for one in goals(measured(pairs=pairs, sections=("neutrality",)))}
    assert reached["neutrality_mean"].value == pytest.approx(0.8)
    assert reached["neutrality_p99"].n == 1
    corpus = load_pairs(CORPUS / "neutrality.jsonl")
    assert sum(not is_swap(pair.a, pair.b) for pair in corpus) >= 200


def test_robustness_counts_points() -> None:
    positive, negative = [one for one in ROWS if one.markers], [one for one in ROWS if not one.markers]
    found = robustness(positive, negative, answers())
    assert set(found.noises) == set(NOISES)
    assert found.noises["capitals"].overall_fall.value == 0  # the scorer reads without capitals
    assert found.noises["capitals"].recall_fall["gourou"].n == 2
    lost = found.noises["no_accents"].recall_fall["gourou"]  # "maître" is lost, "Obéissez" never was found
    assert lost.value == 50
    assert found.noises["no_accents"].recall_fall["complotisme"].value == 0
    assert found.noises["no_accents"].false_positive_rise.n == 4


def test_needle_stands_where_it_is_said() -> None:
    pages = compose([one.text for one in ROWS if one.kind == "ordinary"])
    assert all(3000 <= len(page.split()) < 3020 for page in pages)
    for place in PLACES:
        text, (start, end) = insert(pages[0], "Une aiguille.", place)
        assert text[start:end] == "Une aiguille."
        assert text[:start] + text[end + len(BREAK) :] == pages[0]
        assert abs(len(text[:start].split()) - len(pages[0].split()) * place / 100) <= 20
    assert [one.text for one in choose(ROWS, 2)] == [one.text for one in choose(ROWS, 2)]
    assert len(choose(ROWS, 30)) == 5


def test_needle_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlp.evaluation.needle.WORDS", 200)
    found = needle(ROWS, answers(), most=4)
    assert found.needles == 4
    assert found.pages_flagged == 0
    assert found.found_alone.n == 4
    assert found.found.n == 40
    assert found.found.value == found.found_alone.value
    assert (found.found.low, found.found.high) == (0.25, 1)  # four needles are little, however many places
    assert found.found_of_those_found_alone == wilson(3, 3).model_copy(update={"n": 30})
    assert found.pointed.value == 1
    assert set(found.by_place) == {f"{place} %" for place in PLACES}
    nothing = needle([one for one in ROWS if one.kind != "ordinary"], answers(), most=4)
    assert nothing.found == Estimate(value=None, n=0)


def test_faithfulness_takes_the_evidence_out() -> None:
    asked = answers()
    cases = [*ROWS, row("La chimio tue.", "abandon_soins")]
    found = faithfulness(true_positives(cases, asked.of([one.text for one in cases], what="essai")), asked)
    assert (found.true_positives, found.wholly_evidence) == (5, 1)
    assert (found.evidence.n, found.control.n) == (4, 4)
    assert found.evidence.mean_fall.value == pytest.approx(0.8)
    assert found.evidence.lower_decision.value == 1
    assert found.control.mean_fall.value == 0
    assert without("abcdef", [(3, 5), (1, 4)]) == "af"
    assert without("abc", []) == "abc"


def test_keywords_find_cues_whatever_the_spelling() -> None:
    scores = keywords()(["ARRETEZ LA CHIMIO ! Jetez vos médicaments", "La piscine rouvre."])
    at = MARKERS.index("abandon_soins")
    assert scores[0, at] >= 2 / 3
    assert scores[1].max() == 0


def many(count: int, hand: str) -> list[Row]:
    places = ("à Lyon", "au marché", "ce soir", "chez moi", "demain", "en ville", "dimanche")
    found = []
    for number in range(count):
        where = f"{places[number % len(places)]} numéro {number}"
        found += [row(f"Un {WORDS[marker]} partout {where}, croyez-moi.", marker, hand=hand) for marker in MARKERS]
        found += [row(f"Belle journée {where}, on se promène.", hand=hand), row(f"Rien à signaler {where}.", kind="hard_negative", hand=hand)]
    return found


def test_baselines_learn_and_are_compared() -> None:
    told: list[str] = []
    texts = Texts(many(12, "a"), many(4, "b"), many(4, "c"), REAL)
    found = baselines(texts, answers(), None, epochs=1, tell=lambda what, _done, _total: told.append(what))
    assert set(found.systems) == {"vigie", "vigie_best_f1", "keywords", "tfidf", "spacy"}
    assert found.skipped["probe"].startswith("no base encoder")
    assert found.systems["tfidf"].test.macro_f1.value == 1
    assert found.systems["vigie"].test == decisions(texts.measured, answers().scored([one.text for one in texts.measured], what="x"))
    assert found.leads["tfidf"].macro_f1.value == 0
    assert not found.leads["tfidf"].clear
    assert found.leads["keywords"].mean_average_precision.value is not None
    assert "baselines: spacy" in told


def material(**fields: Any) -> Material:
    parts: dict[Part, list[Row]] = {"train": many(6, "a"), "validation": many(3, "b"), "test": [*ROWS, *many(3, "c")]}
    pairs = [Pair(id="1", axis="genre", label=(), a="Il lit.", b="Elle lit.")]
    known: dict[str, Any] = {"parts": parts, "part": "test", "real": REAL, "pairs": pairs, "base": None, "sections": tuple(SECTIONS), "quick": True}
    return Material(**(known | fields))


def measured(**fields: Any) -> Any:
    scorer = Scorer(Settings(), classifier=WordClassifier())
    return evaluate(material(**fields), scorer, model_mb=44.0, prefix="", bfloat16=False, tell=lambda _what, _done, _total: None)


def test_a_whole_report_has_its_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlp.evaluation.needle.WORDS", 200)
    report = measured()
    found = as_json(report)
    assert list(found) == ["model", "revision", "part", "quick", "model_mb", "corpus", "skipped", *SECTIONS, "goals"]
    assert found["corpus"]["test"] == {
        "rows": 24, "hands": 2, "kinds": {"positive": 14, "hard_negative": 5, "ordinary": 5},
        "markers": {"gourou": 5, "complotisme": 4, "abandon_soins": 5},
    }  # fmt: skip
    assert set(found["test"]["markers"]["gourou"]["f1"]) == {"value", "low", "high", "n"}
    assert json.loads(json.dumps(found)) == found
    names = [one["name"] for one in found["goals"]]
    assert len(names) == len(set(names))
    assert {"macro_f1", "real_streams_flagged_held_out", "needle", "neutrality_p99", "robustness_typos", "evidence", "model_mb"} <= set(names)
    assert set(found["goals"][0]) == {"name", "label", "value", "low", "high", "n", "goal", "side", "met"}
    assert found["needle"]["needles"] == QUICK.needles
    assert found["neutrality"]["outside"]["n"] == 1
    assert len(list(tables(report))) > 8
    check_cards(report)


def check_cards(report: Any) -> None:
    french_card, english_card = markdown(report), markdown(report, language="en")
    heads = {"## Objectifs": "## Goals", "## Corpus": "## Corpus", "## Textes réels": "## Real texts", "## Épreuves": "## Stress",
             "## Systèmes comparés": "## Baselines"}  # fmt: skip
    assert [line for line in french_card.splitlines() if line.startswith("## ")] == list(heads)
    assert [line for line in english_card.splitlines() if line.startswith("## ")] == list(heads.values())
    assert "| F1 moyen des trois marqueurs | 0," in french_card
    assert "| mean F1 of the three markers | 0." in english_card
    assert "hors des échanges appris" in french_card
    for marker in MARKERS:
        assert re.search(rf"^\| {marker} \| \d+ \| 0?[01],\d+ \[", french_card, re.MULTILINE)
        assert re.search(rf"^\| {marker} \| \d+ \| [01]\.\d+ \[\d\.\d+, ", english_card, re.MULTILINE)
    assert not re.search(r"[éèà«»]|\d,\d|\d sur \d", english_card.replace("à lire", "").replace("maître", ""))
    for _, sheets in sections(report, language="en"):
        assert all(len(row) == len(sheet.head) for sheet in sheets for row in sheet.rows)
    assert {one.name for one in goals(report)} <= set(GOALS)


def test_phrases_keep_their_facts() -> None:
    for phrase, said in ENGLISH.items():
        assert sorted(re.findall(r"\{\w+\}", phrase)) == sorted(re.findall(r"\{\w+\}", said))
    assert Voice("fr").shown(Estimate(value=0.5, low=0.25, high=0.75, n=4)) == "0,500 [0,250 ; 0,750]"
    assert Voice("en").counted(Estimate(value=12.5, n=4)) == "12.5 of 4"
    assert markdown(measured(sections=("robustness",), real=None)).count("## ") == 2


def test_numbers_as_people_read_them() -> None:
    assert french(1234.5, digits=2) == "1\u202f234,50"
    assert english(1234.5, digits=2) == "1,234.50"
    assert (french(0.9), french(45.0), french(30), french(0.001)) == ("0,9", "45", "30", "0,001")
    assert french(-0.0001, digits=2) == "0,00"


def test_json_lines_end_at_line_feeds_only(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes('\ufeff{"a": "x\u2028y\u0085z"}\r\n\n[1]'.encode())
    assert list(read_json_lines(path)) == [(1, {"a": "x\u2028y\u0085z"}), (3, [1])]
    for bad in (b"{no}", b'"\xff"', '"x"'.encode("utf-16"), b"[" * 100_000):
        path.write_bytes(b"1\n" + bad)
        with pytest.raises(Invalid, match=r"x\.jsonl:2: not JSON in UTF-8"):
            list(read_json_lines(path))
    for wrong in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(Invalid, match="cannot be read"):
            list(read_json_lines(wrong))
    path.write_text(real(1, "tweet", "a\u2028b").model_dump_json() + "\n", encoding="utf-8")
    assert load_real(path)[0].text == "a\u2028b"


def test_sections_that_did_not_run_say_so() -> None:
    report = measured(real=None, pairs=None, sections=("test", "real", "neutrality"))
    assert set(report.skipped) == {"real", "neutrality"}
    reached = {found.name: found for found in goals(report)}
    assert reached["macro_f1"].met is not None
    assert reached["needle"].met is None
    assert reached["real_streams_flagged"].value is None
    assert reached["speed_against_pipeline"].met is None


def test_goals_compare_the_value_itself() -> None:
    assert goal("a", "a", Estimate(value=0.9, low=0.8, high=0.95, n=9), 0.9, "at_least").met
    assert goal("a", "a", Estimate(value=0.011, n=9), 0.01, "at_most").met is False
    assert goal("a", "a", 46.0, 45.0, "at_most").met is False
    assert goal("a", "a", None, 45.0, "at_most").met is None
    assert rounded({"a": (0.123456, None, {"b": True})}) == {"a": [0.1235, None, {"b": True}]}


def write_corpus(folder: Path) -> Path:
    rows = [*many(3, "a"), *many(2, "b"), *many(2, "c")]
    dumped = [json.loads(one.model_dump_json(by_alias=True)) | {"topic": f"{one.hand} {number}"} for number, one in enumerate(rows)]
    folder.mkdir()
    (folder / "h1.jsonl").write_text("\n".join(map(json.dumps, dumped)), encoding="utf-8")
    (folder / "split.yml").write_text("validation: [b]\ntest: [c]\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "neutralty"], "did you mean 'neutrality'"),
        (["--only", "real"], "--real FILE"),
        (["--only", "neutrality"], "neutrality.jsonl does not exist"),
        (["--real", "/nowhere.jsonl"], "/nowhere.jsonl cannot be read"),
        (["--real", "{bad}"], "bad.jsonl:2: not JSON"),
        (["--real", "{wrong}"], "wrong.jsonl:1: gourou: Input should be -1, 0, 1 or 2"),
        (["--real", "{empty}"], "holds no line"),
        (["--corpus", "/nowhere"], "no training rows"),
        (["--only", "baselines", "--base", "/nowhere"], "base model /nowhere lacks"),
        (["--out", "/nowhere/metrics.json"], "its folder does not exist"),
        (["--part", "train"], "train"),
    ],
    ids=lambda value: None if isinstance(value, str) else " ".join(value),
)
def test_bad_input_is_one_clear_line(capsys: pytest.CaptureFixture[str], tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "bad.jsonl").write_text('{"id": "1", "text": "x", "domain": "tweet"}\n{not json\n', encoding="utf-8")
    (tmp_path / "wrong.jsonl").write_text('{"id": "1", "text": "x", "domain": "tweet", "gourou": 5}\n', encoding="utf-8")
    (tmp_path / "empty.jsonl").write_text("\n", encoding="utf-8")
    names = {f"{{{name}}}": str(tmp_path / f"{name}.jsonl") for name in ("bad", "wrong", "empty")}
    corpus = [] if "--corpus" in arguments else ["--corpus", str(write_corpus(tmp_path / "corpus"))]
    code = run(["evaluate", *corpus, *(names.get(argument, argument) for argument in arguments)])
    error = capsys.readouterr().err
    assert code == 2
    assert said in error
    assert len([line for line in error.splitlines() if line and not line.startswith(("Usage", "Try"))]) == 1


def test_the_command_writes_what_it_shows(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("nlp.score.load_classifier", lambda _settings: WordClassifier())
    monkeypatch.setenv("VIGIE_MODEL", "dir:mots")
    corpus, path, table = write_corpus(tmp_path / "corpus"), tmp_path / "metrics.json", tmp_path / "table.md"
    english_table = tmp_path / "table.en.md"
    lines = "\n".join(one.model_dump_json() for one in REAL)
    (tmp_path / "real.jsonl").write_text(lines + "\n", encoding="utf-8")
    given = ["--only", "test", "--only", "real", "--only", "faithfulness", "--quick", "--real", str(tmp_path / "real.jsonl")]
    assert run(["evaluate", "--corpus", str(corpus), *given, "--out", str(path), "--markdown", str(table), "--markdown-en", str(english_table)]) == 0
    found = json.loads(path.read_text(encoding="utf-8"))
    assert found["model"] == "mots"
    assert found["test"]["macro_f1"]["value"] == 1
    assert found["baselines"] is None
    assert table.read_text(encoding="utf-8").startswith("## Objectifs\n")
    assert english_table.read_text(encoding="utf-8").startswith("## Goals\n")
    out = capsys.readouterr().out
    assert "F1 moyen des trois marqueurs" in out
    assert "hard_negative:secte" in out


def test_real_texts_without_words_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "real.jsonl"
    path.write_text("\n".join(one.model_dump_json() for one in (REAL[0], real(1, "tweet", "  "))), encoding="utf-8")
    assert [one.id for one in load_real(path)] == ["0"]
