"""Notebooks run, and are committed without outputs."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from core.settings import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_has_no_outputs_and_runs(path: Any) -> None:
    notebook = nbformat.read(path, as_version=4)
    assert not [cell.id for cell in notebook.cells if cell.get("outputs") or cell.get("execution_count")], "strip the outputs"
    _look_quickly(notebook)
    NotebookClient(notebook, timeout=250, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()
    assert any(cell.get("outputs") for cell in notebook.cells)


def _look_quickly(notebook: Any) -> None:
    """Every text that the evaluation takes would take a minute of both cores; the figures themselves are tested in tests/nlp."""
    for cell in notebook.cells:
        cell.source = cell.source.replace("EVERY = 1 ", "EVERY = 6 ")
