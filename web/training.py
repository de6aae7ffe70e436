"""What people's readings can teach a model, joined with the texts of the index: masked, with pseudonyms only, and the guideline they followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cases.deciding import text_of
from index.export import WITHHELD, exported, quotes
from index.search_mask import public_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cases.fairness import Candidate, FalsePositive
    from index.documents import Entry
    from index.protocol import Index

FALSE_POSITIVES = {
    "document_id": "Contenu", "decided_at": "Décidé le", "platform": "Plateforme", "markers": "Marqueurs relevés", "scores": "Scores",
    "exclusions": "Exclusions", "model": "Modèle", "revision": "Révision", "taxonomy": "Taxonomie",
}  # fmt: skip


def examples(candidates: Iterable[Candidate], index: Index, *, key: bytes) -> Iterator[dict[str, Any]]:
    """One row a candidate; where the text may not or cannot leave, ``text`` is null and ``left_out`` says why."""
    for candidate in candidates:
        entry = index.get(candidate.document_id)
        row = candidate.model_dump(mode="json", exclude={"quotes", "content_sha256"})
        why = _left_out(entry, candidate)
        if entry is None or why:
            yield {**row, "text": None, "title": None, "quotes": [], "left_out": why}
            continue
        out = exported(entry, key=key)
        places = quotes(entry, [(quote.start, quote.end) for quote in candidate.quotes], key=key)
        said = [
            {"text": text, "start": start, "end": None if start is None else start + len(text), "submarker": quote.submarker}
            for quote, (start, text) in zip(candidate.quotes, places, strict=True)
        ]
        yield {
            **row,
            "text": out["text"],
            "title": out["title"],
            "language": out["language"],
            "campaign": out["campaign"],
            "quotes": said,
            "left_out": None,
        }


def _left_out(entry: Entry | None, candidate: Candidate) -> str | None:
    if entry is None:
        return "effacé"
    if text_of(entry) != candidate.text_sha256:
        return "texte changé depuis la lecture"
    return "victime reconnaissable" if WITHHELD in entry["flags"] else None


def false_positive_rows(found: Iterable[FalsePositive], index: Index) -> Iterator[dict[str, Any]]:
    """The register as rows of FALSE_POSITIVES: no word of any text, no address."""
    for one in found:
        entry = index.get(one.document_id)
        markers = entry["markers"] if entry else []
        yield {
            "document_id": one.document_id, "decided_at": one.decided_at.isoformat(timespec="seconds"), "exclusions": list(one.exclusions),
            "taxonomy": one.taxonomy, "markers": markers, "platform": _site(entry), "model": entry["model"] if entry else None,
            "revision": entry["revision"] if entry else None, "scores": [f"{name} {entry[f'score_{name}']:.3f}" for name in markers] if entry else [],
        }  # fmt: skip


def _site(entry: Entry | None) -> str | None:
    """The site of an entry, without the account that its host may name."""
    return public_host(entry["platform"]) if entry else None
