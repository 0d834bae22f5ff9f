# Aura: `make run` sets it up and starts it, `make test` sets it up and passes all tests.
# Written for GNU make 3.81 (macOS) and a plain sh.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run test check check-types check-rest faults bench screenshots clients lock clean

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input
UV := $(PY) -m uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url $(ARGS)

help: ## Show this list
	@echo "Aura. Two commands do all: make run, make test."
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

run: ## Set up and start Aura on http://127.0.0.1:8080 (PORT=9000 make run: elsewhere)
	@$(call venv)
	@$(call install,requirements.lock,what Aura needs)
	@$(call try,requirements-fast.lock)
	@exec $(PY) -m aura_site.launch $(ARGS)

test: ## Set up and pass the tests, on SQLite and on PostgreSQL (ARGS=--all: the slow ones, too)
	@$(call venv)
	@$(call install,requirements-dev.lock,what the tests need)
	@$(call try,requirements-fast.lock)
	@exec $(PY) -m tests.run $(ARGS)

check: ## Check format, style, types, imports, templates, migrations, settings; read all tests
	@$(call venv)
	@$(call install,requirements-dev.lock,what the checks need)
	@$(MAKE) --no-print-directory -j2 check-types check-rest

# Two at a time, for mypy alone takes as long as the rest.
check-types:
	$(PY) -m mypy .

check-rest:
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(VENV)/bin/lint-imports
	find templates -name '*.html' -exec $(VENV)/bin/djade --check --target-version 5.2 {} +
	$(PY) manage.py makemigrations --check --dry-run
	AURA_HTTPS=true $(PY) manage.py check --deploy --fail-level WARNING
	@echo "$(PY) -m pytest --collect-only"; \
	found=$$($(PY) -m pytest --collect-only -qqq 2>&1) || { echo "$$found"; exit 1; }

faults: ## Do every fault of docs/faults.md, and write that page anew
	@$(call venv)
	@$(call install,requirements-dev.lock,what the tests need)
	@$(call try,requirements-fast.lock)
	@exec $(PY) -m tests.faults $(ARGS)

bench: ## Measure Aura beside nginx and other gateways, a core each (needs Linux)
	@$(call venv)
	@$(call install,requirements-dev.lock,what the measurement needs)
	@$(call try,requirements-fast.lock)
	@exec $(PY) -m bench $(ARGS)

screenshots: ## Picture the pages in docs/screenshots, and check them (needs Chromium)
	@$(call venv)
	@$(call install,requirements-dev.lock,what the pictures need)
	@$(call try,requirements-fast.lock)
	@exec $(PY) -m tests.screenshots $(ARGS)

clients: ## Try real clients against a running Aura (needs Node.js 18)
	@$(call venv)
	@$(call install,requirements-dev.lock,what the tests need)
	@$(call try,requirements-fast.lock)
	@exec $(PY) -m tests.clients $(ARGS)

lock: ## Write the lock files anew (ARGS=--upgrade: with the newest versions)
	@$(call venv)
	@$(call install,requirements-dev.lock,what writes the lock files)
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) requirements.txt -o requirements.lock
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) requirements-fast.txt -o requirements-fast.lock
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) -c requirements.lock requirements-redis.txt -o requirements-redis.lock
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) -c requirements.lock requirements-dev.txt -o requirements-dev.lock
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) --no-deps requirements-offline.txt -o requirements-offline.lock
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) tests/clients/openai-2.in -o tests/clients/openai-2.lock
	UV_CUSTOM_COMPILE_COMMAND="make lock" $(UV) tests/clients/llm.in -o tests/clients/llm.lock

clean: ## Remove what the other commands made, but not the data folder
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache htmlcov .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# $(call venv): make the virtual environment with the first Python that can, unless there
# is one that works. PYTHON=... is tried first.
define venv
$(PY) -c 'import pip' 2>/dev/null && exit 0; \
python=; bare=; \
for candidate in $(PYTHON) python3.13 python3.12 python3.11 python3; do \
  $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue; \
  if $$candidate -c 'import ensurepip, venv' 2>/dev/null; then python=$$candidate; break; fi; \
  bare=$$candidate; \
done; \
if [ -z "$$python$$bare" ]; then \
  echo "Aura needs Python 3.11 or newer, and none was found. Install it (Debian: apt-get install python3 python3-venv; macOS: brew install python), then repeat." >&2; \
  exit 1; \
fi; \
if [ -z "$$python" ]; then \
  echo "$$bare cannot make virtual environments. Install what it lacks (Debian: apt-get install python3-venv), then repeat." >&2; \
  exit 1; \
fi; \
echo "Making a virtual environment in $(VENV) with $$($$python -V) ..."; \
$$python -m venv --clear $(VENV)
endef

# $(call install,LOCK,WHAT): install what LOCK pins, unless the same LOCK was installed.
# Not compiled: what is imported compiles itself, and most never is.
define install
cmp -s $(1) $(VENV)/$(1) && exit 0; \
echo "Installing $(2) ..."; \
$(PIP) install --quiet --quiet --no-compile --require-hashes -r $(1) || { \
  echo "Not all of $(1) could be installed: the lines above say why. Without a network this cannot work; repeat once there is one." >&2; \
  exit 1; \
}; \
cp $(1) $(VENV)/$(1)
endef

# $(call try,LOCK): install what LOCK pins where it can be compiled; ask once, since a
# second time would need the network for nothing.
define try
cmp -s $(1) $(VENV)/$(1) && exit 0; \
$(PIP) install --quiet --quiet --no-compile --require-hashes -r $(1) 2>/dev/null || \
  echo "gunicorn's HTTP parser in C was not installed: that takes a C compiler and Python's headers (Debian: apt-get install gcc python3-dev). The one in Python does the same, a little slower. To try again: rm $(VENV)/$(1)" >&2; \
cp $(1) $(VENV)/$(1)
endef
