"""What each item of the demonstration should score, to measure a run. Never served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from core.errors import ConfigError
from core.records import MARKERS, Marker
from demo.content import Article, Campaign, Status
from demo.reading import files, read

TruthKind = Literal["positive", "hard_negative", "ordinary"]
# troubles after which no document may exist: forbidden, unreadable, opted out, or only the shadow of another item
NEVER_COLLECTED = frozenset({"private", "gone", "bot_wall", "empty", "nobot", "noindex", "boost", "unlisted"})
ITEMS: dict[str, type[Article] | type[Status] | type[Campaign]] = {"articles": Article, "statuses": Status, "campaigns": Campaign}


@dataclass(frozen=True)
class Truth:
    """What a person expects of one item; ``collected`` is whether a correct crawl ends with a document for it."""

    site: str
    path: str
    kind: TruthKind
    markers: frozenset[Marker]
    exclusion: str | None
    trouble: str | None
    collected: bool


def load_truth() -> dict[str, Truth]:
    """The truth of every item by canonical path, which is unique over all sites. Raises ConfigError."""
    found: dict[str, Truth] = {}
    for path in files():
        raw = read(path)
        key = next(name for name in ITEMS if name in raw)
        for item in raw[key]:
            truth = _truth(raw["name"], key, item)
            if truth.path in found:
                raise ConfigError(f"{path.name}: {truth.path} is there twice; give one of them another slug")
            found[truth.path] = truth
    return found


def truth_of(url: str, truths: dict[str, Truth]) -> Truth | None:
    """The truth of a collected address, whatever its port and tracking parameters; None for a page that is no item."""
    return truths.get(urlsplit(url).path)


def _truth(site: str, key: str, item: dict[str, Any]) -> Truth:
    expected = item.get("truth")
    path = ITEMS[key].model_validate({name: value for name, value in item.items() if name != "truth"}).path
    if not expected or expected["kind"] not in get_args(TruthKind) or not set(expected["markers"]) <= set(MARKERS):
        raise ConfigError(f"{site}: {path} needs truth: {{markers: [...], kind: {' | '.join(get_args(TruthKind))}}}")
    return Truth(
        site=site, path=path, kind=expected["kind"], markers=frozenset(expected["markers"]), exclusion=expected.get("exclusion"),
        trouble=item.get("trouble"), collected=item.get("trouble") not in NEVER_COLLECTED,
    )  # fmt: skip
