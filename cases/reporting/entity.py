"""What of an organisation's profile a report shows: the entity, never the people in it. Its representative and telephone stay out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cases.reporting.figures import Entity, Share

if TYPE_CHECKING:
    from cases.profiles import Notifier

LANGUAGE = re.compile("[a-z]{2,3}")
HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")
# what stands before the @ of an address at which an entity answers; another one may be a person's
SHARED = re.compile(
    "(accueil|alertes?|asso(ciation)?|bonjour|contact|ecrire|infos?|moderation|notifications?|secretariat|signal(ements?|eur)|veille)"
)
# the texts that a person wrote, by the name that people read
ENTITY_TEXTS = {
    "governance": "Gouvernance",
    "conflicts": "Conflits d'intérêts",
    "platform_resources": "Moyens fournis par des plateformes",
    "contest_channel": "Voie de recours ouverte aux auteurs",
    "training": "Formation des personnes qui lisent",
}


def entity_of(notifier: Notifier) -> Entity:
    """Pure. The postal address stays out as well: it may be somebody's home, and a report is read by everybody."""
    profile, flagger = notifier.profile, notifier.profile.trusted_flagger
    return Entity(
        name=notifier.name,
        legal_form=profile.legal_form,
        registration=profile.siren or notifier.registration or "",
        contact=profile.email if SHARED.fullmatch(profile.email.partition("@")[0].casefold()) else "",
        website=_site(profile.website),
        languages=tuple(one for one in profile.languages if LANGUAGE.fullmatch(one)),
        status="signaleur_de_confiance" if flagger else "non_designe",
        status_authority=flagger.authority if flagger else "",
        status_since=flagger.decided_on if flagger else None,
        area=flagger.area if flagger else "",
        funding=tuple(Share(source=one.source, share=one.share) for one in profile.funding),
        no_platform_money=profile.no_platform_money,
        platform_resources=profile.platform_resources,
        governance=profile.governance,
        conflicts=profile.conflicts,
        contest_channel=profile.contest_channel,
        training=profile.training,
    )


def _site(address: str) -> str:
    """The site without the page: what follows may be somebody's account."""
    host = urlsplit(address if "://" in address else f"https://{address}").netloc.lower()
    return f"https://{host}" if HOST.fullmatch(host) else ""
