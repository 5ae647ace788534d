#!/usr/bin/env bash
#
# Starts and stops the cluster for development and tests, shows its state, and loads images. CLUSTER says which one:
#   local     the project's own, on this machine (default)
#   kind      a kind cluster, which needs Docker and kind
#   existing  any other cluster: the context KUBE_CONTEXT of the user's kubeconfig
#
# For tests, it can also restart programs of the local cluster and compact its etcd.
set -euo pipefail

CLUSTER=${CLUSTER:-local}
directory=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$directory/lib.sh"
# Each of the files defines the functions up, down, status and load.
case $CLUSTER in
  local)
    # shellcheck source-path=SCRIPTDIR source=local/cluster.sh
    . "$directory/local/cluster.sh"
    ;;
  kind)
    # shellcheck source-path=SCRIPTDIR source=kind/cluster.sh
    . "$directory/kind/cluster.sh"
    ;;
  existing)
    # shellcheck source-path=SCRIPTDIR source=existing/cluster.sh
    . "$directory/existing/cluster.sh"
    ;;
  *) die "unknown CLUSTER=$CLUSTER: set it to local, kind or existing" ;;
esac

case "$*" in
  up | down | status) "$1" ;;
  "restart "* | compact-etcd)
    [ "$CLUSTER" = local ] || die "only the local cluster can restart programs and compact etcd"
    if [ "$1" = restart ]; then restart "$2"; else compact; fi
    ;;
  "load "*) load "$2" ;;
  *)
    echo "usage: [CLUSTER=local|kind|existing] $0 up|down|status|load ARCHIVE|restart PROGRAM|compact-etcd" >&2
    exit 2
    ;;
esac
