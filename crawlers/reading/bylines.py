"""Who signed an article: names in JSON-LD, in elements that are called so, and behind "Par". Pure."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lxml.html import HtmlElement

SIGNS = re.compile(r"[\W_]+")
SIGNED = etree.XPath(
    "//*[@rel='author' or @itemprop='author' or contains(@class, 'author') or contains(@class, 'auteur') or contains(@class, 'byline')"
    " or contains(@class, 'signature') or contains(@class, 'Author')]"
)
SIGNING = ("author", "Author", "auteur", "byline", "signature")  # without these words in a page, looking through all of it is in vain
BYLINE = re.compile(
    r"^(?:un\s+article\s+|article\s+|propos\s+recueillis\s+|[ée]crit\s+|publi[ée]\s+|post[ée]\s+|r[ée]dig[ée]\s+|written\s+)?(?:par|by)\s*:?\s+|^auteure?s?\s*:?\s+|^de\s*:\s+",
    re.IGNORECASE,
)
BY = re.compile(r"[,|•\s]\s*(par\s.{2,80})$", re.IGNORECASE)
BEHIND = re.compile(
    r"\s*(?:[|•·,(]|\s[-–—]\s|\b(?:publi[ée]|mis à|posté|il y a|le \d|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\b|\d{1,2}[/. ]).*$",
    re.IGNORECASE | re.DOTALL,
)
LABEL = re.compile(r"(?:[ée]crit\s+par|r[ée]dig[ée]\s+par|par|by|auteure?s?|texte)\s*:?", re.IGNORECASE)  # alone on its line, the name on the next
WORD = r"[^\W\d_a-zà-öø-ÿ][\w'’.-]*"
NAME = re.compile(rf"{WORD}(?: (?:d[eu]|des|la|le|van|von|{WORD})){{0,3}} {WORD}")
CREDIT = re.compile(r"auteure?s?\s*:", re.IGNORECASE)
LAST = 8  # lines at the end of a text in which its author may sign
NO_NAME = re.compile(r"https?:|www\.|@|\d{3}|[<>{}=]|commentaire|r[ée]pondre|connexion|abonn", re.IGNORECASE)
COMMENT = re.compile(r"comment|reaction|related|sidebar|widget|footer", re.IGNORECASE)


def plain(text: str) -> str:
    """Letters and digits alone, small: what two spellings of a title have in common."""
    return SIGNS.sub("", text.casefold())


def one_line(text: str) -> str:
    """A text without line breaks, its beginning."""
    return " ".join(text[:2000].split())


def name_in(written: str) -> str:
    """A name without "Par" before and the date behind; "" for what is none."""
    text = one_line(written)
    text = BEHIND.sub("", BYLINE.sub("", text, count=1)).strip(" :;,.-–—|/")
    return text if 1 < len(text) <= 100 and not NO_NAME.search(text) and any(char.isalpha() for char in text) else ""


def creators(value: Any) -> tuple[list[str], list[str]]:
    """Names of persons, and of organisations, in JSON-LD."""
    people: list[str] = []
    houses: list[str] = []
    for one in value[:20] if isinstance(value, list) else [value]:
        kind, name = (str(one.get("@type")), one.get("name")) if isinstance(one, dict) else ("Person", one)
        for part in name if isinstance(name, list) else [name]:
            if isinstance(part, str) and (clean := name_in(part)):
                (houses if kind.endswith("Organization") else people).append(clean)
    return people, houses


def signed(tree: HtmlElement) -> Iterator[str]:
    """Names in elements that are called author, byline or signature, but not those of comments."""
    for element in SIGNED(tree)[:40]:
        around = [element, *list(element.iterancestors())[:6]]
        if any(COMMENT.search(f"{one.get('class') or ''} {one.get('id') or ''}"[:300]) for one in around):
            continue
        name = element.get("content") or next(
            (part for part in (one_line(one) for one in element.itertext()) if len(part) > 2 and not BYLINE.match(f"{part} ")), ""
        )
        if (clean := name_in(name)) and len(clean.split()) <= 6:
            yield clean


def best(marked: list[str], lines: Sequence[str], site: frozenset[str]) -> list[str]:
    """A person's name that is marked as an author's and stands near the title; else what stands there behind "Par"; else the house's name there,
    or the name that is marked most often: others belong to other articles.
    """
    shown = plain(" ".join(lines)[:2000])
    near = [name for name in marked if plain(name) in shown]
    others = Counter(name for name in marked if plain(name) not in site)
    people = [name for name in near if plain(name) not in site]
    ranked = others.most_common(2)
    if len(ranked) == 2 and ranked[0][1] == ranked[1][1]:  # none is this article's rather than the other
        ranked = []
    return (people or visible_authors(lines) or near or [name for name, _ in ranked])[:1]


def visible_authors(lines: Iterable[str]) -> list[str]:
    """The names in lines such as "Par Nom Prénom" and "Publié le 13 juin par Nom Prénom", or below "Auteur" alone."""
    short = [line for line in lines if len(line) < 200]
    parts = (part for line in short for part in (line, *BY.findall(line)))
    below = (after for label, after in pairwise(short) if LABEL.fullmatch(label) and NAME.fullmatch(after))
    return [name for part in parts if BYLINE.match(part) and (name := name_in(part))] or [name for part in below if (name := name_in(part))]


def credited(text: str) -> list[str]:
    """The name behind "Auteur :" at the end of a text."""
    return [name for line in text.rsplit("\n", LAST)[1:] if len(line) < 100 and CREDIT.match(line) and (name := name_in(line))][:1]


def signature(text: str) -> list[str]:
    """The name alone on the last line of a text, before notes such as "(1) ...", as papers sign."""
    last = text.rsplit("\n", LAST)[1:]
    while last and last[-1][0] in "([*":
        last.pop()
    return [line for line in last[-1:] if len(line) < 60 and NAME.fullmatch(line) and name_in(line) == line]
