# Two commands need nothing but Python 3.11 and make: `make demo` and `make test`. Everything lives in .venv beside this file.
PYTHON ?= python3
PHOTOS ?= docs/samples
OUT    ?= results/demo
BIN    := .venv/bin

.PHONY: help setup demo up test check format bench test-train samples lock clean
help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' \
	  || { echo "Packshot needs Python 3.11 or 3.12; '$(PYTHON)' is $$($(PYTHON) --version). Try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.serve: .venv/bin/pip requirements/serve.lock pyproject.toml client/pyproject.toml
	@echo "Setting up .venv: about a minute the first time ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/serve.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e . -e client
	@touch $@

.venv/.dev: .venv/.serve requirements/dev.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

.venv-train/.done: pyproject.toml
	$(PYTHON) -m venv .venv-train
	@.venv-train/bin/pip install --quiet --disable-pip-version-check torch==2.13.0 numpy pillow onnx onnxruntime opencv-python-headless matplotlib pytest pytest-timeout
	@touch $@

setup: .venv/.serve  ## install what serving needs into .venv

demo: .venv/.serve  ## take the sample photos (or PHOTOS=folder) through the main job; pictures and a contact sheet in results/demo
	@$(BIN)/packshot run $(PHOTOS) --op relight --op restore --op upscale -o $(OUT) --sheet

up: .venv/.serve  ## Redis, API and worker in this terminal; Ctrl-C drains
	@$(BIN)/packshot up

test: .venv/.dev  ## every test that needs neither a GPU nor torch
	@$(BIN)/python -m pytest

check: .venv/.dev  ## lint, format, types, import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@cd client && ../$(BIN)/mypy --strict -p packshot
	@$(BIN)/lint-imports --no-logo

format: .venv/.dev  ## mend what ruff can mend
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: .venv/.dev  ## speed and memory, as ratios measured side by side
	@$(BIN)/python -m benchmarks

test-train: .venv-train/.done  ## the training code's own tests (needs torch)
	@.venv-train/bin/python -m pytest --confcutdir=tests/engine/training tests/engine/training

samples:  ## render the sample photos anew (docs/samples/README.md: needs Blender's bpy)
	@cd docs/samples && $(PYTHON) -m render

lock: .venv/.dev  ## write the dependency locks anew
	@$(BIN)/pip install --quiet uv
	@for set in serve dev; do \
	  $(BIN)/uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml client/pyproject.toml \
	    --extra heif --group pyproject.toml:build $$([ $$set = dev ] && echo --group pyproject.toml:dev) -o requirements/$$set.lock; done

clean:  ## remove what was built, measured and cached
	rm -rf results build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
