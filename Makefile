# The two that matter: `make up` starts the studio, `make test` checks everything. `make help` lists the rest.

PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
PY := $(BIN)/python
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(PY) -m pip --quiet
DATA ?= $(if $(STUDIO_DATA_DIR),$(STUDIO_DATA_DIR),data)
CODE := runs studio $(if $(wildcard sdk/*/*.py),sdk)
PYTEST := $(PY) -m pytest -n 2
STATIC_FILES := $(shell find static -type f 2>/dev/null)
export DO_NOT_TRACK := 1
export MLFLOW_DISABLE_TELEMETRY := true

.PHONY: up test test-clients lint test-sqlite test-postgres test-browser system-packages bench screenshots fmt lock clean help
.DEFAULT_GOAL := help

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

## ---- running it

up: .venv/for-running $(DATA)/static-collected ## start the studio on 127.0.0.1:8000 (PORT=…) with demo data, and print a sign-in link
	@STUDIO_DATA_DIR=$(DATA) exec $(PY) tools/up.py --port $(PORT)

$(DATA)/static-collected: .venv/for-running $(STATIC_FILES)
	@mkdir -p $(DATA)
	@echo "Collecting static files …"
	@STUDIO_DATA_DIR=$(DATA) $(PY) manage.py collectstatic --noinput --verbosity 0
	@touch $@

## ---- environments: a stamp file tells whether the lock file changed since

.venv/bin/python:
	@tools/make_venv $(PYTHON) .venv

.venv/for-running: requirements.txt | .venv/bin/python
	@echo "Installing what the server needs …"
	@$(PIP) install --require-hashes -r requirements.txt
	@touch $@

.venv/for-testing: requirements-dev.txt | .venv/bin/python
	@echo "Installing what the tests need …"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@ .venv/for-running

.venv-clients/installed: requirements-clients.txt
	@tools/make_venv $(PYTHON) .venv-clients
	@echo "Installing the MLflow clients …"
	@PIP_DISABLE_PIP_VERSION_CHECK=1 .venv-clients/bin/python -m pip --quiet install --require-hashes -r requirements-clients.txt
	@touch $@

## ---- checking it

# SQLite comes last: it needs nothing of the system, so the last line is always pytest's.
test: .venv/for-testing system-packages lint test-browser test-postgres test-sqlite ## lint, types, and all tests on SQLite and PostgreSQL, with a browser

system-packages:
	@tools/need chromium chromium "the browser tests"
	@tools/need initdb postgresql "the tests on PostgreSQL"

lint: .venv/for-testing ## ruff, mypy --strict, djade, import-linter, migrations, OpenAPI schema
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy $(CODE)
	@tools/check_templates
	$(BIN)/lint-imports
	@tools/check_django

test-sqlite: .venv/for-testing ## the tests on SQLite
	env -u DATABASE_URL $(PYTEST) -m "not browser"

test-postgres: .venv/for-testing ## the tests on PostgreSQL, in a throw-away cluster
	@if tools/need --found initdb; then tools/with_postgres $(PYTEST) -m "not browser"; \
	else echo "SKIPPED: the tests on PostgreSQL (no initdb here)"; fi

test-browser: .venv/for-testing ## the tests that drive Chromium
	@if ! ls tests/browser/test_*.py >/dev/null 2>&1; then echo "There are no browser tests yet"; \
	elif tools/need --found chromium; then env -u DATABASE_URL $(PYTEST) -m browser tests/browser; \
	else echo "SKIPPED: the browser tests (no chromium here)"; fi

test-clients: .venv/for-running .venv-clients/installed ## unchanged MLflow clients against a real server
	@if ls tests/clients/test_*.py >/dev/null 2>&1; then \
	STUDIO_PYTHON=$(CURDIR)/$(PY) PYTHONPATH=$(CURDIR) .venv-clients/bin/python -m pytest -c tests/clients/pytest.ini --rootdir tests/clients tests/clients; \
	else echo "There are no client tests yet"; fi

bench: .venv/for-testing system-packages ## the benchmarks, on both databases (long; RUNS="1000 100000" for a part)
	@tools/bench $(RUNS)

screenshots: .venv/for-testing system-packages ## pictures of the main pages, into test-results/
	$(PY) tools/screenshots.py --url http://127.0.0.1:$(PORT)

## ---- keeping it

fmt: .venv/for-testing ## format Python and templates
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format .
	@tools/check_templates --fix

lock: .venv-lock/installed ## recompute the pinned requirements
	@for name in requirements requirements-dev requirements-clients; do \
	.venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11.7 --generate-hashes --no-annotate --custom-compile-command "make lock" $$name.in -o $$name.txt; done

.venv-lock/installed:
	@tools/make_venv $(PYTHON) .venv-lock
	@.venv-lock/bin/python -m pip --quiet install uv
	@touch $@

clean: ## remove environments and caches; the data folder stays
	rm -rf .venv .venv-clients .venv-lock .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
