"""All that the pages of a dossier show: its form with what is missing beside each field, its papers, who signed, what waits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from cases import bundles, dossier_leaving, dossiers, duties
from cases.dossier import LEFT, OUTCOMES
from cases.dossier_kinds import load_grids, load_kinds
from cases.dossier_reasons import exclusion_names, load_setting, to_weigh
from cases.dossier_rules import open_gates, warnings_of
from cases.legal import load_legal, printable
from cases.papers.dossier_words import AGAINST_NAMES, ANSWER_NAMES, DATED_NAMES, OUTCOME_NAMES, PART_NAMES, STATE_NAMES
from cases.signing import DOSSIER_STATEMENT, MOST_INTERESTS
from core.times import PARIS
from web.naming import people_names
from web.noticing.informing import information
from web.passages import shown
from web.reading.preferences import preferences_of
from web.reading.words import defanged
from web.referring.documents import paper_of, signers
from web.referring.form import BLANKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from cases.dossier import Content, Problem
    from cases.dossiers import Dossier
    from cases.duties import Duty
    from cases.legal import Basis
    from cases.people import Actor
    from web.console import Console

GATE_NAMES = {"sante": "Regard santé", "droit": "Regard juridique"}
# the form's name of each field of a dossier that a problem may name; "facts.2" is the second in the order of time
PREFIXES = {"gates": "porte", "fields": "champ", "elements": "dit", "weighed": "ecarte", "criteria": "critere"}


class Row(NamedTuple):
    """One dossier in the list."""

    dossier: Dossier
    name: str
    state: str
    waits: str


def rows(console: Console, found: Sequence[Dossier], actor: Actor) -> list[Row]:
    """With what each waits for."""
    return [Row(one, one.spec.name, STATE_NAMES[one.state], _waits(console, one, actor)) for one in found]


def _waits(console: Console, one: Dossier, actor: Actor) -> str:
    if one.content is None or one.state == "clos":
        return ""
    held = duties.of_documents(console.database, [item.document_id for item in one.content.items], actor=actor).values()
    if one.state not in LEFT and any(duty.answer is None for duty in held):
        return "la réponse à la question de l'article 434-3"
    said = {"brouillon": "d'être complété et signé par deux personnes", "signe": "d'être remis par une personne", "transmis": "une réponse"}
    return said.get(one.state, "d'être clos")


def anchor(field: str) -> str:
    """The id of the form's field that a problem is about."""
    head, _, rest = field.partition(".")
    name = (
        f"{PREFIXES[head]}:{rest}"
        if head in PREFIXES and rest
        else {"exculpatory": "decharge", "addressee": "destinataire", "addressee_name": "destinataire_nom", "bases": "textes"}.get(head, head)
    )
    return "c-" + re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")


def missing(console: Console, dossier: Dossier, *, page: str) -> list[tuple[str, str]]:
    """What is missing, each with where it is put right."""
    return [("/devoirs" if one.code == "devoir" else f"{page}#{anchor(one.field)}", one.says) for one in dossiers.problems(console.database, dossier)]


def faults(problems: Sequence[Problem]) -> dict[str, str]:
    """The first problem of each field of the form."""
    found: dict[str, str] = {}
    for one in problems:
        found.setdefault(anchor(one.field), one.says)
    return found


def form_page(console: Console, dossier: Dossier, content: Content, *, entered: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """For dossiers/modifier.html. ``entered``: what a person typed that could not be kept."""
    spec, setting, legal = dossier.spec, load_setting(), load_legal()
    values = {**content.model_dump(mode="json"), **(entered or {})}
    said = {(one["basis"], one["element"]): one["says"] for one in values["elements"]}
    current = content.model_copy(update={"bases": tuple(values["bases"])})
    names = exclusion_names(current, setting) | {one.id: f"{one.id} {one.name}" for one in setting.taxonomy.submarkers()}
    parts = list(dict.fromkeys(one.part for one in spec.fields if one.part != "avis"))
    problems = dossiers.problems(console.database, dossier)
    return {
        "spec": spec,
        "values": values,
        "closed": bool(spec.gates_first and open_gates(content, first=True)),
        "faults": faults(problems),
        "facts": [
            (place, fact, _local(fact.at), DATED_NAMES[fact.dated]) for place, fact in sorted(enumerate(content.facts), key=lambda one: one[1].at)
        ],
        "blanks": range(BLANKS),
        "parts": [(PART_NAMES[part], [one for one in spec.fields if one.part == part]) for part in parts],
        "opinion": [one for one in spec.fields if one.part == "avis"],
        "texts": _texts(legal.serving(content.submarkers), values, said, setting=spec.elements),
        "to_weigh": [(name, names.get(name, name)) for name in to_weigh(current, legal)],
        "weighed": {one["exclusion"]: one["why"] for one in values["weighed"]},
        "against": [(one, names.get(one.what, one.what), AGAINST_NAMES[one.kind]) for one in content.against],
        "grids": load_grids() if spec.criteria else (),
        "answers": ANSWER_NAMES,
        "addresses": [(number, shown(item.url), item.document_id) for number, item in enumerate(content.items, 1)],
        "warnings": [one.says for one in warnings_of(content, setting)],
    }


def _texts(bases: Sequence[Basis], values: Mapping[str, Any], said: Mapping[tuple[str, str], str], *, setting: bool) -> list[dict[str, Any]]:
    return [
        {
            "basis": one, "line": printable(one), "chosen": one.id in values["bases"],
            "elements": [(each, said.get((one.id, each.id), "")) for each in one.elements],
        }
        for one in bases
        if setting
    ]  # fmt: skip


def _local(moment: datetime) -> str:
    return moment.astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")


def dossier_page(console: Console, dossier: Dossier, actor: Actor) -> dict[str, Any]:
    """For dossiers/dossier.html."""
    names = people_names(console)
    values: dict[str, Any] = {
        "state": STATE_NAMES[dossier.state],
        "names": names,
        "outcomes": [(one, OUTCOME_NAMES[one]) for one in OUTCOMES],
        "outcome_names": OUTCOME_NAMES,
        "bundles": bundles.of_subject(console.database, "dossier", dossier.id),
        "left": dossier.state in LEFT,
    }
    if dossier.content is None:
        return values
    held = duties.of_documents(console.database, [item.document_id for item in dossier.content.items], actor=actor)
    people, gates = dossier_leaving.missing(console.database, dossier.id, actor=actor, secret=console.secret)
    return {
        **values,
        "paper": paper_of(console, dossier, actor),
        "signed": signers(console, dossier, actor),
        "people": people,
        "gates": [GATE_NAMES[one] for one in gates],
        "gate_names": GATE_NAMES,
        "duties": _placed(dossier.content, held),
        "unanswered": any(one.answer is None for one in held.values()),
        "missing": [] if dossier.state in LEFT else missing(console, dossier, page=f"/dossiers/{dossier.id}/modifier"),
        "warnings": [] if dossier.state in LEFT else [one.says for one in warnings_of(dossier.content, load_setting())],
        "blur": preferences_of(console.database, actor).blur,
        **information(console, "dossier", dossier.id, actor),
        "addresses": [defanged(item.url) for item in dossier.content.items],
    }


def _placed(content: Content, held: Mapping[str, Duty]) -> list[tuple[int, Duty]]:
    """The questions of art. 434-3 with the numbers of their contents."""
    return [(number, held[item.document_id]) for number, item in enumerate(content.items, 1) if item.document_id in held]


def signing_page(console: Console, dossier: Dossier, actor: Actor) -> dict[str, Any]:
    """For dossiers/signer.html."""
    people, gates = dossier_leaving.missing(console.database, dossier.id, actor=actor, secret=console.secret)
    signed = signers(console, dossier, actor)
    found = [one for one in dossiers.problems(console.database, dossier) if one.code != "devoir"]
    mine = any(one.person_id == actor.id for one in signed)
    return {
        "paper": paper_of(console, dossier, actor),
        "signed": signed,
        "people": people,
        "gates": [(one, GATE_NAMES[one], one in actor.roles) for one in gates],
        "gate_names": GATE_NAMES,
        "statement": DOSSIER_STATEMENT,
        "most_interests": MOST_INTERESTS,
        "mine": mine,
        "may": not found and not mine,
        "warnings": [one.says for one in warnings_of(dossier.content, load_setting())],
        "missing": [(f"/dossiers/{dossier.id}/modifier#{anchor(one.field)}", one.says) for one in found],
        "blur": preferences_of(console.database, actor).blur,
        "digest": f"{dossier.digest[:4]} {dossier.digest[4:8]} … {dossier.digest[-8:-4]} {dossier.digest[-4:]}",
    }


def kinds() -> list[tuple[str, str, str]]:
    """Each kind: its id, its name, what it is."""
    return [(spec.id, spec.name, spec.what) for spec in load_kinds().values()]
