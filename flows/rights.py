"""What people concerned asked for: looked for everywhere, then, once agreed to, given or erased, and proved.

Every step may be killed and run again: a request stays where it was until its result is written. What an open case needs is held in the archive while
it needs it, and goes by itself afterwards.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from cases import rights
from cases.erasing import erase_wished
from cases.request import ERASING, Found, Kept, digest_of
from cases.rights_erasing import empty
from cases.rights_found import CLOSING, needed
from cases.signing import signing_secret
from core.logs import get_logger
from core.pseudonyms import load_key
from crawlers.erasing.optout import add, hold, load_held, load_opt_outs
from crawlers.evidence.archive import Archive
from flows.forgetting import forgetting
from flows.purging import purge
from flows.rights_export import drop_those_with, export
from flows.rights_places import Desk, look
from flows.rights_proof import proved, tokens_of
from index.open import open_index

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from cases.database import Database
    from cases.request import Request
    from core.settings import Settings
    from flows.rights_places import Looked

log = get_logger(__name__)
LISTED = Kept(
    kind="opposition",
    what="Empreintes chiffrées du compte et des adresses, sur la liste des oppositions",
    why="Sans elles, le même compte serait lu de nouveau (RGPD, art. 21, non vérifié : pas lu ; à faire vérifier par un juriste).",
)
REGISTER = Kept(
    kind="registre",
    what="Nombres, dates et identifiants internes : registre des notifications, journal des actions, cette demande",
    why="Ils ne nomment personne et ne permettent plus de retrouver le contenu ; ils prouvent ce qui a été fait (RGPD, art. 5(2), non vérifié).",
)


class Handled(NamedTuple):
    """Requests: looked for now, done now, agreed to and not done yet; documents that no open case needs any more and that went."""

    examined: int = 0
    done: int = 0
    left: int = 0
    released: int = 0


def handle_requests(settings: Settings, database: Database, *, now: datetime | None = None) -> Handled:
    """Look for new requests and carry out the agreed ones; a look at one table and one file where there are none. Raises ConfigError, Unavailable."""
    from datetime import UTC, datetime

    at, secret = now or datetime.now(UTC), signing_secret(settings)
    waiting, held = rights.waiting(database, secret=secret), load_held(settings.archive_dir)
    if not waiting and not held:
        return Handled()
    with closing(open_index(settings)) as index:
        desk = Desk(settings, database, Archive(settings.archive_dir), index, load_key(settings))
        states = [_handled(desk, request, secret=secret, now=at) for request in waiting]
        released = _release(desk, held, now=at)
    examined = sum(request.state == "recue" for request in waiting)
    return Handled(examined, states.count("faite"), states.count("accordee"), released)


def _handled(desk: Desk, request: Request, *, secret: bytes, now: datetime) -> str:
    """The state of a request after one step."""
    looked = look(desk, request, now=now)
    found = _found(looked)
    seen = rights.examined(desk.database, request.id, found=found, kept=looked.needed.kept, secret=secret, now=now)
    if seen.state != "accordee":
        return seen.state
    if seen.kind in ERASING:
        return _erased(desk, seen, looked, secret=secret, now=now)
    proof = export(desk, seen, looked, now=now)
    return rights.done(desk.database, seen.id, proof=proof, kept=(), secret=secret, now=now).state


def _found(looked: Looked) -> Found:
    unreadable = {"unreadable": looked.unreadable} if looked.unreadable else {}
    return Found(places=looked.places | unreadable, documents=len(looked.ids), held=len(looked.needed.documents))


def _erased(desk: Desk, request: Request, looked: Looked, *, secret: bytes, now: datetime) -> str:
    """Erase what may go, prove it, and say so; the next call goes on where something is left."""
    staying = frozenset[str]() if request.found.everything else looked.needed.documents
    going = looked.ids - staying
    tokens = tokens_of(request, looked, going=going)
    root, listed_at = desk.settings.archive_dir, f"demande {request.id}"
    hold(root, (load_held(root) | staying) - going)
    add(root, looked.wishes, at=now, note=listed_at)
    listed = load_opt_outs(root, key=desk.key)
    erase_wished(desk.database, listed.covers_address, now=now)
    words = [token.text for token in tokens if token.sort != "piece"]
    empty(desk.database, going, words=words, but=staying)
    forget = forgetting(desk.settings)
    forget(sorted(going))
    purged = purge(desk.archive, desk.index, listed, forget=forget)
    drop_those_with(desk.settings, tokens)
    desk.database.rewrite()
    proof = proved(desk, request, looked, going=going, staying=staying, tokens=tokens, purged=purged, now=now)
    if proof["left"] or purged.archive.open:  # a crawl that writes now may hold some of it: the next call looks again
        log.warning("right_left", request=request.id, **proof["left"])
        return request.state
    kept = (*(() if request.found.everything else looked.needed.kept), LISTED, REGISTER)
    ended = rights.done(desk.database, request.id, proof=_signed(proof, kept), kept=kept, secret=secret, now=now)
    log.info("right_done", request=request.id, documents=len(going), held=len(staying))
    return ended.state


def _signed(proof: dict[str, object], kept: Collection[Kept]) -> dict[str, object]:
    """With what stays, and the digest of all of it."""
    told = {**proof, "kept": [one.model_dump(mode="json") for one in kept]}
    return {**told, "sha256": digest_of(told)}


def _release(desk: Desk, held: Collection[str], *, now: datetime) -> int:
    """Let go what no open case needs any more, and erase it; how many documents."""
    if not held:
        return 0
    with desk.database.reading() as session:
        needs = needed(session, held, now=now).documents
    gone = frozenset(held) - needs
    if gone:
        hold(desk.settings.archive_dir, (load_held(desk.settings.archive_dir) - gone))
        empty(desk.database, gone, words=())
        forget = forgetting(desk.settings)
        forget(sorted(gone))
        purge(desk.archive, desk.index, load_opt_outs(desk.settings.archive_dir, key=desk.key), forget=forget)
        log.info("right_released", documents=len(gone), until=CLOSING)
    return len(gone)
