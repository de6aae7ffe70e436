"""What the demonstration's people do once pages are decided: a notice from its draft to the answer, one left to finish, a dossier, sealed evidence.

Everything goes through the functions that the console uses, in the name of the person who would do it. Nothing is sent: a person only says so.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from cases.decisions import Act
from cases.people import Actor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cases.accounts import Person
    from cases.database import Database
    from cases.deciding import Entry
    from cases.notices import Notice
    from core.settings import Settings

SAID = Path(__file__).with_name("casework.yml")


def actor_of(person: Person) -> Actor:
    """As if the person were signed in."""
    return Actor(id=person.id, organisation_id=person.organisation_id, name=person.name, roles=person.roles)


def work(settings: Settings, database: Database, people: Mapping[str, Person], *, pages: Sequence[Entry], messages: Sequence[Entry]) -> None:
    """Notify ``pages`` up to the provider's answer; begin a notice on ``messages``, a dossier on ``pages``. Both were decided.

    Harmless to repeat. Raises VigieError's kinds, Conflict or Invalid where somebody has worked on them since.
    """
    said = yaml.safe_load(SAID.read_text(encoding="utf-8"))
    karim = actor_of(people["karim@demo.example"])
    _introduce(database, actor_of(people["odile@demo.example"]), karim.organisation_id, said["profile"])
    notice = _written(database, pages, said, karim)
    _signed(settings, database, notice, people)
    _followed(settings, database, notice, karim)
    _sealed(database, notice, karim)
    _begun(database, pages, messages, said, karim)


def _introduce(database: Database, actor: Actor, organisation_id: str, said: dict[str, Any]) -> None:
    """The organisation says who it is, unless it has."""
    from cases.profiles import profile_of, set_profile

    if not profile_of(database, organisation_id).email:
        set_profile(database, organisation_id, said, actor=actor)


def _act(name: str) -> Act:
    return Act(id=f"demo-{name}")


def _written(database: Database, pages: Sequence[Entry], said: dict[str, Any], actor: Actor) -> Notice:
    """A notice of which nothing is missing."""
    from cases.notices import change, draft

    made = draft(database, pages, actor=actor, act=_act("notice"))
    if made.content is None or made.version > 1:  # filled in already
        return made
    words = said["notice"]
    elements = [{**one.model_dump(mode="json"), "says": words["elements"].get(one.element, "")} for one in made.content.elements]
    weighed = [{"exclusion": f"{basis}/{name}", "why": why} for basis in made.bases for name, why in words["weighed"].items()]
    changes = {**words, "elements": elements, "weighed": weighed, "recipient": said["recipient"]}
    return change(database, made.id, changes, version=made.version, actor=actor, act=_act("notice-reasons"))


def _signed(settings: Settings, database: Database, notice: Notice, people: Mapping[str, Person]) -> None:
    """The doctor answers for the look that the taxonomy asks for; Karim is the second person."""
    from cases.signing import STATEMENT, sign, signing_secret

    secret = signing_secret(settings)
    for login, gates in (("mourier@demo.example", ("sante",)), ("karim@demo.example", ())):
        sign(
            database, "notice", notice.id, digest=notice.digest, statement=STATEMENT, interests="aucun", gates=gates, actor=actor_of(people[login]),
            act=_act("notice-signed"), secret=secret,
        )  # fmt: skip


def _followed(settings: Settings, database: Database, notice: Notice, actor: Actor) -> None:
    """Karim says that he sent it, and what came back: one page taken down, nothing done about the other. A complaint is left to try."""
    from cases.informing import choose
    from cases.notice_following import ItemOutcome, acknowledge, answer
    from cases.notice_sending import mark_sent
    from cases.signing import signing_secret

    why = "Informer l'auteur avant que la plateforme décide ferait disparaître les preuves."
    choose(database, "notice", notice.id, choice="exception_14_5_b", reason=why, actor=actor, act="demo-notice-informing")
    mark_sent(
        database, notice.id, channel="courriel", reference="envoi simulé", digest=notice.digest, actor=actor, act=_act("notice-sent"),
        secret=signing_secret(settings),
    )  # fmt: skip
    acknowledge(database, notice.id, reference="DEMO-2026-001", actor=actor, act=_act("notice-receipt"))
    outcomes = (ItemOutcome(position=1, action="retire", ground="loi", scope="FR"), ItemOutcome(position=2, action="aucune_insuffisante"))
    answer(
        database, notice.id, outcomes=outcomes, redress_given=True, automated=False, words="Réponse inventée pour la démonstration.", actor=actor,
        act=_act("notice-answer"),
    )  # fmt: skip


def _sealed(database: Database, notice: Notice, actor: Actor) -> None:
    """The evidence of the notice, which the console's worker seals."""
    from cases.bundles import ask, documents_of

    ask(database, "notice", notice.id, documents_of(database, "notice", notice.id, actor=actor), actor=actor, act=_act("evidence"))


def _begun(database: Database, pages: Sequence[Entry], messages: Sequence[Entry], said: dict[str, Any], actor: Actor) -> None:
    """A notice without its reasons, and a dossier with its first answers: a person finishes them. The messages ask art. 434-3's question."""
    from cases import dossiers, notices

    notices.draft(database, messages, actor=actor, act=_act("notice-begun"))
    made = dossiers.draft(database, "miviludes", pages, actor=actor, act=_act("dossier"))
    if made.version == 1:
        words = said["dossier"]
        dossiers.change(database, made.id, words, version=made.version, actor=actor, act=_act("dossier-answers"))
