"""``python -m demo.work``: what the demonstration's people have done already. Harmless to repeat: each act has its name."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from core import logs
from core.errors import Conflict, Invalid, VigieError
from core.settings import ROOT, load_settings
from core.urls import document_id
from demo.casework import actor_of
from demo.console import environment
from demo.people import add_accounts
from demo.serve import BASE_PORT, site_titles

if TYPE_CHECKING:
    from cases.accounts import Person
    from cases.checking import Reading
    from cases.database import Database
    from cases.deciding import Entry
    from core.records import Marker, Qualification
    from core.settings import Settings
    from demo.serve import DemoWeb
    from index.protocol import Index


class Said(NamedTuple):
    """What one analyst makes of a page."""

    login: str
    qualification: Qualification
    reason: str


class Page(NamedTuple):
    """A page that people have read: two readings that agree decide it, two that differ wait for Karim. ``note``: of Lina, where she submits it."""

    site: str
    path: str
    marker: Marker
    sign: str
    quote: str  # that shows the sign
    readings: tuple[Said, ...]
    note: str | None = None


def _alike(one: str, other: str) -> tuple[Said, ...]:
    """Two readings that agree, with the reasons of Ariane and Noé."""
    return (Said("ariane@demo.example", "illicite_presume", one), Said("noe@demo.example", "illicite_presume", other))


NOTIFIED = (
    Page(
        "blog_source", "/articles/ranger-les-boites", "abandon_soins", "A1", "Cette semaine, arrêtez tout.",
        _alike("Pousse des malades à arrêter leur traitement.", "Appel direct à ranger ses médicaments."),
        note="Une adhérente nous a transmis cette page.",
    ),
    Page(
        "blog_source", "/articles/protocole-lumiere", "abandon_soins", "A1",
        "Premier temps : on renonce aux ordonnances et on annule les rendez-vous de contrôle.",
        _alike("Une règle pour toutes : renoncer aux ordonnances.", "Arrêt de l'insuline présenté comme une guérison."),
    ),
)  # fmt: skip
TO_NOTIFY = (
    Page(
        "mastodon", "/@maelys_source/117636080009216000", "abandon_soins", "A2", "À toi qui commences ta chimio lundi : n'y va pas.",
        _alike("Vise une personne qui commence une chimiothérapie.", "Appel à ne pas commencer le traitement."),
    ),
    Page(
        "mastodon", "/@maelys_source/117627914813440000", "abandon_soins", "A2", "Tenez bon, ne rappelez pas le pédiatre.",
        _alike("Détourne des parents du pédiatre, pendant des crises.", "Des enfants asthmatiques privés de soins."),
    ),
)  # fmt: skip
IN_DOUBT = Page(
    "blog_source", "/articles/la-tumeur-est-un-message", "abandon_soins", "A2", "Refusez la biopsie, refusez la première séance",
    (Said("ariane@demo.example", "illicite_presume", "Demande de refuser la biopsie et les soins."),
     Said("noe@demo.example", "hors_champ", "Récit d'une croyance, sans consigne claire.")),
    note="Ce blog s'adresse à des malades.",
)  # fmt: skip
PAGES = (*NOTIFIED, *TO_NOTIFY, IN_DOUBT)
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

    logs.configure(level="WARNING")
    settings = load_settings()
    try:
        with closing(open_database(settings)) as database:
            people = add_accounts(settings, database)
            _submit(settings, database, people["lina@demo.example"])
            with closing(open_index(settings)) as index:
                for page in PAGES:
                    _read(index, database, people, page)
                _pursue(settings, index, database, people)
    except VigieError as error:
        print(f"demo.work: {error}", file=sys.stderr)
        return 2
    return 0


def _submit(settings: Settings, database: Database, person: Person) -> None:
    from cases.submissions import submit_text, submit_url

    actor = actor_of(person)
    places = settings.own_places
    for page in PAGES:
        if page.note:
            submit_url(database, address_of(page), note=page.note, actor=actor, places=places, act=_act_of(page))
    submit_text(database, TEXT, public=True, title="Message partagé", actor=actor, act="demo-text")


def address_of(page: Page) -> str:
    """Where the demonstration serves it."""
    return f"http://127.0.0.1:{BASE_PORT + list(site_titles()).index(page.site)}{page.path}"


def _act_of(page: Page) -> str:
    return f"demo-{page.path.rpartition('/')[2]}"


def _entry(index: Index, page: Page) -> Entry | None:
    """The page as it was collected; None where it was not, or not with these words."""
    entry = index.get(document_id(address_of(page)))
    return entry if entry and page.quote in entry["text"].replace("’", "'") else None


def _read(index: Index, database: Database, people: dict[str, Person], page: Page) -> None:
    from cases.deciding import item_of, show
    from cases.decisions import Act
    from cases.readings import read

    entry = _entry(index, page)
    if entry is None:
        return
    for said in page.readings:
        actor, act = actor_of(people[said.login]), Act(id=_act_of(page), at=datetime.now(UTC))
        read(
            database, [item_of(entry, drawn=lambda one: ("demo", 1.0))], _reading(said, page, entry["text"]), actor=actor, act=act,
            texts={entry["id"]: entry["text"]},
        )  # fmt: skip
    show(index, database, [entry["id"]])


def _reading(said: Said, page: Page, text: str) -> Reading:
    from cases.readings import Quote, Reading
    from core.taxonomy import load_taxonomy

    version = load_taxonomy().version
    if said.qualification == "hors_champ":
        return Reading(qualification=said.qualification, reason=said.reason, taxonomy=version)
    start = text.replace("’", "'").index(page.quote)
    quote = Quote(start=start, end=start + len(page.quote), text=text[start : start + len(page.quote)], submarker=page.sign)
    return Reading(
        qualification=said.qualification, markers=(page.marker,), submarkers={page.sign: "present"}, quotes=(quote,), reason=said.reason,
        taxonomy=version,
    )  # fmt: skip


def _pursue(settings: Settings, index: Index, database: Database, people: dict[str, Person]) -> None:
    """What follows from the decisions; where somebody has worked on it since, it stays as they left it."""
    from demo.casework import work

    pages, messages = ([entry for page in part if (entry := _entry(index, page))] for part in (NOTIFIED, TO_NOTIFY))
    if len(pages) < len(NOTIFIED) or len(messages) < len(TO_NOTIFY):
        return
    try:
        work(settings, database, people, pages=pages, messages=messages)
    except (Conflict, Invalid) as error:
        print(f"demo.work: la suite des décisions reste comme elle est ({error})")


if __name__ == "__main__":
    sys.exit(main())
