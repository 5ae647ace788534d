#!/usr/bin/env bash
#
# Builds the image of the last commit twice, from two clones at different paths that share nothing that was compiled, and
# compares the archives bit by bit: IMG=<name> VERSION=<version> reproduce.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for clone in one another/place; do
  mkdir -p "$work/$clone"
  git clone --quiet . "$work/$clone/repository"
  GOCACHE=$work/$clone/cache "$work/$clone/repository/hack/image/build.sh" "$work/$clone/image.tar"
done
cmp "$work/one/image.tar" "$work/another/place/image.tar"
echo "Both archives are $(sha256sum < "$work/one/image.tar" | cut -d' ' -f1)"
