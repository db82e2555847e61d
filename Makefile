# All development tasks. You need Python and make; everything else is installed inside the checkout.

PORT ?= 8000
ifeq ($(origin AS),default) # make means the assembler
AS :=
endif
UV_VERSION := 0.13.8

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# uv, npm and pip cache in the home directory. If it isn't writable, they use one in .data.
ifneq ($(shell test -w "$$HOME" && echo yes),yes)
export HOME := $(CURDIR)/.data/home
endif
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# Without its cache of bytecode each start of Python compiles everything again, which takes seconds.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
SET_UP := .venv/.set-up
MODULES := portal/node_modules/.set-up
CLIENTS := tests/schema/clients/node_modules/.set-up
PACKAGE := clients/typescript/node_modules/.set-up
PYTHON_CLIENTS := .venv/python-clients/.set-up
DEPLOY_TOOLS := .venv/deploy-tools/.set-up
CLIENT := clients/typescript/dist/index.js
EXAMPLE := examples/portal/node_modules/.set-up
KIT_MODULES := portal/kit/node_modules/.set-up
KIT := portal/kit/dist/manifest.json
PAGE := portal/dist/index.html
TESTED = $(SET_UP) $(PAGE) $(CLIENTS) $(CLIENT) $(KIT) $(EXAMPLE) $(PYTHON_CLIENTS) $(DEPLOY_TOOLS) browser
COVERAGE := .data/policy-coverage.json
WORKERS ?= 2
PARALLEL := -n $(WORKERS) --dist loadfile --no-loadscope-reorder --max-worker-restart 0
APART := tests/rules tests/resolvers tests/transport tests/execution tests/schema
NODE := PATH="$(CURDIR)/$(BIN):$$PATH"
PORTAL := $(shell find portal/src portal/account) portal/index.html portal/vite.config.ts portal/tsconfig.json

# Runs a command and shows its output only if it fails.
QUIETLY := sh -c 'out=$$("$$@" 2>&1 </dev/null) || { printf "%s\n" "$$out" >&2; exit 1; }' quietly

##@ Use
.PHONY: help serve example partner-site token reset
help: ## Show this help.
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\n  PORT=8080 for another port, AS=EMAIL for the user of a token.\n'

serve: $(SET_UP) $(PAGE) $(KIT) ## Run the gateway with its own database and demo data (PORT=8000).
	@CROSSGATE_LOG_FORMAT=$${CROSSGATE_LOG_FORMAT:-console} ./crossgate serve --development --port $(PORT)

example: $(SET_UP) $(PAGE) $(CLIENT) $(EXAMPLE) ## Run the example portal at http://localhost:5173, next to the gateway.
	@cd examples/portal && $(NODE) $(QUIETLY) npm run codegen
	@CROSSGATE_LOG_FORMAT=$${CROSSGATE_LOG_FORMAT:-console} ./crossgate serve --development --port $(PORT) & gateway=$$!; \
	  trap 'kill $$gateway' EXIT; cd examples/portal && $(NODE) GATEWAY=http://localhost:$(PORT) node_modules/.bin/vite

partner-site: $(SET_UP) ## Run a partner's site with the portal kit at http://localhost:5180, next to `make serve`.
	@GATEWAY=http://localhost:$(PORT) $(BIN)/python examples/partner-site/start.py

token: $(SET_UP) ## Print a token for the user AS=EMAIL.
	@test -n "$(AS)" || { echo 'Name a user: make token AS=admin@partner.example' >&2; exit 2; }
	@./crossgate token --development --as "$(AS)"

reset: ## Delete the development data. The next `make serve` starts with a new sample market.
	@! kill -0 $$(head -n 1 .data/postgres/postmaster.pid 2>/dev/null) 2>/dev/null || { echo 'Stop the gateway first.' >&2; exit 1; }
	@rm -rf .data/postgres

##@ Develop
.PHONY: set-up assets check test test-quick test-deep test-apart rules format bench cluster clean
set-up: $(SET_UP) ## Install the Python packages from the lock file.
	@true

assets: $(PAGE) $(KIT) ## Build the portal and its kit.
	@true

check: $(SET_UP) $(MODULES) $(CLIENT) $(KIT_MODULES) ## Check formatting, lint, types, imports, policy and schema.
	@$(MAKE) -j$(WORKERS) $(CHECKS)
	@echo 'All checks passed.'

test: $(TESTED) ## Run all tests (ARGS="-k price" for some, in one process).
ifdef ARGS
	@$(BIN)/python -m pytest $(ARGS)
else
	@rm -f $(COVERAGE)
	@CROSSGATE_SHARE=$$(date +%s) $(BIN)/python -m pytest $(PARALLEL)
	@./crossgate policy coverage
endif

test-quick: $(SET_UP) ## Run the tests of changed code that fit into a minute.
	@$(BIN)/python -m tests.quick $(PARALLEL) $(ARGS)

test-deep: $(TESTED) ## Run all tests with far more random cases (hours).
	@CROSSGATE_CASES=1000000 CROSSGATE_OPERATIONS=50000 CROSSGATE_ORDERS=10000 $(BIN)/python -m pytest $(PARALLEL) $(ARGS)

test-apart: $(TESTED) ## Run tests on two applications with a lagging replica (ARGS=tests/rules for some).
	@CROSSGATE_TEST_APART=1 $(BIN)/python -m pytest $(PARALLEL) $(or $(ARGS),$(APART))

rules: $(SET_UP) ## List the rules with and without tests.
	@$(BIN)/python -m tests.rules.proofs

format: $(SET_UP) ## Format the code.
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format --quiet

bench: $(SET_UP) ## Benchmark the gateway against others (ARGS="compare --quick" for a part; ARGS=--help).
	@$(BIN)/python -m benchmarks $(ARGS)

cluster: $(SET_UP) ## Kill the primary of a PostgreSQL cluster while ports are ordered (ARGS=--help).
	@$(BIN)/python -m benchmarks.cluster $(ARGS)

clean: ## Remove installed and built files, but not the data in .data.
	@rm -rf .venv .data/home .data/uv portal/dist portal/node_modules tests/portal/chromium/node_modules
	@rm -rf tests/schema/clients/node_modules clients/typescript/node_modules clients/typescript/dist
	@rm -rf portal/kit/node_modules portal/kit/dist portal/kit/src/gql.ts
	@rm -rf examples/portal/node_modules examples/portal/dist examples/portal/src/gql
	@rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What `make check` runs side by side, the longest first.
CHECKS := check-types check-proofs check-policy check-matrix check-sentences check-schema check-lifecycles check-imports check-portal check-client check-kit check-lint check-format
.PHONY: $(CHECKS)
check-types:
	@$(QUIETLY) $(BIN)/mypy
check-proofs:
	@$(QUIETLY) ./crossgate policy prove
check-policy:
	@$(QUIETLY) ./crossgate policy check
check-matrix:
	@$(QUIETLY) ./crossgate policy matrix --check
check-sentences:
	@$(QUIETLY) ./crossgate policy sentences --check
check-schema:
	@$(QUIETLY) ./crossgate schema check
check-lifecycles:
	@$(QUIETLY) ./crossgate lifecycles --check
check-imports:
	@$(QUIETLY) $(BIN)/lint-imports
check-portal:
	@cd portal && $(NODE) $(QUIETLY) node_modules/.bin/tsc
check-client:
	@cd clients/typescript && $(NODE) $(QUIETLY) node_modules/.bin/tsc --noEmit
	@cd clients/typescript && $(NODE) $(QUIETLY) node scripts/schema-facts.mjs --check
check-kit:
	@cd portal/kit && $(NODE) $(QUIETLY) npm run check
check-lint:
	@$(QUIETLY) $(BIN)/ruff check
check-format:
	@$(QUIETLY) $(BIN)/ruff format --check

.PHONY: browser
browser: $(SET_UP) # the packaged browser, or else the machine's
	@$(BIN)/python -m tests.browser

# Installs uv into .venv with pip, and all packages with uv. If the machine has no suitable Python, uv is installed next to
# the data and downloads its own Python. Progress goes to standard error, so that `make token` prints only a token.
define INSTALL
unset VIRTUAL_ENV UV_PROJECT_ENVIRONMENT PYTHONPATH PYTHONHOME
fits() { "$$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; }
environment() {
  "$$1" -c 'import ensurepip' || {
    echo "$$1 cannot make virtual environments: install its venv package (on Debian: apt-get install python3-venv)"
    exit 1
  } >&2
  "$$1" -m venv --clear "$$2"
}
echo 'Setting up .venv ...' >&2
home=.venv with='--python .venv/bin/python'
if ! fits .venv/bin/python || ! test -x .venv/bin/pip; then
  for python in python3.12 python3.11 python3 none; do
    ! fits $$python || break
  done
  command -v python3 >/dev/null || test $$python != none || { echo 'there is no python3 on PATH' >&2; exit 1; }
  test $$python != none || { python=python3 home=.data/uv with='--python 3.12 --managed-python'; }
  environment $$python $$home
fi
$$home/bin/pip install --quiet uv==$(UV_VERSION)
$$home/bin/uv sync --frozen --quiet $$with
ln -sf ../../crossgate .venv/bin/crossgate
endef
export INSTALL

$(SET_UP): pyproject.toml uv.lock
	@sh -euc "$$INSTALL"
	@touch $@

%/node_modules/.set-up: %/package.json %/package-lock.json | $(SET_UP)
	@echo 'Setting up $*/node_modules ...' >&2
	@cd $* && $(NODE) $(QUIETLY) npm ci --no-audit --no-fund
	@touch $@

$(CLIENT): $(PACKAGE) clients/typescript/tsconfig.json $(shell find clients/typescript/src)
	@echo 'Building clients/typescript/dist ...' >&2
	@cd clients/typescript && $(NODE) $(QUIETLY) node_modules/.bin/tsc
	@touch $@

$(KIT): $(KIT_MODULES) $(CLIENT) schema/schema.graphql $(wildcard portal/kit/*.ts portal/kit/*.json portal/kit/*.mjs) $(shell find portal/kit/src portal/kit/scripts -type f -not -name gql.ts)
	@echo 'Building portal/kit/dist ...' >&2
	@cd portal/kit && $(NODE) $(QUIETLY) npm run build
	@touch $@

$(PYTHON_CLIENTS): tests/clients/python/pyproject.toml tests/clients/python/uv.lock | $(SET_UP)
	@echo 'Setting up $(@D) ...' >&2
	@cd tests/clients/python && UV_PROJECT_ENVIRONMENT=$(CURDIR)/$(@D) $(CURDIR)/$(BIN)/uv sync --frozen --quiet --python $(CURDIR)/$(BIN)/python
	@touch $@

$(DEPLOY_TOOLS): tests/deploy/tools/pyproject.toml tests/deploy/tools/uv.lock | $(SET_UP)
	@echo 'Setting up $(@D) ...' >&2
	@cd tests/deploy/tools && UV_PROJECT_ENVIRONMENT=$(CURDIR)/$(@D) $(CURDIR)/$(BIN)/uv sync --frozen --quiet --python $(CURDIR)/$(BIN)/python
	@touch $@

$(PAGE): $(MODULES) $(PORTAL)
	@echo 'Building portal/dist ...' >&2
	@cd portal && $(NODE) $(QUIETLY) node_modules/.bin/vite build
	@touch $@
