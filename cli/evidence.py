"""``vigie evidence``."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.context import console, progress, start
from cli.evidence_bundles import is_bundle, seal, stamp, verify_bundles
from core.errors import Invalid, SourceError, VigieError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.records import Document
    from crawlers.evidence.archive import Archive
    from crawlers.evidence.proof import Proof
    from crawlers.fetching.screenshot import Screenshot

MARKS = {"ok": ("oui", "green"), "failed": ("NON", "bold red"), "not_available": (" - ", "dim")}


@click.group()
def evidence() -> None:
    """Prove documents from their records, and hand one over."""


evidence.add_command(seal)
evidence.add_command(stamp)


@evidence.command()
@click.argument("documents", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every version of every document in the archive.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def verify(ctx: click.Context, documents: tuple[str, ...], *, everything: bool, as_json: bool) -> int:
    """Check DOCUMENTS (ids or addresses), or sealed bundles (FILE.zip), offline; exit code 2 when one is not proved."""
    from core.pseudonyms import known_key
    from crawlers.evidence.archive import Archive
    from crawlers.evidence.proof import Verifier

    settings = start(ctx)
    if documents and not everything and all(is_bundle(name) for name in documents):
        return verify_bundles(settings, documents, as_json=as_json)
    if everything == bool(documents):
        raise Invalid("expected documents (ids or addresses), or --all, and not both")
    archive = Archive(settings.archive_dir)
    verifier, seen, proved = Verifier(archive, key=known_key(settings)), 0, 0
    for found in _all(archive) if everything else _named(archive, documents):
        seen += 1
        if isinstance(found, VigieError):
            click.echo(f"vigie: {' '.join(str(found).split())}", err=True)
            continue
        proof = verifier.verify(found)
        proved += proof.proved
        _show(proof, as_json=as_json, brief=everything)
    if not as_json:
        console().print(f"{proved} sur {seen} documents prouvés par leur enregistrement.")
    return 0 if proved == seen else 2


def _named(archive: Archive, names: tuple[str, ...]) -> Iterator[Document | VigieError]:
    from crawlers.evidence.proof import document_of

    for name in names:
        try:
            yield document_of(archive, name)
        except VigieError as error:  # the others are looked at all the same
            yield error


def _all(archive: Archive) -> Iterator[Document | VigieError]:
    """Batch by batch: nothing is held but the page that is looked at."""
    batches = archive.batches()
    with progress() as bar:
        task = bar.add_task("lots", total=len(batches))
        for batch in batches:
            try:
                yield from archive.documents(batch)
            except VigieError as error:
                yield error
            bar.advance(task)


def _show(proof: Proof, *, as_json: bool, brief: bool) -> None:
    if as_json:
        click.echo(json.dumps(proof.row, ensure_ascii=False))
    elif not brief:
        _print(proof)
    if not proof.proved:
        faults = [check.sentence for check in proof.checks if check.outcome == "failed"] or ["il manque de quoi le prouver"]
        click.echo(f"vigie: {proof.document_id} ({proof.url}) n'est pas prouvé : {' '.join(' '.join(faults).split())}", err=True)


def _print(proof: Proof) -> None:
    from rich.table import Table
    from rich.text import Text

    verdict = ("prouvé", "bold green") if proof.proved else ("NON prouvé", "bold red")
    console().print(Text.assemble((proof.url, "bold"), f"\n{proof.document_id}, version {proof.version[:12]} : ", verdict))
    found = Table.grid(padding=(0, 1))
    for check in proof.checks:
        found.add_row("", Text(*MARKS[check.outcome]), Text(check.sentence))
    console().print(found)
    console().print()


@evidence.command()
@click.argument("document")
@click.option("--to", "target", required=True, type=click.Path(path_type=Path), help="FILE.zip, or a new folder.")
@click.option("--version", default="", help="SHA-256 of an older version, or its first digits.")
@click.pass_context
def export(ctx: click.Context, document: str, *, target: Path, version: str) -> int:
    """Write one DOCUMENT (id or address) with its evidence, apart from the archive; exit code 2 when it is not proved."""
    from rich.text import Text

    from crawlers.evidence.archive import Archive
    from crawlers.evidence.exhibit import export as write
    from crawlers.evidence.proof import document_of

    archive = Archive(start(ctx).archive_dir)
    proof = write(archive, document_of(archive, document, version=version), target)
    _print(proof)
    digest = f"SHA-256 {hashlib.sha256(target.read_bytes()).hexdigest()}" if target.is_file() else "les empreintes sont dans LISEZMOI.txt"
    console().print(Text(f"{target} écrit ; {digest}"), soft_wrap=True)
    return 0 if proof.proved else 2


@evidence.command()
@click.argument("url")
@click.option("--to", "target", required=True, type=click.Path(path_type=Path, dir_okay=False), help="FILE.png; FILE.png.json says how it was taken.")
@click.pass_context
def screenshot(ctx: click.Context, url: str, *, target: Path) -> int:
    """Take a picture of a public page with Debian's Chromium, where the site's robots.txt allows it."""
    from core.files import atomic, write_text
    from crawlers.fetching.screenshot import permitted, take

    contact = start(ctx).contact
    if contact and not permitted(url, contact=contact):
        raise SourceError("robots", f"{url}: robots.txt does not allow it, or cannot be read; Vigie takes no picture")
    found = take(url, contact=contact)
    with atomic(target) as temporary:
        temporary.write_bytes(found.png)
    write_text(target.with_name(f"{target.name}.json"), json.dumps({**found.facts, "sha256": found.sha256}, ensure_ascii=False, indent=1) + "\n")
    _describe(found, target)
    return 0


def _describe(found: Screenshot, target: Path) -> None:
    from rich.text import Text

    facts = found.facts
    told = [f"{target} écrit ; SHA-256 {found.sha256}", f"page {facts['final_url']}, réponse {facts['status']}, avec {facts['chromium']}"]
    if not facts["loaded"]:
        told.append("la page n'a pas fini de se charger : l'image montre ce qui était là")
    if facts["cut"]:
        told.append("la page dépassait la taille permise : elle a été coupée")
    refused = [place for place, reason in facts["refused"].items() if reason != "not_of_the_page"]
    if refused:
        told.append(f"adresses refusées : {', '.join(refused[:10])}")
    console().print(Text("\n".join(told)), soft_wrap=True)
