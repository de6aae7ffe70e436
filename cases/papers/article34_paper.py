"""The contribution on systemic risks (DSA art. 34) on paper."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cases.papers.article34 import Article34, load_grid
from cases.papers.charts import figure_of
from cases.papers.paper import Block, Caution, Facts, Heading, Listing, Paper, Quote, Table, Text
from cases.papers.tableau import drawn, percent
from cases.papers.tableau import named as picture_named
from cases.papers.words import CITED, dsa
from cases.reporting.words import markers_named
from cases.reviewed import MONTHS, day
from core.numbers import french
from core.taxonomy import load_taxonomy
from core.times import PARIS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.papers.article34 import Risk

NAMES = {"month": "Mois", "platform": "Plateforme", "theme": "Thème", "sign": "Signe relevé par des lecteurs", "flag": "Signe transversal"}


def article34_paper(one: Article34, *, organisation: str) -> Paper:
    """Aggregated figures, each chart with the table of the same; examples without names."""
    return Paper(
        title="Contribution à l'évaluation des risques systémiques",
        subtitle=f"Contenus licites mais préoccupants, du {day(one.since)} au {day(one.until)} — {dsa('art. 34')}",
        organisation=organisation,
        date=f"le {day(one.as_of.astimezone(PARIS))}",
        reference=f"Contribution, période {one.since}/{one.until}",
        blocks=(*_purpose(one), *_risks(one), *_mechanisms(one), *_observed(one), *_method(one), *_examples(one), *_suggested(one), *_cited()),
    )


def _purpose(one: Article34) -> Iterator[Block]:
    yield Heading(1, "Objet")
    yield Text(
        f"Cette contribution décrit des contenus que des personnes ont lus et jugés licites mais préoccupants : {figure_of(one.total)} sur "
        f"{french(one.read)} contenus lus. Elle peut aider à évaluer les risques systémiques d'un service ({dsa('art. 34, par. 1')})."
    )
    yield Caution(
        "Ce n'est pas une notification : aucun de ces contenus n'est dit illicite, et aucun retrait n'est demandé. Elle ne désigne personne."
    )


def _risks(one: Article34) -> Iterator[Block]:
    """Which themes and signs, and not how many: a risk's number less its themes' would tell what they hide."""
    yield Heading(1, "Risques auxquels ces contenus se rapportent")
    yield Text(
        "Le rapprochement entre thèmes, signes et risques est une proposition de cette organisation. Les nombres sont dans les tableaux qui suivent."
    )
    shown = {line.value for line in one.cut("flag").lines}
    seen = {marker for line in one.cut("theme").lines for marker in line.value.split("+")}
    rows = tuple((f"{risk.letter})", risk.name, _pointing(risk, seen, shown)) for risk in load_grid().risks)
    yield Table(("Point", "Risque (art. 34, par. 1)", "Thèmes et signes qui s'y rapportent"), rows, widths=(0.7, 4, 4))


def _pointing(risk: Risk, seen: set[str], shown: set[str]) -> str:
    flags = [load_taxonomy().flag(flag).name for flag in risk.flags if flag in shown]
    return " ; ".join([*(markers_named(marker) for marker in risk.markers if marker in seen), *flags]) or "Aucun dans la période"


def _mechanisms(one: Article34) -> Iterator[Block]:
    grid = load_grid()
    yield Heading(1, "Mécanismes observés")
    lines = [(way.name, one.cut("flag").line(way.flag) if way.flag else one.cut("copies").line(str(way.copies))) for way in grid.mechanisms]
    rows = tuple((name, figure_of(line.number), percent(line.share)) for name, line in lines)
    yield Table(("Mécanisme", "Contenus", "Part"), rows, widths=(6, 1.2, 1.2), numbers=(1, 2))
    yield Text(
        f"Non observés ici, faute de les voir : {', '.join(grid.unseen)}. Le service est seul à pouvoir les examiner ({dsa('art. 34, par. 2')})."
    )


def _observed(one: Article34) -> Iterator[Block]:
    yield Heading(1, "Observations")
    for name in ("month", "platform", "theme", "sign", "flag"):
        yield Heading(2, NAMES[name])
        yield from drawn(one.cut(name), one.since.year, name=NAMES[name], label=partial(_named, name), compared=False)
    yield Heading(2, "Aspect linguistique et national")
    own = one.cut("language").line("fr")
    yield Text(f"En français : {figure_of(own.number)} contenus, soit {percent(own.share)} du total ({dsa('art. 34, par. 2')}).")


def _named(dimension: str, value: str) -> str:
    if dimension == "month":
        return f"{MONTHS[int(value[5:]) - 1]} {value[:4]}"
    return f"{value} {load_taxonomy().submarker(value).name}" if dimension == "sign" else picture_named(dimension, value)


def _method(one: Article34) -> Iterator[Block]:
    yield Heading(1, "Méthode et confiance")
    drawn_said = "Aucun contenu tiré au sort dans la période."
    if one.drawn.read:
        rate = f"{percent(one.drawn.value)}, entre {percent(one.drawn.low)} et {percent(one.drawn.high)} (intervalle de Wilson à 95 %, non pondéré)"
        drawn_said = rate if one.drawn.value is not None else "masqué"
    yield Facts((
        ("Source", "pages publiques, sans compte d'emprunt"),
        ("Contenus lus", french(one.read)),
        ("Dont tirés au sort", french(one.drawn.read)),
        ("Licites mais préoccupants parmi ceux-ci", drawn_said),
        ("Qui juge", "des personnes, avec une grille publiée ; un outil automatique ne fait qu'attirer l'attention"),
        ("Petits nombres", "« masqué » : un nombre de 1 à 4, ou un autre qui permettrait de le calculer"),
    ))  # fmt: skip
    yield Text("Hors tirage au sort, ces contenus ont été cherchés : les parts décrivent ce qui a été lu, non l'ensemble d'un service.")


def _examples(one: Article34) -> Iterator[Block]:
    if one.examples:
        yield Heading(1, "Exemples, sans ce qui désignerait quelqu'un")
    for number, shown in enumerate(one.examples, 1):
        signs = ", ".join(f"{name} {load_taxonomy().submarker(name).name}" for name in shown.signs)
        yield Quote(shown.text, f"Exemple {number}. {markers_named('+'.join(shown.markers))}{f' ; {signs}' if signs else ''}")


def _suggested(one: Article34) -> Iterator[Block]:
    yield Heading(1, "Mesures suggérées")
    yield Listing(one.suggestions)


def _cited() -> Iterator[Block]:
    yield Heading(1, "Textes cités")
    yield Text(CITED)
