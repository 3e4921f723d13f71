#!/usr/bin/env bash
# The umbrella chart on a real cluster, from install to uninstall, with cases open all the while: scripts/test_cluster.sh (after make images)
# On ../shared/cluster/cluster where it is there: begins with an empty cluster and ends it, whatever happens. Else on any kubeconfig
# ($KUBECONFIG) that can reach the images (REGISTRY, TAG, NEXT_TAG). What failed, and why, is kept in build/test-cluster.
#   STEPS="install test open"   some steps only, on the cluster as it is; it stays up (KEEP=1 keeps it after a whole run too)
#   TAG=dev NEXT_TAG=dev-next PROFILE=ci SKIP_LOAD=1 (images are in the cluster already)
set -euo pipefail
cd "$(dirname "$0")/.."
WHOLE="install test open balance upgrade open-new rollback open-new finish disturb uninstall"
KEEP=${KEEP:-${STEPS:+1}} STEPS=${STEPS:-$WHOLE}
TAG=${TAG:-dev} PROFILE=${PROFILE:-ci} NAMESPACE=${NAMESPACE:-trustrelay} RELEASE=${RELEASE:-trustrelay}
CLUSTER=$(realpath ../shared/cluster/cluster 2>/dev/null || true)
SERVICES=(case-api persistence-service document-service osint-service workflow-worker)
IMAGES=("${SERVICES[@]}" devservers)
# What has pods of its own: the services that are called, and the workers of each domain, as SERVICE/DOMAIN.
DOMAINS=(compliance shipment monitoring batch) UNITS=("${SERVICES[@]:0:4}")
for domain in "${DOMAINS[@]}"; do UNITS+=("workflow-worker/$domain"); done
TESTS=$PWD/tests/cluster OUT=$PWD/build/test-cluster CHARTS=$PWD/build/charts/install PY=$PWD/.venv/bin/python
# Ready pods, as "NAME=IMAGE ".
# shellcheck disable=SC2016  # Go's variables
READY='{{range .items}}{{$pod := .metadata.name}}{{$image := (index .spec.containers 0).image}}{{if not .metadata.deletionTimestamp}}{{range .status.conditions}}{{if and (eq .type "Ready") (eq .status "True")}}{{$pod}}={{$image}} {{end}}{{end}}{{end}}{{end}}'
step=prepare load_pid="" timings=()

if [ -x "$CLUSTER" ] && [ -z "${KUBECONFIG:-}" ]; then
  local_cluster=1 render=(--post-renderer helm-compat) NEXT_TAG=${NEXT_TAG:-$TAG-next}
  run() { "$CLUSTER" exec "$@"; }
  # That API knows no gRPC probes: an exec of the same question over a plain socket, as importing gRPC at each probe weighs on a small node.
  GRPC_PROBE_COMMAND="python -ISc $("$PY" -c 'import shlex, sys; print(shlex.quote(open(sys.argv[1]).read()))' "$TESTS/probe.py") {port} {service}"
  export GRPC_PROBE_COMMAND
else
  local_cluster="" render=()
  run() { "$@"; }
fi
k() { run kubectl -n "$NAMESPACE" "$@"; }
say() { echo "test-cluster: $(date +%T) $*"; }
die() { say "$*" >&2; exit 1; }
until_ok() { # until_ok SECONDS WHAT COMMAND...
  local end=$((SECONDS + $1)) what=$2; shift 2
  until "$@"; do [ $SECONDS -lt $end ] || die "$what: not in time"; sleep 1; done
}

# --- before the first step ---------------------------------------------------------------------------------------------
step_prepare() {
  mkdir -p "$OUT" build/charts
  [ -z "$local_cluster" ] || own_cluster
  scripts/charts.sh build >"$OUT/charts.log"
  rm -rf "$CHARTS"; cp -r deploy/helm "$CHARTS"
  [ -n "$local_cluster" ] || return 0
  # That API is older than the charts' kubeVersion: the copy that is installed does not name one.
  sed -i '/^kubeVersion:/d' "$CHARTS"/*/Chart.yaml
  rm -rf "$CHARTS"/*/charts
  HELM_DIR=$CHARTS scripts/charts.sh build >"$OUT/charts.log"
}
own_cluster() {
  "$CLUSTER" install >"$OUT/install.log"
  "$CLUSTER" base >>"$OUT/install.log"
  podman image exists "docker.io/trustrelay/devservers:$TAG" || scripts/images.sh --tag "$TAG"
  local verb=up up_pid
  [ "$STEPS" != "$WHOLE" ] || [ -n "${SKIP_LOAD:-}" ] || verb=reset
  "$CLUSTER" $verb >"$OUT/$verb.log" 2>&1 & up_pid=$!
  [ -n "${SKIP_LOAD:-}" ] || archive_images
  wait $up_pid || { cat "$OUT/$verb.log" >&2; die "the cluster does not start"; }
  [ -n "${SKIP_LOAD:-}" ] || { "$CLUSTER" load "$OUT/images.tar" >"$OUT/load.log"; rm -f "$OUT/images.tar"; }
}
archive_images() { # both tags in one archive: their layers are in it once
  local name names=()
  for name in "${IMAGES[@]}"; do
    next_image "$name"
    names+=("docker.io/trustrelay/$name:$TAG" "docker.io/trustrelay/$name:$NEXT_TAG")
  done
  podman --cgroup-manager=cgroupfs --events-backend=file save -q -m -o "$OUT/images.tar" "${names[@]}"
}
next_image() { # the same program as another image under another tag, in a second: what an upgrade replaces pods for
  local folder; folder=$(mktemp -d)
  printf 'FROM docker.io/trustrelay/%s:%s\nLABEL org.opencontainers.image.version="%s"\n' "$1" "$TAG" "$NEXT_TAG" >"$folder/Dockerfile"
  "$CLUSTER" build "$folder" "trustrelay/$1:$NEXT_TAG" >"$OUT/next-image.log" 2>&1 || { cat "$OUT/next-image.log" >&2; exit 1; }
  rm -r "$folder"
}

# --- install, upgrade, rollback ----------------------------------------------------------------------------------------
helm_upgrade() { # helm_upgrade TAG
  run helm upgrade --install "$RELEASE" "$CHARTS/trustrelay" --namespace "$NAMESPACE" -f "$CHARTS/trustrelay/profiles/$PROFILE.yaml" \
    -f "$TESTS/values.yaml" --set "global.image.tag=$1" --set "devservers.image.tag=$TAG" ${REGISTRY:+--set global.image.registry="$REGISTRY"} \
    --wait --timeout 8m "${render[@]}" >"$OUT/helm-$1.log" 2>&1 || { tail -n 5 "$OUT/helm-$1.log" >&2; return 1; }
}
step_install() {
  k get namespace "$NAMESPACE" >/dev/null 2>&1 || run kubectl create namespace "$NAMESPACE" >/dev/null
  RELEASE=$RELEASE deploy/kind/dev-secrets | k apply -f - >/dev/null
  k create configmap cluster-test-code --from-file="$TESTS" --dry-run=client -o yaml | k apply -f - >/dev/null
  sed "s/RELEASE/$RELEASE/; s/:TAG\$/:$TAG/; s#image: #image: ${REGISTRY:+$REGISTRY/}#" "$TESTS/observer.yaml" | k apply -f - >/dev/null
  helm_upgrade "$TAG"
  k wait --for=condition=Ready pod/cluster-test-observer --timeout=60s >/dev/null
  current_version_is "$TAG"
}
step_test() { run helm test "$RELEASE" --namespace "$NAMESPACE" --logs --timeout 10m >"$OUT/helm-test.log" 2>&1 || return 1; grep "SMOKE OK" "$OUT/helm-test.log"; }
current_version_is() { # what Temporal says is the current build of each domain's workers
  local seen domain
  for domain in "${DOMAINS[@]}"; do
    seen=$(k exec "$RELEASE-dev-temporal-0" -- temporal worker deployment describe --name "trustrelay-$domain" -o json |
      sed -n 's/.*"currentVersionBuildID": *"\([^"]*\)".*/\1/p' | head -n 1)
    [ "$seen" = "$1" ] || die "the current version of the $domain workers is '$seen', expected '$1'"
  done
  say "current version of ${DOMAINS[*]}: $1"
}
step_upgrade() { helm_upgrade "${NEXT_TAG:?NEXT_TAG names the tag to upgrade to}"; current_version_is "$NEXT_TAG"; pods_run "$NEXT_TAG"; }
step_rollback() {
  run helm rollback "$RELEASE" --namespace "$NAMESPACE" --wait --timeout 8m >"$OUT/helm-rollback.log" 2>&1 || { tail -n 5 "$OUT/helm-rollback.log" >&2; return 1; }
  current_version_is "$TAG"; pods_run "$TAG"
}
pods_run() { # the ready pods that each unit wants, all of this tag
  local unit pod pods
  for unit in "${UNITS[@]}"; do
    read -ra pods <<<"$(ready "$unit")"
    [ ${#pods[@]} -ge "$(wanted "$unit")" ] || die "$unit has ${#pods[@]} ready pods"
    for pod in "${pods[@]}"; do [[ $pod == *:$1 ]] || die "${pod%=*} runs ${pod#*=}, expected tag $1"; done
  done
}
wanted() { case $1 in workflow-worker/compliance) echo 2 ;; workflow-worker/*) echo 1 ;; *) echo 2 ;; esac; } # as profile ci has them
labels() { # labels UNIT
  local domain=""
  [[ $1 != */* ]] || domain=",trustrelay.io/domain=${1#*/}"
  echo "app.kubernetes.io/instance=$RELEASE,app.kubernetes.io/name=${1%/*}$domain"
}
ready() { k get pods -l "$(labels "$1")" -o "go-template=$READY"; }
ready_pods() { local pods; read -ra pods <<<"$(ready "$1")"; echo "${pods[@]%%=*}"; }

# --- cases -------------------------------------------------------------------------------------------------------------
observe() { k exec cluster-test-observer -c driver -- env SEED="${SEED:-1}" python "$@"; }
step_open() { observe /code/cases.py open /data/cases.json REQUIREMENTS_REVIEW AWAITING_DOCUMENTS AWAITING_SECOND_APPROVAL; }
step_open_new() { observe /code/cases.py open /data/cases.json REQUIREMENTS_REVIEW; }
step_finish() { observe /code/cases.py finish /data/cases.json; }
step_balance() { # each pod of the four services that are called has its share
  local name found pods=()
  for name in "${SERVICES[@]:0:4}"; do read -ra found <<<"$(ready_pods "$name")"; pods+=("${found[@]}"); done
  [ ${#pods[@]} -ge 8 ] || die "two pods of each service are wanted, there are: ${pods[*]}"
  observe /code/balance.py /data/telemetry/traces.jsonl 60 "${pods[@]}"
}

# --- disturbances, under load ------------------------------------------------------------------------------------------
step_disturb() {
  k exec cluster-test-observer -c driver -- rm -f /data/stop
  observe /code/load.py "${LANES:-2}" /data/stop >"$OUT/load-cases.log" 2>&1 & load_pid=$!
  until_ok 60 "the load" grep -qs driving "$OUT/load-cases.log"
  local what what_began
  for what in ${DISTURB:-delete evict servers}; do
    what_began=$SECONDS; "step_$what"; timings+=("$(printf '  %-8s %5s s' "$what" $((SECONDS - what_began)))")
    kill -0 $load_pid 2>/dev/null || { cat "$OUT/load-cases.log" >&2; die "the load ended during $what"; }
  done
  k exec cluster-test-observer -c driver -- touch /data/stop
  local result=0; wait $load_pid || result=$?
  load_pid=""; grep -v driving "$OUT/load-cases.log"
  return $result
}
whole_without() { # whole_without UNIT PODS: as many ready pods as it wants, none of them of PODS
  local pod pods; read -ra pods <<<"$(ready_pods "$1")"
  [ ${#pods[@]} -ge "$(wanted "$1")" ] || return 1
  for pod in "${pods[@]}"; do [[ " $2 " != *" $pod "* ]] || return 1; done
}
step_delete() { # one pod of each unit, one after the other, each before the one before is whole again
  local unit pods gone=()
  for unit in "${UNITS[@]}"; do
    read -ra pods <<<"$(ready_pods "$unit")"
    k delete pod "${pods[0]}" --wait=false >/dev/null
    gone+=("${pods[0]}"); sleep 3
  done
  for unit in "${UNITS[@]}"; do until_ok 400 "$unit after the deletion of a pod" whole_without "$unit" "${gone[*]}"; done
  say "deleted: ${gone[*]}"
}
step_evict() { # as `kubectl drain` does: every pod at once, again and again while its budget refuses. (One node: a drain itself has nowhere to go.)
  local unit pod pods=() found left all refused=0 tries=0 end=$((SECONDS + 600)) version=v1beta1
  [[ $'\n'$(run kubectl api-versions)$'\n' != *$'\n'policy/v1$'\n'* ]] || version=v1
  for unit in "${UNITS[@]}"; do read -ra found <<<"$(ready_pods "$unit")"; pods+=("${found[@]}"); done
  all="${pods[*]}"
  while [ ${#pods[@]} -gt 0 ]; do
    left=()
    for pod in "${pods[@]}"; do
      tries=$((tries + 1))
      if ! eviction "$pod" $version; then left+=("$pod"); refused=$((refused + 1)); fi
    done
    pods=("${left[@]}")
    [ $SECONDS -lt $end ] || die "not evicted in time: ${pods[*]}"
    [ ${#pods[@]} = 0 ] || sleep 2
  done
  [ $refused -gt 0 ] || die "no eviction was refused: the disruption budgets do not hold"
  for unit in "${UNITS[@]}"; do until_ok 400 "$unit after its eviction" whole_without "$unit" "$all"; done
  say "evict: $tries requests, $refused refused by a budget"
}
eviction() { # eviction POD VERSION: fails when the pod's budget refuses it; anything else but success ends the test
  local answer
  if answer=$(printf '{"apiVersion": "policy/%s", "kind": "Eviction", "metadata": {"name": "%s", "namespace": "%s"}}' "$2" "$1" "$NAMESPACE" |
    k create --raw "/api/v1/namespaces/$NAMESPACE/pods/$1/eviction" -f - 2>&1); then return 0; fi
  [[ $answer == *"disruption budget"* ]] || die "eviction of $1: $answer"
  return 1
}
step_servers() { # Temporal's and Postgres' only pods; their volumes stay
  local name uid
  for name in temporal postgres; do
    uid=$(k get pod "$RELEASE-dev-$name-0" -o 'jsonpath={.metadata.uid}')
    k delete pod "$RELEASE-dev-$name-0" --wait=false >/dev/null
    until_ok 400 "$name after its deletion" another_is_ready "$RELEASE-dev-$name-0" "$uid"
  done
}
another_is_ready() { # another_is_ready POD UID
  local seen
  seen=$(k get pod "$1" -o 'jsonpath={.metadata.uid} {.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null) || return 1
  [[ $seen == *" True" && $seen != "$2 "* ]]
}

# --- the end -----------------------------------------------------------------------------------------------------------
step_uninstall() {
  local left
  run helm uninstall "$RELEASE" --namespace "$NAMESPACE" --wait --timeout 5m >/dev/null 2>&1
  # Hooks are not Helm's to remove (docs/deployment/upgrade.md); what is left then are the volumes, which hold the cases.
  k delete jobs,pods,networkpolicies,serviceaccounts,secrets,configmaps -l "app.kubernetes.io/instance=$RELEASE" --wait=false >/dev/null
  k delete configmap/cluster-test-code service/cluster-test-observer networkpolicy/cluster-test-observer --ignore-not-found >/dev/null
  until_ok 120 "the pods' end" no_pods
  left=$(k get all,configmaps,secrets,serviceaccounts,networkpolicies,poddisruptionbudgets,persistentvolumeclaims,ingresses -o name |
    grep -vE '^(secret/(trustrelay-|default-token)|serviceaccount/default$|configmap/kube-root-ca.crt$)' | sort | tr '\n' ' ')
  say "left after uninstall: $left"
  [ "$left" = "persistentvolumeclaim/data-$RELEASE-dev-postgres-0 persistentvolumeclaim/data-$RELEASE-dev-s3-0 persistentvolumeclaim/data-$RELEASE-dev-temporal-0 " ] ||
    die "uninstall leaves something else than the dev servers' volumes"
  run kubectl delete namespace "$NAMESPACE" --timeout=180s >/dev/null
}
no_pods() { [ -z "$(k get pods -o name)" ]; }
diagnose() { # everything that tells why, in files; the shortest of it on stderr
  local pod
  { k get pods -o wide; k get events --sort-by=.lastTimestamp; } >"$OUT/pods-and-events.txt" 2>&1
  k describe pods >"$OUT/describe.txt" 2>&1
  for pod in $(k get pods -o 'jsonpath={.items[*].metadata.name}' 2>/dev/null); do
    k logs "$pod" --all-containers --tail=500 >"$OUT/$pod.log" 2>&1
    k logs "$pod" --all-containers --previous --tail=200 >"$OUT/$pod.previous.log" 2>/dev/null || rm -f "$OUT/$pod.previous.log"
  done
  cp /var/lib/test-cluster/log/helm-compat.log "$OUT/" 2>/dev/null
  k get pods 2>&1 | head -n 40 >&2
  grep -E 'Warning' "$OUT/pods-and-events.txt" | tail -n 12 >&2
}
ended() {
  local result=$?
  trap - EXIT INT TERM
  set +e
  [ -z "$load_pid" ] || { k exec cluster-test-observer -c driver -- touch /data/stop; kill "$load_pid"; } 2>/dev/null
  [ $result = 0 ] || diagnose
  [ -z "$local_cluster" ] || [ -n "$KEEP" ] || "$CLUSTER" down >/dev/null
  rm -f "$OUT/images.tar"
  printf '%s\n' "${timings[@]}"
  if [ $result = 0 ]; then echo "TEST CLUSTER OK"; else echo "TEST CLUSTER FAILED in $step; see build/test-cluster" >&2; fi
  exit $result
}
trap ended EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

rm -rf "$OUT"; began=$SECONDS
for step in prepare $STEPS; do
  case $step in
    prepare | install | test | open | open-new | balance | upgrade | rollback | finish | disturb | delete | evict | servers | uninstall) ;;
    *) echo "test-cluster: unknown step $step" >&2; exit 2 ;;
  esac
  say "$step"; step_began=$SECONDS
  "step_${step//-/_}"
  timings+=("$(printf '%-10s %5s s' "$step" $((SECONDS - step_began)))")
done
timings+=("$(printf '%-10s %5s s' whole $((SECONDS - began)))")
