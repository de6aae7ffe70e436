"""An invented notice, complete, for tests of papers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from cases.legal import load_legal
from cases.notice import Content, Element, Item, Quoted, Weighed, digest_of
from cases.notices import Notice, NoticeItem
from cases.platforms import Fact, FormField, Platform
from cases.profiles import Notifier, Profile, TrustedFlagger
from cases.signing import STATEMENT, Signature

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
LAW = "cp-223-1-2-al1"
WORDS = "Arrêtez votre chimiothérapie, ce protocole suffit."


def item(number: int = 1, **changes: Any) -> Item:
    said = {
        "document_id": f"{number:032x}", "url": f"https://video.example/watch?v=abc{number}", "platform": "video.example", "platform_id": f"abc{number}",
        "kind": "post", "content_type": ("VIDEO", "TEXT"), "access_mode": "open", "language": "fr", "title": "Le protocole",
        "published_at": datetime(2026, 10, 1 + (number - 1) % 28, 18, 4, tzinfo=UTC), "collected_at": NOW, "author": "p" * 16, "reach": {"views": 1200, "likes": 85},
        "flags": ("T2", "T3"), "content_sha256": f"{number:064x}", "text_sha256": f"{number + 100:064x}", "record_sha256": f"{number + 200:064x}",
        "qualification": "illicite_presume", "decision_id": f"d{number}", "decided_at": NOW, "markers": ("abandon_soins",), "submarkers": ("A1", "A4"),
    }  # fmt: skip
    return Item.model_validate(said | changes)


def quoted(number: int = 1, text: str = WORDS) -> Quoted:
    return Quoted(document_id=f"{number:032x}", start=120, end=120 + len(text), text=text, submarker="A1")


def content(**changes: Any) -> Content:
    elements = tuple(
        Element(
            basis=LAW, element=one.id, says=f"{one.name} : le contenu le montre par ses propres mots, sans réserve.", quotes=(quoted(1 + number % 2),)
        )
        for number, one in enumerate(load_legal().basis(LAW).elements)
    )
    said = {
        "platform": "tubes", "items": (item(1), item(2)), "bases": (LAW,), "elements": elements,
        "weighed": (Weighed(exclusion=f"{LAW}/consentement", why="Aucune information sur les risques n'est donnée."),),
        "category": "STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY", "keyword": "KEYWORD_RISK_PUBLIC_HEALTH",
        "explanation": "Deux vidéos pressent des malades du cancer d'arrêter leur traitement et présentent cet arrêt comme un soin. " * 3,
        "summary_en": "Two videos urge cancer patients to stop their treatment.", "measure": "retrait", "art18": True,
        "art18_why": "Des malades y disent avoir cessé leur traitement.", "victims": "masquees",
    }  # fmt: skip
    return Content.model_validate(said | changes)


def signature(by: str, **changes: Any) -> Signature:
    said = {
        "id": by, "person_id": by, "by": by, "version": 3, "digest": "0" * 64, "gates": (), "statement": STATEMENT, "interests": "aucun", "at": NOW,
    }  # fmt: skip
    return Signature.model_validate(said | changes)


def notice(made: Content | None = None, **changes: Any) -> Notice:
    made = made or content()
    said = {
        "id": "0123456789abcdef0123456789abcdef", "organisation_id": "o1", "created_by": "p1", "created_at": NOW, "state": "signee", "version": 3,
        "digest": digest_of(made), "content": made, "platform": made.platform, "category": made.category, "keyword": made.keyword,
        "markers": made.markers, "bases": made.bases, "source_type": "SOURCE_ARTICLE_16", "sent_at": None, "sent_by": None, "channel": None,
        "reference": None, "acknowledged_at": None, "decided_at": None, "acted_at": None, "redress_given": None, "automated": None,
        "overturned_at": None, "closed_at": None, "complaints": (),
        "items": tuple(NoticeItem(position=number, document_id=one.document_id, campaign=None) for number, one in enumerate(made.items, 1)),
        "signatures": (signature("Alix Brun", gates=("sante",)), signature("Noor Valette", gates=("droit",), interests="adhérente de l'association")),
    }  # fmt: skip
    return Notice.model_validate(said | changes)


def platform(**changes: Any) -> Platform:
    said = {
        "id": "tubes", "service": "Tubes", "hosts": ("video.example",), "provider": Fact(value="Tubes Video Ltd", status="lu", source="mentions légales"),
        "country": Fact(value="IE"), "vlop": Fact(value=True), "channel": "formulaire", "email": Fact(value="notices@tubes.example"),
        "fields": (
            FormField(name="url", label="Adresse du contenu", most=500, required=True),
            FormField(name="reason", label="Explication", most=600, required=True),
            FormField(name="email", label="Votre adresse électronique"),
            FormField(name="captcha", label="Cases à cocher"),
        ),
        "note": "Service inventé.",
    }  # fmt: skip
    return Platform.model_validate(said | changes)


def notifier(name: str = "Association Clairière", **changes: Any) -> Notifier:
    said = {
        "legal_form": "Association loi 1901", "siren": "123456789", "address": "12 rue des Tilleuls\n69000 Lyon", "email": "contact@clairiere.example",
        "representative": "Alix Brun", "trusted_flagger": TrustedFlagger(authority="Arcom", decided_on=date(2026, 3, 2), area="Santé et dérives sectaires"),
    }  # fmt: skip
    return Notifier(organisation_id="o1", name=name, capacity="aucune", registration=None, profile=Profile.model_validate(said | changes))
