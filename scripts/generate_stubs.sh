#!/bin/bash
# Regenerates the committed stubs of libs/contracts from proto/. Used by `make proto`; `make lint` fails when the result differs.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:-libs/contracts/src}
bin=$PWD/.venv/bin
find "$out/trustrelay" -name '*_pb2*' -delete 2>/dev/null || true
mkdir -p "$out"
PATH="$bin:$PATH" "$bin/python" -m grpc_tools.protoc -I proto \
  --python_out="$out" --grpc_python_out="$out" --mypy_out=quiet:"$out" --mypy_grpc_out=quiet,generate_async:"$out" \
  $(find proto -name '*.proto' | sort)
