#!/bin/bash
# Fails when the committed stubs are not what proto/ gives.
set -euo pipefail
cd "$(dirname "$0")/.."
fresh=$(mktemp -d); trap 'rm -rf "$fresh"' EXIT
scripts/generate_stubs.sh "$fresh"
for area in common case document osint persistence; do
  diff -rq -x '__pycache__' "$fresh/trustrelay/$area" "libs/contracts/src/trustrelay/$area" ||
    { echo "stubs are stale: run make proto" >&2; exit 1; }
done
