"""Results of a search as people read them in a terminal, in French."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.columns import Columns
from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.pages import NOTICE, entry_lines
from cli.tables import CONTROL, counted, safe
from cli.value_names import value_names
from core.numbers import french
from index.fields import BY_NAME
from index.highlights import snippets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import RenderableType

    from index.highlights import Snippet
    from index.protocol import Counts
    from index.search_run import Found, Hit

FOUND = "bold reverse"
SHOWN = 10  # values of a facet in a terminal
_SPACES = re.compile(r"\s+")


def search_page(found: Found, *, copies: Mapping[str, int]) -> RenderableType:
    """The results with the passages that were found, then what they are counted by. ``copies`` by id: others of its campaign to be read."""
    shown = f", dont {len(found.hits)} ici" if len(found.hits) < found.total else ""
    parts: list[RenderableType] = [Text(f"{counted(found.total, 'résultat')}{shown}", style="bold"), Text("")]
    for number, hit in enumerate(found.hits, 1):
        parts += [*_hit(number, hit, copies.get(hit.entry["id"], 0)), Text("")]
    if found.facets:
        parts.append(facets_page(found.facets))
    return Group(*parts, Text(NOTICE, style="dim"))


def _hit(number: int, hit: Hit, copies: int) -> list[RenderableType]:
    head, *lines = entry_lines(hit.entry, number=number, copies=copies)
    if isinstance(head, Text) and hit.title:
        head.highlight_words([safe(hit.entry["title"][start:end]) for start, end in hit.title], style=FOUND)
    near = "" if hit.similarity is None else f" · proximité {french(hit.similarity, digits=2)}"
    passages = [_snippet(one, len(hit.entry["text"])) for one in snippets(hit.entry["text"], hit.text)] if hit.text else []
    found = [Text(f"{hit.entry['id']}{near}", style="dim"), *passages]
    return [head, *(Padding(line, (0, 0, 0, 5)) for line in found), *lines]


def _snippet(snippet: Snippet, length: int) -> Text:
    """A passage with what was found in it standing out."""
    line, at = Text("… " if snippet.start else ""), 0
    for start, end in snippet.spans:
        line.append(_flat(snippet.text[at:start])).append(_flat(snippet.text[start:end]), style=FOUND)
        at = end
    return line.append(_flat(snippet.text[at:])).append(" …" if snippet.end < length else "")


def _flat(text: str) -> str:
    """Like ``safe``, but spaces at the ends stay: what follows is the same sentence."""
    return _SPACES.sub(" ", CONTROL.sub(" ", text))


def facets_page(facets: Mapping[str, Counts]) -> RenderableType:
    """One small table a field, side by side."""
    tables = []
    for name, counts in facets.items():
        table = Table(title=BY_NAME[name].label, title_justify="left", box=SIMPLE_HEAD, show_header=False, padding=(0, 1, 0, 0))
        for value, count in counts[:SHOWN]:
            table.add_row(Text(value_name(name, value)), Text(french(count)))
        if len(counts) > SHOWN:
            table.add_row(Text(f"et {len(counts) - SHOWN} autres", style="dim"), "")
        if counts:
            tables.append(table)
    return Columns(tables, padding=(0, 3))


def value_name(field: str, value: str) -> str:
    """A value as people read it."""
    return value_names().get(field, {}).get(value) or safe(value)
