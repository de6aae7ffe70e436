"""The form of a dossier: what a person entered, as changes of it. Values in, values out; whether they hold is for cases/dossiers.py."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from cases.checking import ANSWERS
from cases.dossier_kinds import load_grids
from cases.legal import load_legal
from core.times import PARIS
from web.noticing.form import many, said

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.datastructures import FormData

    from cases.dossier import Content, Fact
    from cases.dossier_kinds import KindSpec

BLANKS = 3  # facts that can be added at once


def changes_of(form: FormData, content: Content, spec: KindSpec) -> dict[str, Any]:
    """Fields of cases.dossier.Content by name; of a kind that asks its first questions first, these alone until they are answered."""
    gates = {gate.id: said(form, f"porte:{gate.id}") for gate in spec.gates if said(form, f"porte:{gate.id}") in ("oui", "non")}
    if "faits" not in form:
        return {"gates": {**content.gates, **gates}}
    bases = tuple(basis.id for basis in load_legal().bases if basis.id in many(form, "textes")) if spec.elements else ()
    given: dict[str, Any] = {
        "gates": gates,
        "fields": {one.id: said(form, f"champ:{one.id}") for one in spec.fields if said(form, f"champ:{one.id}")},
        "facts": [*_kept(form, content), *_told(form)],
        "bases": bases,
        "elements": tuple(_elements(form, content, bases)),
        "weighed": tuple(_weighed(form)),
        "exculpatory": said(form, "decharge"),
        "addressee": said(form, "destinataire") or None,
        "addressee_name": said(form, "destinataire_nom"),
    }
    return {**given, "criteria": dict(_criteria(form))} if spec.criteria else given


def _kept(form: FormData, content: Content) -> Iterator[dict[str, Any]]:
    """Facts that were there: with their words as they are now, and with those of their quotes that are kept. One without words is left out."""
    for place, fact in enumerate(content.facts):
        says = said(form, f"fait:{place}")
        if says:
            kept = set(many(form, f"cite:{place}"))
            quotes = [quote.model_dump(mode="json") for number, quote in enumerate(fact.quotes) if str(number) in kept]
            yield {**fact.model_dump(mode="json"), **_when(form, place, fact), "says": says, "quotes": quotes}


def _when(form: FormData, place: int, fact: Fact) -> dict[str, Any]:
    """The time of what somebody told may be put right; a content's is the content's."""
    given = said(form, f"quand:{place}")
    return {"at": _moment(given)} if fact.dated == "rapporte" and given else {}


def _told(form: FormData) -> Iterator[dict[str, Any]]:
    """Facts that somebody tells, with the time that they give."""
    for number in range(BLANKS):
        says, when = said(form, f"recit:{number}"), said(form, f"recit_quand:{number}")
        if says or when:
            yield {"says": says, "at": _moment(when), "dated": "rapporte"}


def _moment(given: str) -> str:
    """A time of a form, in Paris; what is none is left for the check to name."""
    try:
        return datetime.fromisoformat(given).replace(tzinfo=PARIS).isoformat()
    except ValueError:
        return given


def _elements(form: FormData, content: Content, bases: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    quoted = {(one.basis, one.element): one.quotes for one in content.elements}
    for basis in (load_legal().basis(name) for name in bases):
        for one in basis.elements:
            quotes = [quote.model_dump(mode="json") for quote in quoted.get((basis.id, one.id), ())]
            if (says := said(form, f"dit:{basis.id}:{one.id}")) or quotes:
                yield {"basis": basis.id, "element": one.id, "says": says, "quotes": quotes}


def _weighed(form: FormData) -> Iterator[dict[str, str]]:
    for name in dict.fromkeys(form.keys()):
        word, _, exclusion = name.partition(":")
        if word == "ecarte" and exclusion and said(form, name):
            yield {"exclusion": exclusion, "why": said(form, name)}


def _criteria(form: FormData) -> Iterator[tuple[str, dict[str, str]]]:
    for one in (one for grid in load_grids() for one in grid.criteria):
        if (answer := said(form, f"critere:{one.id}")) in ANSWERS:
            yield one.id, {"answer": answer, "evidence": said(form, f"preuve:{one.id}")}
