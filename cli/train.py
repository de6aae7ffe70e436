"""``vigie train`` and ``vigie calibrate``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from cli.context import console, progress, start
from core.errors import Invalid, NotFound, nearest
from core.numbers import french

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
    from nlp.train import CHECKPOINT, load_config

    chosen = load_config(config)
    folder = (out or config.parent).absolute()
    if base:
        chosen = chosen.model_copy(update={"base": base})
    needs = _needs(folder, corpus, real)  # before an hour of training, not after
    _train(_part(corpus, "train"), chosen, folder)
    code = _calibrate(folder, needs, title=chosen.title)
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return code


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
    folder = settings.models_dir / known[name].folder
    return _calibrate(folder, _needs(folder, corpus, real), title=known[name].title)


def _train(rows: list[Row], config: TrainingConfig, folder: Path) -> None:
    from nlp.train import train as run

    with progress() as bar:
        task = bar.add_task("entraînement", total=None)

        def tell(done: Progress) -> None:
            label = f"entraînement, époque {done.epoch}/{config.epochs}, perte {done.loss:.4f}"
            bar.update(task, description=label, completed=done.step, total=done.steps)

        run(rows, config, out=folder, tell=tell)


class Needs(NamedTuple):
    """What calibration reads."""

    held: list[Row]
    streams: list[str]


def _needs(folder: Path, corpus: Path, real: Path | None) -> Needs:
    """All that calibration needs, checked. Raises ConfigError and Invalid."""
    from nlp.calibrate import check_held, innocent_texts
    from nlp.registry import FOLDER, load_registry

    if not re.fullmatch(FOLDER, folder.name):
        raise Invalid(f"model folder {folder.name!r}: expected lower case letters, digits, dots, hyphens and underscores")
    if (folder.parent / "registry.yml").exists():
        load_registry(folder.parent)
    held = _part(corpus, "validation")
    check_held(held)
    return Needs(held, innocent_texts(real) if real else [])


def _calibrate(folder: Path, needs: Needs, *, title: str) -> int:
    from core.settings import load_settings
    from nlp.calibrate import calibrate as choose
    from nlp.calibrate import register
    from nlp.device import precision

    with progress() as bar:
        task = bar.add_task("calibration", total=len(needs.held) + len(needs.streams))
        dtype = precision(load_settings())
        entry = choose(folder, needs.held, needs.streams, title=title, dtype=dtype, tell=lambda count: bar.advance(task, count))
    register(folder.parent, folder.name, entry)
    _show(folder, entry)
    return 0


def _show(folder: Path, entry: ModelEntry) -> None:
    console().print(f"{folder.name}, révision {entry.revision}, inscrit dans {folder.parent / 'registry.yml'}.")
    for marker, limits in entry.thresholds.items():
        console().print(f"  {marker} : à lire dès {french(limits.a_lire, digits=3)}, alerte dès {french(limits.alerte, digits=3)}")


def _part(corpus: Path, part: Part) -> list[Row]:
    from nlp.corpus import load_parts

    return load_parts(corpus)[part]
