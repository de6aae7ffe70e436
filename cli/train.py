"""``vigie train`` and ``vigie calibrate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.context import console, progress, start
from core.errors import Invalid, NotFound, nearest

if TYPE_CHECKING:
    from nlp.corpus import Part, Row
    from nlp.registry import ModelEntry
    from nlp.train import Progress, TrainingConfig

CORPUS = Path(__file__).parent.parent / "nlp" / "corpus"


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder of the model; else the folder of CONFIG.")
@click.option("--base", help="Encoder to start from, instead of the configuration's: a folder, or hub:OWNER/NAME.")
@click.option("--corpus", type=click.Path(path_type=Path), default=CORPUS, help="Folder of training texts.  [default: nlp/corpus]")
@click.option("--real", type=click.Path(path_type=Path), help="Real texts that help to choose thresholds, never trained on.")
@click.pass_context
def train(ctx: click.Context, *, config: Path, out: Path | None, base: str | None, corpus: Path, real: Path | None) -> int:
    """Train a judge from the file CONFIG, calibrate it and enter it in the registry beside its folder.

    A run that was cut short goes on when the same command is given again.
    """
    start(ctx)
    from nlp.train import load_config

    chosen = load_config(config)
    folder = (out or config.parent).absolute()
    if base:
        chosen = chosen.model_copy(update={"base": base})
    _train(_part(corpus, "train"), chosen, folder)
    return _calibrate(folder, corpus, real, title=chosen.title)


@click.command()
@click.argument("name")
@click.option("--corpus", type=click.Path(path_type=Path), default=CORPUS, help="Folder of training texts.  [default: nlp/corpus]")
@click.option("--real", type=click.Path(path_type=Path), help="Real texts that help to choose thresholds.")
@click.pass_context
def calibrate(ctx: click.Context, *, name: str, corpus: Path, real: Path | None) -> int:
    """Choose calibration and thresholds of the trained model NAME anew."""
    settings = start(ctx)
    from nlp.registry import load_registry

    known = load_registry(settings.models_dir).models
    if name not in known:
        raise NotFound(f"model {name!r} is not in {settings.models_dir / 'registry.yml'}; {nearest(name, known)}")
    return _calibrate(settings.models_dir / known[name].folder, corpus, real, title=known[name].title)


def _train(rows: list[Row], config: TrainingConfig, folder: Path) -> None:
    from nlp.train import train as run

    with progress() as bar:
        task = bar.add_task("entraînement", total=None)

        def tell(done: Progress) -> None:
            label = f"entraînement, époque {done.epoch}/{config.epochs}, perte {done.loss:.4f}"
            bar.update(task, description=label, completed=done.step, total=done.steps)

        run(rows, config, out=folder, tell=tell)


def _calibrate(folder: Path, corpus: Path, real: Path | None, *, title: str) -> int:
    from core.settings import load_settings
    from nlp.calibrate import calibrate as choose
    from nlp.calibrate import innocent_texts, register
    from nlp.device import precision

    if real is not None and not real.is_file():
        raise Invalid(f"{real} does not exist; expected real texts as JSON Lines (id, domain, text)")
    held, streams = _part(corpus, "validation"), innocent_texts(real) if real else []
    with progress() as bar:
        task = bar.add_task("calibration", total=len(held) + len(streams))
        entry = choose(folder, held, streams, title=title, dtype=precision(load_settings()), tell=lambda count: bar.advance(task, count))
    register(folder.parent, folder.name, entry)
    _show(folder, entry)
    return 0


def _show(folder: Path, entry: ModelEntry) -> None:
    console().print(f"{folder.name}, révision {entry.revision}, inscrit dans {folder.parent / 'registry.yml'}.")
    for marker, limits in entry.thresholds.items():
        console().print(f"  {marker} : à lire dès {limits.a_lire:.3f}, alerte dès {limits.alerte:.3f}")


def _part(corpus: Path, part: Part) -> list[Row]:
    from nlp.corpus import load_parts

    return load_parts(corpus)[part]
