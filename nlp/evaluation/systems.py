"""What the model is compared with, trained on the same texts: keywords, TF-IDF with logistic regression, spaCy's text categoriser, a linear probe."""

from __future__ import annotations

import unicodedata
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import regex  # type: ignore[import-untyped]
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from core.records import MARKERS
from core.taxonomy import load_taxonomy
from nlp.evaluation.answers import truth_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from spacy.language import Language
    from spacy.training import Example

    from nlp.base import Base
    from nlp.corpus import Row
    from nlp.evaluation.answers import Tell
    from nlp.evaluation.intervals import Bools, Floats
    from nlp.windows import Codec

    System = Callable[[Sequence[str]], Floats]  # texts to scores [texts, markers]

EPOCHS, BATCH = 8, 16  # of the text categoriser
TFIDF_STRENGTHS, PROBE_STRENGTHS = (1.0, 10.0, 100.0), (0.001, 0.01, 0.1)  # of which the validation part chooses
PROBE_TOKENS = 256
SPACY_WORDS = 400  # the categoriser reads that many words of a text


def keywords() -> System:
    """Cues of nlp/markers found in a text, as a score that grows with their number: found / (found + 1). Nothing is learnt but the threshold."""
    cues = {marker.id: {_folded(cue) for sub in marker.submarkers for cue in sub.cues} for marker in load_taxonomy().markers}
    patterns = [[regex.compile(rf"(?<!\w){regex.escape(cue)}(?!\w)") for cue in sorted(cues[marker])] for marker in MARKERS]

    def score(texts: Sequence[str]) -> Floats:
        found = np.array([[sum(bool(cue.search(text)) for cue in row) for row in patterns] for text in map(_folded, texts)], dtype=np.float64)
        found = found.reshape(len(texts), len(MARKERS))
        return np.asarray(found / (found + 1), dtype=np.float64)

    return score


def tfidf(train: Sequence[Row], held: Sequence[Row]) -> System:
    """Words (1 to 2) and characters within words (3 to 5), logistic regression per marker; its strength is chosen on ``held``."""
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, strip_accents="unicode")
    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=3, sublinear_tf=True, strip_accents="unicode", max_features=200_000)
    features = make_union(words, letters)
    given = features.fit_transform([row.text for row in train])
    choose = features.transform([row.text for row in held])
    fitted = _strongest(given, truth_of(train), choose, truth_of(held), TFIDF_STRENGTHS, scale=False)
    return lambda texts: _probabilities(fitted, features.transform(texts))


def spacy_categoriser(train: Sequence[Row], *, tell: Tell, epochs: int = EPOCHS) -> System:
    """spaCy's ``textcat_multilabel`` with its default network (bag of words and convolutions), trained from nothing."""
    from thinc.api import fix_random_seed

    from nlp.evaluation.answers import seeded
    from nlp.segment import pipeline

    fix_random_seed(0)
    nlp = pipeline("fr_core_news_sm", keep=())  # its tokenizer: spacy.blank("fr") takes 2.4 s for a pattern that hardly matters
    network: Any = nlp.add_pipe("textcat_multilabel")
    for marker in MARKERS:
        network.add_label(marker)
    examples = [_example(nlp, row) for row in train]
    optimizer = nlp.initialize(lambda: examples[:500])
    for epoch in range(epochs):
        tell("baselines: spacy", epoch + 1, epochs)
        order = list(examples)
        seeded("spacy", epoch).shuffle(order)
        for first in range(0, len(order), BATCH):
            nlp.update(order[first : first + BATCH], sgd=optimizer, drop=0.2)

    def score(texts: Sequence[str]) -> Floats:
        docs = nlp.pipe((_cut(text) for text in texts), batch_size=64)
        return np.array([[doc.cats[marker] for marker in MARKERS] for doc in docs], dtype=np.float64).reshape(len(texts), len(MARKERS))

    return score


def probe(train: Sequence[Row], held: Sequence[Row], base: Base, *, prefix: str, bfloat16: bool, tell: Tell) -> System:
    """The mean of the untouched encoder's states over a text's first window, logistic regression per marker."""
    import torch
    from tokenizers import Tokenizer

    from nlp.encoder import Encoder
    from nlp.windows import codec

    encoder = Encoder(base.shape, dropout=0.0)
    encoder.load_state_dict(base.state)
    encoder.eval().to(torch.bfloat16 if bfloat16 else torch.float32)
    coding = codec(Tokenizer.from_file(str(base.tokenizer)), prefix=prefix)
    means = partial(_means, encoder, coding, tell=tell)
    given, choose = means([row.text for row in train]), means([row.text for row in held])
    fitted = _strongest(given, truth_of(train), choose, truth_of(held), PROBE_STRENGTHS, scale=True)
    return lambda texts: _probabilities(fitted, means(texts))


def _folded(text: str) -> str:
    """Lower case without accents, with one kind of apostrophe and of space."""
    apart = unicodedata.normalize("NFD", text.lower().replace("’", "'"))
    return " ".join("".join(char for char in apart if unicodedata.category(char) != "Mn").split())


def _strongest(given: Any, truth: Bools, choose: Any, expected: Bools, strengths: Iterable[float], *, scale: bool) -> Any:
    """The logistic regressions whose mean average precision on the held texts is best."""

    def fit(strength: float) -> Any:
        single: Any = OneVsRestClassifier(LogisticRegression(C=strength, max_iter=1000, solver="lbfgs" if scale else "liblinear"))
        chain: Any = make_pipeline(StandardScaler(), single) if scale else single
        return chain.fit(given, truth)

    def quality(fitted: Any) -> float:
        found, known = _probabilities(fitted, choose), expected.any(axis=0)
        return float(np.mean([average_precision_score(expected[:, at], found[:, at]) for at in np.flatnonzero(known)])) if known.any() else 0.0

    return max((fit(strength) for strength in strengths), key=quality)


def _probabilities(fitted: Any, given: Any) -> Floats:
    return np.asarray(fitted.predict_proba(given), dtype=np.float64)


def _cut(text: str) -> str:
    return " ".join(text.split()[:SPACY_WORDS])


def _example(nlp: Language, row: Row) -> Example:
    from spacy.training import Example

    return Example.from_dict(nlp.make_doc(_cut(row.text)), {"cats": {marker: float(marker in row.markers) for marker in MARKERS}})


def _means(encoder: Any, coding: Codec, texts: Sequence[str], *, tell: Tell) -> Floats:
    import torch

    from nlp.batches import by_length, collate
    from nlp.windows import Window

    room = PROBE_TOKENS - len(coding.head) - len(coding.tail)
    every = []
    for text in texts:
        ids = coding.head + coding.tokenizer.encode(text, add_special_tokens=False).ids[:room] + coding.tail
        every.append(Window(ids, [0] * len(ids), [0]))
    found, done = np.zeros((len(texts), encoder.norm.normalized_shape[0])), 0
    for places in by_length(every):
        batch = collate(every, places, pad=encoder.words.padding_idx or 0)
        with torch.inference_mode():
            states = encoder(batch.ids, batch.mask).float() * batch.mask[:, :, None]
        found[places] = (states.sum(1) / batch.mask.sum(1, keepdim=True)).numpy()
        done += len(places)
        tell("baselines: probe", done, len(every))
    return found
