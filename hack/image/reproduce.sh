#!/usr/bin/env bash
#
# Builds the image of the last commit into an archive, twice, the second time with an empty cache, from two clones at
# different paths, and compares the archives bit by bit: IMG=<name> VERSION=<version> reproduce.sh ARCHIVE
set -euo pipefail

archive=$(realpath --canonicalize-missing "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for clone in one another/place; do
  mkdir -p "$work/$clone"
  git clone --quiet . "$work/$clone/repository"
done
"$work/one/repository/hack/image/build.sh" "$archive"
GOCACHE=$work/cache "$work/another/place/repository/hack/image/build.sh" "$work/another/place/image.tar"
cmp "$archive" "$work/another/place/image.tar"
echo "Both archives are $(sha256sum < "$archive" | cut -d' ' -f1)"
