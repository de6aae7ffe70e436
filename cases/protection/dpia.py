"""The template of an impact assessment (GDPR art. 35) as a paper, filled with what the product does; gaps are named, not filled. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.papers.paper import Block, Caution, Facts, Heading, Listing, Paper, Table, Text
from cases.protection.register import periods_table, sources_table
from cases.protection.texts import text_of
from core.numbers import french
from core.times import paris

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cases.protection.facts import Facts as Known


def dpia_paper(known: Known, *, counts: Mapping[str, int], roles: Mapping[str, str], now: datetime) -> Paper:
    """``counts``: what is held now, by its French name; ``roles``: what each role may do, by its French name."""
    said = text_of("dpia")
    blocks: list[Block] = [Caution(said["law"]), Text(said["why"]), Heading(1, "Description du traitement")]
    blocks += [Text(text_of("notice")["what"]), Text(text_of("notice")["not_what"]), Listing(tuple(text_of("notice")["purposes"]))]
    blocks += [Heading(2, "Ce qui est détenu aujourd'hui"), Facts(tuple((name, french(number)) for name, number in counts.items()))]
    blocks += [Heading(2, "Sources"), sources_table(known), Heading(2, "Durées"), periods_table(known)]
    blocks += [Heading(2, "Qui peut faire quoi"), Table(("Rôle", "Ce qu'il permet"), tuple(roles.items()), widths=(0.2, 0.8))]
    blocks += [Heading(2, "Le modèle et ses erreurs"), figures_table(known)]
    blocks += [Heading(1, "Nécessité et proportionnalité"), Listing(tuple(said["necessity"])), Heading(2, "Principes tenus par le produit")]
    blocks += [Listing(tuple(said["principles"])), Heading(1, "Risques pour les personnes"), _risks(), Heading(1, "Mesures de sécurité")]
    blocks += [Listing((*text_of("register")["security"], *known.measures)), Heading(1, "Ce qui manque"), Listing(gaps(known))]
    blocks += [
        Heading(1, "À compléter par le responsable de traitement"),
        Facts(tuple((one, text_of("register")["to_fill"]) for one in said["complete"])),
    ]
    return Paper(title=said["title"], subtitle=known.house, blocks=tuple(blocks), organisation=known.house, date=f"état au {paris(now, day=True)}")


def figures_table(known: Known) -> Table | Text:
    """The measured figures with their 95 % intervals."""
    rows = tuple(
        (one.label, _number(one.value), f"{_number(one.low)} à {_number(one.high)}" if one.low is not None else "—", french(one.number or 0))
        for one in known.figures
    )
    if not rows:
        return Text(f"Modèle {known.model} : aucune mesure n'est jointe.")
    caption = f"Modèle {known.model}, mesures jointes au modèle (intervalle à 95 %)"
    return Table(("Mesure", "Valeur", "Intervalle", "Sur"), rows, caption=caption, widths=(0.52, 0.14, 0.2, 0.14), numbers=(1, 2, 3))


def gaps(known: Known) -> tuple[str, ...]:
    """What is not settled: by nature, and with these settings."""
    found = list(text_of("dpia")["gaps"])
    if not known.checked_by:
        found.append("Les durées de conservation ne sont vérifiées par aucun juriste.")
    if not known.figures:
        found.append("Le modèle en service n'a pas de mesures jointes.")
    without = [one.name for one in known.sources if one.enabled and not (one.purpose and one.legal_basis)]
    found += [f"La source {name} n'a pas de but ou de base légale écrits." for name in without]
    return (*found, *(f"Non réglé : {one}" for one in known.lacks))


def _risks() -> Table:
    said = text_of("dpia")
    rows = tuple((one["risk"], one["harm"], one["measures"], said["residual"]) for one in said["risks"])
    return Table(("Risque", "Dommage possible", "Mesures du produit", "Risque restant"), rows, widths=(0.22, 0.2, 0.42, 0.16))


def _number(value: float | None) -> str:
    return "—" if value is None else french(value, digits=3)
