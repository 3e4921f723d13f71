#!/bin/bash
# Makes .venv: hash-locked packages and the members of the workspace, editable. Does nothing when it is current.
# As root it installs the system packages it needs through apt; otherwise it says which ones are missing.
set -euo pipefail
cd "$(dirname "$0")/.."
stamp=.venv/.ready
current=$(cat requirements/*.txt libs/*/pyproject.toml services/*/pyproject.toml scripts/setup.sh | sha256sum | cut -d' ' -f1)
if [ -x .venv/bin/trustrelay ] && [ "$(cat $stamp 2>/dev/null)" = "$current" ]; then exit 0; fi

# PyICU is compiled (compiler, headers, ICU); openssl checks signatures with a tool that is not ours.
system_packages=(g++ pkg-config libicu-dev python3-dev python3-venv openssl ca-certificates)
missing=(); for package in "${system_packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "setup: installing system packages: ${missing[*]}"
    apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
  else
    echo "setup: please install these packages first: ${missing[*]}" >&2; exit 1
  fi
fi

echo "setup: Python packages (about a minute the first time)"
[ -x .venv/bin/python ] || python3 -m venv .venv
[ -x .venv/bin/uv ] || .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
.venv/bin/uv pip sync --quiet --require-hashes requirements/dev.txt requirements/uv.txt
editables=(); for member in libs/* services/*; do editables+=(-e "$member"); done
# The build backend comes from the lock too (no isolation), and a sync removes editables, so they are installed after it.
.venv/bin/uv pip install --quiet --no-deps --no-build-isolation "${editables[@]}"
echo "$current" > $stamp
