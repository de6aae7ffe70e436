"""A dossier as it is printed for an authority: facts apart from opinion, texts of law with their copy, and what speaks for the author."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cases.dossier_reasons import exclusion_names
from cases.dossier_rules import criteria_said
from cases.papers import dossier_law as law
from cases.papers.dossier_words import ACTION_NAMES, AGAINST_NAMES, AGREES_NAMES, ANSWER_NAMES, DATED_NAMES, PART_NAMES, ROLE_NAMES
from cases.papers.paper import Caution, Facts, Heading, Listing, Paper, Quote, Table, Text
from cases.papers.words import ACCESS_NAMES, GATE_NAMES, REACH_NAMES, both, count
from core.times import paris

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cases.bundles import Bundle
    from cases.dossier import Content
    from cases.dossier_annex import Annex
    from cases.dossier_reasons import Setting
    from cases.dossiers import Dossier
    from cases.notice import Item
    from cases.papers.paper import Block
    from cases.profiles import Notifier
    from cases.signing import Signature

DRAFT = "Projet : ce document n'est pas signé par deux personnes. Il ne se transmet pas."
APART = "Les faits sont datés et numérotés. Ils ne contiennent pas d'avis."
AUTHORS = (
    "Un pseudonyme de Vigie remplace le nom du compte : il est calculé avec une clé secrète, et le même compte a toujours le même. Vigie ne "
    "connaît pas le nom ; c'est l'adresse du contenu qui mène au compte."
)
BELIEF = "Une croyance, même étrange, n'est reprochée à personne ici : seuls des actes et leurs effets sont décrits."


class Setup(NamedTuple):
    """What a paper is made of. ``signatures``: those that count; ``bundles``: sealed evidence that was made for it."""

    dossier: Dossier
    content: Content
    notifier: Notifier
    setting: Setting
    signatures: Sequence[Signature] = ()
    bundles: Sequence[Bundle] = ()
    signed: bool = False


def dossier_paper(setup: Setup) -> Paper:
    """The paper of a dossier. An authority's form wants it short: PHAROS gets what its form asks for, and no more."""
    spec, dossier = setup.dossier.spec, setup.dossier
    parts = (_purpose, _pharos, _facts, _inventory, _signatures) if spec.id == "pharos" else (
        _purpose, _fields, _facts, _people, law.texts, _against, _previous, _criteria, _opinion, _inventory, _end, _signatures
    )  # fmt: skip
    blocks = [] if setup.signed else [Caution(DRAFT)]
    contents = count(len(setup.content.items), "contenu", "contenus")
    return Paper(
        title=spec.name, subtitle=f"{contents}, {count(len(setup.content.facts), 'fait', 'faits')}",
        blocks=(*blocks, *(block for part in parts for block in part(setup))), organisation=setup.notifier.name, sender=sender(setup.notifier),
        addressee=addressee(setup), date=paris(dossier.sent_at or max((one.at for one in setup.signatures), default=dossier.created_at), day=True),
        reference=f"Dossier {dossier.id[:12]}, version {dossier.version}, empreinte {dossier.digest[:16]}",
    )  # fmt: skip


def sender(notifier: Notifier) -> tuple[str, ...]:
    """Who writes, in lines."""
    profile = notifier.profile
    legal = " ".join(part for part in (profile.legal_form, profile.siren or notifier.registration or "") if part)
    return tuple(line for line in (legal, *profile.address.splitlines(), profile.email, profile.phone) if line.strip())


def addressee(setup: Setup) -> tuple[str, ...]:
    """To whom: as it was read, or as a person wrote it."""
    if setup.content.addressee is None:
        return ("Destinataire à choisir",)
    to = setup.dossier.spec.addressee(setup.content.addressee)
    return (to.printable, *([setup.content.addressee_name] if to.named and setup.content.addressee_name else []))


def _purpose(setup: Setup) -> Iterator[Block]:
    spec, profile = setup.dossier.spec, setup.notifier.profile
    yield Heading(1, "Objet")
    yield Text(spec.purpose)
    yield Text(BELIEF)
    said = [("Qui écrit", setup.notifier.name), ("Capacité déclarée", law.CAPACITIES.get(setup.notifier.capacity, setup.notifier.capacity))]
    said += [("Agrément", profile.agrement)] if profile.agrement else []
    if profile.mandate and setup.content.fields.get("consentement") == "oui":  # a victim stands behind this very dossier
        said.append(("Mandat", profile.mandate))
    said += [("Représentée par", profile.representative)] if profile.representative else []
    yield Facts(tuple(said))


def _shown(setup: Setup, *parts: str) -> tuple[tuple[str, str], ...]:
    """Fields of these parts that were filled in, as people read them."""
    given = setup.content.fields
    return tuple((one.name, one.shown(given[one.id])) for one in setup.dossier.spec.fields if one.part in parts and given.get(one.id))


def _fields(setup: Setup) -> Iterator[Block]:
    for part in ("saisine", "sujet", "professionnel", "commerce"):
        if said := _shown(setup, part):
            yield Heading(1, PART_NAMES[part])
            yield Facts(said)


def _pharos(setup: Setup) -> Iterator[Block]:
    yield Heading(1, "À recopier dans le formulaire, pour chaque adresse")
    said = _shown(setup, "signalement")
    for number, item in enumerate(setup.content.items, 1):
        yield Heading(2, f"Contenu {number}")
        yield Facts(
            (
                *said[:1],
                ("Adresse exacte", item.url),
                ("Date et heure de publication", both(item.published_at)),
                ("Service", item.platform),
                *said[1:],
            )
        )


def _facts(setup: Setup) -> Iterator[Block]:
    yield Heading(1, "Faits")
    yield Text(APART)
    rows = tuple(
        (str(number), f"{both(fact.at)} ({DATED_NAMES[fact.dated]})", fact.says, str(fact.item or "récit")) for number, fact in setup.content.numbered
    )
    yield Table(("Fait", "Date", "Ce qui s'est passé", "Contenu"), rows, caption="Faits dans l'ordre du temps", widths=(0.08, 0.3, 0.5, 0.12))
    for number, fact in setup.content.numbered:
        for quote in fact.quotes:
            yield Quote(quote.text, f"Fait {number}, contenu {fact.item}, signes {quote.start} à {quote.end}")


def _people(setup: Setup) -> Iterator[Block]:
    authors = tuple(dict.fromkeys(item.author for item in setup.content.items if item.author))
    yield Heading(1, "Personnes")
    known = [("Auteurs, par pseudonyme de Vigie", ", ".join(authors))] if authors else []
    yield Facts((*known, *_shown(setup, "auteurs", "victimes"), ("Identités", _annex(setup.content))))
    if known:
        yield Text(AUTHORS)


def _annex(content: Content) -> str:
    if content.annex_sha256 is None:
        return "aucune n'est jointe"
    return f"dans l'annexe scellée, remise à part ; empreinte SHA-256 de l'annexe chiffrée : {content.annex_sha256}"


def _against(setup: Setup) -> Iterator[Block]:
    content = setup.content
    if not setup.dossier.spec.exculpatory:
        return
    yield Heading(1, "À décharge")
    yield Text(content.exculpatory or "Non rempli.")
    names = exclusion_names(content, setup.setting) | {one.id: f"{one.id} {one.name}" for one in setup.setting.taxonomy.submarkers()}
    rows = tuple((str(one.item), AGAINST_NAMES[one.kind], names.get(one.what, one.what), str(one.readers)) for one in content.against)
    if rows:
        yield Table(
            ("Contenu", "Réponse", "De quoi", "Lecteurs"),
            rows,
            caption="Ce que les lecteurs ont écarté ou n'ont pas trouvé",
            widths=(0.12, 0.28, 0.46, 0.14),
        )
    if content.weighed:
        yield Facts(tuple((f"Pesé : {names.get(one.exclusion, one.exclusion)}", one.why) for one in content.weighed if one.why))


def _previous(setup: Setup) -> Iterator[Block]:
    yield Heading(1, "Persistance")
    if not setup.content.previous:
        yield Text("Aucune notification de ces contenus à un fournisseur n'a été envoyée avec Vigie par l'association.")
        return
    rows = tuple(
        (one.service or one.platform, paris(one.sent_at), paris(one.acknowledged_at), paris(one.decided_at),
         ", ".join(ACTION_NAMES.get(action, action) for action in one.actions) or "sans réponse", paris(one.reappeared_at))
        for one in setup.content.previous
    )  # fmt: skip
    head = ("Service", "Envoyée", "Accusé", "Décision", "Mesure", "Revu en ligne")
    yield Table(head, rows, caption="Notifications déjà faites (règlement (UE) 2022/2065, art. 16) et réponses reçues")


def _criteria(setup: Setup) -> Iterator[Block]:
    if not setup.dossier.spec.criteria:
        return
    yield Heading(1, "Critères")
    for said in criteria_said(setup.content):
        yield Caution(said)
    for grid in law.grids():
        yield Heading(2, grid.name)
        yield Text(f"Source : {grid.source}{'' if grid.status == 'lu' else ' (non vérifié)'}. {grid.rule}")
        rows = []
        for one in grid.criteria:
            answer = setup.content.criteria.get(one.id)
            rows.append((one.name, ANSWER_NAMES[answer.answer] if answer else "non renseigné", answer.evidence if answer else ""))
        yield Table(
            ("Critère", "Réponse", "Ce qui le montre"), tuple(rows), caption=f"{grid.name}, réponses de l'association", widths=(0.4, 0.16, 0.44)
        )
        if grid.unread:
            yield Text(f"{grid.unread} critères de cette grille n'ont pas été lus par Vigie : ils ne sont pas écrits ici.")


def _opinion(setup: Setup) -> Iterator[Block]:
    if said := _shown(setup, "avis"):
        yield Heading(1, PART_NAMES["avis"])
        yield Text("Ce qui suit est une opinion, pas un fait.")
        yield Facts(said)


def _inventory(setup: Setup) -> Iterator[Block]:
    yield Heading(1, "Inventaire des preuves")
    for number, item in enumerate(setup.content.items, 1):
        yield Heading(2, f"Pièce {number}")
        yield Facts(_piece(item, setup))
    for bundle in setup.bundles:
        if bundle.sha256:
            yield Facts(
                (("Dossier de preuves scellé", bundle.id), ("Empreinte SHA-256", bundle.sha256), ("Jetons d'horodatage", str(bundle.tokens or 0)))
            )
    if not any(bundle.sha256 for bundle in setup.bundles):
        yield Text("Aucun dossier de preuves scellé et horodaté n'a encore été fabriqué pour ce dossier.")


def _piece(item: Item, setup: Setup) -> tuple[tuple[str, str], ...]:
    reach = ", ".join(f"{value} {REACH_NAMES.get(name, name)}" for name, value in item.reach.items())
    found = [
        ("Adresse exacte", item.url),
        ("Service", item.platform),
        ("Identifiant du service", item.platform_id or ""),
        ("Titre", item.title or ""),
        ("Publié", both(item.published_at)),
        ("Relevé par Vigie", both(item.collected_at)),
        ("Accès", ACCESS_NAMES[item.access_mode]),
        ("Audience affichée", reach),
        ("Empreinte SHA-256 du texte", item.text_sha256),
        ("Empreinte SHA-256 de l'enregistrement WARC", item.record_sha256 or "non gardé"),
        ("Gardé par", setup.notifier.name),
    ]
    return tuple((label, value) for label, value in found if value)


def _end(setup: Setup) -> Iterator[Block]:
    said = _shown(setup, "suite")
    if said:
        yield Heading(1, PART_NAMES["suite"])
        yield Facts(said)
    if setup.dossier.spec.legal:
        yield Heading(1, "Cadre")
        yield Listing(tuple(line.printable for line in setup.dossier.spec.legal))


def _signatures(setup: Setup) -> Iterator[Block]:
    yield Heading(1, "Signatures")
    if not setup.signatures:
        yield Text("Aucune signature sur cette version.")
    for one in setup.signatures:
        looks = ", ".join(GATE_NAMES[gate] for gate in one.gates)
        yield Facts((("Signé par", one.by), ("Le", both(one.at)), *([("Répond de", looks)] if looks else []), ("Intérêts déclarés", one.interests)))
        yield Text(one.statement)


def annex_paper(dossier: Dossier, annex: Annex, notifier: Notifier) -> Paper:
    """The identities on paper, for the addressee alone."""
    blocks: list[Block] = [
        Caution("Annexe scellée : identités. À remettre au destinataire seul, sous pli séparé, et à ne laisser nulle part ailleurs.")
    ]
    for number, one in enumerate(annex.identities, 1):
        blocks.append(Heading(1, f"Personne {number} : {ROLE_NAMES[one.role]}"))
        said = (
            ("Nom", one.name),
            ("Contact", one.contact or "non connu"),
            ("Mineure", "oui" if one.minor else "non"),
            ("Accord", AGREES_NAMES[one.agrees]),
            ("Comment c'est connu", one.known),
        )
        blocks.append(Facts(said))
    return Paper(
        title="Annexe scellée", subtitle=dossier.spec.name, blocks=tuple(blocks), organisation=notifier.name, sender=sender(notifier),
        reference=f"Annexe du dossier {dossier.id[:12]}, version {dossier.version}",
    )  # fmt: skip
