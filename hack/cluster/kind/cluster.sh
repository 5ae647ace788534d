# A kind cluster. Sourced by ../cluster.sh.
# shellcheck shell=bash
need docker kind
docker version > /dev/null 2>&1 || die "CLUSTER=kind needs a running Docker daemon"

name=extendedjob

exists() {
  kind get clusters 2> /dev/null | grep -qx "$name"
}

up() {
  if exists; then
    echo "The kind cluster $name is already there: kubectl --context kind-$name. Stop it: make cluster-down CLUSTER=kind"
    return
  fi
  echo "Creating the kind cluster $name: one to three minutes"
  kind create cluster --name "$name" --wait 3m
}

down() {
  kind delete cluster --name "$name"
}

status() {
  if exists; then
    echo "up: the kind cluster $name. Use it: kubectl --context kind-$name. Stop it: make cluster-down CLUSTER=kind"
  else
    echo "down: there is no kind cluster $name. Start it: make cluster-up CLUSTER=kind"
    return 1
  fi
}

load() {
  need_archive "$1"
  exists || die "there is no kind cluster $name; start it: make cluster-up CLUSTER=kind"
  kind load image-archive --name "$name" "$1"
}
