"""The texts that people submit, as they are stored. Pure."""

from __future__ import annotations

import unicodedata

from core.errors import Invalid

LEAST_TEXT, MOST_TEXT, MOST_TITLE, MOST_NOTE = 20, 100_000, 300, 1000  # characters
KEPT = "\n\t"  # of the control characters


class BadText(Invalid):
    """A text that cannot be submitted; ``reason``: text_private, text_short, text_long, text_unreadable, title_long, note_long."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def text_given(text: str) -> str:
    """The text of a page or a screenshot. Raises BadText."""
    found = _clean(text)
    if len(found) < LEAST_TEXT:
        raise BadText("text_short", f"a text of {len(found)} characters; expected at least {LEAST_TEXT}")
    if len(found) > MOST_TEXT:
        raise BadText("text_long", f"a text of {len(found)} characters; expected at most {MOST_TEXT}")
    return found


def title_given(title: str | None) -> str | None:
    """Its title on one line; None for none. Raises BadText."""
    found = " ".join(_clean(title or "").split())
    if len(found) > MOST_TITLE:
        raise BadText("title_long", f"a title of {len(found)} characters; expected at most {MOST_TITLE}")
    return found or None


def noted(note: str) -> str:
    """Why something is submitted. Raises BadText."""
    found = _clean(note)
    if len(found) > MOST_NOTE:
        raise BadText("note_long", f"a note of {len(found)} characters; expected at most {MOST_NOTE}")
    return found


def _clean(text: str) -> str:
    """As it is shown, without what cannot be stored. Raises BadText."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    if any("\ud800" <= char <= "\udfff" for char in plain):
        raise BadText("text_unreadable", "the text holds half of a surrogate pair, which is no character; copy it again")
    return "".join(char for char in plain if char in KEPT or unicodedata.category(char) != "Cc").strip()
