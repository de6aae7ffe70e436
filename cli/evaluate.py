"""``vigie evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.context import console, progress, start
from core.errors import Invalid

if TYPE_CHECKING:
    from core.settings import Settings
    from nlp.corpus import Part
    from nlp.evaluation.report import Report
    from nlp.evaluation.run import Material
    from nlp.evaluation.words import Language

CORPUS = Path(__file__).parent.parent / "nlp" / "corpus"


@click.command()
@click.option("--part", type=click.Choice(["test", "validation"]), default="test", show_default=True, help="Part of the corpus that is measured.")
@click.option("--real", type=click.Path(path_type=Path), help="Real texts as JSON Lines: id, text, domain and a label for each marker.")
@click.option("--base", help="Encoder of the linear probe: a folder, or hub:OWNER/NAME[@REVISION].")
@click.option(
    "--only", multiple=True, metavar="SECTION", help="test, real, neutrality, robustness, needle, faithfulness or baselines; may be repeated."
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write all figures to this file as JSON.")
@click.option("--markdown", type=click.Path(path_type=Path, dir_okay=False), help="Write all tables to this file in Markdown, for the model card.")
@click.option("--markdown-en", type=click.Path(path_type=Path, dir_okay=False), help="The same in English.")
@click.option("--corpus", type=click.Path(path_type=Path), default=CORPUS, help="Folder of the corpus.  [default: nlp/corpus]")
@click.option("--quick", is_flag=True, help="A few texts a section: shows that all runs, measures little.")
@click.pass_context
def evaluate(ctx: click.Context, *, part: Part, real: Path | None, base: str | None, only: tuple[str, ...], out: Path | None,
             markdown: Path | None, markdown_en: Path | None, corpus: Path, quick: bool) -> int:  # fmt: skip
    """Measure the model on the corpus, on real texts and under stress, beside baselines trained on the same texts."""
    settings = start(ctx)
    for path in (out, markdown, markdown_en):
        if path is not None and not path.absolute().parent.is_dir():
            raise Invalid(f"{path} cannot be written: its folder does not exist")
    from nlp.evaluation.run import gather

    material = gather(corpus, part=part, real=real, base=base, only=only, quick=quick)
    report = _run(material, settings)
    _show(report, out, {"fr": markdown, "en": markdown_en})
    return 0


def _run(material: Material, settings: Settings) -> Report:
    import torch

    from nlp.device import precision
    from nlp.evaluation.run import evaluate as measure
    from nlp.score import Scorer

    scorer = Scorer(settings)
    model_mb, prefix = _facts(settings)
    with progress() as bar:
        tasks: dict[str, Any] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        return measure(material, scorer, model_mb=model_mb, prefix=prefix, bfloat16=precision(settings) == torch.bfloat16, tell=tell)


def _facts(settings: Settings) -> tuple[float | None, str]:
    """Megabytes of a model of the registry, and what its encoder expects before each text."""
    from nlp.registry import find

    if settings.model.startswith(("hub:", "dir:")):
        return None, ""
    folder, entry = find(settings)
    config = folder / "config.json"
    prefix = json.loads(config.read_text(encoding="utf-8")).get("prefix", "") if config.is_file() else ""
    return sum((folder / name).stat().st_size for name in entry.files) / 1e6, prefix


def _show(report: Report, out: Path | None, cards: dict[Language, Path | None]) -> None:
    from core.files import write_text
    from nlp.evaluation.card import markdown
    from nlp.evaluation.report import write_json
    from nlp.evaluation.tables import tables

    if out is not None:
        write_json(report, out)
    for language, path in cards.items():
        if path is not None:
            write_text(path, markdown(report, language=language))
    for table in tables(report):
        console().print(table)
    for name, reason in report.skipped.items():
        click.echo(f"vigie: {name} was not measured: {reason}", err=True)
