"""One evaluation: what was asked is checked before the model loads, every text is scored once, and each section is one function of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from core.errors import Invalid, NotFound, nearest
from nlp.base import Base, load_base
from nlp.corpus import load_parts
from nlp.evaluation.answers import Answers, sample, true_positives
from nlp.evaluation.baselines import Probe, Texts, baselines
from nlp.evaluation.faithfulness import faithfulness
from nlp.evaluation.needle import LEAST, needle
from nlp.evaluation.neutrality import Pair, load_pairs, neutrality
from nlp.evaluation.own import own_figures
from nlp.evaluation.real import RealRow, load_real, real_figures
from nlp.evaluation.report import Report, counts
from nlp.evaluation.robustness import robustness
from nlp.evaluation.systems import EPOCHS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from nlp.corpus import Part, Row
    from nlp.evaluation.answers import Tell
    from nlp.score import Scorer

PAIRS = "neutrality.jsonl"


class Sizes(NamedTuple):
    """How many texts bear what costs most; sections say how many they took."""

    noised_positives: int = 300
    noised_negatives: int = 150
    needles: int = LEAST
    faithful: int = 200
    epochs: int = EPOCHS
    rows: int = 1_000_000  # of the part that is measured, and of the real texts


QUICK = Sizes(noised_positives=20, noised_negatives=10, needles=3, faithful=20, epochs=1, rows=150)


class Material(NamedTuple):
    """All that an evaluation reads, in memory."""

    parts: dict[Part, list[Row]]
    part: Part
    real: list[RealRow] | None
    pairs: list[Pair] | None
    base: Base | None
    sections: tuple[str, ...]
    quick: bool

    @property
    def sizes(self) -> Sizes:
        """Of a whole evaluation, or of a quick one."""
        return QUICK if self.quick else Sizes()

    @property
    def measured(self) -> list[Row]:
        """The rows that are measured."""
        return sample(self.parts[self.part], self.sizes.rows, what="measured")

    @property
    def read(self) -> list[RealRow]:
        """The real texts that are measured."""
        return sample(self.real or [], self.sizes.rows, what="real")


def gather(corpus: Path, *, part: Part, real: Path | None, base: str | None, only: Sequence[str], quick: bool) -> Material:
    """Read everything that the sections need. Raises NotFound for an unknown section, Invalid and ConfigError for what cannot be read."""
    for name in only:
        if name not in SECTIONS:
            raise NotFound(f"section {name!r} does not exist; {nearest(name, SECTIONS)}")
    if "real" in only and real is None:
        raise Invalid("section 'real' was asked for without texts; give them with --real FILE")
    texts = load_real(real) if real is not None else None
    sections = tuple(name for name in SECTIONS if name in only or not only)
    path = corpus / PAIRS
    if only and "neutrality" in only and not path.is_file():
        raise Invalid(f"section 'neutrality' was asked for, but {path} does not exist")
    pairs = load_pairs(path) if "neutrality" in sections and path.is_file() else None
    encoder = load_base(base) if base is not None and "baselines" in sections else None
    return Material(load_parts(corpus), part, texts, pairs, encoder, sections, quick)


class Run(NamedTuple):
    """One evaluation under way."""

    material: Material
    answers: Answers
    probe: Probe | None
    tell: Tell


def evaluate(material: Material, scorer: Scorer, *, model_mb: float | None, prefix: str, bfloat16: bool, tell: Tell) -> Report:
    """Every section that was asked for. ``prefix`` is what the base encoder of the linear probe expects before a text."""
    probe = None if material.base is None else Probe(material.base, prefix, bfloat16)
    run = Run(material, Answers(scorer, tell=tell), probe, tell)
    skipped = {name: reason for name in material.sections if (reason := _missing(name, material))}
    found = {name: SECTIONS[name](run) for name in material.sections if name not in skipped}
    if "baselines" in found:
        skipped |= found["baselines"].skipped
    return Report(
        model=scorer.classifier.name,
        revision=scorer.classifier.revision,
        part=material.part,
        quick=material.quick,
        model_mb=model_mb,
        corpus=counts(material.parts),
        skipped=skipped,
        **found,
    )


def _missing(name: str, material: Material) -> str:
    if name == "real" and material.real is None:
        return "no real texts were given; --real FILE measures them"
    if name == "neutrality" and material.pairs is None:
        return f"the corpus has no {PAIRS}"
    return ""


def _test(run: Run) -> Any:
    return own_figures(run.material.measured, run.answers.of([row.text for row in run.material.measured], what="test"))


def _real(run: Run) -> Any:
    return real_figures(run.material.read, run.answers.scored([row.text for row in run.material.read], what="real"))


def _neutrality(run: Run) -> Any:
    return neutrality(sample(run.material.pairs or [], run.material.sizes.rows, what="pairs"), run.answers)


def _robustness(run: Run) -> Any:
    rows, sizes = run.material.measured, run.material.sizes
    positive = sample([row for row in rows if row.markers], sizes.noised_positives, what="noised positives")
    negative = sample([row for row in rows if not row.markers], sizes.noised_negatives, what="noised negatives")
    return robustness(positive, negative, run.answers)


def _needle(run: Run) -> Any:
    return needle(run.material.parts[run.material.part], run.answers, most=run.material.sizes.needles)


def _faithfulness(run: Run) -> Any:
    rows = run.material.measured
    found = true_positives(rows, run.answers.of([row.text for row in rows], what="test"))
    return faithfulness(sample(found, run.material.sizes.faithful, what="faithful"), run.answers)


def _baselines(run: Run) -> Any:
    parts, sizes = run.material.parts, run.material.sizes
    train, held = sample(parts["train"], sizes.rows, what="train"), sample(parts["validation"], sizes.rows, what="held")
    texts = Texts(train, held, run.material.measured, run.material.read)
    return baselines(texts, run.answers, run.probe, epochs=sizes.epochs, tell=run.tell)


SECTIONS: dict[str, Callable[[Run], Any]] = {
    "test": _test,
    "real": _real,
    "neutrality": _neutrality,
    "robustness": _robustness,
    "needle": _needle,
    "faithfulness": _faithfulness,
    "baselines": _baselines,
}
