"""Writes docs/fields.md from the table of fields; a test holds the two equal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.settings import ROOT
from index.fields import FIELDS, MAPPING_VERSION, RUN_FIELDS

if TYPE_CHECKING:
    from index.fields import Field

PAGE = ROOT / "docs/fields.md"
HEAD = f"""# Fields of the index

Made by `python scripts/fields_doc.py` from `index/fields.py`, the one table that the Elasticsearch mapping, the SQLite schema, the entries, Kibana's
data views and this page come from. Mapping version {MAPPING_VERSION}. To add a field: one line there, its value in `index/documents.py`, the mapping
version plus one, then `vigie reindex`.

Types: `keyword` one exact value, `keywords` several, `text` searched by words, `stored` given back and not searched, `vector` searched by nearness;
dates are in UTC.

## Documents
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_rows(FIELDS), "", "## Runs of the sources", "", *_rows(RUN_FIELDS), ""])


def _rows(fields: tuple[Field, ...]) -> list[str]:
    rows = [f"| `{one.name}` | {one.type} | {'yes' if one.facet else ''} | {one.label} | {one.description} |" for one in fields]
    return ["| field | type | facet | label | what it is |", "| --- | --- | --- | --- | --- |", *rows]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
