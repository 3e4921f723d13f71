#!/bin/bash
# Builds the images, two at a time, writes their SBOMs to build/sbom/, prints a table of sizes; fails when one is over its budget.
#   scripts/images.sh [--tag TAG] [--base IMAGE] [--clean | --prove-network] [IMAGE...]     IMAGE: a service's folder name, or devservers; default all
#   --clean           in an image store of its own that holds the base image and nothing else, and goes away afterwards: what a first build costs
#   --prove-network   the same without any network but a proxy that lets Debian's mirror and the package index through and lists what it was asked for
# Builder: $IMAGE_BUILDER (cluster | podman | docker), else the test cluster's tool where it lies beside the repository, else podman, else docker.
# Behind a proxy: INDEX_URL=address for Python packages, CA_FILE=bundle.pem for its certificate. JOBS=1: one at a time. See docs/images.md.
set -euo pipefail
cd "$(dirname "$0")/.."
cluster=../shared/cluster/cluster logs=build/images-log
tag=dev base=python:3.11-slim-bookworm mode= names=()
usage() { sed -n '3s/^# *//p' "$0" >&2; exit 2; }
die() { echo "images: $*" >&2; exit 1; }
while [ $# -gt 0 ]; do
  case $1 in
    --tag) tag=${2:?--tag needs a value}; shift 2 ;;
    --base) base=${2:?--base needs a value}; shift 2 ;;
    --clean | --prove-network) [ -z "$mode" ] || usage; mode=${1#--}; shift ;;
    -*) usage ;;
    *) names+=("$1"); shift ;;
  esac
done
all=(osint-service document-service devservers case-api workflow-worker persistence-service)  # what takes longest begins first
[ ${#names[@]} -gt 0 ] || names=("${all[@]}")

# MB on top of the base image, uncompressed.
budget() { case $1 in osint-service) echo 250 ;; document-service) echo 850 ;; devservers) echo 650 ;; *) echo 175 ;; esac; }
dockerfile() { if [ "$1" = devservers ]; then echo deploy/images/devservers/Dockerfile; else echo "services/$1/Dockerfile"; fi; }
# The name as every engine reads it.
image() { echo "docker.io/trustrelay/$1:$tag"; }
for name in "${names[@]}"; do [ -f "$(dockerfile "$name")" ] || { echo "images: no such image: $name (there are: ${all[*]})" >&2; exit 2; }; done

builder=${IMAGE_BUILDER:-}
if [ -z "$builder" ]; then
  if [ -x $cluster ] && [ "$(id -u)" = 0 ]; then builder=cluster
  elif command -v podman >/dev/null; then builder=podman
  elif command -v docker >/dev/null; then builder=docker
  else die "neither podman nor docker is installed"; fi
fi
if [ "$builder" = cluster ]; then
  command -v podman >/dev/null || $cluster install
  podman image exists docker.io/library/python:3.11-slim-bookworm || $cluster base
  engine=(podman --cgroup-manager=cgroupfs --events-backend=file --runtime="$(realpath ../shared/cluster/runc-wrapper)")
else
  engine=("$builder")
  "$builder" image inspect "$base" >/dev/null 2>&1 || "$builder" pull "$base"  # builds may keep it to themselves, and its size is asked for
fi
mkdir -p build/sbom $logs

store= running=()
finish() { # ends what still runs, with all its processes; removes the store of a clean build
  for pid in "${running[@]}"; do ! kill -0 "$pid" 2>/dev/null || kill -TERM -- "-$pid" || true; done
  wait
  [ -n "$store" ] || return 0
  awk -v below="$store/" 'index($2, below) == 1 {print $2}' /proc/mounts | sort -r | xargs -r umount --lazy
  rm -rf --one-file-system "$store"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

debian_hosts() { # of the mirrors that the base image names
  local container; container=$("${engine[@]}" create "$base" true)
  "${engine[@]}" cp "$container:/etc/apt" - | tar -xO --wildcards 'apt/sources.list*' | grep -v '^ *#' | grep -oE 'https?://[^/ ]+' | sort -u
  "${engine[@]}" rm "$container" >/dev/null
}
index_hosts() { # of the index in use, else of pip's own default and where that keeps its files, which pip alone knows
  local python=python3; [ ! -x .venv/bin/python ] || python=.venv/bin/python
  INDEX_URL=${INDEX_URL:-${UV_DEFAULT_INDEX:-$($python -m pip config get global.index-url 2>/dev/null || true)}} $python - <<'X'
import os
from pip._internal.models.index import PyPI
print(os.environ["INDEX_URL"] or f"{PyPI.url}\nhttps://{PyPI.file_storage_domain}")
X
}
if [ "$mode" = prove-network ]; then
  [ -z "${HTTPS_PROXY:-}${https_proxy:-}" ] || die "--prove-network puts a proxy of its own in front, and there is one already (HTTPS_PROXY)"
  allow=(); while IFS=/ read -r _ _ host _; do allow+=(--allow "${host%%:*}"); done < <(debian_hosts; index_hosts)
  python3 deploy/images/egress.py "${allow[@]}" $logs/hosts.txt scripts/images.sh --clean --tag "$tag" --base "$base" "${names[@]}" || code=$?
  echo; echo "hosts reached, connections, bytes received"; cat $logs/hosts.txt
  exit "${code:-0}"
fi
if [ "$mode" = clean ]; then
  { [ "$builder" != docker ] && [ "$(id -u)" = 0 ]; } || die "--clean needs podman, as root"
  store=$(mktemp -d /var/tmp/trustrelay-images.XXXXXX)
  printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/root"\nrunroot = "%s/run"\n' "$store" "$store" >"$store/storage.conf"
  "${engine[@]}" save -q "$base" | CONTAINERS_STORAGE_CONF=$store/storage.conf "${engine[@]}" load -q >/dev/null
  mkdir "$store/tmp"
  export CONTAINERS_STORAGE_CONF=$store/storage.conf TMPDIR=$store/tmp  # a build that is ended leaves its working files there
fi

revision=$(git describe --always --dirty --abbrev=40 --exclude='*' 2>/dev/null || echo unknown)
options=(--build-arg "BASE=$base" --build-arg "VERSION=$tag" --build-arg "REVISION=$revision")
[ -z "${INDEX_URL:-}" ] || options+=(--build-arg "INDEX_URL=$INDEX_URL")
[ -z "${CA_FILE:-}" ] || options+=(--secret "id=ca,src=$CA_FILE")
size() { "${engine[@]}" image inspect --format '{{.Size}}' "$1"; }

build() { # build NAME FULL_NAME [OPTIONS]: its log is NAME's
  local log=$logs/$1.log command=("${engine[@]}" build -t "$2") arguments=(-f "$(dockerfile "$1")" "${options[@]}" "${@:3}")
  if [ "$builder" = cluster ]; then command=($cluster build . "$2"); else arguments+=(.); fi
  "${command[@]}" "${arguments[@]}" >"$log" 2>&1 || { tail -n 30 "$log" >&2; die "$1 did not build; see $log"; }
}
make_image() { # one image, its SBOM and its row of the table
  local name=$1 began=$SECONDS container added verdict=ok
  build "$name" "$(image "$name")"
  container=$("${engine[@]}" create "$(image "$name")")
  "${engine[@]}" cp "$container:/usr/share/sbom/$name.cdx.json" build/sbom/
  "${engine[@]}" rm "$container" >/dev/null
  added=$((($(size "$(image "$name")") - $(size "$base")) / 1000000))
  [ $added -le "$(budget "$name")" ] || verdict=OVER
  printf '%-22s %8s %8s %6ss  %s\n' "$name" "$added" "$(budget "$name")" $((SECONDS - began)) $verdict >"$logs/$name.row"
  echo "images: $(image "$name")" >&2
}

began=$SECONDS
set -m # each build in a process group of its own, so that it can be ended whole
build "${names[0]}" localhost/trustrelay-build-tools:latest --target tools & running=($!)  # the stage that all share: made once
wait "${running[0]}" || exit 1
for name in "${all[@]}"; do
  [[ " ${names[*]} " == *" $name "* ]] || continue
  while [ "$(jobs -rp | wc -l)" -ge "${JOBS:-2}" ]; do wait -n || exit 1; done
  make_image "$name" & running+=($!)
done
for pid in "${running[@]}"; do wait "$pid" || exit 1; done
printf '%-22s %8s %8s %7s\n' "MB over the base image" size budget built
over=0
for name in "${names[@]}"; do cat "$logs/$name.row"; ! grep -q ' OVER$' "$logs/$name.row" || over=1; done
printf '%-22s %25s\n' "all together" "$((SECONDS - began))s"
[ $over = 0 ] || die "over budget"
