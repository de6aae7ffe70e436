"""The first version of a dossier: what the index and the readings say of its contents, in the order of time. Nobody has typed a word yet. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from cases.deciding import text_of
from cases.dossier import MOST_FACTS, Content, Fact
from cases.masking import masked
from cases.notice import MOST_ITEMS, Item, Quoted
from core.errors import Conflict, Invalid
from core.times import paris

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cases.deciding import Entry
    from cases.dossier import Previous
    from cases.dossier_found import Found
    from cases.dossier_kinds import KindSpec

KINDS = {"post": "Un message", "article": "Un article", "crowdfunding": "Une collecte"}
COUNTS = {"views": "views", "likes": "likes", "reposts": "reposts", "replies": "replies", "followers": "followers", "funding_donors": "donors"}
COMPLOTISME = "the marker complotisme alone: an opinion is lawful by default and goes to no authority by itself"


def drafted(spec: KindSpec, entries: Sequence[Entry], found: Mapping[str, Found], previous: Sequence[Previous]) -> Content:
    """What can be said without a person. Raises Invalid, Conflict for contents that may not be in such a dossier."""
    if not 1 <= len(entries) <= MOST_ITEMS:
        raise Invalid(f"a dossier of {len(entries)} items; expected 1 to {MOST_ITEMS}")
    ordered = sorted(entries, key=lambda entry: entry["published_at"] or entry["collected_at"])
    items = tuple(_item(spec, entry, found[entry["id"]]) for entry in ordered)
    facts = tuple(
        fact for place, (entry, item) in enumerate(zip(ordered, items, strict=True), start=1) for fact in _facts(place, item, found[entry["id"]])
    )
    against = tuple(
        one for place, item in enumerate(items, start=1) for one in found[item.document_id].against(place, {name[0] for name in item.submarkers})
    )
    return Content(kind=spec.id, items=items, facts=facts[:MOST_FACTS], against=against, previous=tuple(previous))


def _item(spec: KindSpec, entry: Entry, found: Found) -> Item:
    name, decided = entry["id"], found.decision
    if decided is None or decided.qualification not in spec.qualifications:
        raise Conflict(f"document {name} is decided {decided.qualification if decided else 'by nobody'}; a dossier of kind {spec.id} rests on "
                       f"{' or '.join(spec.qualifications)}")  # fmt: skip
    if not found.settled or len(found.readers) < 2:
        raise Conflict(f"document {name} has {len(found.readers)} readings that agree; what leaves the house is read by two people first")
    if set(decided.markers) == {"complotisme"}:
        raise Invalid(f"document {name} has {COMPLOTISME}")
    if found.leaving:
        raise Conflict(f"document {name} is being erased: its retention period has ended")
    copied = ("url", "platform", "platform_id", "kind", "content_type", "access_mode", "language", "published_at", "collected_at", "author",
              "campaign", "flags", "content_sha256")  # fmt: skip
    return Item.model_validate({
        **{field: entry[field] for field in copied}, "document_id": name, "title": masked(entry["title"]) if entry["title"] else None,
        "reach": {shown: entry[count] for count, shown in COUNTS.items() if entry[count] is not None}, "text_sha256": text_of(entry),
        "record_sha256": (entry["warc"] or {}).get("record_sha256"), "qualification": decided.qualification, "decision_id": decided.id,
        "decided_at": decided.decided_at, "markers": decided.markers, "submarkers": found.submarkers,
        "exclusions": [exclusion for exclusion, _ in found.exclusions],
    })  # fmt: skip


def _facts(place: int, item: Item, found: Found) -> list[Fact]:
    """When the content was published, with the passages that its readers took; and when it was seen online, where that is not the same."""
    quotes = tuple(
        Quoted(document_id=item.document_id, start=one.start, end=one.end, text=masked(one.text), submarker=one.submarker) for one in found.passages
    )
    what, where = KINDS[item.kind], f"sur {item.platform} (contenu {place})"
    seen = Fact(
        at=item.collected_at, dated="constate", says=f"{what} est visible publiquement {where}, relevé le {paris(item.collected_at)}.", item=place
    )
    if item.published_at is None:
        return [seen.model_copy(update={"quotes": quotes})]
    said = f"{what} est publié {where}."
    return [Fact(at=item.published_at, dated="publie", says=said, item=place, quotes=quotes), seen]


def texts_of(content: Content) -> dict[str, str]:
    """Digest of the text of each content, by document, as ``found_in`` takes it."""
    return {item.document_id: item.text_sha256 for item in content.items}


def moment(value: str) -> datetime:
    """A time with its zone. Raises Invalid."""
    try:
        found = datetime.fromisoformat(value)
    except ValueError as error:
        raise Invalid(f"time {value[:40]!r} is none; expected one such as 2026-11-22T14:05+01:00") from error
    if found.tzinfo is None:
        raise Invalid("the time has no zone; expected one such as 2026-11-22T14:05+01:00")
    return found
