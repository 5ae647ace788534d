#!/usr/bin/env bash
#
# Builds the last commit with a script, and again with an empty cache, from two clones at different paths, and compares the
# results bit by bit: reproduce.sh SCRIPT OUTPUT
# SCRIPT, a path in the repository, builds into the file or directory that is its argument. OUTPUT gets the result.
set -euo pipefail

script=$1
output=$(realpath --canonicalize-missing "$2")
name=$(basename "$output")
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for clone in one another/place; do
  mkdir -p "$work/$clone"
  git clone --quiet . "$work/$clone/repository"
done
"$work/one/repository/$script" "$work/one/$name"
GOCACHE=$work/cache "$work/another/place/repository/$script" "$work/another/place/$name"
diff --recursive --brief "$work/one/$name" "$work/another/place/$name"
mkdir -p "$(dirname "$output")"
cp -r "$work/one/$name" "$(dirname "$output")"
echo "Both builds have these checksums:"
cd "$work/one"
find "$name" -type f -exec sha256sum {} +
