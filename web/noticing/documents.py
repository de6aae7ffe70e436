"""A notice as it is printed: on the page, and as files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from cases.legal import load_legal
from cases.notice_signing import readiness
from cases.papers.notice import addressed, complaint_text, notice_eml, notice_fields, notice_json, notice_paper, notice_text
from cases.papers.pdf import paper_pdf
from cases.platforms import APIS, OTHER, load_platforms
from cases.profiles import notifier
from core.errors import NotFound, nearest
from web.passages import shown

if TYPE_CHECKING:
    from cases.notices import Notice
    from cases.papers.complaint import Kind
    from cases.papers.notice import Filled
    from cases.papers.paper import Paper
    from cases.people import Actor
    from cases.platforms import Platform
    from cases.profiles import Notifier
    from cases.signing import Signature
    from web.console import Console

ENDINGS = {"pdf": "application/pdf", "json": "application/json", "txt": "text/plain; charset=utf-8", "eml": "message/rfc822"}


class File(NamedTuple):
    """What is downloaded."""

    body: bytes
    media_type: str
    name: str


class Pasted(NamedTuple):
    """The fields of a provider's form for one item, or for all (``position`` None)."""

    position: int | None
    fields: tuple[Filled, ...]


def platform_of(notice: Notice) -> Platform:
    """Who a notice goes to, with what a person found out where no file names the provider."""
    found = load_platforms().platform(notice.platform).model_copy(update={"service": service_of(notice)})
    return addressed(notice.content, found) if notice.content else found


def service_of(notice: Notice) -> str:
    """What people call it: the service's name, and the host where each host is run by somebody else."""
    known = load_platforms().platform(notice.platform)
    host = notice.content.items[0].platform if notice.content and known.per_host else ""
    return shown(host if known.id == OTHER and host else f"{known.service} ({host})" if host and host not in known.hosts else known.service)


def signatures_of(console: Console, notice: Notice, actor: Actor) -> tuple[Signature, ...]:
    """Those that count; of a notice that was sent, also of people who left since."""
    state = readiness(console.database, notice.id, actor=actor, secret=console.secret)
    return tuple(one for one in notice.signed if one.person_id in state.signers)


def _notifier(console: Console, notice: Notice) -> Notifier:
    return notifier(console.database, notice.organisation_id)


def paper_of(console: Console, notice: Notice, actor: Actor) -> Paper:
    """The letter. Raises Conflict for a notice whose content was erased."""
    given = signatures_of(console, notice, actor)
    return notice_paper(notice, _notifier(console, notice), load_legal(), platform_of(notice), signatures=given)


def pasted(console: Console, notice: Notice) -> list[Pasted]:
    """What is pasted into the provider's form; an interface takes one item at a time. Raises Conflict for an erased content."""
    platform = platform_of(notice)
    positions = range(1, len(notice.items) + 1) if platform.channel in APIS else (None,)
    sender = _notifier(console, notice)
    return [Pasted(one, notice_fields(notice, sender, load_legal(), platform, position=one)) for one in positions]


def complaint_draft(console: Console, notice: Notice, kind: Kind = "interne") -> str:
    """A draft of a complaint against what was decided."""
    return complaint_text(notice, _notifier(console, notice), platform_of(notice), kind=kind)


def file_of(console: Console, notice: Notice, ending: str, actor: Actor) -> File:
    """pdf, json, txt or eml. Raises NotFound for another ending, Conflict for an erased content, Invalid."""
    if ending not in ENDINGS:
        raise NotFound(f"a notice has no document .{ending[:20]}; {nearest(ending[:20], ENDINGS)}")
    about = (notice, _notifier(console, notice), load_legal(), platform_of(notice))
    given = signatures_of(console, notice, actor)
    if ending == "pdf":
        body = paper_pdf(paper_of(console, notice, actor))
    elif ending == "eml":
        body = notice_eml(*about, signatures=given)
    elif ending == "json":
        body = json.dumps(notice_json(*about, signatures=given), ensure_ascii=False, indent=1).encode()
    else:
        body = notice_text(*about, signatures=given).encode()
    return File(body, ENDINGS[ending], f"notification-{notice.id}.{ending}")
