# The commands of this repository. Each sets up what it needs: Python 3.11 or later and make are enough.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: bench client fuzz help setup soak demo test lint format docs package check-package lock clean

help:
	@echo 'make demo           run the demonstration'
	@echo 'make test           run the tests; ARGS="-k bands" is handed to pytest'
	@echo 'make setup          make .venv and install everything into it; every other target does this first'
	@echo 'make lint           check style, types and the direction of imports'
	@echo 'make format         put the code into its usual form'
	@echo 'make fuzz           try the language and the engines with made-up texts and data; ARGS=--seconds=600'
	@echo 'make soak           work the service hard while its parts are killed, and prove the outcome; ARGS=--seconds=60'
	@echo 'make bench          measure against what else there is; ARGS="--only hand_sql --claims 1m"'
	@echo 'make client         make requite.client anew from the OpenAPI document'
	@echo 'make docs           build the documentation into site/'
	@echo 'make package        build the sdist, then the wheel from it, into dist/'
	@echo 'make check-package  build both and try the wheel in an empty environment'
	@echo 'make lock           bring requirements.lock up to date; ARGS=--upgrade takes the newest versions'
	@echo 'make clean          remove what the other targets made, except .venv'

setup: $(STAMP)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Requite needs Python 3.11 or later. Try: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv --clear $(VENV)

# The lock file is complete, so nothing is left to resolve; the build backend comes from it too.
$(STAMP): requirements.lock pyproject.toml | $(BIN)/python
	@echo 'Installing from requirements.lock; this takes a minute or two.'
	$(PIP) install --no-deps --require-hashes --requirement requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup
	$(BIN)/requite demo

test: setup
	$(BIN)/pytest --numprocesses auto $(ARGS)

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy --strict src tests benchmarks
	$(BIN)/lint-imports
	@! find src/requite/rulesets -name '*.py' | grep . || { echo 'rulesets holds data only'; exit 1; }

format: setup
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

fuzz: setup
	$(BIN)/python -m tests.fuzz.fuzz_parse $(ARGS)
	$(BIN)/python -m tests.fuzz.fuzz_engines $(ARGS)

soak: setup
	$(BIN)/python -m tests.soak.soak $(ARGS)

bench: setup
	$(BIN)/python -m benchmarks.bench $(ARGS)

client: setup
	$(BIN)/python -m tests.client.generate

docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

package: setup
	rm -rf dist
	$(BIN)/python -m build --no-isolation --outdir dist

check-package: setup
	$(BIN)/python tests/packaging/check_package.py

# Works with a lock file that cannot be installed, too.
lock: | $(BIN)/python
	@$(BIN)/uv --version >/dev/null 2>&1 || $(PIP) install uv
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --custom-compile-command 'make lock' --quiet --output-file requirements.lock $(ARGS)

clean:
	rm -rf build dist site .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests -type d -name __pycache__ -prune -exec rm -rf {} +
