"""Where a submission stands, in words for who submitted it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from web.refusals import Refusal, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from cases.decisions import Decided
    from cases.following import Event
    from cases.submissions import Step, Submission
    from core.records import Qualification
    from core.taxonomy import Taxonomy

How = Literal["fait", "en_cours", "a_venir", "arret"]
FINAL = ("visible", "ecartee")
PATH = ("recue", "en_cours", "collectee", "visible")
STATES = {
    "recue": ("Reçu", "Votre signalement est enregistré."),
    "en_cours": ("Lecture de la page", "Vigie ouvre la page et en garde une copie datée."),
    "collectee": ("Comparaison", "Le texte est comparé aux marqueurs."),
    "visible": ("Prêt à être lu", "Le contenu attend une lecture humaine."),
    "ecartee": ("Page non lue", ""),
}
TEXT_STATES = {  # of a text that was given instead of a page
    "en_cours": ("Enregistrement", "Vigie garde une copie datée du texte."),
    "ecartee": ("Texte non lu", ""),
}
LAST = ("Décision", "Une personne lit le contenu et décide.")
ANNOUNCED = {
    "recue": "Votre signalement est reçu.",
    "en_cours": "Vigie ouvre la page.",
    "collectee": "La page est lue, Vigie compare son texte aux marqueurs.",
    "visible": "C'est prêt : ce que Vigie voit est affiché sur cette page.",
    "ecartee": "La page n'a pas pu être lue. La raison est affichée sur cette page.",
}
DECIDED: dict[Qualification, tuple[str, str]] = {
    "hors_champ": ("Hors champ", "Après lecture, ce contenu ne relève pas de Vigie. Rien n'est envoyé à personne."),
    "licite_preoccupant": (
        "Licite, mais préoccupant",
        "Ce contenu est licite et reste en ligne. Il peut nourrir une étude d'ensemble sur les risques, sans nommer personne.",
    ),
    "illicite_presume": (
        "Illicite présumé",
        "Ce contenu paraît contraire à la loi ; seul un juge peut le dire. D'autres vérifications humaines ont lieu avant tout envoi.",
    ),
    "urgence": ("Urgence", "Une vie ou un enfant est peut-être en danger : les services de secours passent avant tout le reste."),
}


PRIVATE = {"contestation": "L'organisation a contesté la décision.", "reponse": "Une réponse lui a été donnée."}


class StepShown(NamedTuple):
    """One step of the way; ``at`` when it was reached."""

    name: str
    said: str
    how: How
    at: datetime | None = None


class Outcome(NamedTuple):
    """A decision as it is told: never by whom."""

    name: str
    said: str
    reason: str
    markers: tuple[str, ...]
    exclusions: tuple[str, ...]
    taxonomy: str
    at: datetime


class Progress(NamedTuple):
    """All of it; ``refusal`` where the page was not read."""

    steps: tuple[StepShown, ...]
    final: bool
    outcome: Outcome | None
    refusal: Refusal | None
    corrections: tuple[Event, ...]
    events: tuple[Event, ...]


def progress(submission: Submission, *, steps: Sequence[Step], events: Sequence[Event], decided: Decided | None, taxonomy: Taxonomy) -> Progress:
    """Of a submission: ``steps`` and ``events`` in order of time, ``decided`` what stands on its document."""
    refused = submission.state == "ecartee"
    return Progress(
        steps=tuple(_steps(submission, _reached(steps), decided)),
        final=submission.state in FINAL,
        outcome=outcome(decided, taxonomy),
        refusal=refusal("page", submission.reason) if refused else None,
        corrections=tuple(event for event in events if event.kind == "correction"),
        events=tuple(events),
    )


def outcome(decided: Decided | None, taxonomy: Taxonomy) -> Outcome | None:
    """A decision in words; None where none stands."""
    if decided is None or decided.qualification is None:
        return None
    name, said = DECIDED[decided.qualification]
    exclusions = taxonomy.exclusions()
    return Outcome(
        name,
        said,
        decided.reason,
        tuple(taxonomy.marker(marker).name for marker in decided.markers),
        tuple(exclusions[one].name for one in decided.exclusions if one in exclusions),
        decided.taxonomy,
        decided.decided_at,
    )


def _reached(steps: Sequence[Step]) -> dict[str, datetime]:
    """When it came to each state since it was submitted the last time."""
    found: dict[str, datetime] = {}
    for step in steps:
        found = {step.state: step.at} if step.state == "recue" else found | {step.state: step.at}
    return found


def public_events(events: Iterable[Event]) -> tuple[Event, ...]:
    """For whoever holds the link: what was decided and why, but not what the organisation and the house wrote to each other."""
    return tuple(event._replace(text=PRIVATE[event.kind]) if event.kind in PRIVATE else event for event in events)


def _steps(submission: Submission, reached: Mapping[str, datetime], decided: Decided | None) -> list[StepShown]:
    names, state = STATES | TEXT_STATES if submission.is_text else STATES, submission.state
    if state == "ecartee":
        failed = "collectee" if "collectee" in reached else "en_cours"
        done = [StepShown(*names[one], "fait", reached[one]) for one in PATH[: PATH.index(failed)] if one in reached]
        return [*done, StepShown(names[failed][0], f"{names[state][0]}.", "arret", reached.get(state))]
    at = PATH.index(state)
    before = [
        StepShown(*names[one], "fait" if place < at or state == "visible" else "en_cours", reached.get(one))
        for place, one in enumerate(PATH[: at + 1])
    ]
    after = [StepShown(*names[one], "a_venir") for one in PATH[at + 1 :]]
    how: How = "fait" if decided else "en_cours" if state == "visible" else "a_venir"
    return [*before, *after, StepShown(*LAST, how, decided.decided_at if decided else None)]
