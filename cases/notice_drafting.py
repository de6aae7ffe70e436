"""The first draft of a notice: facts from the index, signs and quotes from what people read. Pure; what argues is left to a person."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from cases.deciding import text_of
from cases.masking import masked
from cases.notice import Content, Element, Item, Quoted
from cases.notice_found import Found
from cases.notice_rules import counting, to_weigh
from core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cases.deciding import Entry
    from cases.legal import Basis
    from cases.notice_rules import Setting
    from core.taxonomy import Code

COUNTS = ("views", "likes", "reposts", "replies", "followers")
MOST_QUOTES = 12  # that a draft takes over, the first of each item


def item_of(entry: Entry, found: Found) -> Item:
    """Facts of an entry, and what stands on it. Raises Invalid where nothing stands."""
    if found.decision is None:
        raise Invalid(f"no decision stands on {entry['id']}; two people read it first")
    reach = {name: entry[name] for name in COUNTS if entry.get(name) is not None}
    if entry.get("funding_donors") is not None:
        reach["donors"] = entry["funding_donors"]
    return Item(
        document_id=entry["id"], url=entry["url"], platform=entry["platform"], platform_id=entry["platform_id"], kind=entry["kind"],
        content_type=tuple(entry["content_type"]), access_mode=entry["access_mode"], language=entry["language"],
        title=masked(entry["title"]) if entry["title"] else None, published_at=_moment(entry["published_at"]),
        collected_at=datetime.fromisoformat(entry["collected_at"]),
        author=entry["author"], campaign=entry["campaign"], reach=reach, flags=tuple(entry["flags"]), content_sha256=entry["content_sha256"],
        text_sha256=text_of(entry), record_sha256=(entry.get("warc") or {}).get("record_sha256"), **standing_of(found),
    )  # fmt: skip


def standing_of(found: Found) -> dict[str, Any]:
    """The fields of an item that people decided. Raises Invalid where nothing stands."""
    decision = found.decision
    if decision is None or decision.qualification is None:
        raise Invalid("no decision stands on this content; two people read it first")
    return {
        "qualification": decision.qualification, "decision_id": decision.id, "decided_at": decision.decided_at, "markers": decision.markers,
        "submarkers": found.submarkers, "exclusions": found.exclusions,
    }  # fmt: skip


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def content_of(platform: str, items: Sequence[Item], found: Mapping[str, Found], setting: Setting, *, automated: bool) -> Content:
    """A draft that proposes a legal basis, a category and quotes; every reason is empty: a person writes it."""
    bare = Content(platform=platform, items=tuple(items), automated_detection=automated)
    counted = counting(bare, setting.taxonomy)
    basis = _proposed(counted, setting)
    code = _code(counted, basis, setting)
    said = {"category": code.category, "keyword": code.keyword, "keyword_other": code.description or ""} if code else {}
    made = bare.model_copy(update={**said, "bases": (basis.id,) if basis else ()})
    return made.model_copy(update={"elements": elements_of(basis, quotes_of(items, found, counted)) if basis else ()})


def _proposed(counted: Iterable[str], setting: Setting) -> Basis | None:
    signs = [sign for sign in counted if sign[0] != "C"]
    return next((basis for basis in setting.legal.serving(signs) if basis.standalone), None)


def _code(counted: Iterable[str], basis: Basis | None, setting: Setting) -> Code | None:
    if basis and basis.codes:
        return basis.codes[0]
    codes = [code for sign in counted if sign[0] != "C" for code in setting.taxonomy.submarker(sign).dsa]
    return codes[0] if codes else None


def elements_of(basis: Basis, quotes: Sequence[Quoted] = ()) -> tuple[Element, ...]:
    """The elements of a legal basis with nothing said yet; the quotes that carry it stand in the first one."""
    carrying = tuple(one for one in quotes if one.submarker in basis.submarkers)
    return tuple(Element(basis=basis.id, element=one.id, quotes=carrying if number == 0 else ()) for number, one in enumerate(basis.elements))


def quotes_of(items: Sequence[Item], found: Mapping[str, Found], counted: Iterable[str] | None = None) -> tuple[Quoted, ...]:
    """What readers took from these items, masked; ``counted``: for these signs only."""
    wanted = None if counted is None else set(counted)
    return tuple(
        Quoted(document_id=item.document_id, start=one.start, end=one.end, text=masked(one.text), submarker=one.submarker)
        for item in items
        for one in [one for one in found.get(item.document_id, Found()).passages if wanted is None or one.submarker in wanted][:MOST_QUOTES]
    )


def carried_over(content: Content, setting: Setting, quotes: Sequence[Quoted]) -> Content:
    """With the elements of a basis that was just chosen, and without those of one that was dropped."""
    kept = tuple(one for one in content.elements if one.basis in content.bases)
    known = {one.basis for one in kept}
    bases = [setting.legal.basis(name) for name in content.bases if name not in known]
    new = tuple(element for basis in bases for element in elements_of(basis, quotes))
    weighed = set(to_weigh(content, setting.legal)) | set(setting.taxonomy.exclusions())
    return content.model_copy(update={"elements": (*kept, *new), "weighed": tuple(one for one in content.weighed if one.exclusion in weighed)})
