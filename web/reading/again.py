"""A reading that its reader took back, as a form: what was written is mended, not written twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.progress import BLIND
from core.taxonomy import load_taxonomy
from web.reading.form import Cited, reason_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cases.people import Actor
    from cases.reviews import Review
    from web.reading.form import Entered


def taken_back(reviews: Sequence[Review], actor: Actor, *, text: str) -> Review | None:
    """The last reading of this person on this text (its digest), where it is one that was withdrawn; ``reviews`` as they were made."""
    own = [one for one in reviews if one.person_id == actor.id and one.seat in BLIND]
    return own[-1] if own and own[-1].withdrawn_at and own[-1].text_sha256 == text else None


def refilled(entered: Entered, review: Review) -> Entered:
    """A blank form with what a reading said; its act stays the form's own."""
    again = entered._replace(
        markers=frozenset(review.markers),
        submarkers=dict(review.submarkers),
        exclusions=exclusions_of(review.exclusions, markers=review.markers, said=review.reason),
        cited=tuple(Cited(one.start, one.end, one.submarker) for one in review.quotes),
        qualification=review.qualification,
        campaign=entered.campaign or review.campaign is not None,
    )
    return again if reason_of(again) == review.reason else again._replace(reason=review.reason)  # the names of exclusions follow what is ticked


def exclusions_of(names: Collection[str], *, markers: Collection[str], said: str = "") -> frozenset[tuple[str, str]]:
    """Exclusions as a form has them, each under one marker that is not confirmed, for a reading keeps no more than its id.

    One that several markers know goes under that whose words for it are in the reason (``said``), else under the first.
    """
    known = [(marker.id, one) for marker in load_taxonomy().markers if marker.id not in markers for one in marker.exclusions if one.id in names]
    known.sort(key=lambda pair: pair[1].name not in said)
    return frozenset({one.id: (marker, one.id) for marker, one in reversed(known)}.values())
