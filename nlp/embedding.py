"""The form in which an embedding travels: signed bytes in base64. Nothing heavy is imported here.

What is packed is made by nlp/topic.py.
"""

from __future__ import annotations

import base64
from array import array
from typing import TYPE_CHECKING

from core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST = 127


def pack(vector: Sequence[float]) -> str:
    """A direction as signed bytes in base64, its largest number at 127. Raises Invalid where there is no direction."""
    largest = max(map(abs, vector), default=0.0)
    if not 0 < largest < float("inf"):  # not a number fails this too
        raise Invalid(f"a vector of {len(vector)} numbers whose largest is {largest} has no direction; expected finite numbers that are not all zero")
    return base64.b64encode(array("b", [round(number / largest * LARGEST) for number in vector]).tobytes()).decode("ascii")
