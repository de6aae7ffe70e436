"""What people read, in French, for the words of the register. A code of the transparency database is shown beside its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# what a provider did about an item; the first three are ours, where it said nothing (domain rules, 6.2)
ACTION_NAMES: Mapping[str, str] = {
    "en_attente": "En attente (moins de 30 jours)",
    "sans_reponse": "Aucune réponse",
    "accuse_seul": "Accusé de réception seul",
    "decision_sans_detail": "Décision sans mesure précisée",
    "retire": "Retiré",
    "desactive": "Accès désactivé",
    "declasse": "Déclassé",
    "restreint_age": "Restreint selon l'âge",
    "interaction_restreinte": "Interactions restreintes",
    "etiquete": "Étiqueté",
    "demonetise": "Démonétisé",
    "compte_suspendu": "Compte suspendu",
    "compte_ferme": "Compte fermé",
    "aucune_licite": "Aucune mesure : jugé licite",
    "aucune_insuffisante": "Aucune mesure : notification jugée insuffisante",
    "aucune_autre": "Aucune mesure : autre motif",
}
GROUND_NAMES: Mapping[str, str] = {"loi": "Loi", "cgu": "Conditions d'utilisation", "": "Non précisé"}
SCOPE_NAMES: Mapping[str, str] = {"FR": "France", "EU": "Union européenne", "monde": "Monde", "": "Non précisée"}
SOURCE_NAMES: Mapping[str, str] = {
    "SOURCE_TRUSTED_FLAGGER": "Signaleur de confiance (art. 22)",
    "SOURCE_ARTICLE_16": "Notification ordinaire (art. 16)",
}
COMPLAINT_NAMES: Mapping[str, str] = {"interne": "Réclamation interne (art. 20)", "hors_tribunal": "Règlement extrajudiciaire (art. 21)"}
OUTCOME_NAMES: Mapping[str, str] = {
    "confirmee": "Décision maintenue",
    "partiellement_revisee": "Révisée en partie",
    "revisee": "Révisée",
    "omise": "Sans décision",
    "": "En cours",
}
STEP_NAMES: Mapping[str, str] = {
    "reception": "Jusqu'à l'accusé de réception",
    "decision": "Jusqu'à la décision",
    "mesure": "Jusqu'à la mesure",
}
LANE_NAMES: Mapping[str, str] = {
    "signale": "Relevés par le modèle, puis lus par des personnes",
    "sondage": "Tirés au sort, puis lus par des personnes",
    "": "Proposés par une association ou trouvés en cherchant",
}
MARKER_NAMES: Mapping[str, str] = {"gourou": "Emprise", "complotisme": "Complotisme", "abandon_soins": "Abandon de soins", "": "Aucun marqueur"}
CATEGORY_NAMES: Mapping[str, str] = {
    "STATEMENT_CATEGORY_CONSUMER_INFORMATION": "Information du consommateur",
    "STATEMENT_CATEGORY_CYBER_VIOLENCE": "Cyberviolence",
    "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS": "Données personnelles et vie privée",
    "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH": "Propos illicites ou préjudiciables",
    "STATEMENT_CATEGORY_NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS": "Débat public et élections",
    "STATEMENT_CATEGORY_PROTECTION_OF_MINORS": "Protection des mineurs",
    "STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY": "Sécurité publique (dont santé publique)",
    "STATEMENT_CATEGORY_SCAMS_AND_FRAUD": "Escroqueries et fraudes",
    "STATEMENT_CATEGORY_SELF_HARM": "Atteintes à soi-même",
    "STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS": "Produits dangereux ou interdits",
    "STATEMENT_CATEGORY_VIOLENCE": "Violences",
    "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE": "Catégorie non précisée",
}
KEYWORD_NAMES: Mapping[str, str] = {
    "OTHER": "autre", "RISK_PUBLIC_HEALTH": "risque pour la santé publique", "MISLEADING_INFO_GOODS_SERVICES": "information trompeuse sur un service",
    "HIDDEN_ADVERTISEMENT": "publicité cachée", "INSUFFICIENT_INFORMATION_ON_TRADERS": "vendeur non identifiable", "NONCOMPLIANCE_PRICING": "prix",
    "MISLEADING_INFO_CONSUMER_RIGHTS": "information trompeuse sur les droits", "CYBER_BULLYING_INTIMIDATION": "intimidation",
    "CYBER_HARASSMENT": "harcèlement", "DEFAMATION": "diffamation", "DISCRIMINATION": "discrimination", "HATE_SPEECH": "haine",
    "MISINFORMATION_DISINFORMATION": "désinformation", "UNSAFE_CHALLENGES": "défis dangereux", "ILLEGAL_ORGANIZATIONS": "organisations illégales",
    "IMPERSONATION_ACCOUNT_HIJACKING": "usurpation d'identité", "PYRAMID_SCHEMES": "ventes pyramidales", "PHISHING": "hameçonnage",
    "CONTENT_PROMOTING_EATING_DISORDERS": "troubles alimentaires", "SELF_MUTILATION": "automutilation", "SUICIDE": "suicide",
    "PROHIBITED_PRODUCTS": "produits interdits", "UNSAFE_PRODUCTS": "produits dangereux", "COORDINATED_HARM": "préjudice coordonné",
    "INCITEMENT_VIOLENCE_HATRED": "incitation à la violence", "HUMAN_EXPLOITATION": "exploitation de personnes",
}  # fmt: skip
NO_CATEGORY = "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE"  # what a notice without a category becomes (Reg. 2024/2835, Annex II)
LANGUAGE_NAMES: Mapping[str, str] = {
    "ar": "arabe", "br": "breton", "co": "corse", "de": "allemand", "en": "anglais", "es": "espagnol", "eu": "basque", "fr": "français",
    "it": "italien", "nl": "néerlandais", "oc": "occitan", "pl": "polonais", "pt": "portugais", "ro": "roumain", "ru": "russe", "tr": "turc",
    "uk": "ukrainien", "zh": "chinois",
}  # fmt: skip


def markers_named(joined: str) -> str:
    """Of markers joined by "+": "Abandon de soins et emprise"."""
    names = [MARKER_NAMES.get(one, one) for one in joined.split("+")]
    return " et ".join([names[0], *(name.lower() for name in names[1:])])


def category_named(code: str) -> str:
    """The name of a category, else its code."""
    return CATEGORY_NAMES.get(code, code.removeprefix("STATEMENT_CATEGORY_").replace("_", " ").capitalize())


def keyword_named(code: str) -> str:
    """A keyword's name, else its code in small letters."""
    plain = code.removeprefix("KEYWORD_")
    return KEYWORD_NAMES.get(plain, plain.replace("_", " ").lower()) or "sans mot-clé"
