"""Choosing the items of a notice: those that were asked for, and what else is decided on the same service."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cases import notices
from cases.decisions import OPEN
from cases.platforms import load_platforms
from core.errors import Unavailable
from core.times import paris
from index.search_form import Search
from index.search_run import run
from web.blindness import blinded
from web.passages import shown
from web.reading.words import QUALIFICATIONS, excerpt, is_distressing

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cases.notices import Notice
    from cases.people import Actor
    from index.documents import Entry
    from web.console import Console

MOST = 20


class Pick(NamedTuple):
    """One item in the choice; crawled words in ``name``."""

    id: str
    name: str
    platform: str
    qualification: str
    same_campaign: bool
    when: str


def choices(entries: Iterable[Entry], campaigns: Iterable[str] = ()) -> list[Pick]:
    """As people read them; a distressing title is not shown."""
    known = set(campaigns)
    return [
        Pick(
            one["id"], "Contenu éprouvant : titre caché" if is_distressing(one) else excerpt(one), shown(one["platform"]),
            QUALIFICATIONS.get(one["qualification"] or "", "pas décidé"), one["campaign"] in known,
            paris(one["published_at"] or one["collected_at"], day=True),
        )
        for one in entries
    ]  # fmt: skip


def drafts_for(console: Console, host: str, actor: Actor) -> list[Notice]:
    """The organisation's own open drafts that could take an item of this host, the newest first."""
    key = load_platforms().provider_key(host)
    found = notices.listed(console.database, actor=actor, state="brouillon", size=MOST)
    return [one for one in found if one.content and load_platforms().provider_key(one.content.items[0].platform) == key]


def others(console: Console, entries: Sequence[Entry], actor: Actor) -> list[Pick]:
    """What else was decided so of the same provider, of the same campaign first."""
    platforms, hosts = load_platforms(), {entry["platform"] for entry in entries}
    keys, campaigns = {platforms.provider_key(host) for host in hosts}, {entry["campaign"] for entry in entries if entry["campaign"]}
    served = tuple({known for host in hosts for known in platforms.of_host(host).hosts} | hosts)
    asked = Search(platforms=served, statuses=("decide",), qualifications=OPEN, size=MOST)
    try:
        found = blinded(console, [hit.entry for hit in run(console.index, asked).hits], actor)
    except Unavailable:
        return []
    chosen = {entry["id"] for entry in entries}
    fit = [one for one in found if one["id"] not in chosen and one["qualification"] in OPEN and platforms.provider_key(one["platform"]) in keys]
    return sorted(choices(fit, campaigns), key=lambda one: not one.same_campaign)
