"""Reports as programs get them: those that were frozen, and the figures as they stand now. Nothing here names a person."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

if TYPE_CHECKING:
    from cases.reports import Report

Slug = Literal["annuel", "statistiques", "tableau", "article-34"]


class ReportRead(BaseModel):
    """A frozen report. ``figures`` has the shape of its kind; counts, shares in [0, 1], hours."""

    id: str
    kind: Literal["annuel_22_3", "statistiques", "article_34", "tableau_annuel"]
    since: date
    until: date = Field(description="the last day")
    version: int
    changelog: str
    sha256: str = Field(description="of the figures: JSON with sorted keys, ASCII, no spaces")
    made_at: AwareDatetime
    read_at: AwareDatetime | None = Field(description="when another person signed that it names nobody")
    published_at: AwareDatetime | None
    superseded: bool
    figures: dict[str, Any]


class DraftRead(BaseModel):
    """Figures of now that nobody has frozen. ``findings``: what could name somebody, by place and kind; while there are any, nothing is printed."""

    kind: Literal["annuel_22_3", "statistiques", "article_34", "tableau_annuel"]
    since: date
    until: date
    findings: list[str]
    figures: dict[str, Any]


class NewReport(BaseModel):
    """A report to freeze, for one's own organisation."""

    kind: Slug
    since: date
    until: date = Field(description="the last day; the period must be over")
    changelog: str = Field("", max_length=2000, description="needed from version 2 on")
    accepted: list[str] = Field(default_factory=list, max_length=50, description="words that look like a name, of which you say that they are none")
    health: bool = Field(default=False, description="statistics: contents on care alone")


def report_read(report: Report) -> ReportRead:
    """What of a report a program gets."""
    return ReportRead.model_validate(report, from_attributes=True)
