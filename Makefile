# The only entry. `make help` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.DELETE_ON_ERROR:

export RUN ?= .run
export PORT_BASE ?= 7400
POPULATION ?= 100000

VENV := .venv
PYTHON := $(VENV)/bin/python
READY := $(VENV)/.ready
CHECKED := lienthong services gateway deploy benchmarks

# Other stacks than the one you work with: this one and another beside it, on other ports, gone after the tests.
TEST_RUN := .run/test
TEST_PORT_BASE := 7600
# So many that the figures of the whole country are published, whatever secret the stack draws.
TEST_POPULATION := 20000

.PHONY: help
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z][a-z-]*:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  RUN=$(RUN)  PORT_BASE=$(PORT_BASE)  POPULATION=$(POPULATION)  GATEWAY_WORKERS=<cores>  COALESCING=on|off"
	@echo "  DATABASE_URL and AMQP_URL name servers to use instead of private ones."

# --- tools -------------------------------------------------------------------

.PHONY: venv
venv: $(READY) ## the Python environment, from the pinned requirements

$(READY): requirements/dev.txt pyproject.toml deploy/make_venv.sh
	@deploy/make_venv.sh $(VENV)
	@touch $@

.PHONY: lock
lock: $(READY) ## pin requirements/*.in anew, with hashes
	@deploy/lock.sh $(PYTHON)

# --- the stack ---------------------------------------------------------------

.PHONY: up
up: $(READY) ## bring the local stack up and wait until it does its work
	@$(PYTHON) -m deploy.local up

.PHONY: down
down: $(READY) ## stop the local stack
	@$(PYTHON) -m deploy.local down

.PHONY: status
status: $(READY) ## every process and its health
	@$(PYTHON) -m deploy.local status

.PHONY: restart
restart: $(READY) ## restart our processes, to run changed code
	@$(PYTHON) -m deploy.local restart

.PHONY: logs
logs: $(READY) ## follow the logs
	@$(PYTHON) -m deploy.local logs --follow

.PHONY: seed
seed: up ## fill the databases with a synthetic nation of POPULATION people
	@set -a; source $(RUN)/stack.env; set +a; $(PYTHON) -m deploy.nation --population $(POPULATION)

.PHONY: demo
demo: $(READY) ## the story from nothing: admission, declared, unpaid, treated, claimed, counted, the line down
	@$(PYTHON) -m deploy.demo

.PHONY: bench
bench: up ## measure; writes RUN/bench.json, bench-writes.json, bench-claims.json and bench-statistics.json
	@set -a; source $(RUN)/stack.env; set +a; $(PYTHON) -m benchmarks && $(PYTHON) -m benchmarks.writes \
	  && $(PYTHON) -m benchmarks.claims && $(PYTHON) -m benchmarks.statistics

.PHONY: chaos
chaos: up ## kill everything at random under load; OPERATIONS=, SECONDS=, SEED=
	@set -a; source $(RUN)/stack.env; set +a; $(PYTHON) -m benchmarks.chaos $(if $(OPERATIONS),--operations $(OPERATIONS)) \
	  $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

# --- generated code ----------------------------------------------------------

.PHONY: protos
protos: $(READY) ## regenerate protos/gen from the contracts
	@$(PYTHON) -m protos.generate

.PHONY: protos-check
protos-check: $(READY) ## fail if protos/gen is not what the contracts generate
	@$(PYTHON) -m protos.generate --check

# --- checks ------------------------------------------------------------------

.PHONY: lint
lint: $(READY) ## ruff, formatting, import rule
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/lint-imports

.PHONY: types
types: $(READY) ## mypy, strict
	@$(VENV)/bin/mypy $(wildcard $(CHECKED))

.PHONY: fast
fast: $(READY) ## unit and contract tests: no stack
	@$(PYTHON) -m pytest -q tests/unit tests/contract -n auto --dist loadfile

.PHONY: explore
explore: $(READY) ## the properties of the unit tests, with new random examples and many more of them
	@HYPOTHESIS_PROFILE=explore $(PYTHON) -m pytest -q tests/unit --timeout 1800 -m hypothesis

FUZZ_COUNT ?= 100000
.PHONY: fuzz-claims
fuzz-claims: $(READY) ## FUZZ_COUNT mutations of valid claim files, each read or refused with a reason
	@PYTHONPATH=.:protos/gen $(PYTHON) -m tests.support.claim_fuzz --count $(FUZZ_COUNT)

.PHONY: test
test: lint types protos-check ## everything: checks, then all tests, on stacks of their own
	@deploy/run_tests.sh $(PYTHON) $(TEST_RUN) $(TEST_PORT_BASE) $(TEST_POPULATION)
