"""From a trained folder to its registry entry: probabilities that mean something, and thresholds for stated operating points.

Calibration is logistic regression (Platt) on the mean of the window head and the sentence head, over the validation part: a probability holds
for a mix like the corpus', where a third of the texts are positive. Thresholds are operating points on innocent texts: ``a_lire`` is reached by
at most ``A_LIRE`` of ordinary texts and ``HARD`` of the corpus' hard negatives for each marker, ``alerte`` by at most ``ALERTE`` and ``HARD_ALERTE``.
Ordinary texts are the validation part's and, where a file of real texts is given, its rows of domain ``stream:*``: only those that
``chooses`` takes, so that the others measure.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_curve

from core.errors import Invalid
from core.files import read_json_lines, write_text
from core.records import MARKERS
from nlp.classify import Passage
from nlp.corpus import SUBMARKERS
from nlp.judge import NOTHING, JudgeClassifier, load_judge
from nlp.normalise import plain
from nlp.registry import ModelEntry, Registry, Scale, Thresholds, load_registry
from nlp.segment import sentences
from nlp.weights import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import torch
    from numpy.typing import NDArray

    from nlp.corpus import Row

A_LIRE, ALERTE = 0.0075, 0.0005  # share of ordinary texts, per marker; markers overlap little, so about 2 % and 0.15 % together
HARD, HARD_ALERTE = 0.03, 0.005  # share of the corpus' hard negatives, per marker
UNKNOWN = ("NONETIQUETE", "BORDERLINE")  # domains of the real texts whose labels nobody read
FILES = ("config.json", "tokenizer.json", "weights.safetensors")
CHUNK = 256
HEADER = """# Trained models: hashes of their files (checked before loading), calibration, thresholds. Written by `vigie train` and `vigie calibrate`.
# A change here changes the revision, and all is scored anew.
"""


class Heard(NamedTuple):
    """Uncalibrated logits: ``whole``, ``spoken`` (strongest sentence) are ``[texts, markers]``, ``shown`` is ``[sentences, submarkers]`` a text."""

    whole: NDArray[np.float64]
    spoken: NDArray[np.float64]
    shown: list[NDArray[np.float64]]


def listen(folder: Path, texts: Sequence[str], *, dtype: torch.dtype, tell: Callable[[int], None]) -> Heard:
    """What the heads say of texts."""
    entry = ModelEntry(folder=folder.name, title="", files={}, thresholds={})
    judge = JudgeClassifier(*load_judge(folder, dtype=dtype), entry=entry, name=folder.name)
    whole, spoken, shown = [], [], []
    for first in range(0, len(texts), CHUNK):
        clear = [plain(text).text for text in texts[first : first + CHUNK]]
        for found in judge.logits([Passage(text, sentences(text)) for text in clear]):
            whole.append(found.whole.numpy())
            spoken.append(found.strongest.numpy())
            shown.append(found.shown.numpy().astype(np.float64))
        tell(len(clear))
    return Heard(np.array(whole, dtype=np.float64).reshape(-1, len(MARKERS)), np.array(spoken, dtype=np.float64).reshape(-1, len(MARKERS)), shown)


def calibrate(folder: Path, rows: Sequence[Row], real: Sequence[str], *, title: str, dtype: torch.dtype, tell: Callable[[int], None]) -> ModelEntry:
    """The registry entry of a folder, from the validation rows and the ordinary real texts."""
    told = listen(folder, [row.text for row in rows], dtype=dtype, tell=tell)
    streams = listen(folder, real, dtype=dtype, tell=tell)
    hard = np.array([row.kind == "hard_negative" for row in rows])
    ordinary = np.array([row.kind == "ordinary" for row in rows])
    calibration, thresholds = {}, {}
    for place, marker in enumerate(MARKERS):
        truth = np.array([marker in row.markers for row in rows])
        scale = _scale(told.whole[:, place], told.spoken[:, place], truth)
        share = _share(told, place, scale)
        innocent = np.concatenate([_share(streams, place, scale), share[ordinary]])
        points = {"a_lire": (A_LIRE, HARD), "alerte": (ALERTE, HARD_ALERTE)}
        found = {name: max(_limit(innocent, few), _limit(share[hard], some)) for name, (few, some) in points.items()}
        thresholds[marker] = Thresholds(a_lire=found["a_lire"], alerte=max(found.values()))
        calibration[marker] = scale
    files = {name: sha256(folder / name) for name in FILES}
    at = _submarker_at(told.shown, rows)
    return ModelEntry(folder=folder.name, title=title, files=files, thresholds=thresholds, calibration=calibration, submarker_at=at)


def check_held(rows: Sequence[Row]) -> None:
    """Raise Invalid when a marker cannot be calibrated on these rows."""
    for marker in MARKERS:
        positive = sum(marker in row.markers for row in rows)
        if not 0 < positive < len(rows):
            raise Invalid(f"{positive} of {len(rows)} validation rows are {marker}; calibration needs some that are and some that are not")


def _scale(whole: NDArray[np.float64], spoken: NDArray[np.float64], truth: NDArray[np.bool_]) -> Scale:
    """Platt's scale of the mean of both heads: fitted apart, their proportions hang on a few long texts that the validation part happens to hold."""
    fitted = LogisticRegression(C=1.0).fit(((whole + spoken) / 2)[:, None], truth)
    half = round(float(fitted.coef_[0, 0]) / 2, 4)
    return Scale(whole=half, spoken=half, intercept=round(float(fitted.intercept_[0]), 4))


def _share(heard: Heard, place: int, scale: Scale) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-(heard.whole[:, place] * scale.whole + heard.spoken[:, place] * scale.spoken + scale.intercept)))


def _limit(innocent: NDArray[np.float64], share: float) -> float:
    """The probability, rounded up, that at most ``share`` of the innocent texts reach; just above the highest where they are too few to tell."""
    if not len(innocent):
        return 0.5
    return min(float(np.ceil(np.quantile(innocent, 1 - share, method="higher") * 1e4 + 1) / 1e4), 1.0)


def _submarker_at(shown: Sequence[NDArray[np.float64]], rows: Sequence[Row]) -> float:
    """The probability from which naming a sub-marker is right most often (best F1 over all, per text)."""
    strongest = np.array([1 / (1 + np.exp(-found.max(0, initial=NOTHING))) for found in shown])
    truth = np.array([[name in {quote.submarker for quote in row.quotes} for name in SUBMARKERS] for row in rows])
    precision, recall, at = precision_recall_curve(truth.ravel(), strongest.ravel())
    f1 = 2 * precision * recall / np.clip(precision + recall, 1e-9, None)
    return round(float(at[min(int(f1.argmax()), len(at) - 1)]), 4)


def innocent_texts(path: Path) -> list[str]:
    """The ordinary streams of a file of real texts that choose thresholds, less those without a word. Raises Invalid."""
    found = []
    for number, row in read_json_lines(path):
        try:
            identity, domain, text = row["id"], row["domain"], row["text"]
            ordinary = domain.startswith("stream:") and not any(word in domain for word in UNKNOWN)
            if ordinary and chooses(identity) and plain(text).text.strip():
                found.append(text)
        except (KeyError, TypeError, AttributeError) as error:
            raise Invalid(f"{path}:{number}: not a real text; expected an object with id, domain and text ({error})") from error
    return found


def chooses(identity: str) -> bool:
    """Whether a real text helps to choose thresholds; the other half measures them."""
    return hashlib.sha256(str(identity).encode()).digest()[0] % 2 == 0


def register(models: Path, name: str, entry: ModelEntry) -> None:
    """Write an entry into the registry of a models folder; the others stay."""
    path = models / "registry.yml"
    known = load_registry(models).models if path.exists() else {}
    registry = Registry(models={**known, name: entry})
    dumped: dict[str, Any] = registry.model_dump(mode="json")
    write_text(path, HEADER + yaml.safe_dump(dumped, sort_keys=False, allow_unicode=True))
