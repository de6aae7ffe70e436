"""What waits for a person, by what they may do: the pressing first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from cases import adjudications, dossiers, duties, notices, submissions
from cases.overview import submission_states, waiting
from core.errors import Unavailable
from core.logs import get_logger
from index.queries import Query
from index.queue import OPEN
from web.access import PERMISSIONS
from web.noticing.lists import theirs
from web.reading.reported import waiting as reported
from web.reading.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.overview import Waiting
    from cases.people import Actor
    from web.console import Console

log = get_logger(__name__)
STUCK = timedelta(minutes=10)  # a submission that nothing has moved for so long: the worker is likely down


class Task(NamedTuple):
    """One card. ``waiting`` None: nothing is counted; ``pressing``: not to be left for later."""

    address: str
    name: str
    said: str
    waiting: int | None = None
    pressing: bool = False


def todo(console: Console, actor: Actor) -> tuple[Task, ...]:
    """The cards of a person. Raises Unavailable, ConfigError."""
    found = waiting(console.database, stuck_since=datetime.now(UTC) - STUCK)
    tasks = [*_reading(console, actor, found), *_following(console, actor), *_submitting(console, actor), *_office(actor, found)]
    return tuple(sorted(tasks, key=lambda task: not task.pressing))  # stable


def may(actor: Actor, permission: str) -> bool:
    """Whether a person has a permission of web/access.py."""
    return actor.has(*PERMISSIONS[permission].roles)


def _reading(console: Console, actor: Actor, found: Waiting) -> Iterator[Task]:
    if may(actor, "review"):
        urgent = found.urgencies > 0
        said = "Une vie ou un enfant peut être en danger. Dites ce qui a été fait." if urgent else "Aucune urgence ouverte."
        yield Task("/urgences", "Urgences", said, found.urgencies, pressing=urgent)
        yield Task("/file", "File de lecture", *_queued(console, actor, "Contenus à lire, les plus graves d'abord."))
    elif may(actor, "read"):
        yield Task("/file", "File de lecture", *_queued(console, actor, "Ce que les lecteurs ont à lire, à consulter."))
    if may(actor, "duties") and (number := len(duties.unanswered(console.database, actor=actor))):
        yield Task("/devoirs", "Devoirs", "Un mineur ou une personne sans défense est peut-être en danger : répondez.", number, pressing=True)
    if may(actor, "adjudicate"):
        number = len(adjudications.waiting(console.database))
        yield Task("/arbitrages", "Arbitrages", "Deux lectures diffèrent : la vôtre tranche.", number)
        yield Task("/contestations", "Contestations", "Une association n'est pas d'accord et attend votre réponse.", found.contests)
    if may(actor, "read"):
        yield Task("/recherche", "Recherche", "Retrouver un contenu, une campagne, un sujet.")


def _following(console: Console, actor: Actor) -> Iterator[Task]:
    """What decisions lead to, of the person's own organisation."""
    if may(actor, "notices"):
        number = sum(len(notices.listed(console.database, actor=actor, state=state)) for state in ("brouillon", "signee"))
        yield Task("/notifications", "Notifications", _noticed(console, actor), number)
    if may(actor, "dossiers"):
        number = sum(len(dossiers.listed(console.database, actor=actor, state=state)) for state in ("brouillon", "signe"))
        yield Task("/dossiers", "Dossiers", "Pour le procureur, PHAROS, la Miviludes, un Ordre ou la DGCCRF.", number)
    if may(actor, "reports"):
        yield Task("/rapports", "Rapports", "Rapport annuel, statistiques, candidature.")
    if may(actor, "rights"):
        yield Task("/donnees", "Données personnelles", "Demandes d'accès et d'effacement, durées de conservation.")


def _noticed(console: Console, actor: Actor) -> str:
    """What this person can do for the notices that are under way."""
    to_sign, signed = theirs(console, actor)
    to_send = signed if may(actor, "send") else 0
    said = [f"{to_sign} à relire : quelqu'un a signé, signez à votre tour."] if to_sign else []
    said += [f"{to_send} à envoyer : deux personnes ont signé."] if to_send else []
    return " ".join(said) or "À compléter, à signer, à envoyer ; et ce que les plateformes ont répondu."


def _submitting(console: Console, actor: Actor) -> Iterator[Task]:
    if not may(actor, "submit"):
        return
    left = submissions.quota_left(console.database, actor.organisation_id)
    said = "Collez une adresse : Vigie la lit, une personne décide." if left else "Le nombre du jour est atteint. Vous pourrez reprendre demain."
    yield Task("/soumissions/nouvelle", "Signaler une page", said)
    states = submission_states(console.database, organisation_id=actor.organisation_id)
    under_way = sum(states.get(state, 0) for state in submissions.OPEN)
    told = f"{under_way} en cours de lecture. " if under_way else ""
    yield Task("/soumissions", "Signalements de votre organisation", f"{told}Où ils en sont, et ce qui a été décidé.", sum(states.values()))


def _office(actor: Actor, found: Waiting) -> Iterator[Task]:
    if may(actor, "quality"):
        yield Task("/qualite", "Qualité", "L'accord entre les lectures, les erreurs reconnues.")
    if may(actor, "opt_out"):
        yield Task("/oppositions", "Oppositions", "Les demandes de ne plus être lu, et leur suite.")
    if may(actor, "identify"):
        yield Task("/identifications", "Identifications", "Toujours à deux, toujours avec une raison.")
    if may(actor, "administer"):
        stuck = found.stuck > 0
        said = "Des signalements attendent depuis plus de 10 minutes : le lecteur est-il lancé ?" if stuck else "Personnes, sources, santé, journal."
        yield Task("/administration", "Administration", said, found.stuck or None, pressing=stuck)


def _queued(console: Console, actor: Actor, said: str) -> tuple[str, int | None]:
    """What the card of the queue says, and how many wait: what the model flagged, and what was reported although it did not."""
    try:
        flagged = console.index.search(Query(terms={"lane": ("signale",), "status": OPEN}, size=1)).total
        sent = len(reported(console, actor))
    except Unavailable as error:
        log.warning("index_unavailable", error=str(error))
        return said, None
    return f"{said} Dont {counted(sent, 'signalé', 'signalés')} par des associations." if sent else said, flagged + sent
