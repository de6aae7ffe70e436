"""That a report names nobody: every string in its figures is a word of a closed list or a text that was looked through. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cases.reporting.entity import ENTITY_TEXTS
from cases.scanning import Finding, personal_data
from core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

CODE = re.compile(r"[A-Za-z0-9_+.:/-]{0,120}")  # ids, codes, dates: no space, no accent, no @
WRITTEN = ("name", "legal_form", "area", "source", "status_authority", *ENTITY_TEXTS)  # keys of what a person wrote
OWN = ("contact", "website", "registration", "accepted")  # keys of what reporting/entity.py takes only where it has the form it should have
LOOKED = ("legal_name",)  # of providers: what cases/providers.py took for a legal person's name
CLOSED = ("annuel_22_3", "statistiques")  # kinds all of whose other strings are words of closed lists
ODD = "mot inattendu"
LABELS = {**ENTITY_TEXTS, "name": "Nom de l'organisation", "legal_form": "Forme juridique", "area": "Domaine d'expertise",
          "source": "Financement", "status_authority": "Autorité"}  # fmt: skip
MOST_NAMED = 5


def findings_in(kind: str, figures: Mapping[str, Any], *, names: Iterable[str]) -> tuple[Finding, ...]:
    """What could name or reach a person in the figures of a report. ``names``: of people with an account."""
    known, entity = tuple(names), figures.get("entity") or {}
    allowed = [*(figures.get("accepted") or ()), str(entity.get("name", ""))]
    sites = [host.removeprefix("www.") for host in [urlsplit(str(entity.get("website") or "")).netloc.lower()] if host]
    found, seen = list[Finding](), set[tuple[str, str]]()
    for path, key, text in _strings(figures):
        if key in OWN or (key, text) in seen:
            continue
        seen.add((key, text))
        found += personal_data({LABELS.get(key, path): text}, names=known, allowed=allowed, sites=sites, loose=key in WRITTEN)
        if kind in CLOSED and key not in (*WRITTEN, *LOOKED) and not CODE.fullmatch(text):
            found.append(Finding(path, 0, len(text), ODD, text[:60], sure=True))
    return tuple(found)


def refuse(found: Iterable[Finding]) -> None:
    """Raises Invalid that says where and of what kind, for a report that could name somebody; never the words themselves, which would be logged."""
    seen = list(dict.fromkeys(f"{one.where}: {one.kind}" for one in found))
    if seen:
        more = f" and {len(seen) - MOST_NAMED} more" if len(seen) > MOST_NAMED else ""
        raise Invalid(
            f"the report could name somebody ({'; '.join(seen[:MOST_NAMED])}{more}); take it out of the profile, or say that it names nobody"
        )


def _strings(value: Any, path: str = "", key: str = "") -> Iterator[tuple[str, str, str]]:
    """(path, key, text) of each string."""
    if isinstance(value, str):
        yield path, key, value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _strings(name, f"{path}.{name}", "")
            yield from _strings(part, f"{path}.{name}".lstrip("."), str(name))
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part, path, key)
