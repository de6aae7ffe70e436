"""Drafts of complaints against a provider's decision: inside (DSA art. 20) and out of court (art. 21). A person changes and files them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from cases.papers.notice_letter import addressee_of, sender_of
from cases.papers.paper import Paper, Text
from cases.papers.words import CITED, count, dsa
from cases.reporting.words import ACTION_NAMES, GROUND_NAMES
from core.times import paris

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cases.notices import Notice, NoticeItem
    from cases.platforms import Platform
    from cases.profiles import Notifier

Kind = Literal["interne", "hors_tribunal"]
TITLES: dict[Kind, str] = {
    "interne": "Réclamation contre une décision de modération",
    "hors_tribunal": "Demande de règlement extrajudiciaire d'un litige",
}


def complaint_text(notice: Notice, notifier: Notifier, platform: Platform, *, kind: Kind = "interne", body: str | None = None) -> str:
    """A draft in French with what is known: facts, dates, what was decided on each item; [brackets] are for the person who files it."""
    return "\n\n".join(part for part in _parts(notice, notifier, platform, kind, body) if part)


def complaint_paper(
    text: str, notice: Notice, notifier: Notifier, platform: Platform, *, kind: Kind = "interne", body: str | None = None, date: str = ""
) -> Paper:
    """The complaint as it is filed, as a letter. ``text``: what a person made of the draft; ``date``: as it is printed."""
    return Paper(
        title=TITLES[kind],
        subtitle=f"{platform.service}, notification {notice.id}",
        organisation=notifier.name,
        sender=sender_of(notifier),
        addressee=(body,) if body else addressee_of(platform),
        date=date,
        reference=f"Notification {notice.id}, version {notice.version}",
        blocks=tuple(Text(part) for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()),
    )


def _parts(notice: Notice, notifier: Notifier, platform: Platform, kind: Kind, body: str | None) -> Iterator[str]:
    sent = f"le {paris(notice.sent_at)}" if notice.sent_at else "[date d'envoi]"
    what = f"{count(len(notice.items), 'contenu public', 'contenus publics')} de {platform.service} ({dsa('art. 16')})"
    known = f"sous la référence {notice.reference or notice.id}"
    yield "Madame, Monsieur,"
    if kind == "interne":
        yield f"{notifier.name} vous a notifié {sent}, {known}, {what}."
    else:
        yield f"{notifier.name} a notifié au fournisseur {sent}, {known}, {what}."
        yield f"Nous saisissons {body or '[organisme certifié]'} du litige qui en est né ({dsa('art. 21')})."
    yield _decision(notice)
    yield "\n".join(_outcome(item) for item in notice.items)
    yield "Nous contestons cette décision pour les raisons suivantes : [dites ce que la décision n'a pas vu, contenu par contenu]."
    yield _right(kind)
    yield CITED
    yield f"Pour {notifier.name},\n{notifier.profile.representative or '[nom et qualité]'}\n{notifier.profile.email}"


def _decision(notice: Notice) -> str:
    if notice.decided_at is None:
        return "Aucune décision ne nous est parvenue à ce jour."
    redress = {True: "", False: " Elle n'indiquait pas les voies de recours.", None: ""}[notice.redress_given]
    automated = " Elle a été prise par des moyens automatiques, selon votre réponse." if notice.automated else ""
    return f"Une décision nous est parvenue le {paris(notice.decided_at)}.{automated}{redress}"


def _outcome(item: NoticeItem) -> str:
    said = ACTION_NAMES[item.action].lower() if item.action else "aucune réponse connue"
    ground = f" (fondement : {GROUND_NAMES[item.ground].lower()})" if item.ground else ""
    return f"- Contenu {item.position} : {said}{ground}."


def _right(kind: Kind) -> str:
    if kind == "interne":
        return (
            f"Nous formons une réclamation par votre système interne, dans les six mois de l'information sur la décision ({dsa('art. 20')}). "
            "Nous demandons qu'elle soit examinée par du personnel qualifié et non par des moyens automatiques seuls, que votre réponse soit motivée "
            "et qu'elle indique la possibilité d'un règlement extrajudiciaire."
        )
    return (
        "Nous demandons une décision dans les 90 jours civils de la réception de la plainte, ou 180 jours au plus si l'affaire est complexe "
        f"({dsa('art. 21')}). Nous savons qu'elle ne lie pas les parties."
    )
