"""From a scored document to the entry that is indexed, and back. Pure."""

from __future__ import annotations

import math
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.errors import Invalid
from core.records import DECISIONS, EMBEDDING_SIZE, MARKERS, Document, ScoredDocument, Standing
from index.fields import BY_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from core.records import Assessment, Decision
    from index.fields import Field, FieldType
    from index.harm import Rank

# exactly the names of fields.FIELDS; values are what JSON can say
Entry = dict[str, Any]

_DOCUMENT_FIELDS = tuple(name for name in Document.model_fields if name not in ("evidence", "deletion"))
UNDECIDED = Standing()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_INTEGER = 2**63 - 1
_MAX_ID_BYTES = 512  # Elasticsearch's limit
_MAX_KEYWORD_BYTES = 32_766  # Lucene's limit


def to_entry(scored: ScoredDocument, *, indexed_at: datetime, rank: Rank, campaign: str | None = None, standing: Standing = UNDECIDED) -> Entry:
    """The entry of a scored document. Raises Invalid when document and assessment do not belong together."""
    document, assessment = scored.document, scored.assessment
    _check_pair(document, assessment)
    funding, warc = document.funding, document.evidence
    return {
        **document.model_dump(mode="json", exclude={"evidence", "deletion"}),
        "channels": [f"{channel.kind}:{channel.value}" for channel in (*document.contacts, *document.payments)],
        "funding_raised": funding.raised if funding else None,
        "funding_goal": funding.goal if funding else None,
        "funding_currency": funding.currency if funding else None,
        "funding_donors": funding.donors if funding else None,
        "evidence_file": warc.file if warc else None,
        "warc": warc.model_dump(mode="json") if warc else None,
        "model": assessment.model,
        "revision": assessment.revision,
        **{f"score_{marker}": assessment.scores.get(marker) for marker in MARKERS},
        "markers": [marker for marker in MARKERS if assessment.decision.get(marker, "rien") != "rien"],
        "alerts": [marker for marker in MARKERS if assessment.decision.get(marker) == "alerte"],
        "decision": strongest(assessment),
        "lane": rank.lane,
        "priority": rank.priority,
        "harm": rank.harm,
        "reasons": [reason.model_dump(mode="json") for reason in rank.reasons],
        "reach": reach(document),
        "price": price(assessment),
        "campaign": campaign,
        "submarkers": sorted({name for passage in assessment.evidence for name in passage.submarkers}),
        "flags": sorted({flag.id for flag in assessment.flags}),
        "stance": assessment.stance,
        "passages": [flag.model_dump(mode="json") for flag in assessment.flags],
        "evidence": [passage.model_dump(mode="json") for passage in assessment.evidence],
        "embedding": assessment.embedding,
        **standing_fields(standing),
        "batch": scored.batch,
        "indexed_at": indexed_at.isoformat(),
    }


def _check_pair(document: Document, assessment: Assessment) -> None:
    if assessment.document_id != document.id:
        raise Invalid(f"assessment of {assessment.document_id} given with document {document.id}; pair each document with its own")
    if assessment.scores.keys() != assessment.decision.keys():
        scored, decided = sorted(assessment.scores), sorted(assessment.decision)
        raise Invalid(f"assessment of {document.id} scores {scored} and decides {decided}; expected one decision for each score")


def strongest(assessment: Assessment) -> Decision:
    """The strongest decision of all markers; ``rien`` when there is none."""
    return max(assessment.decision.values(), key=DECISIONS.index, default="rien")


def reach(document: Document) -> int | None:
    """The largest public count that the page shows; None where it shows none."""
    donors = document.funding.donors if document.funding else None
    shown = (document.views, document.followers, document.reposts, document.likes, document.replies, donors)
    return max((count for count in shown if count is not None), default=None)


def price(assessment: Assessment) -> float | None:
    """The largest amount in euros among the transversal flags' values ("4997 EUR")."""
    amounts = [flag.value.removesuffix(" EUR") for flag in assessment.flags if flag.value and flag.value.endswith(" EUR")]
    return max(map(float, amounts), default=None)


def standing_fields(standing: Standing) -> Entry:
    """The fields that the case database decides."""
    return standing.model_dump(mode="json")


def from_entry(entry: Entry) -> ScoredDocument:
    """The scored document that an entry was made of. Raises pydantic's ValidationError for an entry of another mapping."""
    scored = [marker for marker in MARKERS if entry[f"score_{marker}"] is not None]
    return ScoredDocument.model_validate(
        {
            "document": {**{name: entry[name] for name in _DOCUMENT_FIELDS}, "evidence": entry["warc"]},
            "assessment": {
                "document_id": entry["id"],
                "model": entry["model"],
                "revision": entry["revision"],
                "scores": {marker: entry[f"score_{marker}"] for marker in scored},
                "decision": {marker: _decision(entry, marker) for marker in scored},
                "evidence": entry["evidence"],
                "stance": entry["stance"],
                "flags": entry["passages"],
                "embedding": entry["embedding"],
            },
            "batch": entry["batch"],
        }
    )


def _decision(entry: Entry, marker: str) -> Decision:
    if marker in entry["alerts"]:
        return "alerte"
    return "a_lire" if marker in entry["markers"] else "rien"


def milliseconds(moment: str | datetime) -> int:
    """Milliseconds since 1970 UTC of a time with its zone, rounded down. Raises ValueError for anything else."""
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    if found.tzinfo is None:
        raise ValueError(f"time {moment} has no time zone")
    return (found - _EPOCH) // timedelta(milliseconds=1)


def problem(entry: Entry, *, fields: Mapping[str, Field] = BY_NAME) -> str | None:
    """Why an index must refuse an entry, in one line; None when it can be indexed. Both adapters ask it first, so that they refuse alike."""
    if entry.keys() != fields.keys():
        unknown, missing = sorted(entry.keys() - fields.keys()), sorted(fields.keys() - entry.keys())
        return f"unknown fields {unknown}, missing fields {missing}; expected exactly those of index/fields.py"
    if not entry["id"] or len(str(entry["id"]).encode(errors="replace")) > _MAX_ID_BYTES:
        return f"id is empty or longer than {_MAX_ID_BYTES} bytes"
    for name, value in entry.items():
        kind = fields[name].type
        # no value at all is None, and of a list the empty one
        if (value is None and kind == "keywords") or (value is not None and not _CHECKS[kind](value)):
            return f"field {name} holds a {type(value).__name__} that does not fit type {kind}"
    return None


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -_MAX_INTEGER <= value <= _MAX_INTEGER


def _is_keyword(value: Any) -> bool:
    return isinstance(value, str) and ((value.isascii() and len(value) <= _MAX_KEYWORD_BYTES) or _encodes(value, at_most=_MAX_KEYWORD_BYTES))


def _encodes(value: str, *, at_most: int | None = None) -> bool:
    try:
        size = len(value.encode())
    except UnicodeEncodeError:  # half of a surrogate pair: neither JSON in UTF-8 nor SQLite can hold it
        return False
    return at_most is None or size <= at_most


def _is_embedding(value: Any) -> bool:
    try:
        # only zeros point nowhere: Elasticsearch refuses them
        return isinstance(value, str) and len(found := b64decode(value, validate=True)) == EMBEDDING_SIZE and any(found)
    except ValueError:
        return False


def _is_moment(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        milliseconds(value)
    except ValueError:
        return False
    return True


_CHECKS: dict[FieldType, Callable[[Any], bool]] = {
    "keyword": _is_keyword,
    "keywords": lambda value: isinstance(value, list) and all(map(_is_keyword, value)),
    "text": lambda value: isinstance(value, str) and _encodes(value),
    "date": _is_moment,
    "float": lambda value: _is_integer(value) or (isinstance(value, float) and math.isfinite(value)),
    "integer": _is_integer,
    "boolean": lambda value: isinstance(value, bool),
    "stored": lambda value: isinstance(value, dict | list),
    "vector": _is_embedding,
}
