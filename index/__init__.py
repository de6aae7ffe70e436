"""The searchable projection of the archive: one protocol, an embedded adapter (SQLite) and Elasticsearch."""
