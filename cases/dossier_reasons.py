"""What a dossier rests on: facts with their dates, passages, elements of the law article by article, and what speaks for the author. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cases.dossier import Content, Fact, Problem
from cases.dossier_kinds import KindSpec, kind_of
from cases.masking import shows
from cases.notice_found import original_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cases.dossier_found import Found
    from cases.legal import Basis, Legal
    from cases.notice import Quoted
    from core.taxonomy import Taxonomy

CONSUMER = "Code de la consommation"


class Setting(NamedTuple):
    """What the rules look things up in."""

    taxonomy: Taxonomy
    legal: Legal


def load_setting() -> Setting:
    """With the taxonomy and the legal bases that are shipped. Raises ConfigError."""
    from cases.legal import load_legal
    from core.taxonomy import load_taxonomy

    return Setting(load_taxonomy(), load_legal())


def to_weigh(content: Content, legal: Legal) -> tuple[str, ...]:
    """The exclusions that must be weighed in writing: those a reader ticked, and as ``basis/exclusion`` those that each legal basis lists."""
    if not kind_of(content.kind).exculpatory:
        return ()
    ticked = [one.what for one in content.against if one.kind == "exclusion"]
    return tuple(dict.fromkeys([*ticked, *(f"{basis.id}/{one.id}" for basis in chosen(content, legal) for one in basis.exclusions)]))


def chosen(content: Content, legal: Legal) -> tuple[Basis, ...]:
    """The legal bases that it cites, of those that exist."""
    known = {one.id: one for one in legal.bases}
    return tuple(known[name] for name in dict.fromkeys(content.bases) if name in known)


def check_facts(content: Content, _spec: KindSpec, found: Mapping[str, Found], _setting: Setting) -> Iterator[Problem]:
    """Every content is shown by a fact with its date; what is published or seen has the date of its content."""
    shown = {fact.item for fact in content.facts}
    for number in range(1, len(content.items) + 1):
        if number not in shown:
            yield problem("fait", "facts", f"Contenu {number} : aucun fait daté ne le cite.")
    for number, fact in content.numbered:
        if fact.item is not None and fact.item > len(content.items):
            yield problem("fait", f"facts.{number}", f"Fait {number} : il cite un contenu qui n'est pas dans le dossier.")
        for quote in fact.quotes:
            yield from _quote(quote, f"facts.{number}", f"Fait {number}", content, found)
        yield from _place(content, fact, number)


def _place(content: Content, fact: Fact, number: int) -> Iterator[Problem]:
    item = content.items[fact.item - 1] if fact.item and fact.item <= len(content.items) else None
    if fact.dated == "rapporte":
        return
    if item is None:
        yield problem("fait", f"facts.{number}", f"Fait {number} : ce qui est publié ou constaté cite un contenu.")
    elif fact.at != (item.published_at if fact.dated == "publie" else item.collected_at):
        yield problem("fait", f"facts.{number}", f"Fait {number} : la date n'est pas celle du contenu {fact.item}.")


def _quote(quote: Quoted, field: str, where: str, content: Content, found: Mapping[str, Found]) -> Iterator[Problem]:
    one = found.get(quote.document_id)
    original = original_of(quote, one.passages) if one else None
    if quote.document_id not in {item.document_id for item in content.items}:
        yield problem("citation", field, f"{where} : une citation vient d'un contenu qui n'est pas dans le dossier.")
    elif original is None or not shows(quote.text, original.text):
        yield problem(
            "citation",
            field,
            f"{where} : une citation n'est pas dans les passages relevés par les lecteurs ; coupez ou masquez avec [...], rien d'autre.",
        )


def check_elements(content: Content, spec: KindSpec, found: Mapping[str, Found], setting: Setting) -> Iterator[Problem]:
    """Article by article: each text that is cited is carried by a sign, and each of its elements is answered."""
    if not spec.elements:
        return
    cited = chosen(content, setting.legal)
    for name in content.bases:
        if name not in {basis.id for basis in cited}:
            yield problem("base", "bases", f"Le fondement « {name[:60]} » n'existe pas dans la liste.")
    if not cited:
        yield problem("base", "bases", "Choisissez au moins un texte dont les faits sont susceptibles de relever.")
    if spec.commercial and cited and not any(basis.article.startswith(CONSUMER) for basis in cited):
        yield problem("base", "bases", "Choisissez au moins un texte du Code de la consommation.")
    said = {(one.basis, one.element): one for one in content.elements}
    for basis in cited:
        if not set(basis.submarkers) & set(content.submarkers):
            yield problem("base", f"bases.{basis.id}", f"{basis.article} : aucun signe relevé dans ces contenus ne porte ce texte.")
        for element in basis.elements:
            one = said.get((basis.id, element.id))
            if element.required and not (one and one.says):
                yield problem(
                    "element",
                    f"elements.{basis.id}.{element.id}",
                    f"{basis.article} : dites ce qui montre « {element.name} », ou qu'aucun fait ne le montre.",
                )
    for one in content.elements:
        if one.basis not in content.bases:
            yield problem("element", f"elements.{one.basis}.{one.element}", "Un élément se rapporte à un texte qui n'est pas choisi.")
        for quote in one.quotes:
            yield from _quote(quote, f"elements.{one.basis}.{one.element}", "Élément", content, found)


def check_against(content: Content, spec: KindSpec, found: Mapping[str, Found], setting: Setting) -> Iterator[Problem]:
    """What speaks for the author is there as the readers left it, and is weighed in writing."""
    for number, item in enumerate(content.items, 1):
        one = found.get(item.document_id)
        here = tuple(said for said in content.against if said.item == number)
        if one and one.against(number, {name[0] for name in item.submarkers}) != here:
            yield problem(
                "perime", f"items.{number}", f"Contenu {number} : ce que les lecteurs ont écarté a changé depuis ; préparez un nouveau dossier."
            )
    if not spec.exculpatory:
        return
    if not content.exculpatory:
        yield problem("decharge", "exculpatory", "Dites ce qui parle en faveur de l'auteur ; « néant » si vous avez cherché et rien trouvé.")
    weighed = {one.exclusion for one in content.weighed if one.why}
    names = exclusion_names(content, setting)
    for name in to_weigh(content, setting.legal):
        if name not in weighed:
            yield problem("exclusion", f"weighed.{name}", f"Dites pourquoi cette exclusion ne s'applique pas : {names.get(name, name)}.")


def exclusion_names(content: Content, setting: Setting) -> dict[str, str]:
    """How each exclusion that may be weighed is called, by id."""
    names = {one.id: one.name for one in setting.taxonomy.exclusions().values()}
    return names | {f"{basis.id}/{one.id}": f"{one.name} ({basis.article})" for basis in chosen(content, setting.legal) for one in basis.exclusions}


def problem(code: str, field: str, says: str) -> Problem:
    """One problem."""
    return Problem(code=code, field=field, says=says)
