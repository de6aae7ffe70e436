"""The evaluation as people read it in a terminal, in French; every share stands with its number of cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from nlp.evaluation.baselines import SAME_RULE
from nlp.evaluation.goals import goals
from nlp.evaluation.report import goal_cells, marker_rows, number, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nlp.evaluation.baselines import Baselines
    from nlp.evaluation.faithfulness import Faithfulness
    from nlp.evaluation.intervals import Estimate
    from nlp.evaluation.needle import Needle
    from nlp.evaluation.neutrality import Neutrality, Shift
    from nlp.evaluation.own import OwnFigures
    from nlp.evaluation.real import Domain, RealFigures
    from nlp.evaluation.report import Report
    from nlp.evaluation.robustness import Robustness

SYSTEMS = {
    "vigie": "Vigie, seuils livrés",
    "vigie_best_f1": "Vigie, seuils au meilleur F1",
    "keywords": "mots-clés",
    "tfidf": "TF-IDF et régression logistique",
    "spacy": "catégoriseur de spaCy",
    "probe": "encodeur figé, sonde linéaire",
}


def tables(report: Report) -> Iterator[Table]:
    """The goals first, then one table or more per section that ran."""
    title = f"{report.model}, révision {report.revision}, partie « {report.part} » du corpus{', évaluation réduite' if report.quick else ''}"
    head = ("mesure", "valeur", "intervalle à 95 %", "n", "objectif", "atteint")
    yield _table(title, head, (goal_cells(found) for found in goals(report)))
    if report.test is not None:
        yield from _own(report.test)
    if report.baselines is not None:
        yield from _baselines(report.baselines)
    if report.real is not None:
        yield from _real(report.real)
    if report.robustness is not None:
        yield _robustness(report.robustness)
    if report.neutrality is not None:
        yield _neutrality(report.neutrality)
    if report.needle is not None:
        yield _needle(report.needle)
    if report.faithfulness is not None:
        yield _faithfulness(report.faithfulness)


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left")
    for place, name in enumerate(head):
        table.add_column(name, justify="left" if place == 0 else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _counted(figure: Estimate) -> str:
    return f"{shown(figure)} sur {figure.n}"


def _own(own: OwnFigures) -> Iterator[Table]:
    head = ("marqueur", "positifs", "précision", "rappel", "F1", "MCC", "précision moyenne", "erreur de calibration")
    yield _table(f"Corpus, {own.n} textes, décision « à lire »", head, marker_rows(own))
    slices = [(f"{name} : {value}", figures) for name, group in (("format", own.by_format), ("registre", own.by_register), ("mots", own.by_length))
              for value, figures in group.items()]  # fmt: skip
    rows = ([name, str(part.n), _counted(part.precision), _counted(part.recall), shown(part.f1)] for name, part in slices)
    yield _table("Par format, registre et longueur, tous marqueurs", ("tranche", "textes", "précision", "rappel", "F1"), rows)
    kinds = {"ordinaires": own.ordinary, "faux amis": own.hard_negatives, **{f"  {kind}": found for kind, found in own.by_exclusion.items()}}
    yield _table("Faux positifs, un marqueur ou plus", ("textes", "signalés"), ([kind, _counted(found)] for kind, found in kinds.items()))
    shares = ([name, _counted(found), _counted(own.evidence.submarkers[name])] for name, found in own.evidence.evidence.items())
    yield _table("Preuves des vrais positifs", ("marqueur", "touche la citation", "nomme le bon signe"), shares)


def _baselines(found: Baselines) -> Iterator[Table]:
    head = (
        "système",
        "F1 moyen",
        "précision moyenne",
        "faux amis",
        "ordinaires",
        "réel : complotisme, tweets (PM)",
        "réel : flux tenus à part",
        "réel : faux amis",
    )
    rows = []
    for name, system in found.systems.items():
        own = system.test
        cells = [SYSTEMS[name], shown(own.macro_f1), shown(system.mean_average_precision), _counted(own.hard_negatives), _counted(own.ordinary)]
        pooled = system.real.pooled if system.real else {}
        wanted = ("complotisme_tweets_average_precision", "streams_flagged_held_out", "hard_negatives_flagged")
        rows.append(cells + [_counted(pooled[key]) if key in pooled else "–" for key in wanted])
    yield _table("Systèmes comparés, mêmes textes d'apprentissage", head, rows)
    measured = {name: system.real.at_one_percent for name, system in found.systems.items() if system.real is not None and name != SAME_RULE}
    if measured:
        names = list(next(iter(measured.values())))
        recalls = ([SYSTEMS[system].split(",")[0], *(_counted(at[name].recall) for name in names)] for system, at in measured.items())
        yield _table("Rappel sur textes réels, où 1 % des flux ordinaires passent", ("système", *names), recalls)
    leads = (
        [SYSTEMS[name], shown(lead.macro_f1), shown(lead.macro_f1_same_rule), shown(lead.mean_average_precision), "oui" if lead.clear else "non"]
        for name, lead in found.leads.items()
    )
    yield _table("Avance de Vigie", ("sur", "F1, seuils livrés", "F1, même règle", "précision moyenne", "nette"), leads)


def _real(found: RealFigures) -> Iterator[Table]:
    known = [_domain_cells(name, domain) for name, domain in found.domains.items()]
    apart = [_domain_cells(f"{name} (non lu)", domain) for name, domain in found.unread.items()]
    head = ("domaine", "textes", "signalés", "en alerte", "marqueur : positifs, rappel, précision moyenne")
    yield _table(f"Textes réels, {found.n}", head, known + apart)
    rows = ([name, number(at.threshold), _counted(at.recall)] for name, at in found.at_one_percent.items())
    yield _table("Rappel où 1 % des flux ordinaires passent", ("mesure", "seuil", "rappel"), rows)


def _domain_cells(name: str, domain: Domain) -> list[str]:
    found = [f"{marker} : {figures.positives} sur {figures.n}, {shown(figures.recall)}, {shown(figures.average_precision)}"
             for marker, figures in domain.markers.items() if figures.positives]  # fmt: skip
    return [name, str(domain.n), shown(domain.flagged), shown(domain.alerte), "\n".join(found) or "–"]


def _robustness(found: Robustness) -> Table:
    markers = list(next(iter(found.noises.values())).recall_fall)
    rows = (
        [name, *(_counted(cost.recall_fall[marker]) for marker in markers), shown(cost.overall_fall), _counted(cost.false_positive_rise)]
        for name, cost in found.noises.items()
    )
    title = f"Bruits : points de rappel perdus ({found.positives} positifs) et de faux positifs gagnés ({found.negatives} négatifs)"
    return _table(title, ("bruit", *markers, "ensemble", "faux positifs"), rows)


def _neutrality(found: Neutrality) -> Table:
    every: dict[str, Shift] = {"ensemble": found.overall} | dict(found.markers.items()) | {f"axe {axis}": shift for axis, shift in found.axes.items()}
    rows = ([name, str(shift.n), shown(shift.mean), shown(shift.p99), _counted(shift.changed)] for name, shift in every.items())
    return _table("Neutralité : écart du score entre jumeaux", ("", "paires", "moyenne", "99e centile", "décisions changées"), rows)


def _needle(found: Needle) -> Table:
    title = f"Aiguille : {found.needles} textes en dix places, {found.pages - found.pages_flagged} pages sur {found.pages} jugées innocentes"
    total = {"sans page": found.found_alone, "toutes places": found.found, "de celles trouvées sans page": found.found_of_those_found_alone}
    rows = {**total, "preuve sur l'aiguille": found.pointed, **found.by_place}
    return _table(title, ("place", "trouvée"), ([name, _counted(share)] for name, share in rows.items()))


def _faithfulness(found: Faithfulness) -> Table:
    every = {"sans la preuve": found.evidence, "sans d'autres phrases": found.control, "sans la preuve, tous": found.every}
    rows = ([name, str(fall.n), shown(fall.mean_fall), shown(fall.falls), shown(fall.lower_decision)] for name, fall in every.items())
    title = f"Fidélité : {found.true_positives} vrais positifs, dont {found.wholly_evidence} qui ne sont que preuve"
    return _table(title, ("texte", "n", "baisse moyenne", "score baisse", "décision plus basse"), rows)
