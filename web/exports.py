"""Files that leave the console: CSV that no spreadsheet computes (RFC 4180), and JSON Lines, one row at a time."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from starlette.responses import StreamingResponse

from index.export import cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

BOM = "\ufeff"  # some spreadsheets read UTF-8 only after it


def csv_answer(columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]], *, name: str) -> StreamingResponse:
    """A CSV file. ``columns``: the name that people read of each key of a row."""
    return _file(_csv(columns, rows), f"{name}.csv", "text/csv; charset=utf-8")


def lines_answer(rows: Iterable[Mapping[str, Any]], *, name: str) -> StreamingResponse:
    """A file of one JSON object a line."""
    return _file((json.dumps(row, ensure_ascii=False) + "\n" for row in rows), f"{name}.jsonl", "application/x-ndjson; charset=utf-8")


def _csv(columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    yield BOM + _line(columns.values())
    for row in rows:
        yield _line(row[name] for name in columns)


def _line(values: Iterable[Any]) -> str:
    """CRLF, quotes doubled; text that would be a formula gets an apostrophe before it."""
    out = io.StringIO()
    csv.writer(out).writerow([cell(_plain(value)) for value in values])
    return out.getvalue()


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _file(parts: Iterable[str], name: str, kind: str) -> StreamingResponse:
    return StreamingResponse(iter(parts), media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
