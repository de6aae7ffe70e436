"""What in a report could name or reach a person: addresses, numbers, accounts, and names, known ones or what looks like one. Pure.

A report holds numbers and words of ours, and a few texts that a person wrote. What has a form (``sure``) is never printed. What only looks like a
name ("Fondation de France" does as well) is printed when a person has said, for these very words, that they name nobody.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from cases.masking import identifying
from core.accounts import account_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NAMED, MAYBE = "personne connue", "peut-être un nom"
MOST_SHOWN = 60  # characters of a finding
_AT = r"(?:\s*[\[({]\s*(?:at|arr?obase|@)\s*[\])}]\s*|\s+(?:arr?obase|chez)\s+)"
_DOT = r"(?:\s*[\[({]\s*(?:dot|point|\.)\s*[\])}]\s*|\s+point\s+|\.)"
_FORMS = {
    "adresse électronique": re.compile(rf"(?i)[\w.+%-]+{_AT}[\w-]+(?:{_DOT}[\w-]+)+"),
    "compte": re.compile(r"[@＠][\w.-]{2,}(?:[@＠][\w.-]+)?|(?<![\w/])/?[uU]/[\w-]{3,}|\bdid:[a-z]{1,20}:[\w.%:-]+|\bp-[0-9a-f]{24}\b"),
    "numéro de téléphone": re.compile(r"(?<![\w+,.-])(?:(?:\+|00)(?:[ .()/-]{0,3}\d){8,14}|0(?:[ .()-]{0,2}\d){9})(?!\d)"),
    "numéro de compte bancaire": re.compile(r"\b(?:[A-Z]{2}|fr)\d{2}(?:[ .-]?[A-Za-z0-9]){11,30}\b(?<=\d)"),
    "numéro de sécurité sociale": re.compile(r"(?<!\d)[12][ .]?\d\d[ .]?(?:0[1-9]|1[0-2])[ .]?\d[\dABab][ .]?\d{3}[ .]?\d{3}(?:[ .]?\d\d)?(?!\d)"),
    "adresse postale": re.compile(
        r"(?i)\b(?:BP|CS)\s?\d{2,6}\b|\b\d{1,4}\s*(?:bis|ter)?,?\s+(?:hameau|lieu-dit|cité|villa|esplanade|rond-point)\s+\w+"
    ),
}
# what every form above and in cases/masking.py holds: most words and small numbers of a report hold nothing of it, and are not searched further
_WORTH = re.compile(
    r"(?i)[@＠/.:\[({]|\d{3}|\d[\s,.-]|arr?obase|\bchez\b|\b(?:mm|mmes?|mlle|monsieur|madame|mademoiselle|dr|docteure?|me|ma[iî]tre|bp|cs)\b"
)
_URL = re.compile(r"(?i)\b(?:[a-z][a-z0-9+.-]{1,12}://|www\.|(?:[\w-]+\.)+[a-z]{2,12}(?=/\w))[^\s<>\"«»]+|\b(?:mailto|tel|tg):\S+")
_CAP = r"[A-ZÀ-ÖØ-ÞŒ]"
_NAME_PART = rf"{_CAP}[\w'’]*(?:-{_CAP}?[\w'’]+)*"
_NAMES = re.compile(rf"(?:{_CAP}\.[ -]?){{1,3}}{_NAME_PART}|{_NAME_PART}(?:[ \u00a0\u202f](?:de |d'|du |van |von |ben |el )?{_NAME_PART})+")
# the first word of what is an institution, a place or a text of law, not a person
_OURS = frozenset(
    """
    académie agence agences assemblée association arcom autorité banque bureau caisse centre code collectif comité commission conseil cour département
    direction dsa europe fédération fondation france groupe haute institut la le les l'association maison ministère mission miviludes numéro ordre
    observatoire organisation parlement préfecture protocole région règlement république réseau secrétariat services société syndicat tribunal union
    université ville vigie
    """.split()  # noqa: SIM905 - a list of words reads better so
)


class Finding(NamedTuple):
    """``text[start:end]`` of the part that ``where`` names. ``sure``: it has the form of what reaches somebody, or names a known person."""

    where: str
    start: int
    end: int
    kind: str
    found: str
    sure: bool


def personal_data(
    text: str | Mapping[str, str], *, names: Iterable[str] = (), allowed: Iterable[str] = (), sites: Iterable[str] = (), loose: bool = True
) -> tuple[Finding, ...]:
    """All of a text, or of texts by their name, in order. ``names``: of people who are known; ``allowed``: words that a person has looked at;
    ``sites``: hosts of the organisation's own pages, whose addresses name nobody.

    ``loose``: also what only looks like a name, for texts that people wrote; words of ours hold too many capitals.
    """
    texts = {"": text} if isinstance(text, str) else text
    known, own = _known(names), frozenset(sites)
    fine = {_plain(one).casefold().strip() for one in allowed}
    found = [one for where, part in texts.items() for one in _in(where, _plain(part), known, own, loose=loose)]
    return tuple(one for one in found if one.sure or one.found.casefold() not in fine)


def _in(where: str, text: str, known: re.Pattern[str] | None, own: frozenset[str], *, loose: bool) -> Iterator[Finding]:
    found = list[tuple[int, int, str, bool]]()
    if _WORTH.search(text):
        found += [(one.start, one.end, one.kind, True) for one in identifying(text)]
        found += [(match.start(), match.end(), kind, True) for kind, form in _FORMS.items() for match in form.finditer(text)]
        found += [(match.start(), match.end(), "adresse d'un compte", True) for match in _URL.finditer(text) if _leads_to_account(match[0], own)]
    if known:
        found += [(match.start(), match.end(), NAMED, True) for match in known.finditer(text)]
    if loose:
        found += [(match.start(), match.end(), MAYBE, False) for match in _NAMES.finditer(text) if not _is_ours(match)]
    end = 0
    for start, stop, kind, sure in sorted(found, key=lambda one: (one[0], not one[3], -one[1])):
        if start >= end:
            yield Finding(where, start, stop, kind, text[start:stop][:MOST_SHOWN], sure)
            end = stop


def _is_ours(match: re.Match[str]) -> bool:
    """Whether it begins like the name of an institution."""
    return match[0].split()[0].casefold().removeprefix("l'").removeprefix("l’") in _OURS


def _leads_to_account(url: str, own: frozenset[str]) -> bool:
    """An account, or any page of a site that is not the organisation's: what stands in an address may be a name."""
    given = url.rstrip(".,;:!?)]»") if "://" in url else f"https://{url}"
    if not given.lower().startswith(("http://", "https://")) or url.lower().startswith(("mailto:", "tel:", "tg:")):
        return True
    host, _, path = given.partition("://")[2].partition("/")
    if "@" in given or account_in(given) is not None:
        return True
    return bool(path.strip("/")) and host.lower().removeprefix("www.") not in own


def _known(names: Iterable[str]) -> re.Pattern[str] | None:
    """Names as they are written, with any space between their parts; a single word in small letters ("droit") only where it begins with a capital."""
    forms = set()
    for name in {_plain(one).strip() for one in names}:
        if len(name) < 3:
            continue
        whole = r"[\s.-]+".join(map(re.escape, name.split()))
        forms.add(rf"(?i:{whole})" if " " in name or "@" in name or not name.islower() else re.escape(name.capitalize()))
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(forms, key=len, reverse=True))})(?!\w)") if forms else None


def _plain(text: str) -> str:
    """As it is read: full width and stylised letters as plain ones, without signs that nobody sees."""
    if text.isascii():
        return text
    seen = "".join(sign for sign in unicodedata.normalize("NFKC", text) if unicodedata.category(sign) != "Cf")
    return seen.replace("’", "'")
