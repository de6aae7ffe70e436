"""What a notice must be before anybody may sign it (DSA art. 16 and the house's own rules). Pure, and without a switch.

Each ``Problem`` says in French what is missing and where. Nothing here decides: it only refuses.
A sign counts when enough dated items show it. A legal basis stands when a sign that counts carries it; complotisme carries none by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from cases.decisions import OPEN
from cases.masking import identifying, shows
from cases.notice import told
from cases.notice_found import Found, original_of, signs_of
from core.errors import NotFound
from core.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cases.legal import Basis, Legal
    from cases.notice import Content, Element, Item
    from cases.platforms import Platforms
    from cases.profiles import Notifier
    from core.taxonomy import Taxonomy

SHORTEST = 80  # characters of an explanation: less substantiates nothing, art. 16(2)(a)
VICTIM = "T12"


class Problem(Record):
    """Something that keeps a notice from being signed. ``field``: where it is put right, such as ``explanation`` or ``items.2``."""

    code: str
    field: str
    says: str


class Setting(NamedTuple):
    """What the rules look things up in."""

    taxonomy: Taxonomy
    legal: Legal
    platforms: Platforms
    notifier: Notifier


def load_setting(notifier: Notifier) -> Setting:
    """With the taxonomy, legal bases and platforms that are shipped. Raises ConfigError."""
    from cases.legal import load_legal
    from cases.platforms import load_platforms
    from core.taxonomy import load_taxonomy

    return Setting(load_taxonomy(), load_legal(), load_platforms(), notifier)


def problems_of(content: Content | None, found: Mapping[str, Found], setting: Setting) -> tuple[Problem, ...]:
    """All that is missing; empty: it may be signed. ``found``: what people decided and read, by document."""
    if content is None:
        return (Problem(code="efface", field="", says="Le contenu de cette notification a été effacé : il ne reste rien à signer."),)
    checks = (_items, _decisions, _signs, _bases, _elements, _quotes, _exclusions, _words, _victims, _notifier)
    return tuple(dict.fromkeys(one for check in checks for one in check(content, found, setting)))


def counting(content: Content, taxonomy: Taxonomy) -> tuple[str, ...]:
    """The signs that enough dated items show."""
    known = {one.id: one.min_items for one in taxonomy.submarkers()}
    return tuple(sign for sign in content.submarkers if sign in known and dated(content, sign) >= known[sign])


def dated(content: Content, sign: str | None = None) -> int:
    """How many items show a sign (None: any), or 1 where none has a date; two count as two by their dates and by their texts."""
    shown = [item for item in content.items if sign is None or sign in item.submarkers]
    known = [item for item in shown if item.published_at is not None]
    return max(min(len({item.published_at for item in known}), len({item.text_sha256 for item in known})), min(1, len(shown)))


def gates_of(content: Content, setting: Setting) -> tuple[str, ...]:
    """The looks that signers must answer for: the taxonomy's, the legal bases', and the lawyer's where nobody read a text or a victim may be seen."""
    signs = {one.id: one.gate for one in setting.taxonomy.submarkers()}
    wanted = {gate for sign in content.submarkers for gate in signs.get(sign, ())}
    for basis in _chosen(content, setting.legal):
        wanted |= set(basis.gate) | ({"droit"} if basis.status != "lu" else set())
    if any(VICTIM in item.flags for item in content.items):
        wanted.add("droit")
    return tuple(gate for gate in ("sante", "droit") if gate in wanted)


def to_weigh(content: Content, legal: Legal) -> tuple[str, ...]:
    """The exclusions that must be weighed in writing: those a reader ticked, and as ``basis/exclusion`` those that each legal basis lists."""
    ticked = [name for item in content.items for name in item.exclusions]
    return tuple(dict.fromkeys([*ticked, *(f"{basis.id}/{one.id}" for basis in _chosen(content, legal) for one in basis.exclusions)]))


def _chosen(content: Content, legal: Legal) -> Iterator[Basis]:
    for name in dict.fromkeys(content.bases):
        try:
            yield legal.basis(name)
        except NotFound:
            continue  # said by ``_bases``


def _items(content: Content, _found: Mapping[str, Found], setting: Setting) -> Iterator[Problem]:
    keys = {setting.platforms.provider_key(urlsplit(item.url).hostname or "") for item in content.items}
    if len(keys) > 1:
        yield Problem(code="un_fournisseur", field="items", says="Une notification va à un seul fournisseur : faites-en une par service.")
    names = [item.document_id for item in content.items]
    for number, item in enumerate(content.items, 1):
        where = urlsplit(item.url)
        if where.scheme not in ("http", "https") or not where.hostname or not (where.path.strip("/") or where.query):
            yield Problem(code="adresse", field=f"items.{number}", says=f"Contenu {number} : l'adresse exacte manque (art. 16, par. 2, point b).")
        if names.index(item.document_id) != number - 1:
            yield Problem(code="double", field=f"items.{number}", says=f"Contenu {number} : il est déjà dans cette notification.")
    try:
        platform = setting.platforms.platform(content.platform)
    except NotFound:
        yield Problem(code="plateforme", field="platform", says="Le service n'est pas connu : choisissez-en un de la liste.")
        return
    if platform.id not in {key.partition(":")[0] for key in keys}:
        yield Problem(code="plateforme", field="platform", says="Les contenus ne sont pas sur le service choisi.")
    if platform.generic and not (content.recipient and content.recipient.provider):
        yield Problem(code="fournisseur", field="recipient", says="Dites qui fournit ce service : à qui la notification est adressée.")


def _decisions(content: Content, found: Mapping[str, Found], _setting: Setting) -> Iterator[Problem]:
    for number, item in enumerate(content.items, 1):
        one, field = found.get(item.document_id, Found()), f"items.{number}"
        decision = one.decision
        if decision is None or decision.qualification not in OPEN:
            yield Problem(
                code="decision", field=field, says=f"Contenu {number} : aucune décision « illicite présumé » ou « urgence » n'est en vigueur."
            )
        elif decision.text_sha256 != item.text_sha256:
            yield Problem(code="decision", field=field, says=f"Contenu {number} : la décision porte sur un autre texte que celui de la notification.")
        elif not one.settled or len(one.readers) < 2:
            yield Problem(code="lectures", field=field, says=f"Contenu {number} : il faut deux lectures concordantes de deux personnes différentes.")
        elif stale(item, one):
            yield Problem(
                code="perime", field=field, says=f"Contenu {number} : la décision a changé depuis ; enregistrez de nouveau la notification."
            )
        if one.leaving:
            yield Problem(code="efface", field=field, says=f"Contenu {number} : il est en cours d'effacement.")


def stale(item: Item, one: Found) -> bool:
    """Whether an item says of a decision what does not stand any more, or never stood."""
    decision = one.decision
    return decision is None or (
        item.decision_id != decision.id
        or item.qualification != decision.qualification
        or item.decided_at != decision.decided_at
        or set(item.markers) != set(decision.markers)
        or set(item.submarkers) != set(one.submarkers)
        or set(item.exclusions) != set(one.exclusions)
    )


def _signs(content: Content, _found: Mapping[str, Found], setting: Setting) -> Iterator[Problem]:
    counted = counting(content, setting.taxonomy)
    if set(content.markers) == {"complotisme"}:
        says = "Le complotisme seul n'est jamais notifié : une opinion est licite, il faut une illicéité distincte."
        yield Problem(code="complotisme", field="items", says=says)
    for number, item in enumerate(content.items, 1):
        field = f"items.{number}"
        if not item.markers:
            yield Problem(code="marqueur", field=field, says=f"Contenu {number} : aucun marqueur n'est confirmé.")
        elif set(item.markers) == {"complotisme"}:
            yield Problem(code="complotisme", field=field, says=f"Contenu {number} : le complotisme seul n'est jamais notifié ; retirez ce contenu.")
        elif not any(sign in counted and sign[0] != "C" for sign in item.submarkers):
            short = ", ".join(sign for sign in item.submarkers if sign[0] != "C") or "aucun signe"
            says = (
                f"Contenu {number} : aucun signe n'est assez établi ({short}) ; il faut deux contenus datés, différents, qui montrent le même signe."
            )
            yield Problem(code="deux_contenus", field=field, says=says)


def _bases(content: Content, _found: Mapping[str, Found], setting: Setting) -> Iterator[Problem]:
    counted, chosen = counting(content, setting.taxonomy), list(_chosen(content, setting.legal))
    for name in content.bases:
        if name not in {basis.id for basis in chosen}:
            yield Problem(code="base", field="bases", says=f"Le fondement « {name[:60]} » n'existe pas dans la liste.")
    enough = False
    for basis in chosen:
        carrying = [sign for sign in counted if sign in basis.submarkers]
        if not carrying:
            says = f"{basis.article} : aucun signe établi ici ne va avec ce fondement ; retirez-le."
            yield Problem(code="base", field=f"bases.{basis.id}", says=says)
        elif all(sign[0] == "B" for sign in carrying) and not criterion(counted):
            says = f"{basis.article} : il faut B1 ou B2, et un autre signe de B3 à B12, sur plusieurs contenus datés ; jamais un seul critère."
            yield Problem(code="critere_seul", field=f"bases.{basis.id}", says=says)
        enough |= basis.standalone and bool(carrying)  # each item has a sign of another marker than complotisme besides, see _signs
    if not enough:
        says = "Il manque un fondement qui suffise seul à une notification, porté par un signe établi (art. 16, par. 2, point a)."
        yield Problem(code="base", field="bases", says=says)


def criterion(signs: tuple[str, ...]) -> bool:
    """The taxonomy's strict rule for gourou: B1 or B2, and another sign of B3 to B12."""
    return bool({"B1", "B2"} & set(signs)) and any(sign[0] == "B" and sign not in ("B1", "B2") for sign in signs)


def _elements(content: Content, _found: Mapping[str, Found], setting: Setting) -> Iterator[Problem]:
    said = {(one.basis, one.element): one for one in content.elements}
    for basis in _chosen(content, setting.legal):
        for element in basis.elements:
            field, one = f"elements.{basis.id}.{element.id}", said.get((basis.id, element.id))
            claimed = one is not None and bool(one.says)
            if element.required and not (one is not None and told(one.says)):
                yield Problem(code="element", field=field, says=f"{basis.article} : montrez l'élément « {element.name} ». {element.asks}")
            if claimed and element.min_items > dated(content):
                says = f"{basis.article} : l'élément « {element.name} » se montre par au moins deux contenus datés et différents."
                yield Problem(code="deux_contenus", field=field, says=says)
        if not any(one.quotes for key, one in said.items() if key[0] == basis.id):
            yield Problem(code="citation", field=f"elements.{basis.id}", says=f"{basis.article} : citez au moins un passage du contenu.")
    known = {(basis.id, element.id) for basis in _chosen(content, setting.legal) for element in basis.elements}
    for one in content.elements:
        if (one.basis, one.element) not in known:
            says = "Une réponse se rapporte à un fondement qui n'est pas choisi : choisissez-le, ou videz-la."
            yield Problem(code="element", field=f"elements.{one.basis}.{one.element}", says=says)


def _quotes(content: Content, found: Mapping[str, Found], setting: Setting) -> Iterator[Problem]:
    counted = counting(content, setting.taxonomy)
    for one in content.elements:
        field = f"elements.{one.basis}.{one.element}"
        for says in _wrong_quotes(one, content, found, counted):
            yield Problem(code="citation", field=field, says=says)


def _wrong_quotes(one: Element, content: Content, found: Mapping[str, Found], counted: tuple[str, ...]) -> Iterator[str]:
    items = {item.document_id: number for number, item in enumerate(content.items, 1)}
    for quote in one.quotes:
        number = items.get(quote.document_id)
        passages = found.get(quote.document_id, Found()).passages
        original = original_of(quote, passages)
        if number is None:
            yield "Une citation vient d'un contenu qui n'est pas dans la notification."
        elif original is None or not shows(quote.text, original.text):
            yield f"Contenu {number} : une citation n'est pas un passage relevé par les lecteurs ; coupez ou masquez avec [...], rien d'autre."
        elif identifying(quote.text):
            yield f"Contenu {number} : une citation mène à une personne ({identifying(quote.text)[0].kind}) ; masquez avec [...] ou coupez."
        elif not {quote.submarker or sign for sign in signs_of(quote, passages)} & {None, *counted}:
            yield f"Contenu {number} : le signe {quote.submarker or original.submarker} ne se cite pas encore : il faut deux contenus datés."


def _exclusions(content: Content, _found: Mapping[str, Found], setting: Setting) -> Iterator[Problem]:
    weighed = {one.exclusion for one in content.weighed if told(one.why)}
    names = {one.id: one.name for one in setting.taxonomy.exclusions().values()}
    names |= {f"{basis.id}/{one.id}": f"{one.name} ({basis.article})" for basis in _chosen(content, setting.legal) for one in basis.exclusions}
    for name in to_weigh(content, setting.legal):
        if name not in weighed:
            says = f"Dites pourquoi cette exclusion ne s'applique pas : {names.get(name, name)}."
            yield Problem(code="exclusion", field=f"weighed.{name}", says=says)


def _words(content: Content, _found: Mapping[str, Found], setting: Setting) -> Iterator[Problem]:
    if len(content.explanation) < SHORTEST or not told(content.explanation, SHORTEST // 2):
        says = f"Expliquez pourquoi le contenu est illicite, en {SHORTEST} caractères au moins (art. 16, par. 2, point a)."
        yield Problem(code="explication", field="explanation", says=says)
    codes = {(code.category, code.keyword) for one in setting.taxonomy.submarkers() for code in one.dsa}
    codes |= {(code.category, code.keyword) for basis in setting.legal.bases for code in basis.codes}
    if not content.category or content.category not in {category for category, _ in codes}:
        yield Problem(code="categorie", field="category", says="Choisissez la catégorie de la base de transparence.")
    elif (content.category, content.keyword or "") not in codes:
        yield Problem(code="mot_cle", field="keyword", says="Choisissez le mot-clé qui va avec la catégorie.")
    if content.keyword == "KEYWORD_OTHER" and not content.keyword_other:
        yield Problem(code="mot_cle", field="keyword_other", says="Le mot-clé « autre » demande une description.")
    if content.measure is None:
        yield Problem(code="mesure", field="measure", says="Dites quelle mesure est demandée ; le fournisseur reste seul à décider.")
    if content.art18 is None:
        says = "Répondez : y a-t-il un soupçon d'infraction menaçant la vie ou la sécurité (art. 18) ?"
        yield Problem(code="art18", field="art18", says=says)
    if content.art18 and not content.art18_why:
        yield Problem(code="art18", field="art18_why", says="Dites ce qui fait soupçonner une menace pour la vie ou la sécurité (art. 18).")


def _victims(content: Content, _found: Mapping[str, Found], _setting: Setting) -> Iterator[Problem]:
    if content.victims is None:
        yield Problem(code="victimes", field="victims", says="Répondez : une victime peut-elle être reconnue dans ces contenus ?")
    if content.victims != "masquees" and any(VICTIM in item.flags for item in content.items):
        says = "Une victime est peut-être reconnaissable (T12) : masquez tout ce qui la désigne et dites-le ; un juriste signe."
        yield Problem(code="victimes", field="victims", says=says)
    said = {
        "explanation": content.explanation, "summary_en": content.summary_en, "keyword_other": content.keyword_other, "art18_why": content.art18_why,
        **{f"elements.{one.basis}.{one.element}": one.says for one in content.elements},
        **{f"weighed.{one.exclusion}": one.why for one in content.weighed},
        **{f"items.{number}": item.title or "" for number, item in enumerate(content.items, 1)},
    }  # fmt: skip
    for field, text in said.items():
        for one in identifying(text)[:1]:
            yield Problem(
                code="identifiant", field=field, says=f"Ce texte mène à une personne ({one.kind}) : retirez ce passage ou masquez-le avec [...]."
            )


def _notifier(_content: Content, _found: Mapping[str, Found], setting: Setting) -> Iterator[Problem]:
    if not setting.notifier.profile.email:
        says = "L'adresse électronique de votre organisation manque (art. 16, par. 2, point c) : complétez son profil."
        yield Problem(code="notifiant", field="profile.email", says=says)
