# Every command a newcomer needs; `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo test check bench lock clean

help:  ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | column -t -s $$'\t'

demo: .venv/runtime  ## Set up everything, then crawl, score, index and show a demonstration web on this machine
	@$(BIN)/python -m demo

test: .venv/development  ## Set up everything and run all tests
	@$(BIN)/python -m pytest -m alone
	@$(BIN)/python -m pytest -m "not alone" -n 5 --dist worksteal  # tests of crawls wait, others compute: more workers than cores

check: .venv/development  ## What CI runs: style, types, known vulnerabilities, then all tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python scripts/audit.py & audit=$$!; $(BIN)/mypy && wait $$audit  # the one computes while the other waits
	@$(MAKE) --no-print-directory test

bench: .venv/development  ## Measure what bench/README.md lists
	@for script in $$(ls bench/*.py | grep -v -e /entries -e /index_ -e /register); do echo "== $$script"; $(BIN)/python -m bench.$$(basename $$script .py); done

lock: .venv/development  ## Resolve the dependencies of pyproject.toml anew into the lock files
	@scripts/lock.sh

clean:  ## Remove what the commands above made, the demonstration's data included; never the archive in data/
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis data/demo
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Vigie needs Python 3.11 or newer; found $$($(PYTHON) --version): set PYTHON=..."; exit 2; }
	@$(PYTHON) -m venv .venv 2>/dev/null || { rm -rf .venv; echo "installing Debian's python3-venv"; apt-get update -q && apt-get install -q -y python3-venv && $(PYTHON) -m venv .venv || { rm -rf .venv; exit 2; }; }

.venv/runtime: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Setting up .venv (once, about two minutes)..."
	@$(BIN)/python -m pip install --quiet --requirement requirements.lock 2> >(grep -v "^WARNING: Location" >&2)
	@$(BIN)/python -m pip install --quiet --no-deps --editable . 2> >(grep -v "^WARNING: Location" >&2)
	@touch $@

.venv/development: requirements-dev.lock .venv/runtime
	@echo "Setting up the development tools..."
	@$(BIN)/python -m pip install --quiet --requirement requirements-dev.lock 2> >(grep -v "^WARNING: Location" >&2)
	@scripts/test_tools.sh
	@touch $@
