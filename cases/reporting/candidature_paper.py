"""The candidature pack as a paper, and the register behind it as a CSV annex. Pure.

The form of the Arcom itself is filled in on demarches-simplifiees; this is what is joined to it. Nothing here says that a candidate will be accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.papers.paper import Caution, Facts, Heading, Listing, Paper, Table, Text
from cases.reporting.counting import code_in
from cases.reporting.entity import ENTITY_TEXTS
from cases.reporting.naming import provider_named
from cases.reporting.tables import csv_lines
from cases.reporting.words import GROUND_NAMES, STEP_NAMES, category_named
from cases.reporting.yearly_paper import MISSING, action_named, hours, percent
from core.numbers import french
from core.times import paris

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cases.papers.paper import Block
    from cases.register import RegisterRow
    from cases.reporting.candidature import Candidature
    from cases.reporting.providers import Providers

CRITERIA = {
    "a": "a) Expertise et compétence pour détecter, identifier et notifier",
    "b": "b) Indépendance des fournisseurs de plateformes",
    "c": "c) Notifications diligentes, précises et objectives",
    "dossier": "Pièces du dossier",
}
DOSSIER_NAMES = {"parquet": "Parquet", "pharos": "PHAROS", "miviludes": "Miviludes", "ordre": "Ordre professionnel", "dgccrf": "DGCCRF"}
ROLE_NAMES = {
    "soumet": "Proposent des contenus", "analyse": "Lisent et décident", "valide": "Valident et arbitrent", "sante": "Regard de santé",
    "droit": "Regard juridique", "administre": "Administrent",
}  # fmt: skip
REGISTER = (
    "notice", "position", "provider", "provider_name", "category", "keyword", "markers", "source", "channel", "sent_at", "acknowledged_at",
    "decided_at", "acted_at", "action", "ground", "scope", "redress_given", "automated", "overturned", "withdrawn", "corrected",
)  # fmt: skip


def candidature_paper(one: Candidature) -> Paper:
    """The pack, in the order of the three criteria."""
    blocks: list[Block] = [*_opening(one), *_missing(one), *_experience(one), *_means(one), *_independence(one), *_accuracy(one)]
    return Paper(
        title="Signaleur de confiance : pièces à l'appui d'une candidature", subtitle=one.entity.name, blocks=tuple(blocks),
        organisation=one.entity.name, date=f"établi le {paris(one.as_of, day=True)}", reference="Candidature, DSA art. 22",
    )  # fmt: skip


def _opening(one: Candidature) -> Iterator[Block]:
    entity = one.entity
    yield Facts((
        ("Organisation", ", ".join(filter(None, (entity.name, entity.legal_form, entity.registration)))),
        ("Créée le", f"{one.founded_on:%d/%m/%Y}" if one.founded_on else "non renseigné"),
        ("Membres", french(one.members) if one.members is not None else "non renseigné"),
        ("Agrément (art. 2-17 CPP)", one.agrement or "aucun"),
        ("Contact", entity.contact or "à compléter"),
    ))  # fmt: skip
    yield Text(
        "Cadre : règlement (UE) 2022/2065 (DSA), art. 22, paragraphe 2, dans le texte adopté en 2022 : le statut est donné à une entité qui montre "
        "a) une expertise pour détecter, identifier et notifier des contenus illicites, b) son indépendance des fournisseurs de plateformes, c) des "
        "notifications diligentes, précises et objectives. À vérifier par un juriste."
    )
    yield Text(
        "Selon la presse juridique (décision du Conseil d'État du 17 octobre 2025, n° 501359, que nous n'avons pas lue : non vérifié), un candidat a "
        "été refusé faute de montrer une expérience de la notification aux plateformes ; celle des plaintes à la justice n'a pas suffi."
    )


def _missing(one: Candidature) -> Iterator[Block]:
    yield Heading(1, "Ce qui manque encore")
    for criterion, name in CRITERIA.items():
        said = tuple(part.says for part in one.missing if part.criterion == criterion)
        if said:
            yield Heading(2, name)
            yield Listing(said)
    yield Caution("Les seuils cités ici sont les nôtres, pas ceux de la loi. Relisez ce dossier avec un juriste, puis retirez cette partie.")


def _experience(one: Candidature) -> Iterator[Block]:
    yield Heading(1, CRITERIA["a"])
    yield Facts((
        ("Notifications envoyées", french(one.notices)), ("Contenus signalés", french(one.items)),
        ("Première notification", f"{one.first:%d/%m/%Y}" if one.first else "aucune"), ("Dernière", f"{one.last:%d/%m/%Y}" if one.last else "aucune"),
        ("Mois d'activité", french(len(one.months))), ("Fournisseurs notifiés", french(sum(total.by == "provider" for total in one.totals))),
    ))  # fmt: skip
    for by, title in (("provider", "Fournisseur"), ("category", "Type de contenu")):
        named = [(provider_named(total.value, one.providers) if by == "provider" else category_named(total.value), total)
                 for total in one.totals if total.by == by]  # fmt: skip
        rows = tuple((name, french(total.notices), french(total.items)) for name, total in named)
        if rows:
            yield Table((title, "Notifications", "Contenus"), rows, f"Notifications par {title.lower()}", (0.7, 0.16, 0.14), (1, 2))
    if one.months:
        rows = tuple((part.month, french(part.notices), french(part.items)) for part in one.months)
        yield Table(("Mois", "Notifications", "Contenus"), rows, "Activité mois par mois", (0.5, 0.25, 0.25), (1, 2))
    if one.cuts:
        done = tuple(
            (provider_named(cut.provider, one.providers), action_named(cut.action, cut.scope), GROUND_NAMES[cut.ground], french(cut.items))
            for cut in one.cuts
        )
        yield Table(("Fournisseur", "Suite donnée", "Fondement", "Contenus"), done, "Ce que les fournisseurs ont fait", (0.34, 0.34, 0.2, 0.12), (3,))
    times = tuple((STEP_NAMES[part.step], french(part.notices), hours(part.median), hours(part.p90))
                  for part in one.durations if not part.provider and part.notices)  # fmt: skip
    if times:
        yield Table(("Délai depuis l'envoi", "Notifications", "Médiane", "90 % en moins de"), times, "Délais", (0.46, 0.18, 0.18, 0.18), (1, 2, 3))
    if one.dossiers:
        handed = tuple((DOSSIER_NAMES.get(kind, kind), french(number)) for kind, number in sorted(one.dossiers.items()))
        yield Table(("Dossiers transmis à", "Nombre"), handed, "Autres suites, hors plateformes", (0.75, 0.25), (1,))
    yield Text("Le registre complet, contenu par contenu et sans donnée personnelle, est joint en CSV (registre.csv).")


def _means(one: Candidature) -> Iterator[Block]:
    yield Heading(2, "Moyens et procédures")
    roles = tuple((name, french(one.people[role])) for role, name in ROLE_NAMES.items() if one.people.get(role))
    if roles:
        yield Table(("Fonction", "Personnes"), roles, "Personnes qui ont un compte ; une même personne peut en tenir plusieurs", (0.75, 0.25), (1,))
    yield Listing((
        "Un contenu est signalé seulement si deux personnes l'ont lu sans se voir et sont d'accord, ou si une troisième a tranché.",
        "Chaque notification est signée par deux personnes différentes sur le même texte ; si le texte change, les signatures tombent.",
        "Les allégations de santé demandent un regard de santé, les qualifications pénales les plus graves un regard juridique.",
        "Le complotisme seul, une croyance ou une opinion ne sont jamais signalés. Les exclusions sont pesées par écrit.",
        "Chaque acte est inscrit dans un journal dont les entrées sont enchaînées : une modification se voit.",
    ))  # fmt: skip
    yield Heading(2, ENTITY_TEXTS["training"])
    yield Text(one.entity.training or MISSING)


def _independence(one: Candidature) -> Iterator[Block]:
    entity = one.entity
    yield Heading(1, CRITERIA["b"])
    if entity.funding:
        yield Table(
            ("Ressource", "Part de l'année"), tuple((part.source, percent(part.share)) for part in entity.funding), "Financement", (0.75, 0.25), (1,)
        )
    said = {
        True: "Aucun fournisseur de plateforme ne paie l'organisation.",
        False: "Un fournisseur de plateforme verse de l'argent à l'organisation.",
    }
    yield Text(MISSING if entity.no_platform_money is None else said[entity.no_platform_money])
    for name in ("governance", "conflicts", "platform_resources"):
        yield Heading(2, ENTITY_TEXTS[name])
        yield Text(getattr(entity, name) or MISSING)


def _accuracy(one: Candidature) -> Iterator[Block]:
    quality = one.quality
    yield Heading(1, CRITERIA["c"])
    alike = next((part for part in one.readings.agreement if part.code == "qualification"), None)
    agreed = (
        "non mesurable"
        if alike is None or alike.alpha is None
        else f"{french(alike.alpha, digits=2)} sur {french(alike.items)} contenus lus deux fois"
    )
    yield Facts((
        ("Contenus décidés", french(quality.decided_items)), ("Mesure prise", french(quality.measured_items)),
        ("Part rejetée", percent(quality.rejected)),
        ("Défaites sur plainte de l'auteur", f"{french(quality.overturned_notices)} ({percent(quality.overturned)})"),
        ("Retirées ou corrigées par nous", f"{french(quality.withdrawn_notices)} et {french(quality.corrected_notices)}"),
        ("Accord entre lecteurs (alpha de Krippendorff)", agreed),
        ("Contenus lus puis jugés hors champ, sur un an", f"{french(one.readings.outside)} sur {french(one.readings.read)}"),
    ))  # fmt: skip
    yield Heading(2, ENTITY_TEXTS["contest_channel"])
    yield Text(one.entity.contest_channel or MISSING)


def register_csv(rows: Iterable[RegisterRow], providers: Providers) -> Iterator[str]:
    """The register as CSV, a line at a time: times in ISO 8601 UTC, 1, 0 or nothing for yes, no or not said. No content, no address, no name."""
    return csv_lines(REGISTER, (_register_row(row, providers) for row in rows))


def _register_row(row: RegisterRow, providers: Providers) -> tuple[object, ...]:
    moments = (row.sent_at, row.acknowledged_at, row.decided_at, row.acted_at)
    provider = providers.of(row)
    flags = (row.redress_given, row.automated, row.overturned, row.withdrawn, row.corrected)
    return (
        row.notice_id, row.position, provider, provider_named(provider, providers.seen((provider,))),
        code_in(row.category), code_in(row.keyword), "+".join(sorted(row.markers)),
        row.source_type, row.channel,
        *(at and at.isoformat(timespec="seconds") for at in moments), row.action, row.ground, row.scope,
        *(None if flag is None else int(flag) for flag in flags),
    )  # fmt: skip
