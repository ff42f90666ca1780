# What is done often, in one word. `make check` before a commit; `make fast` while working; `make test` before a push.
PYTHON ?= python

.PHONY: check fast test bench docs compile tidy

check: ## style, types, and who may import whom
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	$(PYTHON) -c "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"

fast: ## the tests that take no longer than half a minute together
	$(PYTHON) -m pytest -q -n 2 -m "not slow"

test: ## every test
	$(PYTHON) -m pytest -q -n 2

bench: ## start-up against its floor, and the look-ahead
	$(PYTHON) benchmarks/one_shot.py 11
	$(PYTHON) benchmarks/look_ahead.py

tidy: ## data/*.yaml laid out: lines of at most 120 characters, comments kept
	$(PYTHON) -m mmadvisor.tools tidy

compile: ## data/*.yaml into data/catalogue.json, checked
	$(PYTHON) -m mmadvisor.tools compile

docs: compile ## the pages that are made of the data and of the code
	for page in consensus cases reference; do $(PYTHON) -m tests.pages.$$page || exit 1; done
