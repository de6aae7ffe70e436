"""The part of a dossier that quotes law: each text with the day of its copy, its elements one by one, and what no fact shows said as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.dossier_kinds import load_grids
from cases.dossier_reasons import chosen
from cases.legal import printable
from cases.papers.paper import Heading, Quote, Table, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cases.dossier import Content
    from cases.legal import Basis
    from cases.papers.dossier import Setup
    from cases.papers.paper import Block

# what an organisation declares itself to be, see cases.people.Capacity
CAPACITIES: Mapping[str, str] = {
    "aucune": "sans qualité juridique déclarée",
    "mandatee": "agit sur mandat, quand une victime lui en donne un",
    "aide_aux_victimes": "association d'aide aux victimes, agréée",
    "agrement_2_17": "agréée au titre de l'article 2-17 du code de procédure pénale",
    "ordre": "Ordre professionnel",
    "autorite_publique": "autorité publique",
}
SUSPECTED = (
    "Les faits sont susceptibles de relever des textes ci-dessous. L'autorité décide ; l'association ne qualifie rien. Chaque texte est cité "
    "d'après la copie nommée, à vérifier par un juriste."
)
NOT_SHOWN = "Non établi par ces contenus."
grids = load_grids


def texts(setup: Setup) -> Iterator[Block]:
    """Article by article."""
    if not setup.dossier.spec.elements:
        return
    yield Heading(1, "Textes susceptibles de s'appliquer")
    yield Text(SUSPECTED)
    for basis in chosen(setup.content, setup.setting.legal):
        yield Heading(2, basis.title)
        yield Text(printable(basis))
        if basis.text:
            yield Quote(basis.text, printable(basis))
        if basis.elements:
            yield _elements(setup.content, basis)


def _elements(content: Content, basis: Basis) -> Table:
    said = {one.element: one for one in content.elements if one.basis == basis.id}
    rows = []
    for element in basis.elements:
        one = said.get(element.id)
        quotes = "".join(f"\n« {quote.text} » ({place(content, quote.document_id)})" for quote in one.quotes) if one else ""
        rows.append((element.name, (one.says if one and one.says else NOT_SHOWN) + quotes))
    return Table(("Élément", "Ce qui le montre"), tuple(rows), caption=f"{basis.article} : éléments", widths=(0.32, 0.68))


def place(content: Content, document_id: str) -> str:
    """Which content a passage stands in, as the paper numbers them."""
    return next((f"contenu {number}" for number, item in enumerate(content.items, 1) if item.document_id == document_id), "contenu inconnu")
