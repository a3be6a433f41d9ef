# make demo    build the demonstration package into out/$(STUDY)
# make test    linters, type checker and every test
#
# Both make the environment they need; nothing has to be installed beforehand but Python.

SHELL       := /bin/bash
STUDY       ?= atg
VENV        ?= .venv
# One more than there are processors: tests wait for processes they start.
WORKERS     ?= $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) + 1 )))
PYTEST_ARGS ?=
BIN         := $(VENV)/bin
PINNED      := pip install --quiet --disable-pip-version-check --constraint tools/constraints.txt
INPUTS      := pyproject.toml tools/constraints.txt

.PHONY: demo test lint types pytest clean
.DELETE_ON_ERROR:

demo: $(VENV)/.runtime
	$(BIN)/cdisc-kit build --study $(STUDY) --demo
	@echo "Open out/$(STUDY)/sdtm/define.html in a browser."

test: lint types pytest

pytest: $(VENV)/.development
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -rfEs $(PYTEST_ARGS)

lint: $(VENV)/.development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.development
	$(BIN)/mypy

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis dist

# A missing interpreter, or one whose home was uninstalled, makes the environment anew.
$(BIN)/python:
	@set -e; python=$$(PYTHON='$(PYTHON)' tools/find-python); \
	echo "Making $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv --clear $(VENV)
	@$@ -c 'import sys; sys.version_info[:2] == (3, 12) or print("Not Python 3.12: the CDISC CORE engine is left out, everything else works.")'

$(VENV)/.runtime: $(BIN)/python $(INPUTS)
	$(BIN)/python -m $(PINNED) --editable .
	@touch $@

$(VENV)/.development: $(BIN)/python $(INPUTS)
	$(BIN)/python -m $(PINNED) --editable '.[dev,core]'
	@touch $@ $(VENV)/.runtime
