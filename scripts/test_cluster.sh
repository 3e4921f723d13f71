#!/usr/bin/env bash
# Installs the umbrella chart on a real cluster and runs a case to APPROVED: scripts/test_cluster.sh
# On ../shared/cluster/cluster where it is there, else on any kubeconfig ($KUBECONFIG; images must be reachable by it: REGISTRY, TAG).
#   STEPS="install test open-cases upgrade version finish-cases rollback delete-pods"   PROFILE=ci|dev   TAG=dev NEXT_TAG=…
set -euo pipefail
cd "$(dirname "$0")/.."
TAG=${TAG:-dev} PROFILE=${PROFILE:-ci} NAMESPACE=${NAMESPACE:-trustrelay} RELEASE=${RELEASE:-trustrelay}
CLUSTER=$(realpath ../shared/cluster/cluster 2>/dev/null || true)
IMAGES=(case-api workflow-worker document-service osint-service persistence-service devservers)
CHARTS=$PWD/build/charts/install

if [ -x "${CLUSTER:-}" ] && [ -z "${KUBECONFIG:-}" ]; then
  local_cluster=1 render=(--post-renderer helm-compat)
  run() { "$CLUSTER" exec "$@"; }
else
  local_cluster= render=()
  run() { "$@"; }
fi
say() { echo "test-cluster: $(date +%T) $*"; }

prepare() { # an older API than the charts' kubeVersion: the copy that is installed does not name one
  scripts/charts.sh build
  rm -rf "$CHARTS"; mkdir -p "$(dirname "$CHARTS")"; cp -r deploy/helm "$CHARTS"
  if [ -n "$local_cluster" ]; then
    "$CLUSTER" up >/dev/null
    sed -i '/^kubeVersion:/d' "$CHARTS"/*/Chart.yaml
    rm -rf "$CHARTS"/*/charts
    HELM_DIR=$CHARTS scripts/charts.sh build
    # Seconds per image: only those that the cluster does not have yet.
    [ -n "${SKIP_LOAD:-}" ] || for image in "${IMAGES[@]}"; do "$CLUSTER" load "trustrelay/$image:$TAG"; done
  fi
}

helm_upgrade() { # helm_upgrade TAG MORE...
  local tag=$1; shift
  run helm upgrade --install "$RELEASE" "$CHARTS/trustrelay" --namespace "$NAMESPACE" --create-namespace \
    -f "$CHARTS/trustrelay/profiles/$PROFILE.yaml" --set "global.image.tag=$tag" ${REGISTRY:+--set global.image.registry="$REGISTRY"} \
    --wait --timeout 10m "${render[@]}" "$@"
}

install() {
  run kubectl create namespace "$NAMESPACE" >/dev/null 2>&1 || run kubectl get namespace "$NAMESPACE" >/dev/null
  RELEASE=$RELEASE deploy/kind/dev-secrets >build/charts/secrets.json
  run kubectl apply -n "$NAMESPACE" -f "$PWD/build/charts/secrets.json" >/dev/null; rm -f build/charts/secrets.json
  helm_upgrade "$TAG" && say "installed"
  run kubectl -n "$NAMESPACE" get pods
}
case_test() { run helm test "$RELEASE" --namespace "$NAMESPACE" --logs --timeout 15m; }

cases() { # cases that wait on humans: opened before, ended after something happened to the cluster
  local users=$PWD/build/dev-secrets/dev_users.json
  run env CASE_API="$RELEASE-case-api.$NAMESPACE:50051" ISSUER="http://$RELEASE-dev-issuer.$NAMESPACE:8071" USERS="$users" \
    "$PWD/.venv/bin/python" "$PWD/tests/cluster/cases.py" "$@" | { [ -n "${VERBOSE:-}" ] && cat || tail -n 1; }
}
current_version() { # what Temporal says is the current build of the compliance workers
  run kubectl -n "$NAMESPACE" exec "$RELEASE-dev-temporal-0" -- temporal worker deployment describe --name trustrelay-compliance -o json |
    "$PWD/.venv/bin/python" -c 'import json, re, sys; print(re.findall(r"\"currentVersionBuildID\": *\"([^\"]*)", sys.stdin.read()))'
}
prepare
for step in ${STEPS:-install test}; do
  say "$step"
  case $step in
    open-cases) cases open "$PWD/build/charts/cases.json" "${CASES:-3}" ;;
    finish-cases) cases finish "$PWD/build/charts/cases.json" ;;
    version) current_version ;;
    delete-pods) for name in case-api workflow-worker persistence-service document-service osint-service; do
        run kubectl -n "$NAMESPACE" delete pod -l "app.kubernetes.io/name=$name,app.kubernetes.io/instance=$RELEASE" --wait=false >/dev/null; done ;;
    install) install ;;
    test) case_test ;;
    upgrade) helm_upgrade "${NEXT_TAG:?NEXT_TAG names the tag to upgrade to}" ;;
    rollback) run helm rollback "$RELEASE" --namespace "$NAMESPACE" --wait --timeout 10m ;;
    *) echo "test-cluster: unknown step $step" >&2; exit 2 ;;
  esac
done
say "TEST CLUSTER OK"
