"""Who reads what in Kibana: a space of its own, and a role that reads and nothing else. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from index.fields import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

SPACE = "vigie"
ROLE = "vigie_lecture"

# What a reader in Kibana does not need, and why. The text, its passages and the scores stay: they are what is read.
HIDDEN = {
    "author": "a ranking of accounts would score persons, and Vigie scores content",
    "url": "most addresses name the account; an item is opened in Vigie, where that is logged",
    "thread_root": "as url",
    "thread_parent": "as url",
    "platform_id": "as url",
    "links": "nobody follows a hostile link from a dashboard; link_hosts stays",
    "contacts": "how to reach somebody",
    "payments": "how to pay somebody",
    "channels": "both as one list",
    "funding": "holds the organiser's pseudonym; the funding_ amounts stay",
    "embedding": "means nothing to people, and a text can be guessed from it",
    "warc": "where evidence lies: it is proved and exported by vigie evidence, never from here",
    "evidence_file": "as warc",
}
# The features of Kibana that readers have; the v2 names exist since 8.18
FEATURES = ("discover_v2", "dashboard_v2", "visualize_v2")
# Not to be switched off in the space: those above under their older names, and what an administrator keeps the objects with
_KEPT = {*FEATURES, "discover", "dashboard", "visualize", "savedQueryManagement", "indexPatterns", "savedObjectsManagement", "advancedSettings"}


def space(identifier: str, features: Iterable[str]) -> dict[str, Any]:
    """The body of POST /api/spaces/space; ``features``: the ids that this Kibana has, all but a few of which are switched off."""
    return {
        "color": "#1F5F5B",
        "description": "Veille des dérives sectaires : file de lecture, tendances, cagnottes, campagnes, couverture et suivi DSA.",
        "disabledFeatures": sorted(set(features) - _KEPT),
        "id": identifier,
        "initials": "Vi",
        "name": "Vigie",
    }


def role(alias: str, *, space_id: str = SPACE, limits: bool = True) -> dict[str, Any]:
    """The body of PUT /api/security/role/<name>. Without ``limits``, which need a Platinum licence, a reader sees every field."""
    documents: dict[str, Any] = {"names": [alias], "privileges": ["read", "view_index_metadata"]}
    if limits:
        # an object is denied with what it holds
        denied = sorted({*HIDDEN, *(f"{name}.*" for name in HIDDEN if BY_NAME[name].type == "stored")})
        documents["field_security"] = {"grant": ["*"], "except": denied}
    runs = {"names": [f"{alias}-runs"], "privileges": ["read", "view_index_metadata"]}
    return {
        "description": "Lit Vigie dans Kibana, sans rien y changer.",
        "elasticsearch": {"cluster": [], "indices": [documents, runs], "run_as": []},
        "kibana": [{"base": [], "feature": {name: ["read"] for name in FEATURES}, "spaces": [space_id]}],
    }
