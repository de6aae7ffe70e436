"""The embedding: what it is made of, that it knows what a text is about, that it costs no second pass."""

from __future__ import annotations

import base64
import math
import subprocess
import sys
from array import array
from itertools import product
from pathlib import Path

import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from core.errors import Invalid
from core.records import EMBEDDING_SIZE, MARKERS
from core.settings import Settings
from nlp.classify import Passage
from nlp.embedding import pack
from nlp.encoder import Encoder, Shape, States
from nlp.judge import load_named
from nlp.score import Item, Scorer
from nlp.segment import Span
from nlp.topic import Centre, Topic, direction, gather, ordinary, rarity, total

TOPICS = yaml.safe_load((Path(__file__).parent / "topic_texts.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(Settings())


def unpack(embedding: str | None) -> list[int]:
    assert embedding
    return list(array("b", base64.b64decode(embedding)))


def cosine(one: str | None, other: str | None) -> float:
    a, b = unpack(one), unpack(other)
    return sum(x * y for x, y in zip(a, b, strict=True)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def embeddings(scorer: Scorer, texts: list[str]) -> list[str | None]:
    return [answer.embedding for answer in scorer.score([Item(str(number), text) for number, text in enumerate(texts)])]  # type: ignore[union-attr]


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=12).filter(lambda vector: max(map(abs, vector)) > 1e-3))
def test_packing_keeps_the_direction(vector: list[float]) -> None:
    found, largest = unpack(pack(vector)), max(map(abs, vector))
    assert max(map(abs, found)) == 127
    assert all(abs(number / largest * 127 - byte) <= 0.5 + 1e-9 for number, byte in zip(vector, found, strict=True))
    assert pack([number * 2 for number in vector]) == pack(vector)


@pytest.mark.parametrize("vector", [[], [0.0] * 4, [math.nan] * 4, [1.0, math.inf]])
def test_what_has_no_direction_is_refused(vector: list[float]) -> None:
    with pytest.raises(Invalid, match="has no direction"):
        pack(vector)


def test_a_packed_embedding_has_the_records_size(scorer: Scorer) -> None:
    assert len(pack([1.0] * EMBEDDING_SIZE)) == 4 * EMBEDDING_SIZE // 3 == len(scorer.one("Un mot.").embedding or "")


def test_packing_imports_nothing_heavy() -> None:
    code = "import sys, nlp.embedding; sys.exit(any(name in sys.modules for name in ('torch', 'numpy', 'tokenizers')))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_only_the_texts_own_tokens_count_and_rare_ones_more() -> None:
    words, middle = torch.tensor([[[1.0, 0], [0, 1], [5, 5], [9, 9]]]), torch.tensor([[[2.0, 0], [0, 2], [7, 7], [9, 9]]])
    (topic,) = gather(
        States(words, middle, middle), torch.tensor([[0, 1, 2, 3]]), torch.tensor([[True, True, False, False]]), torch.tensor([1.0, 3, 1, 1])
    )
    assert topic.words.tolist() == [1, 3]
    assert topic.middle.tolist() == [2, 2]
    both = total([topic, topic])
    assert both
    assert both.words.tolist() == [2, 6]
    assert total([]) is None


def test_the_middle_is_after_half_of_the_layers() -> None:
    torch.manual_seed(0)
    shape = Shape(vocab_size=50, hidden_size=16, num_hidden_layers=4, num_attention_heads=2, intermediate_size=32, max_position_embeddings=30,
                  layer_norm_eps=1e-12, pad_token_id=1)  # fmt: skip
    encoder, ids, mask = Encoder(shape).eval(), torch.randint(2, 50, (2, 9)), torch.ones(2, 9, dtype=torch.bool)
    with torch.inference_mode():
        states = encoder.states(ids, mask)
        assert torch.equal(states.last, encoder(ids, mask))
        assert torch.equal(states.words, encoder.words(ids))
        del encoder.layers[2:]
        assert torch.equal(states.middle, encoder(ids, mask))


def test_what_all_texts_share_is_left_out() -> None:
    shared = torch.zeros(EMBEDDING_SIZE)
    shared[0] = 1
    vector = torch.zeros(EMBEDDING_SIZE)
    vector[0], vector[1] = 40, 2
    found = unpack(direction(Topic(vector, vector), Centre(shared, shared)))
    assert (found[0], found[1]) == (0, 127)
    assert direction(None, Centre(shared, shared)) is None
    assert direction(Topic(shared, shared), Centre(shared, shared)) is None
    assert direction(Topic(vector[:16], vector[:16]), Centre(shared[:16], shared[:16])) is None  # an encoder of another size


def test_words_weigh_by_their_rarity_where_the_tokenizer_knows_it() -> None:
    unigram = Tokenizer(models.Unigram([("<unk>", 0.0), ("de", -2.0), ("chimio", -11.0)], 0))
    assert rarity(unigram).tolist() == [0, 2, 11]
    assert rarity(Tokenizer(models.WordPiece({"[UNK]": 0, "de": 1}, unk_token="[UNK]"))).tolist() == [1, 1]


def test_a_rewording_is_nearer_than_the_same_topic_and_that_nearer_than_another(scorer: Scorer) -> None:
    same = [embeddings(scorer, topic["same"]) for topic in TOPICS]
    near = [embeddings(scorer, topic["near"]) for topic in TOPICS]
    reworded = [cosine(one, other) for group in same for one, other in ((group[0], group[1]), (group[0], group[2]), (group[1], group[2]))]
    topical = [cosine(one, other) for group, about in zip(same, near, strict=True) for one, other in product(group, about)]
    unlike = [cosine(one, other) for a, b in product(range(len(TOPICS)), repeat=2) if a != b for one, other in product(same[a], same[b] + near[b])]
    assert above(reworded, topical) >= 0.97
    assert above(topical, unlike) >= 0.77
    assert above(reworded, unlike) >= 0.99


def above(high: list[float], low: list[float]) -> float:
    """The share of pairs that stand in the right order."""
    return sum(a > b for a, b in product(high, low)) / (len(high) * len(low))


def test_the_company_of_other_texts_moves_an_embedding_by_one_step_at_most(scorer: Scorer) -> None:
    texts = [text for topic in TOPICS[:4] for text in topic["same"]]
    alone = [Scorer(Settings(), classifier=scorer.classifier).one(text).embedding for text in texts]
    for one, other in zip(alone, embeddings(scorer, texts), strict=True):
        assert max(abs(a - b) for a, b in zip(unpack(one), unpack(other), strict=True)) <= 1


def test_prefix_marks_and_padding_do_not_count(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[list[int]] = []

    def watched(states: States, ids: torch.Tensor, owned: torch.Tensor, rare: torch.Tensor) -> list[Topic]:
        counted.extend(row[own].tolist() for row, own in zip(ids, owned, strict=True))
        return gather(states, ids, owned, rare)

    monkeypatch.setattr("nlp.judge.gather", watched)
    scorer.classifier.read([Passage(text, [Span(0, len(text))]) for text in ("Une phrase.", "Une autre phrase, bien plus longue.")])
    tokenizer = Tokenizer.from_file(str(Settings().models_dir / "vigie-e5-small-fr" / "tokenizer.json"))
    texts = [tokenizer.decode(row) for row in counted]
    assert sorted(texts) == ["Une autre phrase, bien plus longue.", "Une phrase."]


def test_a_long_text_is_the_mean_of_its_windows(scorer: Scorer) -> None:
    cancer, soup = TOPICS[0]["same"], TOPICS[8]["same"]
    longer = scorer.one(" ".join(cancer * 4 + soup * 4)).embedding
    assert min(cosine(longer, scorer.one(" ".join(part)).embedding) for part in (cancer, soup)) > 0.5
    assert scorer.one("Une phrase.", title="Un titre").embedding != scorer.one("Une phrase.").embedding


def test_an_embedding_changes_no_score_and_a_text_without_words_has_none(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    text = TOPICS[0]["same"][0]
    with_it = scorer.one(text)
    monkeypatch.setattr("nlp.judge.direction", lambda topic, shared: None)
    without = Scorer(Settings(), classifier=load_named(Settings())).one(text)
    assert without == with_it.model_copy(update={"embedding": None})
    assert set(with_it.scores) == set(MARKERS)
    assert len(ordinary()) == 12
