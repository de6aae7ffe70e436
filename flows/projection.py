"""What the index shows of a document beyond its text and its assessment: its rank, its campaign, what people decided. Opened once for a run."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from core.taxonomy import load_taxonomy
from index.documents import UNDECIDED
from index.harm import load_rules, rank

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from core.records import Document, Lane, ScoredDocument, Standing
    from core.settings import Settings
    from index.campaigns.store import Campaigns, Text
    from index.harm import Rank
    from index.protocol import Index


class Projection(NamedTuple):
    """What an entry needs, and who wants to know of it.

    ``searchable`` is told of each batch once the index answers with it, before the batch counts as published; it may be told again. ``decided`` gives
    the number of the last decision before publishing begins, and ``show`` lets the index show the decisions made since.
    """

    rank: Callable[[ScoredDocument], Rank]
    campaigns: Campaigns | None
    standings: Callable[[Sequence[Document], Mapping[str, Lane | None]], Mapping[str, Standing]]
    searchable: Callable[[Index, str], object]
    decided: Callable[[], int]
    show: Callable[[Index, int], object]


def plain() -> Projection:
    """Ranks alone: no campaigns, no decisions, no alerts."""
    return Projection(ranking(), None, lambda documents, _: {one.id: UNDECIDED for one in documents}, _nothing, lambda: 0, _nothing)


def _nothing(_index: Index, _told: object) -> None:
    """Nobody wants to know."""


def ranking() -> Callable[[ScoredDocument], Rank]:
    """The rank by the reviewed weights and the taxonomy's severities. Raises ConfigError for a wrong file of either."""
    taxonomy = load_taxonomy()
    severity = {submarker.id: submarker.severity for submarker in taxonomy.submarkers()}
    severity |= {flag.id: flag.severity_weight for flag in taxonomy.flags}
    return partial(rank, rules=load_rules(), severity=severity)


def text_of(scored: ScoredDocument) -> Text:
    """What the campaigns are told of a document."""
    from index.campaigns.store import Text

    document = scored.document
    return Text(
        id=document.id, content_sha256=document.content_sha256, text=document.text, batch=scored.batch, author=document.author,
        platform=document.platform, at=document.published_at or document.collected_at, embedding=scored.assessment.embedding,
    )  # fmt: skip


@contextlib.contextmanager
def open_projection(settings: Settings) -> Iterator[Projection]:
    """Everything, as the settings say. Raises ConfigError, Unavailable."""
    from cases.database import open_database
    from cases.standing import last_number
    from flows.alerting import match_batch
    from flows.standing import show, standings_of
    from index.campaigns.store import Campaigns

    with contextlib.ExitStack() as held:
        campaigns = held.enter_context(contextlib.closing(Campaigns(settings.index_dir, settings.index_name)))
        database = held.enter_context(contextlib.closing(open_database(settings)))
        yield Projection(
            ranking(), campaigns, partial(standings_of, database), partial(match_batch, settings), partial(last_number, database),
            lambda index, since: show(index, database, since=since),
        )  # fmt: skip
