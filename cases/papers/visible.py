"""Text as it may be printed: what has no shape, or turns the reading direction, gets a name in brackets. Pure.

Crawled text is hostile: a right-to-left override shows an address that is not the one that opens.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container

# hints on where a line may break or how letters join: nobody sees them in a browser either
SILENT = {0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
ENDS = {"\r\n": "\n", "\r": "\n", "\u2028": "\n", "\u2029": "\n", "\x85": "\n", "\x0b": "\n", "\x0c": "\n"}
MARKS = re.compile(r"(?<=\S) (?=[:;!?»])|(?<=«) (?=\S)")  # French spaces that may not end a line
UNSHAPED = ("Cc", "Cf", "Cs", "Co", "Cn")


def visible(text: str) -> str:
    """``text`` without a character that could not be seen: controls, bidi marks, surrogates and unassigned ones become their name in brackets."""
    if text.isascii() and text.isprintable():
        return text
    for end, line in ENDS.items():
        text = text.replace(end, line)
    return "".join(_visible(character) for character in text)


def spelt(text: str, glyphs: Container[int]) -> str:
    """``text`` with the Unicode name, in brackets, of each character that ``glyphs`` (code points that a font can draw) has not."""
    return "".join(character if character == "\n" or ord(character) in glyphs else named(character) for character in text)


def unbroken(text: str) -> str:
    """``text`` whose spaces before ``: ; ! ? »`` and after ``«`` do not end a line: no-break spaces, which all fonts have."""
    return MARKS.sub("\u00a0", text)


def named(character: str) -> str:
    """``[SNOWMAN]``; ``[U+0000]`` for what has no name."""
    return f"[{unicodedata.name(character, f'U+{ord(character):04X}')}]"


def _visible(character: str) -> str:
    if character in "\n\t":
        return character.replace("\t", " ")
    if ord(character) in SILENT:
        return ""
    return named(character) if unicodedata.category(character) in UNSHAPED else character
