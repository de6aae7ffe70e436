"""Numbers as people read them."""

from __future__ import annotations

NARROW = "\u202f"  # the no-break space that French sets between thousands


def french(value: float, *, digits: int | None = None) -> str:
    """With a decimal comma and thousands set apart: ``french(1234.5, digits=2)`` is 1 234,50. ``digits`` are decimals; None: as few as say it."""
    return english(value, digits=digits).replace(",", NARROW).replace(".", ",")


def english(value: float, *, digits: int | None = None) -> str:
    """The same with a decimal point: 1,234.50."""
    if digits is not None:
        return f"{value:z,.{digits}f}"  # z: a small negative number is 0, never -0
    return f"{value:z,.10f}".rstrip("0").rstrip(".")
