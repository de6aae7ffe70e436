"""Walking through the console as links lead, and what is asked of every page on the way."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from axe_playwright_python.base import AXE_FILE_PATH
from fastapi import FastAPI
from fastapi.routing import APIRoute
from playwright.sync_api import Page

# rules of WCAG 2.2 level AA, and what the makers of axe count as good practice
OPTIONS = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]},
    "resultTypes": ["violations"],
}
IDENTIFIER = re.compile(r"/[0-9a-f]{32}\b|/c-[^/?]+|/[A-Za-z0-9_.~-]{43,}")
FILES = re.compile(r"\.(csv|jsonl|atom|json|svg|pdf|docx|eml|zip|gz|warc|txt)(\?|$)|/preuve|/statique/|/image")
MOST = 120  # pages a walk
MANUALS = ("/aide", "/accessibilite")  # lead everywhere, also where this person may not go
VARIANTS = 2  # of one page under several parameters
# what ever changes without the page being another one
PASSING = re.compile(r"[0-9a-f]{32,}|\d+|[A-Za-z]+ (ou|il y a)")


def walk(page: Page, *starts: str, same: Callable[[str], str] | None = None) -> Iterator[tuple[str, int]]:
    """Open each page that links lead to from ``starts``, one of each shape; its address and status, while it is shown."""
    kind = same or shape
    seen, waiting = {kind(start) for start in starts}, list(starts)
    variants: Counter[str] = Counter()
    opened = 0
    while waiting and opened < MOST:
        address, opened = waiting.pop(0), opened + 1
        answer = page.goto(address)
        assert answer
        yield address, answer.status
        if address in MANUALS:
            continue
        for link in page.eval_on_selector_all("a[href]", "all => all.map(one => one.getAttribute('href'))"):
            if link.startswith("/") and not link.startswith("//") and not FILES.search(link) and kind(link) not in seen:
                seen.add(kind(link))
                path = kind(link).partition("?")[0]
                variants[path] += 1
                if variants[path] <= VARIANTS:
                    waiting.append(link.split("#", maxsplit=1)[0])


def routes(app: FastAPI) -> list[APIRoute]:
    """All routes of an application; newer FastAPIs keep included routers as they are."""
    found = [one for route in app.routes for one in getattr(getattr(route, "original_router", None), "routes", [route])]
    return [route for route in found if isinstance(route, APIRoute)]


def shape(address: str) -> str:
    """What addresses of the same page have in common: the names of their parameters, not the values."""
    path, _, query = address.split("#", maxsplit=1)[0].partition("?")
    return IDENTIFIER.sub("/*", path) + "?" + ",".join(sorted({part.partition("=")[0] for part in query.split("&") if query}))


def wider(page: Page) -> bool:
    """WCAG 1.4.10: nobody has to scroll in two directions."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"))


def violations(page: Page) -> list[str]:
    """What axe finds, in one line each."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_axe())
    found: list[dict[str, Any]] = page.evaluate("options => axe.run(document, options).then(one => one.violations)", OPTIONS)
    return [f"{one['id']} {[node['target'] for node in one['nodes']][:3]}: {one['help']}" for one in found]


@cache
def _axe() -> str:
    return AXE_FILE_PATH.read_text(encoding="utf-8") + "; undefined"


def look(page: Page) -> str:
    """The same for two pages that differ in texts, numbers, identifiers and the menu only: what axe finds on one, it finds on the other."""
    skeleton: str = page.evaluate(
        "() => [...document.querySelectorAll('body, body *:not(.top nav *)')].map(one => one.tagName + '.' + one.className + "
        "[...one.attributes].map(a => ['id', 'for', 'role', 'type'].includes(a.name) || a.name.startsWith('aria-') ? a.name + a.value : a.name))"
        ".filter((one, at, all) => one !== all[at - 1]).join('\\n')"
    )
    return hashlib.sha256(PASSING.sub("*", skeleton).encode()).hexdigest()
