"""``vigie score``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from cli.context import console, progress, start
from core.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from core.records import Assessment
    from core.settings import Settings


@click.command()
@click.argument("texts", nargs=-1)
@click.option("--file", "files", multiple=True, type=click.Path(path_type=Path), help="Score a text file in UTF-8; may be repeated.")
@click.option("--jsonl", type=click.Path(path_type=Path), help='JSON Lines with "id" and "text" (optional "title", "kind"); - for standard input.')
@click.option("--pending", is_flag=True, help="Score what waits in the archive.")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a page for people.")
@click.pass_context
def score(ctx: click.Context, texts: tuple[str, ...], *, files: tuple[Path, ...], jsonl: Path | None, pending: bool, as_json: bool) -> int:
    """Score TEXTS given as arguments, in files, on standard input, or as JSON Lines.

    A text argument that names an existing file is read as that file; - is standard input.
    """
    settings = start(ctx)
    if sum((bool(texts or files), jsonl is not None, pending)) > 1:
        raise Invalid("texts, --jsonl and --pending were given together; give one of them")
    if pending:
        return _pending(settings)
    if jsonl is not None:
        return _jsonl(jsonl, settings)
    if not texts and not files and sys.stdin.isatty():
        raise Invalid("no text was given; expected texts, files, --jsonl FILE, or text on standard input")
    named = list(_texts(texts, files))
    return _show(named, settings, as_json=as_json)


def _texts(texts: tuple[str, ...], files: tuple[Path, ...]) -> Iterator[tuple[str, str]]:
    for number, text in enumerate(texts or (() if files else ("-",)), 1):
        if text == "-":
            yield "standard input", decode(sys.stdin.buffer.read(), where="standard input")
        elif len(text) < 1024 and "\n" not in text and Path(text).is_file():
            yield text, read(Path(text))
        elif any("\ud800" <= char <= "\udfff" for char in text):
            raise Invalid(f"text {number} is not UTF-8; expected a text in UTF-8")
        else:
            yield f"text {number}", text
    for path in files:
        yield str(path), read(path)


def read(path: Path) -> str:
    """The text of a file. Raises Invalid."""
    try:
        return decode(path.read_bytes(), where=str(path))
    except OSError as error:
        raise Invalid(f"{path} cannot be read ({error.strerror}); expected a text file in UTF-8") from error


def decode(body: bytes, *, where: str) -> str:
    """UTF-8 text. Raises Invalid."""
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(f"{where}: byte {error.start} is not UTF-8; expected UTF-8 (convert it, for instance with iconv -f cp1252 -t utf-8)") from error


def _show(named: list[tuple[str, str]], settings: Settings, *, as_json: bool) -> int:
    from cli.pages import assessment_page
    from nlp.score import Item, Refusal, Scorer

    for name, text in named:  # before the model is loaded: a typo should not cost three seconds
        if not text.strip():
            raise Invalid(f"{name}: the text is empty; expected at least one word")
    code = 0
    items = [Item(name, text) for name, text in named]
    for item, answer in zip(items, Scorer(settings).score(items), strict=True):
        if isinstance(answer, Refusal):
            click.echo(f"vigie: {answer.id}: {answer.detail}", err=True)
            code = 2
        elif as_json:
            click.echo(json.dumps(as_row(answer), ensure_ascii=False))
        else:
            console().print(assessment_page(answer, item.text, name=item.id))
    return code


def as_row(answer: Assessment) -> dict[str, Any]:
    """The wire format of one assessment."""
    evidence = [found.model_dump(include={"marker", "start", "end", "text", "submarkers"}) for found in answer.evidence]
    flags = [found.model_dump() for found in answer.flags]
    row = {"id": answer.document_id, "scores": answer.scores, "decision": answer.decision}
    return {**row, "stance": answer.stance, "evidence": evidence, "flags": flags}


def _pending(settings: Settings) -> int:
    from crawlers.evidence.archive import Archive
    from flows.scoring import score_waiting

    archive = Archive(settings.archive_dir)
    archive.recover()
    with progress() as bar:
        task = bar.add_task("documents", total=None)
        report = score_waiting(archive, settings=settings, advance=lambda count: bar.advance(task, count))
    console().print(f"{report.scored} documents évalués, {report.set_aside} mis de côté, dans {report.batches} lots.")
    return 0


def _jsonl(path: Path, settings: Settings) -> int:
    """One JSON line out per line in, in order; a line that cannot be scored gives its error in its place."""
    from cli.jsonl import rows

    if str(path) == "-":
        return _write(rows(sys.stdin.buffer, settings))
    try:
        lines = path.open("rb")
    except OSError as error:
        raise Invalid(f"{path} cannot be read ({error.strerror}); expected JSON Lines in UTF-8") from error
    with lines:
        return _write(rows(_watched(lines, path), settings))


def _write(found: Iterable[dict[str, Any]]) -> int:
    bad = 0
    for row in found:
        if "error" in row:
            bad += 1
            click.echo(f"vigie: line {row['line']}: {row['error']['message']}", err=True)
        click.echo(json.dumps(row, ensure_ascii=False))
    return 2 if bad else 0


def _watched(lines: BinaryIO, path: Path) -> Iterator[bytes]:
    """The lines, with a bar of bytes read."""
    with progress() as bar:
        task = bar.add_task(path.name, total=path.stat().st_size)
        for line in lines:
            yield line
            bar.advance(task, len(line))
