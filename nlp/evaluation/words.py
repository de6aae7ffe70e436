"""What figures are called, in French and in English: the phrase in the code is French, and ENGLISH has the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from core.numbers import english, french
from core.records import MARKERS
from nlp.noise import NOISES

if TYPE_CHECKING:
    from nlp.evaluation.goals import Goal
    from nlp.evaluation.intervals import Estimate

Language = Literal["fr", "en"]

# pooled figures of real texts, and their English
POOLED = {
    "streams_flagged": ("flux ordinaires signalés", "ordinary streams flagged"),
    "streams_flagged_held_out": ("flux ordinaires signalés, moitié tenue à part", "ordinary streams flagged, half held out"),
    "streams_alerte": ("flux ordinaires en alerte", "ordinary streams in alert"),
    "streams_alerte_held_out": ("flux ordinaires en alerte, moitié tenue à part", "ordinary streams in alert, half held out"),
    "hard_negatives_flagged": ("faux amis signalés", "hard negatives flagged"),
    "hard_negatives_alerte": ("faux amis en alerte", "hard negatives in alert"),
    "complotisme_tweets_average_precision": ("complotisme, tweets : précision moyenne", "complotisme, tweets: average precision"),
    "complotisme_tweets_recall": ("complotisme, tweets : rappel", "complotisme, tweets: recall"),
    "gourou_secte_recall": ("gourou, textes internes : rappel", "gourou, internal texts: recall"),
    "abandon_soins_blog_recall": ("abandon de soins, sites et blogs : rappel", "abandon_soins, sites and blogs: recall"),
}
SYSTEMS = {
    "vigie": "Vigie, seuils livrés",
    "vigie_best_f1": "Vigie, seuils au meilleur F1",
    "keywords": "mots-clés",
    "tfidf": "TF-IDF et régression logistique",
    "spacy": "catégoriseur de spaCy",
    "probe": "encodeur figé, sonde linéaire",
}
ENGLISH = {
    # sections
    "Objectifs": "Goals",
    "Corpus": "Corpus",
    "Textes réels": "Real texts",
    "Épreuves": "Stress",
    "Systèmes comparés": "Baselines",
    # titles
    "{model}, révision {revision}, partie « {part} » du corpus": "{model}, revision {revision}, part “{part}” of the corpus",
    "{model}, révision {revision}, partie « {part} » du corpus, évaluation réduite": (
        "{model}, revision {revision}, part “{part}” of the corpus, reduced evaluation"
    ),
    "{n} textes du corpus, décision « à lire »": "{n} texts of the corpus, decision “à lire” (to be read)",
    "Par format, registre et longueur, tous marqueurs": "By format, register and length, all markers",
    "Faux positifs, un marqueur ou plus": "False positives, one marker or more",
    "Preuves des vrais positifs": "Evidence of true positives",
    "Mêmes textes d'apprentissage": "Same training texts",
    "Rappel sur textes réels, où 1 % des flux ordinaires passent": "Recall on real texts, where 1% of ordinary streams pass",
    "Avance de Vigie": "Lead of Vigie",
    "Textes réels, chiffres d'ensemble": "Real texts, pooled",
    "Textes réels par domaine, {n}": "Real texts by domain, {n}",
    "Rappel où 1 % des flux ordinaires passent": "Recall where 1% of ordinary streams pass",
    "Bruits : points de rappel perdus ({positives} positifs) et de faux positifs gagnés ({negatives} négatifs)": (
        "Noise: points of recall lost ({positives} positives) and of false positives gained ({negatives} negatives)"
    ),
    "Neutralité : écart du score entre jumeaux": "Neutrality: change of the score between twins",
    "Aiguille : {needles} textes en dix places, {innocent} pages sur {pages} jugées innocentes ; intervalles par aiguille": (
        "Needle: {needles} texts at ten places, {innocent} of {pages} pages judged innocent; intervals by needle"
    ),
    "Fidélité : {found} vrais positifs, dont {wholly} qui ne sont que preuve": (
        "Faithfulness: {found} true positives, {wholly} of which are nothing but evidence"
    ),
    # heads
    "": "",
    "mesure": "figure",
    "valeur": "value",
    "intervalle à 95 %": "95% interval",
    "n": "n",
    "objectif": "goal",
    "atteint": "met",
    "marqueur": "marker",
    "positifs": "positives",
    "précision": "precision",
    "rappel": "recall",
    "F1": "F1",
    "MCC": "MCC",
    "précision moyenne": "average precision",
    "erreur de calibration": "calibration error",
    "tranche": "slice",
    "textes": "texts",
    "signalés": "flagged",
    "en alerte": "in alert",
    "touche la citation": "touches the quote",
    "nomme le bon signe": "names the right sub-marker",
    "système": "system",
    "F1 moyen": "mean F1",
    "réel : complotisme, tweets (PM)": "real: complotisme, tweets (AP)",
    "réel : flux tenus à part": "real: streams held out",
    "réel : faux amis": "real: hard negatives",
    "sur": "over",
    "F1, seuils livrés": "F1, shipped thresholds",
    "F1, même règle": "F1, same rule",
    "nette": "clear",
    "domaine": "domain",
    "marqueur : positifs, rappel, précision moyenne": "marker: positives, recall, average precision",
    "seuil": "threshold",
    "bruit": "noise",
    "ensemble": "all",
    "faux positifs": "false positives",
    "paires": "pairs",
    "moyenne": "mean",
    "99e centile": "99th percentile",
    "décisions changées": "decisions changed",
    "place": "place",
    "trouvée": "found",
    "texte": "text",
    "baisse moyenne": "mean fall",
    "score baisse": "score falls",
    "décision plus basse": "lower decision",
    # cells
    "oui": "yes",
    "non": "no",
    "non mesuré": "not measured",
    "{figure} sur {n}": "{figure} of {n}",
    "{low} à {high}": "{low} to {high}",
    "{figure} [{low} ; {high}]": "{figure} [{low}, {high}]",
    "format : {value}": "format: {value}",
    "registre : {value}": "register: {value}",
    "mots : {value}": "words: {value}",
    "ordinaires": "ordinary",
    "faux amis": "hard negatives",
    "{name} (non lu)": "{name} (not read)",
    "{marker} : {positives} sur {n}, {recall}, {precision}": "{marker}: {positives} of {n}, {recall}, {precision}",
    "toutes les paires": "all pairs",
    "hors des échanges appris": "outside the swaps of training",
    "axe {axis}": "axis {axis}",
    "sans page": "without a page",
    "toutes places": "all places",
    "de celles trouvées sans page": "of those found without a page",
    "preuve sur l'aiguille": "evidence on the needle",
    "sans la preuve": "without the evidence",
    "sans d'autres phrases": "without other sentences",
    "sans la preuve, tous": "without the evidence, all",
    "Vigie, seuils livrés": "Vigie, shipped thresholds",
    "Vigie, seuils au meilleur F1": "Vigie, best F1 thresholds",
    "mots-clés": "keywords",
    "TF-IDF et régression logistique": "TF-IDF and logistic regression",
    "catégoriseur de spaCy": "spaCy's categoriser",
    "encodeur figé, sonde linéaire": "frozen encoder, linear probe",
    **dict(POOLED.values()),
}
GOALS = {  # by name; their French stands in goals.py
    "macro_f1": "mean F1 of the three markers",
    **{f"mcc_{marker}": f"MCC, {marker}" for marker in MARKERS},
    "hard_negatives": "hard negatives flagged",
    **{f"real_{name}": f"real, {label}" for name, (_, label) in POOLED.items()},
    **{f"calibration_error_{marker}": f"calibration error (15 bins of equal mass), {marker}" for marker in MARKERS},
    "evidence": "evidence that touches the quote",
    "needle": "needle found",
    "neutrality_mean": "neutrality outside the swaps of training: mean change",
    "neutrality_p99": "neutrality outside the swaps of training: 99th percentile of the change",
    **{f"robustness_{name}": f"noise {name}: points of recall lost (worst marker)" for name in NOISES},
    "robustness": "noise: points of recall lost (worst marker)",
    "model_mb": "size of the model, in MB",
    "speed_against_pipeline": "throughput, as a multiple of transformers.pipeline (bench/score.py)",
    "decisions_equal_to_pipeline": "decisions equal to those of transformers.pipeline (bench/score.py)",
    "memory_mb": "memory, in MB (bench/score.py)",
    "cold_start_seconds": "first score from cold, in seconds (bench)",
}


class Voice(NamedTuple):
    """How figures are said in one language."""

    language: Language

    def say(self, phrase: str, **facts: object) -> str:
        """A French phrase of this module, with its facts."""
        return (phrase if self.language == "fr" else ENGLISH[phrase]).format(**facts)

    def goal(self, found: Goal) -> str:
        """What a goal is called."""
        return found.label if self.language == "fr" else GOALS[found.name]

    def number(self, value: float, *, digits: int = 4) -> str:
        """With two decimals fewer above 1."""
        return self.exact(value, digits=digits if abs(value) <= 1 else digits - 2)

    def exact(self, value: float, *, digits: int | None = None) -> str:
        """With that many decimals, or as few as say it."""
        return (french if self.language == "fr" else english)(value, digits=digits)

    def shown(self, figure: Estimate) -> str:
        """A figure with its interval, short enough to stand beside others."""
        if figure.value is None:
            return "–"
        value = self.number(figure.value, digits=3)
        if figure.low is None or figure.high is None:
            return value
        low, high = (self.number(bound, digits=3) for bound in (figure.low, figure.high))
        return self.say("{figure} [{low} ; {high}]", figure=value, low=low, high=high)

    def counted(self, figure: Estimate) -> str:
        """The same with the number of cases."""
        return self.say("{figure} sur {n}", figure=self.shown(figure), n=figure.n)
