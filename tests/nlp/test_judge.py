"""The shipped judge and what it is made of."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from tokenizers import Tokenizer

from core.errors import ConfigError, Invalid
from core.records import MARKERS, Assessment
from core.settings import Settings
from nlp import weights
from nlp.batches import by_length, collate
from nlp.classify import Passage, Reading, load_classifier, revision_of
from nlp.corpus import load_rows
from nlp.encoder import Encoder, Judge, Shape, from_bert
from nlp.evidence import Source, justify
from nlp.normalise import Plain
from nlp.registry import Thresholds, load_registry
from nlp.score import Item, Refusal, Scorer
from nlp.segment import Span, sentences
from nlp.windows import OVERLAP, TOKENS, codec, windows

SHIPPED = Settings().models_dir / "vigie-e5-small-fr"
SMALL = Shape(vocab_size=50, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, max_position_embeddings=300,
              layer_norm_eps=1e-12, pad_token_id=1)  # fmt: skip


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(Settings())


def test_encoder_computes_what_bert_computes() -> None:
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    bert = BertModel(BertConfig(**SMALL.model_dump()), add_pooling_layer=False).eval()
    encoder = Encoder(SMALL).eval()
    encoder.load_state_dict(from_bert(bert.state_dict(), layers=SMALL.num_hidden_layers))
    ids, mask = torch.randint(2, 50, (3, 20)), torch.ones(3, 20, dtype=torch.bool)
    mask[1, 12:] = mask[2, 1:] = False
    with torch.inference_mode():
        ours, theirs = encoder(ids, mask), bert(ids, attention_mask=mask.long()).last_hidden_state
    assert (ours - theirs)[mask].abs().max() < 1e-4


def test_padding_changes_no_answer() -> None:
    torch.manual_seed(0)
    judge = Judge(SMALL, markers=3, submarkers=35, stances=7).eval()
    ids = torch.randint(2, 50, (1, 9))
    owner = torch.tensor([[2, 0, 0, 0, 1, 1, 1, 1, 2]])
    padded = torch.cat([ids, torch.ones(1, 7, dtype=torch.long)], 1)
    mask = torch.tensor([[True] * 9 + [False] * 7])
    with torch.inference_mode():
        alone = judge(ids, mask[:, :9], owner, 2)
        beside = judge(padded, mask, torch.cat([owner, torch.full((1, 7), 2)], 1), 2)
    assert all(torch.allclose(one, other, atol=1e-5) for one, other in zip(alone, beside, strict=True))


def test_eight_bits_lose_little_and_are_no_pickle(tmp_path: Path) -> None:
    torch.manual_seed(0)
    state = Judge(SMALL, markers=3, submarkers=35, stances=7).state_dict()
    weights.save(state, tmp_path / "w.safetensors")
    again = weights.load(tmp_path / "w.safetensors", dtype=torch.float32)
    assert again.keys() == state.keys()
    for name, tensor in state.items():
        assert (again[name] - tensor).abs().max() <= tensor.abs().max() / 127 + 1e-3
    assert not [path.name for path in SHIPPED.iterdir() if path.suffix in (".bin", ".pt", ".pkl", ".pickle", ".ckpt")]


def test_the_shipped_model_is_small_and_pinned() -> None:
    size = sum(path.stat().st_size for path in SHIPPED.iterdir())
    assert size <= 45_000_000
    entry = load_registry(Settings().models_dir).models["vigie-e5-small-fr"]
    assert {name: weights.sha256(SHIPPED / name) for name in entry.files} == entry.files
    assert {"weights.safetensors", "tokenizer.json", "config.json"} <= entry.files.keys()
    assert set(entry.thresholds) == set(MARKERS)


@pytest.fixture
def copied(tmp_path: Path) -> Settings:
    shutil.copytree(Settings().models_dir, tmp_path / "models")
    return Settings(models_dir=tmp_path / "models")


def test_a_missing_file_a_wrong_hash_and_an_unknown_name_are_one_line(copied: Settings) -> None:
    path = copied.models_dir / "vigie-e5-small-fr" / "weights.safetensors"
    with path.open("r+b") as file:
        file.seek(5_000_000)
        file.write(b"x")
    with pytest.raises(ConfigError, match=r"weights\.safetensors has sha256 .* expected"):
        load_classifier(copied)
    path.unlink()
    with pytest.raises(ConfigError, match=r"weights\.safetensors is missing; restore it with"):
        load_classifier(copied)
    with pytest.raises(ConfigError, match="did you mean 'vigie-e5-small-fr'"):
        load_classifier(Settings(model="vigie-e5-smal-fr"))
    with pytest.raises(ConfigError, match="VIGIE_MODELS_DIR"):
        load_classifier(Settings(models_dir=copied.models_dir / "none"))


def test_thresholds_change_the_revision(copied: Settings) -> None:
    before = revision_of(copied)
    path = copied.models_dir / "registry.yml"
    data = yaml.safe_load(path.read_text())
    data["models"]["vigie-e5-small-fr"]["thresholds"]["gourou"]["alerte"] = 0.999
    path.write_text(yaml.safe_dump(data))
    assert revision_of(copied) != before
    assert [Thresholds(a_lire=0.2, alerte=0.6).decide(value) for value in (0.1, 0.2, 0.59, 0.6)] == ["rien", "a_lire", "a_lire", "alerte"]
    data["models"]["vigie-e5-small-fr"]["thresholds"]["gourou"] = {"a_lire": 0.9, "alerte": 0.5}
    path.write_text(yaml.safe_dump(data))
    with pytest.raises(ConfigError, match="alerte 0.5 is below a_lire 0.9"):
        revision_of(copied)


@given(st.text(max_size=400))
@bounds(max_examples=80, deadline=None)
def test_sentences_cover_all_words_in_order(text: str) -> None:
    spans = sentences(text)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert all(text[span.start : span.end].strip() for span in spans)
    covered = "".join(text[span.start : span.end] for span in spans)
    assert "".join(covered.split()) == "".join(text.split())


def test_sentences_of_french() -> None:
    text = "Bonjour à tous. Arrêtez la chimio !\nElle tue. M. Martin le dit\n\nvoilà"
    assert [text[a:b] for a, b in sentences(text)] == ["Bonjour à tous.", "Arrêtez la chimio !", "Elle tue.", "M. Martin le dit", "voilà"]
    assert max(b - a for a, b in sentences("mot " * 500)) < 250  # a transcript without punctuation is cut


def test_windows_hold_every_sentence_and_overlap() -> None:
    coding = codec(Tokenizer.from_file(str(SHIPPED / "tokenizer.json")), prefix="query: ")
    text = " ".join(f"La phrase numéro {n} parle du jardin et des poireaux." for n in range(200))
    spans = sentences(text)
    found = windows(text, spans, coding)
    assert {number for window in found for number in window.sentences} == set(range(len(spans)))
    assert all(len(window.ids) == len(window.owner) <= TOKENS for window in found)
    assert all(b.sentences[0] == a.sentences[-1] + 1 - OVERLAP for a, b in pairwise(found))
    assert windows("", [], coding) == []
    assert sorted(place for group in by_length(found) for place in group) == list(range(len(found)))
    assert collate(found, [0, 1], pad=1).ids.shape[0] == 2


def test_scores_are_probabilities_and_evidence_is_exact(scorer: Scorer) -> None:
    rows = [row for row in load_rows(Path("nlp/corpus")) if row.kind == "positive"][:60]
    answers = list(scorer.score(Item(str(n), row.text) for n, row in enumerate(rows)))
    assert [answer.document_id for answer in answers if isinstance(answer, Assessment)] == [str(n) for n in range(60)]
    flagged = 0
    for row, answer in zip(rows, answers, strict=True):
        assert isinstance(answer, Assessment)
        assert all(row.text[found.start : found.end] == found.text for found in answer.evidence)
        decided = {marker for marker in MARKERS if answer.decision[marker] != "rien"}
        assert decided == {found.marker for found in answer.evidence}
        flagged += bool(decided)
    assert flagged > 30


def test_one_text_scores_the_same_alone_and_among_others(scorer: Scorer) -> None:
    rows = load_rows(Path("nlp/corpus"))[:40]
    together = list(scorer.score(Item(str(n), row.text) for n, row in enumerate(rows)))
    for row, answer in list(zip(rows, together, strict=True))[:10]:
        alone = scorer.one(row.text)
        assert isinstance(answer, Assessment)
        assert all(abs(alone.scores[marker] - answer.scores[marker]) < 0.03 for marker in MARKERS)  # bfloat16 rounds by the batch's shape


def test_the_title_is_context_and_never_evidence(scorer: Scorer) -> None:
    text = "Jetez vos médicaments, ils entretiennent votre maladie. Notre méthode remplace tout traitement."
    answer = scorer.one(text, title="Ce que les médecins vous cachent")
    assert all(text[found.start : found.end] == found.text for found in answer.evidence)


def test_refusals_are_named_and_stop_no_other_text(scorer: Scorer) -> None:
    long = "mot " * 300_000
    answers = list(scorer.score([Item("a", "  "), Item("b", long), Item("c", "Bonjour.")]))
    assert [answer.reason if isinstance(answer, Refusal) else "scored" for answer in answers] == ["empty_text", "too_long", "scored"]
    with pytest.raises(Invalid, match="empty"):
        scorer.one("")


def test_one_guilty_sentence_is_found_in_a_long_page(scorer: Scorer) -> None:
    page = " ".join(f"Le chapitre {n} raconte la récolte, le marché et les voisins du village." for n in range(120))
    guilty = "Arrêtez votre chimiothérapie dès demain et jetez vos médicaments, seul notre protocole naturel peut vous guérir du cancer."
    clean, dirty = scorer.one(page), scorer.one(f"{page} {guilty} {page}")
    assert clean.decision["abandon_soins"] == "rien"
    assert dirty.scores["abandon_soins"] > 10 * clean.scores["abandon_soins"]
    assert guilty in {found.text for found in dirty.evidence}


def test_evidence_is_the_strongest_in_reading_order() -> None:
    text = "Titre. Un. Deux. Trois."
    spans = [Span(0, 6), Span(7, 10), Span(11, 16), Span(17, 23)]
    source = Source(Plain(text, None, len(text)), spans, text[7:], 7)
    shown = [["B1"], ["A1", "B2"], [], ["C1"]]
    found = justify("gourou", source, Reading({}, {"gourou": [0.99, 0.6, 0.2, 0.9]}, shown), at_least=0.5)
    assert [(one.text, one.start, one.submarkers) for one in found] == [("Un.", 0, ("B2",)), ("Trois.", 10, ())]
    weak = Reading({}, {"gourou": [0.9, 0.1, 0.2, 0.1]})
    assert [one.text for one in justify("gourou", source, weak, at_least=0.5)] == ["Deux."]


def test_evidence_quotes_the_text_as_given(scorer: Scorer) -> None:
    text = "Bonjour.\nJ E T T E vos médic\u200baments, ARRÊTEZ LA CHIMIO TOUT DE SUITE, notre prot0cole guérit le c4nc3r à lui seul."
    answer = scorer.one(text)
    assert answer.decision["abandon_soins"] != "rien"
    assert all(text[found.start : found.end] == found.text for found in answer.evidence)
    assert any("prot0cole" in found.text for found in answer.evidence)


def test_repeated_texts_are_read_once(scorer: Scorer) -> None:
    class Counting:
        """The scorer's classifier, counting what it reads."""

        name, revision, thresholds = scorer.classifier.name, scorer.classifier.revision, scorer.classifier.thresholds
        read_texts = 0

        def read(self, passages: Sequence[Passage]) -> list[Reading]:
            self.read_texts += len(passages)
            return scorer.classifier.read(passages)

    counting = Counting()
    again = Scorer(Settings(), classifier=counting)
    answers = list(again.score(Item(str(n), f"Le même texte {n % 3}.", title="Un titre" if n % 2 else None) for n in range(600)))
    assert counting.read_texts == 6
    assert [answer.document_id for answer in answers if isinstance(answer, Assessment)] == [str(n) for n in range(600)]


def test_hub_models_follow_the_same_protocol(tmp_path: Path) -> None:
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    labels = {0: "abandon_soins", 1: "gourou", 2: "complotisme"}
    config = BertConfig(vocab_size=52647, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32, id2label=labels,
                        label2id={name: number for number, name in labels.items()})  # fmt: skip
    torch.manual_seed(0)
    BertForSequenceClassification(config).save_pretrained(tmp_path / "m")
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(SHIPPED / "tokenizer.json"), pad_token="<pad>", unk_token="<unk>", model_max_length=512)
    tokenizer.save_pretrained(tmp_path / "m")
    answer = Scorer(Settings(model=f"dir:{tmp_path / 'm'}")).one("Une phrase. " * 300 + "La fin.")
    assert set(answer.scores) == set(MARKERS)
    config_file = tmp_path / "m" / "config.json"
    config_file.write_text(json.dumps({**json.loads(config_file.read_text()), "id2label": {"0": "a", "1": "b", "2": "c"}, "label2id": {}}))
    with pytest.raises(ConfigError, match="was not trained for Vigie's markers"):
        load_classifier(Settings(model=f"dir:{tmp_path / 'm'}"))
    with pytest.raises(ConfigError, match="does not exist"):
        load_classifier(Settings(model="dir:/nowhere"))
    with pytest.raises(ConfigError, match="hub:OWNER/NAME"):
        load_classifier(Settings(model="hub:nothing"))
