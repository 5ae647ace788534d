#!/usr/bin/env bash
#
# Chooses the cluster for make demo: prints kind if it can be used, otherwise local, and says why.
set -euo pipefail

# missing names the first requirement of kind that this machine lacks, if any.
missing() {
  local command
  for command in docker kind kubectl; do
    command -v "$command" > /dev/null || {
      echo "$command is not on the PATH"
      return
    }
  done
  docker info > /dev/null 2>&1 || echo "docker info fails"
}

missing=$(missing)
if [ -z "$missing" ]; then
  echo "CLUSTER=kind, because Docker and kind are installed; make demo CLUSTER=local uses neither." >&2
  echo kind
else
  echo "CLUSTER=local, a cluster built from Go modules, because kind cannot be used: $missing." >&2
  echo local
fi
