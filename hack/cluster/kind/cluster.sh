# A kind cluster. Sourced by ../cluster.sh.
# shellcheck shell=bash

need docker kind kubectl
docker version > /dev/null 2>&1 || die "CLUSTER=kind needs a running Docker daemon"

name=extendedjob

up() {
  if ! is_up; then
    echo "Creating the kind cluster $name: 1 to 3 minutes"
    kind create cluster --name "$name" --wait 5m
  fi
  how_to_use
}

down() {
  kind delete cluster --name "$name"
}

status() {
  if ! is_up; then
    echo "The kind cluster $name is down. Start it: make cluster-up CLUSTER=kind"
    return 1
  fi
  how_to_use
}

load() {
  need_archive "$1"
  is_up || die "the kind cluster $name is down; start it: make cluster-up CLUSTER=kind"
  kind load image-archive --name "$name" "$1"
}

is_up() {
  kind get clusters 2> /dev/null | grep -qx "$name"
}

how_to_use() {
  echo "The kind cluster $name is up.
Use it:   kubectl --context=kind-$name get pods --all-namespaces
Stop it:  make cluster-down CLUSTER=kind"
}
