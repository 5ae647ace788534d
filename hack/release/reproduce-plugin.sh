#!/usr/bin/env bash
#
# Builds the archives of the kubectl plugin twice from the last commit, from two clones at different paths that share
# nothing that was compiled, and compares them bit by bit:
#   VERSION=<version> [PLATFORMS="linux/amd64 ..."] reproduce-plugin.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for clone in one another/place; do
  mkdir -p "$work/$clone"
  git clone --quiet . "$work/$clone/repository"
  GOCACHE=$work/$clone/cache "$work/$clone/repository/hack/release/plugin.sh" "$work/$clone/archives"
done
diff --recursive --brief "$work/one/archives" "$work/another/place/archives"
echo "Both have these archives:"
cat "$work/one/archives"/*-checksums.txt
