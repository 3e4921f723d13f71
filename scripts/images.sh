#!/bin/bash
# Builds the images one after the other, writes their SBOMs to build/sbom/, prints a table of sizes; fails when one is over its budget.
#   scripts/images.sh [--tag TAG] [--base IMAGE] [IMAGE...]     IMAGE: a service's folder name, or devservers; default all
# Builder: $IMAGE_BUILDER (cluster | podman | docker), else the test cluster's tool where it lies beside the repository, else podman, else docker.
# Behind a proxy: INDEX_URL=address for Python packages, CA_FILE=bundle.pem for its certificate. See docs/images.md.
set -euo pipefail
cd "$(dirname "$0")/.."
cluster=../shared/cluster/cluster
tag=dev base=python:3.11-slim-bookworm names=()
while [ $# -gt 0 ]; do
  case $1 in
    --tag) tag=${2:?--tag needs a value}; shift 2 ;;
    --base) base=${2:?--base needs a value}; shift 2 ;;
    -*) echo "usage: scripts/images.sh [--tag TAG] [--base IMAGE] [IMAGE...]" >&2; exit 2 ;;
    *) names+=("$1"); shift ;;
  esac
done
all=(case-api workflow-worker persistence-service osint-service document-service devservers)
[ ${#names[@]} -gt 0 ] || names=("${all[@]}")

# MB on top of the base image, uncompressed.
budget() { case $1 in osint-service) echo 250 ;; document-service) echo 850 ;; devservers) echo 650 ;; *) echo 175 ;; esac; }
dockerfile() { if [ "$1" = devservers ]; then echo deploy/images/devservers/Dockerfile; else echo "services/$1/Dockerfile"; fi; }

for name in "${names[@]}"; do [ -f "$(dockerfile "$name")" ] || { echo "images: no such image: $name (there are: ${all[*]})" >&2; exit 2; }; done

builder=${IMAGE_BUILDER:-}
if [ -z "$builder" ]; then
  if [ -x $cluster ] && [ "$(id -u)" = 0 ]; then builder=cluster
  elif command -v podman >/dev/null; then builder=podman
  elif command -v docker >/dev/null; then builder=docker
  else echo "images: neither podman nor docker is installed" >&2; exit 1; fi
fi
if [ "$builder" = cluster ]; then
  command -v podman >/dev/null || $cluster install
  podman image exists docker.io/library/python:3.11-slim-bookworm || $cluster base
  engine=(podman --cgroup-manager=cgroupfs --events-backend=file --runtime="$(realpath ../shared/cluster/runc-wrapper)")
else
  engine=("$builder")
fi
# The name as every engine reads it.
image() { echo "docker.io/trustrelay/$1:$tag"; }
size() { "${engine[@]}" image inspect --format '{{.Size}}' "$1"; }

options=(--build-arg "BASE=$base" --build-arg "VERSION=$tag" --build-arg "REVISION=$(git rev-parse HEAD 2>/dev/null || echo unknown)")
[ -z "${INDEX_URL:-}" ] || options+=(--build-arg "INDEX_URL=$INDEX_URL")
[ -z "${CA_FILE:-}" ] || options+=(--secret "id=ca,src=$CA_FILE")

mkdir -p build/sbom build/images-log
over=0 rows=()
for name in "${names[@]}"; do
  log=build/images-log/$name.log began=$SECONDS
  command=("${engine[@]}" build -t "$(image "$name")")
  arguments=(-f "$(dockerfile "$name")" "${options[@]}")
  if [ "$builder" = cluster ]; then command=($cluster build . "$(image "$name")"); else arguments+=(.); fi
  "${command[@]}" "${arguments[@]}" >"$log" 2>&1 || { tail -n 30 "$log" >&2; echo "images: $name did not build; see $log" >&2; exit 1; }
  container=$("${engine[@]}" create "$(image "$name")")
  "${engine[@]}" cp "$container:/usr/share/sbom/$name.cdx.json" build/sbom/
  "${engine[@]}" rm "$container" >/dev/null
  added=$((($(size "$(image "$name")") - $(size "$base")) / 1000000))
  verdict=ok; [ $added -le "$(budget "$name")" ] || { verdict=OVER; over=1; }
  rows+=("$(printf '%-22s %8s %8s %6ss  %s' "$name" "$added" "$(budget "$name")" $((SECONDS - began)) $verdict)")
  echo "images: $(image "$name")" >&2
done
printf '%-22s %8s %8s %7s\n' "MB over the base image" size budget built
printf '%s\n' "${rows[@]}"
[ $over = 0 ] || { echo "images: over budget" >&2; exit 1; }
