"""The exchange with Miviludes and the Orders as a paper and as CSV. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.papers.paper import Caution, Heading, Listing, Paper, Table, Text
from cases.reporting.candidature_paper import DOSSIER_NAMES
from cases.reporting.naming import provider_named
from cases.reporting.tables import csv_bytes
from cases.reporting.words import markers_named
from cases.reporting.yearly_paper import FEW
from core.numbers import french
from core.taxonomy import load_taxonomy
from core.times import paris

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.papers.paper import Block
    from cases.reporting.statistics import Statistics, StatisticTable

DIMENSION_NAMES = {
    "period": "Trimestre", "nature": "Nature", "markers": "Thème", "qualification": "Qualification", "sign": "Signe le plus grave",
    "platform": "Plateforme",
    "author": "L'auteur du contenu", "minors": "Mineurs peut-être exposés", "vulnerable": "Public vulnérable visé", "orientation": "Orientation",
    "outcome": "Suite de la plateforme",
}  # fmt: skip
VALUE_NAMES = {
    "nature": {"signalement": "Signalé par l'organisation", "veille": "Trouvé par la veille"},
    "qualification": {"licite_preoccupant": "Licite préoccupant", "illicite_presume": "Illicite présumé", "urgence": "Urgence"},
    "author": {
        "se_dit_professionnel_de_sante": "Se présente comme professionnel de santé", "titre_peut_etre_non_reconnu": "Titre peut-être non reconnu",
        "inconnu": "Non connu",
    },
    "orientation": {"aucune": "Aucune", "notification": "Notification à la plateforme", **DOSSIER_NAMES},
    "outcome": {"sans_objet": "Sans objet", "attend": "Attend une réponse", "sans_mesure": "Sans mesure", "mesure": "Mesure prise"},
}  # fmt: skip
HEAD = ("period", "table", "dimension_1", "value_1", "dimension_2", "value_2", "number", "hidden")


def statistics_paper(one: Statistics, *, organisation: str) -> Paper:
    """All tables, with what is hidden said so."""
    blocks: list[Block] = [*_opening(one)]
    for number, table in enumerate(one.tables, 1):
        blocks.append(
            Heading(1, f"{number}. {' et '.join([DIMENSION_NAMES[table.dimensions[0]], *(_lower(name) for name in table.dimensions[1:])])}")
        )
        blocks.append(Text("Aucun contenu.") if not table.cells else _crossed(table, one.total) if len(table.dimensions) == 2 else _single(table))
    blocks += [Heading(1, "Ce que ces chiffres ne disent pas"), Listing(LIMITS)]
    who = "contenus sur les soins" if one.health else "tous les contenus"
    return Paper(
        title="Statistiques échangées", subtitle=f"{organisation}, {who}, du {one.since:%d/%m/%Y} au {one.until:%d/%m/%Y}", blocks=tuple(blocks),
        organisation=organisation, date=f"établies le {paris(one.as_of, day=True)}", reference=f"Statistiques {one.since}/{one.until}",
    )  # fmt: skip


LIMITS = (
    "Un contenu n'est pas une personne : le même auteur peut en publier plusieurs, et rien ici ne les rapproche.",
    "Le statut de l'auteur, les mineurs et les publics vulnérables sont relevés dans le texte par un programme ; aucun registre n'est consulté.",
    "La région, la profession exacte et le nombre de victimes ne sont pas connus de Vigie et ne figurent pas ici.",
    "Les contenus effacés depuis, leur délai de conservation passé, ne sont plus comptés. « Inconnu » : l'index ne connaît plus le contenu.",
    "Deux échanges dont les périodes se chevauchent diraient par différence ce que chacun masque : gardez toujours les mêmes périodes.",
)


def _opening(one: Statistics) -> Iterator[Block]:
    yield Text(
        "Contenus publics que des personnes ont lus et jugés licites mais préoccupants, présumés illicites ou urgents. Conventions : Conseil "
        "national de l'Ordre des médecins (29 septembre 2023) et Ordre infirmier (1er juin 2023) : nombre, nature et caractéristiques."
    )
    yield Text(f"Total : {FEW if one.total is None else french(one.total)} contenus.")
    yield Caution(
        f"« {FEW} » : un nombre de 1 à 4, ou un autre masqué pour qu'on ne puisse pas le déduire des totaux. Qui connaît toutes les cases montrées "
        "ne peut pas savoir si une case masquée de moins de 5 atteint 5 ou plus. Zéro est montré."
    )


def _single(table: StatisticTable) -> Block:
    name = table.dimensions[0]
    rows = tuple((named(name, cell.values[0]), _number(cell.number)) for cell in table.cells)
    return Table((DIMENSION_NAMES[name], "Contenus"), rows, DIMENSION_NAMES[name], (0.7, 0.3), (1,))


def _crossed(table: StatisticTable, total: int | None) -> Block:
    """The second dimension in columns, with the totals of both."""
    first, second = table.dimensions
    cells = {(cell.dimensions, cell.values): cell.number for cell in table.cells}
    rows = [values[0] for dimensions, values in cells if dimensions == (first,)]
    columns = [values[0] for dimensions, values in cells if dimensions == (second,)]
    body = [
        (named(first, row), *(_number(cells[(first, second), (row, column)]) for column in columns), _number(cells[(first,), (row,)])) for row in rows
    ]
    foot = ("Total", *(_number(cells[(second,), (column,)]) for column in columns), _number(total))
    head = (DIMENSION_NAMES[first], *(named(second, column) for column in columns), "Total")
    return Table(head, (*body, foot), f"{DIMENSION_NAMES[first]} et {_lower(second)}", (), tuple(range(1, len(head))))


def named(dimension: str, value: str) -> str:
    """A value as people read it."""
    if dimension == "markers":
        return markers_named(value)
    if dimension == "platform":
        return "Non connue" if value == "inconnu" else provider_named(value)
    if dimension == "sign":
        return next((f"{one.id} {one.name}" for one in load_taxonomy().submarkers() if one.id == value), "Non précisé")
    known = VALUE_NAMES.get(dimension, {})
    return " et ".join(known.get(part, part.replace("_", " ")) for part in value.split("+"))


def statistics_csv(one: Statistics) -> bytes:
    """One row a cell, totals included: a total has no second dimension."""
    rows = []
    for number, table in enumerate(one.tables, 1):
        for cell in table.cells:
            pairs = [part for pair in zip(cell.dimensions, cell.values, strict=True) for part in pair] + [None] * (4 - 2 * len(cell.dimensions))
            rows.append((f"{one.since}/{one.until}", number, *pairs, cell.number, int(cell.number is None)))
    return csv_bytes(HEAD, rows)


def _number(value: int | None) -> str:
    return FEW if value is None else french(value)


def _lower(name: str) -> str:
    said = DIMENSION_NAMES[name]
    return said[:1].lower() + said[1:]
