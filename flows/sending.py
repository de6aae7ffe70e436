"""Carries out what a person confirmed is to be sent through a provider's interface; without that person there is nothing to carry out.

One item at a time, in the order of the confirmations. What had been taken up when the sender died, or whose answer was lost, is uncertain: a person
looks with the provider (cases.notice_sending.settle), and nothing is ever repeated by itself.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from cases import notice_sending, sending_queue
from cases.platforms import APIS
from cases.signing import signing_secret
from core.errors import Invalid, NotFound, SourceError, TooMany, Unavailable
from core.logs import get_logger
from crawlers.reporting import BLUESKY, deliver, prepare_bluesky, prepare_mastodon, token_for

if TYPE_CHECKING:
    from cases.database import Database
    from cases.notice_sending import Outcome, Taken
    from core.settings import Settings
    from crawlers.reporting import Ready

log = get_logger(__name__)
LEASE = timedelta(minutes=5)  # longer than all requests of one report can take
PAUSES = (timedelta(minutes=2), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))  # before it is tried again
AT_ONCE = 5  # of one call: other work waits meanwhile
# what people read on the notice's page, by the name of a reason
REASONS = {
    "no_account": "Aucun compte n'est réglé pour ce service ; l'administration règle VIGIE_MASTODON_TOKENS ou VIGIE_BLUESKY_HANDLE.",
    "login_required": "Le service n'accepte pas le compte réglé, ou ce compte n'a pas le droit de signaler.",
    "no_such_post": "Le contenu n'est plus en ligne à cette adresse.",
    "not_public": "Le contenu n'est pas public.",
    "not_own_instance": "L'adresse n'est pas celle de l'instance du compte ; le signalement ne part que vers cette instance.",
    "no_post_id": "L'interface ne peut pas désigner ce contenu ; utilisez le formulaire du service.",
    "not_accepted": "Le service a refusé ce signalement.",
    "too_long": "Le texte ne tient pas dans la limite du service ; abrégez, ou utilisez son formulaire.",
    "redirected": "Le service renvoie vers une autre adresse, qui n'est pas suivie.",
    "no_tls": "L'adresse ne commence pas par https ; rien n'est envoyé en clair.",
    "private_address": "L'adresse mène à une machine privée ; rien n'y est envoyé.",
    "unreadable": "Le service a répondu autre chose que prévu.",
    "rate_limited": "Le service demande d'attendre ; l'envoi reprendra seul.",
    "no_answer": "Le service ne répond pas pour le moment ; l'envoi reprendra seul.",
    "tried_often": "Le service n'a pas répondu après plusieurs essais.",
    "answer_lost": "La réponse du service s'est perdue ; le signalement est peut-être arrivé.",
}


class Ended(NamedTuple):
    """How one came to its end."""

    outcome: Outcome
    reference: str | None = None
    reason: str | None = None  # a name of REASONS


def drain_sendings(settings: Settings, database: Database, *, bluesky: str = BLUESKY, most: int = AT_ONCE) -> int:
    """Send what waits; how many came to an end. ``bluesky``: where its account signs in. Raises Unavailable (the case database), ConfigError."""
    if not sending_queue.waits(database, now=_now()):
        return 0
    secret, done = signing_secret(settings), 0
    for _ in range(most):
        taken = notice_sending.take(database, now=_now(), lease=LEASE, secret=secret)
        if taken is None:
            break
        done += _send(taken, settings, database, bluesky)
    return done


def _send(taken: Taken, settings: Settings, database: Database, bluesky: str) -> bool:
    """Whether it came to an end."""
    try:
        ready = prepared(taken, settings, database, bluesky)
        sent = Ended(*deliver(ready, places=settings.own_places))
    except SourceError as error:
        sent = Ended("refusee", reason=error.reason)
    except (Invalid, NotFound):
        sent = Ended("refusee", reason="too_long")
    except TooMany as error:
        return _later(database, taken, timedelta(seconds=error.wait), "rate_limited")
    except Unavailable:
        return _later(database, taken, PAUSES[min(taken.sending.tries, len(PAUSES)) - 1], "no_answer")
    return _ended(database, taken, sent)


def prepared(taken: Taken, settings: Settings, database: Database, bluesky: str = BLUESKY) -> Ready:
    """The very request that is about to be made. Raises SourceError, Invalid, TooMany, Unavailable; nothing has left then."""
    way, places = taken.sending, settings.own_places
    if way.channel not in APIS:
        raise SourceError("not_accepted", f"sending {way.id}: channel {way.channel[:20]!r} has no interface")
    item, text = taken.content.items[way.position - 1], sending_queue.words_of(database, way)
    if way.channel == "api_mastodon":
        tokens = settings.mastodon_tokens.get_secret_value() if settings.mastodon_tokens else ""
        return prepare_mastodon(item.url, token=token_for(item.url, tokens), text=text, places=places)
    if not settings.bluesky_handle or settings.bluesky_app_password is None:
        raise SourceError("no_account", "VIGIE_BLUESKY_HANDLE and VIGIE_BLUESKY_APP_PASSWORD are not set; set both, or use Bluesky's form")
    password = settings.bluesky_app_password.get_secret_value()
    return prepare_bluesky(item.platform_id, handle=settings.bluesky_handle, password=password, text=text, service=bluesky, places=places)


def _later(database: Database, taken: Taken, pause: timedelta, reason: str) -> bool:
    """Let it wait; whether it waited often enough, and so came to an end."""
    if taken.sending.tries > len(PAUSES):
        return _ended(database, taken, Ended("refusee", reason="tried_often"))
    sending_queue.put_back(database, taken.sending.id, until=_now() + pause, reason=REASONS[reason], at=_now())
    log.info("notice_item_waits", sending=taken.sending.id, reason=reason, tries=taken.sending.tries)
    return False


def _ended(database: Database, taken: Taken, sent: Ended) -> bool:
    said = REASONS.get(sent.reason, REASONS["not_accepted"]) if sent.reason else None
    notice_sending.carried_out(database, taken.sending.id, outcome=sent.outcome, at=_now(), reference=sent.reference, reason=said)
    log.info("notice_item_ended", sending=taken.sending.id, outcome=sent.outcome, reason=sent.reason)
    return True


def _now() -> datetime:
    return datetime.now(UTC)
