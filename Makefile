# Everything a developer needs: each target prepares what it uses, so `git clone` and `make start` is all there is.
#   make start   a broker on localhost:9092, its data in ./barnabas-data
#   make test    every check: lint, types, layers, file sizes, then all the tests
#   make bench   the comparison with Apache Kafka on this machine (needs Java and Maven)

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# A python of this system, of 3.11 or later; `make PYTHON=/path/to/python3.13 test` chooses another.
PYTHON ?= $(shell for candidate in python3.13 python3.12 python3.11 python3; do \
	"$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$candidate" && break; done)
SOURCES := src tests benchmarks tools
TESTS ?= tests
PYTEST_ARGS ?=

.PHONY: help lock start test check lint types imports size unit bench format clean

help:
	@sed -n 's/^#   //p' $(MAKEFILE_LIST)

# Exactly the locked files, checked by their hashes; then this project itself, as it stands here.
$(READY): pyproject.toml requirements.lock
	@[ -n "$(PYTHON)" ] || { echo "Barnabas needs Python 3.11 or later, and none was found on PATH." >&2; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV) || \
		{ echo "$(PYTHON) can't make virtual environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@uv="$$(command -v uv || true)"; \
	if [ -z "$$uv" ]; then \
		uv="$(BIN)/uv"; [ -x "$$uv" ] || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv; \
	fi; \
	install="$$uv pip install --quiet --python $(BIN)/python"; \
	$$install --require-hashes --requirements requirements.lock && $$install --no-deps --editable .
	@touch $@

start: $(READY)
	@exec $(BIN)/barnabas start

# One pytest run, so that its closing summary speaks for all tests; tests/conftest.py puts the quick ones first.
test: check
	$(BIN)/pytest $(TESTS) $(PYTEST_ARGS)

check: lint types imports size

lint: $(READY)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

types: $(READY)
	$(BIN)/mypy

imports: $(READY)
	$(BIN)/lint-imports

size: $(READY)
	$(BIN)/python tools/check_size.py

unit: $(READY)
	$(BIN)/pytest tests/unit $(PYTEST_ARGS)

bench: $(READY)
	$(BIN)/python -m benchmarks compare

# After a change of the dependencies in pyproject.toml. uv keeps its own lock beside; only requirements.lock is committed.
lock: $(READY)
	@uv="$$(command -v uv || echo $(BIN)/uv)"; header="$$(head -n 1 requirements.lock)"; \
	"$$uv" lock --quiet && { echo "$$header"; "$$uv" export --locked --all-groups --all-extras --no-emit-project \
		--no-header --quiet --format requirements.txt; } > requirements.lock.new && mv requirements.lock.new requirements.lock

format: $(READY)
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
