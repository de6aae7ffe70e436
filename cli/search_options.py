"""The options that say what is searched: the same for ``vigie search`` and for a saved search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from index.search_form import Search

# option, what it fills, help; lists may be repeated
_LISTS = (
    ("--marker", "markers", "gourou, complotisme or abandon_soins."),
    ("--submarker", "submarkers", "A sign of the taxonomy, such as A1."),
    ("--flag", "flags", "A transversal sign, such as T1."),
    ("--platform", "platforms", "Host that serves it."),
    ("--source", "sources", "Name of a source."),
    ("--kind", "kinds", "post, article or crowdfunding."),
    ("--language", "languages", "fr, en, ..."),
    ("--status", "statuses", "a_examiner, en_cours or decide."),
    ("--qualification", "qualifications", "What people decided."),
    ("--lane", "lanes", "signale or sondage."),
    ("--decision", "decisions", "alerte, a_lire or rien."),
    ("--campaign", "campaigns", "Copies and rewordings of one text."),
    ("--channel", "channels", "A way to reach or to pay, as kind:value."),
    ("--site", "sites", "Host that the text links to."),
)
_DATES = (
    ("--since", "published_since", "Published from this day."),
    ("--until", "published_until", "Published until this day."),
    ("--collected-since", "collected_since", "Collected from this day."),
    ("--collected-until", "collected_until", "Collected until this day."),
)
_AMOUNTS = (
    ("--raised-min", "raised_min", "Money raised, at least."),
    ("--raised-max", "raised_max", "Money raised, at most."),
    ("--goal-min", "goal_min", "Goal of a crowdfunding page, at least."),
    ("--goal-max", "goal_max", "Goal of a crowdfunding page, at most."),
    ("--price-min", "price_min", "Price asked in euros, at least."),
    ("--price-max", "price_max", "Price asked in euros, at most."),
)


def search_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add WORDS and all options that narrow a search; their values arrive in ``asked``, by the names of ``Search``."""
    options = [
        click.argument("words", nargs=-1),
        *(click.option(option, name, multiple=True, metavar="VALUE", help=text) for option, name, text in _LISTS),
        click.option("--alerts", is_flag=True, help="Only what is an alert."),
        *(click.option(option, name, metavar="DAY", help=text) for option, name, text in _DATES),
        *(click.option(option, name, type=float, metavar="AMOUNT", help=text) for option, name, text in _AMOUNTS),
        click.option("--money", metavar="WHICH", help="raised: a page that raises some; asked: a text that asks a price; none: neither."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def asked_search(asked: dict[str, Any]) -> Search:
    """The search of a command's options. Raises Invalid, with the nearest value of a misspelt one."""
    from core.taxonomy import load_taxonomy
    from index.search_form import check_ids, moment, search_of

    values = {name: value for name, value in asked.items() if value not in (None, (), "", False)}
    values["words"] = " ".join(_word(word) for word in asked.get("words", ()))
    for name in ("published_since", "published_until", "collected_since", "collected_until"):
        if name in values:
            values[name] = moment(values[name], last=name.endswith("_until"))
    search = search_of(values)
    taxonomy = load_taxonomy()
    check_ids(search, submarkers={one.id for one in taxonomy.submarkers()}, flags={flag.id for flag in taxonomy.flags})
    return search


def _word(word: str) -> str:
    """A word of the command line; the shell takes away the quotation marks of "two words", which is then a phrase."""
    return f'"{word}"' if " " in word.strip() and not set(word) & set('"«»“”') else word
