# Every target sets up what it needs by itself, or names the one command that installs what it may not install.
# PYTHON=python3.12 make … chooses the interpreter of .venv; PORT_BASE=18080 make run moves all ports.

PYTHON ?= python3
FUZZ_TIME ?= 60
BIN := .venv/bin
INSTALLED := .venv/.installed
DEPLOY_BIN := .venv-deploy/bin
DEPLOY_INSTALLED := .venv-deploy/.installed
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header

.DEFAULT_GOAL := help
.PHONY: help run test lint fuzz bench lock deploy-check emulators chromium

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' Makefile

# One simple line: make starts it without a shell in between, so that signals reach the supervisor.
run: $(INSTALLED) emulators ## the whole system on this machine; Ctrl-C ends it
	@$(BIN)/python -m local

# The emulators' machine code is made by the quick compiler alone: most of them live for seconds, and the optimising one
# would take more of the processor than it gives back. What `run` and `bench` start is left as Google starts it.
test: export JAVA_TOOL_OPTIONS += -XX:TieredStopAtLevel=1
test: $(INSTALLED) emulators chromium ## every test but the benchmarks
	@$(BIN)/python -m pytest --ignore=tests/bench

lint: $(INSTALLED) ## style and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

fuzz: $(INSTALLED) ## looks for mail that breaks its readers, FUZZ_TIME=60 seconds each
	@$(BIN)/python -c 'import atheris' || { echo "atheris is only published for Linux on x86-64" >&2; exit 1; }
	@set -e; for reader in post mail; do \
		$(BIN)/python -m tests.fuzz.fuzz_$$reader .cache/fuzz/$$reader -max_total_time=$(FUZZ_TIME) \
			-artifact_prefix=.cache/fuzz/; \
	done

bench: $(INSTALLED) emulators ## measures the system
	@$(BIN)/python -m tests.bench

deploy-check: $(INSTALLED) $(DEPLOY_INSTALLED) emulators ## what is deployed: all checks that need no cloud
	@if command -v terraform >/dev/null; then terraform fmt -check -diff -recursive terraform; \
		else echo "NOT RUN: terraform fmt: Terraform is not installed here." >&2; fi
	@$(BIN)/python -m pytest tests/contract/test_terraform.py tests/contract/test_firestore_indexes.py \
		tests/contract/test_monitoring.py
	@$(DEPLOY_BIN)/checkov --directory terraform --framework terraform --quiet --compact --skip-download
	@terraform/checks/with_providers

# The functions' files take their versions from the first one: what is tested is what is deployed.
lock: $(INSTALLED) ## the locked requirements, from the *.in files
	@$(COMPILE) requirements-dev.in --output-file requirements-dev.txt >/dev/null
	@set -e; for wanted in functions/*/requirements.in; do \
		$(COMPILE) "$$wanted" -c requirements-dev.txt --output-file "$${wanted%.in}.txt" >/dev/null; \
	done
	@$(COMPILE) terraform/checks/requirements.in --output-file terraform/checks/requirements.txt >/dev/null

$(INSTALLED): requirements-dev.txt
	@command -v $(PYTHON) >/dev/null || { \
		echo "There is no $(PYTHON). On Debian this installs it: apt-get install -y python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$(PYTHON) is older than 3.11. Name a newer one: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) has no venv. On Debian this installs it: apt-get install -y python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

$(DEPLOY_INSTALLED): $(INSTALLED) terraform/checks/requirements.txt
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-deploy
	@$(BIN)/uv pip install --quiet --require-hashes --python $(DEPLOY_BIN)/python -r terraform/checks/requirements.txt
	@touch $@

emulators: $(INSTALLED)
	@$(BIN)/python -m local.emulators

chromium:
	@command -v chromium >/dev/null || { \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "Installing Chromium for the browser tests"; \
			apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; \
		else \
			echo "The browser tests need Chromium. On Debian this installs it: sudo apt-get install -y chromium" >&2; \
			exit 1; \
		fi; }
