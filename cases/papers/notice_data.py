"""A notice as JSON, in the field names and lengths of the DSA transparency database, so that a provider copies them one to one.

What is cut to a length is named in ``shortened``. Facts and texts of law that nobody checked say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cases.legal import TO_CHECK
from cases.papers.cutting import cut
from cases.papers.notice_letter import addressed, content_of, exclusion_named
from cases.signing import STATEMENT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cases.legal import Basis, Legal
    from cases.notice import Content, Item, Quoted
    from cases.notices import Notice
    from cases.platforms import Fact, Platform
    from cases.profiles import Notifier
    from cases.signing import Signature

# characters that the database takes (domain rules, 1.8)
MOST = {
    "illegal_content_legal_ground": 500, "illegal_content_explanation": 2000, "decision_facts": 5000, "category_specification_other": 500,
    "source_identity": 500,
}  # fmt: skip
VISIBILITY = {
    "retrait": "CONTENT_REMOVED", "blocage_fr": "CONTENT_DISABLED", "restriction_age": "CONTENT_AGE_RESTRICTED", "declassement": "CONTENT_DEMOTED",
    "etiquetage": "CONTENT_LABELLED",
}  # fmt: skip


def notice_json(
    notice: Notice, notifier: Notifier, legal: Legal, platform: Platform, *, signatures: Sequence[Signature] | None = None
) -> dict[str, Any]:
    """The notice as plain values; the same data give the same. Raises Conflict for one whose content was erased, NotFound."""
    content = content_of(notice)
    given = notice.signed if signatures is None else tuple(signatures)
    said, shortened = _cut({
        "illegal_content_legal_ground": " ; ".join(legal.basis(name).article for name in content.bases),
        "illegal_content_explanation": content.explanation,
        "decision_facts": facts(content, legal),
        "category_specification_other": content.keyword_other,
        "source_identity": notifier.name,
    })  # fmt: skip
    return {
        **_sending(notice, notifier, platform),
        "notifier": _notifier(notifier, content),
        "service": _service(addressed(content, platform)),
        **said,
        **_allegation(content),
        "items": [_item(number, item) for number, item in enumerate(content.items, 1)],
        "legal_grounds": [_ground(legal.basis(name), content) for name in content.bases],
        "exclusions_considered": [
            {"id": one.exclusion, "name": exclusion_named(one.exclusion, legal), "why_not": one.why} for one in content.weighed
        ],
        "victims_masked": content.victims == "masquees",
        "bona_fide_statement": STATEMENT,
        "signatures": [{"by": one.by, "at": _moment(one.at), "gates": list(one.gates), "interests": one.interests} for one in given],
        "shortened": shortened,
    }


def _sending(notice: Notice, notifier: Notifier, platform: Platform) -> dict[str, Any]:
    return {
        "notice_id": notice.id,
        "notice_version": notice.version,
        "idempotency_key": notice.digest,
        "created_at": _moment(notice.created_at),
        "submitted_at": _moment(notice.sent_at),
        "submission_channel": notice.channel or platform.channel,
        "submission_reference": notice.reference,
        "language": "FR",
        "source_type": _source(notice, notifier),
    }


def _allegation(content: Content) -> dict[str, Any]:
    return {
        "summary_en": content.summary_en,
        "category": content.category,
        "category_addition": [],
        "category_specification": [content.keyword] if content.keyword else [],
        "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
        "content_type": sorted({f"CONTENT_TYPE_{one}" for item in content.items for one in item.content_type}),
        "automated_detection": "Yes" if content.automated_detection else "No",
        "requested_measure": _measure(content),
        "art18_threat": content.art18,
        "art18_explanation": content.art18_why,
    }


def _source(notice: Notice, notifier: Notifier) -> str:
    """What it was sent as; before, what it would be."""
    if notice.sent_at is not None:
        return notice.source_type
    return "SOURCE_TRUSTED_FLAGGER" if notifier.profile.trusted_flagger else "SOURCE_ARTICLE_16"


def facts(content: Content, legal: Legal) -> str:
    """The facts in one text: element by element, with what shows each."""
    parts = []
    for one in content.elements:
        if one.says or one.quotes:
            name = legal.basis(one.basis).element(one.element).name
            quotes = " ".join(f"« {quoted.text} »" for quoted in one.quotes)
            parts.append(" ".join(part for part in (f"{name} :", one.says, quotes) if part))
    return "\n".join(parts)


def _cut(texts: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    kept = {name: cut(text, MOST[name]) for name, text in texts.items()}
    return kept, [name for name, text in texts.items() if kept[name] != text.strip()]


def _notifier(notifier: Notifier, content: Content) -> dict[str, Any]:
    profile = notifier.profile
    status = profile.trusted_flagger
    return {
        "name": notifier.name,
        "legal_form": profile.legal_form,
        "registration": profile.siren or notifier.registration or "",
        "address": profile.address,
        "email": profile.email,
        "representative": profile.representative,
        "agrement": profile.agrement,
        "trusted_flagger": status is not None,
        "trusted_flagger_authority": status.authority if status else None,
        "trusted_flagger_since": status.decided_on.isoformat() if status else None,
        "area_of_expertise": status.area if status else None,
        "confidential": content.confidential,
    }


def _service(platform: Platform) -> dict[str, Any]:
    facts_of = {name: getattr(platform, name) for name in ("provider", "country", "vlop")}
    return {"platform": platform.service, **{name: _fact(fact) for name, fact in facts_of.items()}}


def _fact(fact: Fact | None) -> dict[str, Any] | None:
    return {"value": fact.value, "verified": fact.status == "lu", "source": fact.source} if fact is not None else None


def _measure(content: Content) -> dict[str, Any]:
    """The measure in the database's words; the provider decides."""
    name = content.measure or ""
    return {
        "decision_visibility": [f"DECISION_VISIBILITY_{VISIBILITY[name]}"] if name in VISIBILITY else [],
        "decision_monetary": "SUSPENSION" if name == "demonetisation" else None,
        "decision_account": "SUSPENDED" if name == "mesure_compte" else None,
        "territorial_scope": ["FR"] if name == "blocage_fr" else [],
    }


def _item(number: int, item: Item) -> dict[str, Any]:
    return {
        "position": number,
        "url": item.url,
        "platform_content_id": item.platform_id,
        "title": item.title,
        "content_type": [f"CONTENT_TYPE_{one}" for one in item.content_type],
        "content_language": item.language.upper() if item.language else None,
        "content_date": _moment(item.published_at),
        "access_mode": item.access_mode,
        "captured_at": _moment(item.collected_at),
        "reach": item.reach,
        "flags": list(item.flags),
        "signs": list(item.submarkers),
        "content_sha256": item.content_sha256,
        "text_sha256": item.text_sha256,
        "record_sha256": item.record_sha256,
    }


def _ground(basis: Basis, content: Content) -> dict[str, Any]:
    said = {one.element: one for one in content.elements if one.basis == basis.id}
    return {
        "id": basis.id,
        "article": basis.article,
        "text": basis.text if basis.status == "lu" else None,
        "copy_of": basis.in_force_on.isoformat() if basis.in_force_on else None,
        "checked_by_lawyer": basis.checked_on is not None,
        "caution": None if basis.checked_on else TO_CHECK,
        "elements": [
            {
                "id": one.id,
                "name": one.name,
                "required": one.required,
                "explanation": said[one.id].says,
                "quotes": [_quote(quoted, content) for quoted in said[one.id].quotes],
            }
            for one in basis.elements
            if one.id in said
        ],
    }


def _quote(quoted: Quoted, content: Content) -> dict[str, Any]:
    position = next((number for number, item in enumerate(content.items, 1) if item.document_id == quoted.document_id), None)
    return {"item": position, "start": quoted.start, "end": quoted.end, "text": quoted.text, "sign": quoted.submarker}


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
