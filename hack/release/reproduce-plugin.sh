#!/usr/bin/env bash
#
# Builds the archives of the kubectl plugin from the last commit into a directory, twice, the second time with an empty cache,
# from two clones at different paths, and compares them bit by bit:
#   VERSION=<version> [PLATFORMS="linux/amd64 ..."] reproduce-plugin.sh DIRECTORY
set -euo pipefail

mkdir -p "$1"
directory=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for clone in one another/place; do
  mkdir -p "$work/$clone"
  git clone --quiet . "$work/$clone/repository"
done
"$work/one/repository/hack/release/plugin.sh" "$work/one/archives"
GOCACHE=$work/cache "$work/another/place/repository/hack/release/plugin.sh" "$work/another/place/archives"
diff --recursive --brief "$work/one/archives" "$work/another/place/archives"
cp "$work/one/archives"/* "$directory"
echo "Both builds have these archives:"
cat "$work/one/archives"/*-checksums.txt
