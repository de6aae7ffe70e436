"""Which number format this processor is fast in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from core.settings import Settings


def precision(settings: Settings) -> torch.dtype:
    """bfloat16 where the processor multiplies it (AMX or AVX512-BF16), else float32: without them bfloat16 is slower."""
    if settings.precision != "auto":
        return torch.bfloat16 if settings.precision == "bfloat16" else torch.float32
    able = torch.cpu.get_capabilities()
    return torch.bfloat16 if able.get("avx512_bf16") or able.get("amx_bf16") else torch.float32


def use_threads(settings: Settings) -> None:
    """Let torch use as many threads as the settings say."""
    if settings.threads:
        torch.set_num_threads(settings.threads)
