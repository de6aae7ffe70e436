"""Short ways to a dossier: contents that two people read alike, a draft with all its answers, two signatures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases import dossier_leaving, dossiers, informing
from cases.database import Database
from cases.dossier_reasons import to_weigh
from cases.dossiers import Dossier
from cases.legal import load_legal
from cases.people import Actor
from cases.signing import DOSSIER_STATEMENT
from cases.tables_people import OrganisationRow
from tests.cases.conftest import NOW
from tests.cases.noticing import SECRET, House, decided, entry, house
from tests.cases.reading_room import deed

FIELDS: dict[str, dict[str, str]] = {
    "parquet": {"appreciation": "Cela nous inquiète.", "consentement": "sans_objet", "mineurs": "inconnu", "diffusion": "restreinte"},
    "pharos": {"rubrique": "mise_en_danger", "description": "Un message public conseille de boire un produit chloré.", "anonyme": "association"},
    "miviludes": {"nature": "signalement", "declarant": "association", "sujet": "Une méthode", "theme": "sante", "mineurs": "non", "diffusion": "confidentielle"},
    "ordre": {"profession": "infirmier", "inscription": "non_verifie", "verification": "Aucune, le texte ne donne pas de nom.", "appreciation": "Cela nous inquiète.",
              "declare": "Il l'écrit dans la page."},
    "dgccrf": {"produit": "Une cure", "promesse": "La guérison.", "appreciation": "Cela nous inquiète."},
}  # fmt: skip
SIGNS = {"dgccrf": ("A5",)}
BASES = {"parquet": ["cp-223-1-2-al2"], "dgccrf": ["cconso-l121-4-16"]}


def team(database: Database, *, capacity: str = "aide_aux_victimes") -> House:
    """The people of the house, which declares a legal capacity."""
    found = house(database)
    with database.writing() as session:
        row = session.get(OrganisationRow, "maison")
        assert row
        row.capacity = capacity
    return found


def answers(dossier: Dossier, **over: Any) -> dict[str, Any]:
    """Changes that answer all that a kind asks for."""
    content, spec, legal = dossier.content, dossier.spec, load_legal()
    assert content
    bases = BASES.get(spec.id, [])
    made: dict[str, Any] = {
        "fields": FIELDS[spec.id],
        "gates": {gate.id: gate.passes for gate in spec.gates},
        "addressee": spec.addressees[0].id,
        "addressee_name": "Tribunal judiciaire de Montfleury" if spec.addressees[0].named else "",
        "bases": bases,
        "elements": [{"basis": name, "element": one.id, "says": "Le fait 1 le montre."} for name in bases for one in legal.basis(name).elements],
        "exculpatory": "néant" if spec.exculpatory else "",
        "criteria": {"d1": {"answer": "incertain"}} if spec.criteria else {},
    }
    weighed = to_weigh(content.model_copy(update={"bases": tuple(bases)}), legal)
    return {**made, "weighed": [{"exclusion": name, "why": "Rien de tel ici."} for name in weighed], **over}


def drafted(database: Database, people: House, kind: str = "parquet", *entries: dict[str, Any], **over: Any) -> Dossier:
    """A draft with all its answers, by Val."""
    signs = SIGNS.get(kind, ("A6",))
    made = dossiers.draft(database, kind, list(entries) or decided(database, people, entry("d1", *signs), signs=signs), actor=people.val, act=deed())
    return dossiers.change(database, made.id, answers(made, **over), version=made.version, actor=people.val, act=deed())


def signs(database: Database, dossier: Dossier, who: Actor, *gates: str, at: datetime = NOW, **fields: Any) -> Dossier:
    """This person signs what stands."""
    said: dict[str, Any] = {"digest": dossier.digest, "statement": DOSSIER_STATEMENT, "interests": "aucun", **fields}
    return dossier_leaving.sign(database, dossier.id, gates=gates, actor=who, act=deed(at=at), secret=SECRET, **said)


def signed(database: Database, people: House, kind: str = "parquet", *entries: dict[str, Any], **over: Any) -> Dossier:
    """A dossier that the doctor and the lawyer have signed, and of which it is noted why nobody was informed yet."""
    made = drafted(database, people, kind, *entries, **over)
    signs(database, made, people.doc, "sante")
    made = signs(database, made, people.lou, "droit")
    chosen(database, made, people)
    return made


def chosen(database: Database, dossier: Dossier, people: House) -> None:
    """Art. 14 of the GDPR: a choice."""
    why = "Informer ferait disparaître les preuves."
    informing.choose(database, "dossier", dossier.id, choice="exception_14_5_b", reason=why, actor=people.val, act=deed().id, now=NOW)


def handed(database: Database, dossier: Dossier, who: Actor, *, at: datetime = NOW, **fields: Any) -> Dossier:
    """This person says that they handed it over."""
    said: dict[str, Any] = {"digest": dossier.digest, "sent_at": at, "reference": "2026/123", **fields}
    return dossier_leaving.hand_over(database, dossier.id, actor=who, act=deed(at=at), secret=SECRET, **said)


def codes(database: Database, dossier: Dossier) -> set[str]:
    """The codes of what is missing."""
    return {one.code for one in dossiers.problems(database, dossier)}
