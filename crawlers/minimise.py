"""What is neither relevant nor needed is dropped before it is stored, by rules that a person wrote in the source's YAML.

Collection criteria are fixed beforehand and irrelevant data is deleted at once (GDPR art. 5(1)(c), as adopted on 27/04/2016; CNIL's
recommendations on web scraping of 19/06/2025): to be checked by a lawyer.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from core.records import Record

if TYPE_CHECKING:
    from datetime import datetime

    from core.records import Document

Word = Annotated[str, Field(min_length=2, max_length=80)]


class Keep(Record):
    """What an item must be to be stored. A rule that is not written asks for nothing."""

    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2}$")], ...] = Field((), description="only these; an unknown language passes")
    min_words: int = Field(0, ge=0, le=1000, description="shorter texts say nothing that could be judged")
    words: tuple[Word, ...] = Field((), max_length=500, description="one of these words, or beginnings with *, must occur")
    without: tuple[Word, ...] = Field((), max_length=500, description="none of these may occur")
    since_days: int | None = Field(None, ge=1, le=36500, description="older items are left")
    replies: bool = Field(default=True, description="false: only what opens a thread")

    def refuses(self, document: Document, *, now: datetime) -> str | None:
        """The rule that drops this item, or None."""
        text = f"{document.title or ''}\n{document.text}"
        rules = (
            ("other_language", bool(self.languages and document.language and document.language not in self.languages)),
            ("too_old", bool(self.since_days and document.published_at and document.published_at < now - timedelta(days=self.since_days))),
            ("reply", not self.replies and document.thread_parent is not None),
            ("too_short", len(text.split()) < self.min_words),
            ("no_word", bool(self.words) and not _pattern(self.words).search(plain(text))),
            ("unwanted_word", bool(self.without) and bool(_pattern(self.without).search(plain(text)))),
        )
        return next((name for name, refuses in rules if refuses), None)


def plain(text: str) -> str:
    """Small letters without accents, white space as one space: how rules are compared."""
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("œ", "oe").replace("’", "'"))
    return " ".join("".join(char for char in decomposed if not unicodedata.combining(char)).split())


@lru_cache(maxsize=64)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    parts = (re.escape(plain(word.removesuffix("*"))) + (r"\w*" if word.endswith("*") else "") for word in words)
    return re.compile(r"\b(?:" + "|".join(parts) + r")\b")
