"""The name of a provider as papers and tables print it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.platforms import load_platforms, printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cases.reporting.figures import Provider


def provider_named(identifier: str, providers: Iterable[Provider] = ()) -> str:
    """Service and provider of an id of cases/platforms, with what could not be checked said so; else as ``providers`` name it."""
    given = next((one.legal_name for one in providers if one.id == identifier), None)
    if given:
        return given
    found = next((one for one in load_platforms().all if one.id == identifier), None)
    if found is None or found.generic:
        return "Autre fournisseur"
    return found.service if found.per_host else f"{found.service} ({printable(found.provider)})"
