# A cluster of the user's, which is never started, stopped or changed. Sourced by ../cluster.sh.
# shellcheck shell=bash
need kubectl
[ -n "${KUBE_CONTEXT:-}" ] || die "CLUSTER=existing needs KUBE_CONTEXT=<a context of your kubeconfig>"

reachable() {
  kubectl --context "$KUBE_CONTEXT" get --raw /readyz > /dev/null
}

up() {
  reachable || die "the cluster of context $KUBE_CONTEXT does not answer"
  echo "Using the cluster of context $KUBE_CONTEXT; it is neither started nor stopped from here."
}

down() {
  echo "The cluster of context $KUBE_CONTEXT is yours and stays up."
}

status() {
  if reachable; then
    echo "up: the cluster of context $KUBE_CONTEXT"
  else
    echo "down: the cluster of context $KUBE_CONTEXT does not answer"
    return 1
  fi
}

load() {
  [ -n "${IMG:-}" ] || die "CLUSTER=existing needs IMG=<an image that the cluster can pull>"
  echo "The cluster of context $KUBE_CONTEXT pulls $IMG from its registry; $1 is not loaded."
}
