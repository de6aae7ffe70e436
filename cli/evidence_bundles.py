"""``vigie evidence seal``, ``stamp``, and what ``verify`` says of a sealed bundle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.context import console, start
from core.errors import Invalid, VigieError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.records import Document
    from core.settings import Settings
    from crawlers.evidence.bundle import Sealed
    from crawlers.evidence.bundle_proof import BundleProof
    from crawlers.evidence.stamping import Missed, Stamp
    from crawlers.fetching.screenshot import Screenshot

STYLES = {"oui": "green", "NON": "bold red"}


def is_bundle(name: str) -> bool:
    """Whether a name given to ``verify`` is a file, and no document."""
    return name.endswith(".zip") and "://" not in name and Path(name).is_file()


def verify_bundles(settings: Settings, names: tuple[str, ...], *, as_json: bool) -> int:
    """2 when one is not proved. Raises ConfigError."""
    from crawlers.evidence.bundle_proof import prove
    from crawlers.evidence.stamping import certificates_in

    known, good = certificates_in(settings.timestamp_certificates), 0
    for name in names:
        try:
            proof = prove(Path(name), known=known)
        except Invalid as error:
            click.echo(f"vigie: {error}", err=True)
            continue
        good += proof.proved
        _show(name, proof, as_json=as_json)
    return 0 if good == len(names) else 2


def _show(name: str, proof: BundleProof, *, as_json: bool) -> None:
    if as_json:
        findings = [one._asdict() for one in proof.findings]
        rows = [one.row for one in proof.proofs]
        click.echo(json.dumps({"bundle": name, "proved": proof.proved, "findings": findings, "documents": rows}, ensure_ascii=False))
        return
    from rich.text import Text

    for one in proof.findings:
        console().print(Text.assemble("[", (one.outcome, STYLES.get(one.outcome, "dim")), f"] {one.part} : {one.says}"), soft_wrap=True)
    for document in proof.proofs:
        bad = [check.sentence for check in document.checks if check.outcome == "failed"]
        said = "prouvé par son enregistrement" if document.proved else f"NON prouvé : {' '.join(bad) or 'il manque de quoi le prouver'}"
        console().print(Text(f"[{'oui' if document.proved else 'NON'}] {document.url} : {said}"), soft_wrap=True)
    verdict = "PAQUET PROUVÉ" if proof.proved else "PAQUET NON PROUVÉ"
    console().print(Text(f"{verdict} : {name}", "bold green" if proof.proved else "bold red"), soft_wrap=True)
    if not proof.proved:
        parts = ", ".join(dict.fromkeys(one.part for one in proof.findings if one.outcome not in ("oui", " - ")))
        click.echo(f"vigie: {name} n'est pas prouvé{f' : {parts}' if parts else ''}", err=True)


@click.command()
@click.argument("documents", nargs=-1, required=True)
@click.option("--to", "target", required=True, type=click.Path(path_type=Path, dir_okay=False), help="FILE.zip that does not exist yet.")
@click.option("--screenshot", is_flag=True, help="Take a picture of each page now, where robots.txt allows it.")
@click.pass_context
def seal(ctx: click.Context, documents: tuple[str, ...], *, target: Path, screenshot: bool) -> int:
    """Seal the evidence of DOCUMENTS (ids or addresses) into one zip that proves itself offline; exit code 2 when one is not proved by its record."""
    from contextlib import closing
    from datetime import UTC, datetime

    from cases.custody import custody
    from cases.database import open_database
    from crawlers.evidence.archive import Archive
    from crawlers.evidence.bundle import Step
    from crawlers.evidence.proof import document_of
    from flows.sealing import COMMAND, case_of, make, note_sealed

    settings = start(ctx)
    if target.exists() or target.suffix != ".zip":
        raise Invalid(f"{target}: expected the name of a new file that ends with .zip")
    found = list({one.id: one for one in (document_of(Archive(settings.archive_dir), name) for name in documents)}.values())
    pictures = dict(_pictures(found, contact=settings.contact)) if screenshot else {}
    with closing(open_database(settings)) as database:
        steps = [Step.model_validate(one.model_dump()) for one in custody(database, [one.id for one in found])]
        case = case_of(settings, kind="document", identifier=", ".join(one.id for one in found), asked_by=f"la commande « {COMMAND} »",
                       asked_at=datetime.now(UTC), steps=steps)  # fmt: skip
        sealed = make(settings, found, target, case, pictures=pictures)
        note_sealed(database, found, sealed)
    _tell(target, sealed)
    return 2 if sealed.unproved else 0


def _pictures(documents: list[Document], *, contact: str) -> Iterator[tuple[str, Screenshot]]:
    """A page of which no picture can be taken is named, and sealed without."""
    from crawlers.fetching.screenshot import permitted, take

    for document in documents:
        try:
            if contact and not permitted(document.url, contact=contact):
                raise Invalid(f"{document.url}: robots.txt does not allow it, or cannot be read; Vigie takes no picture")
            yield document.id, take(document.url, contact=contact)
        except VigieError as error:
            click.echo(f"vigie: {' '.join(str(error).split())}", err=True)


def _tell(target: Path, sealed: Sealed) -> None:
    from rich.text import Text

    console().print(Text(f"{target} écrit, {sealed.size} octets ; SHA-256 {sealed.sha256}"), soft_wrap=True)
    _told([*sealed.stamps, *sealed.missed])
    for url in sealed.unproved:
        click.echo(f"vigie: {url} n'est pas entièrement prouvé par son enregistrement ; lisez conditions.txt dans le paquet", err=True)


def _told(answers: list[Stamp | Missed]) -> None:
    from rich.text import Text

    from crawlers.evidence.stamping import Stamp
    from crawlers.evidence.witness import spoken

    for one in answers:
        if isinstance(one, Stamp):
            console().print(Text(f"{one.authority} a horodaté le manifeste le {spoken(one.at)}"), soft_wrap=True)
        else:
            click.echo(f"vigie: {one.authority} n'a pas horodaté : {one.reason} ; plus tard : vigie evidence stamp", err=True)
    if not answers:
        click.echo("vigie: aucune autorité d'horodatage n'est configurée (VIGIE_TIMESTAMP_AUTHORITIES)", err=True)


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.pass_context
def stamp(ctx: click.Context, bundle: Path) -> int:
    """Ask the configured authorities for time stamps of a sealed BUNDLE, and write them beside it; the bundle itself does not change."""
    from crawlers.evidence.bundle import stamp_beside
    from crawlers.evidence.stamping import authorities_of, certificates_in

    settings = start(ctx)
    answers = stamp_beside(bundle, authorities_of(settings.timestamp_authorities), known=certificates_in(settings.timestamp_certificates))
    _told(list(answers))
    return 0 if any(hasattr(one, "token") for one in answers) else 2
