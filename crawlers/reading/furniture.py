"""Which parts of a page are furniture: by what they are called, and by how they are built, for names change. Pure."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from core.urls import host_of
from crawlers.reading.blocks import HEADINGS, PARAGRAPH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from crawlers.reading.blocks import Block, Blocks

MOST = 0.5  # of a page's text: what holds more is no furniture, whatever its name
MOST_TITLED = 0.2  # the same for what holds the title
LONG = 0.2  # of a page's text: comments of this length change what is most of it
OWN_TEXT = 250  # characters between the title and a part of the page: an article stands before it
NEAR = 20  # blocks behind a title
TEASER = 900  # characters: more than a heading that leads elsewhere and its summary
LEAST_LEFT = 150  # characters: where leaving teasers out leaves less, they are what the page has to say
# the heading of a list of other articles
OTHERS = re.compile(
    r"""(?:(?:[àa]|a)\s(?:lire|voir|[ée]couter|d[ée]couvrir)\s(?:aussi|[ée]galement|ensuite)|(?:vous\saimerez|cela\spourrait)\b|lire\s(?:aussi|[ée]galement)
    |(?:nos\s|les\s|ses\s)?(?:autres|derniers?|derni[èe]res?)\s(?:articles?|actualit[ée]s|actus|publications|billets|publis|news)
    |(?:nos\s|les\s)?articles?\s(?:similaires?|li[ée]s?|connexes?|recommand[ée]s?|r[ée]cents|populaires|suivants?|les\splus)
    |(?:dans\sla|de\sla|sur\sle|du)\sm[êe]me\s(?:rubrique|sujet|th[èe]me|auteur)|sur\sle\sm[êe]me\s|plus\s(?:lus|r[ée]cents|populaires)
    |related\b|read\s(?:more|next|also)|more\s(?:from|stories|articles)|you\smay\s|recommended\b|[äa]hnliche\s|verwandte\s|commentaires?\b.{0,20}$
    |\d+\scommentaires?$|(?:laisser|poster|ajouter)\sun\scommentaire|(?:derniers\s)?commentaires\s(?:r[ée]cents|sur))""",
    re.VERBOSE | re.IGNORECASE,
)
MORE = re.compile(
    r"\W*(?:lire|voir|en\ssavoir|read|learn|weiter|mehr)\s?(?:la\ssuite|plus|l['’]article|more|lesen|erfahren)\b.{0,30}$", re.IGNORECASE
)


class Furniture(NamedTuple):
    """Which nodes are furniture: by their names alone, and with what is built like an invitation to other pages."""

    named: list[bool]
    all: list[bool]


def furniture(walk: Blocks, *, title: str | None, host: str) -> Furniture:
    """Which nodes are furniture. What holds most of the page's text is none, nor what holds its title and a good part: a name can mislead. Where an
    article's own text stands between the title and it, that does not hold: a hundred comments are longer than what they comment on.
    """
    titled = _above(walk, walk.titled)
    weights, below = _without_comments(walk, titled, title)
    beginning = _beginning(walk, weights)
    named = [False] * len(weights)
    for node, flagged in enumerate(walk.flagged):
        named[node] = named[walk.parents[node]] or node in below
        if flagged and not named[node] and node not in beginning:
            named[node] = weights[node] <= (MOST_TITLED if titled[node] else MOST) * weights[0]
    found = {node for node in _teasers(walk, weights, title=title, host=host) if weights[node] <= MOST_TITLED * weights[0]}
    if not found:
        return Furniture(named, named)
    own = _above(walk, titled, *(block.node for block in walk.blocks if title and block.text == title))
    built = list(named)
    for node, parent in enumerate(walk.parents):
        built[node] = built[node] or built[parent] or (node in found and not own[node])
    left = sum(block.weight for block in walk.blocks if not built[block.node])
    return Furniture(named, built if left >= LEAST_LEFT else named)


def _above(walk: Blocks, marked: list[bool], *nodes: int) -> list[bool]:
    """Which nodes hold one that is marked, or one of these."""
    found = list(marked)
    for node in nodes:
        found[node] = True
    for node in range(len(found) - 1, 0, -1):
        found[walk.parents[node]] = found[walk.parents[node]] or found[node]
    return found


def _without_comments(walk: Blocks, titled: list[bool], title: str | None) -> tuple[list[float], set[int]]:
    """How much text each node holds, and which are called furniture, are long, and stand below a title and an article's own text."""
    weights = walk.weights()
    least = LONG * weights[0]
    long = {node for node, flagged in enumerate(walk.flagged) if flagged and weights[node] > least and not (titled[node] or walk.content[node])}
    below = {node for node in long if node >= behind} if long and (behind := _behind(walk, weights, titled, title)) else set()
    if not below:
        return weights, below
    inside = [False] * len(weights)
    for node, parent in enumerate(walk.parents):
        inside[node] = inside[parent] or node in below
    return walk.weights(without=inside), below


def _behind(walk: Blocks, weights: list[float], holds: list[bool], title: str | None) -> int:
    """The first node behind a title and an article's own text, which a misleading name may hold; beyond all nodes where there is none."""
    outer = [0] * len(walk.flagged)  # the outermost node of such a name
    for node in range(1, len(outer)):
        outer[node] = outer[walk.parents[node]] or (node if walk.flagged[node] else 0)
    said, titled = 0.0, False
    for block in walk.blocks:
        name = outer[block.node]
        if name and weights[name] <= LONG * weights[0] and not holds[name]:
            continue
        titled = titled or block.tag == "h1" or block.text == title
        said += block.weight if titled else 0.0
        if said >= OWN_TEXT:
            return 1 + (max(node for node, one in enumerate(outer) if one == name) if name else block.node)
    return len(outer)


def _beginning(walk: Blocks, weights: list[float]) -> set[int]:
    """The nodes that are called content too, "content_print", and hold the first text behind the title."""
    title = next((at for at, block in enumerate(walk.blocks) if block.tag == "h1"), len(walk.blocks))
    node = next((block.node for block in walk.blocks[title : title + NEAR] if block.weight > 2 * PARAGRAPH), 0)
    found = set()
    while node:
        if walk.content[node] and weights[node] >= OWN_TEXT:
            found.add(node)
        node = walk.parents[node]
    return found


def _teasers(walk: Blocks, weights: list[float], *, title: str | None, host: str) -> Iterator[int]:
    """The nodes of what invites to other pages: a list under a heading that says so; several summaries, each under a heading that leads
    elsewhere or before "Lire la suite"; several articles side by side.
    """
    linked, more = [], []
    for block in walk.blocks:
        if block.tag in HEADINGS and block.tag != "h1":
            if OTHERS.match(block.text):
                yield walk.parents[block.node]
            elif block.linked > 0.8 * len(block.text) and block.text != title and _leads_within(block, host):
                linked.append(_around(walk, weights, block.node))
        elif block.linked and block.linked > 0.8 * len(block.text) and MORE.match(block.text):
            more.append(_around(walk, weights, block.node))
    for least, nodes in ((2, linked), (3, more)):
        if len(set(nodes)) >= least:
            yield from (node for node in nodes if weights[node] <= TEASER)
    if walk.tags.count("article") > 2:
        side = [node for node, tag in enumerate(walk.tags) if tag == "article"]
        beside = Counter(walk.parents[node] for node in side)
        yield from (node for node in side if beside[walk.parents[node]] > 2)


def _around(walk: Blocks, weights: list[float], node: int) -> int:
    """The innermost node around a heading or a link that holds some text."""
    for _ in range(4):
        if weights[node] or not walk.parents[node]:
            break
        node = walk.parents[node]
    return node


def _leads_within(block: Block, host: str) -> bool:
    link = block.links[0] if block.links else "#"
    return not link.startswith(("#", "mailto:", "tel:")) and (not link.startswith("http") or _site(host_of(link)) == _site(host))


def _site(host: str) -> str:
    return host.removeprefix("www.")
