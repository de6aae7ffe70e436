"""What the page of sending shows: whether the notice may leave, under which account, and what is pasted where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cases import duties
from cases.notice_sending import sendings
from cases.notice_signing import readiness
from cases.notices import problems
from cases.platforms import APIS, CHANNELS, load_platforms
from web.naming import people_names
from web.noticing.documents import pasted
from web.noticing.draft_page import missing
from web.noticing.informing import information
from web.noticing.signing_page import short_digest, waiting
from web.noticing.words import name_of, words

if TYPE_CHECKING:
    from cases.notices import Notice
    from cases.people import Actor
    from core.settings import Settings
    from web.console import Console

LONG = 120  # characters of a field that gets several lines


def sending_page(console: Console, notice: Notice, actor: Actor) -> dict[str, Any]:
    """For notifications/envoyer.html. Raises NotFound, Unavailable, ConfigError."""
    state = readiness(console.database, notice.id, actor=actor, secret=console.secret)
    open_case = notice.sent_at is None and notice.content is not None
    found = problems(console.database, notice) if open_case else ()
    told = information(console, "notice", notice.id, actor)
    ways, channel = sendings(console.database, notice.id, actor=actor), load_platforms().platform(notice.platform).channel
    page = f"/notifications/{notice.id}"
    return {
        "content": notice.content, **told, "api": channel in APIS,
        "ready": open_case and not found and not told["uninformed"] and state.ready and notice.state == "signee",
        "missing": [*missing(found, page=f"{page}/modifier"), *((f"{page}/signer", one) for one in waiting(state, actor) if not state.ready),
                    *(("#information", one.says) for one in told["uninformed"])],
        "account": account_of(console.settings, notice, channel), "sendings": ways, "moving": any(one.state != "refusee" for one in ways),
        "sending_names": words()["sendings"], "packs": pasted(console, notice) if notice.content else [], "digest": short_digest(notice.digest),
        "channels": [(word, name_of("channels", word)) for word in CHANNELS if word not in APIS or word == channel],
        "duties": _duties(console, notice, actor) if open_case else [],
        "sender": people_names(console).get(notice.sent_by or "", "?"), "long": LONG,
    }  # fmt: skip


def _duties(console: Console, notice: Notice, actor: Actor) -> list[str]:
    """Where the questions of art. 434-3 on its contents are answered that wait. They keep no notice back, see cases.duties.blocking_in."""
    held = duties.of_documents(console.database, [item.document_id for item in notice.content.items] if notice.content else [], actor=actor)
    return [f"/devoirs#d-{one.id}" for one in held.values() if one.answer is None]


def account_of(settings: Settings, notice: Notice, channel: str) -> str:
    """The account that an interface is called with; "" where none is set."""
    if channel == "api_bluesky":
        return settings.bluesky_handle if settings.bluesky_app_password else ""
    if channel != "api_mastodon" or notice.content is None or settings.mastodon_tokens is None:
        return ""
    host = urlsplit(notice.content.items[0].url).hostname or ""
    known = {part.partition("=")[0].strip() for part in settings.mastodon_tokens.get_secret_value().split(",")}
    return f"le compte réglé sur {host}" if host in known else ""
