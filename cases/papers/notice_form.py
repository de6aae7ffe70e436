"""A notice as plain text for a provider's form: one text a field, cut to what the field takes, saying what was cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cases.legal import printable as printable_basis
from cases.papers.cutting import cut
from cases.papers.notice_letter import addressed, content_of, place
from cases.papers.visible import visible
from cases.papers.words import MEASURE_NAMES, both, dsa
from cases.platforms import FormField
from cases.reporting.words import category_named
from cases.signing import NEEDED, STATEMENT
from core.records import Record
from core.times import paris

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cases.legal import Legal
    from cases.notice import Content, Item
    from cases.notices import Notice
    from cases.platforms import Platform
    from cases.profiles import Notifier
    from cases.signing import Signature

GAP = "\n\n"
ROOM = 200  # characters for the reasons, at least: a notice without reasons is none
# names that a form's fields go by in cases/platforms, and what they ask for
ALIKE: Mapping[str, str] = {
    "reason": "message", "comment": "message", "description": "message", "details": "message", "explanation": "message", "body": "message",
    "urls": "url", "link": "url", "links": "url", "content_url": "url", "subject": "law", "legal_ground": "law", "law": "law",
    "name": "name", "full_name": "name", "organisation": "name", "organization": "name", "email": "email", "signature": "signature",
    "statement": "statement", "bona_fide": "statement", "category": "category", "country": "country", "quote": "quotes", "quotes": "quotes",
}  # fmt: skip


class Part(NamedTuple):
    """A paragraph of the message: ``key``, if a field of its own may hold it; what must stay is given room first."""

    key: str
    name: str  # in French, for what is cut
    text: str
    stays: bool


class Filled(Record):
    """One field to paste. ``cut_from``: how long the text was, where it did not fit; ``left_out``: what of it is missing, in French."""

    name: str
    label: str
    text: str
    most: int | None
    required: bool
    cut_from: int | None = None
    left_out: tuple[str, ...] = ()


def notice_fields(notice: Notice, notifier: Notifier, legal: Legal, platform: Platform, *, position: int | None = None) -> tuple[Filled, ...]:
    """The texts for a form's fields, in its order. ``position``: of one item, from 1, where a form takes one at a time.

    A form without known fields gets one text without a limit. Raises Conflict for a notice whose content was erased, NotFound.
    """
    content = content_of(notice)
    items = content.items if position is None else content.items[position - 1 : position]
    fields = platform.fields or (FormField(name="message", label="Message", required=True),)
    apart = {ALIKE.get(field.name, field.name) for field in fields}
    parts = [part for part in _message(notice, content, notifier, legal, items) if part.text.strip() and part.key not in apart]
    texts = _texts(content, notifier, legal, items)
    return tuple(_filled(field, parts if ALIKE.get(field.name, field.name) == "message" else _whole(field, texts)) for field in fields)


def notice_text(
    notice: Notice, notifier: Notifier, legal: Legal, platform: Platform, *, position: int | None = None,
    signatures: Sequence[Signature] | None = None,
) -> str:  # fmt: skip
    """The same as one text to read and paste from, with what was cut said under each field. ``signatures``: those that count, as for the letter."""
    draft = "" if len(notice.signed if signatures is None else signatures) >= NEEDED else "PROJET NON SIGNÉ : à ne pas envoyer.\n\n"
    parts = [f"{draft}{addressed(content_of(notice), platform).service} : ce qui est à coller dans le formulaire, champ par champ"]
    for one in notice_fields(notice, notifier, legal, platform, position=position):
        limit = f" ({len(one.text)} caractères sur {one.most})" if one.most else ""
        said = f"\n[Coupé : le texte entier fait {one.cut_from} caractères. Il manque : {', '.join(one.left_out)}.]" if one.cut_from else ""
        parts.append(f"--- {one.label}{limit} ---\n{one.text or '(à remplir par vous)'}{said}")
    return "\n\n".join(parts) + "\n"


def _whole(field: FormField, texts: Mapping[str, str]) -> list[Part]:
    return [Part("", "la fin", texts.get(ALIKE.get(field.name, field.name), ""), stays=False)]


def _filled(field: FormField, parts: list[Part]) -> Filled:
    seen = [part._replace(text=visible(part.text).strip()) for part in parts]
    whole = GAP.join(part.text for part in seen)
    text, missing = (whole, ()) if field.most is None or len(whole) <= field.most else fitted(seen, field.most)
    long = len(whole) if missing else None
    return Filled(name=field.name, label=field.label, text=text, most=field.most, required=field.required, cut_from=long, left_out=missing)


def fitted(parts: list[Part], most: int) -> tuple[str, tuple[str, ...]]:
    """The parts in ``most`` characters, in their order, and the names of those that are cut or missing: what stays is given room first. Pure."""
    stays = sum(len(part.text) + len(GAP) for part in parts if part.stays)
    if most - stays < ROOM:  # not even the reasons would fit: the first words are what counts
        return cut(GAP.join(part.text for part in parts), most), tuple(f"{part.name} (en tout ou en partie)" for part in parts if not part.stays)
    left, kept, missing = most - stays + len(GAP), list[str](), list[str]()
    for part in parts:
        text = part.text if part.stays else cut(part.text, max(0, left - len(GAP)))
        if not part.stays:
            left -= len(text) + len(GAP) if text else 0
            missing += [part.name] if text != part.text else []
            left = left if text == part.text else 0
        kept += [text] if text else []
    return GAP.join(kept), tuple(missing)


def _texts(content: Content, notifier: Notifier, legal: Legal, items: tuple[Item, ...]) -> dict[str, str]:
    return {
        "url": "\n".join(item.url for item in items),
        "law": _law(content, legal),
        "name": notifier.name,
        "email": notifier.profile.email,
        "signature": notifier.profile.representative or notifier.name,
        "statement": STATEMENT,
        "category": f"{category_named(content.category)} ({content.category}, {content.keyword})" if content.category else "",
        "country": "France",
        "quotes": _quotes(content, items),
    }


def _law(content: Content, legal: Legal) -> str:
    return "\n".join(printable_basis(legal.basis(name)) for name in content.bases)


def _message(notice: Notice, content: Content, notifier: Notifier, legal: Legal, items: tuple[Item, ...]) -> list[Part]:
    status = notifier.profile.trusted_flagger
    who = f"{notifier.name}, signaleur de confiance ({status.authority}, {status.decided_on:%d/%m/%Y})" if status else notifier.name
    threat = f"Menace pour la vie ou la sécurité ({dsa('art. 18')}) : {content.art18_why}" if content.art18 else ""
    hidden = "Merci de ne donner notre identité à l'auteur que si c'est strictement nécessaire." if content.confidential else ""
    return [
        Part("", "l'en-tête", f"Notification ({dsa('art. 16')}), réf. {notice.id}. {who}.", stays=True),
        Part("law", "le fondement", f"Fondement : {_law(content, legal)}", stays=True),
        Part("url", "les adresses", "\n".join(_line(item) for item in items), stays=True),
        Part("", "la menace pour la vie ou la sécurité", threat, stays=False),
        Part("", "l'explication", content.explanation, stays=False),
        Part("quotes", "les extraits", _quotes(content, items), stays=False),
        Part("", "la mesure suggérée", f"Mesure suggérée : {MEASURE_NAMES[content.measure]}." if content.measure else "", stays=False),
        Part("", "la demande de confidentialité", hidden, stays=False),
        Part("statement", "la déclaration", STATEMENT, stays=True),
        Part("email", "l'adresse de réponse", f"Réponse à : {notifier.profile.email}", stays=True),
    ]


def _line(item: Item) -> str:
    return f"{item.url} (publié : {both(item.published_at)} ; vu le {paris(item.collected_at)})"


def _quotes(content: Content, items: tuple[Item, ...]) -> str:
    wanted = {item.document_id for item in items}
    found = dict.fromkeys(
        (quoted.text, place(quoted, content)) for one in content.elements for quoted in one.quotes if quoted.document_id in wanted
    )  # fmt: skip
    return "\n".join(f"« {text} » ({where})" for text, where in found)
