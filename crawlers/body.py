"""The running text of a page: its blocks in order, which of them are furniture, and which stretch of them is the content. Pure.

Own code, because it reads a page in one pass: trafilatura takes ten times as long and finds less on the recorded French pages.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# never text: what a browser hides, what a visitor operates
SKIPPED = frozenset(
    "applet audio button canvas datalist dialog embed head iframe input label link map math menu meta meter nav noscript object option progress script"
    " select style svg template textarea title video footer".split()
)
BLOCKS = frozenset(
    "address article aside blockquote body center caption dd details div dl dt fieldset figcaption figure form h1 h2 h3 h4 h5 h6 header hgroup hr html li"
    " main ol p pre section summary table tbody td tfoot th thead tr ul".split()
)
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
HALF = frozenset({"li", "td", "dd", "dt", "th", "figcaption"})  # seldom where an article's text stands
LEAVES = frozenset({"p", "li", "dd", "h1", "h2", "h3", "pre", "ul", "ol"})  # are no container of an article
ROLES = frozenset({"navigation", "complementary", "banner", "contentinfo", "search", "dialog", "menu"})
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
FURNITURE = re.compile(
    r"""(?<![a-z])(?:
    nav|navbar|navigation|menu|submenu|breadcrumbs?|ariane|footer|sidebar|aside|skip|skiplink|toc|sommaire|legal|mentions
    |comments?|commentaires?|commentlist|disqus|respond|reactions?|forum|rating|votes?|likes?
    |share|shares|sharing|sharebar|sharedaddy|addtoany|addthis|partage|partager|socials?|reseaux|follow
    |newsletters?|subscribe|subscription|subscribers?|abonnements?|abonne[zr]?|inscription|signup|login|signin|connexion|register|paywall
    |related|similaires?|recommend(?:ed|ations?)?|recommandations?|read-?more|lire-?aussi|a-?lire|voir-?aussi|see-?also|suggestions?|savoir-?plus
    |more-?(?:news|stories|articles|posts)|(?:meme|same)-?(?:auteur|theme|sujet|rubrique)|most-?(?:read|popular|viewed)|plus-?lus?|trending|populaires?
    |relatedposts|yarpp|lastnews|post-navigation|outbrain|taboola|ligatus|carousel|slider|slideshow|diaporama|ticker
    |ads?|adv|advert|advertisements?|adsense|pubs?|publicites?|sponsor(?:ed|s)?|dfp|promos?|promotion|bandeau
    |cookies?|consent|rgpd|gdpr|popup|popin|modal|lightbox|overlay|toast|tooltip|sr-only|screen-reader|visually-?hidden
    |widgets?|toolbars?|tools?|outils|pagination|pager|paginate|print|imprimer
    |tags?|taglist|tagcloud|mots-?cles|keywords|byline|signature|author-?(?:box|bio|infos?|card)|bio|metas?|metadata|copyright|credits?|captions?|legendes?
    )(?![a-z])""",
    re.VERBOSE,
)
POST = re.compile(r"\bhentry\b|\btype-(?:post|page)\b")  # WordPress lists an article's tags among its classes
CONTENT = re.compile(r"(?<![a-z])(?:article|post|entry|story|texte?|content|contenu|corps|body|hentry)(?![a-z])")
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
SHORT = 200  # characters: a longer block is read, however it begins
STANDFIRST = 200  # characters: what stands above the text of a page without a title is it only if it is long
PARAGRAPH = 30  # characters: a shorter block is no running text
VIDEO = re.compile(r"youtu|vimeo|dailymotion|odysee|rumble|peertube|video", re.IGNORECASE)
AUDIO = re.compile(r"soundcloud|spotify|deezer|podcast|ausha|acast|audio", re.IGNORECASE)
TINY = frozenset({"0", "1", "2"})
BREAK = "\0"  # a line break inside a block; parse_html leaves no NUL in a page


class Block(NamedTuple):
    """A paragraph, heading or cell."""

    text: str
    linked: int  # characters of it that are links
    tag: str
    node: int
    weight: float  # how much of it is running text
    links: tuple[str, ...]


class Body(NamedTuple):
    """What a page says. ``near``: the short lines between its title and its text, such as who wrote it when."""

    text: str
    links: tuple[str, ...]
    images: tuple[str, ...]
    media: frozenset[str]
    near: tuple[str, ...]


@lru_cache(maxsize=8192)
def _names(name: str) -> tuple[bool, bool]:
    """Whether classes and id of an element are those of furniture, and those of content."""
    plain = CAMEL.sub("-", name).lower()
    return POST.search(plain) is None and FURNITURE.search(plain) is not None, CONTENT.search(plain) is not None


class _Walk:
    """One pass over a page: blocks, and for each block-level element its parent and what it is called."""

    def __init__(self, body: HtmlElement) -> None:
        self.blocks: list[Block] = []
        self.seen: list[tuple[int, int, str, str]] = []  # images and media: how many blocks before, in which node, what, its description
        self.parents, self.tags, self.flagged, self.content, self.titled = [0], ["body"], [False], [False], [False]
        self._node = self._anchors = self._linked = 0
        self._parts: list[str] = [body.text or ""]
        self._links: list[str] = []
        self._children(body)
        self._flush()

    def _children(self, element: HtmlElement) -> None:
        for child in element:
            tag = child.tag
            if tag in SKIPPED:
                self._skip(child, tag)
            elif tag in BLOCKS:
                self._flush()
                if not _hidden(child):
                    self._block(child, tag)
            elif tag == "br":
                self._parts.append(BREAK)
            elif tag == "img":
                self._image(child)
            elif isinstance(tag, str) and (tag != "span" or not _hidden(child)):  # a comment has no name
                self._inline(child, tag)
            if child.tail:
                self._text(child.tail)

    def _text(self, text: str) -> None:
        self._parts.append(text)
        if self._anchors:
            self._linked += len(text)

    def _skip(self, element: HtmlElement, tag: str) -> None:
        if tag in ("nav", "footer"):
            self._flush()
        else:
            self._parts.append(" ")
        if tag in ("iframe", "video", "audio", "embed"):
            source = element.get("src") or element.get("data-src") or tag
            kind = "AUDIO" if tag == "audio" or AUDIO.search(source[:500]) else "VIDEO" if tag == "video" or VIDEO.search(source[:500]) else ""
            if kind:
                self.seen.append((len(self.blocks), self._node, kind, ""))

    def _block(self, element: HtmlElement, tag: str) -> None:
        name = f"{element.get('class') or ''} {element.get('id') or ''}"
        furniture, content = _names(name[:300]) if len(name) > 1 else (False, False)
        self.parents.append(self._node)
        self.tags.append(tag)
        self.flagged.append(furniture or tag in ("aside", "figcaption", "form") or element.get("role") in ROLES)
        self.content.append(content or tag in ("article", "main") or element.get("itemprop") == "articleBody")
        self.titled.append(tag == "h1")
        self._node = len(self.tags) - 1
        if element.text:
            self._text(element.text)
        if len(element):
            self._children(element)
        self._flush()
        self._node = self.parents[self._node]

    def _inline(self, element: HtmlElement, tag: str) -> None:
        if tag == "a":
            self._anchors += 1
            if href := element.get("href"):
                self._links.append(href)
        if element.text:
            self._text(element.text)
        if len(element):
            self._children(element)
        if tag == "a":
            self._anchors -= 1

    def _image(self, element: HtmlElement) -> None:
        if any((element.get(side) or "").rstrip("px") in TINY for side in ("width", "height")):
            return  # counts visitors
        described = " ".join((element.get("alt") or "").split())
        self.seen.append((len(self.blocks), self._node, "IMAGE", described))

    def _flush(self) -> None:
        if not self._parts and not self._links:
            return
        written, linked, links = "".join(self._parts), self._linked, self._links
        self._parts, self._linked, self._links = [], 0, []
        if BREAK in written:
            text = "\n".join(line for part in written.split(BREAK) if (line := " ".join(part.split())))
        else:
            text = " ".join(written.split())
        if text or links:
            self._add(text, min(linked, len(text)), tuple(links))

    def _add(self, text: str, linked: int, links: tuple[str, ...]) -> None:
        tag, weight = self.tags[self._node], 0.0
        if len(text) >= PARAGRAPH and linked < len(text) / 2 and tag not in HEADINGS:
            weight = (len(text) - linked) / (2 if tag in HALF else 1)
        self.blocks.append(Block(text, linked, tag, self._node, weight, links))

    def weights(self, *, without: list[bool] | None = None) -> list[float]:
        """How much running text each node holds."""
        found = [0.0] * len(self.tags)
        for block in self.blocks:
            if not (without and without[block.node]):
                found[block.node] += block.weight
        for node in range(len(found) - 1, 0, -1):  # a child stands behind its parent
            found[self.parents[node]] += found[node]
        return found

    def below(self, top: int) -> list[bool]:
        """Which nodes lie in one, itself included."""
        found = [False] * len(self.tags)
        found[top] = True
        for node in range(top + 1, len(found)):
            found[node] = found[self.parents[node]]
        return found


def _hidden(element: HtmlElement) -> bool:
    style = element.get("style")
    return (
        (style is not None and "none" in style and "display" in style and "display:none" in style.replace(" ", ""))
        or element.get("aria-hidden") == "true"
        or element.get("hidden") is not None
    )


def read_body(tree: HtmlElement, *, title: str | None) -> Body:
    """The running text of a page, without its title, with the links in it, the descriptions of its images, and what it consists of."""
    body = tree.find("body")
    walk = _Walk(tree if body is None else body)
    furniture = _furniture(walk)
    weights = walk.weights(without=furniture)
    inside = walk.below(_widened(walk, _container(walk, weights), furniture))
    rows = [(at, block) for at, block in enumerate(walk.blocks) if inside[block.node]]
    stretch = _stretch([_value(block, furniture[block.node]) for _, block in rows])
    rows = [*_before(walk.blocks, rows[stretch], furniture), *rows[stretch]]
    rows = [(at, block) for at, block in rows if not furniture[block.node]]
    kept = _kept([block for _, block in rows], title=title)
    first, last = (rows[0][0], rows[-1][0]) if rows else (0, -2)
    seen = [(kind, text) for before, node, kind, text in walk.seen if first <= before <= last + 1 and inside[node] and not furniture[node]]
    return Body(
        text="\n".join(block.text for block in kept),
        links=tuple(dict.fromkeys(link for _, block in rows for link in block.links)),
        images=tuple(dict.fromkeys(text for kind, text in seen if kind == "IMAGE" and text)),
        media=frozenset(kind for kind, _ in seen),
        near=_near(walk.blocks, first),
    )


def _furniture(walk: _Walk) -> list[bool]:
    """Which nodes are furniture. What holds most of the page's text is none, nor what holds its title and a good part: a name can mislead."""
    weights = walk.weights()
    titled = list(walk.titled)
    for node in range(len(titled) - 1, 0, -1):
        titled[walk.parents[node]] = titled[walk.parents[node]] or titled[node]
    found = [False] * len(weights)
    for node in range(1, len(weights)):
        flagged = walk.flagged[node] and weights[node] <= (0.2 if titled[node] else 0.5) * weights[0]
        found[node] = found[walk.parents[node]] or flagged
    return found


def _container(walk: _Walk, weights: list[float]) -> int:
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


def _widened(walk: _Walk, node: int, furniture: list[bool]) -> int:
    """The nodes around it too, as long as what they add is running text: a standfirst, a second column of text."""
    while node:
        inside, parent = walk.below(node), walk.parents[node]
        added = [block for block in walk.blocks if not inside[block.node] and not furniture[block.node]]
        around = walk.below(parent)
        added = [block for block in added if around[block.node]]
        gain = sum(block.weight for block in added)
        if added and gain < 0.7 * sum(len(block.text) for block in added):
            break
        node = parent
    return node


def _value(block: Block, furniture: bool) -> float:  # noqa: FBT001 - of a block
    """What a block adds to a stretch of text: running text adds itself, links and furniture take away."""
    size = len(block.text)
    if furniture:
        return -min(size, 100) / 2 if block.tag != "figcaption" else 0.0
    if block.weight:
        return block.weight
    if block.linked > size / 2:
        return -float(min(size, 100)) if block.tag != "li" or block.linked > 0.8 * size else 0.0
    if block.tag in HEADINGS:
        return 0.0
    return size / 5 if block.tag == "p" else -10.0


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


def _before(blocks: list[Block], rows: list[tuple[int, Block]], furniture: list[bool]) -> list[tuple[int, Block]]:
    """The standfirst: running text between the title and the stretch, outside of what holds that."""
    first = rows[0][0] if rows else 0
    reach = range(first - 1, max(-1, first - 40), -1)
    title = next((at for at in reach if blocks[at].tag == "h1"), None)
    total, start = 0.0, first
    for at in reach if title is None else ():
        total += _value(blocks[at], furniture[blocks[at].node])
        if total < 0:
            break
        start = at
    least = STANDFIRST if title is None else 2 * PARAGRAPH
    return [(at, blocks[at]) for at in range(start if title is None else title, first) if blocks[at].weight >= least]


def _kept(blocks: list[Block], *, title: str | None) -> list[Block]:
    """Without what leads elsewhere, and without a heading of which nothing is left."""
    kept: list[Block] = []
    lost = False  # whether something was left out since the last that was kept
    for block in blocks:
        if _leads_elsewhere(block) or block.text == title:
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
    lines = []
    for at in range(first - 1, max(-1, first - 40), -1):
        if blocks[at].tag == "h1":
            return tuple(reversed(lines))
        lines += [blocks[at].text] if blocks[at].text else []
    return tuple(reversed(lines[:3]))


def _leads_elsewhere(block: Block) -> bool:
    size = len(block.text)
    if not size or not any(char.isalnum() for char in block.text[:200]):
        return True
    if size < SHORT and ELSEWHERE.match(block.text):
        return True
    return block.linked > 0.8 * size or (block.linked > size / 2 and block.tag not in ("p", "li"))
