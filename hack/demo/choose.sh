#!/usr/bin/env bash
#
# Chooses the cluster for make demo: prints kind where that can be used, else local, and says why.
set -euo pipefail

# missing says what kind needs and this machine does not have, if there is such a thing.
missing() {
  local command
  for command in docker kind kubectl; do
    command -v "$command" > /dev/null || {
      echo "there is no $command on the PATH"
      return
    }
  done
  docker info > /dev/null 2>&1 || echo "docker info fails"
}

missing=$(missing)
if [ -z "$missing" ]; then
  echo "CLUSTER=kind, since Docker and kind are there; make demo CLUSTER=local uses neither." >&2
  echo kind
else
  echo "CLUSTER=local, a cluster built from Go modules, since kind cannot be used: $missing." >&2
  echo local
fi
