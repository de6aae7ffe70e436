"""Results as a file for a spreadsheet or a program, with pseudonyms only, one result at a time: memory does not grow with their number."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from core.files import atomic
from core.pseudonyms import pseudonym
from core.records import MARKERS
from index.fields import BY_NAME
from index.search_mask import account_names, is_pseudonym, masked, private, public_host

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from index.documents import Entry

Format = Literal["csv", "jsonl"]

# ``author`` is a pseudonym already. Addresses, sources and hosts name accounts: they leave only when a person says so.
COLUMNS = (
    "id", "platform", "kind", "content_type", "language", "published_at", "edited_at", "deleted_at", "collected_at", "author", "title", "text",
    "channels", "link_hosts", "views", "likes", "reposts", "replies", "followers", "reach", "funding_raised", "funding_goal", "funding_currency",
    "funding_donors", "price", "decision", *(f"score_{marker}" for marker in MARKERS), "markers", "alerts", "submarkers", "flags", "stance",
    "evidence", "lane", "priority", "harm", "reasons", "campaign", "status", "qualification", "decided_at", "notice_state", "notified_at",
    "model", "revision", "content_sha256",
)  # fmt: skip
ADDRESSES = ("url", "source")
WITHHELD = "T12"  # the flag of a victim who can be recognised: nothing of the text leaves
WITHHELD_TEXT = "[texte retenu : une victime peut y être reconnue]"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# what a spreadsheet takes for a formula, also in full width (OWASP, CSV injection)
_FORMULA = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")
_BOM = "\ufeff"  # some spreadsheets read UTF-8 only after it


def export(
    entries: Iterable[Entry], path: Path, *, kind: Format, key: bytes, addresses: bool = False, labels: bool = False, bom: bool = False
) -> int:
    """Write all entries, atomically; how many. ``key`` makes the pseudonyms; ``labels`` adds a row of French names to a CSV. Raises ConfigError."""
    columns = (*COLUMNS, *ADDRESSES) if addresses else COLUMNS
    rows = (exported(entry, key=key, addresses=addresses) for entry in entries)
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as out:
        if bom:
            out.write(_BOM)
        return _write_csv(out, columns, rows, labels=labels) if kind == "csv" else _write_lines(out, columns, rows)


def exported(entry: Entry, *, key: bytes, addresses: bool = False) -> dict[str, Any]:
    """What may leave of an entry: every column, numbers as numbers, dates as ISO 8601 in UTC, lists as lists."""
    names = account_names(entry)
    rename = partial(_renamed, key=key, platform=entry["platform"])
    withheld = WITHHELD in entry["flags"]
    text, spans = entry["text"], private(entry["text"], names) if not withheld else []
    passages = [] if withheld else [{**one, "text": masked(text, spans, rename, start=one["start"], end=one["end"])} for one in entry["evidence"]]
    shown = {name: _plain(name, entry[name]) for name in (*COLUMNS, *(ADDRESSES if addresses else ()))}
    return {
        **shown,
        "platform": entry["platform"] if addresses else public_host(entry["platform"]),
        "title": entry["title"] and (WITHHELD_TEXT if withheld else _clean(masked(entry["title"], private(entry["title"], names), rename))),
        "text": WITHHELD_TEXT if withheld else _clean(masked(text, spans, rename)),
        "channels": [_channel(value, key) for value in entry["channels"]],
        "link_hosts": [pseudonym(key, platform="host", account=host) for host in entry["link_hosts"]],
        "evidence": [{name: _clean(one[name]) if name == "text" else one[name] for name in ("marker", "text", "score")} for one in passages],
        "reasons": [reason["text"] for reason in entry["reasons"]],
    }


def quotes(entry: Entry, places: Iterable[tuple[int, int]], *, key: bytes) -> list[tuple[int | None, str]]:
    """Passages of an entry's text as ``exported`` masks them: each place in the exported text (None: a name is cut), and its words."""
    spans, rename = private(entry["text"], account_names(entry)), partial(_renamed, key=key, platform=entry["platform"])
    whole, found = masked(entry["text"], spans, rename), list[tuple[int | None, str]]()
    for start, end in places:
        at, said = len(masked(entry["text"], spans, rename, end=start)), masked(entry["text"], spans, rename, start=start, end=end)
        found.append((at if whole[at : at + len(said)] == said else None, _clean(said)))
    return found


def _renamed(kind: str, name: str, *, key: bytes, platform: str) -> str:
    """The same name gives the same pseudonym; that of an account is the one its own posts are exported under."""
    return pseudonym(key, platform=platform if kind == "compte" else kind, account=name)


def _channel(value: str, key: bytes) -> str:
    kind, _, account = value.partition(":")
    return value if is_pseudonym(account) else f"{kind}:{pseudonym(key, platform=kind, account=account)}"


def _plain(name: str, value: Any) -> Any:
    if value is None or BY_NAME[name].type != "date":
        return value
    return datetime.fromisoformat(value).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _clean(text: str) -> str:
    return _CONTROL.sub(" ", text)


def _write_lines(out: Any, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> int:
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the number of the last one
        out.write(json.dumps({name: row[name] for name in columns}, ensure_ascii=False) + "\n")
    return count


def _write_csv(out: Any, columns: Sequence[str], rows: Iterable[dict[str, Any]], *, labels: bool) -> int:
    writer = csv.writer(out)  # RFC 4180: commas, CRLF, quotes doubled
    writer.writerow(columns)
    if labels:
        writer.writerow([BY_NAME[name].label for name in columns])
    return _count(writer.writerow, ([cell(row[name]) for name in columns] for row in rows))


def _count(write: Callable[[list[Any]], Any], rows: Iterator[list[Any]]) -> int:
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007
        write(row)
    return count


def cell(value: Any) -> Any:
    """A number stays one; text that a spreadsheet would compute gets an apostrophe before it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, list):
        value = " | ".join(f"{one['marker']} : {one['text']}" if isinstance(one, dict) else str(one) for one in value)
    return f"'{value}" if _FORMULA.match(value) else value
