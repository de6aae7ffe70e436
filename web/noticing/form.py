"""The form of a draft: what a person entered, as changes of the notice. Values in, values out; whether they hold is for cases/notices.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cases.legal import load_legal
from cases.notice import MEASURES, Recipient

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from starlette.datastructures import FormData

    from web.noticing.quoting import Passage

SAYS, QUOTES, WHY = "dit", "cite", "ecarte"  # name of a field: word:basis:element, or word:exclusion
YES_NO = {"oui": True, "non": False}


def said(form: FormData, name: str) -> str:
    """A field as plain text; "" where it is not there, or a file."""
    value = form.get(name, "")
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else ""


def many(form: FormData, name: str) -> tuple[str, ...]:
    """All values of a field, once each."""
    return tuple(dict.fromkeys(value for value in form.getlist(name) if isinstance(value, str)))


def changes_of(form: FormData, known: Mapping[str, Passage]) -> dict[str, Any]:
    """Fields of cases.notice.Content by name. ``known``: passages that may be quoted; another one is left out."""
    bases = tuple(basis.id for basis in load_legal().bases if basis.id in many(form, "bases"))
    category, _, keyword = said(form, "category").partition(":")
    words = {name: said(form, name) for name in ("keyword_other", "explanation", "summary_en", "art18_why")}
    given: dict[str, Any] = {"items": many(form, "items")} if many(form, "items") else {}
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
