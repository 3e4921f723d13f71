#!/bin/bash
# Makes build/chart-tools: checkov, kubernetes-validate and hadolint, hash-locked, in an environment of their own. Does nothing when it is current.
set -euo pipefail
cd "$(dirname "$0")/.."
tools=build/chart-tools
current=$(sha256sum < requirements/charts.txt | cut -d' ' -f1)
if [ "$(cat $tools/.ready 2>/dev/null)" = "$current" ]; then exit 0; fi
echo "charts: checking tools (about a minute the first time)"
python3 -m venv $tools
.venv/bin/uv pip sync --quiet --python $tools/bin/python --require-hashes requirements/charts.txt
echo "$current" > $tools/.ready
