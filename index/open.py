"""Choose the index that the settings name; only its own adapter is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.settings import Settings
    from index.protocol import Index


def open_index(settings: Settings) -> Index:
    """Elasticsearch when VIGIE_ELASTICSEARCH_URL is set, else the embedded SQLite index. Connects at the first question only.

    Raises ConfigError.
    """
    if settings.elasticsearch_url:
        from index.elastic import ElasticIndex  # a client that the embedded index has no use for

        return ElasticIndex(settings)
    from index.sqlite import SqliteIndex

    return SqliteIndex(settings.index_dir, settings.index_name)
