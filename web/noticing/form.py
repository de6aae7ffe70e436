"""The form of a draft: what a person entered, as changes of the notice, and which act it is.

Values in, values out; whether they hold is for cases/notices.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cases.decisions import Act
from cases.legal import load_legal
from cases.notice import MEASURES, Recipient

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.datastructures import FormData

    from web.noticing.quoting import Passage

SAYS, QUOTES, WHY = "dit", "cite", "ecarte"  # name of a field: word:basis:element, or word:exclusion
CHOSEN, ADDED = "contenus", "ajouter"  # says that the boxes of the items were on the page; ids of items that enter
SHORTEST, LONGEST = 8, 64  # characters of an act's id
YES_NO = {"oui": True, "non": False}


def said(form: FormData, name: str) -> str:
    """A field as plain text; "" where it is not there, or a file."""
    value = form.get(name, "")
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""


def many(form: FormData, name: str) -> tuple[str, ...]:
    """All values of a field, once each."""
    return tuple(dict.fromkeys(value for value in form.getlist(name) if isinstance(value, str)))


def act_of(form: FormData) -> Act:
    """The act that the page was opened for: the same form sent twice acts once. A new one where it says none that can be one."""
    given = said(form, "acte")
    return Act(id=given if SHORTEST <= len(given) <= LONGEST else uuid4().hex)


def version_of(form: FormData) -> int:
    """The version that was on the page; 0, which none is, where it says no number."""
    given = said(form, "version")
    return int(given) if given.isdecimal() and len(given) < SHORTEST else 0


def changes_of(form: FormData, known: Mapping[str, Passage]) -> dict[str, Any]:
    """Fields of cases.notice.Content by name. ``known``: passages that may be quoted; another one is left out."""
    bases = tuple(basis.id for basis in load_legal().bases if basis.id in many(form, "bases"))
    category, _, keyword = said(form, "category").partition(":")
    words = {name: said(form, name) for name in ("keyword_other", "explanation", "summary_en", "art18_why")}
    given: dict[str, Any] = {"items": (*many(form, "items"), *many(form, ADDED))} if "items" in form or CHOSEN in form else {}
    given |= {"recipient": _recipient(form)} if "provider" in form else {}
    return {
        **words,
        **given,
        "bases": bases,
        "elements": tuple(_elements(form, bases, known)),
        "weighed": tuple(_weighed(form)),
        "category": category or None,
        "keyword": keyword or None,
        "measure": said(form, "measure") if said(form, "measure") in MEASURES else None,
        "art18": YES_NO.get(said(form, "art18")),
        "victims": said(form, "victims") if said(form, "victims") in ("aucune", "masquees") else None,
        "confidential": said(form, "confidential") == "oui",
    }


def _recipient(form: FormData) -> dict[str, str]:
    return {name: said(form, name) for name in Recipient.model_fields} | {"country": said(form, "country").upper()}


def _elements(form: FormData, bases: tuple[str, ...], known: Mapping[str, Passage]) -> Iterator[dict[str, Any]]:
    """Of the bases that are chosen: what is written or quoted."""
    for basis in (load_legal().basis(name) for name in bases):
        for one in basis.elements:
            says = said(form, f"{SAYS}:{basis.id}:{one.id}")
            quotes = tuple(known[value].quoted for value in many(form, f"{QUOTES}:{basis.id}:{one.id}") if value in known)
            if says or quotes:
                yield {"basis": basis.id, "element": one.id, "says": says, "quotes": quotes}


def _weighed(form: FormData) -> Iterator[dict[str, str]]:
    for name in dict.fromkeys(form.keys()):
        word, _, exclusion = name.partition(":")
        if word == WHY and exclusion and said(form, name):
            yield {"exclusion": exclusion, "why": said(form, name)}
