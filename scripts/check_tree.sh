#!/bin/bash
# Rules of the repository that no other tool checks.
set -euo pipefail
cd "$(dirname "$0")/.."
fail=0
report() { echo "check_tree: $1" >&2; fail=1; }
handwritten() { git ls-files '*.py' | grep -vE '_pb2|/migrations/versions/'; }
while read -r lines file; do
  [ "$file" = total ] || [ "$lines" -le 500 ] || report "$file has $lines lines, more than 500"
done < <(handwritten | xargs wc -l)
if git ls-files | grep -E 'src/trustrelay/__init__\.py$'; then report "trustrelay is a namespace package: no __init__.py"; fi
if git ls-files | grep -E '(^|/)uv\.lock$'; then report "uv.lock would name hosts"; fi
if git grep -nIE 'https?://[^ "]+/(simple|packages/[0-9a-f]{2})/?|"resolved": *"http|index[-_]url *= *"?http' -- . ':!scripts/check_tree.sh'; then
  report "a package index is named by its address"
fi
exit $fail
