"""A table of addresses to submit, as people write it in a spreadsheet. Pure."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, NamedTuple

from core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_BYTES, MOST_LINES = 1_000_000, 500
SIGNS, WHOLE = ";,\t", "\x1f"  # between columns: French spreadsheets write semicolons; and what stands in no line
ADDRESS = ("url", "adresse", "lien", "address", "link")
NOTE = ("note", "pourquoi", "remarque", "commentaire", "comment")


class Line(NamedTuple):
    """One address; ``number``: its line in the file, from 1."""

    number: int
    url: str
    note: str


def read_table(data: bytes) -> tuple[Line, ...]:
    """The addresses of a CSV with a column ``url`` and perhaps ``note``, or of one address a line. UTF-8, else Windows-1252. Raises Invalid."""
    if len(data) > MOST_BYTES:
        raise Invalid(f"a table of {len(data)} bytes; expected at most {MOST_BYTES}: send it in parts")
    if b"\0" in data:
        raise Invalid("the file is no CSV: it holds zero bytes; save it as CSV (UTF-8)")
    rows = _rows(_text(data))
    if not rows:
        raise Invalid("the table holds no address; expected a column url, or one address a line")
    if len(rows) > MOST_LINES + 1:
        raise Invalid(f"a table of {len(rows)} lines; expected at most {MOST_LINES}: send it in parts")
    return _lines(rows)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Line and cells of each row that is not blank."""
    head = text.lstrip("\r\n").split("\n", 1)[0]
    bare = head.lower().startswith(("http://", "https://")) and not set(head) & set(";\t")  # an address may hold commas
    sign = WHOLE if bare else max(SIGNS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign)
    found, start = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append((start, cells))
            start = reader.line_num + 1
    except csv.Error as error:
        raise Invalid(f"line {reader.line_num} of the table cannot be read ({error}); save it again as CSV (UTF-8)") from error
    return found


def _lines(rows: Sequence[tuple[int, list[str]]]) -> tuple[Line, ...]:
    names = [cell.strip().lower() for cell in rows[0][1]]
    address = next((at for at, name in enumerate(names) if name in ADDRESS), None)
    note = next((at for at, name in enumerate(names) if name in NOTE), None) if address is not None else 1
    body = rows if address is None else rows[1:]
    return tuple(Line(number, _cell(cells, address or 0), _cell(cells, note)) for number, cells in body)


def _cell(cells: Sequence[str], at: int | None) -> str:
    return cells[at].strip() if at is not None and at < len(cells) else ""
