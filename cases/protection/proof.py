"""The proof of an erasure, or of what was given, as a paper. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.papers.paper import Block, Caution, Facts, Heading, Listing, Paper, Table, Text
from cases.protection.texts import text_of
from core.times import paris

if TYPE_CHECKING:
    from cases.request import Kept, Request

LAW = (
    "Règlement (UE) 2016/679 (RGPD, texte adopté le 27/04/2016), art. 12 (lu) ; art. 15, 17 et 21 (non vérifiés : pas lus). À faire vérifier par un "
    "juriste."
)
KINDS = {"acces": "Accès", "effacement": "Effacement", "rectification": "Rectification", "opposition": "Opposition"}


def proof_paper(request: Request, *, house: str) -> Paper:
    """For the person: what was there, what is there now, what stays, why and until when. It names nobody."""
    proof, names = request.proof, text_of("places")
    before, after = proof.get("before", {}), proof.get("after", {})
    blocks: list[Block] = [
        Facts((
            ("Demande", KINDS[request.kind]), ("Reçue le", paris(request.received_at, day=True)), ("Faite le", paris(proof["made_at"])),
            ("Contenus concernés", str(proof.get("documents", 0))), ("Empreinte SHA-256", str(proof["sha256"])),
        )),
    ]  # fmt: skip
    if request.kind in ("effacement", "opposition"):
        rows = tuple((names.get(place, place), str(number), str(after.get(place, 0))) for place, number in before.items())
        blocks += [Heading(1, "Avant et après"), Table(("Où", "Avant", "Après"), rows or (("Rien n'a été trouvé", "0", "0"),), numbers=(1, 2))]
        blocks += [Heading(1, "Nouvelle recherche"), Text(_searched(proof)), Heading(1, "Ce qui reste, pourquoi, jusqu'à quand")]
        blocks += [Listing(tuple(map(kept_line, request.kept)))]
    blocks.append(Caution(LAW))
    return Paper(title="Preuve de traitement d'une demande", subtitle=f"Demande {request.id}", blocks=tuple(blocks), organisation=house)


def kept_line(kept: Kept) -> str:
    """One thing that stays, in a sentence."""
    until = f"jusqu'au {paris(kept.until, day=True)}" if kept.until else "sans date connue ; à la clôture du dossier s'il y en a un"
    many = f" ({kept.documents} contenu{'s' if kept.documents > 1 else ''})" if kept.documents else ""
    return f"{kept.what}{many} : {kept.why} Durée : {until}."


def _searched(proof: dict[str, object]) -> str:
    searched, elsewhere = proof.get("searched"), proof.get("said_elsewhere")
    texts = searched.get("texts", 0) if isinstance(searched, dict) else 0
    others = elsewhere.get("by_others", 0) if isinstance(elsewhere, dict) else 0
    found = f"{texts} adresses, identifiants et morceaux de textes ont été cherchés dans les octets de tous les fichiers : aucun n'a été trouvé."
    unread = searched.get("unread_files", 0) if isinstance(searched, dict) else 0
    if unread:
        found += f" {unread} fichiers endommagés ou verrouillés n'ont pas pu être lus jusqu'au bout : nul ne peut dire ce qu'ils contiennent."
    return found + (f" {others} autres se lisent encore dans des contenus d'autres auteurs, qui citent, ou dans la preuve gardée." if others else "")
