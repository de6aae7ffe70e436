"""Texts cut to the length that a form takes: between words, and never without saying so. Pure."""

from __future__ import annotations

MARK = " […]"  # four characters


def cut(text: str, most: int | None) -> str:
    """``text`` in at most ``most`` characters (None: no limit), whole words, with a mark where it was cut.

    A word longer than the limit is cut within, and a limit shorter than the mark leaves no mark.
    """
    text = text.strip()
    if most is None or len(text) <= most:
        return text
    if most <= len(MARK):
        return text[:most]
    room = text[: most - len(MARK) + 1]
    words = room.rsplit(None, 1)[0] if len(room.split(None, 1)) > 1 else room[:-1]
    return words.rstrip(" ,;:\n\t") + MARK
