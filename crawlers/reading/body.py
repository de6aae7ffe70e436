"""The running text of a page: which of its blocks are furniture, and which stretch of them is the content. Pure.

Own code, because it reads a page in one pass: trafilatura takes ten times as long and finds less on the recorded French pages.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from core.urls import host_of
from crawlers.reading.blocks import HEADINGS, PARAGRAPH, Block, Blocks
from crawlers.reading.furniture import furniture

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_WIDER = 10  # levels: a page's own are fewer, a hostile one's are 250
LEAVES = frozenset({"p", "li", "dd", "h1", "h2", "h3", "pre", "ul", "ol"})  # are no container of an article
# a short block that begins so leads elsewhere
ELSEWHERE = re.compile(
    r"""(?:(?:à|a)\s(?:lire|voir|[ée]couter|d[ée]couvrir)\b|lire\s(?:aussi|[ée]galement|plus|la\ssuite|l['’]article|:)|voir\s(?:aussi|[ée]galement|plus)
    |sur\sle\sm[êe]me\s(?:sujet|th[èe]me)|dans\sla\sm[êe]me\srubrique|articles?\s(?:similaires?|li[ée]s?|connexes?|recommand[ée]s?|pr[ée]c[ée]dent|suivant)
    |publicit[ée]s?$|partage[rz]?\b.{0,60}$|cr[ée]dits?\sphotos?|©|photo\s?:|abonnez[- ]vous|s['’]abonner|suivez[- ](?:nous|moi)|newsletter$
    |(?:tags?|mots[- ]cl[ée]s?|[ée]tiquettes?|cat[ée]gories?|th[èe]mes?)\s?:|commentaires?\b.{0,20}$|\d+\scommentaires?|laisser\sun\scommentaire
    |r[ée]agir$|imprimer|envoyer\spar|copier\sle\slien|(?:publi[ée]|post[ée]|mis\sà\sjour|modifi[ée]|cr[ée]{2,3})e?\s(?:le|il\sy\sa|à|par|dans)\b.{0,80}$
    |temps\sde\slecture|\d+\smin(?:utes?)?\s(?:de\slecture|read)|lecture\s:?\s\d|chargement|loading|haut\sde\spage|sommaire$|par\s[^.]{3,60}$
    |retour\s(?:en\shaut|[àa])|(?:facebook|twitter|linkedin|whatsapp|pinterest|e-?mail|instagram|youtube|print)$)""",
    re.VERBOSE | re.IGNORECASE,
)
REACH = 40  # blocks: a title is not far above its text
LEAST_OWN = 400  # characters below a title that are an article
SHORT = 200  # characters: a longer block is read, however it begins
STANDFIRST = 200  # characters: what stands above the text of a page without a title is it only if it is long


class Body(NamedTuple):
    """What a page says. ``near``: the short lines between its title and its text, such as who wrote it when."""

    text: str
    links: tuple[str, ...]
    images: tuple[str, ...]
    media: frozenset[str]
    near: tuple[str, ...]


def read_body(tree: HtmlElement, *, title: str | None, host: str) -> Body:
    """The running text of a page, without its title, with the links in it, the descriptions of its images, and what it consists of.

    ``host``: the page's own; a line that leads to another one, "Rejoignez le canal", is said to the reader, one within the site is a menu.
    """
    body = tree.find("body")
    walk = Blocks(tree if body is None else body)
    named, flags = furniture(walk, title=title, host=host)
    inside = walk.below(_widened(walk, _container(walk, walk.weights(without=flags)), named))
    rows = [(at, block) for at, block in enumerate(walk.blocks) if inside[block.node]]
    stretch = _stretch([_value(block, flags[block.node], host) for _, block in rows])
    rows = _below_title(walk.blocks, _from_title(rows[stretch]), flags, host)
    rows = [*_before(walk.blocks, rows, flags, host), *rows]
    rows = [(at, block) for at, block in rows if not flags[block.node]]
    kept = _kept([block for _, block in rows], title=title, host=host)
    first, last = (rows[0][0], rows[-1][0]) if rows else (0, -2)
    seen = [(kind, text) for before, node, kind, text in walk.seen if first <= before <= last + 1 and inside[node] and not flags[node]]
    return Body(
        text="\n".join(block.text for block in kept),
        links=tuple(dict.fromkeys(link for _, block in rows for link in block.links)),
        images=tuple(dict.fromkeys(text for kind, text in seen if kind == "IMAGE" and text)),
        media=frozenset(kind for kind, _ in seen),
        near=_near(walk.blocks, next((at for at, block in rows if kept and block is kept[0]), first)),
    )


def _container(walk: Blocks, weights: list[float]) -> int:
    """The innermost node that holds most of the text; once inside what is called an article, nearly all of its text."""
    best: dict[int, int] = {}
    for node in range(len(weights) - 1, 0, -1):
        parent = walk.parents[node]
        if parent not in best or weights[node] >= weights[best[parent]]:
            best[parent] = node
    node, need = 0, 0.6
    while node in best and weights[node]:
        child = best[node]
        if walk.tags[child] in LEAVES or weights[child] < need * weights[node]:
            break
        node = child
        need = 0.85 if walk.content[node] else need
    return node


def _widened(walk: Blocks, node: int, furniture: list[bool]) -> int:
    """The nodes around it too, as long as what they add is running text: a standfirst, a second column of text."""
    inside, widest = walk.below(node), node
    for _ in range(MAX_WIDER):
        if not node:
            break
        node = walk.parents[node]
        around = walk.below(node)
        added = [block for block in walk.blocks if around[block.node] and not inside[block.node] and not furniture[block.node]]
        if added and sum(block.weight for block in added) < 0.7 * sum(len(block.text) for block in added):
            break
        inside, widest = around, node if added else widest
    return widest


def _value(block: Block, furniture: bool, host: str) -> float:  # noqa: FBT001 - of a block
    """What a block adds to a stretch of text: running text adds itself, links and furniture take away."""
    size = len(block.text)
    if furniture:
        return -min(size, 100) / 2 if block.tag != "figcaption" else 0.0
    if block.weight:
        return block.weight
    if block.linked > size / 2 and _leads_out(block, host):
        return 0.0
    if block.linked > size / 2:
        return -float(min(size, 100)) if block.tag != "li" or block.linked > 0.8 * size else 0.0
    if block.tag in HEADINGS:
        return 0.0
    return size / 5 if block.tag in ("p", "li") else -10.0


def _stretch(values: list[float]) -> slice:
    """The stretch with the largest sum, the longest of these: menus before and lists of links behind fall away."""
    best, found, total, start = 0.0, slice(0, 0), 0.0, 0
    for at, value in enumerate(values):
        if total < 0:
            total, start = 0.0, at
        total += value
        if total >= best:
            best, found = total, slice(start, at + 1)
    return found


def _from_title(rows: list[tuple[int, Block]]) -> list[tuple[int, Block]]:
    """Without what stands above the title, if that is little."""
    title = next((at for at, (_, block) in enumerate(rows) if block.tag == "h1"), 0)
    above = sum(block.weight for _, block in rows[:title])
    return rows[title:] if above < 0.3 * sum(block.weight for _, block in rows) else rows


def _below_title(blocks: list[Block], rows: list[tuple[int, Block]], flags: list[bool], host: str) -> list[tuple[int, Block]]:
    """What stands right below the title, where a longer stretch was found far below it: summaries of other pages under a short article."""
    first = rows[0][0] if rows else 0
    title = next((at for at in range(first - 1, -1, -1) if blocks[at].tag == "h1"), first)
    if first - title <= REACH:
        return rows
    above = [(at, blocks[at]) for at in range(title, first)]
    near = above[_stretch([_value(block, flags[block.node], host) for _, block in above])]
    own = sum(block.weight for _, block in near if not flags[block.node])
    return near if own >= max(LEAST_OWN, 0.2 * sum(block.weight for _, block in rows)) else rows


def _before(blocks: list[Block], rows: list[tuple[int, Block]], furniture: list[bool], host: str) -> list[tuple[int, Block]]:
    """The standfirst: running text between the title and the stretch, outside of what holds that."""
    first = rows[0][0] if rows else 0
    reach = range(first - 1, max(-1, first - REACH), -1)
    title = next((at for at in reach if blocks[at].tag == "h1"), None)
    total, start = 0.0, first
    for at in reach if title is None else ():
        total += _value(blocks[at], furniture[blocks[at].node], host)
        if total < 0:
            break
        start = at
    least = STANDFIRST if title is None else 2 * PARAGRAPH
    above = ((at, blocks[at]) for at in range(start if title is None else title, first))
    return [(at, block) for at, block in above if block.weight >= least or (title is not None and at > title and _is_standfirst(block))]


def _is_standfirst(block: Block) -> bool:
    """A sentence that is marked as a heading, between the title and the text."""
    return block.tag in HEADINGS and len(block.text) >= 2 * PARAGRAPH and not block.linked


def _kept(blocks: list[Block], *, title: str | None, host: str) -> list[Block]:
    """Without what leads elsewhere, and without a heading of which nothing is left."""
    kept: list[Block] = []
    lost = False  # whether something was left out since the last that was kept
    for block in blocks:
        if _leads_elsewhere(block, host) or block.text == title:
            lost = lost or block.text != title
            continue
        if lost and kept and kept[-1].tag in HEADINGS and block.tag in HEADINGS:
            kept.pop()
        kept.append(block)
        lost = False
    while kept and kept[-1].tag in HEADINGS:
        kept.pop()
    return kept


def _near(blocks: list[Block], first: int) -> tuple[str, ...]:
    lines: list[str] = []
    for at in range(first - 1, max(-1, first - REACH), -1):
        if blocks[at].tag == "h1":
            return tuple(reversed(lines))
        lines += [blocks[at].text] if blocks[at].text else []
    return tuple(reversed(lines[:3]))


def _leads_elsewhere(block: Block, host: str) -> bool:
    size = len(block.text)
    if not size or not any(char.isalnum() for char in block.text[:200]):
        return True
    if size < SHORT and ELSEWHERE.match(block.text):
        return True
    if _leads_out(block, host):
        return False
    return block.linked > 0.8 * size or (block.linked > size / 2 and block.tag not in ("p", "li"))


def _leads_out(block: Block, host: str) -> bool:
    """Whether a paragraph is a link to another site or an e-mail address."""
    return block.tag in ("p", "div") and bool(block.links) and all(_is_out(link, host) for link in block.links)


def _is_out(link: str, host: str) -> bool:
    if link.startswith(("mailto:", "tel:")):
        return True
    return link.startswith(("http://", "https://")) and host_of(link).removeprefix("www.") != host.removeprefix("www.")
