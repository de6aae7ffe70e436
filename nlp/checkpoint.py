"""A training run on disk, so that it goes on where it was killed: safetensors with the place in the run as metadata, never a pickle."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from safetensors import SafetensorError, safe_open

from core.errors import Invalid
from nlp.weights import write_tensors

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn
    from torch.optim import Optimizer


class Place(NamedTuple):
    """``done`` steps of ``epoch`` are taken, in the run that ``run`` identifies (configuration and corpus)."""

    run: str
    epoch: int
    done: int


def save_checkpoint(path: Path, place: Place, judge: nn.Module, optimizer: Optimizer, mean: dict[str, Tensor]) -> None:
    """Replace the checkpoint, atomically."""
    tensors = {f"judge.{name}": tensor for name, tensor in judge.state_dict().items()}
    tensors |= {f"mean.{name}": tensor for name, tensor in mean.items()}
    for number, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{number}.{name}": tensor for name, tensor in state.items()}
    write_tensors(tensors, path, metadata={name: str(value) for name, value in place._asdict().items()})


def load_checkpoint(path: Path, run: str, judge: nn.Module, optimizer: Optimizer, mean: dict[str, Tensor]) -> Place:
    """Restore all three in place; the start of the run where there is no checkpoint. Raises Invalid when it belongs to another run."""
    if not path.exists():
        return Place(run, 0, 0)
    try:
        with safe_open(path, framework="pt") as file:
            said = file.metadata()
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a dictionary
    except (SafetensorError, OSError) as error:
        raise Invalid(f"{path} is damaged ({error}); remove it to start anew") from error
    if said["run"] != run:
        raise Invalid(f"{path} belongs to a run with another configuration, corpus or base; remove it to start anew, or choose another --out")
    judge.load_state_dict(_under("judge.", tensors))
    mean.update({name: tensor.to(mean[name].device) for name, tensor in _under("mean.", tensors).items()})
    states: dict[int, dict[str, Tensor]] = {}
    for name, tensor in _under("optimizer.", tensors).items():
        number, _, kind = name.partition(".")
        states.setdefault(int(number), {})[kind] = tensor
    optimizer.load_state_dict({"state": states, "param_groups": optimizer.state_dict()["param_groups"]})
    return Place(run, int(said["epoch"]), int(said["done"]))


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def blended(mean: dict[str, Tensor], judge: nn.Module, *, keep: float) -> None:
    """Move the running mean of what is trained a step towards it."""
    with torch.no_grad():
        for name, weight in judge.named_parameters():
            if weight.requires_grad:
                mean[name].lerp_(weight.float(), 1 - keep)
