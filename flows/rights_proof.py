"""Proves that what was erased is gone: counts by place before and after, and a search through the bytes of every file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cases.request import wish_of
from cases.rights_found import holds_words, mentions
from core.files import read_lines
from crawlers.erasing.optout import OptOut, OptOuts
from crawlers.erasing.sweep import held_in
from crawlers.erasing.traces import payload_of
from crawlers.evidence.members import Damaged, members, parse
from flows.rights_bytes import found_in
from flows.rights_places import look_for, places
from flows.rights_tokens import Token, of_documents, of_wishes, said_by_others

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from cases.request import Request
    from crawlers.evidence.archive import Archive
    from flows.purging import Purged
    from flows.rights_places import Desk, Looked


def tokens_of(request: Request, looked: Looked, *, going: Collection[str]) -> frozenset[Token]:
    """By what is looked for: the documents that go; the account too, where nothing of it stays."""
    documents = of_documents(one for one in looked.documents if one.id in going)
    ids = {Token(name, "address") for name in going}
    return documents | ids | (of_wishes(map(wish_of, request.subject)) if going == looked.ids else frozenset())


def searched(desk: Desk, lines: Sequence[str]) -> dict[str, int]:
    """What is held of what these lines name, by place; ``files``: in which the account or an address is written. Nothing is written.

    Raises Unavailable, ConfigError, Invalid.
    """
    looked = look_for(desk, lines, now=datetime.now(UTC))
    tokens = of_documents(looked.documents) | of_wishes(map(wish_of, lines))
    files = found_in(desk.settings.data_dir, tokens)
    return {**looked.places, **({"files": len(files)} if files else {}), **({"unreadable": looked.unreadable} if looked.unreadable else {})}


def proved(
    desk: Desk, request: Request, looked: Looked, *, going: Collection[str], staying: Collection[str], tokens: Collection[Token], purged: Purged,
    now: datetime,
) -> dict[str, Any]:  # fmt: skip
    """What was there, what is there now, and what was found by searching for it; ``left`` is empty where all of it is gone."""
    named_now = tuple(OptOut(kind=wish.kind, value=wish.value, at=now) for wish in looked.wishes)
    gone = places(desk, OptOuts(named_now, key=desk.key, held=staying), going)
    after = places(desk, OptOuts(named_now, key=desk.key), looked.ids) if staying else gone  # as "before": with what an open case holds
    own = said_by_others(tokens, _texts_that_stay(desk.archive, going=going, held=staying))
    strict = frozenset(tokens) - own
    with desk.database.reading() as session:
        named = mentions(session, [token.text for token in strict])
    elsewhere = frozenset().union(*named.values()) if named else frozenset()
    sought = frozenset(token for token in strict if token.text not in elsewhere)
    unread: list[str] = []
    files = found_in(desk.settings.data_dir, sought, unread=unread)
    left = {**gone, **({"files": len(files)} if files else {})}
    left |= {f"cases.{column}": len(words) for column, words in named.items() if not holds_words(column)}
    left |= {kind: number for kind, number in purged.left.items() if number and kind != "open"}
    return {
        "made_at": now.isoformat(), "request": request.id, "kind": request.kind, "before": looked.places, "after": after, "left": left,
        "searched": {"texts": len(sought), "in_files": not files, "case_database": _kind(desk), "unread_files": len(unread)},
        "said_elsewhere": {"by_others": len(own), "columns": {column: len(words) for column, words in sorted(named.items())}},
        "held": len(staying), "documents": len(going),
    }  # fmt: skip


def _kind(desk: Desk) -> str:
    """Whether the case database was searched as files too, or by its rows alone."""
    return "octets" if desk.database.name.startswith("sqlite") else "lignes"


def _texts_that_stay(archive: Archive, *, going: Collection[str], held: Collection[str]) -> Iterator[str]:
    """All that the archive rightly says: documents of others, and evidence of open cases as a whole."""
    payloads = set[str]()
    for batch in archive.batches():
        for line in read_lines(archive.root / "documents" / f"{batch}.jsonl.gz"):
            if line["id"] not in going:
                yield json.dumps(line, ensure_ascii=False)
                yield str(line.get("text", ""))
            if line["id"] in held:
                payloads |= {ref["payload_sha256"] for name in ("evidence", "deletion") if (ref := line.get(name))}
    for path in sorted((archive.root / "evidence").glob("*.warc.gz")) if payloads else ():
        staying = held_in(path, payloads)
        for _, _, data in members(path):
            try:
                record = parse(data)
            except Damaged:
                continue
            if record.get("WARC-Record-ID") in staying:
                shown = payload_of(record)
                yield record.get("WARC-Target-URI") + "\n" + (shown.text if shown else "")
