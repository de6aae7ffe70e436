"""What dossiers say in French for their words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

STATE_NAMES: Mapping[str, str] = {"brouillon": "brouillon", "signe": "signé", "transmis": "transmis", "repondu": "réponse reçue", "clos": "clos"}
OUTCOME_NAMES: Mapping[str, str] = {
    "recu": "reçu, sans suite connue encore",
    "demande_complement": "compléments demandés",
    "enquete": "enquête ou instruction",
    "classe": "classé sans suite",
    "mesure": "mesure ou sanction",
    "oriente": "transmis à un autre service",
    "sans_reponse": "aucune réponse",
    "autre": "autre réponse",
}
DATED_NAMES: Mapping[str, str] = {"publie": "date affichée par la page", "constate": "date du relevé", "rapporte": "date donnée par un récit"}
ANSWER_NAMES: Mapping[str, str] = {"present": "présent", "absent": "absent", "incertain": "incertain"}
PART_NAMES: Mapping[str, str] = {
    "saisine": "La saisine",
    "signalement": "Ce que demande le formulaire",
    "sujet": "Ce qui est en cause",
    "professionnel": "Le professionnel",
    "commerce": "Le commerce",
    "auteurs": "Auteurs",
    "victimes": "Victimes et préjudices",
    "avis": "Avis de l'association",
    "suite": "Suite et diffusion",
}
AGAINST_NAMES: Mapping[str, str] = {"exclusion": "exclusion cochée", "absent": "signe cherché et non trouvé", "incertain": "signe incertain"}
ROLE_NAMES: Mapping[str, str] = {
    "auteur": "auteur",
    "victime": "victime",
    "proche": "proche d'une victime",
    "temoin": "témoin",
    "declarant": "personne qui déclare",
}
AGREES_NAMES: Mapping[str, str] = {"oui": "d'accord pour être nommée", "non": "pas d'accord", "sans_objet": "accord sans objet"}
ACTION_NAMES: Mapping[str, str] = {
    "retire": "retiré",
    "desactive": "rendu inaccessible",
    "declasse": "déclassé",
    "restreint_age": "restreint selon l'âge",
    "interaction_restreinte": "interactions restreintes",
    "etiquete": "étiqueté",
    "demonetise": "démonétisé",
    "compte_suspendu": "compte suspendu",
    "compte_ferme": "compte fermé",
    "aucune_licite": "aucune mesure, jugé licite",
    "aucune_insuffisante": "aucune mesure, notification jugée insuffisante",
    "aucune_autre": "aucune mesure",
}
