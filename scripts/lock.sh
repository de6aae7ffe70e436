#!/usr/bin/env bash
# Resolve pyproject.toml into requirements.lock (what runs) and requirements-dev.lock (the same and the tools), for every Python from 3.11.
# The packages that torch's CUDA build asks for are left out: pip adds them by itself where it installs that build, and the CPU build needs none.
set -euo pipefail
cd "$(dirname "$0")/.."
.venv/bin/python -m pip install --quiet uv
cuda=(nvidia-{cublas,cuda-cupti,cuda-nvrtc,cuda-runtime,cudnn-cu13,cufft,cufile,curand,cusolver,cusparse,cusparselt-cu13,nccl-cu13,nvjitlink,nvshmem-cu13,nvtx}
      cuda-bindings cuda-pathfinder cuda-toolkit triton)
left_out=("${cuda[@]/#/--no-emit-package=}")
compile=(.venv/bin/uv pip compile --quiet pyproject.toml --universal --python-version 3.11 --no-annotate --no-header "${left_out[@]}")
"${compile[@]}" --output-file requirements.lock "$@"
"${compile[@]}" --group dev --constraint requirements.lock --output-file requirements-dev.lock "$@"
