#!/usr/bin/env bash
#
# Starts, stops, shows and fills the cluster that the operator is developed and tested on. CLUSTER says which one:
#   local     the project's own, on this machine (default)
#   kind      a kind cluster, where there are Docker and kind
#   existing  any other cluster: the context KUBE_CONTEXT of the user's kubeconfig
#
# For tests, programs of the local one can be killed and started again, and its etcd be compacted.
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
  *) die "CLUSTER=$CLUSTER is not known: it is local, kind or existing" ;;
esac

case "$*" in
  up | down | status) "$1" ;;
  "restart "* | compact-etcd)
    [ "$CLUSTER" = local ] || die "programs can be restarted, and etcd compacted, in the local cluster only"
    if [ "$1" = restart ]; then restart "$2"; else compact; fi
    ;;
  "load "*) load "$2" ;;
  *)
    echo "usage: [CLUSTER=local|kind|existing] $0 up|down|status|load ARCHIVE|restart PROGRAM|compact-etcd" >&2
    exit 2
    ;;
esac
