"""Searching all that was collected, and taking the results away with pseudonyms only."""

from __future__ import annotations

import shutil
import tempfile
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from cases import accounts, audit, urgencies
from cases.people import Actor
from core.errors import Invalid, NotFound
from core.pseudonyms import load_key
from core.taxonomy import load_taxonomy
from index.export import export
from index.fields import BY_NAME
from index.queries import Query
from index.queue import OPEN
from index.search_form import TERMS, Search, check_ids, to_query
from index.search_run import FACETS, Found, run
from index.search_url import from_url, to_url
from web.access import allow
from web.blindness import blinded, folded, untelling
from web.console import Console, ConsoleOf
from web.pages import render
from web.passages import shown
from web.reading.choices import choices_of
from web.reading.rows import Row, row_of_hit
from web.reading.words import counted, value_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from index.documents import Entry

router = APIRouter()
NAMES = {field: name for name, field in TERMS.items()}  # which part of a search a facet narrows
VALUES = 12  # of a facet
TOGETHER = 200  # entries of an export that are looked at together
SORTS = (("priority", "Priorité"), ("relevance", "Pertinence"), ("published_at", "Date de publication"), ("collected_at", "Date de collecte"))


@router.get("/recherche")
def show_search(request: Request, console: ConsoleOf, actor: Annotated[Actor, Depends(allow("read"))]) -> Response:
    """The form, the results with what was found in them, what they are counted by."""
    search, wrong = _asked(request.url.query)
    try:
        found = run(console.index, untelling(search), facets=FACETS, values=VALUES)
    except (Invalid, NotFound) as error:
        search, wrong, found = Search(), f"Cette recherche ne peut pas être faite : {error}", Found((), 0, None, {})
    preferences = accounts.preferences_of(console.database, actor.id)
    return render(
        request, "lecture/recherche.html", status=422 if wrong else 200, search=search, wrong=wrong, total_words=counted(found.total, "résultat"),
        rows=_rows(console, actor, found, blur=preferences.blur), facets=_facets(search, found), sorts=SORTS, choices=choices_of(console.index),
        next=to_url(search.model_copy(update={"after": found.next})) if found.next else "", written=to_url(search.model_copy(update={"after": None})),
        can_export=actor.has("valide"), preferences=preferences, open_ones=urgencies.open_ones(console.database),
    )  # fmt: skip


def _asked(written: str) -> tuple[Search, str]:
    """The search of an address, or an empty one and what is wrong."""
    try:
        search = from_url(written)
        taxonomy = load_taxonomy()
        check_ids(search, submarkers={one.id for one in taxonomy.submarkers()}, flags={flag.id for flag in taxonomy.flags})
    except Invalid as error:
        return Search(), f"Cette recherche ne peut pas être lue : {error}"
    return search, ""


def _rows(console: Console, actor: Actor, found: Found, *, blur: bool) -> list[Row]:
    campaigns = {hit.entry["campaign"] for hit in found.hits if hit.entry["campaign"]}
    leads = console.index.leaders(Query(terms={"status": OPEN}), campaigns) if campaigns else {}
    rows = []
    shown_entries = blinded(console, [hit.entry for hit in found.hits], actor)
    for hit in (one._replace(entry=entry) for one, entry in zip(found.hits, shown_entries, strict=True)):
        waiting = leads.get(hit.entry["campaign"] or "", ("", 0))[1]
        rows.append(row_of_hit(hit, copies=max(0, waiting - (hit.entry["status"] in OPEN)), blur=blur))
    return rows


def _facets(search: Search, found: Found) -> list[dict[str, Any]]:
    """Each field with its values: name, count, and the search that it narrows or widens to."""
    shown_facets = []
    for field, counts in found.facets.items():
        name = NAMES[field]
        chosen: tuple[str, ...] = getattr(search, name)
        values = [
            {"name": shown(value_name(field, value)), "count": count, "chosen": value in chosen, "search": _with(search, name, value)}
            for value, count in (folded(counts) if field == "status" else counts)
        ]
        if values:
            shown_facets.append({"name": BY_NAME[field].label, "values": values})
    return shown_facets


def _with(search: Search, name: str, value: str) -> str:
    chosen: tuple[str, ...] = getattr(search, name)
    wanted = tuple(one for one in chosen if one != value) if value in chosen else (*chosen, value)
    return to_url(search.model_copy(update={name: wanted, "after": None}))


@router.post("/recherche/export")
def export_results(
    console: ConsoleOf, actor: Annotated[Actor, Depends(allow("export_texts"))], kind: Annotated[Literal["csv", "jsonl"], Form(alias="format")],
    written: Annotated[str, Form(alias="recherche", max_length=16_000)] = "",
) -> Response:  # fmt: skip
    """All results as a file, with pseudonyms and without addresses. Who took it away is written down."""
    search = from_url(written)
    folder = Path(tempfile.mkdtemp(prefix="vigie-export-"))
    try:
        number = export(_all(console, search, actor), folder / f"vigie.{kind}", kind=kind, key=load_key(console.settings), bom=kind == "csv")
        with console.database.writing() as session:
            audit.record(session, actor=actor.id, action="results_exported", subject=("search", kind), details={"documents": number})
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    media = "text/csv; charset=utf-8" if kind == "csv" else "application/x-ndjson"
    gone = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    return FileResponse(folder / f"vigie.{kind}", media_type=media, filename=f"vigie-recherche.{kind}", background=gone)


def _all(console: Console, search: Search, actor: Actor) -> Iterator[Entry]:
    search = untelling(search)
    found = (hit.entry for hit in run(console.index, search).hits) if search.similar_to else console.index.scan(to_query(search))
    while part := list(islice(found, TOGETHER)):
        yield from blinded(console, part, actor)
