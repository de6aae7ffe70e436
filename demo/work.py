"""``python -m demo.work``: what the demonstration's people have done already. Harmless to repeat: each act has its name."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from cases.people import Actor
from core.errors import VigieError
from core.settings import ROOT, load_settings
from core.urls import document_id
from demo.console import environment
from demo.people import add_accounts
from demo.serve import BASE_PORT, site_titles

if TYPE_CHECKING:
    from cases.accounts import Person
    from cases.checking import Reading
    from cases.database import Database
    from core.records import Marker, Qualification
    from core.settings import Settings
    from demo.serve import DemoWeb
    from index.protocol import Index


class Said(NamedTuple):
    """What one analyst makes of a page; the quote is the passage that the model noted first."""

    login: str
    qualification: Qualification
    reason: str


class Page(NamedTuple):
    """A page that Lina submits, the marker that is in question, and its readings: two that agree decide it, two that differ wait for Karim."""

    site: str
    slug: str
    note: str
    marker: Marker
    readings: tuple[Said, ...]


PAGES = (
    Page(
        "blog_source", "ranger-les-boites", "Une adhérente nous a transmis cette page.", "abandon_soins",
        (Said("ariane@demo.example", "illicite_presume", "Pousse des malades à arrêter leur traitement."),
         Said("noe@demo.example", "illicite_presume", "Appel direct à ranger ses médicaments.")),
    ),
    Page(
        "blog_source", "la-tumeur-est-un-message", "Ce blog s'adresse à des malades.", "abandon_soins",
        (Said("ariane@demo.example", "illicite_presume", "Demande de refuser la biopsie et les soins."),
         Said("noe@demo.example", "hors_champ", "Récit d'une croyance, sans consigne claire.")),
    ),
)  # fmt: skip
TEXT = (
    "Reçu d'un proche, sur un groupe public : « Arrête tes cachets dès ce soir, la Source te demande de lui faire confiance. "
    "Ceux qui te retiennent ne veulent pas ta guérison. »"
)


def prepare(web: DemoWeb) -> None:
    """Run this module on the demonstration's data. Raises VigieError's kinds as its own process says them."""
    done = subprocess.run([sys.executable, "-m", "demo.work"], cwd=ROOT, env=environment(web), check=False)
    if done.returncode:
        raise VigieError("les comptes de démonstration n'ont pas pu être préparés")


def main() -> int:
    """The exit code."""
    from cases.database import open_database
    from index.open import open_index

    settings = load_settings()
    try:
        with closing(open_database(settings)) as database:
            people = add_accounts(settings, database)
            _submit(settings, database, people["lina@demo.example"])
            with closing(open_index(settings)) as index:
                for page in PAGES:
                    _read(index, database, people, page)
    except VigieError as error:
        print(f"demo.work: {error}", file=sys.stderr)
        return 2
    return 0


def _submit(settings: Settings, database: Database, person: Person) -> None:
    from cases.submissions import submit_text, submit_url

    actor = actor_of(person)
    places = settings.own_places
    for page in PAGES:
        submit_url(database, address_of(page), note=page.note, actor=actor, places=places, act=f"demo-{page.slug}")
    submit_text(database, TEXT, public=True, title="Message partagé", actor=actor, act="demo-text")


def address_of(page: Page) -> str:
    """Where the demonstration serves it."""
    return f"http://127.0.0.1:{BASE_PORT + list(site_titles()).index(page.site)}/articles/{page.slug}"


def _read(index: Index, database: Database, people: dict[str, Person], page: Page) -> None:
    from cases.deciding import item_of, show
    from cases.decisions import Act
    from cases.readings import read

    entry = index.get(document_id(address_of(page)))
    found = [one for one in entry["evidence"] if one["marker"] == page.marker and one["submarkers"]] if entry else []
    if entry is None or not found:  # another model sees it otherwise
        return
    for said in page.readings:
        actor, act = actor_of(people[said.login]), Act(id=f"demo-{page.slug}", at=datetime.now(UTC))
        read(
            database, [item_of(entry, drawn=lambda one: ("demo", 1.0))], _reading(said, page.marker, found[0]), actor=actor, act=act,
            texts={entry["id"]: entry["text"]},
        )  # fmt: skip
    show(index, database, [entry["id"]])


def _reading(said: Said, marker: Marker, passage: dict[str, Any]) -> Reading:
    from cases.readings import Quote, Reading
    from core.taxonomy import load_taxonomy

    version = load_taxonomy().version
    if said.qualification == "hors_champ":
        return Reading(qualification=said.qualification, reason=said.reason, taxonomy=version)
    sign = passage["submarkers"][0]
    quote = Quote(start=passage["start"], end=passage["end"], text=passage["text"], submarker=sign)
    return Reading(
        qualification=said.qualification, markers=(marker,), submarkers={sign: "present"}, quotes=(quote,), reason=said.reason, taxonomy=version
    )


def actor_of(person: Person) -> Actor:
    """As if the person were signed in."""
    return Actor(id=person.id, organisation_id=person.organisation_id, name=person.name, roles=person.roles)


if __name__ == "__main__":
    sys.exit(main())
