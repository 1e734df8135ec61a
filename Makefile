# One word runs everything. `make` alone lists the words.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help
# Compiled once: the tests alone start Python some hundred times.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help demo run keys owner test lint types contracts unit storm rush bench audit lock clean

help: ## list the words
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

demo: .venv/run ## three phones on one page: a buyer, the gate, an organiser
	@$(BIN)/python -m bot demo

run: .venv/run ## the bots for real, with the settings of .env
	@$(BIN)/python -m bot run

keys: .venv/run ## make a line for TICKET_KEYS
	@$(BIN)/python -m bot admin keys

owner: .venv/run ## make the first owner's one-use link
	@$(BIN)/python -m bot admin owner

test: .venv/dev ## format, lint, types, import contracts, tests
	@$(MAKE) --no-print-directory --jobs=2 lint types contracts unit # tests wait for others a third of their time

lint: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/dev
	nice $(BIN)/mypy # it steps back for the tests beside it

contracts: .venv/dev
	$(BIN)/lint-imports

unit: .venv/dev
	@$(BIN)/python -m compileall -q bot boxoffice chat gate_scanner storage tests
	$(BIN)/pytest -n 3

storm: .venv/dev ## every transcript under hundreds of seeds of kills, duplicates and delays
	$(BIN)/python -m tests.storm

rush: .venv/dev ## an on-sale of 10,000 buyers in a minute, simulated under a clock of its own
	@$(BIN)/python -m tests.rush

bench: .venv/dev ## the figures, beside the raw limits of the same run (ONLY=gate runs a part)
	@$(BIN)/python -m tests.bench $(ONLY)

audit: .venv/dev ## the pinned dependencies against published advisories
	@$(BIN)/python scripts/audit.py

lock: .venv/dev ## pin and hash the requirements again, newest stable versions
	$(BIN)/pip -q install uv
	for name in requirements requirements-dev; do \
	  $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --no-header $$name.in -o $$name.txt; done

clean: ## forget the environment and the demo's data
	rm -rf .venv demo-data .mypy_cache .ruff_cache .pytest_cache .hypothesis

# A stamp a set of requirements: installed again only when its list changes.
.venv/run: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Guichet needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing what Guichet runs on (once)..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/dev: requirements-dev.txt .venv/run
	@echo "Installing what the tests run on (once)..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
