"""Reads the content files, leaving out what each item should score: see ``demo.truth``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from demo.content import Blog, Funding, Instance

CONTENT = Path(__file__).resolve().parent / "content"


def files() -> tuple[Path, ...]:
    """All content files, in the order of the sites' ports."""
    names = ("source_claire", "cercle_aube", "gazette_val_perdu", "carnets_potager")
    return (*(CONTENT / "blogs" / f"{name}.yml" for name in names), CONTENT / "mastodon.yml", CONTENT / "crowdfunding.yml")


def read(path: Path) -> dict[str, Any]:
    """A content file as written."""
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def _without_truth(raw: dict[str, Any], key: str) -> dict[str, Any]:
    """Drops what is expected of each item, so that no template can ever show it to a crawler."""
    return {**raw, key: [{name: value for name, value in item.items() if name != "truth"} for item in raw[key]]}


@cache
def load_blogs() -> tuple[Blog, ...]:
    """The four blogs, articles newest first."""
    blogs = (Blog.model_validate(_without_truth(read(path), "articles")) for path in files()[:4])
    return tuple(blog.model_copy(update={"articles": tuple(sorted(blog.articles, key=lambda a: a.at, reverse=True))}) for blog in blogs)


@cache
def load_instance() -> Instance:
    """The Mastodon-like site, statuses newest first."""
    instance = Instance.model_validate(_without_truth(read(files()[4]), "statuses"))
    return instance.model_copy(update={"statuses": tuple(sorted(instance.statuses, key=lambda s: s.at, reverse=True))})


@cache
def load_funding() -> Funding:
    """The crowdfunding site."""
    return Funding.model_validate(_without_truth(read(files()[5]), "campaigns"))
