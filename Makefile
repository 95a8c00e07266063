# Everything here needs Python 3.11 or newer with venv, and make. `make help` lists the targets.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
IMAGE ?= leakwatch:dev
BASE_IMAGE ?= python:3.13-slim
# Worker processes of pytest; 0 runs the tests in one process.
TEST_JOBS ?= auto
TEST_ARGS ?=
# Seconds for each target of the fuzzer, and which targets; all when empty.
FUZZ_S ?= 60
TARGET ?=
# The benchmarks are the modules that can be run.
BENCH ?= $(basename $(notdir $(shell grep -l __main__ tests/bench/*.py)))
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input

# Stamps: what stands in the environment, remade when a lock or the packaging changes.
VENV_READY := $(BIN)/pip
RUN_READY := $(VENV)/.leakwatch-run
DEV_READY := $(VENV)/.leakwatch-dev
LOCKS := requirements.lock .ci/build.lock

.PHONY: help demo test fuzz lint format bench bench-accuracy lock image clean

help: ## Show this list.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(RUN_READY) ## Show leakwatch at work on a made-up leak site on this machine.
	@$(BIN)/leakwatch demo

test: $(DEV_READY) ## Run the tests; TEST_ARGS="-k words" narrows, TEST_JOBS=0 runs one process.
	@$(BIN)/python -m pytest -n $(TEST_JOBS) --dist loadfile $(TEST_ARGS)

fuzz: $(DEV_READY) ## Fuzz the parsers; FUZZ_S=60 seconds each, TARGET="names" narrows.
	@if ! $(BIN)/python -c 'import atheris' 2>/dev/null; then
	  $(BIN)/python -c 'import sys; sys.exit(not ((3, 11) <= sys.version_info < (3, 14)))' || {
	    echo "make fuzz: atheris has no wheels for $$($(BIN)/python -V); CPython 3.11 to 3.13 will do" >&2
	    exit 1
	  }
	  $(PIP) install --only-binary :all: atheris
	fi
	$(BIN)/python -m tests.fuzz $(TARGET) --seconds $(FUZZ_S)

lint: $(DEV_READY) ## Check style, types and the import rules.
	@$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy --no-error-summary
	$(BIN)/lint-imports --no-logo
	echo "lint: clean"

format: $(DEV_READY) ## Rewrite the files the way lint wants them.
	@$(BIN)/ruff check --quiet --fix .
	$(BIN)/ruff format .

bench: $(DEV_READY) ## Measure accuracy, speed and memory; BENCH=NAME runs tests/bench/NAME.py alone.
	@for name in $(BENCH); do
	  echo "== tests/bench/$$name.py"
	  $(BIN)/python -m tests.bench.$$name
	done

bench-accuracy: $(DEV_READY) ## Measure accuracy alone; ACCURACY_ARGS="--quick" takes a minute.
	@$(BIN)/python -m tests.bench.accuracy $(ACCURACY_ARGS)

lock: $(VENV_READY) ## Resolve the locks anew; UPGRADE=--upgrade takes newer releases. Needs uv.
	@./.ci/lock $(UPGRADE)

image: ## Build the container image with the first of docker, podman and buildah found.
	@for tool in docker podman buildah; do
	  if command -v "$$tool" >/dev/null; then
	    exec "$$tool" build --build-arg BASE_IMAGE=$(BASE_IMAGE) -t $(IMAGE) .
	  fi
	done
	echo "make image: none of docker, podman and buildah is installed" >&2
	exit 1

clean: ## Remove the environment and everything tools left behind.
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV_READY):
	@python=$$(.ci/find-python)
	echo "setting up: $(VENV) with $$($$python -V)"
	$$python -m venv --clear $(VENV)

$(RUN_READY): $(LOCKS) pyproject.toml | $(VENV_READY)
	@echo "setting up: what leakwatch needs to run, from requirements.lock (about a minute, once)"
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --require-hashes -r .ci/build.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

$(DEV_READY): tests/requirements.lock $(RUN_READY)
	@echo "setting up: what the tests need, from tests/requirements.lock (about a minute, once)"
	$(PIP) install --require-hashes -r tests/requirements.lock
	touch $@
