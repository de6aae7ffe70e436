"""What the markup of a crowdfunding page says of its campaign: attributes, <meta>, selectors of a profile, and the words that people read. Pure."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any, NamedTuple

from lxml import etree
from lxml import html as lxml_html

from core.errors import SourceError
from crawlers.platforms.crowdfunding_state import CONTROL
from crawlers.platforms.money import MONEY, NUMBER, amount, is_amount, is_money
from crawlers.reading.markup import html_to_text, links_of
from crawlers.reading.page import parse_html

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from lxml.html import HtmlElement

    from core.records import ContentType

Fields = dict[str, Any]
MAX_VISIBLE = 200_000  # characters of visible text that patterns are sought in
MAX_LINE = 160  # characters; a longer line is prose, and prose tells of other sums and other people
MAX_CARDS = 300  # headings that are looked at
ELSEWHERE = ("a", "nav", "footer")
HIDDEN = {"script", "style", "noscript", "template", "svg", "title"}  # not "head": the parser puts a page without <body> there
GAP = r"[^\d€$£]{0,40}?"
RAISED_OF_GOAL = re.compile(rf"({MONEY}){GAP}(?:\b(?:sur|of|on|out of)\b|/){GAP}({MONEY})", re.IGNORECASE)
COLLECTED = r"(?:collect[ée]s?|r[ée]colt[ée]s?|recueillis?|r[ée]unis|raised|pledged)"
RAISED = re.compile(
    rf"({MONEY})\s{{0,3}}(?:de dons\s)?(?:d[ée]j[àa]\s)?{COLLECTED}\b"
    rf"|(?:montant collect[ée]|d[ée]j[àa] collect[ée]s?|total collect[ée]|raised so far)\s{{0,3}}:?\s{{0,3}}({MONEY})",
    re.IGNORECASE,
)
GOAL = re.compile(rf"\b(?:objectif|goal|but)\b\s{{0,3}}(?:de|of|:)?\s{{0,3}}({MONEY})|({MONEY})\s{{0,3}}(?:d.objectif|goal)\b", re.IGNORECASE)
PEOPLE = r"(?:donateurs?|donatrices?|contributeurs?|contributions?|participants?|participations?|dons\b|donors?|donations?|backers?|supporters?)"
COUNT = rf"({NUMBER}(?:\s?[kK]\b)?)"
DONORS = (
    re.compile(rf"\b{PEOPLE}\s{{0,3}}\({COUNT}\)", re.IGNORECASE),
    re.compile(rf"{COUNT}\s{{0,3}}(?:{PEOPLE}\b|personnes\s+(?:ont|y ont)\b)", re.IGNORECASE),
)
SUMS = re.compile(MONEY)
DAY = r"(\d{1,2}(?:er)? [^\W\d]{3,12} \d{4}|\d{1,2}/\d{1,2}/\d{4}|[A-Z][a-z]{2,9} \d{1,2}, \d{4})"
BY = r"(?:organis[ée]e?|cr[ée]{2}e?|lanc[ée]e?|port[ée]e?|propos[ée]e?) par|(?:organi[sz]ed|created) by|organi[sz]er|organisateur|organisatrice"
SINCE = r"(?:lanc[ée]e?|cr[ée]{2}e?|ouverte?) le|depuis le|created(?: on)?|\bdu|duration:"
UNTIL = r"jusqu.au|fin le|se termine le|\bau|ends on| -"
LINES = {  # what a short line of the page says of a campaign
    "organiser": re.compile(rf"^(?:[^\W\d]{{2,12}} ){{0,3}}(?:{BY})\s{{0,3}}:?\s{{0,3}}(\S[^\n]{{1,79}})", re.IGNORECASE | re.MULTILINE),
    "starts_at": re.compile(rf"(?:{SINCE})\s{{0,3}}:?\s{{0,3}}{DAY}", re.IGNORECASE),
    "ends_at": re.compile(rf"(?:{UNTIL})\s{{0,3}}:?\s{{0,3}}{DAY}", re.IGNORECASE),
}
# parts of a page that are no story: what others wrote, what came later, what is offered, and other campaigns
OTHERS = r"comments?|commentaires?|updates?|actualit[eé]s?|donations?|donateurs?|donors?|contributions?"
OFFERS = r"rewards?|contreparties?|perks?|similaires?|related|recommendations?|share|partager"
ASIDE = re.compile(rf"(?:^|[^a-z])(?:{OTHERS}|{OFFERS})(?:$|[^a-z])")
FILE_NAME = re.compile(r"[\w.-]{1,200}\.(?:jpe?g|png|gif|webp|heic)", re.IGNORECASE)  # what an upload form writes is no description
PLAYER = re.compile(r"^(?:https?:)?//(?:[\w-]+\.){0,3}(?:youtube|youtube-nocookie|vimeo|dailymotion)\.com/", re.IGNORECASE)


class Line(NamedTuple):
    """A piece of visible text. ``linked``: it stands in a link, in navigation or at the foot, as amounts of other campaigns do."""

    text: str
    linked: bool


class Story(NamedTuple):
    """What a story shows."""

    text: str
    images: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    content_type: tuple[ContentType, ...] = ("TEXT",)


def from_attributes(tree: HtmlElement, names: Mapping[Any, tuple[str, ...]]) -> Fields:
    """The fields that data-* attributes hold, the first of each name; template placeholders are no values."""
    values: dict[str, str] = {}
    for node in tree.iter(etree.Element):
        for name, value in node.attrib.items():
            if name.startswith("data-") and name not in values and value.strip() and "{{" not in value:
                values[name] = value
    found: Fields = {}
    for field, wanted in names.items():
        fitting = (CONTROL.sub("", values[name]).strip() for name in wanted if name in values)
        found[field] = next((value for value in fitting if field not in ("raised", "goal") or is_amount(value)), None)
    return {field: value for field, value in found.items() if value}


def from_meta(tree: HtmlElement, names: Mapping[Any, tuple[str, ...]]) -> Fields:
    """The fields of <meta>, and the heading where no title is given."""
    contents: dict[str, str] = {}
    for node in tree.iter("meta"):
        name, content = (node.get("property") or node.get("name") or "").strip(), (node.get("content") or "").strip()
        if name and content:
            contents.setdefault(name, content)
    fields: Fields = {field: contents[name] for field, wanted in names.items() for name in reversed(wanted) if name in contents}
    heading = " ".join(tree.xpath("string(//h1[1])").split())
    return {"title": heading, **fields} if heading else fields


def from_selectors(tree: HtmlElement, names: Mapping[Any, tuple[str, ...]]) -> tuple[Fields, dict[str, str]]:
    """The fields that a profile's selectors find, and why others were not found: ``selector_none``, or ``selector_several`` that differ."""
    fields: Fields = {}
    missing: dict[str, str] = {}
    for field, selectors in names.items():
        if field == "story":
            continue
        for selector in selectors:
            found = (value for node in tree.xpath(selector) if (value := _value(node)))
            values = dict.fromkeys(value for value in found if field not in ("raised", "goal") or is_money(value))
            if len(values) == 1 or (values and field in ("raised", "goal") and len({amount(value) for value in values}) == 1):
                fields[field] = next(iter(values))
                break
            missing[field] = "selector_several" if values else missing.get(field, "selector_none")
    return fields, {field: reason for field, reason in missing.items() if field not in fields}


def _value(node: Any) -> str:
    return CONTROL.sub("", " ".join((node if isinstance(node, str) else node.text_content()).split()))[:1000]


def cards(tree: HtmlElement, *, title: str) -> set[HtmlElement]:
    """What stands around headings that lead to other pages: cards of other campaigns, with their sums. The page's own ``title`` makes none."""
    found: set[HtmlElement] = set()
    for heading in tree.xpath("//*[self::h2 or self::h3 or self::h4 or self::h5][.//a[@href] or ancestor::a[@href]]")[:MAX_CARDS]:
        if " ".join(heading.text_content().split()) in ("", title):
            continue
        node = heading.getparent()
        for _ in range(3):
            if node is None or any(char.isdigit() for char in node.text_content()[len(heading.text_content()) :][:2000]):
                break
            node = node.getparent()
        if node is not None and node.tag not in ("body", "html", "main") and not node.xpath(".//h1"):
            found.add(node)
    return found


def visible_lines(tree: HtmlElement, *, without: Collection[HtmlElement] = (), others: Collection[HtmlElement] = ()) -> list[Line]:
    """The visible pieces of text in order, but for those inside ``without``; those inside ``others`` count as linked."""
    left_out, linked, used = set(without), 0, 0
    lines: list[Line] = []
    walk = etree.iterwalk(tree, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        tag = node.tag if isinstance(node.tag, str) else ""
        if event == "start" and (tag in HIDDEN or node in left_out or node.get("hidden") is not None):
            walk.skip_subtree()
            linked += tag in ELSEWHERE or node in others
            continue
        linked += (tag in ELSEWHERE or node in others) * (1 if event == "start" else -1)
        text = " ".join(((node.text if event == "start" else node.tail) or "").split())
        if text:
            lines.append(Line(text, linked > 0))
            used += len(text)
        if used > MAX_VISIBLE:
            break
    return lines


def from_words(lines: list[Line]) -> tuple[Fields, list[Fields]]:
    """What short lines say: "2 385 € sur 5 000 €", "Donateurs (65)"; and each different pair of a sum raised and its goal that stands there."""
    short = [line for line in lines if len(line.text) <= MAX_LINE]
    text, unlinked = "\n".join(line.text for line in short), "\n".join(line.text for line in short if not line.linked)
    fields: Fields = {}
    pairs: dict[tuple[float | None, float | None], Fields] = {}
    for pair in RAISED_OF_GOAL.finditer(unlinked):
        pairs.setdefault((amount(pair[1]), amount(pair[2])), {"raised": pair[1], "goal": pair[2]})
    several = list(pairs.values())
    fields.update(several[0] if several else _alone(unlinked))
    if donors := _donors(unlinked) or ("" if SUMS.search("\n".join(line.text for line in short if line.linked)) else _donors(text)):
        fields["donors"] = donors
    for field, pattern in LINES.items():
        if found := pattern.search(text):
            fields[field] = next(group for group in found.groups() if group).strip()
    return fields, several


def _donors(text: str) -> str:
    """The one number of people that stands there; "" where there are several, of rewards or other campaigns perhaps."""
    people = SUMS.sub("¤", text)  # a sum above the word is no number of people
    for pattern in DONORS:
        if found := {amount(match[1]): match[1] for match in pattern.finditer(people)}:
            return next(iter(found.values())) if len(found) == 1 else ""
    return ""


def _alone(text: str) -> Iterator[tuple[str, str]]:
    """A sum raised or a goal that stands alone, if the page names no other."""
    for field, pattern in (("raised", RAISED), ("goal", GOAL)):
        found = dict.fromkeys(next(group for group in match.groups() if group) for match in pattern.finditer(text))
        if len({amount(one) for one in found}) == 1:
            yield field, next(iter(found))


def story_of(tree: HtmlElement, selectors: tuple[str, ...], *, base: str) -> tuple[Story, HtmlElement | None, str]:
    """The story, and the element that holds it, by the first selector that finds one; else why not: ``selector_none`` or ``selector_several``."""
    reason = "selector_none"
    for selector in selectors:
        nodes = [node for node in tree.xpath(selector) if isinstance(node, etree.ElementBase)]
        if len(nodes) == 1 and (story := render(nodes[0], base=base)).text:
            return story, nodes[0], ""
        if len(nodes) > 1:
            reason = "selector_several"
    return Story(""), None, reason


def render(story: HtmlElement | str, *, base: str) -> Story:
    """A story as people see it; an element without the updates, comments and rewards inside it. Descriptions of images become lines of the text."""
    if isinstance(story, str):
        try:
            return _rendered(parse_html(f"<div>{story}</div>", url=base), base=base) if "<" in story else Story(html_to_text(story))
        except SourceError:  # markup without a word
            return Story("")
    node = deepcopy(story)
    for part in node.iterdescendants():
        if isinstance(part.tag, str) and _aside(part):
            part.tag = "left-out"
    etree.strip_elements(node, "left-out", with_tail=False)
    return _rendered(node, base=base)


def _rendered(node: HtmlElement, *, base: str) -> Story:
    markup = lxml_html.tostring(node, encoding="unicode", with_tail=False)
    described = (" ".join((image.get("alt") or "").split()) for image in node.iter("img"))
    images = tuple(dict.fromkeys(alt for alt in described if alt and not FILE_NAME.fullmatch(alt)))
    lines = (html_to_text(markup), *(f"[image : {alt}]" for alt in images))
    films = next(node.iter("video"), None) is not None or any(PLAYER.search(frame.get("src") or "") for frame in node.iter("iframe"))
    held: dict[ContentType, bool] = {"IMAGE": next(node.iter("img"), None) is not None, "VIDEO": films}
    kinds: tuple[ContentType, ...] = ("TEXT", *(kind for kind, there in held.items() if there))
    return Story("\n\n".join(line for line in lines if line), images, links_of(markup, base=base), kinds)


def _aside(node: HtmlElement) -> bool:
    named = " ".join((node.get("class") or "", node.get("id") or "", node.get("data-testid") or ""))[:300]
    return node.tag in ("aside", "nav", "footer", "form", "button") or bool(ASIDE.search(named.lower()))
