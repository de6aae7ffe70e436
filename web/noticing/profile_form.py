"""The form of an organisation's profile: what it says of itself in notices and reports. Values in, values out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from core.errors import Invalid
from web.noticing.answering import yes_no
from web.noticing.form import said

if TYPE_CHECKING:
    from starlette.datastructures import FormData

    from cases.profiles import Profile

SHARE = re.compile(r"(?P<source>.+?)\s*[:;]\s*(?P<share>\d{1,3}(?:[.,]\d+)?)\s*%?\s*")


class Question(NamedTuple):
    """One field of the form. ``kind``: of an input, or ``long`` for several lines."""

    name: str
    label: str
    hint: str = ""
    kind: str = "text"


PARTS: tuple[tuple[str, tuple[Question, ...]], ...] = (
    ("Qui notifie", (
        Question("legal_form", "Forme juridique", "Association loi 1901, fondation…"),
        Question("siren", "SIREN ou RNA", "9 chiffres, ou W et 9 chiffres"),
        Question("address", "Adresse postale", kind="long"),
        Question("email", "Adresse électronique", "Obligatoire dans toute notification (règlement (UE) 2022/2065, art. 16, § 2, point c)", "email"),
        Question("phone", "Téléphone"),
        Question("website", "Site"),
        Question("representative", "Qui la représente", "Nom et qualité"),
        Question("languages", "Langues", "Deux lettres chacune, séparées par des virgules : fr, en"),
    )),
    ("Signaleur de confiance (art. 22)", (
        Question("tf_authority", "Autorité qui a donné le statut", "Vide si vous ne l'avez pas : la notification ne le dira pas. En France, l'Arcom"),
        Question("tf_decided_on", "Date de la décision", kind="date"),
        Question("tf_area", "Domaine d'expertise désigné", kind="long"),
    )),
    ("Qualité pour agir", (
        Question("agrement", "Agrément, art. 2-17 du code de procédure pénale", "Sa référence ; à vérifier par un juriste"),
        Question("agrement_until", "Valable jusqu'au", kind="date"),
        Question("mandate", "Mandat", "De qui, si vous agissez pour quelqu'un. Sans nom de victime", "long"),
        Question("founded_on", "Créée le", kind="date"),
        Question("members", "Adhérents", kind="number"),
    )),
    ("Indépendance", (
        Question("funding", "D'où vient l'argent", "Une ligne chacun : « Dons : 60 % »", "long"),
        Question("platform_resources", "Outils ou services donnés par des plateformes", "Ou « aucun »", "long"),
        Question("governance", "Qui décide", kind="long"),
        Question("conflicts", "Comment les conflits d'intérêts sont traités", kind="long"),
        Question("contest_channel", "Comment un auteur peut contester une notification", kind="long"),
        Question("training", "Formation de qui lit et signe", kind="long"),
    )),
)  # fmt: skip


def typed_of(profile: Profile) -> dict[str, str]:
    """What the fields show of a profile."""
    known = {question.name: "" for _, questions in PARTS for question in questions}
    plain = {name: "" if value is None else str(value) for name, value in profile.model_dump(mode="json").items() if name in known}
    status = profile.trusted_flagger
    funding = "\n".join(f"{one.source} : {one.share * 100:g} %" for one in profile.funding)
    flagger = {"tf_authority": status.authority, "tf_decided_on": status.decided_on.isoformat(), "tf_area": status.area} if status else {}
    money = {True: "oui", False: "non", None: ""}[profile.no_platform_money]
    return {**known, **plain, **flagger, "funding": funding, "languages": ", ".join(profile.languages), "no_platform_money": money}


def given_of(form: FormData) -> dict[str, str]:
    """What was typed."""
    names = [question.name for _, questions in PARTS for question in questions]
    return {name: said(form, name) for name in [*names, "no_platform_money"]}


def profile_of_form(form: FormData) -> dict[str, Any]:
    """Fields of cases.profiles.Profile. Raises Invalid for a source of money without its share."""
    given = given_of(form)
    status = {"authority": given["tf_authority"], "decided_on": given["tf_decided_on"], "area": given["tf_area"]}
    dates = {name: given[name] or None for name in ("agrement_until", "founded_on", "members")}
    texts = {name: value for name, value in given.items() if not name.startswith("tf_") and name not in dates}
    return {
        **texts, **dates, "siren": "".join(given["siren"].split()).upper(), "trusted_flagger": status if any(status.values()) else None,
        "funding": [_funding(line) for line in given["funding"].splitlines() if line.strip()], "no_platform_money": yes_no(form, "no_platform_money"),
        "languages": [one.strip() for one in given["languages"].split(",") if one.strip()] or ["fr"],
    }  # fmt: skip


def _funding(line: str) -> dict[str, Any]:
    found = SHARE.fullmatch(line.strip())
    if found is None:
        raise Invalid(f"funding: {line.strip()[:60]!r} names no share; expected a source and a percentage, such as: Dons : 60 %")
    return {"source": found["source"], "share": float(found["share"].replace(",", ".")) / 100}
