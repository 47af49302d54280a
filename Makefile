# Two commands need nothing but Python 3.11 and make: `make demo` and `make test`. Everything lives in .venv beside this file.
PYTHON ?= python3
PHOTOS ?= docs/samples
OUT    ?= results/demo
BIN    := .venv/bin
GPU_PYTHON ?= python3
comma := ,

.PHONY: rehearse-images manifests pin-images badinput faults fleet soak fuzz-api help setup demo up storefront test test-browser check format bench bench-peers test-train test-backends check-tensorrt test-gpu gpu-wheels rehearse-gpu bench-gpu samples lock clean
help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' \
	  || { echo "Packshot needs Python 3.11 or 3.12; '$(PYTHON)' is $$($(PYTHON) --version). Try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.serve: .venv/bin/pip requirements/serve.lock pyproject.toml client/pyproject.toml
	@echo "Setting up .venv: about a minute the first time ..."
	@$(BIN)/pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements/serve.lock
	@$(BIN)/pip install --quiet --quiet --disable-pip-version-check --no-build-isolation --no-deps -e . -e client
	@touch $@

.venv/.dev: .venv/.serve requirements/dev.lock
	@$(BIN)/pip install --quiet --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

# --no-compile: of torch, Python compiles what is imported, when it is; all of it takes longer than it saves.
.venv-train/.done: pyproject.toml
	$(PYTHON) -m venv .venv-train
	@.venv-train/bin/pip install --quiet --disable-pip-version-check --no-compile torch==2.13.0 numpy pillow onnx onnxruntime opencv-python-headless matplotlib scikit-image pytest pytest-timeout 'setuptools>=80'
	@.venv-train/bin/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@

# What serve.lock and dev.lock name is in .venv already, and torch in .venv-train: a .pth file lends them, no second copy.
# An environment of before has copies of its own, which would go before what is lent and never be brought up to date; one
# of another Python could not load what is lent. Both are made anew.
.venv-backends/.packages: .venv/.dev .venv-train/.done requirements/backends.txt
	@told='import sys; print(sys.version)'; set -- .venv-backends/lib/python3*/site-packages/lent.pth; \
	  test -f "$$1" && test "$$(.venv-backends/bin/python -c "$$told" 2>&1)" = "$$(.venv/bin/python -c "$$told")" || rm -rf .venv-backends
	@test -x .venv-backends/bin/pip || .venv/bin/python -m venv .venv-backends
	@site='import site; print(site.getsitepackages()[0])'; for each in .venv .venv-train; do $$each/bin/python -c "$$site" || exit 1; done \
	  > "$$(.venv-backends/bin/python -c "$$site")/lent.pth"
	@.venv-backends/bin/pip install --quiet --disable-pip-version-check --no-compile -r requirements/backends.txt
	@touch $@

# Beside the stand-in nothing is gained by -O3, with which PyCUDA takes twice as long to build.
.venv-backends/.done: .venv-backends/.packages requirements/pycuda.sh requirements/pycuda.lock
	@command -v g++ >/dev/null || { echo "The stand-in driver is built with g++, which is not on the PATH (Debian: apt install g++)"; exit 1; }
	@libcuda=$$(.venv-backends/bin/python -m tests.engine.cuda.standin .venv-backends/standin) && CXXFLAGS='-O1 -fwrapv -DNDEBUG' requirements/pycuda.sh .venv-backends "$$libcuda"
	@touch $@

setup: .venv/.serve  ## install what serving needs into .venv

demo: .venv/.serve  ## take the sample photos (or PHOTOS=folder) through the main job; pictures and a contact sheet in results/demo
	@$(BIN)/packshot run $(PHOTOS) --op relight --op restore --op upscale -o $(OUT) --sheet

up: .venv/.serve  ## Redis, API and worker in this terminal; Ctrl-C drains (PORT=8090: another port)
	@$(BIN)/packshot up $(if $(PORT),--port $(PORT))

storefront: .venv/.serve  ## a sample shop beside a Packshot of its own, at http://127.0.0.1:8000 (PORT=8001: another), until Ctrl-C
	@$(BIN)/python docs/examples/storefront/run.py --port $(or $(PORT),8000)

# pytest on a folder, with options: whole services on a busy machine may miss their moment. What failed is told as it was, then tried
# once more, alone and in new processes, and must pass.
pytest = $(BIN)/python -m pytest -o cache_dir=.pytest_cache/$@ $(1)
tried_twice = $(pytest) $(2) || { echo "What failed above is tried once more, alone."; $(pytest) --last-failed --last-failed-no-failures none; }

test: .venv/.dev  ## every test that needs neither a GPU nor torch
	@$(call tried_twice,,--numprocesses=4 --dist=loadfile --no-loadscope-reorder)

check: .venv/.dev  ## lint, format, types, import contracts, security
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@cd client && ../$(BIN)/mypy --strict -p packshot
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/bandit -q -c pyproject.toml -r api jobs worker engine client/packshot

fuzz-api: .venv/.dev  ## schemathesis against a live service for minutes, every check on; report in results/fuzz-api.txt
	@mkdir -p results; PACKSHOT_FUZZ_EXAMPLES=$${EXAMPLES:-60} PACKSHOT_FUZZ_REPORT=$$PWD/results/fuzz-api.txt $(BIN)/python -m pytest tests/e2e/test_openapi_fuzz.py

faults: .venv/.dev  ## break a real installation, fault by fault; a table in results/faults (ONLY=9,12; MINUTES=20: at random, SEED=7)
	@$(BIN)/python -m tests.faults $(if $(ONLY),--only $(ONLY)) $(if $(MINUTES),--random --minutes $(MINUTES) --seed $(or $(SEED),7))

badinput: .venv/.dev  ## every promised bad input, drawn requests, 20,000 broken photos, atheris, against real processes (ONLY=rows COUNT=1000 MINUTES=1)
	@$(BIN)/python -m tests.badinput $(if $(ONLY),--only $(ONLY)) $(if $(ROWS),--rows "$(ROWS)") $(if $(COUNT),--count $(COUNT)) $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED))

fleet: .venv/.dev  ## what happens to a fleet: hosts (network namespaces: needs root) that die and are cut off, S3, sentinels, mixed versions (ONLY=cut,half WRITE=1)
	@$(BIN)/python -m tests.fleet $(if $(ONLY),--only "$(ONLY)") $(if $(WRITE),--write)

soak: .venv/.dev  ## steady mixed work for an hour (MINUTES=5 PACE=0.3), and whether memory, handles, threads, keys or blobs grow; results/soak
	@$(BIN)/python -m benchmarks.soak --minutes $(or $(MINUTES),60) --pace $(or $(PACE),1) --picture results/soak/soak.svg

format: .venv/.dev  ## mend what ruff can mend
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: .venv/.dev  ## speed and memory, as ratios measured side by side (ONLY=engine_large_photo: what takes many minutes)
	@$(BIN)/python -m benchmarks $(ONLY)

# Each peer in an environment of its own; ONLY and PARTS say which are needed.
PEERS := litserve bentoml mosec ray flask queue
.venv-peers/%/.done: benchmarks/peers/requirements/%.txt
	@echo "Setting up .venv-peers/$* ..."
	@$(PYTHON) -m venv .venv-peers/$*
	@.venv-peers/$*/bin/pip install --quiet --quiet --disable-pip-version-check -r $<
	@touch $@

bench-peers: .venv/.dev $(foreach peer,$(if $(ONLY),$(filter $(PEERS),$(subst @int8,,$(subst $(comma), ,$(ONLY)))),$(PEERS)),.venv-peers/$(peer)/.done)  ## the same photos through LitServe, BentoML, Mosec, Ray Serve and Flask; docs/peers.md (ONLY=packshot,flask PARTS=speed COUNT=40 ROUNDS=3)
	@$(BIN)/python -m benchmarks.peers $(if $(ONLY),--only $(ONLY)) $(if $(PARTS),--parts $(PARTS)) $(if $(COUNT),--count $(COUNT)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(filter-out docs/samples,$(PHOTOS)),--photos $(PHOTOS))

test-browser: .venv/.dev  ## the console in a browser, end to end (needs Debian's chromium on the PATH, or PACKSHOT_CHROMIUM)
	@command -v "$${PACKSHOT_CHROMIUM:-chromium}" >/dev/null || { echo "The console is tested in Chromium, which is not on the PATH (Debian: apt install chromium; elsewhere name it in PACKSHOT_CHROMIUM)"; exit 1; }
	@$(call tried_twice,tests/browser)

test-train: .venv-train/.done  ## the training code's own tests (needs torch)
	@.venv-train/bin/python -m pytest --confcutdir=tests/engine/training tests/engine/training

test-backends: .venv-backends/.done  ## the GPU's code on a stand-in driver, torch and OpenVINO (needs g++; minutes the first time)
	@PACKSHOT_REQUIRE_BACKENDS=1 .venv-backends/bin/python -m pytest -m "not gpu" tests/engine/cuda tests/engine/backends tests/benchmarks/gpu

check-tensorrt: .venv-backends/.packages  ## the TensorRT code against the types of the real 10.x and 11.x bindings (fetches two small wheels)
	@.venv-backends/bin/python -m tests.engine.backends.tensorrt.real_bindings.check --cache .venv-backends/tensorrt

test-gpu:  ## what only a GPU can prove; skips without one. GPU_PYTHON=python with torch, PyCUDA and cuda-bindings
	@$(GPU_PYTHON) -m pytest -m gpu --confcutdir=tests/engine tests/engine/cuda tests/engine/backends tests/benchmarks/gpu

# On such a machine: pip install --no-index --no-deps .venv-gpu/wheels/*.whl beside its torch, cuda-bindings and NumPy.
gpu-wheels:  ## what a GPU machine without a network needs for test-gpu, in .venv-gpu/wheels, for GPU_PYTHON's version
	@test -x .venv-gpu/bin/pip || $(GPU_PYTHON) -m venv .venv-gpu
	@grep -E '^(cuda|nvidia|mako|platformdirs|pytools|siphash24)' requirements/backends.txt | .venv-gpu/bin/pip install --quiet --disable-pip-version-check -r /dev/stdin 'numpy>=2' 'setuptools>=80'
	@libcuda=$$(.venv-gpu/bin/python -m tests.engine.cuda.standin .venv-gpu/standin) && requirements/pycuda.sh .venv-gpu "$$libcuda"
	@.venv-gpu/bin/pip download --quiet --disable-pip-version-check --only-binary :all: --exists-action i -d .venv-gpu/wheels \
	  pytest pytest-timeout hypothesis pillow onnx onnxruntime pytools siphash24 platformdirs mako
	@rm -f .venv-gpu/wheels/numpy-*; du -sh .venv-gpu/wheels

rehearse-gpu: .venv-backends/.done  ## test-gpu's way up to the device, on the stand-in driver
	@.venv-backends/bin/python -m tests.engine.cuda.rehearse

bench-gpu:  ## measure what only a GPU can tell and append it to benchmarks/gpu/results.md (DRY=--dry rehearses on a CPU)
	@$(GPU_PYTHON) -m benchmarks.gpu $(DRY)

rehearse-images: .venv/.dev  ## perform docker/Dockerfile without a registry, and take a photo through what came of it (root, Debian's buildah and debootstrap; GPU=1: PyCUDA too)
	@PYTHONPATH=. $(BIN)/python docker/rehearse.py $(if $(GPU),--gpu) $(REHEARSAL)

manifests: .venv/.dev  ## write what Kubernetes gets of docker/'s other files (a test tells when that was forgotten)
	@$(BIN)/python docker/generate.py

pin-images:  ## pin every image of docker/ by the digest that your registry has (needs docker with buildx, or skopeo; ANEW=1: pinned ones too)
	@$(PYTHON) docker/pin.py $(if $(ANEW),--anew)

samples:  ## render the sample photos anew (docs/samples/README.md: needs Blender's bpy)
	@cd docs/samples && $(PYTHON) -m render

lock: .venv/.dev  ## write the dependency locks anew
	@$(BIN)/pip install --quiet uv
	@for set in serve dev; do \
	  $(BIN)/uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml client/pyproject.toml \
	    --extra heif --extra traces --group pyproject.toml:build $$([ $$set = dev ] && echo --group pyproject.toml:dev) -o requirements/$$set.lock; done
	@for set in build api worker gpu tensorrt; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    --constraint requirements/serve.lock --constraint requirements/backends.txt --group pyproject.toml:$$set -o requirements/$$set.lock; done

clean:  ## remove what was built, measured and cached
	rm -rf results build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
