"""What people paste and upload, made ready to be submitted. Pure; what may be opened at all is decided by core/addresses.py."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, NamedTuple

from cases.submission_text import BadText, noted, text_given, title_given
from core.addresses import BadAddress, check_address
from core.errors import Invalid
from web.refusals import Kind, refusal, refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_UPLOAD = 1_000_000  # bytes
SHARED = re.compile(r"https?://\S+", re.IGNORECASE)  # what the share button of a phone puts after a title
FORM = "/soumissions/nouvelle?url="
TABLES = (".csv", ".txt")
AFTER = ".,;:!?…»\"'*"  # what stands after an address in a text, and is no part of it
NOWHERE = "Dites où et quand vous l'avez vu, même à peu près."
ARCHIVES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b")  # xlsx and ods, xls, PDF, gzip


class Fault(NamedTuple):
    """Why a form was not taken. ``field``: the id of the field that it is about."""

    said: str
    advice: str = ""
    field: str = ""


class SeenAt(NamedTuple):
    """Where a text was seen: its address if it has one, and the words as they were given."""

    url: str
    words: str

    def with_note(self, note: str) -> str:
        """The submitter's note, with what the address alone does not say."""
        return note if self.words in ("", self.url) else f"Vu : {self.words}\n{note}".strip()


def tidy(given: str) -> str:
    """The one address in what was pasted, where words stand around it or a comma after it; anything else as it is, to be refused by its name."""
    found = given.strip()
    shared = SHARED.findall(found)
    one = str(shared[0]) if len(shared) == 1 and any(sign.isspace() for sign in found) else found
    return one if any(sign.isspace() for sign in one) else _bare(one)


def _bare(address: str) -> str:
    """An address without the signs of the sentence around it; a bracket that it opened itself is its own."""
    bare = address.lstrip("<«\"'").rstrip(AFTER + ">")
    return _bare(bare[:-1]) if bare.endswith(")") and bare.count(")") > bare.count("(") else bare


def seen_at(given: str) -> SeenAt:
    """The address in where a text was seen, if one stands there."""
    words = given.strip()
    found = SHARED.findall(words)
    return SeenAt(_bare(str(found[0])) if len(found) == 1 else "", words)


def fault(error: BadAddress | BadText, field: str) -> Fault:
    """In words, beside its field."""
    kind: Kind = "address" if isinstance(error, BadAddress) else "text"
    found = refusal(kind, error.reason)
    return Fault(found.said, found.advice, field)


def text_faults(text: str, *, title: str, place: str, note: str, public: bool) -> tuple[Fault, ...]:
    """All that is wrong in the form for a text, in its order: who corrects one thing should not meet the next one after."""
    found = tuple(_field_faults(text, title, place, note))
    return found if public else (*found, Fault(refusal("text", "text_private").said, field="public"))


def _field_faults(text: str, title: str, place: str, note: str) -> Iterator[Fault]:
    address = seen_at(place).url
    checks: tuple[tuple[str, Callable[[], object]], ...] = (
        ("texte-texte", lambda: text_given(text)),
        ("titre", lambda: title_given(title)),
        ("vu", lambda: check_address(address) if address else ""),
        ("texte-note", lambda: noted(seen_at(place).with_note(note))),
    )
    for field, check in checks:
        try:
            check()
        except (BadAddress, BadText) as error:
            yield fault(error, field)
        if field == "vu" and not place.strip():
            yield Fault(NOWHERE, field=field)


def bookmarklet(base: str) -> str:
    """A link that browsers keep as a bookmark: it opens the form with the address of the page that is shown."""
    return f"javascript:location.href={json.dumps(base + FORM)}+encodeURIComponent(location.href)"


def why(reason: str) -> str:
    """Why a line of a table was refused: whatever kind of reason it is."""
    found = refusals("address").get(reason) or refusals("text").get(reason)
    return found.said if found else "Cette ligne ne peut pas être utilisée."


def table(data: bytes, name: str) -> bytes:
    """The bytes of an uploaded table in UTF-8. Raises Invalid in French, which is shown as it is: who uploads is no engineer."""
    if not data.strip():
        raise Invalid("Le fichier est vide. Choisissez un fichier CSV avec une colonne « url ».")
    if len(data) > MOST_UPLOAD:
        raise Invalid("Le fichier dépasse 1 Mo. Envoyez-le en plusieurs parties.")
    if data.startswith(ARCHIVES) or not name.lower().endswith(TABLES):
        raise Invalid("Ce n'est pas un fichier CSV. Dans votre tableur : « Enregistrer sous », puis « CSV ».")
    if b"\0" in data:
        raise Invalid("Le fichier contient des caractères illisibles. Enregistrez-le de nouveau en CSV (UTF-8).")
    return _text(data).encode()


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return data.decode("cp1252")  # what spreadsheets in France write
    except UnicodeDecodeError as error:
        raise Invalid("Les lettres accentuées du fichier sont illisibles. Enregistrez-le de nouveau en CSV (UTF-8).") from error
