"""By what bytes somebody's content is known again: addresses, ids, accounts, pseudonyms, pieces of texts. Pure."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Literal, NamedTuple

from core.accounts import named_account, read_account, spellings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cases.optouts import Wish
    from core.records import Document

PIECE = 32  # characters of a text: about six words, which two people seldom write alike
PIECES = 4  # of a text
TELLING = 12  # characters of an id or a short text that nothing else bears
MOST = 600  # pieces looked for, the texts evenly drawn
Sort = Literal["address", "account", "piece"]


class Token(NamedTuple):
    """A text to look for. ``sort``: an address or an id, a way to name the account, or a piece of a text."""

    text: str
    sort: Sort


def of_documents(documents: Iterable[Document]) -> frozenset[Token]:
    """What names these versions of documents, and pieces of their texts."""
    found, pieces = set[Token](), list[str]()
    for document in documents:
        found |= {Token(document.url, "address"), Token(document.id, "address")}
        if document.platform_id and len(document.platform_id) >= TELLING:
            found.add(Token(document.platform_id, "address"))
        pieces += _pieces(document.text)
    step = max(1, len(pieces) // MOST)
    return frozenset(found | {Token(piece, "piece") for piece in pieces[::step]})


def of_wishes(wishes: Iterable[Wish]) -> frozenset[Token]:
    """The ways to write an account that no other word looks like: with its site or as an address."""
    found = set[str]()
    for wish in wishes:
        account = named_account(wish.account, platform=wish.platform) if wish.account else read_account(wish.address)
        if account is not None:
            found |= {form for _, form in spellings(account) if len(form) >= TELLING and set("@/:") & set(form.strip("@"))}
        elif len(wish.address) >= TELLING:
            found.add(wish.address)
    return frozenset(Token(form, "account") for form in found)


def forms(text: str) -> frozenset[bytes]:
    """How a text may lie in a file: as it is, within JSON, within HTML."""
    return frozenset(form.encode("utf-8", errors="ignore") for form in (text, json.dumps(text)[1:-1], html.escape(text)))


def said_by_others(tokens: Collection[Token], texts: Iterable[str]) -> frozenset[Token]:
    """Those that also stand in what stays: others quote or link."""
    left, found = set(tokens), set[Token]()
    for text in texts:
        here = {token for token in left if token.text in text}
        found |= here
        left -= here
        if not left:
            break
    return frozenset(found)


def _pieces(text: str) -> list[str]:
    lines = [line.strip() for line in text.split("\n")]
    long = [line for line in lines if len(line) >= PIECE]
    if not long:
        return [line for line in lines if len(line) >= TELLING]
    starts = [(line, start) for line in long for start in range(0, len(line) - PIECE + 1, PIECE)]
    return [line[start : start + PIECE] for line, start in starts[:: max(1, len(starts) // PIECES)][: PIECES + 1]]
