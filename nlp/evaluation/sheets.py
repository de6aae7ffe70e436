"""The evaluation as tables of words, in French or in English: the terminal and the model card show the same ones. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nlp.evaluation.baselines import SAME_RULE
from nlp.evaluation.goals import goals
from nlp.evaluation.words import POOLED, SYSTEMS, Voice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nlp.evaluation.baselines import Baselines
    from nlp.evaluation.faithfulness import Faithfulness
    from nlp.evaluation.goals import Goal
    from nlp.evaluation.needle import Needle
    from nlp.evaluation.neutrality import Neutrality, Shift
    from nlp.evaluation.own import OwnFigures
    from nlp.evaluation.real import Domain, RealFigures
    from nlp.evaluation.report import Report
    from nlp.evaluation.robustness import Robustness
    from nlp.evaluation.words import Language

MARKER_HEAD = ("marqueur", "positifs", "précision", "rappel", "F1", "MCC", "précision moyenne", "erreur de calibration")


class Sheet(NamedTuple):
    """One table; the first cell of a row names it. Every share stands with its number of cases."""

    title: str
    head: tuple[str, ...]
    rows: list[list[str]]


def sections(report: Report, *, language: Language = "fr") -> Iterator[tuple[str, list[Sheet]]]:
    """The goals first, then the sections that ran, each with its title."""
    voice = Voice(language)
    yield voice.say("Objectifs"), [_goals(report, voice)]
    if report.test is not None:
        faithful = [] if report.faithfulness is None else [_faithfulness(report.faithfulness, voice)]
        yield voice.say("Corpus"), [*_own(report.test, voice), *faithful]
    elif report.faithfulness is not None:
        yield voice.say("Corpus"), [_faithfulness(report.faithfulness, voice)]
    if report.real is not None:
        yield voice.say("Textes réels"), list(_real(report.real, voice))
    stress = list(_stress(report, voice))
    if stress:
        yield voice.say("Épreuves"), stress
    if report.baselines is not None:
        yield voice.say("Systèmes comparés"), list(_baselines(report.baselines, voice))


def _stress(report: Report, voice: Voice) -> Iterator[Sheet]:
    if report.robustness is not None:
        yield _robustness(report.robustness, voice)
    if report.neutrality is not None:
        yield _neutrality(report.neutrality, voice)
    if report.needle is not None:
        yield _needle(report.needle, voice)


def _sheet(voice: Voice, title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Sheet:
    """``title`` is said already; the names of columns are French phrases."""
    return Sheet(title, tuple(voice.say(name) for name in head), [list(row) for row in rows])


def _goals(report: Report, voice: Voice) -> Sheet:
    title = "{model}, révision {revision}, partie « {part} » du corpus" + (", évaluation réduite" if report.quick else "")
    head = ("mesure", "valeur", "intervalle à 95 %", "n", "objectif", "atteint")
    said = voice.say(title, model=report.model, revision=report.revision, part=report.part)
    return _sheet(voice, said, head, (_goal_cells(found, voice) for found in goals(report)))


def _goal_cells(found: Goal, voice: Voice) -> list[str]:
    sign = "≥" if found.side == "at_least" else "≤"
    met = {True: "oui", False: "non", None: "non mesuré"}[found.met]
    known = found.low is not None and found.high is not None
    interval = voice.say("{low} à {high}", low=voice.number(found.low or 0.0), high=voice.number(found.high or 0.0)) if known else ""
    value = "" if found.value is None else voice.number(found.value)
    return [voice.goal(found), value, interval, "" if found.n is None else str(found.n), f"{sign} {voice.exact(found.goal)}", voice.say(met)]


def _own(own: OwnFigures, voice: Voice) -> Iterator[Sheet]:
    yield _sheet(voice, voice.say("{n} textes du corpus, décision « à lire »", n=own.n), MARKER_HEAD, _marker_rows(own, voice))
    groups = (("format : {value}", own.by_format), ("registre : {value}", own.by_register), ("mots : {value}", own.by_length))
    slices = ((voice.say(name, value=value), figures) for name, group in groups for value, figures in group.items())
    rows = ([name, str(part.n), voice.counted(part.precision), voice.counted(part.recall), voice.shown(part.f1)] for name, part in slices)
    head = ("tranche", "textes", "précision", "rappel", "F1")
    yield _sheet(voice, voice.say("Par format, registre et longueur, tous marqueurs"), head, rows)
    exclusions = {f"{voice.say('faux amis')}, {kind}": found for kind, found in own.by_exclusion.items()}
    kinds = {voice.say("ordinaires"): own.ordinary, voice.say("faux amis"): own.hard_negatives} | exclusions
    rows = ([kind, voice.counted(found)] for kind, found in kinds.items())
    yield _sheet(voice, voice.say("Faux positifs, un marqueur ou plus"), ("textes", "signalés"), rows)
    hits = own.evidence
    rows = ([_all(name, voice), voice.counted(found), voice.counted(hits.submarkers[name])] for name, found in hits.evidence.items())
    yield _sheet(voice, voice.say("Preuves des vrais positifs"), ("marqueur", "touche la citation", "nomme le bon signe"), rows)


def _all(name: str, voice: Voice) -> str:
    return voice.say("ensemble") if name == "all" else name


def _marker_rows(own: OwnFigures, voice: Voice) -> Iterator[list[str]]:
    for marker, figures in own.markers.items():
        every = (figures.precision, figures.recall, figures.f1, figures.mcc, figures.average_precision, figures.calibration_error)
        yield [marker, str(figures.positives), *(voice.shown(figure) for figure in every)]


def _baselines(found: Baselines, voice: Voice) -> Iterator[Sheet]:
    reals = ("réel : complotisme, tweets (PM)", "réel : flux tenus à part", "réel : faux amis")
    head = ("système", "F1 moyen", "précision moyenne", "faux amis", "ordinaires", *reals)
    yield _sheet(voice, voice.say("Mêmes textes d'apprentissage"), head, _system_rows(found, voice))
    measured = {name: system.real.at_one_percent for name, system in found.systems.items() if system.real is not None and name != SAME_RULE}
    if measured:
        names = list(next(iter(measured.values())))
        rows = [[voice.say(SYSTEMS[name]).split(",")[0], *(voice.counted(at[wanted].recall) for wanted in names)] for name, at in measured.items()]
        title = voice.say("Rappel sur textes réels, où 1 % des flux ordinaires passent")
        yield _sheet(voice, title, ("système", *(POOLED[name][0] for name in names)), rows)
    leads = (
        [voice.say(SYSTEMS[name]), *map(voice.shown, (lead.macro_f1, lead.macro_f1_same_rule, lead.mean_average_precision)),
         voice.say("oui" if lead.clear else "non")]
        for name, lead in found.leads.items()
    )  # fmt: skip
    yield _sheet(voice, voice.say("Avance de Vigie"), ("sur", "F1, seuils livrés", "F1, même règle", "précision moyenne", "nette"), leads)


def _system_rows(found: Baselines, voice: Voice) -> Iterator[list[str]]:
    wanted = ("complotisme_tweets_average_precision", "streams_flagged_held_out", "hard_negatives_flagged")
    for name, system in found.systems.items():
        own, pooled = system.test, system.real.pooled if system.real else {}
        cells = [*map(voice.shown, (own.macro_f1, system.mean_average_precision)), *map(voice.counted, (own.hard_negatives, own.ordinary))]
        yield [voice.say(SYSTEMS[name]), *cells, *(voice.counted(pooled[key]) if key in pooled else "–" for key in wanted)]


def _real(found: RealFigures, voice: Voice) -> Iterator[Sheet]:
    pooled = ([voice.say(POOLED[name][0]), voice.counted(figure)] for name, figure in found.pooled.items())
    yield _sheet(voice, voice.say("Textes réels, chiffres d'ensemble"), ("mesure", "valeur"), pooled)
    rows = ([voice.say(POOLED[name][0]), voice.number(at.threshold), voice.counted(at.recall)] for name, at in found.at_one_percent.items())
    yield _sheet(voice, voice.say("Rappel où 1 % des flux ordinaires passent"), ("mesure", "seuil", "rappel"), rows)
    known = [_domain_cells(name, domain, voice) for name, domain in found.domains.items()]
    apart = [_domain_cells(voice.say("{name} (non lu)", name=name), domain, voice) for name, domain in found.unread.items()]
    head = ("domaine", "textes", "signalés", "en alerte", "marqueur : positifs, rappel, précision moyenne")
    yield _sheet(voice, voice.say("Textes réels par domaine, {n}", n=found.n), head, known + apart)


def _domain_cells(name: str, domain: Domain, voice: Voice) -> list[str]:
    phrase = "{marker} : {positives} sur {n}, {recall}, {precision}"
    found = [
        voice.say(phrase, marker=marker, positives=of.positives, n=of.n, recall=voice.shown(of.recall), precision=voice.shown(of.average_precision))
        for marker, of in domain.markers.items()
        if of.positives
    ]
    return [name, str(domain.n), voice.shown(domain.flagged), voice.shown(domain.alerte), "\n".join(found) or "–"]


def _robustness(found: Robustness, voice: Voice) -> Sheet:
    markers = list(next(iter(found.noises.values())).recall_fall)
    rows = []
    for name, cost in found.noises.items():
        falls = [voice.counted(cost.recall_fall[marker]) for marker in markers]
        rows.append([name, *falls, voice.shown(cost.overall_fall), voice.counted(cost.false_positive_rise)])
    title = "Bruits : points de rappel perdus ({positives} positifs) et de faux positifs gagnés ({negatives} négatifs)"
    head = (voice.say("bruit"), *markers, voice.say("ensemble"), voice.say("faux positifs"))
    return Sheet(voice.say(title, positives=found.positives, negatives=found.negatives), head, rows)


def _neutrality(found: Neutrality, voice: Voice) -> Sheet:
    every: dict[str, Shift] = {voice.say("toutes les paires"): found.overall, voice.say("hors des échanges appris"): found.outside}
    every |= dict(found.markers.items()) | {voice.say("axe {axis}", axis=axis): shift for axis, shift in found.axes.items()}
    rows = ([name, str(shift.n), voice.shown(shift.mean), voice.shown(shift.p99), voice.counted(shift.changed)] for name, shift in every.items())
    head = ("", "paires", "moyenne", "99e centile", "décisions changées")
    return _sheet(voice, voice.say("Neutralité : écart du score entre jumeaux"), head, rows)


def _needle(found: Needle, voice: Voice) -> Sheet:
    title = "Aiguille : {needles} textes en dix places, {innocent} pages sur {pages} jugées innocentes ; intervalles par aiguille"
    said = voice.say(title, needles=found.needles, innocent=found.pages - found.pages_flagged, pages=found.pages)
    total = {"sans page": found.found_alone, "toutes places": found.found, "de celles trouvées sans page": found.found_of_those_found_alone}
    rows = {voice.say(name): share for name, share in (total | {"preuve sur l'aiguille": found.pointed}).items()} | found.by_place
    return _sheet(voice, said, ("place", "trouvée"), ([name, voice.counted(share)] for name, share in rows.items()))


def _faithfulness(found: Faithfulness, voice: Voice) -> Sheet:
    every = {"sans la preuve": found.evidence, "sans d'autres phrases": found.control, "sans la preuve, tous": found.every}
    rows = ([voice.say(name), str(fall.n), *map(voice.shown, (fall.mean_fall, fall.falls, fall.lower_decision))] for name, fall in every.items())
    title = "Fidélité : {found} vrais positifs, dont {wholly} qui ne sont que preuve"
    head = ("texte", "n", "baisse moyenne", "score baisse", "décision plus basse")
    return _sheet(voice, voice.say(title, found=found.true_positives, wholly=found.wholly_evidence), head, rows)
