"""A house at work, for pages that have something to show: contents read alike, notices before and after an answer, a dossier, a report, a request."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from cases import bundles, dossiers, informing, notice_following, notice_sending, notices, readings, reports, rights, signing
from cases.deciding import entries_named, item_of, show
from cases.decisions import Act
from cases.dossiers import Dossier
from cases.legal import load_legal
from cases.notice_following import ItemOutcome
from cases.notice_rules import to_weigh
from cases.notices import Notice
from cases.people import Actor
from cases.profiles import set_profile
from cases.reporting.yearly import yearly
from index.harm import sounded
from tests.cases.reading_room import ALONE, saying
from tests.e2e.conftest import Live

SIGN = "A4"
QUOTES = {"arret_traitement": (SIGN, "Ma méthode des trois eaux remplace tous les médicaments."), "depistage": ("A2", "Aucune femme ne devrait se faire dépister")}  # fmt: skip
WORDS = "La page vend une cure et affirme qu'elle remplace tous les médicaments, à des malades du cancer, ce qui est faux et les met en danger."
FIELDS = {
    "nature": "signalement",
    "declarant": "association",
    "sujet": "Une méthode",
    "theme": "sante",
    "mineurs": "non",
    "diffusion": "confidentielle",
}


def actor_of(live: Live, name: str) -> Actor:
    """This person, as if signed in."""
    one = live.people[name]
    return Actor(id=one.id, organisation_id=one.organisation_id, name=one.name, roles=one.roles)


def decided(live: Live, name: str, sign: str, passage: str, *, readers: Iterable[str] = ("analyse", "analyse2")) -> str:
    """The id of a content that these people read alike: the passage shows the sign."""
    entry = entries_named(live.index, [name])[0]
    start = entry["text"].index(passage)
    quote = {"start": start, "end": start + len(passage), "text": passage, "submarker": sign}
    marker = {"A": "abandon_soins", "B": "gourou"}[sign[0]]
    said = saying("illicite_presume", markers=(marker,), quotes=[quote], submarkers={sign: "present"})
    for who in readers:
        act = Act(id=f"{who}-{name}"[:64])
        readings.read(
            live.database, [item_of(entry, drawn=sounded)], said, actor=actor_of(live, who), act=act, texts={name: entry["text"]}, policy=ALONE
        )
    show(live.index, live.database, [name])
    return name


def reasons(notice: Notice, says: str = "Le passage cité le montre.", why: str = "Rien de tel ici.", **fields: Any) -> dict[str, Any]:
    """Changes that fill a notice in."""
    assert notice.content
    return {
        "explanation": WORDS, "measure": "retrait", "art18": False, "victims": "aucune",
        "recipient": {"provider": "Santé vraie SARL", "country": "FR", "email": "contact@sante-vraie.example"},
        "elements": [{**one.model_dump(mode="json"), "says": says} for one in notice.content.elements],
        "weighed": [{"exclusion": name, "why": why} for name in to_weigh(notice.content, load_legal())], **fields,
    }  # fmt: skip


def drafted(live: Live, names: Iterable[str], act: str, *, by: str = "valide", **changes: Any) -> Notice:
    """A notice of which nothing is missing, unless ``changes`` say otherwise."""
    actor = actor_of(live, by)
    made = notices.draft(live.database, entries_named(live.index, list(names)), actor=actor, act=Act(id=f"{act}-draft"))
    return notices.change(live.database, made.id, reasons(made, **changes), version=made.version, actor=actor, act=Act(id=f"{act}-change"))


def sent(live: Live, notice: Notice, *, by: str = "valide", words: str = "Pas assez.") -> Notice:
    """Signed by this person and the doctor, sent, answered and contested."""
    actor, secret, said = actor_of(live, by), live.app.state.console.secret, {"digest": notice.digest, "secret": live.app.state.console.secret}
    for who, gates in ((by, ()), ("sante", ("sante",))):
        act = Act(id=f"{notice.id}-sign")
        signing.sign(
            live.database, "notice", notice.id, digest=notice.digest, statement=signing.STATEMENT, interests=words[:900], gates=gates,
            actor=actor_of(live, who), act=act, secret=secret,
        )  # fmt: skip
    deed, why = Act(id=f"{notice.id}-sent"), "Informer ferait disparaître les preuves."
    informing.choose(live.database, "notice", notice.id, choice="exception_14_5_b", reason=why, actor=actor, act=f"{notice.id}-informing")
    notice_sending.mark_sent(live.database, notice.id, channel="courriel", reference=words[:100], actor=actor, act=deed, **said)
    notice_following.acknowledge(live.database, notice.id, reference=words[:100], words=words, actor=actor, act=deed)
    outcome = ItemOutcome(position=1, action="aucune_insuffisante")
    notice_following.answer(live.database, notice.id, outcomes=[outcome], words=words, redress_given=True, actor=actor, act=deed)
    return notice_following.complain(live.database, notice.id, text=words, actor=actor, act=deed)


def referred(live: Live, name: str, act: str, *, by: str = "valide", **fields: str) -> Dossier:
    """A dossier for the Miviludes with its first answers."""
    actor = actor_of(live, by)
    made = dossiers.draft(live.database, "miviludes", entries_named(live.index, [name]), actor=actor, act=Act(id=f"{act}-dossier"))
    gates = {gate.id: gate.passes for gate in made.spec.gates}
    return dossiers.change(
        live.database, made.id, {"gates": gates, "fields": {**FIELDS, **fields}}, version=made.version, actor=actor, act=Act(id=f"{act}-answers")
    )


def at_work(live: Live) -> None:
    """All of it, so that each page shows something."""
    set_profile(live.database, live.own.id, {"email": "contact@secours.example", "governance": "Un conseil élu."}, actor=actor_of(live, "droit"))
    names = [decided(live, live.items[key], *QUOTES[key]) for key in QUOTES]
    lawyer, secret = actor_of(live, "droit"), live.app.state.console.secret
    done = sent(live, drafted(live, names[:1], "done"))
    drafted(live, names[:1], "begun", explanation="Trop court.")
    bundles.ask(live.database, "notice", done.id, names[:1], actor=lawyer, act=Act(id="evidence-e2e"))
    dossier = referred(live, names[0], "dossier-e2e")
    informing.choose(
        live.database, "dossier", dossier.id, choice="exception_14_5_b", reason="Les preuves disparaîtraient.", actor=lawyer, act="informing"
    )
    year = datetime.now(UTC).year - 1
    since, until = date(year, 1, 1), date(year, 12, 31)
    figures = yearly(live.database, organisation_id=live.own.id, since=since, until=until)
    report = reports.freeze(live.database, figures, kind="annuel_22_3", since=since, until=until, changelog="", actor=lawyer, act="report-e2e")
    reports.read_over(live.database, report.id, sha256=report.sha256, actor=actor_of(live, "administre"))
    reports.publish(live.database, report.id, actor=lawyer)
    rights.ask(
        live.database, "acces", "@quelqu.un@forum.example", received_at=datetime.now(UTC), identity_checked="par un message depuis le compte",
        actor=lawyer, act="right-e2e", secret=secret,
    )  # fmt: skip
