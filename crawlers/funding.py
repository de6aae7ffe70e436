"""A crowdfunding page to a draft: embedded state first, then data attributes, JSON-LD, OpenGraph and the visible words.

Field names are data (profiles/generic.yml). The first place that gives a field wins; a page without title or without any amount is
not a crowdfunding page, and says so.
"""

from __future__ import annotations

import html as entities
import json
import re
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from core.errors import SourceError
from core.records import Funding
from crawlers.drafts import Draft
from crawlers.extract import decode, html_to_text, parse_html, parse_json, parse_time, wall

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.html import HtmlElement

PROFILE = Path(__file__).parent / "profiles" / "generic.yml"
# an assignment of an object or a string; what stands before it is looked at afterwards, so that no long run of letters is read twice
STATE = re.compile(r"=\s{0,20}(?=[{\"'])")
STATE_NAME = re.compile(r"(?:state|project|campaign|data|props)[\w.$]{0,30}\s{0,20}$", re.IGNORECASE)
MAX_VISIBLE = 200_000  # characters of visible text that patterns are sought in
SIGN = r"(?:€|\$|£|CHF|EUR|USD|CAD|GBP)"
NUMBER = r"\d(?:[\d\s.,\u00a0\u202f]{0,20}\d)?"
MONEY = rf"({SIGN}\s?{NUMBER}|{NUMBER}\s?{SIGN})"  # both amounts carry their currency: "0 out of 30 claimed" is no money
RAISED_OF_GOAL = re.compile(rf"{MONEY}[^\d€$£]{{0,40}}?\b(?:sur|of|on|out of)\b[^\d€$£]{{0,40}}?{MONEY}", re.IGNORECASE)
PEOPLE = r"(?:donateurs?|donatrices?|contributeurs?|contributions?|participants?|dons\b|donors?|backers?)"
COUNT = r"(\d[\d\s\u00a0\u202f]{0,15})"
DONORS = re.compile(rf"{PEOPLE}\s*\({COUNT}\)|{COUNT}\s*{PEOPLE}", re.IGNORECASE)
DAY = r"(\d{1,2}(?:er)? [^\W\d]+ \d{4}|\d{1,2}/\d{1,2}/\d{4})"
LINES = {  # what a line of the page says of a campaign
    "organiser": re.compile(r"(?:organis[ée]e? par|créée? par|by)\s*:?\s*([^\n]{2,80})", re.IGNORECASE),
    "starts_at": re.compile(rf"(?:lancée? le|créée? le|depuis le|ouverte? le|\bdu)\s*:?\s*{DAY}", re.IGNORECASE),
    "ends_at": re.compile(rf"(?:jusqu.au|fin le|se termine le|\bau)\s*:?\s*{DAY}", re.IGNORECASE),
}
CURRENCIES = {"€": "EUR", "$": "USD", "£": "GBP"}
MAX_AMOUNT = 1e12  # more is no money
MAX_OBJECTS = 20_000  # objects looked at in one page's state
Fields = dict[str, Any]


@cache
def profile() -> dict[str, Any]:
    """The reviewed table of names, read once."""
    table: dict[str, Any] = yaml.safe_load(PROFILE.read_text(encoding="utf-8"))
    return table


def campaign(body: bytes, *, url: str, content_type: str | None, headers: dict[str, str]) -> Draft:
    """The campaign of a page or of an API answer. Raises SourceError: a wall's name, unreadable_json, no_title, no_amount, empty_text."""
    if body.lstrip()[:1] in (b"{", b"["):
        equals = from_state([parse_json(body, url=url)])
        if len({str(one["title"]) for one in equals}) > 1:
            raise SourceError("several_campaigns", f"{url}: {len(equals)} campaigns in one answer; expected the page of one campaign: name each page")
        return _draft(equals[0] if equals else {}, url=url, visible="")
    html = decode(body, content_type)
    tree = parse_html(html, url=url)
    visible = _visible(tree)
    reason = wall(html, headers=headers, visible=visible)
    if reason and reason != "script_shell":  # a page that a script fills may still carry its state
        raise SourceError(reason, f"{url}: {reason} in place of the page; Vigie does not go around it")
    try:
        return _draft(_fields(tree, visible), url=url, visible=visible)
    except SourceError as error:
        if reason:
            raise SourceError(reason, f"{url}: a script fills this page and its state holds no campaign ({error.reason})") from error
        raise


def _fields(tree: HtmlElement, visible: str) -> Fields:
    """What each place says, the first place winning."""
    fields: Fields = {}
    open_graph = from_open_graph(tree)
    embedded = from_state(states(tree))
    named = [found for found in embedded if found["title"] == open_graph.get("title")]  # a page may embed related campaigns too
    for found in (*named[:1], *embedded[:1], from_attributes(tree), from_json_ld(tree), open_graph, from_words(visible)):
        fields = {**found, **fields}
    story = _story(tree)
    if len(story) > len(html_to_text(str(fields.get("story", "")))):
        fields["text"] = story
    return fields


def _draft(fields: Fields, *, url: str, visible: str) -> Draft:
    title = html_to_text(str(fields.get("title") or ""))
    if not title:
        raise SourceError("no_title", f"{url}: no campaign title in state, attributes, JSON-LD or OpenGraph; the page may have changed")
    raised, goal = _amount(fields.get("raised")), _amount(fields.get("goal"))
    if raised is None and goal is None:
        raise SourceError("no_amount", f"{url}: neither amount raised nor goal was found; not a crowdfunding page, or it has changed")
    text = str(fields.get("text") or html_to_text(str(fields.get("story") or "")))
    if not text:
        raise SourceError("empty_text", f"{url}: the campaign has no story; the page may have changed")
    starts, ends = parse_time(fields.get("starts_at")), parse_time(fields.get("ends_at"))
    return Draft(
        url=url,
        kind="crowdfunding",
        title=title,
        text=text,
        organiser=html_to_text(str(fields["organiser"])) if fields.get("organiser") else None,
        published_at=starts,
        funding=Funding(
            raised=raised, goal=goal, currency=_currency(fields, visible), donors=_count(fields.get("donors")), starts_at=starts, ends_at=ends
        ),
    )


def states(tree: HtmlElement) -> Iterator[Any]:
    """JSON values that a page embeds: attributes, JSON scripts, then assignments in scripts."""
    for value in tree.xpath("//@data-initial | //@data-state | //@data-props | //@data-page"):
        yield from _loads(value)
    for script in tree.xpath("//script[@type='application/json' or @id='__NEXT_DATA__']/text()"):
        yield from _loads(script)
    for script in tree.xpath("//script[not(@type) or contains(@type, 'javascript') or @type='module']/text()"):
        yield from _assigned(script)


def _assigned(script: str) -> Iterator[Any]:
    import chompjs

    named = (mark for mark in STATE.finditer(script) if STATE_NAME.search(script, max(0, mark.start() - 80), mark.start()))
    for mark in islice(named, 20):
        rest = script[mark.end() :]
        if rest[0] in "\"'":  # a string that holds escaped JSON
            quoted = re.match(r"\"((?:[^\"\\]|\\.)*)\"", rest)
            if quoted:
                yield from _loads(entities.unescape(re.sub(r"\\(.)", r"\1", quoted[1]) if "&quot;" in quoted[1] else _unescape(quoted[1])))
            continue
        try:
            yield chompjs.parse_js_object(rest)
        except (ValueError, RecursionError):
            continue


def _unescape(quoted: str) -> str:
    try:
        return str(json.loads(f'"{quoted}"'))
    except ValueError:
        return quoted


def _loads(text: str) -> Iterator[Any]:
    try:
        yield json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return


def from_state(values: Iterable[Any]) -> list[Fields]:
    """The fields of the objects that look most like a campaign: a title, an amount, and the most names known. Equals stay in order."""
    best: list[Fields] = []
    for candidate in (candidate for value in values for candidate in _objects(value)):
        fields = _pick(candidate, profile()["state"])
        if "title" not in fields or not fields.keys() & {"raised", "goal"}:
            continue
        if "user_first_name" in candidate and "organiser" not in fields:
            fields["organiser"] = f"{candidate['user_first_name']} {candidate.get('user_last_name', '')}".strip()
        if not best or len(fields) > len(best[0]):
            best = [fields]
        elif len(fields) == len(best[0]):
            best.append(fields)
    return best


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside a value, outermost first, without recursion: nesting is the page's to choose."""
    queue = [value]
    for _ in range(MAX_OBJECTS):
        if not queue:
            return
        item = queue.pop(0)
        if isinstance(item, dict):
            yield item
            queue.extend(child for child in item.values() if isinstance(child, dict | list))
        elif isinstance(item, list):
            queue.extend(child for child in item if isinstance(child, dict | list))


def _pick(candidate: dict[str, Any], table: dict[str, list[str]]) -> Fields:
    fields: Fields = {}
    for field, names in table.items():
        for name in names:
            value = _descend(candidate, name)
            if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
                fields[field] = value
                break
    return fields


def _descend(value: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(value, list) and value:
            value = value[0]
        value = value.get(part) if isinstance(value, dict) else None
    return value


def from_attributes(tree: HtmlElement) -> Fields:
    """The fields that data-* attributes hold; template placeholders are no values."""
    fields: Fields = {}
    for field, names in profile()["attributes"].items():
        for name in names:
            values = [value for value in tree.xpath(f"//@{name}") if value.strip() and "{{" not in value]
            if values:
                fields[field] = values[0]
                break
    return fields


def from_json_ld(tree: HtmlElement) -> Fields:
    """The fields of the JSON-LD object that names most of them."""
    best: Fields = {}
    for script in tree.xpath("//script[@type='application/ld+json']/text()"):
        for value in _loads(script):
            for candidate in _objects(value):
                fields = _pick(candidate, profile()["json_ld"])
                if "title" in fields and len(fields) > len(best):
                    best = fields
    return best


def from_open_graph(tree: HtmlElement) -> Fields:
    """Title and description of OpenGraph; amounts are never there."""
    fields: Fields = {}
    for field, names in {"title": ["og:title"], "story": ["og:description"], "currency": ["product:price:currency"]}.items():
        for name in names:
            values = tree.xpath("//meta[@property=$name or @name=$name]/@content", name=name)
            if values and values[0].strip():
                fields[field] = values[0]
    if "title" not in fields and (heading := tree.xpath("string(//h1[1])").strip()):
        fields["title"] = heading
    return fields


def from_words(visible: str) -> Fields:
    """Amounts as people read them: "2 385 € sur 5 000 €", "Donateurs (65)"."""
    fields: Fields = {}
    if amounts := RAISED_OF_GOAL.search(visible):
        fields["raised"], fields["goal"] = amounts[1], amounts[2]
    if donors := DONORS.search(visible):
        fields["donors"] = donors[1] or donors[2]
    for field, pattern in LINES.items():
        if found := pattern.search(visible):
            fields[field] = found[1].strip()
    return fields


def _visible(tree: HtmlElement) -> str:
    hidden = "ancestor::script or ancestor::style or ancestor::noscript or ancestor::template"
    parts = (node.strip() for node in tree.xpath(f"//body//text()[not({hidden})]"))
    return "\n".join(part for part in parts if part)[:MAX_VISIBLE]


def _story(tree: HtmlElement) -> str:
    from lxml import html as lxml_html

    for selector in profile()["story_selectors"]:
        nodes = tree.xpath(selector)
        if len(nodes) == 1:
            text = html_to_text(lxml_html.tostring(nodes[0], encoding="unicode", with_tail=False))
            if text:
                return text
    return ""


def _amount(value: Any) -> float | None:
    from price_parser import Price

    if value is None or value == "":
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < MAX_AMOUNT else None
    price = Price.fromstring(str(value))
    return float(price.amount) if price.amount is not None else None


def _count(value: Any) -> int | None:
    digits = re.sub(r"\D", "", str(value)) if value is not None else ""
    return int(digits[:12]) if digits else None


def _currency(fields: Fields, visible: str) -> str | None:
    value = str(fields.get("currency") or "").strip()
    code = CURRENCIES.get(value, value.upper())
    if re.fullmatch(r"[A-Z]{3}", code):
        return code
    sign = re.search(SIGN, f"{fields.get('raised', '')} {fields.get('goal', '')} {visible}")
    return CURRENCIES.get(sign[0], sign[0].upper()) if sign else None
