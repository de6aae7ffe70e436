"""What became of each line of a list that was submitted: none is left without a word. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from web.passages import shown
from web.submitting import why

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cases.submissions import Many

How = Literal["nouveau", "connu", "refuse"]
SAID: dict[How, str] = {"nouveau": "Enregistré", "connu": "Déjà signalé par votre organisation", "refuse": "Pas pris"}
MOST_VALUE = 120  # characters of what stood in a line


class Line(NamedTuple):
    """One line. ``number``: in the file, from 1; ``value``: what was given, shortened; ``submission``: its id, "" where it was refused."""

    number: int
    value: str
    how: How
    said: str
    submission: str = ""


class Report(NamedTuple):
    """All lines, in their order."""

    lines: tuple[Line, ...]

    def number(self, how: How) -> int:
        """How many came to this end."""
        return sum(line.how == how for line in self.lines)


def report(many: Many, *, since: datetime) -> Report:
    """Of a list that was submitted at ``since``: what is older was known already, and so is what the list names twice."""
    return Report(tuple(_lines(many, since)))


def _lines(many: Many, since: datetime) -> Iterator[Line]:
    made = {one.id: one.created_at for one in many.submissions}
    met: set[str] = set()
    for number, given in sorted(many.lines.items()):
        one = many.taken.get(number)
        if one is None:
            yield Line(number, _value(given), "refuse", why(many.reasons.get(number, "")))
            continue
        how: How = "connu" if made[one] < since or one in met else "nouveau"
        said = "Cette page figure déjà plus haut dans la liste." if one in met else SAID[how]
        met.add(one)
        yield Line(number, _value(given), how, said, one)


def _value(given: str) -> str:
    text = shown(given).strip()
    return text if len(text) <= MOST_VALUE else f"{text[:MOST_VALUE].rstrip()} […]"
