"""Who a notice went to, as the register keeps it when the content is erased: a legal person's name or an instance's host, never a person's name.

The yearly report gives the identity of each provider (DSA art. 22(3)(a)); where that could name somebody, it is a number (reporting/providers.py).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cases.platforms import OTHER
from cases.scanning import personal_data

if TYPE_CHECKING:
    from cases.notice import Content
    from cases.platforms import Platforms

UNNAMED = "#"  # before what tells providers apart that are not named
KEPT = 6  # of its digits: many hosts of the web have the same ones, the few of one register do not
SHORT_FORMS = frozenset("SA AG BV NV AB OY SL KG".split())  # noqa: SIM905 - as they are written: "sa" is a word
# not those of one person alone (EI, EURL, SASU): their name is often hers
FORMS = frozenset(
    """
    aps asbl association corp corporation fondation gie gmbh inc limited llc ltd oü plc sarl sas sca scic scop snc spa srl syndicat
    """.split()  # noqa: SIM905 - a list of words reads better so
)
TRADES = frozenset(
    """
    cloud communications digital group groupe hébergement hébergeur holding hosting international internet ireland media network networks online
    platforms services société systems technologies telecom télécom web
    """.split()  # noqa: SIM905
)


def provider_of(content: Content, platforms: Platforms, organisation_id: str) -> str:
    """What tells the provider of a notice from others of its platform; "" where the platform has one. Raises NotFound."""
    if not platforms.platform(content.platform).per_host:
        return ""
    host = content.items[0].platform
    host = platforms.provider_key(host).partition(":")[2] or host.lower()
    if content.platform != OTHER:
        return host[:255]
    return legal_name(content.recipient.provider if content.recipient else "") or _unnamed(organisation_id, host)


def _unnamed(organisation_id: str, host: str) -> str:
    """The same for the same host; nothing of it can be read back."""
    return UNNAMED + hashlib.sha256(f"provider\n{organisation_id}\n{host}".encode()).hexdigest()[:KEPT]


def legal_name(given: str) -> str:
    """The name of a legal person as it was given; "" for what may be somebody's name, or says too little to tell."""
    words = given.split()
    forms = {word for word in words if _is_form(word)}
    trade = any(word.strip(".,()").casefold() in TRADES for word in words)
    rest = " ".join(word for word in words if word not in forms)
    if not (forms or trade) or personal_data(rest, loose=not (forms and trade)):
        return ""
    return " ".join(words)


def _is_form(word: str) -> bool:
    plain = word.strip(".,()")
    return plain in SHORT_FORMS or plain.replace(".", "").casefold() in FORMS
