"""How much is held and how much was erased: numbers alone, small ones hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select

from cases.leaving import ALL, erased_counts
from cases.tables import DecisionRow
from cases.tables_notices import BundleRow, DossierRow, NoticeRow, ReportRow, RequestRow
from cases.tables_work import SubmissionRow

if TYPE_CHECKING:
    from cases.database import Database

LEAST = 5  # a smaller number is not shown
OUTCOMES = {"non_lu": "signalé ou tiré au sort, jamais lu", "ordinaire": "ni signalé ni lu", "hors_champ": "hors champ",
            "licite_preoccupant": "licite préoccupant", "illicite_presume": "illicite présumé", "urgence": "urgence"}  # fmt: skip


class Erased(NamedTuple):
    """Documents of a month of collection (YYYY-MM) that were erased. ``number`` None: less than five."""

    month: str
    outcome: str
    number: int | None


def erased_shown(database: Database) -> tuple[Erased, ...]:
    """What was erased, over all platforms; no totals are given, so that nothing hidden can be computed. Raises Unavailable, ConfigError."""
    sums: dict[tuple[str, str], int] = {}
    for one in erased_counts(database):
        if one.marker == ALL:
            key = (one.month, one.outcome)
            sums[key] = sums.get(key, 0) + one.documents
    return tuple(
        Erased(month, OUTCOMES.get(outcome, outcome), number if number >= LEAST else None) for (month, outcome), number in sorted(sums.items())
    )


def held_counts(database: Database) -> dict[str, int]:
    """How many rows of each kind there are, by French name. Raises Unavailable, ConfigError."""
    wanted = {
        "Signalements": select(func.count()).select_from(SubmissionRow).where(SubmissionRow.url != ""),
        "Décisions": select(func.count()).select_from(DecisionRow),
        "Notifications": select(func.count()).select_from(NoticeRow),
        "Dossiers": select(func.count()).select_from(DossierRow),
        "Preuves scellées": select(func.count()).select_from(BundleRow).where(BundleRow.state == "faite"),
        "Rapports": select(func.count()).select_from(ReportRow),
        "Demandes de personnes": select(func.count()).select_from(RequestRow),
    }
    with database.reading() as session:
        return {name: session.scalar(query) or 0 for name, query in wanted.items()}
