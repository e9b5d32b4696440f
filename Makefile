# Two commands for a fresh machine (Python >= 3.11 with pip and venv, make, a C compiler):
#   make demo    set up .venv from requirements.lock and run the localization workflow
#   make test    set up .venv and run the tests
# Variables: PYTHON (interpreter to build the environment from), VENV (where it goes), STORE.

PYTHON ?= python3
VENV ?= .venv
STORE ?= results/localization.zarr
PYTEST_ARGS ?=
# How `make test` spreads over the cores: a file of tests at a time, so that what its tests share is
# made once. More processes than this would only wait for each other's clusters. The order of the
# files is that of tests/conftest.py, which also takes one process more than there are cores.
PROCESSES ?= 4
PARALLEL := --numprocesses logical --maxprocesses $(PROCESSES) --dist loadfile \
  --no-loadscope-reorder
# Seeds from which `make test-drawn` draws examples.
SEEDS ?= 1 2 3 4 5 6 7 8 9 10
# Interpreters for `make test-all`: the two ends of what requirements.lock covers.
VERSIONS ?= 3.11 3.13
# What it runs on each: test, test-cluster or test-full.
TARGET ?= test

BIN := $(VENV)/bin
READY := $(VENV)/.qtcore-installed

# One thread per process: Dask parallelises over tasks, and a threaded BLAS would oversubscribe the cores.
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1
export MKL_NUM_THREADS = 1
# Tests start some hundred processes. Where a shell forbids Python to keep what it has compiled, each of
# them would compile qtcore anew; empty means that it may.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help demo install test test-cluster test-drawn test-full test-all lint format types contracts benchmark lock wheel clean

help:
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: $(READY) ## run the localization workflow (quick preset) into results/
	$(BIN)/qtcore run localization --preset quick --store $(STORE)

install: $(READY) ## create .venv with the locked versions and qtcore in editable mode

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version.split()[0]; sys.version_info >= (3, 11) or sys.exit("qtcore needs Python >= 3.11, but $(PYTHON) is " + v + "; name another one: make PYTHON=python3.13 $(MAKECMDGOALS)")'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "$(PYTHON) cannot make virtual environments; install its venv package (Debian: apt-get install python3-venv)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(READY)

test: $(READY) ## fast tests (without those marked slow)
	$(BIN)/python -m pytest -m "not slow" $(PARALLEL) $(PYTEST_ARGS)

# Installs nothing on the machine: a test whose server is not there is skipped and says what it needs.
test-cluster: $(READY) ## sweeps on real servers (Debian: openssh-server slurm-wlm munge gridengine-exec openmpi-bin iproute2)
	$(BIN)/python -m pytest tests/cluster $(PYTEST_ARGS)

# The tests of `make test` that draw their examples, each time with other ones.
test-drawn: $(READY) ## drawn tests with many seeds (SEEDS="1 2 3"), to look for new failures
	@set -e; for seed in $(SEEDS); do \
	  echo "== seed $$seed"; \
	  HYPOTHESIS_PROFILE=drawn $(BIN)/python -m pytest -m "hypothesis and not slow" --hypothesis-seed=$$seed $(PYTEST_ARGS); \
	done

test-full: $(READY) ## all tests
	$(BIN)/python -m pytest $(PYTEST_ARGS)

test-all: ## fast tests (or TARGET=test-full) on every Python of VERSIONS that this machine has
	@set -e; for v in $(VERSIONS); do \
	  for python in python$$v $(HOME)/.pyenv/versions/$$v.*/bin/python; do \
	    if $$python -c '' 2>/dev/null; then \
	      echo "== Python $$v"; $(MAKE) $(TARGET) PYTHON=$$python VENV=.venv-$$v; continue 2; \
	    fi; \
	  done; \
	  echo "== Python $$v: not on this machine, skipped"; \
	done

lint: $(READY) ## formatting, lint, import contracts, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(READY) ## rewrite the files as ruff wants them
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

benchmark: $(READY) ## speed of the solver beside dgemm (beside Kwant: see benchmarks/README.md)
	$(BIN)/python benchmarks/bench_solver.py --without-kwant

# uv only resolves here: pip installs the result, and users never need uv.
lock: ## resolve requirements.lock again, newest versions that fit pyproject.toml (maintainers)
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check uv
	.venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade \
	  --extra test --extra lint --no-emit-index-url --no-header --no-annotate pyproject.toml \
	  > .venv-lock/resolved.txt
	cat .ci/lock-header.txt .venv-lock/resolved.txt > requirements.lock

wheel: $(READY) ## build the wheel into dist/
	$(BIN)/python -m build --wheel --no-isolation --outdir dist

clean: ## remove the environment, caches and build leftovers (results/ stays)
	rm -rf $(VENV) .venv-lock $(VERSIONS:%=.venv-%) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	find qtcore tests workflows benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
