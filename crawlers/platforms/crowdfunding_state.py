"""The campaigns in the JSON that a crowdfunding page embeds or an API answers, by the names of a profile. Pure, without recursion."""

from __future__ import annotations

import html as entities
import json
import re
from collections import deque
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from core.errors import SourceError
from crawlers.platforms.money import amount, count, is_amount
from crawlers.reading.walls import wall

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.html import HtmlElement

    from crawlers.reading.page import Page

# an assignment of an object or a string; what stands before it is looked at afterwards, so that no long run of letters is read twice
ASSIGNED = re.compile(r"=\s{0,20}(?=[{\"'])")
STATE_NAME = re.compile(r"(?:state|project|campaign|data|props|nuxt)[\w.$]{0,30}\s{0,20}$", re.IGNORECASE)
ADDRESSES = ("slug", "url", "default_url", "web_url", "defaultSlug")  # by which an object says whose page it belongs to
MAX_OBJECTS = 20_000  # objects looked at in one page's state
MAX_STATES = 20  # assignments read in one script
MAX_STORY = 2_000_000  # characters; a document holds fewer
CENTS = re.compile(r"(?:^|[._]|In|in)cents?$|Cents$")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
Fields = dict[str, Any]
Names = Mapping[Any, tuple[str, ...]]


class Candidate(NamedTuple):
    """An object with a title and an amount. ``own``: it says that it is the campaign of this page."""

    fields: Fields
    own: bool


def answer_of(page: Page) -> Any:
    """The JSON of an API's answer. Raises SourceError: the name of a wall that stands in its place, or unreadable_json."""
    try:
        return page.json
    except SourceError as error:
        reason = wall(page.text, headers=page.headers, visible="")
        if reason is None or reason == "script_shell":
            raise
        raise SourceError(reason, f"{page.url}: {reason} in place of the API's answer; Vigie does not go around it") from error


def states(tree: HtmlElement) -> Iterator[Any]:
    """JSON values that a page embeds: attributes, JSON scripts, then assignments in scripts."""
    for value in tree.xpath("//@data-initial | //@data-state | //@data-props | //@data-page"):
        yield from loads(value)
    for script in tree.xpath("//script[@type='application/json' or @id='__NEXT_DATA__']/text()"):
        yield from loads(script)
    for script in tree.xpath("//script[not(@type) or contains(@type, 'javascript') or @type='module']/text()"):
        yield from _assigned(script)


def _assigned(script: str) -> Iterator[Any]:
    import chompjs

    named = (mark for mark in ASSIGNED.finditer(script) if STATE_NAME.search(script, max(0, mark.start() - 80), mark.start()))
    for mark in islice(named, MAX_STATES):
        rest = script[mark.end() :]
        if rest[0] in "\"'":  # a string that holds escaped JSON
            quoted = re.match(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'", rest)
            if quoted:
                yield from loads(_unescaped(quoted[1] or quoted[2] or ""))
            continue
        try:
            yield chompjs.parse_js_object(rest)
        except (ValueError, RecursionError):
            continue


def _unescaped(quoted: str) -> str:
    if "&quot;" in quoted:
        return entities.unescape(re.sub(r"\\(.)", r"\1", quoted))
    try:
        return str(json.loads(f'"{quoted}"'))
    except ValueError:
        return quoted


def loads(text: str) -> Iterator[Any]:
    """The JSON value of a text, or nothing."""
    try:
        yield json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return


def candidates(
    values: Iterable[Any], names: Names, *, cents: bool = False, hidden: tuple[str, ...] = (), title: str = "", url: str = "", loose: bool = False
) -> list[Candidate]:
    """The objects that look like a campaign, the likeliest first: those that bear the page's title or address, then those of which most is known.

    ``hidden``: keys that say that amounts are not shown. ``loose``: an object that bears the page's title needs no amount.
    """
    found = []
    for item in (item for value in values for item in objects(value)):
        if not pick(item, {"title": names.get("title", ())}):
            continue
        fields = pick(item, names, cents=cents)
        own = _own(fields, item, title=title, url=url)
        if not fields.keys() & {"raised", "goal"} and not (loose and own):
            continue
        if any(descend(item, path) in (True, 1, "1", "true") for path in hidden):
            fields = {"hidden": True, **{name: value for name, value in fields.items() if name not in ("raised", "goal")}}
        found.append(Candidate(fields, own=own))
    return sorted(found, key=lambda one: (not one.own, -len(one.fields)))


def _own(fields: Fields, item: Mapping[str, Any], *, title: str, url: str) -> bool:
    shown, mine = _plain(title), _plain(str(fields["title"]))
    if shown and mine and (shown == mine or (len(mine) > 8 and mine in shown)):
        return True
    pieces = {piece for piece in urlsplit(url).path.lower().split("/") if len(piece) > 3}
    slugs = (str(item[key]).rstrip("/").rpartition("/")[2].lower() for key in ADDRESSES if isinstance(item.get(key), str))
    return any(slug in pieces for slug in slugs)


def _plain(title: str) -> str:
    return " ".join(entities.unescape(title[:500]).casefold().split())


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside a value, outermost first, without recursion: nesting is the page's to choose."""
    queue = deque([value])
    for _ in range(MAX_OBJECTS):
        if not queue:
            return
        item = queue.popleft()
        if isinstance(item, dict):
            yield _without_arguments(item)
            queue.extend(child for child in islice(item.values(), MAX_OBJECTS) if isinstance(child, dict | list))
        elif isinstance(item, list):
            queue.extend(child for child in islice(item, MAX_OBJECTS) if isinstance(child, dict | list))


def _without_arguments(item: dict[str, Any]) -> dict[str, Any]:
    """GraphQL caches write a key with its arguments, ``description({"excerpt":false})``: the bare name serves as well."""
    if not any("(" in key for key in item):
        return item
    return {**{key.partition("(")[0]: value for key, value in item.items()}, **item}


def pick(item: Mapping[str, Any], names: Names, *, cents: bool = False) -> Fields:
    """The fields that an object gives, each by the first name whose value is of the field's kind."""
    fields: Fields = {}
    for field, paths in names.items():
        for path in paths:
            value = _fitting(field, descend(item, path))
            if value is not None:
                counts_cents = field in ("raised", "goal") and (cents or CENTS.search(path))
                fields[field] = amount_of_cents(value) if counts_cents else value
                break
    return fields


def amount_of_cents(value: Any) -> float | None:
    """The amount that a number of cents makes; words with a currency are in units already."""
    found = amount(value)
    return found / 100 if found is not None and (not isinstance(value, str) or value.strip().isdigit()) else found


def _fitting(field: str, value: Any) -> Any:
    """A value of a field's kind; None for any other: names such as "goal" and "title" occur in all sorts of objects."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, str) and not (value := sound(value)):
        return None
    if field in ("raised", "goal"):
        return value if is_amount(value) else None
    if field in ("donors", "replies"):
        return value if count(value) is not None else None
    if field in ("title", "story", "organiser", "url", "currency"):
        return value if isinstance(value, str) else None
    return value if not isinstance(value, float) or field in ("starts_at", "ends_at") else None


def sound(value: str) -> str:
    """Words without the control characters and halves of surrogate pairs that JSON may smuggle in."""
    return CONTROL.sub("", value[:MAX_STORY].encode(errors="replace").decode()).strip()


def descend(value: Any, path: str) -> Any:
    """What lies at a path: ``a.b`` descends, into the first of a list; ``a[b]``: of a list, the first with ``b`` set; ``a + b`` joins words."""
    if "+" in path:
        parts = (descend(value, part.strip()) for part in path.split("+"))
        return " ".join(part for part in parts if isinstance(part, str)).strip()
    for part in path.split("."):
        name, _, wanted = part.partition("[")
        if isinstance(value, list):
            value = value[0] if value else None
        value = value.get(name) if isinstance(value, dict) else None
        if wanted and isinstance(value, list):
            value = next((one for one in value if isinstance(one, dict) and one.get(wanted.rstrip("]"))), None)
    return value
