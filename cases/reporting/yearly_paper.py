"""The yearly report as a paper to read: the sections of domain rules 6.2, in words of ours and numbers. Pure."""

from __future__ import annotations

from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from cases.papers.paper import Caution, Facts, Heading, Listing, Paper, Table, Text
from cases.reporting.entity import ENTITY_TEXTS
from cases.reporting.naming import provider_named
from cases.reporting.words import (
    ACTION_NAMES,
    COMPLAINT_NAMES,
    GROUND_NAMES,
    LANE_NAMES,
    LANGUAGE_NAMES,
    OUTCOME_NAMES,
    SCOPE_NAMES,
    SOURCE_NAMES,
    STEP_NAMES,
    category_named,
    keyword_named,
    markers_named,
)  # fmt: skip
from core.numbers import french
from core.taxonomy import load_taxonomy
from core.times import paris

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from cases.papers.paper import Block
    from cases.reporting.figures import Counted, Yearly

LAW = "Règlement (UE) 2022/2065 (DSA), art. 22, paragraphe 3, dans le texte adopté en 2022. À vérifier par un juriste avant toute publication."
MISSING = "À compléter : l'organisation n'a encore rien écrit ici."
FEW = "moins de 5, ou masqué"
NONE = "Aucune dans la période."


class Edition(NamedTuple):
    """What a version adds to its figures. ``published`` is None for a draft."""

    version: int = 0
    changelog: str = ""
    made: str = ""  # as people read it
    published: str = ""
    address: str = ""


DRAFT = Edition()


def yearly_paper(report: Yearly, edition: Edition = DRAFT) -> Paper:
    """The whole report."""
    blocks: list[Block] = [*_header(report, edition), *_first(report), *_totals(report), *_times(report), *_complaints(report), *_quality(report)]
    blocks += [*_independence(report), *_method(report), *_cross(report), *_ending()]
    name = f"version {edition.version}" if edition.version else "brouillon"
    return Paper(
        title="Rapport annuel sur les notifications", subtitle=f"{report.entity.name}, du {_day(report.since)} au {_day(report.until)}",
        blocks=tuple(blocks), organisation=report.entity.name, date=edition.published and f"publié le {edition.published}",
        reference=f"Rapport {report.period}, {name}",
    )  # fmt: skip


def _header(report: Yearly, edition: Edition) -> Iterator[Block]:
    one = report.entity
    status = "Signaleur de confiance" if one.status == "signaleur_de_confiance" else "Sans statut de signaleur de confiance"
    since = f", désigné par {one.status_authority} le {_day(one.status_since)}" if one.status_since else ""
    facts = {
        "Organisation": ", ".join(filter(None, (one.name, one.legal_form, one.registration))),
        "Statut": status + since,
        "Domaine d'expertise": one.area or "sans objet : aucun domaine n'a été désigné",
        "Période": f"du {_day(report.since)} au {_day(report.until)}",
        "Réponses connues au": paris(report.as_of),
        "Version": f"{edition.version or 'brouillon'}{f', du {edition.made}' if edition.made else ''}",
        "Changements": edition.changelog or "première version",
        "Publié le": edition.published or "pas encore publié",
        "Langues": ", ".join(LANGUAGE_NAMES.get(name, name) for name in one.languages),
        "Contact": one.contact or "voir le site de l'organisation",
        "Site": one.website or "non renseigné",
        "Adresse de ce rapport": edition.address or "sur la page publique des rapports",
    }
    yield Facts(tuple(facts.items()))
    yield Text(f"Cadre : {LAW}")
    if one.status == "non_designe":
        yield Caution("Cette organisation n'a pas le statut de signaleur de confiance. Le rapport suit le même plan, de sa propre initiative.")
    yield Text("Ce rapport ne contient aucune donnée personnelle. Il compte des notifications et des contenus, jamais des personnes.")


def _first(report: Yearly) -> Iterator[Block]:
    yield Heading(1, "1. Notifications par fournisseur, type de contenu et suite donnée")
    yield Text(
        f"{french(report.notices)} notifications envoyées, {french(report.items)} contenus signalés. Une notification peut signaler plusieurs "
        "contenus : elle compte dans chaque ligne où se trouve l'un d'eux, et les notifications d'un tableau ne s'additionnent donc pas. Les "
        "contenus s'additionnent."
    )
    for provider, cuts in groupby(report.cuts, key=lambda cut: cut.provider):
        yield Heading(2, provider_named(provider, report.providers))
        rows = [(f"{category_named(cut.category)} · {keyword_named(cut.keyword)}", action_named(cut.action, cut.scope), GROUND_NAMES[cut.ground],
                 french(cut.notices), french(cut.items)) for cut in cuts]  # fmt: skip
        yield Table(("Type de contenu", "Suite donnée", "Fondement", "Notifications", "Contenus"), tuple(rows),
                    f"Tableau 1, {provider_named(provider, report.providers)}", (0.34, 0.28, 0.16, 0.12, 0.1), (3, 4))  # fmt: skip
    if not report.cuts:
        yield Text("Aucune notification n'a été envoyée dans la période.")
    yield Text(
        "Fondement : ce sur quoi le fournisseur dit avoir agi, la loi ou ses conditions d'utilisation. « Aucune réponse » et « accusé de réception "
        "seul » sont dits après 30 jours ; ce délai est le nôtre, le règlement n'en fixe pas."
    )


def _totals(report: Yearly) -> Iterator[Block]:
    yield Heading(1, "2. Totaux")
    named: dict[str, tuple[str, Callable[[str], str]]] = {
        "provider": ("Par fournisseur", partial(provider_named, providers=report.providers)),
        "category": ("Par type de contenu", _coded),
        "source": ("Par qualité", _source),
    }
    for by, (title, naming) in named.items():
        rows = [(naming(one.value), french(one.notices), french(one.items)) for one in report.totals if one.by == by]
        if rows:
            yield Table((title, "Notifications", "Contenus"), tuple(rows), title, (0.7, 0.16, 0.14), (1, 2))
    yield Text("Ici chaque notification compte une fois. Codes : règlement d'exécution (UE) 2024/2835, annexe II.")


def _times(report: Yearly) -> Iterator[Block]:
    yield Heading(1, "3. Délais")
    rows = [(provider_named(one.provider, report.providers) if one.provider else "Tous", STEP_NAMES[one.step], french(one.notices),
             hours(one.median), hours(one.p90))
            for one in report.durations if one.notices]  # fmt: skip
    if rows:
        yield Table(("Fournisseur", "Délai depuis l'envoi", "Notifications", "Médiane", "90 % en moins de"), tuple(rows),
                    "Délais de réponse des fournisseurs", (0.26, 0.32, 0.14, 0.14, 0.14), (2, 3, 4))  # fmt: skip
    yield Text("En heures. Les contenus pour lesquels rien n'a été fait ne comptent pas dans le délai jusqu'à la mesure." if rows else NONE)


def _complaints(report: Yearly) -> Iterator[Block]:
    yield Heading(1, "4. Réclamations et règlements extrajudiciaires")
    rows = [
        (COMPLAINT_NAMES[one.kind], OUTCOME_NAMES.get(one.outcome, one.outcome), french(one.number), hours(one.median)) for one in report.complaints
    ]
    if rows:
        yield Table(("Voie", "Issue", "Nombre", "Médiane"), tuple(rows), "Réclamations de l'organisation contre des décisions de fournisseurs",
                    (0.4, 0.3, 0.14, 0.16), (2, 3))  # fmt: skip
    else:
        yield Text(NONE)


def _quality(report: Yearly) -> Iterator[Block]:
    one = report.quality
    yield Heading(1, "5. Contrôle de notre propre qualité")
    yield Facts((
        ("Contenus décidés par les fournisseurs", french(one.decided_items)),
        ("Contenus pour lesquels une mesure a été prise", french(one.measured_items)),
        ("Jugés licites", french(one.lawful_items)), ("Notification jugée insuffisante", french(one.insufficient_items)),
        ("Sans mesure pour un autre motif", french(one.other_items)), ("Part rejetée", percent(one.rejected)),
        ("Notifications défaites sur plainte de l'auteur", f"{french(one.overturned_notices)} ({percent(one.overturned)})"),
        ("Notifications retirées par nous", french(one.withdrawn_notices)), ("Notifications corrigées par nous", french(one.corrected_notices)),
        ("Contenus signalés deux fois", french(one.duplicate_items)), ("Décisions qui indiquaient une voie de recours", percent(one.redress_given)),
        ("Décisions prises par des moyens automatisés, selon les fournisseurs", percent(one.automated)),
    ))  # fmt: skip
    spans = {code.code: f"{_figure(code.low)} à {_figure(code.high)}" if code.low is not None else "—" for code in report.readings.agreement}
    rows = [(_agreed(code.code), french(code.items), _figure(code.alpha), spans[code.code]) for code in report.readings.agreement]
    if rows:
        yield Table(("Question", "Contenus lus deux fois", "Alpha de Krippendorff", "Intervalle à 95 %"), tuple(rows),
                    "Accord entre deux personnes qui lisent sans se voir", (0.34, 0.22, 0.22, 0.22), (1, 2))  # fmt: skip
    yield Heading(2, ENTITY_TEXTS["training"])
    yield Text(report.entity.training or MISSING)


def _independence(report: Yearly) -> Iterator[Block]:
    one = report.entity
    yield Heading(1, "6. Indépendance")
    yield Text("Procédures qui garantissent que l'organisation ne dépend d'aucun fournisseur de plateforme en ligne (art. 22, paragraphe 3).")
    if one.funding:
        yield Table(
            ("Ressource", "Part de l'année"), tuple((part.source, percent(part.share)) for part in one.funding), "Financement", (0.75, 0.25), (1,)
        )
    said = {
        True: "Aucun fournisseur de plateforme ne paie l'organisation.",
        False: "Un fournisseur de plateforme verse de l'argent à l'organisation.",
    }
    yield Text(said[one.no_platform_money] if one.no_platform_money is not None else f"Paiements par des plateformes. {MISSING}")
    for name in ("governance", "conflicts", "platform_resources", "contest_channel"):
        yield Heading(2, ENTITY_TEXTS[name])
        yield Text(getattr(one, name) or MISSING)
    yield Text("Personne ne fixe d'objectif de nombre de notifications. Chaque notification est décidée et signée par deux personnes différentes.")


def _method(report: Yearly) -> Iterator[Block]:
    found = report.readings
    yield Heading(1, "7. Méthode")
    yield Text(
        f"Guide de lecture en version {found.taxonomy or 'inconnue'}. Un modèle attire l'attention sur des contenus publics ; des personnes les "
        "lisent et décident, deux fois à l'aveugle pour tout ce qui peut être signalé. Aucune notification n'est envoyée sans leur décision. "
        "Une croyance, même étrange, n'est pas un marqueur."
    )
    yield Text(f"{french(found.read)} contenus décidés dans la période, dont {french(found.outside)} jugés hors champ.")
    if found.lanes:
        lanes = tuple((LANE_NAMES.get(one.value, one.value), counted(one)) for one in found.lanes)
        yield Table(("Comment les contenus lus ont été trouvés", "Contenus"), lanes, "Détection", (0.78, 0.22), (1,))
    names = {name: one.name for name, one in load_taxonomy().exclusions().items()}
    if found.exclusions:
        why = tuple((names.get(one.value, one.value), counted(one)) for one in found.exclusions)
        yield Table(("Exclusion retenue", "Contenus"), why, "Pourquoi des contenus qui ressemblaient à un cas n'en étaient pas", (0.78, 0.22), (1,))


def _cross(report: Yearly) -> Iterator[Block]:
    yield Heading(1, "8. Recoupements")
    yield Text(
        "Champ : contenus publics accessibles en France. Les nombres inférieurs à 5 sont masqués, et d'autres s'il le faut pour qu'on ne puisse pas "
        "les déduire."
    )
    if report.markers:
        rows = tuple((markers_named(one.value), counted(one)) for one in report.markers)
        yield Table(("Marqueur", "Contenus"), rows, "Contenus signalés par marqueur", (0.78, 0.22), (1,))


def _ending() -> Iterator[Block]:
    yield Heading(1, "9. Absence de données personnelles et conservation")
    yield Listing((
        "Avant chaque version, un contrôle automatique cherche adresses, numéros, comptes et noms ; s'il en trouve, rien n'est imprimé.",
        "Une personne qui n'a pas établi le rapport le relit et signe qu'il ne nomme personne, avant toute publication.",
        "Chaque version reste consultable avec ses changements, au moins cinq ans.",
        "Destinataires : l'autorité qui a donné le statut (en France, l'Arcom) et le public.",
    ))  # fmt: skip


def counted(one: Counted) -> str:
    """A number, or that it is hidden."""
    return FEW if one.number is None else french(one.number)


def hours(value: float | None) -> str:
    """Hours as people read them."""
    return "—" if value is None else f"{french(round(value, 1))} h"


def percent(value: float | None) -> str:
    """A share in [0, 1]."""
    return "non mesurable" if value is None else f"{french(round(100 * value, 1))} %"


def _figure(value: float | None) -> str:
    return "non mesurable" if value is None else french(value, digits=2)


def action_named(action: str, scope: str) -> str:
    """What a provider did, and where."""
    return ACTION_NAMES[action] + (f" ({SCOPE_NAMES[scope]})" if scope else "")


def _coded(code: str) -> str:
    return f"{category_named(code)} ({code})"


def _source(value: str) -> str:
    return SOURCE_NAMES.get(value, value)


def _agreed(code: str) -> str:
    return "Qualification" if code == "qualification" else markers_named(code)


def _day(day: date | None) -> str:
    return f"{day:%d/%m/%Y}" if day else ""
