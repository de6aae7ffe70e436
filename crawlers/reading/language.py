"""The language of a text, as its words show it."""

from __future__ import annotations

import re
import tempfile
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

from core.files import disk_errors

NOISE = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|\d+")  # names and addresses have no language
PIECE = 200  # characters read from the beginning and from the middle: more gains nothing and costs time
LEAST_LETTERS = 20  # shorter, one text in four is taken for another language
SURE = 0.5  # of French texts of 40 characters 75 % reach it and 0.2 % are taken for another language, of 80 96 % and none
_lock = Lock()


def detect(text: str, declared: str | None) -> str | None:
    """The language's ISO 639 code; ``declared`` where the text is too short or too mixed to tell."""
    sample = _sample(text)
    if sum(char.isalpha() for char in sample) < LEAST_LETTERS:
        return declared
    with _lock:  # loaded once, though several threads may ask first
        identifier = _identifier()
    found, probability = identifier.classify(sample)
    return str(found) if probability >= SURE else declared


def _sample(text: str) -> str:
    middle = len(text) // 2
    whole = text if len(text) <= 4 * PIECE else f"{text[: 2 * PIECE]} {text[middle : middle + 2 * PIECE]}"  # twice, for what is noise
    words = " ".join(NOISE.sub(" ", whole).split())
    return words if len(words) <= 2 * PIECE else f"{words[:PIECE]} {words[-PIECE:]}"


def prepare() -> None:
    """Load what ``detect`` needs, which unpacks 90 MB into the folder for temporary files. Raises ConfigError."""
    with disk_errors(Path(tempfile.gettempdir())):
        _identifier()


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)  # 0.5 s and 90 MB, of numbers alone: nothing in it is run
