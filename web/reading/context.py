"""What stands around an item: its thread, links, money, contacts, evidence. Nothing of it can be clicked by mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.errors import Invalid
from core.numbers import french
from core.urls import document_id
from index.queries import Query
from web.passages import shown
from web.reading import words
from web.reading.proof import reference

if TYPE_CHECKING:
    from index.documents import Entry
    from index.protocol import Index
    from web.console import Console

SHOWN = 50  # links
KINDS = {"telegram": "Telegram", "whatsapp": "WhatsApp", "email": "Courriel", "phone": "Téléphone", "iban": "Compte bancaire"}


def context_of(console: Console, entry: Entry) -> dict[str, Any]:
    """The values of lecture/contexte.html that the index gives."""
    warc = reference(entry)
    return {
        "thread": thread_of(console.index, entry),
        "address": words.defanged(entry["url"]),
        "access": words.value_name("access_mode", entry["access_mode"]),
        "reach": list(words.reach(entry)),
        "stance": words.STANCES.get(entry["stance"] or "", ""),
        "money": words.money(entry),
        "price": f"{french(entry['price'])} €" if entry["price"] is not None else "",
        "payments": [_channel(one) for one in entry["payments"]],
        "contacts": [_channel(one) for one in entry["contacts"]],
        "links": [{"host": shown(words.host_of(one)), "shown": words.defanged(one)} for one in entry["links"][:SHOWN]],
        "more_links": max(0, len(entry["links"]) - SHOWN),
        "warc": warc,
        "warc_size": f"{french(max(1, warc.length // 1024))} Ko" if warc else "",
    }


def thread_of(index: Index, entry: Entry) -> list[dict[str, str | None]]:
    """The items that opened the thread and that this one answers, with their ids where they are in the index."""
    names = {"thread_root": "Début du fil", "thread_parent": "En réponse à"}
    asked = {name: entry[name] for name in names if entry[name]}
    if not asked:
        return []
    known = _known(index, entry, set(asked.values()))
    return [
        {"name": names[name], "id": known.get(value), "shown": words.defanged(value)}
        for name, value in asked.items()
        if known.get(value) != entry["id"]
    ]


def _known(index: Index, entry: Entry, values: set[str]) -> dict[str, str]:
    """The ids of addresses, and of the platform's own ids."""
    addresses = {value: name for value in values if "://" in value and (name := _id(value))}
    found = index.known(addresses.values()) if addresses else {}
    known = {value: name for value, name in addresses.items() if name in found}
    others = tuple(values - addresses.keys())
    if others:
        page = index.search(Query(terms={"platform_id": others, "platform": (entry["platform"],)}, size=len(others)))
        known |= {one["platform_id"]: one["id"] for one in page.entries}
    return known


def _id(address: str) -> str | None:
    try:
        return document_id(address)
    except Invalid:
        return None


def _channel(one: dict[str, str]) -> dict[str, str]:
    return {"kind": KINDS.get(one["kind"], one["kind"]), "value": shown(one["value"]).replace("http", "hxxp", 1)}
