"""Both adapters of the index: ``python bench/index.py [options of index_sqlite.py]``; index_elastic.py is run besides with its defaults."""

from __future__ import annotations

import importlib
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

# Python looks for modules in a script's own folder first, where this file has the name of the package that the scripts measure
if str(HERE) in sys.path:
    sys.path.remove(str(HERE))
sys.path.insert(0, str(HERE.parent))
if __name__ == "index":
    del sys.modules["index"]
    importlib.import_module("index")

if __name__ == "__main__":
    runpy.run_module("bench.index_sqlite", run_name="__main__", alter_sys=True)
    sys.argv = sys.argv[:1]
    runpy.run_module("bench.index_elastic", run_name="__main__", alter_sys=True)
