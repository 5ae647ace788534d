# A cluster of the user, which is neither started, stopped nor changed. Sourced by ../cluster.sh.
# shellcheck shell=bash

need kubectl
[ -n "${KUBE_CONTEXT:-}" ] || die "CLUSTER=existing needs KUBE_CONTEXT=<a context of your kubeconfig>"

up() {
  status || die "the cluster of context $KUBE_CONTEXT does not answer: start it, or choose another context"
}

down() {
  echo "The cluster of context $KUBE_CONTEXT is yours: stop it yourself."
}

status() {
  if ! kubectl --context="$KUBE_CONTEXT" get --raw=/readyz > /dev/null; then
    echo "The cluster of context $KUBE_CONTEXT does not answer."
    return 1
  fi
  echo "The cluster of context $KUBE_CONTEXT is up."
}

load() {
  [ -n "${IMG:-}" ] || die "CLUSTER=existing needs IMG=<an image that the cluster can pull>"
  echo "The cluster of context $KUBE_CONTEXT pulls $IMG from its registry, so $1 is not loaded."
}
