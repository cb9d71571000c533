# `make help` lists what there is. Everything is installed into .venv and var/ inside the checkout.
.DEFAULT_GOAL := help
.SILENT:
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
export PYTHONDONTWRITEBYTECODE := 1

.PHONY: help install run test check lint bench messages lock clean

help: ## Show this list
	grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

install: ## Install what is missing, from pinned versions
	bin/install run

run: ## Serve the product with demo data on http://127.0.0.1:8000 (PORT changes it)
	bin/install run
	DEMO=$${DEMO-1} exec $(BIN)/python -m ticketing.embedded up

test: ## Install what is missing, start what is needed, run all tests
	bin/install test
	$(BIN)/python -m pytest -n $${TEST_PROCESSES:-3} --dist loadfile --durations 12 $(ARGS)

lint: ## Format, lint, types, architecture
	bin/install test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy accounts api events operations outbox payments registrations scanning ticketing trail workspace
	$(BIN)/lint-imports

check: lint test ## Everything that must hold before a change lands

bench: ## Measure CPU per unit of work and rates, against targets and the baseline
	bin/install test
	$(BIN)/python -m bench $(ARGS)

messages: ## Bring the translations' catalogues up to date
	bin/install run
	$(BIN)/python manage.py messages

lock: ## Pin all versions anew, with hashes
	[ -x $(BIN)/uv ] || { $(PYTHON) -m venv .venv && $(BIN)/pip install -q uv==0.13.9; }
	$(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url --python-version 3.11 requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --generate-hashes --no-header --no-emit-index-url --python-version 3.11 requirements-dev.in -o requirements-dev.txt

clean: ## Remove what was installed and all embedded data
	rm -rf .venv node_modules var
