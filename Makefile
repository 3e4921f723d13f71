# Trust Relay: `make help` lists the verbs.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
SOURCES := libs services tests scripts deploy bench

.PHONY: help setup demo test bench up down status lint proto lock histories fmt charts images test-containers test-cluster kind-up kind-down

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: ## .venv with the hash-locked packages, system packages through apt
	@scripts/setup.sh

demo: setup ## start everything on real servers, run KYB cases to signed decisions, stop everything
	@$(BIN)/trustrelay demo

test: setup ## every test: unit, contract, integration, replay, end to end, in two processes
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder

bench: setup ## a decision beside a bare update, 100,000 cases scored again beside bare activities; writes bench/results.json
	@result=0; for part in decision_update batch_rescore; do $(BIN)/python bench/$$part.py || result=1; done; exit $$result

up: setup ## the stack in the background, for hands-on work
	@$(BIN)/trustrelay up --detach

down: ## stop the stack
	@$(BIN)/trustrelay down

status: ## every part, port and version
	@$(BIN)/trustrelay status

lint: setup ## style, types, import rules, contracts, stubs are current
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)
	@$(BIN)/mypy libs/*/src services/*/src
	@$(BIN)/lint-imports
	@$(BIN)/buf lint
	@$(BIN)/buf format --diff --exit-code
	@scripts/check_stubs.sh
	@scripts/check_tree.sh

histories: setup ## record histories of new paths for the replay tests (never to silence one)
	@set -e; for stories in services/workflow-worker/tests/make_*histories.py; do $(BIN)/python $$stories; done

proto: setup ## regenerate the stubs of libs/contracts
	@$(BIN)/buf format --write
	@scripts/generate_stubs.sh

lock: setup ## recompile requirements/*.txt
	@scripts/lock.sh

fmt: setup ## format the code
	@$(BIN)/ruff check --fix $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

charts: setup ## lint, render and check every chart and profile (Helm 3 and 4)
	@scripts/chart_tools.sh
	@CHART_TOOLS=$(CURDIR)/build/chart-tools/bin scripts/charts.sh all

images: ## build every container image; sizes, SBOMs
	@scripts/images.sh

test-containers: setup ## the images in containers (after make images)
	@$(BIN)/python -m pytest -m containers tests/containers

test-cluster: ## install, test, upgrade and roll back on a cluster (after make images)
	@scripts/test_cluster.sh

kind-up: ## a kind cluster with everything installed
	@deploy/kind/kind-up

kind-down: ## remove it
	@deploy/kind/kind-down
