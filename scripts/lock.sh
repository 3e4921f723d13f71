#!/bin/bash
# Recompiles requirements/*.txt from the members' pyproject.toml: one lock for the workshop (dev), and one per image that agrees with it
# (each service, and devservers: what the dev profile runs in containers). images.txt locks the tools of the image builds.
# No index address is written; members themselves are installed editable, so they stay out of the locks.
set -euo pipefail
cd "$(dirname "$0")/.."
uv=.venv/bin/uv
members=(); for project in libs/*/pyproject.toml services/*/pyproject.toml; do
  members+=(--no-emit-package "$(sed -n 's/^name = "\(.*\)"/\1/p' "$project")")
done
compile() { # OUTPUT INPUT...
  local out=$1; shift
  "$uv" pip compile "$@" "${members[@]}" --generate-hashes --no-emit-index-url --no-header --quiet --python-version 3.11 \
    --override requirements/overrides.txt --output-file "$out"
}
compile requirements/dev.txt libs/*/pyproject.toml services/*/pyproject.toml requirements/dev.in --all-extras
for service in services/*; do
  compile "requirements/$(basename "$service").txt" "$service/pyproject.toml" --constraint requirements/dev.txt
done
compile requirements/devservers.txt libs/devstack/pyproject.toml libs/sandbox/pyproject.toml --constraint requirements/dev.txt
compile requirements/images.txt requirements/images.in
"$uv" pip compile requirements/charts.in --generate-hashes --no-emit-index-url --no-header --quiet --python-version 3.11 --output-file requirements/charts.txt
