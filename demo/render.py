"""Templates and the French ways of writing dates and amounts."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from demo.exchange import Request, Response

TEMPLATES = Path(__file__).resolve().parent / "templates"
MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre")
NBSP, THIN_NBSP = "\u00a0", "\u202f"
ROBOTS = "User-agent: *\nDisallow: /prive/\nAllow: /\n"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="#9ab"/>'
    '<circle cx="32" cy="26" r="12" fill="#fff"/></svg>'
)


@cache
def paris() -> ZoneInfo:
    """Read at the first use, because importing opens no file."""
    return ZoneInfo("Europe/Paris")


def french_date(day: date) -> str:
    """``12 octobre 2026``."""
    return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"


def french_time(moment: datetime) -> str:
    """``12 octobre 2026 à 14h05``, as a clock in Paris shows it."""
    local = moment.astimezone(paris())
    return f"{french_date(local.date())} à {local.hour}h{local.minute:02}"


def euros(amount: float) -> str:
    """``2 385 €`` with the spaces that French pages carry: thin and unbreakable, then unbreakable."""
    whole = amount == int(amount)
    digits = f"{amount:,.0f}" if whole else f"{amount:,.2f}"
    return digits.replace(",", THIN_NBSP).replace(".", ",") + f"{NBSP}€"


def midnight(day: date) -> datetime:
    """The first instant of a day in Paris."""
    return datetime.combine(day, time(), paris())


def rfc822(moment: datetime) -> str:
    """``Mon, 12 Oct 2026 14:05:00 +0200``."""
    return format_datetime(moment)


def html_of(body: str) -> Markup:
    """Paragraphs, headings and lists as HTML."""
    blocks = (block.strip() for block in body.split("\n\n"))
    return Markup("\n").join(_block(block) for block in blocks if block)


def _block(block: str) -> Markup:
    if block.startswith("## "):
        return Markup("<h2>{}</h2>").format(block[3:])
    if block.startswith("- "):
        lines = (line.removeprefix("- ") for line in block.splitlines())
        return Markup("<ul>{}</ul>").format(Markup("").join(Markup("<li>{}</li>").format(line) for line in lines))
    return Markup("<p>{}</p>").format(escape(block))


def script_json(value: Any) -> Markup:
    """JSON that is safe inside a script element."""
    return Markup(json.dumps(value, ensure_ascii=False).replace("<", "\\u003c"))


def _environment() -> Environment:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    for name in ("french_date", "french_time", "euros", "midnight", "rfc822", "html_of", "script_json"):
        environment.filters[name] = globals()[name]
    return environment


ENVIRONMENT = _environment()


def page(template: str, *, code: int = 200, kind: str = "text/html", charset: str = "utf-8", **values: Any) -> Response:
    """A rendered template; a character that ``charset`` lacks becomes a numeric entity, as old publishing tools do."""
    text = ENVIRONMENT.get_template(template).render(charset=charset, **values)
    return Response(text.encode(charset, "xmlcharrefreplace"), status=code, content_type=f"{kind}; charset={charset}")


def common(request: Request) -> Response | None:
    """What all sites answer alike: robots.txt, the style sheet, images."""
    if request.path == "/robots.txt":
        return Response(ROBOTS.encode(), content_type="text/plain; charset=utf-8")
    if request.path == "/style.css":
        return Response((TEMPLATES / "style.css").read_bytes(), content_type="text/css; charset=utf-8")
    if request.path.endswith(".svg"):
        return Response(SVG.encode(), content_type="image/svg+xml")
    return None
