"""What a dossier must be before anybody may sign it or hand it over. Pure, and without a switch.

Each ``Problem`` says in French what is missing and where. Nothing here concludes: the Miviludes' criteria are asked for, and never added up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.dossier_kinds import KindSpec, criteria, kind_of, load_grids
from cases.dossier_reasons import CONSUMER, check_against, check_elements, check_facts, chosen, problem
from cases.masking import identifying
from core.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cases.dossier import Content, Problem
    from cases.dossier_found import Found
    from cases.dossier_reasons import Setting

PROFESSIONAL, SALE, VICTIM = "T9", "T2", "T12"
OPEN_TO_NAMES = {"compte", "adresse postale"}  # of a company or a page as it is shown, in the parts that say who sells or leads
SHOWN_PARTS = ("auteurs", "commerce", "sujet")
COMPLOTISME = "Le complotisme seul ne va à aucune autorité : une opinion est licite."
READ_TWICE = "il faut deux lectures concordantes de deux personnes différentes."
DUTY = (
    "Répondez d'abord à la question de l'article 434-3 du Code pénal (page « Devoirs ») : un mineur ou une personne sans défense est peut-être en "
    "danger."
)
REPEATED = "réitéré"  # in the name of an element of the law
AGAIN = "ce texte demande « {} », et ce dossier ne montre qu'un contenu. Ajoutez-en d'autres, ou dites quel fait montre la répétition."
CRITERIA_RULE = (
    "Un seul critère ne suffit pas, et la déstabilisation mentale est présente dans tous les cas. Vigie ne conclut rien : des personnes le font."
)


def problems_of(content: Content | None, found: Mapping[str, Found], setting: Setting, *, duties: Sequence[str] = ()) -> tuple[Problem, ...]:
    """All that is missing; empty: it may be signed. ``found``: what people decided and read, by document; ``duties``: that nobody has answered."""
    if content is None:
        return (problem("efface", "", "Le contenu de ce dossier a été effacé : il ne reste rien à signer."),)
    spec = kind_of(content.kind)
    checks = (_gates, _items, _kind, _signs, _fields, check_facts, check_elements, check_against, _criteria, _addressee, _names)
    said = [one for check in checks for one in check(content, spec, found, setting)]
    if duties:
        said.append(problem("devoir", "devoirs", DUTY))
    return tuple(dict.fromkeys(said))


def gates_of(content: Content, setting: Setting) -> tuple[str, ...]:
    """The looks that signers must answer for: the kind's, the taxonomy's, the legal bases', and the lawyer's where a victim may be seen."""
    wanted = set(kind_of(content.kind).signers)
    wanted |= {gate for one in setting.taxonomy.submarkers() if one.id in content.submarkers for gate in one.gate}
    for basis in chosen(content, setting.legal):
        wanted |= set(basis.gate) | ({"droit"} if basis.status != "lu" else set())
    if any(VICTIM in item.flags for item in content.items):
        wanted.add("droit")
    return tuple(gate for gate in ("sante", "droit") if gate in wanted)


def open_gates(content: Content, *, first: bool = False) -> tuple[str, ...]:
    """Ids of the gates that do not pass yet. ``first``: only those that are asked before anything else."""
    spec = kind_of(content.kind)
    return tuple(gate.id for gate in spec.gates if content.gates.get(gate.id) != gate.passes and (gate.first or not first))


def warnings_of(content: Content | None, setting: Setting) -> tuple[Problem, ...]:
    """What a person should think of before it leaves, and that keeps nothing back: a text that asks for acts again and again, on one content."""
    if content is None or len(content.items) > 1 or not kind_of(content.kind).several:
        return ()
    return tuple(
        problem("un_seul_contenu", f"bases.{basis.id}", f"{basis.article} : {AGAIN.format(element.name.lower())}")
        for basis in chosen(content, setting.legal)
        for element in basis.elements
        if REPEATED in element.name.lower()
    )


def criteria_said(content: Content) -> tuple[str, ...]:
    """What a reader of the grids must be told beside the answers, in French: the rule, and where it is not met. Never a conclusion."""
    present = {name for name, one in content.criteria.items() if one.answer == "present"}
    always = {one.id for one in criteria().values() if one.always}
    found = [CRITERIA_RULE]
    if present and not present & always:
        found.append("La déstabilisation mentale n'est pas notée présente : d'après cette règle, les critères notés ne disent rien à eux seuls.")
    elif present and not present - always:
        found.append("La déstabilisation mentale est seule notée présente : d'après cette règle, un seul critère ne suffit pas.")
    return tuple(found)


def dated(content: Content, sign: str) -> int:
    """How many different contents with a date of publication show a sign; two count as two by their dates and by their texts."""
    shown = [item for item in content.items if sign in item.submarkers and item.published_at]
    return min(len({item.published_at for item in shown}), len({item.text_sha256 for item in shown}))


def _gates(content: Content, spec: KindSpec, _found: Mapping[str, Found], _setting: Setting) -> Iterator[Problem]:
    for gate in spec.gates:
        said = content.gates.get(gate.id)
        if said is None:
            yield problem("question", f"gates.{gate.id}", f"Répondez : {gate.asks}")
        elif said != gate.passes:
            yield problem("barriere", f"gates.{gate.id}", f"« {gate.asks} » : {said}. {gate.otherwise}")


def _items(content: Content, spec: KindSpec, found: Mapping[str, Found], _setting: Setting) -> Iterator[Problem]:
    for number, item in enumerate(content.items, 1):
        one, field = found.get(item.document_id), f"items.{number}"
        decision = one.decision if one else None
        if one is None or decision is None or decision.qualification not in spec.qualifications:
            yield problem("decision", field, f"Contenu {number} : aucune décision qui convienne à ce dossier n'est en vigueur.")
        elif decision.id != item.decision_id or set(decision.markers) != set(item.markers) or set(one.submarkers) != set(item.submarkers):
            yield problem("perime", field, f"Contenu {number} : la décision a changé depuis ; préparez un nouveau dossier.")
        elif decision.text_sha256 != item.text_sha256 or not one.settled or len(one.readers) < 2:
            yield problem("lectures", field, f"Contenu {number} : {READ_TWICE}")
        if one and one.leaving:
            yield problem("efface", field, f"Contenu {number} : il est en cours d'effacement.")
        if set(item.markers) == {"complotisme"}:
            yield problem("complotisme", field, f"Contenu {number} : {COMPLOTISME}")


def _kind(content: Content, spec: KindSpec, _found: Mapping[str, Found], setting: Setting) -> Iterator[Problem]:
    if spec.public_only:
        for number, item in enumerate(content.items, 1):
            if item.access_mode != "open":
                yield problem(
                    "public",
                    f"items.{number}",
                    f"Contenu {number} : il faut s'inscrire pour le voir ; ce destinataire ne prend que ce que tous peuvent voir.",
                )
    if spec.professional and not content.fields.get("declare") and not any(PROFESSIONAL in item.flags for item in content.items):
        says = "Rien ne montre que l'auteur est ou se dit professionnel de santé : dites où il l'affirme, ou choisissez un autre destinataire."
        yield problem("professionnel", "fields.declare", says)
    sells = {one.id for one in setting.taxonomy.submarkers() if any(basis.text.startswith(CONSUMER) for basis in one.legal_basis)}
    if spec.commercial and not sells & set(content.submarkers) and not any(SALE in item.flags for item in content.items):
        yield problem("commerce", "items", "Aucun signe de vente ni de promesse commerciale dans ces contenus : ce dossier n'est pas pour la DGCCRF.")


def _signs(content: Content, spec: KindSpec, _found: Mapping[str, Found], setting: Setting) -> Iterator[Problem]:
    """Not of an urgency: seconds count, and it was read twice."""
    if not spec.several:
        return
    least = {one.id: one.min_items for one in setting.taxonomy.submarkers()}
    for number, item in enumerate(content.items, 1):
        counted = [sign for sign in item.submarkers if sign[0] != "C" and (least.get(sign, 2) == 1 or dated(content, sign) >= least[sign])]
        if item.qualification != "urgence" and not counted:
            says = f"Contenu {number} : aucun signe n'est assez établi ; il faut au moins deux contenus datés, différents, qui montrent le même."
            yield problem("deux_contenus", f"items.{number}", says)


def _fields(content: Content, spec: KindSpec, _found: Mapping[str, Found], _setting: Setting) -> Iterator[Problem]:
    known = {one.id: one for one in spec.fields}
    for name in content.fields:
        if name not in known:
            yield problem("champ", f"fields.{name}", "Ce champ n'est pas de ce dossier.")
    for name, one in known.items():
        value = content.fields.get(name, "")
        if one.required and not value:
            yield problem("champ", f"fields.{name}", f"Remplissez : {one.name}.")
        elif value and one.choices and value not in {choice.id for choice in one.choices}:
            yield problem("champ", f"fields.{name}", f"Choisissez dans la liste : {one.name}.")
        elif len(value) > one.most:
            yield problem("champ", f"fields.{name}", f"C'est trop long ({len(value)} signes, {one.most} au plus) : {one.name}.")


def _criteria(content: Content, spec: KindSpec, _found: Mapping[str, Found], _setting: Setting) -> Iterator[Problem]:
    known = criteria()
    for name, said in content.criteria.items():
        if name not in known or not spec.criteria:
            yield problem("critere", f"criteria.{name[:40]}", "Ce critère n'est pas de la grille.")
        elif said.answer == "present" and not said.evidence:
            yield problem("critere", f"criteria.{name}", f"« {known[name].name} » est noté présent : dites ce qui le montre.")
    if spec.criteria and content.fields.get("nature") == "signalement":
        for one in (one for grid in load_grids() for one in grid.criteria if one.always and grid.total is None):
            if one.id not in content.criteria:
                yield problem("critere", f"criteria.{one.id}", f"Répondez au critère « {one.name} » : présent, absent ou incertain.")


def _addressee(content: Content, spec: KindSpec, _found: Mapping[str, Found], _setting: Setting) -> Iterator[Problem]:
    try:
        found = spec.addressee(content.addressee or "")
    except NotFound:
        yield problem("destinataire", "addressee", "Choisissez un destinataire.")
        return
    if found.named and not content.addressee_name:
        yield problem("destinataire", "addressee_name", f"Dites lequel : {found.name}.")


def _names(content: Content, spec: KindSpec, _found: Mapping[str, Found], _setting: Setting) -> Iterator[Problem]:
    """Nobody is named in the body: what has the form of an identity goes to the annex."""
    shown = {f"fields.{one.id}" for one in spec.fields if one.part in SHOWN_PARTS}
    for field, text in typed(content).items():
        for one in identifying(text):
            if field in shown and one.kind in OPEN_TO_NAMES:
                continue
            yield problem("identifiant", field, f"Ce texte montre une {one.kind} : mettez-la dans l'annexe scellée, ou masquez-la avec [...].")
            break


def typed(content: Content) -> dict[str, str]:
    """All words that are printed in the body, by the field that they stand in."""
    return {
        **{f"fields.{name}": value for name, value in content.fields.items()},
        **{f"facts.{number}": "\n".join([fact.says, *(quote.text for quote in fact.quotes)]) for number, fact in content.numbered},
        **{f"elements.{one.basis}.{one.element}": "\n".join([one.says, *(quote.text for quote in one.quotes)]) for one in content.elements},
        **{f"weighed.{one.exclusion}": one.why for one in content.weighed},
        **{f"criteria.{name}": one.evidence for name, one in content.criteria.items()},
        "exculpatory": content.exculpatory,
        **{f"items.{number}": item.title or "" for number, item in enumerate(content.items, 1)},
    }  # fmt: skip
