# The commands of this project. Each sets up what it needs; `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/pip install --quiet --quiet
INSTALLED := .venv/.installed
BENCHMARKS := $(wildcard benchmarks/*.py)

# pip would compile all that it installs, for minutes; what is imported is compiled then, and kept.
IMPORTED := hydra, lightning, matplotlib.pyplot, monai.networks.nets, pandas, torchio, wandb
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test check quick types lint format floors soak bench

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile

setup: $(INSTALLED)  ## .venv with everything, locked

demo: $(INSTALLED)  ## a phantom cohort of 64 patients, trained, tested and reported
	$(BIN)/python train.py name=demo

test: $(INSTALLED)  ## all tests but the soak tests
	$(BIN)/pytest -m "not soak"

check: $(INSTALLED)  ## the next five, two at a time
	@$(MAKE) --no-print-directory --jobs=2 --keep-going --output-sync=target quick types lint format floors

quick: $(INSTALLED)  ## the tests that take seconds
	$(BIN)/pytest -q -m "not slow and not soak"

types: $(INSTALLED)  ## mypy
	$(BIN)/mypy

lint: $(INSTALLED)  ## ruff's rules
	$(BIN)/ruff check

format: $(INSTALLED)  ## ruff's layout; `.venv/bin/ruff format` mends it
	$(BIN)/ruff format --check

floors: $(INSTALLED)  ## which room imports which
	$(BIN)/lint-imports

soak: $(INSTALLED)  ## the long tests: kills, SLURM, fuzzing, load
	@$(BIN)/pytest -m soak || { [ $$? -eq 5 ] && echo "There are no soak tests yet."; }

bench: $(INSTALLED)  ## every script in benchmarks/
ifeq ($(BENCHMARKS),)
	@echo "There are no benchmarks yet."
else
	@set -e; for script in $(BENCHMARKS); do echo "$$script"; $(BIN)/python "$$script"; done
endif

$(INSTALLED): requirements.lock pyproject.toml
	@echo "Installing into .venv; this takes two minutes."
	$(PYTHON) -m venv .venv
	$(INSTALL) --constraint requirements.lock --upgrade pip
	$(INSTALL) --no-compile --requirement requirements.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	$(BIN)/python -c "import $(IMPORTED)"
	@touch $@
