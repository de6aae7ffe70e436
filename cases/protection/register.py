"""The register of processing activities (GDPR art. 30) as a paper, from what the product really does. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cases.papers.paper import Block, Caution, Facts, Heading, Listing, Paper, Table, Text
from cases.people import CAPACITIES
from cases.protection.texts import text_of
from core.times import paris

if TYPE_CHECKING:
    from datetime import datetime

    from cases.protection.facts import Facts as Known

WIDE = (0.28, 0.17, 0.17, 0.38)


def register_paper(known: Known, *, now: datetime) -> Paper:
    """The register, with what a person still has to fill in named."""
    said = text_of("register")
    blocks: list[Block] = [Caution(said["law"]), Heading(1, said["controller"]), _controller(known, said["to_fill"])]
    blocks += [Heading(2, "Organisations qui utilisent la console"), _organisations(known)]
    for one in said["activities"].values():
        blocks += [Heading(1, one["name"]), _activity(one)]
    blocks += [Heading(1, "Sources lues"), sources_table(known), Heading(1, "Durées de conservation"), periods_table(known)]
    blocks += [Heading(1, "Destinataires"), Listing(tuple(text_of("notice")["recipients"])), Text(text_of("notice")["transfers"])]
    blocks += [Heading(1, "Mesures de sécurité"), Listing((*said["security"], *known.measures)), Heading(2, "Ce que ces réglages ne donnent pas")]
    blocks += [Listing(known.lacks or ("Rien de ce que le produit connaît.",)), Heading(2, "Où sont les données"), Listing(known.places)]
    return Paper(title=said["title"], subtitle=known.house, blocks=tuple(blocks), organisation=known.house, date=f"état au {paris(now, day=True)}")


def _controller(known: Known, to_fill: str) -> Facts:
    return Facts((
        ("Nom", known.house or to_fill), ("Contact", known.contact or to_fill), ("Représentant", to_fill),
        ("Délégué à la protection des données", to_fill),
        ("Responsables conjoints (art. 26, non vérifié) et sous-traitants (art. 28, non vérifié)", to_fill),
    ))  # fmt: skip


def _organisations(known: Known) -> Table:
    counts = {one: sum(row.capacity == one for row in known.organisations) for one in CAPACITIES}
    rows = tuple((name.replace("_", " "), str(number)) for name, number in counts.items() if number)
    return Table(("Qualité déclarée", "Nombre"), rows or (("aucune organisation", "0"),), numbers=(1,))


def _activity(one: dict[str, Any]) -> Facts:
    names = {"purpose": "But", "people": "Personnes concernées", "data": "Données", "basis": "Base légale invoquée, à vérifier"}
    return Facts(tuple((name, " ".join(one[key].split())) for key, name in names.items()))


def sources_table(known: Known, *, public: bool = False) -> Table | Text:
    """The sources that are read, with purpose, claimed basis and access; in public no account is named."""
    said = text_of("notice")
    rows = []
    for one in known.sources:
        if one.enabled:
            title = said["account_name"] if public and one.account else one.title
            where = "" if public and one.account else ", ".join(one.hosts)
            modes = said["access_modes"]
            rows.append((f"{title}\n{where}".strip(), one.purpose, one.legal_basis, modes.get(one.access_mode, one.access_mode)))
    return Table(("Source", "But", "Base légale invoquée", "Accès"), tuple(rows)) if rows else Text(said["no_sources"])


def periods_table(known: Known, *, public: bool = False) -> Table:
    """How long what is kept; in public without the reasons, which speak to who runs the product."""
    rows = tuple((one.label, one.period, one.since, one.why) for one in known.periods)
    checked = f"vérifiées par {known.checked_by}" if known.checked_by else "proposées, non vérifiées par un juriste"
    if public:
        return Table(("Quoi", "Durée", "À partir de"), tuple(row[:3] for row in rows), caption=f"Durées {checked}", widths=(0.5, 0.25, 0.25))
    return Table(("Quoi", "Durée", "À partir de", "Pourquoi"), rows, caption=f"Durées {checked}", widths=WIDE)
