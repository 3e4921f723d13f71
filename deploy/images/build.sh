#!/bin/sh
# The steps that all image builds share; see docs/images.md. Runs inside the builder stages only.
#   tools              /opt/tools: uv, the members' build backend, the SBOM writer, all locked by hash
#   wheels MEMBER...   /build/wheels: wheels of workspace members, built by the locked backend without isolation
#   sync REQUIREMENTS  /opt/venv: exactly the locked packages, trimmed and compiled
#   app WHEEL...       /opt/app: the members, found by /opt/venv through a .pth file
#   sbom NAME          /sbom/NAME.cdx.json: what is in /opt/venv and /opt/app
set -eu

# Behind a proxy: INDEX_URL (build argument) and a CA bundle (build secret `ca`). pip's own setting counts for uv too.
ca=/run/secrets/ca
if [ -s "$ca" ]; then export SSL_CERT_FILE="$ca" PIP_CERT="$ca" REQUESTS_CA_BUNDLE="$ca"; fi
if [ -n "${INDEX_URL:-}" ]; then export PIP_INDEX_URL="$INDEX_URL"; fi
if [ -n "${PIP_INDEX_URL:-}" ]; then export UV_DEFAULT_INDEX="$PIP_INDEX_URL"; fi
export UV_NO_CACHE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
uv=/opt/tools/bin/uv

tools() {
  python3 -m venv /opt/tools
  /opt/tools/bin/pip install --quiet --require-hashes -r /build/requirements/uv.txt
  $uv pip install --quiet --python /opt/tools --require-hashes -r /build/requirements/images.txt
}

wheels() {
  for member; do
    $uv build --quiet --wheel --no-build-isolation --python /opt/tools/bin/python --out-dir /build/wheels "/build/$member"
  done
}

sync() {
  $uv venv --quiet --python "$(command -v python3)" /opt/venv
  # What has no wheel is built by build requirements that are pinned, too, and without debug information: it is faster, and nobody reads it.
  CFLAGS=-g0 $uv pip sync --quiet --python /opt/venv --require-hashes --build-constraints /build/requirements/images.txt "/build/requirements/$1"
  trim /opt/venv/lib/python3.11/site-packages
  compile /opt/venv/lib/python3.11/site-packages
}

# What no process of ours reads at run time: sources of compiled parts, type stubs, self-tests, zstandard's second backend (for PyPy).
trim() {
  rm -rf "$1"/temporalio/bridge/sdk-core "$1"/temporalio/bridge/src "$1"/temporalio/bridge/Cargo.* "$1"/Crypto/SelfTest \
    "$1"/pandas/tests "$1"/zstandard/_cffi.*.so
  find "$1" -type f \( -name '*.pyi' -o -name '*.pxd' -o -name '*.pyx' -o -name '*.c' -o -name '*.h' -o -name '*.hpp' \) -delete
}

# Nothing can be written beside the modules later (read-only root), so they are compiled here; sources never change, so they are not compared.
compile() {
  find "$1" -name __pycache__ -type d -prune -exec rm -rf {} +
  /opt/venv/bin/python -m compileall -q -j 2 --invalidation-mode unchecked-hash "$1"
}

app() {
  $uv pip install --quiet --python /opt/venv --target /opt/app --no-deps --no-index "$@"
  echo /opt/app > /opt/venv/lib/python3.11/site-packages/trustrelay-app.pth
  compile /opt/app
}

sbom() {
  mkdir -p /sbom
  /opt/tools/bin/cyclonedx-py environment --output-reproducible --output-format JSON --output-file "/sbom/$1.cdx.json" /opt/venv/bin/python
}

"$@"
