"""Text without what names an account or reaches a person: @names, addresses, e-mails, phones, bank accounts become keyed pseudonyms. Pure.

What leaves the house is masked rather too much than too little. A person's name written as such stays: no pattern tells it from another word.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_SPACE = "[ .\u00a0\u2009\u202f/()-]"
# each pattern begins at the edge of a run and never gives back what it read, so that a million signs are read once. The first that fits wins.
_KINDS = {
    "courriel": r"(?<![\w.+%-])[\w.+%-]++[@＠][\w-]++(?:\.[\w-]++)+",
    "adresse": (
        r"(?<!\w)[a-zA-Z][\w+.-]{1,20}://[^\s<>\"«»]++"  # any scheme: tg://, https://
        r"|(?<![\w@.-])(?:[\w-]{1,63}\.){1,5}[a-z]{2,24}(?![\w@])(?:[:/?#][^\s<>\"«»]*+)?"
    ),
    "compte": r"(?<!\w)[@＠][\w.-]{2,}+(?:[@＠][\w.-]++)?|(?<![\w/])/?u/[\w-]{3,}+|\bdid:[a-z]{1,20}:[\w.%:-]++",
    "compte bancaire": (
        rf"(?<![A-Za-z0-9])(?:[A-Z]{{2}} ?\d\d(?:{_SPACE}?[A-Z0-9]{{1,4}}){{3,8}}(?![A-Za-z0-9])|(?i:fr) ?\d\d(?:{_SPACE}?[0-9A-Za-z]){{23}})"
    ),
    "téléphone": (  # not a date and the hour that follows it
        rf"(?<![\w+])(?!\d\d[./-]\d\d[./-](?:19|20)\d\d)"
        rf"(?:(?:\+|00)(?:{_SPACE}{{0,3}}\d){{7,15}}|0(?:{_SPACE}{{0,2}}\d){{9}}|\d{{9,}}+)(?!\d)"
    ),
}
_AT, _DOT = r"\s?[\[({]\s?(?:at|arr?obase|[@＠])\s?[\])}]\s?", r"\s?[\[({]\s?(?:dot|point|\.)\s?[\])}]\s?"
_HIDDEN_MAIL = rf"(?i:(?<![\w.+%-])[\w.+%-]++{_AT}[\w.-]++(?:{_DOT}[\w.-]++)*)"  # nom (at) hote (point) fr
_PRIVATE = re.compile(f"(?P<k0>{_HIDDEN_MAIL})|" + "|".join(f"(?P<k{number}>{pattern})" for number, pattern in enumerate(_KINDS.values(), 1)))
_NAMES_OF = ("courriel", *_KINDS)
_TRAILING = ".,;:!?…*_~'’\")]"

# what stands before an account's name in an address
_PROFILE = re.compile(r"/(?:@|users/|user/|u/|profile/|channel/|c/|author/|membres?/|members?/)([\w.%:-]{3,200})", re.IGNORECASE)
_COMMON = frozenset({"www", "m", "fr", "en", "old", "blog", "api", "forum", "web", "app", "shop", "boutique", "mobile", "public"})
_SECOND = frozenset({"ac", "asso", "co", "com", "edu", "gouv", "gov", "net", "org"})  # "asso.fr" is no site


class Private(NamedTuple):
    """What must not leave in clear: ``text[start:end]``."""

    start: int
    end: int
    kind: str  # as people read it, in French
    name: str


def private(text: str, names: re.Pattern[str] | None = None) -> list[Private]:
    """Where a text names an account or a way to reach or pay somebody, in order, none overlapping; ``names`` finds those known beforehand."""
    found = [_found(match) for match in _PRIVATE.finditer(text)]
    if names is not None:
        found += [Private(match.start(), match.end(), "compte", match[0]) for match in names.finditer(text)]
    apart: list[Private] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if not apart or one.start >= apart[-1].end:
            apart.append(one)
    return apart


def _found(match: re.Match[str]) -> Private:
    kind = _NAMES_OF[int(str(match.lastgroup)[1:])]
    name = match[0].rstrip(_TRAILING)
    return Private(match.start(), match.start() + len(name), kind, name.lstrip("@＠"))


def masked(text: str, spans: list[Private], rename: Callable[[str, str], str], *, start: int = 0, end: int | None = None) -> str:
    """``text[start:end]`` with "[kind pseudonym]" in place of each span that it touches; ``rename`` gives the pseudonym of (kind, name)."""
    pieces, at, last = [], start, len(text) if end is None else end
    for span in spans:
        if span.end > start and span.start < last:
            pieces += [text[at : max(at, span.start)], f"[{span.kind} {rename(span.kind, span.name)}]"]
            at = min(span.end, last)
    return "".join([*pieces, text[at:last]])


def account_names(entry: Mapping[str, Any]) -> re.Pattern[str] | None:
    """A pattern of the account names that an item's addresses and channels show, as its text may write them without @; None without one."""
    addresses = [entry["url"], *entry["links"], entry["thread_root"] or "", entry["thread_parent"] or ""]
    names = {name for address in addresses for name in _names_in(address)}
    for channel in (*entry["contacts"], *entry["payments"]):
        if not channel["value"].startswith("p-"):
            names.update(part for part in re.split(r"[/?=&#]", unquote(channel["value"])) if "." not in part)
            names.add(channel["value"].rpartition("/")[2])
    kept = sorted({bare for name in names if len(bare := name.strip("@+. ")) >= 3}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, kept[:500]))})(?!\w)", re.IGNORECASE) if kept else None


def _names_in(address: str) -> Iterator[str]:
    try:
        host, path = (urlsplit(address).hostname or "").lower(), unquote(urlsplit(address).path)
    except ValueError:
        return
    yield from _PROFILE.findall(path)
    yield from (label for label in host.removesuffix(public_host(host)).split(".") if label not in _COMMON)


def public_host(host: str) -> str:
    """The part of a host that belongs to a site and not to an account on it: anne.forum.example is forum.example."""
    labels = host.split(".")
    return ".".join(labels[-3:] if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND else labels[-2:])
