"""Pages from templates. Everything that is put into one is escaped; nothing crawled is ever marked as safe."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse

from core.numbers import french
from core.times import paris
from web.access import PERMISSIONS, csrf_token, signed_in
from web.console import console_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from cases.people import Actor

FOLDER = Path(__file__).parent
# what the menu shows: its parts, and in each permission, address, name
MENU = (
    ("Signalements", (("submit", "/soumissions", "Signalements"),)),
    (
        "Lecture",
        (
            ("read", "/file", "File de lecture"),
            ("read", "/recherche", "Recherche"),
            ("review", "/urgences", "Urgences"),
            ("adjudicate", "/arbitrages", "Arbitrages"),
            ("adjudicate", "/contestations", "Contestations"),
        ),
    ),
    (
        "Suites",
        (("notices", "/notifications", "Notifications"), ("dossiers", "/dossiers", "Dossiers"), ("duties", "/devoirs", "Devoirs")),
    ),
    ("Bilans", (("reports", "/rapports", "Rapports"), ("quality", "/qualite", "Qualité"))),
    (
        "Personnes concernées",
        (
            ("opt_out", "/oppositions", "Oppositions"),
            ("rights", "/donnees", "Données personnelles"),
            ("identify", "/identifications", "Identifications"),
        ),
    ),
    ("Administration", (("administer", "/administration", "Administration"),)),
)
MOST_FLAT = 7  # entries that are shown side by side; more stand in their parts


@cache
def environment() -> Environment:
    """Templates escape whatever their name; a name that is misspelt in one is an error."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["moment"] = paris
    made.filters["nombre"] = french  # 1 234,5
    return made


def render(request: Request, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any) -> HTMLResponse:
    """A page. ``values`` are the template's; it knows ``actor``, ``csrf``, ``menu``, ``path`` and ``house`` too."""
    actor = signed_in(request)
    shared = {
        "actor": actor,
        "csrf": csrf_token(request),
        "menu": menu_of(actor) if actor else [],
        "path": request.url.path,
        "house": console_of(request).settings.console_name,
    }
    return HTMLResponse(environment().get_template(template).render(shared | values), status_code=status, headers=dict(headers or {}))


def menu_of(actor: Actor) -> list[tuple[str, list[tuple[str, str]]]]:
    """The parts of this person's menu with their addresses and names; each entry is a part of its own where there are few."""
    parts = [
        (part, [(address, name) for permission, address, name in entries if actor.has(*PERMISSIONS[permission].roles)]) for part, entries in MENU
    ]
    if sum(len(entries) for _, entries in parts) <= MOST_FLAT:
        return [(name, [(address, name)]) for _, entries in parts for address, name in entries]
    return [(part, entries) for part, entries in parts if entries]


def go_to(address: str) -> Response:
    """After a form was taken: see another page, so that going back and forth sends nothing twice."""
    return RedirectResponse(address, status_code=303)
