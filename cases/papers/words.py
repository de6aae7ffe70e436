"""What papers say in French for the words of a notice, and how they cite the regulation they rest on."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from core.times import paris

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

MEASURE_NAMES: Mapping[str, str] = {
    "retrait": "le retrait du contenu",
    "blocage_fr": "le blocage de l'accès en France",
    "restriction_age": "une restriction selon l'âge",
    "declassement": "un déclassement",
    "etiquetage": "un étiquetage",
    "demonetisation": "la fin de la monétisation",
    "mesure_compte": "une mesure sur le compte",
}
CONTENT_TYPE_NAMES: Mapping[str, str] = {"TEXT": "texte", "IMAGE": "image", "VIDEO": "vidéo", "AUDIO": "son", "PRODUCT": "produit", "OTHER": "autre"}
ACCESS_NAMES: Mapping[str, str] = {"open": "ouvert à tous", "auto_join": "ouvert à qui s'inscrit, sans décision humaine"}
GATE_NAMES: Mapping[str, str] = {"sante": "le regard d'une personne compétente en santé", "droit": "le regard d'un juriste"}
REACH_NAMES: Mapping[str, str] = {
    "views": "vues", "likes": "mentions « j'aime »", "reposts": "partages", "replies": "réponses", "followers": "abonnés", "donors": "donateurs",
}  # fmt: skip
LANGUAGE_NAMES: Mapping[str, str] = {"fr": "français", "en": "anglais", "de": "allemand", "es": "espagnol", "it": "italien", "ar": "arabe"}
CITED = (
    "Règlement (UE) 2022/2065 (règlement sur les services numériques), articles cités : lus dans le texte d'origine, tel qu'adopté en 2022 ; "
    "à vérifier par un juriste."
)  # stands in every paper that cites it


def dsa(article: str) -> str:
    """An article of Regulation (EU) 2022/2065; the paper says with ``CITED`` which copy was read."""
    return f"règlement (UE) 2022/2065, {article}"


def both(moment: datetime | None) -> str:
    """A moment in Paris and in UTC, which leaves no doubt about which it was."""
    if moment is None:
        return "non affiché"
    return f"{paris(moment)} (Paris), {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def count(number: int, one: str, many: str) -> str:
    """``1 contenu``, ``3 contenus``."""
    return f"{number} {one if number == 1 else many}"


def thousands(number: int) -> str:
    """``12 345``, with a space that does not break."""
    return f"{number:,}".replace(",", "\u00a0")
