"""The pre-trained encoder that training starts from: a local folder or a model of the hub, of the BERT or RoBERTa family (CamemBERT too)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from core.errors import ConfigError, Unavailable, nearest
from nlp.encoder import FAMILIES, Shape, from_bert
from nlp.registry import HUB
from nlp.weights import read_tensors, sha256
from nlp.windows import TOKENS

if TYPE_CHECKING:
    from torch import Tensor

FILES = ("config.json", "model.safetensors", "tokenizer.json")


class Base(NamedTuple):
    """A pre-trained encoder, ready for ``Encoder.load_state_dict``."""

    shape: Shape
    state: dict[str, Tensor]
    tokenizer: Path
    sha256: str  # of its weights


def load_base(base: str) -> Base:
    """The encoder of a folder, or of ``hub:OWNER/NAME[@REVISION]``, which is downloaded once. Raises ConfigError and Unavailable."""
    folder = _downloaded(base) if base.startswith("hub:") else Path(base).expanduser()
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise ConfigError(f"base model {folder} lacks {', '.join(missing)}; expected {', '.join(FILES)} (never a pickle)")
    config = _config(folder / "config.json")
    family = str(config.get("model_type", "bert"))
    if family not in FAMILIES:
        raise ConfigError(f"base model {folder} is of type {family!r}; {nearest(family, FAMILIES)}")
    skip = 0 if family == "bert" else int(config.get("pad_token_id", 1)) + 1
    try:
        return _loaded(folder, config, skip)
    except (KeyError, TypeError, ValidationError) as error:
        raise ConfigError(f"base model {folder}: configuration and weights do not make an encoder ({' '.join(str(error).split())[:200]})") from error


def _object(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError(f"{path} is not JSON in UTF-8 ({error})") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{path}: expected an object")
    return found


def _config(path: Path) -> dict[str, Any]:
    config = _object(path)
    if config.get("hidden_act", "gelu") != "gelu":
        raise ConfigError(f"{path}: activation {config['hidden_act']!r}; only gelu is computed here")
    return config


def _loaded(folder: Path, config: dict[str, Any], skip: int) -> Base:
    sizes = {name: config[name] for name in Shape.model_fields if name in config}
    shape = Shape(**sizes | {"max_position_embeddings": config["max_position_embeddings"] - skip})
    if shape.max_position_embeddings < TOKENS:
        raise ConfigError(f"base model {folder} reads {shape.max_position_embeddings} tokens at once; windows have {TOKENS}")
    state = from_bert(read_tensors(folder / "model.safetensors"), layers=shape.num_hidden_layers, skip_positions=skip)
    if "model" not in _object(folder / "tokenizer.json"):
        raise ConfigError(f"{folder / 'tokenizer.json'} is no tokenizer; expected what the tokenizers library writes")
    return Base(shape, state, folder / "tokenizer.json", sha256(folder / "model.safetensors"))


def _downloaded(base: str) -> Path:
    from huggingface_hub import snapshot_download

    found = HUB.fullmatch(base)
    if not found:
        raise ConfigError(f"base model {base!r} is not readable; expected a folder, hub:OWNER/NAME or hub:OWNER/NAME@REVISION")
    try:
        return Path(snapshot_download(found["name"], revision=found["revision"], allow_patterns=list(FILES)))
    except (OSError, ValueError) as error:
        raise Unavailable(f"base model {base} cannot be downloaded ({' '.join(str(error).split())[:200]}); check the name and the network") from error
