"""A page as blocks of text in order, with what each block-level element is called; read in one pass. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# never text: what a browser hides, what a visitor operates
SKIPPED = frozenset(
    {
        "applet", "audio", "button", "canvas", "datalist", "dialog", "embed", "head", "iframe", "input", "label", "link", "map", "math", "menu",
        "meta", "meter", "nav", "noscript", "object", "option", "progress", "script", "select", "style", "svg", "template", "textarea", "title",
        "video", "footer",
    }
)  # fmt: skip
BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "center", "caption", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption",
        "figure", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html", "li", "main", "ol", "p", "pre", "section", "summary",
        "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    }
)  # fmt: skip
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
HALF = frozenset({"li", "td", "dd", "dt", "th", "figcaption"})  # seldom where an article's text stands
FURNISHED = frozenset({"aside", "figcaption", "form"})
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


@lru_cache(maxsize=8192)
def _names(name: str) -> tuple[bool, bool]:
    """Whether classes and id of an element are those of furniture, and those of content."""
    plain = CAMEL.sub("-", name).lower()
    return POST.search(plain) is None and FURNITURE.search(plain) is not None, CONTENT.search(plain) is not None


class Blocks:
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
        furniture, content = tag in FURNISHED, tag in ("article", "main")
        if element.keys():  # most have no attribute at all
            name = f"{element.get('class') or ''} {element.get('id') or ''}"
            named = _names(name[:300]) if len(name) > 1 else (False, False)
            furniture = furniture or named[0] or element.get("role") in ROLES
            content = content or named[1] or element.get("itemprop") == "articleBody"
        self.parents.append(self._node)
        self.tags.append(tag)
        self.flagged.append(furniture)
        self.content.append(content)
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
        if len(self._parts) == 1 and not self._links and self._parts[0].isspace():  # what stands between two tags
            self._parts, self._linked = [], 0
            return
        written, linked, links = "".join(self._parts), self._linked, self._links
        self._parts, self._linked, self._links = [], 0, []
        text = _lines(written) if BREAK in written else " ".join(written.split())
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


def _lines(written: str) -> str:
    return "\n".join(line for part in written.split(BREAK) if (line := " ".join(part.split())))


def _hidden(element: HtmlElement) -> bool:
    if not element.keys():
        return False
    style = element.get("style")
    return (
        (style is not None and "none" in style and "display" in style and "display:none" in style.replace(" ", ""))
        or element.get("aria-hidden") == "true"
        or element.get("hidden") is not None
    )
