"""Why something was refused, said in French: one clear sentence for each reason, and what can be done."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

from core.errors import TooMany

Advice = Literal["adresse", "page", "phrase", "texte", "plus_bas", "attendre", "administrer", "aucun"]
Kind = Literal["address", "text", "page"]
ADVICE: dict[Advice, str] = {
    "adresse": "Copiez-la de nouveau depuis la barre d'adresse de votre navigateur.",
    "page": "Ouvrez la page dans votre navigateur et copiez son adresse. Pour un message reçu, copiez son texte s'il était public.",
    "phrase": "Envoyez-la comme texte, plus bas.",
    "texte": "Si ce contenu était public, vous pouvez copier son texte et nous l'envoyer.",
    "plus_bas": "Envoyez le texte, plus bas, si tout le monde pouvait le lire.",
    "attendre": "Réessayez dans quelques heures, ou copiez le texte et envoyez-le.",
    "administrer": "Réessayer n'y changera rien : prévenez la personne qui administre Vigie. Il manque l'adresse de contact (VIGIE_CONTACT).",
    "aucun": "",
}
OFFERS: tuple[Advice, ...] = ("phrase", "texte", "plus_bas", "attendre", "administrer")  # sending the text may help
HTTP = re.compile(r"http_([45])\d\d")


class Refusal(NamedTuple):
    """One sentence, and the advice that follows it."""

    said: str
    advice: str
    offers_text: bool  # whether sending the text instead may help


UNFORESEEN: dict[Kind, Refusal] = {
    "address": Refusal("Cette adresse ne peut pas être utilisée.", ADVICE["adresse"], offers_text=False),
    "text": Refusal("Ce texte ne peut pas être utilisé tel quel.", "", offers_text=False),
    "page": Refusal("La page n'a pas pu être lue.", ADVICE["texte"], offers_text=True),
}


@cache
def refusals(kind: Kind) -> dict[str, Refusal]:
    """By reason, of web/reasons.yml."""
    groups: dict[Kind, list[dict[str, Any]]] = yaml.safe_load((Path(__file__).parent / "reasons.yml").read_text(encoding="utf-8"))
    return {
        reason: Refusal(group["said"], ADVICE[group["advice"]], offers_text=group["advice"] in OFFERS)
        for group in groups[kind]
        for reason in group["reasons"]
    }


def refusal(kind: Kind, reason: str | None) -> Refusal:
    """Of a reason; one without words gets a sentence that is true of all."""
    found = refusals(kind).get(reason or "")
    if found is None and kind == "page":
        answered = HTTP.fullmatch(reason or "")
        found = refusals("page")[f"http_{answered[1]}xx"] if answered else refusals("address").get(reason or "")  # the worker looks again
    return found or UNFORESEEN[kind]


def used_up(error: TooMany) -> str:
    """A quota, and when to come back."""
    hours = max(1, round(error.wait / 3600))
    wait = "dans une heure environ" if hours == 1 else f"dans {hours} heures environ"
    return f"Votre organisation a atteint son nombre de signalements du jour. Rien n'est perdu : revenez {wait}."
