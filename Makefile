# The commands of this project. Each sets up what it needs; `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/pip install --quiet --quiet
INSTALLED := .venv/.installed
PEERS := .venv-peers/.installed
PACKAGES := -c "import sysconfig; print(sysconfig.get_path('purelib'))"
BENCHMARKS := $(filter-out benchmarks/real_data.py benchmarks/networks.py,$(wildcard benchmarks/*.py))  # the two are for a GPU
BENCH := .venv-peers/bin/python
TWO_AT_A_TIME := OMP_NUM_THREADS=1 $(BIN)/pytest --numprocesses=2 --dist=loadfile --no-loadscope-reorder

# pip would compile all that it installs, for minutes; what is imported is compiled then, and kept.
IMPORTED := hydra, lightning, matplotlib.pyplot, monai.networks.nets, pandas, torchio, wandb
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo test check quick types lint format floors soak peers bench

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile

setup: $(INSTALLED)  ## .venv with everything, locked

demo: $(INSTALLED)  ## a phantom cohort of 64 patients, trained, tested and reported
	$(BIN)/python train.py name=demo

test: $(INSTALLED)  ## all tests but the soak tests
	$(TWO_AT_A_TIME) -m "not soak and not peers"

check: $(INSTALLED)  ## the next five, two at a time
	@$(MAKE) --no-print-directory --jobs=2 --keep-going --output-sync=target quick types lint format floors

quick: $(INSTALLED)  ## the tests that take seconds
	$(TWO_AT_A_TIME) -q -m "not slow and not soak and not peers"

types: $(INSTALLED)  ## mypy
	$(BIN)/mypy

lint: $(INSTALLED)  ## ruff's rules
	$(BIN)/ruff check

format: $(INSTALLED)  ## ruff's layout; `.venv/bin/ruff format` mends it
	$(BIN)/ruff format --check

floors: $(INSTALLED)  ## which room imports which
	$(BIN)/lint-imports

soak: $(INSTALLED) $(PEERS)  ## the long tests: kills, SLURM, fuzzing, load, and what peers say of kseg's files
	$(BIN)/pytest -m soak
	.venv-peers/bin/python -m pytest -m peers

peers: $(PEERS)  ## .venv-peers with what the benchmarks run beside kseg: nnU-Net

bench: $(PEERS)  ## what benchmarks/README.md shows, all but what asks for a GPU: three quarters of an hour
	@set -e; for script in $(BENCHMARKS); do echo "$$script"; $(BENCH) "$$script"; done
	$(BENCH) benchmarks/patches.py --size 128 --rounds 2 --seconds 15 --ways lean,nnunet,monai_cache
	$(BENCH) benchmarks/patches.py --rounds 1 --ways lean,further

# They stand beside .venv, not in it: what they bring could change what kseg runs with.
$(PEERS): $(INSTALLED)
	$(PYTHON) -m venv .venv-peers
	$(BIN)/python $(PACKAGES) > "$$(.venv-peers/bin/python $(PACKAGES))/kseg.pth"
	echo "$(CURDIR)" >> "$$(.venv-peers/bin/python $(PACKAGES))/kseg.pth"
	.venv-peers/bin/pip install --quiet --quiet --constraint requirements.lock nnunetv2
	.venv-peers/bin/pip uninstall --quiet --yes torchvision  # for networks that are not compared; it must fit torch's build
	@touch $@

$(INSTALLED): requirements.lock pyproject.toml
	@echo "Installing into .venv; this takes two minutes."
	$(PYTHON) -m venv .venv
	$(INSTALL) --constraint requirements.lock --upgrade pip
	$(INSTALL) --no-compile --requirement requirements.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	$(BIN)/python -c "import $(IMPORTED)"
	@touch $@
