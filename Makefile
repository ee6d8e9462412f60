# Everything that one does with Oathbound, by name.
#
# make exits with 2 when a command fails, whatever the command's own status; its last line names that
# (`Error 1`: refuted or not current; `Error 2`: misused; `Error 3`: not known). To tell these apart in
# a script, run `.venv/bin/oathbound verify` itself.
#
# Needs make, a Python of at least 3.11 and a package index. Each target makes the environment it
# needs, at the versions and hashes in the lock files, and makes it again when they change.

# The Pythons to try, in this order; name one as in `make test PYTHON=/path/to/python3.12`.
PYTHONS := $(or $(PYTHON),python3.13 python3.12 python3.11 python3)
# More for the command behind a target, as in `make verify ARGS="--only one_vote"`.
ARGS ?=
# The tool that writes the lock files, and whether it moves the pins to the newest (UPGRADE=1).
UV_VERSION := 0.13.9
UPGRADE ?=

VENV := .venv
BENCH_VENV := .venv-bench
LOCK_VENV := .venv-lock
SOURCES := model impl checkers tests
INSTALL := -m pip install --quiet --quiet --disable-pip-version-check --no-input

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help verify test test-long fuzz generate figures cases lint format bench lock clean FORCE

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

verify: $(VENV)/.ready ## check what is generated, discharge every obligation, write the report
	$(VENV)/bin/oathbound verify --json build/verify.json --html build/verify.html $(ARGS)

test: $(VENV)/.ready ## run the tests
	$(VENV)/bin/python -m pytest $(ARGS)

test-long: $(VENV)/.ready ## run the slow profiles of the tests
	$(VENV)/bin/python -m pytest -m slow --timeout=3600 $(ARGS)

fuzz: $(VENV)/.ready ## the long profiles of what is fuzzed (OATHBOUND_FUZZ=10: ten times as much)
	$(VENV)/bin/python -m pytest tests/fuzz -m slow --timeout=7200 $(ARGS)

generate: $(VENV)/.ready ## write what is derived from the spec
	$(VENV)/bin/oathbound generate $(ARGS)

figures: $(VENV)/.ready ## draw the figures
	$(VENV)/bin/oathbound figures $(ARGS)

cases: $(VENV)/.ready ## have the solver make the test cases of each guard's clauses
	$(VENV)/bin/oathbound mcdc $(ARGS)

lint: $(VENV)/.ready ## check style, format and types
	$(VENV)/bin/ruff check $(SOURCES)
	$(VENV)/bin/ruff format --check $(SOURCES)
	$(VENV)/bin/mypy $(SOURCES)

format: $(VENV)/.ready ## put the sources in the house format
	$(VENV)/bin/ruff check --fix $(SOURCES)
	$(VENV)/bin/ruff format $(SOURCES)

bench: $(BENCH_VENV)/.ready ## measure against the peers
	$(BENCH_VENV)/bin/python -m checkers.bench $(ARGS)

lock: $(LOCK_VENV)/.ready ## pin the dependencies again (UPGRADE=1 for the newest)
	$(LOCK) --group build --group test --group lint -o requirements.lock pyproject.toml
	$(LOCK) --group pyproject.toml:bench -c requirements.lock -o requirements-bench.lock

# One set of pins for every platform and every Python, with the hashes of all published files.
LOCK = $(LOCK_VENV)/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 \
	--fork-strategy fewest --generate-hashes --custom-compile-command "make lock" \
	$(if $(UPGRADE),--upgrade)

clean: ## remove the environments, the caches and the reports
	rm -rf $(VENV) $(BENCH_VENV) $(LOCK_VENV) build dist *.egg-info
	rm -rf .hypothesis .mypy_cache .oathbound-cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- The environments ---
# `.locked` is written last, once every pin is in; an environment without it was interrupted, and
# is made afresh. It holds the folder it was made in: environments cannot be moved or copied.
# `.ready` adds the project itself, editable.

$(VENV)/.locked: requirements.lock
$(BENCH_VENV)/.locked: requirements.lock requirements-bench.lock
$(VENV)/.locked $(BENCH_VENV)/.locked:
	$(new_environment)
	@echo "Installing the packages of $(filter %.lock,$^) into $(@D) ..."
	@$(@D)/bin/python $(INSTALL) --require-hashes $(addprefix -r ,$(filter %.lock,$^))
	@printf '%s\n' '$(CURDIR)' > $@

$(VENV)/.ready: $(VENV)/.locked pyproject.toml
$(BENCH_VENV)/.ready: $(BENCH_VENV)/.locked pyproject.toml
$(VENV)/.ready $(BENCH_VENV)/.ready:
	@echo "Installing Oathbound, editable, into $(@D) ..."
	@$(@D)/bin/python $(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(LOCK_VENV)/.ready: Makefile
	$(new_environment)
	@$(@D)/bin/python $(INSTALL) uv==$(UV_VERSION)
	@touch $@

# An environment whose Python is gone, or that was made in another folder, is made again.
made_here = $(shell $(1)/bin/python -c '' 2>/dev/null && cat $(1)/.locked 2>/dev/null)
ifneq ($(call made_here,$(VENV)),$(CURDIR))
$(VENV)/.locked: FORCE
endif
ifneq ($(call made_here,$(BENCH_VENV)),$(CURDIR))
$(BENCH_VENV)/.locked: FORCE
endif
FORCE:

# Makes an empty environment in $(@D) with the first Python that is new enough and able to.
define new_environment
@chosen=; unable=; old=; \
for python in $(PYTHONS); do \
	if ! "$$python" -c '' 2>/dev/null; then continue; \
	elif ! "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then old="$$old $$python"; \
	elif ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then unable="$$unable $$python"; \
	else chosen=$$python; break; fi; \
done; \
if [ -z "$$chosen" ]; then \
	echo "error: no Python that can make the environment $(@D)"; \
	echo "  tried: $(PYTHONS)"; \
	if [ -n "$$old" ]; then echo "  older than 3.11:$$old"; fi; \
	if [ -n "$$unable" ]; then echo "  without the venv or ensurepip module:$$unable"; fi; \
	echo "  fix: install Python 3.11 or newer with its venv module (on Debian and Ubuntu: apt install"; \
	echo "       python3 python3-venv), or name one: make $(firstword $(MAKECMDGOALS)) PYTHON=/path/to/python3"; \
	exit 1; \
fi >&2; \
echo "Making the environment $(@D) with $$("$$chosen" -V) ..."; \
rm -rf $(@D) && "$$chosen" -m venv $(@D)
endef
