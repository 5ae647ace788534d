#!/usr/bin/env bash
#
# Starts, stops, shows and fills the cluster that the operator is developed and tested on. CLUSTER says which one:
#   local     the project's own, on this machine (default)
#   kind      a kind cluster, where there are Docker and kind
#   existing  any other cluster: the context KUBE_CONTEXT of the user's kubeconfig
#
# The API server of the local one can also be killed and started again, for tests.
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
  restart-api-server)
    [ "$CLUSTER" = local ] || die "only the local cluster can restart its API server"
    restart_api_server
    ;;
  "load "*) load "$2" ;;
  *)
    echo "usage: [CLUSTER=local|kind|existing] $0 up|down|status|restart-api-server|load ARCHIVE" >&2
    exit 2
    ;;
esac
