"""Documents as programs get them: what may leave of an entry of the index (index/export.py); for who quotes from it, the text as collected."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, Field, create_model

from cases.decisions import text_digest
from core.errors import Invalid
from core.pseudonyms import load_key
from index.export import ADDRESSES, COLUMNS, exported
from index.fields import BY_NAME, FieldType
from index.search_form import CLOSED, TERMS, Search, check_ids
from index.search_url import NAMES, from_url
from web.api.paging import Paged

if TYPE_CHECKING:
    from collections.abc import Collection

    from fastapi import Request

    from index.documents import Entry
    from web.console import Console

View = Literal["masked", "collected"]
TYPES: dict[FieldType, Any] = {
    "keyword": str | None, "keywords": list[str], "text": str | None, "date": datetime | None, "float": float | None, "integer": int | None,
    "boolean": bool | None,
}  # fmt: skip
# of an entry, besides what leaves it: where the text was taken, and everything that offsets count in
EXACT = ("thread_root", "thread_parent", "links", "passages")
PAGES = ("after", "size")
OWN = (*PAGES, "embedding")  # parameters that are not the search's
DATED = [name for name in Search.model_fields if name.endswith(("_since", "_until"))]


class EvidenceQuoted(BaseModel):
    """A passage that justifies a marker."""

    marker: Literal["gourou", "complotisme", "abandon_soins"]
    text: str
    score: float = Field(ge=0, le=1, description="probability, of this passage alone")


class ExactPassage(EvidenceQuoted):
    """A passage by its place: ``text == document.text[start:end]``, in Unicode code points."""

    start: int
    end: int
    submarkers: list[str] = Field(description="ids of the taxonomy that it may show, the likeliest first")


class Sign(BaseModel):
    """A transversal sign by its place."""

    id: str = Field(description="of the taxonomy's flags", examples=["T2"])
    start: int
    end: int
    text: str
    value: str | None = Field(description="made comparable", examples=["4997 EUR"])


def _field(name: str) -> tuple[Any, Any]:
    found = BY_NAME[name]
    kind: Any = {"evidence": list[EvidenceQuoted], "reasons": list[str], "id": str, "platform": str, "text": str}.get(name) or TYPES[found.type]
    return kind, Field(description=f"{found.label}: {found.description}")


_columns: dict[str, Any] = {name: _field(name) for name in COLUMNS}
Document = create_model(
    "Document",
    __doc__="A content item without what names or reaches anybody: masked text, pseudonyms, no address. The same pseudonym is the same account.",
    **_columns,
)
Found = create_model(
    "Found", __base__=Document, __doc__="A document of a search.",
    embedding=(str | None, Field(None, description="384 signed bytes in base64, where asked for: only angles between them mean something")),
)  # fmt: skip
Near = create_model(
    "Near", __base__=Document, __doc__="A document near another one.",
    similarity=(float, Field(ge=-1, le=1, description="cosine of the two texts' embeddings: 1 is the same direction")),
)  # fmt: skip
Waiting = create_model(
    "Waiting", __base__=Document, __doc__="A document that waits to be read.",
    copies=(int, Field(ge=0, description="how many other open items of its campaign one decision would serve")),
    claimed=(bool, Field(description="whether somebody reads it now")),
)  # fmt: skip
Campaign = create_model(
    "Campaign", __base__=Paged[Document], __doc__="Copies and rewordings of one text, in pages.",
    id=(str, Field()),
    statuses=(dict[str, int], Field(description="how many documents stand how")),
    platforms=(dict[str, int], Field(description="how many documents each platform has, the 20 with most")),
)  # fmt: skip
_addresses: dict[str, Any] = {name: (str, _field(name)[1]) for name in ADDRESSES}
DocumentInFull = create_model(
    "DocumentInFull", __base__=Document,
    __doc__="A document with the text as it was collected, for who reads and quotes it. Getting it is written in the audit trail.",
    text_sha256=(str, Field(description="of title and text: send it back with a reading, so that nobody decides on a text that has changed")),
    evidence=(list[ExactPassage], Field(description="Passages: what justifies the markers")),
    passages=(list[Sign], Field(description="Passages des signes: what shows the transversal signs")),
    links=(list[str], Field(description="Liens: addresses that the text shows")),
    thread_root=(str | None, _field("thread_root")[1]),
    thread_parent=(str | None, _field("thread_parent")[1]),
    **_addresses,
)  # fmt: skip


def masked(console: Console, entry: Entry, *, embedding: bool = False) -> dict[str, Any]:
    """What leaves of an entry; its embedding only where it was asked for."""
    found = exported(entry, key=load_key(console.settings))
    return {**found, "embedding": entry["embedding"]} if embedding else found


def in_full(console: Console, entry: Entry) -> dict[str, Any]:
    """The text as collected and where it was; author and channels stay pseudonyms."""
    found = exported(entry, key=load_key(console.settings), addresses=True)
    exact = {name: entry[name] for name in ("title", "text", "platform", "evidence", *EXACT)}
    return {**found, **exact, "text_sha256": text_digest(entry["title"], entry["text"])}


def search_of(request: Request, console: Console, *, without: Collection[str] = ()) -> Search:
    """The search that the query string asks, apart from pages. ``without``: fields that it may not ask. Raises Invalid."""
    written = "&".join(part for part in request.url.query.split("&") if part.partition("=")[0] not in OWN)
    found = from_url(written)
    for name in without:
        if getattr(found, name) != Search.model_fields[name].default:
            raise Invalid(f"parameter {NAMES.get(name, name)} does not belong here; leave it out")
    check_ids(found, submarkers=[one.id for one in console.taxonomy.submarkers()], flags=[flag.id for flag in console.taxonomy.flags])
    return found


def search_parameters(*, without: Collection[str] = ()) -> list[dict[str, Any]]:
    """The query parameters of a search, for the OpenAPI document: made from the record that reads them."""
    return [_parameter(name) for name in Search.model_fields if name not in (*PAGES, *without)]


def _parameter(name: str) -> dict[str, Any]:
    field = Search.model_fields[name]
    schema: dict[str, Any] = {"type": "string"}
    if name in CLOSED:
        schema["enum"] = list(CLOSED[name])
    elif name in DATED:
        schema = {"type": "string", "examples": ["2026-11-01", "2026-11-01T08:30:00Z"]}
    elif name.endswith(("_min", "_max")):
        schema = {"type": "number", "minimum": 0}
    elif field.annotation is bool:
        schema = {"type": "boolean", "default": False}
    if name in TERMS:
        schema = {"type": "array", "items": schema, "maxItems": 1000}
    if name == "sort":
        schema["default"] = field.default
    return {"name": NAMES.get(name, name), "in": "query", "required": False, "description": _SAID.get(name) or _said(name), "schema": schema}


_SAID = {
    "words": 'all of these words, in title or text; "quoted" ones as they are written',
    "alerts": "only what is an alert: for one of the markers, where some are given",
    "channels": "ways to reach or pay somebody that the text shows, as kind:value of the field channels",
    "sites": "hosts that the text links to",
    "money": "a page that raises some, a text that asks a price, or neither",
    "similar_to": "id of a document: what its text is about decides the order; one page only",
    "sort": "the order, the highest or newest first",
}


def _said(name: str) -> str:
    if name in DATED:
        return f"{'not before' if name.endswith('_since') else 'not after'} this day or time: {name.partition('_')[0]}"
    if name.endswith(("_min", "_max")):
        return f"{'at least' if name.endswith('_min') else 'at most'} this amount: {name.partition('_')[0]}"
    return f"one of these {name}; may be given several times"
