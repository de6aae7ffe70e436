"""Dossiers through the console's database: a draft with all its answers, as a form and as changes."""

from __future__ import annotations

from typing import Any

from cases import dossier_leaving, dossiers, informing
from cases.deciding import entries_named
from cases.dossiers import Dossier
from cases.signing import DOSSIER_STATEMENT
from tests.cases.dossiering import answers
from tests.web.conftest import House
from tests.web.noticing import act, actor_of


def drafted(house: House, kind: str, *names: str, by: str = "valide") -> Dossier:
    """A draft on these contents."""
    entries = entries_named(house.app.state.console.index, list(names))
    return dossiers.draft(house.database, kind, entries, actor=actor_of(house, by), act=act())


def complete(house: House, kind: str, *names: str, **over: Any) -> Dossier:
    """A draft of which nothing is missing."""
    made = drafted(house, kind, *names)
    return dossiers.change(house.database, made.id, answers(made, **over), version=made.version, actor=actor_of(house, "valide"), act=act())


def sign(house: House, dossier: Dossier, by: str, *gates: str) -> None:
    """This person signs what stands."""
    dossier_leaving.sign(
        house.database, dossier.id, digest=dossier.digest, statement=DOSSIER_STATEMENT, interests="aucun", gates=gates, actor=actor_of(house, by), act=act(),
        secret=house.app.state.console.secret,
    )  # fmt: skip


def signed(house: House, kind: str, *names: str, **over: Any) -> Dossier:
    """One that the doctor and the lawyer have signed, and of which it is noted why nobody was informed yet."""
    made = complete(house, kind, *names, **over)
    sign(house, made, "sante", "sante")
    sign(house, made, "droit", "droit")
    why = "Informer ferait disparaître les preuves."
    informing.choose(house.database, "dossier", made.id, choice="exception_14_5_b", reason=why, actor=actor_of(house, "valide"), act=act().id)
    return find(house, made)


def find(house: House, dossier: Dossier) -> Dossier:
    """As it stands now."""
    return dossiers.find(house.database, dossier.id, actor=actor_of(house, "valide"))


def form_of(dossier: Dossier, **over: Any) -> dict[str, Any]:
    """What the form of /modifier sends when it is filled in."""
    content, said = dossier.content, answers(dossier)
    assert content
    form: dict[str, Any] = {"version": str(dossier.version), "faits": "1", "decharge": said["exculpatory"], "textes": said["bases"]}
    form |= {"destinataire": said["addressee"], "destinataire_nom": said["addressee_name"]}
    form |= {f"porte:{name}": value for name, value in said["gates"].items()}
    form |= {f"champ:{name}": value for name, value in said["fields"].items()}
    form |= {f"dit:{one['basis']}:{one['element']}": one["says"] for one in said["elements"]}
    form |= {f"ecarte:{one['exclusion']}": one["why"] for one in said["weighed"]}
    form |= {f"critere:{name}": one["answer"] for name, one in said["criteria"].items()}
    for place, fact in enumerate(content.facts):
        form |= {f"fait:{place}": fact.says, f"cite:{place}": [str(number) for number in range(len(fact.quotes))]}
    return {**form, **over}
