"""What people read, in French, for the values that core/records.py fixes. Names of markers, flags and reasons come from their own files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# field: value: name
VALUE_NAMES: Mapping[str, Mapping[str, str]] = {
    "decision": {"alerte": "Alerte", "a_lire": "À lire", "rien": "Rien"},
    "lane": {"signale": "Relevé par le modèle", "sondage": "Sondage"},
    "status": {"a_examiner": "À examiner", "en_cours": "En cours", "decide": "Décidé"},
    "qualification": {
        "hors_champ": "Hors champ",
        "licite_preoccupant": "Licite préoccupant",
        "illicite_presume": "Illicite présumé",
        "urgence": "Urgence",
    },
    "notice_state": {
        "brouillon": "Brouillon",
        "signee": "Signée",
        "envoyee": "Envoyée",
        "accusee": "Accusé de réception",
        "repondue": "Répondue",
        "contestee": "Contestée",
        "close": "Close",
    },
    "kind": {"post": "Publication", "article": "Article", "crowdfunding": "Cagnotte"},
    "access_mode": {"open": "Ouvert à tous", "auto_join": "Sans admission"},
    "content_type": {"TEXT": "Texte", "IMAGE": "Image", "VIDEO": "Vidéo", "AUDIO": "Son", "PRODUCT": "Produit", "OTHER": "Autre"},
    "stance": {
        "assert": "Affirme",
        "quote": "Cite",
        "denounce": "Dénonce",
        "testify": "Témoigne",
        "ask": "Demande",
        "joke": "Plaisante",
        "inform": "Informe",
    },
    "measure": {
        "kept": "Gardés",
        "duplicate": "Déjà connus",
        "dropped": "Écartés par règle",
        "set_aside": "Mis de côté",
        "failed": "Échecs",
        "unchanged": "Pages inchangées",
        "blind": "Angles morts",
        "left_out": "Laissés de côté",
    },
}
