"""A notice (DSA art. 16) as a letter that a provider decides upon without a long legal examination, and a lawyer signs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.legal import printable as printable_basis
from cases.papers.paper import Block, Caution, Facts, Heading, Listing, Paper, Quote, Table, Text
from cases.papers.words import (
    ACCESS_NAMES,
    CITED,
    CONTENT_TYPE_NAMES,
    GATE_NAMES,
    LANGUAGE_NAMES,
    MEASURE_NAMES,
    REACH_NAMES,
    both,
    count,
    dsa,
    thousands,
)
from cases.platforms import UNVERIFIED
from cases.platforms import printable as printable_fact
from cases.reporting.words import category_named
from cases.reviewed import day
from cases.signing import NEEDED, STATEMENT
from core.errors import Conflict
from core.taxonomy import load_taxonomy
from core.times import PARIS, paris

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cases.legal import Basis, Legal
    from cases.notice import Content, Element, Item, Quoted
    from cases.notices import Notice
    from cases.platforms import Platform
    from cases.profiles import Notifier
    from cases.signing import Signature


def notice_paper(notice: Notice, notifier: Notifier, legal: Legal, platform: Platform, *, signatures: Sequence[Signature] | None = None) -> Paper:
    """The letter. ``signatures``: those that count (cases.signing.valid_signatures), by default those under this version.

    Raises Conflict for a notice whose content was erased; NotFound for an unknown basis.
    """
    content = content_of(notice)
    platform = addressed(content, platform)
    given = notice.signed if signatures is None else tuple(signatures)
    return Paper(
        title="Notification de contenu illicite",
        subtitle=f"{platform.service} — {count(len(content.items), 'contenu', 'contenus')} — {dsa('art. 16')}",
        organisation=notifier.name,
        sender=sender_of(notifier),
        addressee=addressee_of(platform),
        date=f"le {day((notice.sent_at or notice.created_at).astimezone(PARIS))}",
        reference=f"Notification {notice.id}, version {notice.version}",
        blocks=(
            *_state(given),
            *_purpose(content, notifier, platform),
            *_items(content),
            *_reasons(content, legal),
            *_exclusions(content, legal),
            *_asked(content),
            *_evidence(content),
            *_signatures(content, notifier, given),
            *_next(content, legal),
        ),
    )


def content_of(notice: Notice) -> Content:
    """What it says. Raises Conflict once that is erased."""
    if notice.content is None:
        raise Conflict(f"the content of notice {notice.id} was erased; only its line in the register is left")
    return notice.content


def addressed(content: Content, platform: Platform) -> Platform:
    """The platform, completed with what a person found out about its provider where no file names it."""
    known = content.recipient
    if not platform.generic or known is None or not known.provider:
        return platform
    return platform.completed(provider=known.provider, country=known.country or None, email=known.email or None, form_url=known.form_url or None)


def sender_of(notifier: Notifier) -> tuple[str, ...]:
    """The lines under the organisation's name."""
    profile = notifier.profile
    number = profile.siren or notifier.registration or ""
    lines = (profile.legal_form, f"n° {number}" if number else "", *profile.address.split("\n"), profile.email, profile.phone, profile.website)
    return tuple(line.strip() for line in lines if line.strip())


def addressee_of(platform: Platform) -> tuple[str, ...]:
    """The lines of the provider's address, as far as it is known."""
    contact = (platform.email, platform.contact_point)
    return tuple(printable_fact(fact) for fact in (platform.provider, platform.country, *contact) if fact is not None)


def _state(given: Sequence[Signature]) -> Iterator[Block]:
    if len(given) < NEEDED:
        yield Caution(f"Projet. {count(len(given), 'signature', 'signatures')} sur {NEEDED} : ce document n'est pas envoyé.")


def _purpose(content: Content, notifier: Notifier, platform: Platform) -> Iterator[Block]:
    status = notifier.profile.trusted_flagger
    said = (
        f"signaleur de confiance ({dsa('art. 22')}), désigné par {status.authority} le {status.decided_on:%d/%m/%Y} pour : {status.area}"
        if status
        else "notification ordinaire ; l'organisation n'a pas le statut de signaleur de confiance"
    )
    yield Heading(1, "Objet")
    many = count(len(content.items), "contenu public de votre service, illicite", "contenus publics de votre service, illicites")
    yield Text(
        f"Nous vous notifions {many} selon nous au vu des éléments ci-dessous. Deux personnes au moins ont lu chaque contenu. "
        "Nous visons des contenus : ni des convictions, ni des personnes."
    )
    keyword = content.keyword or "non choisi"
    yield Facts((
        ("Service", platform.service),
        ("Fournisseur", printable_fact(platform.provider)),
        ("Pays d'établissement", printable_fact(platform.country)),
        ("Très grande plateforme", printable_fact(platform.vlop)),
        ("Qualité du notifiant", said),
        ("Catégorie", category_named(content.category) if content.category else "non choisie"),
            ("Code de catégorie", content.category or "non choisi"),
        ("Mot-clé", f"{keyword} : {content.keyword_other}" if content.keyword_other else keyword),
        ("Mesure demandée", MEASURE_NAMES.get(content.measure or "", "non choisie")),
        ("Point de contact", notifier.profile.email or "à compléter"),
    ))  # fmt: skip
    if platform.unverified:
        yield Text(f"{UNVERIFIED.strip('()').capitalize()} : ces indications sur le fournisseur n'ont pas pu être contrôlées.")


def _items(content: Content) -> Iterator[Block]:
    yield Heading(1, "Contenus notifiés")
    for number, item in enumerate(content.items, 1):
        yield Heading(2, f"Contenu {number}")
        yield Facts(tuple((label, said) for label, said in _facts(item) if said))


def _facts(item: Item) -> Iterator[tuple[str, str]]:
    taxonomy = load_taxonomy()
    yield "Adresse exacte", item.url
    yield "Identifiant chez vous", item.platform_id or ""
    yield "Titre", item.title or ""
    yield "Nature", ", ".join(CONTENT_TYPE_NAMES[one] for one in item.content_type)
    yield "Langue", LANGUAGE_NAMES.get(item.language or "", item.language or "")
    yield "Accès", ACCESS_NAMES[item.access_mode]
    yield "Publié", both(item.published_at)
    yield "Vu et conservé", both(item.collected_at)
    yield "Audience affichée", ", ".join(f"{thousands(amount)} {REACH_NAMES.get(name, name)}" for name, amount in sorted(item.reach.items()))
    yield "Signes relevés", " ; ".join(f"{name} {taxonomy.submarker(name).name}" for name in item.submarkers)
    yield "Points d'attention", " ; ".join(taxonomy.flag(name).name for name in item.flags)
    yield "Décision", f"prise par des personnes le {paris(item.decided_at)}, après deux lectures"


def _reasons(content: Content, legal: Legal) -> Iterator[Block]:
    yield Heading(1, "Pourquoi ces contenus sont illicites")
    if content.explanation:
        yield Text(content.explanation)
    for name in content.bases:
        basis = legal.basis(name)
        yield Heading(2, f"{basis.article} : {basis.title}")
        yield from _law(basis)
        yield from _elements(content, basis)
    if content.summary_en:
        yield Heading(2, "Résumé en anglais")
        yield Text(content.summary_en)


def _law(basis: Basis) -> Iterator[Block]:
    if basis.status == "lu" and basis.text:
        yield Quote(basis.text, printable_basis(basis))
    else:
        yield Caution(printable_basis(basis))


def _elements(content: Content, basis: Basis) -> Iterator[Block]:
    said = {one.element: one for one in content.elements if one.basis == basis.id}
    met = [
        (element.name, said[element.id]) for element in basis.elements if element.id in said and (said[element.id].says or said[element.id].quotes)
    ]
    if met:
        rows = tuple((name, one.says or "Voir les extraits.", _places(one, content)) for name, one in met)
        yield Table(("Élément", "Ce qui le montre", "Extraits"), rows, caption="Éléments, un par un", widths=(3, 6, 2))
    shown: dict[tuple[str, str], list[str]] = {}
    for name, one in met:
        for quoted in one.quotes:
            shown.setdefault((quoted.text, place(quoted, content)), []).append(name)
    for number, ((text, where), names) in enumerate(shown.items(), 1):
        yield Quote(text, f"Extrait {number}, {where}. Montre : {' ; '.join(names)}.")


def _places(element: Element, content: Content) -> str:
    numbers = sorted({number for quoted in element.quotes for number, item in enumerate(content.items, 1) if item.document_id == quoted.document_id})
    return ", ".join(f"contenu {number}" for number in numbers) or "—"


def place(quoted: Quoted, content: Content) -> str:
    """Where a quote stands: ``contenu 1, caractères 120 à 340, signe A1``."""
    number = next((number for number, item in enumerate(content.items, 1) if item.document_id == quoted.document_id), None)
    sign = f", signe {quoted.submarker}" if quoted.submarker else ""
    return f"contenu {number or '?'}, caractères {quoted.start} à {quoted.end}{sign}"


def _exclusions(content: Content, legal: Legal) -> Iterator[Block]:
    if not content.weighed:
        return
    yield Heading(1, "Ce qui pourrait s'y opposer, et pourquoi nous l'écartons")
    rows = tuple((exclusion_named(one.exclusion, legal), one.why) for one in content.weighed)
    yield Table(("Exclusion examinée", "Pourquoi elle ne s'applique pas"), rows, widths=(2, 5))


def exclusion_named(name: str, legal: Legal) -> str:
    """The name of an exclusion of the taxonomy, or of a legal basis where it is written ``basis/exclusion``."""
    basis, _, own = name.partition("/")
    if own:
        found = legal.basis(basis)
        return next((f"{one.name} ({found.article})" for one in found.exclusions if one.id == own), own)
    known = load_taxonomy().exclusions()
    return known[name].name if name in known else name


def _asked(content: Content) -> Iterator[Block]:
    yield Heading(1, "Ce que nous demandons")
    wanted = MEASURE_NAMES.get(content.measure or "", "une mesure adaptée")
    yield Text(f"Nous suggérons {wanted}. Vous restez seuls à décider, avec diligence, sans arbitraire et objectivement ({dsa('art. 16, par. 6')}).")
    if content.art18:
        why = content.art18_why or "voir les éléments ci-dessus"
        yield Caution(f"Soupçon d'une infraction qui menace la vie ou la sécurité de personnes ({dsa('art. 18')}) : {why}")


def _evidence(content: Content) -> Iterator[Block]:
    yield Heading(1, "Preuves conservées")
    yield Text(
        "Chaque contenu a été enregistré tel que votre service l'affichait au public, sans compte d'emprunt. Les empreintes SHA-256 permettent de "
        "constater que ce qui est conservé n'a pas changé."
    )
    kinds = (("contenu", "content_sha256"), ("texte", "text_sha256"), ("archive", "record_sha256"))
    rows = [
        (str(number), kind, paris(item.collected_at), getattr(item, name))
        for number, item in enumerate(content.items, 1)
        for kind, name in kinds
        if getattr(item, name)
    ]
    yield Table(("N°", "Empreinte de", "Conservé le", "SHA-256"), tuple(rows), caption="Inventaire des preuves", widths=(0.6, 2, 2.9, 10.2))
    if content.victims == "masquees":
        yield Text("Ce qui permettrait de reconnaître une victime est masqué par [...] dans cette notification.")


def _signatures(content: Content, notifier: Notifier, given: Sequence[Signature]) -> Iterator[Block]:
    yield Heading(1, "Déclaration de bonne foi")
    yield Quote(STATEMENT, dsa("art. 16, par. 2, point d"))
    rows = tuple((one.by, paris(one.at), " ; ".join(GATE_NAMES[gate] for gate in one.gates) or "—", one.interests) for one in given)
    if rows:
        yield Table(("Signataire", "Le", "Répond aussi de", "Intérêts déclarés"), rows, widths=(3, 2.4, 4, 4))
    yield Text(f"Pour {notifier.name} : {notifier.profile.representative}." if notifier.profile.representative else f"Pour {notifier.name}.")
    detected = (
        "Un outil automatique a attiré l'attention sur au moins un de ces contenus ; il n'a rien décidé."
        if content.automated_detection
        else "Aucun outil automatique n'a servi à repérer ces contenus."
    )
    yield Text(f"{detected} La qualification et cette notification sont l'œuvre de personnes.")


def _next(content: Content, legal: Legal) -> Iterator[Block]:
    yield Heading(1, "Suites attendues")
    yield Text("Nous vous demandons :")
    points = [
        f"d'accuser réception sans retard injustifié ({dsa('art. 16, par. 4')}) ;",
        f"de nous dire sans retard injustifié votre décision et les voies de recours ({dsa('art. 16, par. 5')}) ;",
        f"d'indiquer si des moyens automatiques ont servi à décider ({dsa('art. 16, par. 6')}) ;",
        "d'indiquer le fondement de la décision (la loi ou vos conditions générales), sa portée et sa durée.",
    ]
    if content.confidential:
        said = f"de ne donner l'identité du notifiant à l'auteur que si c'est strictement nécessaire ({dsa('art. 17, par. 3, point b')}) ;"
        points.insert(0, said)
    yield Listing(tuple(points))
    yield Heading(1, "Textes cités")
    yield Listing((CITED, *(f"{printable_basis(legal.basis(name))}." for name in content.bases)))
