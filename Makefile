# make run: everything it takes to try Banto. make test: all tests. make check: what CI checks besides.
.PHONY: setup run test test-spark check bench
VENV := .venv
PYTHON := $(VENV)/bin/python
STAMP := $(VENV)/.installed

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt tools/setup.py
	@python3 tools/setup.py $(VENV) $(STAMP)

run: setup
	@$(PYTHON) -m bot run

test: setup
	@$(PYTHON) -m pytest -q -n 4 --dist loadfile --no-loadscope-reorder

test-spark: setup
	@$(PYTHON) tools/test_spark.py $(VENV)

check: setup
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(PYTHON) -m pytest -q tests/test_migrations.py tests/test_docs.py

bench: setup
	@$(PYTHON) -m pip install --disable-pip-version-check --quiet -c constraints.txt --group bench
	@$(PYTHON) -m bench
