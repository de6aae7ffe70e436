"""Text without what names an account or reaches a person: @names, addresses, e-mails, phones, bank accounts, wallets become keyed pseudonyms. Pure.

What leaves the house is masked rather too much than too little. A person's name written as such stays: no pattern tells it from another word.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_SPACE = "[ .\u00a0\u2009\u202f/()-]"
# an ending of a host: not "Fin.Alors", unless something follows as in an address
_TOP = (
    r"(?:[a-z]{2,24}|[A-Z]{2,24}|(?i:com|fr|net|org|info|eu|be|ch|ca|me|io|tv|xn--[\w-]{1,59})|[^\W\d_a-zA-Z\u00c0-\u024f]{2,24}"
    r"|[^\W\d_]{2,24}(?=[/?#]))"
)
# each pattern begins at the edge of a run and never gives back what it read, so that a million signs are read once. The first that fits wins.
_KINDS = {
    "courriel": r"(?<![\w.+%-])[\w.+%-]++[@＠][\w-]++(?:\.[\w-]++)+",
    "adresse": (
        r"(?<!\w)[a-zA-Z][\w+.-]{1,20}://[^\s<>\"«»]++"  # any scheme: tg://, https://
        rf"|(?<![\w@.-])(?:[\w-]{{1,63}}\.){{1,5}}{_TOP}(?![\w@])(?:[:/?#][^\s<>\"«»]*+)?"
    ),
    "compte": r"(?<!\w)[@＠][\w.-]{2,}+(?:[@＠][\w.-]++)?|(?<![\w/])/?[uU]/[\w-]{3,}+|\b(?i:did:[a-z]{1,20}):[\w.%:-]++",
    "portefeuille": (
        r"(?<!\w)(?:0[xX][0-9a-fA-F]{40}"
        r"|(?i:[a-z]{2,12}1[02-9ac-hj-np-z]{38,90}|(?:bitcoincash:)?[qp][02-9ac-hj-np-z]{41})"  # bech32: bc1…, ltc1…, addr1…
        r"|(?=[A-Za-z]*+\d)(?=[A-Z\d]*+[a-z])(?=[a-z\d]*+[A-Z])[1-9A-HJ-NP-Za-km-z]{26,95})(?!\w)"  # base 58: most others
    ),
    "compte bancaire": (
        rf"(?<![A-Za-z0-9])(?:[A-Z]{{2}} ?\d\d(?:{_SPACE}?[A-Z0-9]{{1,4}}){{3,8}}(?![A-Za-z0-9])|(?i:fr) ?\d\d(?:{_SPACE}?[0-9A-Za-z]){{23}}"
        rf"|(?i:[a-z]{{2}})\d\d(?:{_SPACE}?\d{{4}}){{3,6}}(?:{_SPACE}?\d{{1,3}})?(?!\w))"
    ),
    "téléphone": (  # not a date and the hour that follows it
        rf"(?<![\w+])(?!\d\d[./-]\d\d[./-](?:19|20)\d\d)"
        rf"(?:(?:\+|00)(?:{_SPACE}{{0,3}}\d){{7,15}}|0(?:{_SPACE}{{0,2}}\d){{9}}|\d{{9,}}+)(?!\d)"
    ),
}
_AT, _DOT = r"\s?[\[({]\s?(?:at|arr?obase|[@＠])\s?[\])}]\s?", r"\s?[\[({]\s?(?:dot|point|\.)\s?[\])}]\s?"
_HIDDEN_MAIL = rf"(?i:(?<![\w.+%-])[\w.+%-]++{_AT}[\w.-]++(?:{_DOT}[\w.-]++)*)"  # nom (at) hote (point) fr
_SPELLED_DOT = r"(?:\s{1,3}(?:point|dot|tiret|underscore)\s{1,3})"
_SPELLED_MAIL = (  # nom arobase hote point fr
    rf"(?i:(?<![\w.+%-])[\w.+%-]++(?:{_SPELLED_DOT}[\w+%-]++){{0,4}}\s{{1,3}}arr?obase\s{{1,3}}[\w-]++(?:(?:{_SPELLED_DOT}|{_DOT}|\.)[\w-]++)+"
    rf"|(?<![\w.+%-])[\w.+%-]++\sat\s[\w-]++(?:\s(?:dot|point)\s[\w-]++)+)"
)
_PRIVATE = re.compile(
    f"(?P<k0>{_HIDDEN_MAIL}|{_SPELLED_MAIL})|" + "|".join(f"(?P<k{number}>{pattern})" for number, pattern in enumerate(_KINDS.values(), 1))
)
_NAMES_OF = ("courriel", *_KINDS)
_PSEUDONYM = re.compile("p-[0-9a-f]{24}", re.ASCII)  # of core/pseudonyms.py
_UNSEEN = re.compile("[\u034f\u115f\u1160\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0]")  # shown as nothing, like all of the category Cf
_TRAILING = ".,;:!?…*_~'’\")]"
_CLUSTER = re.compile("[^\u0300-\u036f][\u0300-\u036f]{0,8}|[\u0300-\u036f]", re.DOTALL)  # a sign with the accents that follow it

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
    """Where a text names an account or a way to reach or pay somebody, in order, none overlapping; ``names`` finds those known beforehand.

    Full-width, stylised and unseen signs hide nothing: the text is also read as ``plain`` writes it.
    """
    found = _in(text, names)
    if (shown := plain(text)).text != text:
        as_shown = (one._replace(start=shown.starts[one.start], end=shown.ends[one.end - 1]) for one in _in(shown.text, names))
        found = [*as_shown, *found]  # first: of two that are the same, the plain name counts
    apart: list[Private] = []
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        last = apart[-1].end if apart else 0
        if one.end > last:
            apart.append(one._replace(start=max(one.start, last)))
    return apart


class Plain(NamedTuple):
    """A text as it is read; its sign ``n`` stands for ``[starts[n]:ends[n]]`` of the original."""

    text: str
    starts: list[int]
    ends: list[int]


def plain(text: str) -> Plain:
    """The text in compatibility form (NFKC), without signs that nobody sees."""
    if text.isascii():
        return Plain(text, [], [])
    pieces, starts, ends = list[str](), list[int](), list[int]()
    for match in _CLUSTER.finditer(text):
        seen = match[0] if match[0].isascii() else "".join(sign for sign in unicodedata.normalize("NFKC", match[0]) if not _is_unseen(sign))
        pieces.append(seen)
        starts += [match.start()] * len(seen)
        ends += [match.end()] * len(seen)
    return Plain("".join(pieces), starts, ends)


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) == "Cf" or bool(_UNSEEN.match(sign))


def _in(text: str, names: re.Pattern[str] | None) -> list[Private]:
    known = names.finditer(text) if names is not None else ()
    return [*map(_found, _PRIVATE.finditer(text)), *(Private(match.start(), match.end(), "compte", match[0]) for match in known)]


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
        if not is_pseudonym(channel["value"]):
            names.update(part for part in re.split(r"[/?=&#]", unquote(channel["value"])) if "." not in part)
            names.add(channel["value"].rpartition("/")[2])
    kept = sorted({bare for name in names if len(bare := plain(name).text.strip("@+. ")) >= 3}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, kept[:500]))})(?!\w)", re.IGNORECASE) if kept else None


def is_pseudonym(name: str) -> bool:
    """Whether it has the form of a pseudonym, and not of a handle that begins like one."""
    return _PSEUDONYM.fullmatch(name) is not None


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
    if labels[-1].isdigit():  # an address in numbers has no part that is less of it
        return host
    return ".".join(labels[-3:] if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND else labels[-2:])
