"""What a signer must know on one page: what is said, who signed, which looks are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cases.legal import load_legal
from cases.notice_signing import readiness
from cases.notices import problems
from cases.platforms import printable
from cases.signing import MOST_INTERESTS, STATEMENT
from web.naming import people_names
from web.noticing.documents import paper_of, platform_of
from web.noticing.draft_page import missing
from web.noticing.words import name_of, words
from web.reading.preferences import preferences_of
from web.reading.words import counted, defanged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.notice import Content
    from cases.notice_signing import Readiness
    from cases.notices import Notice
    from cases.people import Actor
    from web.console import Console

LOOKS = {
    "sante": "La loi ou le marqueur demande qu'une personne compétente en santé juge le danger.",
    "droit": "La loi ou le marqueur demande qu'une personne de droit juge que le texte s'applique.",
}


def signing_page(console: Console, notice: Notice, actor: Actor) -> dict[str, Any]:
    """For notifications/signer.html. Raises NotFound, Unavailable, ConfigError."""
    state = readiness(console.database, notice.id, actor=actor, secret=console.secret)
    found = problems(console.database, notice)
    counting = [one for one in notice.signed if one.person_id in state.signers]
    mine = any(one.person_id == actor.id for one in counting)
    return {
        "missing": missing(found, page=f"/notifications/{notice.id}/modifier"), "signatures": counting, "mine": mine,
        "may": not (mine or found), "former": [one for one in notice.signatures if one not in counting], "waiting": waiting(state, actor),
        "cautions": state.cautions, "gates": [(gate, name_of("gates", gate), gate in actor.roles) for gate in state.open_gates],
        "looks": LOOKS, "gate_names": words()["gates"], "digest": short_digest(notice.digest), "statement": STATEMENT,
        "most_interests": MOST_INTERESTS, "paper": paper_of(console, notice, actor), "blur": preferences_of(console.database, actor).blur,
        "short": list(_short(console, notice)), "said": notice.content, "addresses": _addresses(notice.content),
    }  # fmt: skip


def short_digest(digest: str) -> str:
    """Its beginning and its end, as people compare them."""
    return f"{digest[:4]} {digest[4:8]} … {digest[-8:-4]} {digest[-4:]}"


def waiting(state: Readiness, actor: Actor) -> tuple[str, ...]:
    """What is waited for, in words."""
    if state.ready:
        return ("Tout est là : une personne au rôle Valide ou Droit peut l'envoyer.",)
    more = f"Il manque {counted(state.missing, 'signature')} d'une autre personne" if state.signers else "Il manque deux signatures"
    looks = tuple(f"Il manque : {name_of('gates', gate).lower()}" for gate in state.open_gates)
    return ((more + (" que vous" if actor.id in state.signers else ""),) if state.missing else ()) + looks


def _short(console: Console, notice: Notice) -> Iterator[tuple[str, str]]:
    content = notice.content
    if content is None:
        return
    platform, legal = platform_of(notice), load_legal()
    yield "À", f"{platform.service}, {printable(platform.provider)}"
    yield "Contenus", counted(len(content.items), "contenu")
    yield "Fondée sur", " ; ".join(legal.basis(name).article for name in content.bases)
    yield "Catégorie", name_of("categories", content.category)
    yield "Mesure demandée", name_of("measures", content.measure)
    yield "Menace pour la vie (art. 18)", {True: "oui", False: "non", None: "pas encore répondu"}[content.art18]
    yield "Victimes", {"aucune": "aucune reconnaissable", "masquees": "présentes, masquées"}.get(content.victims or "", "pas encore répondu")
    yield "Préparée par", people_names(console).get(notice.created_by, "?")


def _addresses(content: Content | None) -> list[str]:
    return [defanged(item.url) for item in content.items] if content else []
