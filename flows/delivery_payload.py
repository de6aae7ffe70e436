"""What an alert says of an item: what it is and why it should be read, never what it says nor who wrote it. Pure.

A feed, a webhook and a mail leave the house and are copied: a title or a passage may name a person, or hurt who opens a mail. Who is to read
it opens it by its id, in the console or with ``vigie show``.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from core.taxonomy import load_taxonomy
from index.search_mask import public_host
from index.values import VALUE_NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from index.documents import Entry

Item = dict[str, Any]
CAMPAIGN, CONSOLE = "campaign", "console"


def delivery_id(search: str, document: str, version: str) -> str:
    """32 hexadecimal digits: the same search, item and version give the same one, whenever and however often it is found."""
    return hashlib.sha256(f"{search}\n{document}\n{version}".encode()).hexdigest()[:32]


def item_of(entry: Entry, *, search: str, console: str | None) -> Item:
    """One item of an alert; ``console`` is the address of Vigie's console."""
    return {
        "delivery_id": delivery_id(search, entry["id"], entry["content_sha256"]),
        "document": entry["id"],
        "version": entry["content_sha256"],
        **{name: entry[name] for name in ("decision", "markers", "alerts", "submarkers", "flags", "priority", "harm", "kind", "language")},
        "reasons": [reason["text"] for reason in entry["reasons"]],
        "platform": public_host(entry["platform"]),  # a host may name an account: anne.forum.example
        **{name: entry[name] for name in ("published_at", "collected_at", CAMPAIGN)},
        CONSOLE: f"{console.rstrip('/')}/contenus/{entry['id']}" if console else None,
    }


def headline(item: Mapping[str, Any]) -> str:
    """An item in one line, in French: Alerte : Gourou 2.0, publication sur forum.example."""
    names = {marker.id: marker.name for marker in load_taxonomy().markers}
    shown = ", ".join(names.get(marker, marker) for marker in item["alerts"] or item["markers"]) or "aucun marqueur"
    decision, kind = VALUE_NAMES["decision"].get(item["decision"], item["decision"]), VALUE_NAMES["kind"].get(item["kind"], item["kind"])
    return f"{decision} : {shown}, {kind.lower()} sur {item['platform']}"


def details(item: Mapping[str, Any]) -> list[str]:
    """Why it should be read and how to open it, in French, a line each."""
    taxonomy = load_taxonomy()
    names = {**{one.id: one.name for one in taxonomy.submarkers()}, **{flag.id: flag.name for flag in taxonomy.flags}}
    signs = ", ".join(f"{one} {names.get(one, '')}".strip() for one in (*item["submarkers"], *item["flags"]))
    lines = [f"Pourquoi : {' ; '.join(item['reasons'])}"] if item["reasons"] else []
    lines += [f"Signes possibles : {signs}"] if signs else []
    lines += [f"Publié le {item['published_at'][:10]}"] if item["published_at"] else []
    lines += [f"Campagne {item[CAMPAIGN]} : une décision peut servir pour toutes ses copies"] if item[CAMPAIGN] else []
    return [*lines, f"À ouvrir : {item[CONSOLE] or 'vigie show ' + item['document']}"]


def parcel_id(target: str, ids: Sequence[str]) -> str:
    """32 hexadecimal digits of what is sent together."""
    return hashlib.sha256("\n".join((target, *ids)).encode()).hexdigest()[:32]


def example(search: str, *, console: str | None) -> Item:
    """The item of a test message: it names no document."""
    nothing: Item = dict.fromkeys(("published_at", "collected_at", CAMPAIGN, "language"))
    return {
        **nothing, "delivery_id": delivery_id(search, "test", "test"), "document": "0" * 32, "version": "0" * 64, "decision": "rien", "markers": [],
        "alerts": [], "submarkers": [], "flags": [], "priority": 0.0, "harm": 0.0, "kind": "post", "platform": "exemple.example",
        "reasons": ["message d'essai : rien n'a été trouvé"], CONSOLE: console,
    }  # fmt: skip
