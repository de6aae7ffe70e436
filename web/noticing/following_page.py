"""What the page of follow-up shows: a line of time, what the provider did about each item, dates, complaints."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from cases.notice_following import events
from core.times import paris
from web.access import PERMISSIONS
from web.noticing.lists import due_of, title, waits
from web.noticing.timing import local
from web.noticing.words import name_of, words
from web.passages import shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cases.notice import Item
    from cases.notice_following import Happened
    from cases.notices import Notice
    from cases.people import Actor
    from web.console import Console

FLOWS = {"flow:sending": "envoi direct, confirmé par une personne", "flow:reappearing": "surveillance"}
OTHERS = (  # kind of the form, what it says
    ("note", "Une note, ou une relance"),
    ("correction", "Une correction : nous avons dit à la plateforme ce qui était faux"),
    ("retrait", "Un retrait : nous avons dit à la plateforme que nous retirons la notification"),
    ("auteur_retabli", "L'auteur a contesté, et la plateforme lui a donné raison"),
    ("cloture", "La clôture : plus rien n'est attendu"),
)


class Step(NamedTuple):
    """One event of the line of time; ``words`` may be crawled or a provider's."""

    name: str
    at: datetime
    by: str
    lines: tuple[str, ...]
    words: str


class Outcome(NamedTuple):
    """One item, and what was done about it; ``word``: the action as a form carries it."""

    number: int
    name: str
    word: str
    action: str
    ground: str
    scope: str
    until: datetime | None


def following_page(console: Console, notice: Notice, actor: Actor) -> dict[str, Any]:
    """For notifications/suivi.html. Raises NotFound, Unavailable, ConfigError."""
    happened = events(console.database, notice.id, actor=actor)
    tokens = map(lambda _: uuid4().hex, repeat(None))  # noqa: C417 - one for each form of the page
    return {
        "name": title(notice), "state": name_of("states", notice.state), "waits": waits(console, notice, actor), "timers": due_of(notice),
        "items": [_outcome(notice, number) for number in range(len(notice.items))], "words": words(), "now": local(),
        "acts": lambda: next(tokens), "may_note": actor.has(*PERMISSIONS["notify"].roles), "others": OTHERS, "complaints": notice.complaints,
        "pending": [one for one in notice.complaints if one.outcome is None], "events": [_step(one) for one in reversed(happened)],
    }  # fmt: skip


def _outcome(notice: Notice, place: int) -> Outcome:
    one = notice.items[place]
    kept = notice.content.items[place] if notice.content and place < len(notice.content.items) else None
    name = _name(kept) if kept else "contenu effacé"
    return Outcome(
        one.position, name, one.action or "", name_of("actions", one.action), name_of("grounds", one.ground), name_of("scopes", one.scope), one.until
    )


def _name(item: Item) -> str:
    """Its title; of one that has none, where and when it was published, so that two of them can be told apart."""
    if item.title:
        return shown(item.title)
    when = f"publié le {paris(item.published_at)}" if item.published_at else f"relevé le {paris(item.collected_at)}"
    return shown(f"{item.platform}, {when}{f', n° {item.platform_id}' if item.platform_id else ''}")


def _step(one: Happened) -> Step:
    return Step(name_of("events", one.kind), one.at, FLOWS.get(one.by, one.by), tuple(_lines(one)), shown(one.words or ""))


def _lines(one: Happened) -> Iterator[str]:
    """What an event's numbers and words of ours say."""
    data = one.data
    if data.get("version"):
        yield f"Version {data['version']}"
    if data.get("channel"):
        yield name_of("channels", str(data["channel"]))
    if data.get("outcome"):
        yield name_of("outcomes", str(data["outcome"]))
    for position, action in sorted(dict(data.get("actions") or {}).items()):
        yield f"Contenu {position} : {name_of('actions', str(action))}"
    if one.kind == "reapparue":
        yield f"Contenu {data.get('position')} : {'le même, toujours en ligne' if data.get('same') else 'un autre de la même campagne'}"
    for gate in data.get("gates") or ():
        yield name_of("gates", str(gate))
