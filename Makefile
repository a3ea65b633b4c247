# SegMap Web. `make` lists what there is.

VENV := .venv/bin
export SEGMAP_SHARED ?= ../shared

# The first Python that is new enough; PYTHON=... names another.
PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13 python3.14; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	&& echo $$p && break; done)

.DEFAULT_GOAL := help
.PHONY: help setup build run test test-fast lint types contract e2e bench demo

help: ## What there is
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

setup: ## Packages for Python and for the page; says what it fetches
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	|| { echo "Python 3.11 or newer is needed and was not found. Install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" bin/set_up.py packages

build: setup
	@"$(PYTHON)" bin/set_up.py page

run: build ## Everything on http://127.0.0.1:8000 (PORT=... names another port)
	@exec $(VENV)/python -m webapp.supervisor

test: build lint ## All tests, linters and contracts
	$(VENV)/lint-imports
	cd frontend && npm test
	$(VENV)/python -m pytest

test-fast: setup ## The tests that need neither a browser nor an engine
	$(VENV)/python -m pytest -m "not browser and not engine"

lint: setup ## ruff, mypy, Biome and tsc
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	cd frontend && npm run --silent lint

types: setup ## Write the page's types from the server's API and messages
	$(VENV)/python manage.py write_types
	cd frontend && npm run --silent types

contract: setup ## Import rules; permissions and generated types
	$(VENV)/lint-imports
	$(VENV)/python -m pytest -q tests/contract

e2e: build ## A person's whole task, in a real browser
	$(VENV)/python -m pytest -m browser

bench: build ## Tables of how long everything takes; fetches OpenVINO and TiTiler to compare with
	@$(VENV)/python -m pip install --quiet --constraint constraints.txt openvino
	$(VENV)/python -m bench

demo: build ## Draw the demo project into the data folder
	$(VENV)/python manage.py demo_data
