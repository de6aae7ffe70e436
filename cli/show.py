"""``vigie show``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from cli.context import console, identifier_of, start
from core.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from index.documents import Entry

SHOWN = 30  # links in a terminal


@click.command()
@click.argument("identifier", metavar="ID")
@click.option("--text", "with_text", is_flag=True, help="Its whole text too; it may distress.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
def show(ctx: click.Context, *, identifier: str, with_text: bool, as_json: bool) -> int:
    """Show one item whole: scores and why, passages, signs, money, links that cannot be clicked, campaign, standing, evidence."""
    from index.open import open_index
    from index.queries import Query

    index = open_index(start(ctx))
    try:
        entry = index.get(identifier_of(identifier))
        if entry is None:
            raise NotFound(f"document {identifier[:100]!r} is not in the index; take the id, or the address, that vigie queue or vigie search shows")
        campaign = entry["campaign"]
        size = index.leaders(Query(), [campaign]).get(campaign, ("", 1))[1] if campaign else 1
    finally:
        index.close()
    if as_json:
        click.echo(json.dumps({name: value for name, value in entry.items() if name != "embedding"}, ensure_ascii=False))
    else:
        console().print(item_page(entry, copies=size - 1, with_text=with_text))
    return 0


def item_page(entry: Entry, *, copies: int, with_text: bool) -> RenderableType:
    """All that Vigie knows of one item; ``copies``: others of its campaign, decided ones too."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    from cli.pages import NOTICE, entry_lines, quote_line, says_something
    from cli.tables import safe

    head, *lines = (line for line in entry_lines(entry, number=1) if not _is_address(line))
    facts = Table.grid(padding=(0, 2))
    for label, value in _facts(entry, copies):
        facts.add_row(Text(label, style="bold"), Text(value, overflow="fold"))
    passages: list[RenderableType] = [quote_line(one["marker"], one["text"], one["submarkers"]) for one in entry["evidence"] if says_something(one)]
    passages += [Text(f"  {name} : « {safe(text)} »", "magenta") for name, text in _signs(entry)]
    text = [Text(safe(line)) for line in entry["text"].splitlines()] if with_text else [Text("Son texte entier : --text.", "dim")]
    return Group(head, *lines, Text(""), *passages, Text(""), facts, Text(""), *text, Text(NOTICE, style="dim"))


def _is_address(line: Any) -> bool:
    """The list shows an address as it is; here it must not be clicked by mistake."""
    plain = getattr(getattr(line, "renderable", line), "plain", "")
    return plain.startswith(("http://", "https://"))


def _signs(entry: Entry) -> Iterator[tuple[str, str]]:
    from cli.search_page import value_name

    for passage in entry["passages"]:
        yield value_name("flags", passage["id"]) + (f" ({passage['value']})" if passage["value"] else ""), passage["text"]


def _facts(entry: Entry, copies: int) -> Iterator[tuple[str, str]]:
    """Label and value of what has one, in the order of the fields table."""
    from cli.search_page import value_name
    from cli.tables import counted
    from core.numbers import french
    from index.fields import BY_NAME

    yield BY_NAME["url"].label, defanged(entry["url"])
    for name in ("id", "source", "language", "published_at", "edited_at", "deleted_at", "collected_at", "author", "stance", "funding_raised",
                 "funding_goal", "funding_currency", "funding_donors", "price", "channels", "flags", "harm", "lane", "status", "qualification",
                 "decided_at", "notice_state", "notified_at", "retain_until", "model", "revision", "content_sha256", "evidence_file"):  # fmt: skip
        value = entry[name]
        if isinstance(value, list):
            value = ", ".join(value_name(name, one) for one in value)
        elif isinstance(value, int | float):
            value = french(value, digits=None if isinstance(value, int) else 2)
        if value:
            yield BY_NAME[name].label, value_name(name, value)
    if entry["campaign"]:
        yield BY_NAME["campaign"].label, f"{entry['campaign']}, avec {counted(copies, 'autre contenu', 'autres contenus')}"
    for number, link in enumerate(entry["links"][:SHOWN]):
        yield "" if number else BY_NAME["links"].label, defanged(link)
    if len(entry["links"]) > SHOWN:
        yield "", f"et {len(entry['links']) - SHOWN} autres liens"


def defanged(url: str) -> str:
    """An address as text that no program opens: hxxps://exemple[.]fr/page."""
    from cli.tables import safe

    shown = safe(url)
    try:
        host = urlsplit(shown).netloc
    except ValueError:
        host = ""
    return shown.replace(host, host.replace(".", "[.]"), 1).replace("http", "hxxp", 1) if host else shown.replace(".", "[.]")
