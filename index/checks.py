"""What ``vigie doctor`` asks the index that the settings name."""

from __future__ import annotations

from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from index.open import open_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from core.settings import Settings
    from index.protocol import Index


@contextmanager
def index_checks(settings: Settings) -> Iterator[Mapping[str, Callable[[], str]]]:
    """Checks by name, each of which answers with one line or raises ConfigError or Unavailable. Raises ConfigError for wrong settings."""
    if settings.elasticsearch_url:
        from index.elastic import ElasticIndex  # the client is heavy, and the embedded index has no use for it
        from index.elastic.checks import node_checks

        with closing(ElasticIndex(settings)) as on_node:
            yield {"index": partial(_state, on_node, warn=False), **node_checks(on_node)}  # those say more than its warnings
    else:
        with closing(open_index(settings)) as embedded:
            yield {"index": partial(_state, embedded, warn=True)}


def _state(index: Index, *, warn: bool) -> str:
    health = index.health()
    said = f"{health.backend} {health.version}, {health.documents} documents; {health.detail}"
    return "; ".join((said, *(health.warnings if warn else ())))
