"""The page in plain French that lies on top of a sealed bundle, as text and as HTML: what it is, what it shows and does not show, how to check it."""

from __future__ import annotations

import re
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from crawlers.evidence.witness import spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawlers.evidence.bundle import Case

WIDTH = 100  # characters of a line of text
NAMES = {"notice": "la notification", "dossier": "le dossier", "document": "le document"}
UNPACK = ("python3 -m zipfile -e PAQUET.zip paquet", "python3 paquet/verifier.py PAQUET.zip")
DIGESTS = (
    "cd paquet",
    "python3 -c \"import hashlib, json; [print('oui' if hashlib.sha256(open(f['name'], 'rb').read()).hexdigest() == f['sha256'] else 'NON', "
    "f['name']) for f in json.load(open('manifest.json', encoding='utf-8'))['files']]\"",
)
STAMP = (
    "openssl dgst -sha256 manifest.json",
    "openssl ts -verify -data manifest.json -in horodatage/01.tsr -CAfile horodatage/01.pem -partial_chain",
    "openssl ts -reply -in horodatage/01.tsr -text",
)
STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;background:#fff}h1{font-size:1.5rem}"
    "h2{font-size:1.1rem;margin-top:1.5rem}pre{background:#f1f1ee;padding:.75rem;white-space:pre-wrap;overflow-wrap:anywhere}li{margin:.25rem 0}"
    "p,li{overflow-wrap:anywhere}@page{size:A4;margin:1.2cm}@media print{body{font-size:9pt;line-height:1.3;margin:0;max-width:none}"
    "h1,h2{margin:.5em 0}p,ul,pre{margin:.4em 0;padding-top:0;padding-bottom:0}}"
)


class Section(NamedTuple):
    """A heading and what stands below it: a text is a paragraph, a list its points; commands are typed as they are."""

    heading: str
    parts: tuple[str | list[str] | tuple[str, ...], ...]


def sections(case: Case, urls: Sequence[str]) -> tuple[Section, ...]:
    """What the page says. ``urls``: of the contents."""
    return (
        Section("Ce que c'est", _what(case, urls)),
        Section("Ce que contient le paquet", (_holds(),)),
        Section("Ce que le paquet montre, et ce qu'il ne montre pas", (_shows(case),)),
        Section("Vérifier sans réseau, avec Python seul (et openssl pour l'heure)", _how(case)),
    )


def _what(case: Case, urls: Sequence[str]) -> tuple[str, ...]:
    named = f"{len(urls)} documents" if case.kind == "document" and len(urls) > 1 else f"{NAMES[case.kind]} {case.identifier}"
    house = f" par {case.house}" if case.house else ""
    shown = f"{len(urls)} contenus publiés sur internet (voir contenus.txt)" if len(urls) > 1 else f"le contenu publié à l'adresse {urls[0]}"
    return (
        f"Ce paquet montre {shown}, comme le site l'a envoyé à la machine qui l'a lu, avec de quoi vérifier que rien n'a changé depuis.",
        f"Il a été demandé le {spoken(case.asked_at)}{house}, pour {named}.",
    )


def _holds() -> list[str]:
    return [
        "contenus/001, 002… : pour chaque contenu, la demande envoyée au site, sa réponse et son certificat (preuve.warc.gz, au format WARC 1.1) ; "
        "le texte tel qu'on le lit (texte.txt) ; les conditions de la lecture : adresse, machine, heure, horloge, chiffrement, logiciel, robots.txt "
        "(conditions.txt) ; la capture d'écran s'il en existe une (capture.png)",
        "chaine-de-conservation.txt : qui a fait quoi, et quand ; les personnes y sont des identifiants, l'association dit au juge qui elles sont",
        "manifest.json : la taille et l'empreinte SHA-256 de chaque fichier",
        "horodatage : les signatures d'autorités extérieures sur l'empreinte du manifeste, leurs certificats, et la liste de celles qui n'ont pas "
        "répondu (etat.txt)",
        "sceau.txt : ce qui couvre le tout, horodatages compris ; verifier.py : le programme qui vérifie",
    ]


def _shows(case: Case) -> list[str]:
    dated = (
        "Que le manifeste existait à l'heure que l'autorité d'horodatage a signée, sans dépendre de l'horloge de l'association."
        if case.authorities
        else "Aucune autorité d'horodatage n'était configurée : l'heure est celle de la machine qui a lu, comparée à celle des sites."
    )
    return [
        "Que ces octets sont ceux qui ont été reçus et scellés : un seul octet changé est trouvé, et sa place est nommée.",
        dated,
        "Il ne dit pas que le contenu est illicite, ni qui l'a écrit. Il porte sur un contenu, jamais sur une personne.",
        "Ce n'est pas un constat de commissaire de justice. Sa valeur est laissée au juge.",
        "Sur l'horodatage, voir le règlement (UE) n° 910/2014, article 41 : référence non vérifiée, à relire par un juriste.",
        "Il peut contenir des données personnelles : ne le remettez qu'à qui doit en juger.",
    ]


def _how(case: Case) -> tuple[str | tuple[str, ...], ...]:
    said = "Remplacez PAQUET.zip par le nom du fichier reçu. Le programme dit « LE PAQUET EST INTACT », ou nomme ce qui a changé :"
    if not case.authorities:
        return (said, UNPACK, "Sans ce programme, l'empreinte de chaque fichier :", DIGESTS)
    return (
        said,
        UNPACK,
        "Sans ce programme, l'empreinte de chaque fichier, puis l'horodatage du manifeste (01, 02… : ceux que liste horodatage/etat.txt) :",
        DIGESTS,
        STAMP,
        "N'importe qui peut fabriquer des certificats : comparez l'empreinte du dernier, que le programme donne, à celle que l'autorité publie, ou "
        "donnez au programme ceux que vous connaissez : --autorites FICHIER.pem.",
    )


def as_text(case: Case, urls: Sequence[str]) -> str:
    """LISEZMOI.txt; a command stands on one line of its own."""
    lines = ["PAQUET DE PREUVES SCELLÉ", ""]
    for section in sections(case, urls):
        lines += [section.heading.upper(), ""]
        for part in section.parts:
            if isinstance(part, tuple):
                lines += [*(f"    {one}" for one in part), ""]
            else:
                lines += [line for one in ([part] if isinstance(part, str) else part) for line in _wrapped(one, point=part is not one)] + [""]
    return "\n".join(lines)


def _wrapped(text: str, *, point: bool) -> list[str]:
    before = "- " if point else ""
    return wrap(_bound(text), WIDTH, initial_indent=before, subsequent_indent=" " * len(before), break_long_words=False, break_on_hyphens=False)


def as_html(case: Case, urls: Sequence[str]) -> str:
    """LISEZMOI.html: one page that needs nothing else."""
    body = ["<h1>Paquet de preuves scellé</h1>"]
    for section in sections(case, urls):
        body.append(f"<h2>{escape(section.heading)}</h2>")
        for part in section.parts:
            if isinstance(part, str):
                body.append(f"<p>{escape(_bound(part))}</p>")
            elif isinstance(part, list):
                body.append(f"<ul>{''.join(f'<li>{escape(_bound(one))}</li>' for one in part)}</ul>")
            else:
                body.append(f"<pre>{escape(chr(10).join(part))}</pre>")
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Paquet de preuves scellé</title><style>{STYLE}</style>'
    return f'<!doctype html>\n<html lang="fr"><head>{head}</head>\n<body>\n{chr(10).join(body)}\n</body></html>\n'


def _bound(text: str) -> str:
    """What stands before a French colon or semicolon stays with it."""
    return re.sub(" (?=[;:»])|(?<=«) ", "\u00a0", text)
