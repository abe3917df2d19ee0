# Lantern's commands. `make demo` and `make test` work on a fresh machine with Python 3.11 to 3.13 and make.
#   make demo        fills a county with invented people, plays one night shift, serves it on 127.0.0.1:8000
#   make test        the whole suite, on SQLite and PostgreSQL, with real screens and real pages
#   make field       opens the phone app on this desktop, enrolled with the local server
#   make check       format, lint, types, import contracts, and the tests that need no server, database, browser or screen
#   make mutants     how many small mistakes in the rules, the policy and sync the tests would notice (SAMPLE=100, SEED=1)
#   make simulate    replays one simulated world (SEED=7), or many fresh ones (RUNS=100); STORE=postgresql is slower
#   make fuzz        a minute each of whatever comes in from outside: sync messages, enrolment links, files (FUZZ_SECONDS=60)
#   make bench       the benchmarks; results in bench/results/
#   make assets      the browser's scripts and styles, from their packages
#   make screenshots every screen and page, into docs/screenshots/
#   make docs        the documents as a site that needs no network, into build/site
#   make release     what a version is published as, into dist/: a wheel built twice alike, its parts, licences, and sums (SIGN=key signs them)
#   make lock        makes the lock files again (UPGRADE=1 takes newer versions)
#   make clean       removes what the commands above made, but not your data in .lantern/

SHELL := /bin/bash
PYTHON ?=
DEMO_ARGS ?=
FIELD_ARGS ?=
BENCH_ARGS ?=
SEED ?=
SAMPLE ?=
RUNS ?=
STORE ?=
FUZZ_SECONDS ?= 60
SIGN ?=
# Three at a time on two cores: the suite waits for browsers, servers and databases of its own more than it computes.
TEST_WORKERS ?= 3
# What `make check` runs waits for nothing, and each worker collects the whole suite first: no more of them than cores. mypy runs
# beside them, and uses one core.
CHECK_WORKERS ?= 2
TEST_ARGS ?=
UPGRADE ?=

# The suite's files lie in memory where there is room for them: its databases sync to the disk thousands of times, and what a kill
# leaves behind is the same. A TMPDIR of yours is kept.
SCRATCH := $(if $(TMPDIR),,$(shell [ -w /dev/shm ] && [ "$$(df -Pk /dev/shm | awk 'NR == 2 { print $$4 }')" -gt 6000000 ] && echo /dev/shm))

export PYTHON
export PYTHONHASHSEED = 0
# What was compiled is kept: the suite starts some forty processes, and each would compile the whole tree again.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
SCREEN_PACKAGES := libgl1 libegl1 libmtdev1
# A JDK, for Android's half of the phone (tests/mobile/device/test_on_a_jvm.py); any from 17 on that is there already will do.
JDK := $(if $(shell command -v javac),,default-jdk-headless)
TEST_PACKAGES := $(SCREEN_PACKAGES) chromium fonts-liberation git
# What reads PDFs and the operator's files as they will be read, and opens what is encrypted and signed. A test skips where one is missing.
WISHED_PACKAGES := poppler-utils nginx age minisign shellcheck openssl $(JDK)
PYTEST := $(if $(SCRATCH),TMPDIR=$(SCRATCH)) $(BIN)/python -m pytest -p no:randomly
# `database` marks itself: what asks for a database of the server's, and so for the pages, too (tests/conftest.py).
FAST := not slow and not browser and not screen and not database

.PHONY: help demo test field check mutants simulate fuzz bench assets screenshots docs release lock clean setup setup-demo
help:
	@sed -n 's/^#   //p' Makefile

setup-demo:
	@scripts/setup.sh demo

setup:
	@scripts/setup.sh all

assets:
	@scripts/setup.sh demo
	@scripts/assets.sh

demo: setup-demo assets
	$(BIN)/lantern demo $(DEMO_ARGS)

field: setup-demo
	@scripts/system_packages.sh $(SCREEN_PACKAGES)
	$(BIN)/lantern field $(FIELD_ARGS)

test: setup assets
	@scripts/system_packages.sh $(TEST_PACKAGES)
	@scripts/system_packages.sh --wished $(WISHED_PACKAGES)
	$(PYTEST) -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder $(TEST_ARGS)

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy & types=$$!; \
	$(PYTEST) -q -n $(CHECK_WORKERS) --dist loadfile --no-loadscope-reorder -m "$(FAST)" $(TEST_ARGS); tests=$$?; \
	wait $$types && exit $$tests

mutants: setup
	$(BIN)/python -m tests.mutants --sample $(or $(SAMPLE),100) --seed $(or $(SEED),1)

simulate: setup
	$(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED)) $(if $(RUNS),--runs $(RUNS)) $(if $(STORE),--store $(STORE))

fuzz: setup
	@for target in messages links files; do \
		$(BIN)/python -m tests.fuzz $$target $(FUZZ_SECONDS) || exit 1; \
	done

bench: setup
	$(BIN)/lantern bench $(BENCH_ARGS)

screenshots: setup assets
	@scripts/system_packages.sh $(TEST_PACKAGES)
	$(BIN)/python -m tests.mobile.screenshots docs/screenshots
	LANTERN_SCREENSHOTS=docs/screenshots $(PYTEST) -q -m browser tests/web tests/server/conferences tests/end_to_end

docs: setup
	NO_COLOR=1 $(BIN)/zensical build -f zensical.toml --clean --strict

release: setup assets
	SIGN=$(SIGN) $(BIN)/python scripts/release.py dist

lock: setup
	@scripts/lock.sh $(if $(UPGRADE),--upgrade)

clean:
	rm -rf .venv .make node_modules server/web/static/vendor tests/vendor build dist .kivyhome
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .schemathesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
