"""The source files through which the crawlers know the demonstration's sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from demo.reading import load_blogs, load_funding, load_instance

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TAGS = ("sante", "eveil", "jardin")
COMMON: dict[str, Any] = {
    "language": "fr",
    "access_mode": "open",
    "purpose": "Démonstration sur la boucle locale",
    "legal_basis": "Textes écrits pour le projet, aucune donnée personnelle",
    "expect": {"min": 5},
    "delay": 0,
}


def sources(urls: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The content of each source file by its name, for sites at ``urls``."""
    found: dict[str, dict[str, Any]] = {}
    for blog in load_blogs():
        found[f"demo_{blog.name}"] = _source(f"Blog de démonstration « {blog.title} »", "feed", url=urls[blog.name] + blog.feed.path)
    instance, funding = load_instance(), load_funding()
    for tag in TAGS:
        title = f"Mot-clé #{tag} de l'instance de démonstration « {instance.title} »"
        found[f"demo_mastodon_{tag}"] = _source(title, "mastodon_tag", url=urls[instance.name], tag=tag)
    pages = [urls[funding.name] + campaign.path for campaign in funding.campaigns]
    found["demo_cagnottes"] = _source(f"Cagnottes de démonstration « {funding.title} »", "crowdfunding_page", pages=pages)
    return found


def _source(title: str, kind: str, **where: Any) -> dict[str, Any]:
    return {"title": title, "kind": kind, "enabled": True, **where, **COMMON}


def write_sources(urls: Mapping[str, str], folder: Path) -> tuple[str, ...]:
    """Writes one YAML a source into ``folder``, which is made if needed, and returns the sources' names."""
    folder.mkdir(parents=True, exist_ok=True)
    found = sources(urls)
    for name, source in found.items():
        (folder / f"{name}.yml").write_text(yaml.safe_dump(source, allow_unicode=True, sort_keys=False, width=150), encoding="utf-8")
    return tuple(found)
