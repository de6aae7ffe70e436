"""The mean of two trained judges: ``python -m nlp.average FIRST SECOND OUT``.

Two runs from one start that differ in length err differently; their mean weights judge better than either and cost nothing at run time.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import torch

from nlp import weights


def average(first: Path, second: Path, out: Path) -> None:
    """Write a model folder whose weights are the mean of two."""
    one, other = (weights.load(folder / "weights.safetensors", dtype=torch.float32) for folder in (first, second))
    out.mkdir(parents=True, exist_ok=True)
    weights.save({name: (tensor + other[name]) / 2 for name, tensor in one.items()}, out / "weights.safetensors")
    for name in ("config.json", "tokenizer.json"):
        shutil.copy(first / name, out / name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("first", "second", "out"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args()
    average(given.first, given.second, given.out)
