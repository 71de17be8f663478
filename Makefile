# Everything a person does with the cockpit. `make help` lists it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=
# Tests wait more than they work: one more at a time than there are processors, up to what memory is sure to hold.
WORKERS ?= $(shell n=$$(nproc 2>/dev/null || echo 2); echo $$((n < 7 ? n + 1 : 8)))

.DEFAULT_GOAL := help
.PHONY: help run grown test check check-pages bench soak kills format screenshots audit clean
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "the cockpit needs Python 3.11 or newer, this is " + sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run: requirements.txt $(VENV)/.made
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

run: $(VENV)/.run ## install what is missing and start the cockpit (ARGS="--config FILE")
	@exec $(BIN)/python app.py serve $(ARGS)

grown: $(VENV)/.dev ## try the grown cockpit: PostgreSQL, NATS, two collectors, two web workers
	@exec $(BIN)/python tools/grown.py

# A hundred processes are started by the tests: also where Python is told to keep no compiled files, they are kept here.
test: $(VENV)/.dev ## run all tests side by side, or some one after the other (ARGS="-k name")
	@tools/ensure_chromium.sh $(BIN)/python
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest $(or $(ARGS),-n $(WORKERS) --dist loadfile --no-loadscope-reorder --durations=30 --durations-min=5)

check: $(VENV)/.dev ## format, lint, types, import borders
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check-pages: $(VENV)/.dev ## axe-core and Lighthouse over every page, language and palette (ARGS="--pages /alerts")
	@tools/ensure_chromium.sh $(BIN)/python
	$(BIN)/python -m tools.check_pages $(ARGS)

format: $(VENV)/.dev ## put the code into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## measure, as ratios against a limit of the same run (ONLY=name)
	$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

soak: $(VENV)/.dev ## the real cockpit and a browser for long; does anything grow? (MINUTES=60)
	$(BIN)/python -m bench.soak --minutes $(or $(MINUTES),60)

kills: $(VENV)/.dev ## kill -9 between commit and word of it; does every event come, once? (ROUNDS=50)
	$(BIN)/python -m bench.kills --rounds $(or $(ROUNDS),50)

screenshots: $(VENV)/.dev ## take the pictures of the README afresh
	$(BIN)/python -m tools.screenshots

audit: ## known faults of the libraries the cockpit runs on; needs a connection to an advisory database
	$(PYTHON) -m venv $(VENV)/audit
	$(VENV)/audit/bin/pip install -q pip-audit==2.10.1
	$(VENV)/audit/bin/pip-audit --disable-pip --no-deps -r requirements.txt

clean: ## remove caches; keeps .venv and the database
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
