"""The keys of the reading pages, as static/reading.js has them and as people read them."""

from __future__ import annotations

QUEUE_KEYS = (
    ("j, k", "contenu suivant, précédent dans la liste"),
    ("Entrée", "ouvrir le contenu choisi"),
    ("n", "lire le prochain contenu"),
    ("f", "aller aux filtres"),
    ("?", "cette liste"),
)
ITEM_KEYS = (
    ("v", "montrer ou masquer le texte"),
    ("t", "aller au texte"),
    ("s, Maj + s", "choisir la phrase suivante, étendre à la phrase suivante"),
    ("c", "citer ce qui est choisi, pour le signe où l'on se trouve"),
    ("j, k", "signe suivant, précédent de la grille"),
    ("1, 2, 3, 0", "présent, absent, incertain, sans réponse"),
    ("h, l, i, u", "hors champ, licite préoccupant, illicite présumé, urgence"),
    ("m", "aller au motif"),
    ("Ctrl + Entrée", "écrire la lecture et passer au suivant"),
    ("z", "annuler la lecture que l'on vient d'écrire"),
    ("p", "je préfère ne pas lire ceci"),
    ("x", "réserver ce contenu, ou le rendre à la file"),
    ("n", "contenu suivant"),
    ("?", "cette liste"),
)
