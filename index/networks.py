"""Networks: publications joined by what they share, the same donation page, the same invitation, the same site. Pure.

A publication is a document, or a campaign (copies and rewordings of one text count once), or a crowdfunding page. Things join them: channels to reach
or to pay somebody, specific sites, donation pages that we hold, and the text that a donation page shares with a campaign. Authors are no nodes and
join nothing: who writes is not the question, and a graph of accounts would be a register of persons; what a network says is which publications
send their readers to the same place.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AwareDatetime

from core.records import MARKERS, Record
from core.urls import host_of
from index.network_rules import Rules, ThingKind, too_known

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from index.documents import Entry

ItemKind = Literal["publication", "campagne", "cagnotte"]
ITEM_KINDS: tuple[ItemKind, ...] = get_args(ItemKind)
LONGEST = 80  # characters of a label
WITHHELD = "T12"  # the flag of a victim who can be recognised: the text is not shown
WITHHELD_LABEL = "[texte retenu]"
ThingKey = tuple[ThingKind, str]


class Thing(Record):
    """What joins publications; ``label`` holds crawled text."""

    key: str  # 16 hexadecimal digits, from its kind and value
    kind: ThingKind
    label: str
    items: int  # how many publications it joins


class Item(Record):
    """A publication; ``label`` and ``url`` are those of its first document (by id) and hold crawled text."""

    key: str
    kind: ItemKind
    label: str
    url: str
    documents: int
    platforms: tuple[str, ...]
    markers: tuple[str, ...]
    first: AwareDatetime | None
    last: AwareDatetime | None
    reach: int  # the largest public count shown; 0 where none is
    raised: dict[str, float]  # by currency, of a crowdfunding page


class Network(Record):
    """Publications that shared things join; ``edges`` are (item, thing) by their keys."""

    id: str  # follows from the smallest shared thing
    items: tuple[Item, ...]
    things: tuple[Thing, ...]
    edges: tuple[tuple[str, str], ...]
    documents: int
    platforms: tuple[str, ...]
    markers: tuple[str, ...]
    raised: dict[str, float]  # by currency, all crowdfunding pages together
    first: AwareDatetime | None
    last: AwareDatetime | None


class Networks(Record):
    """All networks, the largest first, and what joined too many to mean anything."""

    networks: tuple[Network, ...]
    too_common: tuple[Thing, ...] = ()  # ``items`` is the limit: there are more
    directories: int = 0  # publications that show too many things to be joined by them


@dataclass(slots=True)
class _Node:
    """What is known of a publication so far; two of them are added in any order."""

    kind: ItemKind
    named: tuple[str, str, str]  # id, label, address of the first document by id
    documents: int = 0
    platforms: set[str] = field(default_factory=set)
    markers: set[str] = field(default_factory=set)
    first: datetime | None = None
    last: datetime | None = None
    reach: int = 0
    raised: dict[str, float] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """One more document of it."""
        when = datetime.fromisoformat(entry["published_at"] or entry["collected_at"]).astimezone(UTC)
        self.named = min(self.named, _named(entry))
        self.documents += 1
        self.platforms.add(entry["platform"])
        self.markers.update(entry["markers"])
        self.first, self.last = min(self.first or when, when), max(self.last or when, when)
        self.reach = max(self.reach, entry["reach"] or 0)
        if self.kind == "cagnotte" and entry["funding_raised"] and entry["funding_currency"]:
            self.raised[entry["funding_currency"]] = float(entry["funding_raised"])

    def item(self, key: str) -> Item:
        """As a record."""
        platforms, markers = tuple(sorted(self.platforms)), tuple(name for name in MARKERS if name in self.markers)
        return Item(key=key, kind=self.kind, label=self.named[1], url=self.named[2], documents=self.documents, platforms=platforms,
                    markers=markers, first=self.first, last=self.last, reach=self.reach, raised=self.raised)  # fmt: skip


def page_address(url: str) -> str:
    """An address as shared things are written: no scheme, no "www.", small letters. Two spellings of one donation page are the same."""
    parts = urlsplit(url)
    return (_bare(host_of(url)) + parts.path.rstrip("/") + (f"?{parts.query}" if parts.query else "")).casefold()


def find_networks(entries: Iterable[Entry], *, pages: Collection[str], rules: Rules) -> Networks:
    """The networks of entries, each id once, in any order. ``pages`` are the ``page_address`` of the crowdfunding pages that we hold.

    Memory grows with the number of campaigns, of publications that show something, and of what they show; not with their texts.
    """
    nodes: dict[str, _Node] = {}
    joined: dict[ThingKey, set[str]] = {}
    directories = set()
    for entry in entries:
        things = set(_things(entry, pages, rules))
        key, kind = _node_of(entry)
        if len(things) > rules.at_once:
            directories.add(key)
            things = set()
        if things or kind == "campagne":
            nodes.setdefault(key, _Node(kind, _named(entry))).add(entry)
        for thing in things:
            found = joined.setdefault(thing, set())
            if len(found) <= rules.most[thing[0]]:  # one more than the limit is enough to know
                found.add(key)
    shared = {thing: found for thing, found in joined.items() if 2 <= len(found) <= rules.most[thing[0]]}
    common = sorted(thing for thing, found in joined.items() if len(found) > rules.most[thing[0]])
    networks = sorted((_network(part, nodes, shared) for part in _components(shared)), key=lambda one: (-len(one.items), -one.documents, one.id))
    too_common = tuple(_thing(thing, rules.most[thing[0]]) for thing in common)
    return Networks(networks=tuple(networks), too_common=too_common, directories=len(directories))


def _node_of(entry: Entry) -> tuple[str, ItemKind]:
    """The publication that an entry is part of. A crowdfunding page stands for itself: what it raised is its own."""
    if entry["kind"] == "crowdfunding":
        return _digest("cagnotte", entry["id"]), "cagnotte"
    if entry["campaign"]:
        return _digest("campagne", entry["campaign"]), "campagne"
    return _digest("publication", entry["id"]), "publication"


def _things(entry: Entry, pages: Collection[str], rules: Rules) -> Iterator[ThingKey]:
    """What an entry shows that another could show too."""
    own = {_bare(entry["platform"]), _bare(host_of(entry["url"]))}
    for channel in entry["channels"]:
        value = channel.partition(":")[2].casefold()
        yield ("cagnotte", value) if value in pages else ("canal", channel)
    for link in entry["links"]:
        if host_of(link) and (address := page_address(link)) in pages:
            yield "cagnotte", address
    for host in map(_bare, entry["link_hosts"]):
        if host and not too_known(host, rules) and not any(_within(host, one) or _within(one, host) for one in own):
            yield "domaine", host
    if entry["campaign"]:
        yield "texte", entry["campaign"]  # joins a donation page to the posts that copy its text
    if entry["kind"] == "crowdfunding":
        yield "cagnotte", page_address(entry["url"])


def _components(shared: dict[ThingKey, set[str]]) -> Iterator[list[ThingKey]]:
    """The things of each connected part, sorted."""
    import networkx as nx

    graph = nx.Graph((thing, node) for thing, found in shared.items() for node in found)
    for part in nx.connected_components(graph):
        yield sorted(one for one in part if isinstance(one, tuple))


def _network(things: list[ThingKey], nodes: dict[str, _Node], shared: dict[ThingKey, set[str]]) -> Network:
    items = [nodes[key].item(key) for key in sorted({node for thing in things for node in shared[thing]})]
    items.sort(key=lambda item: (ITEM_KINDS.index(item.kind), item.key))
    raised: Counter[str] = Counter()
    for item in items:
        raised.update(item.raised)
    times = [time for item in items for time in (item.first, item.last) if time]
    return Network(
        id=_digest("réseau", *things[0]),
        items=tuple(items),
        things=tuple(sorted((_thing(thing, len(shared[thing])) for thing in things), key=lambda one: (-one.items, one.kind, one.label))),
        edges=tuple(sorted((node, _digest(*thing)) for thing in things for node in shared[thing])),
        documents=sum(item.documents for item in items),
        platforms=tuple(sorted({platform for item in items for platform in item.platforms})),
        markers=tuple(name for name in MARKERS if any(name in item.markers for item in items)),
        raised=dict(sorted(raised.items())),
        first=min(times, default=None),
        last=max(times, default=None),
    )


def _thing(thing: ThingKey, items: int) -> Thing:
    kind, value = thing
    shown = value.replace(":", " ", 1) if kind == "canal" else value
    return Thing(key=_digest(*thing), kind=kind, label=shown[:LONGEST], items=items)


def _named(entry: Entry) -> tuple[str, str, str]:
    said = " ".join((entry["title"] or entry["text"])[: 4 * LONGEST].split())
    label = WITHHELD_LABEL if WITHHELD in entry["flags"] else said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"
    return entry["id"], label, entry["url"]


def _bare(host: str) -> str:
    return host.casefold().rstrip(".").removeprefix("www.")


def _within(host: str, other: str) -> bool:
    return host == other or host.endswith(f".{other}")


def _digest(*parts: str) -> str:
    """16 hexadecimal digits; half of a surrogate pair, which no index holds, cannot stop it."""
    return blake2b("\n".join(parts).encode(errors="replace"), digest_size=8).hexdigest()
