"""What is learnt, and a training run that goes on where it was killed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
import torch
import yaml
from tokenizers import Tokenizer

from cli.main import run
from core.errors import ConfigError, Invalid
from core.records import MARKERS
from core.settings import ROOT, Settings
from nlp import weights
from nlp.base import load_base
from nlp.calibrate import chooses, innocent_texts
from nlp.corpus import SUBMARKERS, Row
from nlp.encoder import Encoder
from nlp.examples import Augmentation, Sample, epoch, examples, hidden, rewritten, sample_of, swapped
from nlp.noise import NOISES
from nlp.normalise import plain
from nlp.score import Scorer
from nlp.train import CHECKPOINT, TrainingConfig, load_config, train
from nlp.windows import codec

SHIPPED = Settings().models_dir / "vigie-e5-small-fr"
ROW = {
    "text": "Bonjour à tous. Jette tes cachets, ils te tuent. Il fait beau ce matin.",
    "format": "post", "register": "familier", "kind": "positive", "markers": ["abandon_soins"],
    "quotes": [{"marker": "abandon_soins", "submarker": "A1", "quote": "Jette tes cachets, ils te tuent."}],
    "stance": "assert", "exclusion": "", "topic": "t", "hand": "h1-a",
}  # fmt: skip


def row(**fields: object) -> Row:
    return Row.model_validate({**ROW, **fields})


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT with the shipped tokenizer."""
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("base")
    torch.manual_seed(0)
    vocabulary = Tokenizer.from_file(str(SHIPPED / "tokenizer.json")).get_vocab_size()
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, "pad_token_id": 1}
    bert = BertModel(BertConfig(vocab_size=vocabulary, max_position_embeddings=300, **sizes), add_pooling_layer=False)
    bert.save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes((SHIPPED / "tokenizer.json").read_bytes())
    return folder


def config(base: Path, **changes: object) -> TrainingConfig:
    given = {
        "title": "t",
        "base": str(base),
        "prefix": "query: ",
        "epochs": 3,
        "rate": 1e-3,
        "head_rate": 1e-2,
        "mean": 0.9,
        "noise": 0.5,
        "swap": 0.5,
    }
    return TrainingConfig.model_validate({**given, **changes})


ROWS = [
    row(text=f"Bonjour numéro {n}. Jette tes cachets, ils te tuent.", hand=f"h{n}-a") if n % 2 else
    row(text=f"Bonjour numéro {n}. Le marché ouvre à neuf heures.", hand=f"h{n}-a", kind="ordinary", markers=[], quotes=[], stance="inform")
    for n in range(40)
]  # fmt: skip


def test_sentences_learn_from_quotes() -> None:
    coding = codec(Tokenizer.from_file(str(SHIPPED / "tokenizer.json")), prefix="query: ")
    (found,) = examples(sample_of(row()), coding)
    care, first = MARKERS.index("abandon_soins"), SUBMARKERS.index("A1")
    assert found.whole[care] == 1
    assert [said[care] for said in found.spoken] == [0, 1, 0]
    assert [said[first] for said in found.shown] == [0, 1, 0]
    assert sum(map(sum, found.shown)) == 1
    assert found.stance == 0
    long = row(text=ROW["text"] + " Le chat dort sur le mur du jardin." * 60)  # type: ignore[operator]
    first_window, *others = examples(sample_of(long), coding)
    assert first_window.whole[care] == 1
    assert all(window.whole[care] != window.whole[care] for window in others)  # NaN: a part without the quote teaches nothing of the whole
    assert all(window.stance == -1 for window in [first_window, *others])


def test_marks_move_with_the_text() -> None:
    sample = sample_of(row(text="Marie dit : Jette tes cachets, ils te tuent. Un pasteur chrétien rit."))
    for noise in NOISES.values():
        changed = rewritten(sample, lambda text, noise=noise: noise(text, Random(4)))
        mark = changed.marks[0]
        assert plain(changed.text[mark.start : mark.end]).text[:3].lower() == "jet"
    other = swapped(sample, Random(2))
    assert other.text != sample.text
    assert other.text[other.marks[0].start : other.marks[0].end] == "Jette tes cachets, ils te tuent."
    host = Sample("Une longue page. Elle parle du marché. Elle finit.", frozenset(), (), "inform")
    inside = hidden(sample, host, Random(1))
    assert inside.text[inside.marks[0].start : inside.marks[0].end] == "Jette tes cachets, ils te tuent."
    assert inside.markers == sample.markers


def test_an_epoch_holds_every_sample_once_and_is_seeded() -> None:
    samples = [sample_of(found) for found in ROWS]
    first = list(epoch(samples, Augmentation(0.5, 0.5, 0.5), Random(1)))
    assert len(first) == len(samples)
    assert first == list(epoch(samples, Augmentation(0.5, 0.5, 0.5), Random(1)))
    assert list(epoch(samples, Augmentation(), Random(1))) == samples


def test_a_run_that_was_killed_goes_on_to_the_same_model(base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlp.batches.TOKENS_A_BATCH", 128)
    monkeypatch.setattr("nlp.train.STEPS_A_CHECKPOINT", 2)
    train(ROWS, config(base, dropout=0.1), out=tmp_path / "whole", tell=lambda _: None)

    class KilledError(Exception):
        """Stands for a kill between two steps."""

    for stop in (3, 5, 9):
        steps = iter(range(stop))

        def tell(_: object, steps: object = steps) -> None:
            if next(steps, None) is None:  # type: ignore[call-overload]
                raise KilledError

        with pytest.raises(KilledError):
            train(ROWS, config(base, dropout=0.1), out=tmp_path / "cut", tell=tell)
        assert (tmp_path / "cut" / CHECKPOINT).exists()
    train(ROWS, config(base, dropout=0.1), out=tmp_path / "cut", tell=lambda _: None)
    whole, cut = (weights.load(tmp_path / name / "weights.safetensors", dtype=torch.float32) for name in ("whole", "cut"))
    assert all(torch.allclose(whole[name], cut[name], atol=1e-4) for name in whole)


def test_a_checkpoint_of_another_run_is_refused(base: Path, tmp_path: Path) -> None:
    out = tmp_path / "m"
    train(ROWS[:4], config(base, epochs=1), out=out, tell=lambda _: None)
    train(ROWS[:4], config(base, epochs=1), out=out, tell=lambda _: None)  # finished: nothing is left to do
    for rows, other in (
        (ROWS[:4], config(base, epochs=1, seed=5)),
        (ROWS[:4], config(base, epochs=1, rate=2e-3)),
        (ROWS[:5], config(base, epochs=1)),
    ):
        with pytest.raises(Invalid, match="belongs to a run with another configuration"):
            train(rows, other, out=out, tell=lambda _: None)
    (out / CHECKPOINT).write_bytes(b"cut short")
    with pytest.raises(Invalid, match="damaged"):
        train(ROWS[:4], config(base, epochs=1), out=out, tell=lambda _: None)


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    size = 1_000_000
    code = f"""
import resource, torch
from pathlib import Path
from core.errors import ConfigError
from nlp.weights import save
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    save({{"w": torch.zeros(2000, 2000)}}, Path({str(tmp_path / "w.safetensors")!r}))
except ConfigError as error:
    print(error)
"""
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "free some space" in found.stdout
    assert list(tmp_path.iterdir()) == []


def test_roberta_family_is_read_like_transformers_reads_it(tmp_path: Path) -> None:
    from transformers import CamembertConfig, CamembertModel

    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32, "type_vocab_size": 1}
    theirs = CamembertModel(CamembertConfig(vocab_size=60, max_position_embeddings=300, pad_token_id=1, **sizes), add_pooling_layer=False).eval()
    theirs.save_pretrained(tmp_path)
    (tmp_path / "tokenizer.json").write_bytes((SHIPPED / "tokenizer.json").read_bytes())
    base = load_base(str(tmp_path))
    ours = Encoder(base.shape).eval()
    ours.load_state_dict(base.state)
    ids, mask = torch.randint(2, 60, (2, 12)), torch.ones(2, 12, dtype=torch.bool)
    with torch.inference_mode():
        assert (ours(ids, mask) - theirs(ids, attention_mask=mask.long()).last_hidden_state).abs().max() < 1e-4


def test_a_base_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"lacks config\.json, model\.safetensors, tokenizer\.json"):
        load_base(str(tmp_path))
    for name in ("model.safetensors", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "robreta"}))
    with pytest.raises(ConfigError, match="did you mean 'roberta'"):
        load_base(str(tmp_path))
    with pytest.raises(ConfigError, match="hub:OWNER/NAME"):
        load_base("hub:nothing")
    whole = {"vocab_size": 9, "hidden_size": 4, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 4, "layer_norm_eps": 1e-5,
             "pad_token_id": 1, "max_position_embeddings": 300}  # fmt: skip
    for content, expected in (
        ("[]", "expected an object"), ("{", "not JSON"), (json.dumps({"hidden_act": "relu"}), "only gelu"), (json.dumps({}), "do not make an encoder"),
        (json.dumps(whole | {"max_position_embeddings": 128}), "windows have"), (json.dumps(whole), "missing or damaged"),
    ):  # fmt: skip
        (tmp_path / "config.json").write_text(content)
        with pytest.raises(ConfigError, match=expected):
            load_base(str(tmp_path))


def test_a_codec_without_prefix_has_its_marks_in_their_places() -> None:
    tokenizer = Tokenizer.from_file(str(SHIPPED / "tokenizer.json"))
    bare, prefixed = codec(tokenizer, prefix=""), codec(tokenizer, prefix="query: ")
    assert (bare.head, bare.tail) == ([0], [2])
    assert (prefixed.head[0], prefixed.tail) == (0, [2])


def test_train_and_calibrate_by_command(base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    lines = [found.model_copy(update={"hand": f"h{n % 4}-a", "topic": f"t{n}"}).model_dump_json(by_alias=True) for n, found in enumerate(ROWS)]
    extra = [
        found.model_copy(update={"hand": "h2-a", "topic": f"x{n}", "kind": "hard_negative", "exclusion": "press"})
        for n, found in enumerate(ROWS[::2])
    ]
    others = [
        row(text=f"Le Maître {n} seul sait, obéis. Ils nous cachent tout {n}.", hand=f"h{2 + n % 2}-a", topic=f"y{n}", markers=["gourou", "complotisme"],
            quotes=[{"marker": "gourou", "submarker": "B2", "quote": "seul sait"}, {"marker": "complotisme", "submarker": "C1", "quote": "Ils nous cachent"}])
        for n in range(8)
    ]  # fmt: skip
    (corpus / "h.jsonl").write_text("\n".join([*lines, *(found.model_dump_json(by_alias=True) for found in (*extra, *others))]))
    (corpus / "split.yml").write_text(yaml.safe_dump({"validation": ["h2-a", "h3-a"], "test": ["h0-a"]}))
    folder = tmp_path / "models" / "tiny"
    folder.mkdir(parents=True)
    (folder / "training.yml").write_text(yaml.safe_dump(config(base, epochs=1).model_dump()))
    real = tmp_path / "real.jsonl"
    real.write_text("\n".join(json.dumps({"id": str(n), "domain": "stream:x", "text": f"Un texte ordinaire numéro {n}."}) for n in range(20)))
    assert run(["train", str(folder / "training.yml"), "--corpus", str(corpus), "--real", str(real)]) == 0
    assert "inscrit dans" in capsys.readouterr().out
    scorer = Scorer(Settings(models_dir=tmp_path / "models", model="tiny"))
    assert set(scorer.one("Une phrase.").scores) == set(MARKERS)
    assert not list(folder.glob("checkpoint*"))
    assert run(["calibrate", "tinny"]) == 2
    assert run(["train", str(tmp_path / "none.yml")]) == 2
    before = (folder / "weights.safetensors").read_bytes()
    assert run(["train", str(folder / "training.yml"), "--corpus", str(corpus), "--out", str(tmp_path / "models" / "Tiny 2")]) == 2
    assert (folder / "weights.safetensors").read_bytes() == before, "bad input is refused before anything is trained"
    assert run(["train", str(folder / "training.yml"), "--corpus", str(corpus), "--real", str(tmp_path / "none")]) == 2
    assert "none cannot be read" in capsys.readouterr().err


def test_configuration_errors_name_the_key(tmp_path: Path) -> None:
    path = tmp_path / "training.yml"
    path.write_text("title: t\nbase: b\nepochs: 1\nrate: 1\nhead_rate: 1\nepoch: 3\n")
    with pytest.raises(ConfigError, match="epoch"):
        load_config(path)


def test_half_of_the_streams_choose_thresholds(tmp_path: Path) -> None:
    path = tmp_path / "real.jsonl"
    rows = [{"id": str(n), "domain": domain, "text": f"{domain} {n}"} for n in range(200) for domain in ("stream:a", "stream:b_NONETIQUETE", "tweet")]
    path.write_text("\n".join(map(json.dumps, rows)))
    found = innocent_texts(path)
    assert found == [f"stream:a {n}" for n in range(200) if chooses(str(n))]
    assert 60 < len(found) < 140
    path.write_text('{"id": "1"}\n')
    with pytest.raises(Invalid, match=r"real\.jsonl:1"):
        innocent_texts(path)
