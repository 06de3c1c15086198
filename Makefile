# tinyface: `make demo` runs the whole way once on a simulated ESP32-CAM, `make test` runs the tests.
# Both set up everything they need in .venv; nothing outside this folder changes except Debian
# packages, and those only where `apt-get` may be used (see scripts/setup.sh).

# Real faces and foreign models for training and tests, where this machine has them.
ifneq ($(wildcard ../shared/data/README.md),)
export TINYFACE_DATA ?= $(abspath ../shared)
endif

PYTHON ?= python3
VENV := .venv
TRAIN_VENV := .venv-train
BIN := $(VENV)/bin
ARGS ?=
# Where our Python lies: a checkout may hold other things, a home folder with its caches among them.
ROOMS = codegen firmware host_tools model_zoo scripts tests tinyface_esp32
# Worker processes of the tests, one more than cores, because some tests wait for lines and boards; the tests of
# one file stay together.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2) + 1)
PYTEST = -m pytest -n $(WORKERS) --maxprocesses 8 --dist loadfile --no-loadscope-reorder
# Files of the thorough run take up to half an hour each: who is done takes tests of another's file.
SHARED = -m pytest -n $(WORKERS) --maxprocesses 8 --dist worksteal

# The tests start this package thousands of times: what Python has compiled is kept.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test slow thorough lint format clean

help:
	@echo "make demo    flash the program faces on the simulated ESP32-CAM and prove a film of 100 frames"
	@echo "make test    set up, lint, type check and run the tests (ARGS=... goes to pytest, WORKERS=N processes)"
	@echo "make slow    the long tests: emulators, fuzzing, training (installs TensorFlow in $(TRAIN_VENV))"
	@echo "make thorough  what is longer still, hours: all of the fuzzing and sweeps, property tests on fresh examples"
	@echo "make format  rewrite the Python files in the house style"
	@echo "make clean   remove environments and build products"

demo: $(VENV)/demo.stamp
	$(BIN)/tinyface demo faces $(ARGS)

test: $(VENV)/dev.stamp lint
	@echo "running the tests in $(WORKERS) processes: 6 to 12 minutes on two cores"
	$(BIN)/python $(PYTEST) $(ARGS)

slow: $(VENV)/dev.stamp $(TRAIN_VENV)/train.stamp
	$(BIN)/python $(PYTEST) -m "slow and not thorough" --durations=15 --ignore=tests/model_zoo $(ARGS)
	$(TRAIN_VENV)/bin/python $(PYTEST) -m "slow and not thorough" --durations=15 tests/model_zoo $(ARGS)

thorough: $(VENV)/dev.stamp $(TRAIN_VENV)/train.stamp
	$(BIN)/python $(SHARED) -m thorough --durations=15 --ignore=tests/model_zoo $(ARGS)
	$(TRAIN_VENV)/bin/python $(SHARED) -m thorough --durations=15 tests/model_zoo $(ARGS)
	TINYFACE_EXPLORE=1 $(BIN)/python $(SHARED) tests/codegen tests/firmware $(ARGS)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check $(ROOMS)
	$(BIN)/ruff format --check $(ROOMS)
	$(BIN)/mypy

format: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix $(ROOMS)
	$(BIN)/ruff format $(ROOMS)

$(VENV)/demo.stamp: pyproject.toml scripts/setup.sh
	PYTHON=$(PYTHON) scripts/setup.sh demo $(VENV)

$(VENV)/dev.stamp: pyproject.toml scripts/setup.sh
	PYTHON=$(PYTHON) scripts/setup.sh dev $(VENV)

$(TRAIN_VENV)/train.stamp: pyproject.toml scripts/setup.sh
	PYTHON=$(PYTHON) scripts/setup.sh train $(TRAIN_VENV)

clean:
	rm -rf $(VENV) $(TRAIN_VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
