"""Whether two texts are copies or rewordings of one: symmetric, and decided by their sketches alone. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from index.campaigns.fingerprint import STEPS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from index.campaigns.fingerprint import Sketch

# Chosen on the first half of tests/index/campaign_texts (bench/campaigns.py): the most recall at a pairwise precision of 0.98.
ENOUGH = 0.38  # share of the weight of all telling words, raised or lowered by what follows
SAME_WORDS = 0.22  # whatever the embeddings say: what shares fewer words cannot be told from another text on the subject
ABOUT, MIDDLE = 0.3, 0.55  # worth of the embeddings' cosine, and the cosine that counts for nothing, as where there is none
FIGURE = 0.15  # what each number costs that either text replaces by another
AT_LEAST = 1.2  # weight that two texts must share: one rare name is none
WORTH = 0.3  # share of the lighter text's weight: with less no other measure can be enough
SAME_RUNS = 0.7  # of the shorter text's pairs of neighbouring words, where the longer one holds it
RUNS = 3  # pairs
SIZES = 0.3  # the shorter text's weight against the longer one's: a sentence found again in an article is a quotation, not a cut


class _Bag(NamedTuple):
    hashes: NDArray[np.uint32]
    weights: NDArray[np.float64]
    most: int


class Shared(NamedTuple):
    """What one text shares with each of ``n`` others; arrays ``[n]``."""

    weight: NDArray[np.float64]  # of the telling words in both
    words: NDArray[np.float64]  # that weight as a share of the weight of all words of either
    sizes: NDArray[np.float64]  # weight of the lighter text against the heavier one's
    pairs: NDArray[np.float64]  # of neighbouring words in both
    runs: NDArray[np.float64]  # those as a share of the pairs of the text that has fewer
    numbers: NDArray[np.float64]  # that only the one says or only the other, whichever are fewer: a rewording keeps its figures, a template does not
    cosine: NDArray[np.float64]  # of the embeddings; not a number where one has none


def alike(left: Sketch, rights: Sequence[Sketch]) -> list[bool]:
    """Which of the others are copies or rewordings of the text."""
    import numpy as np

    if not rights:
        return []
    weight, mine, theirs = _overlap(_words(left), [_words(right) for right in rights])
    near = np.flatnonzero(weight >= WORTH * np.minimum(mine, theirs)).tolist()  # nine in ten fall here, at a third of the cost
    answers = np.zeros(len(rights), bool)
    if len(near):
        answers[near] = _verdict(shared(left, [rights[place] for place in near]))
    found: list[bool] = answers.tolist()
    return found


def _verdict(found: Shared) -> NDArray[np.bool_]:
    import numpy as np

    about = np.where(np.isnan(found.cosine), 0.0, found.cosine - MIDDLE)
    reworded = found.words + ABOUT * about - FIGURE * found.numbers >= ENOUGH
    reworded &= (found.words >= SAME_WORDS) & (found.weight >= AT_LEAST)
    cut = (found.runs >= SAME_RUNS) & (found.pairs >= RUNS) & (found.sizes >= SIZES)
    verdict: NDArray[np.bool_] = reworded | cut
    return verdict


def shared(left: Sketch, rights: Sequence[Sketch]) -> Shared:
    """The measures of a text against others."""
    import numpy as np

    weight, mine, theirs = _overlap(_words(left), [_words(right) for right in rights])
    same, my_numbers, their_numbers = _overlap(_figures(left), [_figures(right) for right in rights])
    pairs, my_pairs, their_pairs = _overlap(_pairs(left), [_pairs(right) for right in rights])
    return Shared(
        weight / STEPS,
        weight / np.maximum(mine + theirs - weight, 1e-9),
        np.minimum(mine, theirs) / np.maximum(np.maximum(mine, theirs), 1e-9),
        pairs,
        pairs / np.maximum(np.minimum(my_pairs, their_pairs), 1),
        np.minimum(my_numbers, their_numbers) - same,
        np.array([_cosine(left.embedding, right.embedding) for right in rights]),
    )


def _words(sketch: Sketch) -> _Bag:
    return _Bag(sketch.words, sketch.weights, sketch.words_to)


def _figures(sketch: Sketch) -> _Bag:
    return _Bag(sketch.words, sketch.numbers, sketch.words_to)


def _pairs(sketch: Sketch) -> _Bag:
    return _Bag(sketch.pairs, sketch.ones, sketch.pairs_to)


def _overlap(left: _Bag, rights: Sequence[_Bag]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Weights of what is in both, in the one and in the others, below the hash up to which both are complete."""
    import numpy as np

    count = len(rights)
    limits = np.minimum(np.array([right.most for right in rights], np.int64), left.most)
    values, weighing = np.concatenate([right.hashes for right in rights]), np.concatenate([right.weights for right in rights])
    owners = np.repeat(np.arange(count), [len(right.hashes) for right in rights])
    inside = weighing * (values <= limits[owners])
    before = np.concatenate(([0.0], np.cumsum(left.weights)))
    mine = before[np.searchsorted(left.hashes, limits, side="right")]
    places = np.searchsorted(left.hashes, values)
    hit = (np.append(left.hashes, np.uint32(0))[places] == values) & (places < len(left.hashes))
    return _sums(owners, inside * hit, count), mine, _sums(owners, inside, count)


def _sums(owners: NDArray[np.int64], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    import numpy as np

    return np.bincount(owners, values, count).astype(np.float64)


def _cosine(left: NDArray[np.int8], right: NDArray[np.int8]) -> float:
    import numpy as np

    if not len(left) or len(left) != len(right):
        return float("nan")
    one, two = left.astype(np.float64), right.astype(np.float64)
    return float(one @ two / np.sqrt((one @ one) * (two @ two)))
