#!/usr/bin/env bash
# Builds PyCUDA from the source that pycuda.lock names, into a virtual environment (about two minutes), by the headers of
# the nvidia-cuda-* wheels that it holds, so that no CUDA toolkit is needed. The library it links against only lends its name, libcuda.so.1: the
# one found when PyCUDA is imported is the driver of that machine, or the tests' stand-in.
# The wheel stays in VENV/wheels: it may be carried to a machine of the same Python that cannot build it.
# usage: requirements/pycuda.sh VENV FOLDER_WITH_LIBCUDA
set -euo pipefail
lock=$(cd "$(dirname "$0")" && pwd)/pycuda.lock
version=$(sed -n 's/^pycuda==\([^ ]*\).*/\1/p' "$lock")
venv=$(cd "$1" && pwd)
libcuda=$(cd "$2" && pwd)
python=$venv/bin/python

if "$python" -c "from importlib.metadata import version; raise SystemExit(version('pycuda') != '$version')" 2>/dev/null; then
  exit 0
fi
command -v g++ >/dev/null || { echo "PyCUDA is built with g++, which is not on the PATH (Debian: apt install g++)"; exit 1; }
echo "Building PyCUDA $version: about two minutes, once ..."
cuda=$("$python" -c "import nvidia; print(next(iter(nvidia.__path__)) + '/cu13')")
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
"$venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-binary pycuda \
  -d "$build" --require-hashes -r "$lock"
tar -xzf "$build/pycuda-$version.tar.gz" -C "$build"
cd "$build/pycuda-$version"
"$python" configure.py --cuda-root="$cuda" --no-cuda-enable-curand --cudadrv-lib-dir="$libcuda"
"$venv/bin/pip" wheel --quiet --disable-pip-version-check --no-build-isolation --no-deps -w "$venv/wheels" .
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps "$venv"/wheels/pycuda-$version-*.whl
