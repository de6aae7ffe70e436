"""The dated choice of GDPR art. 14 as the pages of notices and of dossiers show it and take it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cases import informing
from core.errors import Invalid
from core.times import PARIS
from web.noticing.form import said

if TYPE_CHECKING:
    from starlette.datastructures import FormData

    from cases.people import Actor
    from web.console import Console

FIELDS = ("choix", "informe_le", "jusque", "raison", "acte")


def information(console: Console, kind: str, identifier: str, actor: Actor) -> dict[str, Any]:
    """For donnees/choix.html. Raises NotFound."""
    return {
        "choices": informing.texts()["choices"], "law": informing.texts()["law"],
        "informed": informing.informations(console.database, kind, identifier, actor=actor),
        "uninformed": informing.missing(console.database, kind, identifier),
    }  # fmt: skip


def choose(console: Console, kind: str, identifier: str, form: FormData, actor: Actor) -> None:
    """Write down what that form says. Raises Invalid, Forbidden, NotFound."""
    informing.choose(
        console.database, kind, identifier, choice=said(form, "choix"), reason=said(form, "raison"), actor=actor,
        act=said(form, "acte") or uuid4().hex, due_at=moment(form, "jusque"), informed_at=moment(form, "informe_le"),
    )  # fmt: skip


def moment(form: FormData, name: str) -> datetime | None:
    """A time of a form, in Paris; None where it is empty. Raises Invalid."""
    given = said(form, name)
    try:
        return datetime.fromisoformat(given).replace(tzinfo=PARIS) if given else None
    except ValueError as error:
        raise Invalid("the time is none; expected a day and an hour") from error
