#!/usr/bin/env bash
#
# Builds everything of a release of the last commit that needs no signature, and pushes images and chart, each step with
# a make target: IMG=<name> IMAGE_TOOL=<command> DIST=<directory> RELEASE=<directory> artifacts.sh
# DIST gets the files of the release. RELEASE gets images.txt with the pushed names, the operator's first;
# subjects.txt with the digests of everything that was built; and notes.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

git diff --quiet HEAD || {
  echo "error: a release is built from the last commit, but there are uncommitted changes" >&2
  exit 1
}
mkdir -p "$DIST" "$RELEASE"
rm -f "$DIST"/*.*

# step TARGET [VARIABLE=VALUE...] makes a target and says how long it took.
step() {
  local start=$SECONDS
  make --no-print-directory "$@"
  echo "make $1: $((SECONDS - start)) s"
}
# print TARGET prints the output of a target.
print() {
  make --no-print-directory --silent "$1"
}

step image-reproducible
step release-operator
operator=$("$IMAGE_TOOL" digest "$IMG")
step build-installer IMG="$operator"
step release-bundle IMG="$operator"
step release-catalog
step release-chart IMG="$operator"
step plugin-reproducible
step release-sboms IMG="$operator"
step release-checksums

print release-notes > "$RELEASE/notes.md"
print release-images > "$RELEASE/images.txt"
while read -r image; do
  echo "${image#*@sha256:}  ${image%@*}"
done < <(cat "$RELEASE/images.txt" && "$IMAGE_TOOL" platforms "$operator" | cut -d' ' -f2) > "$RELEASE/subjects.txt"
cat "$DIST/checksums.txt" >> "$RELEASE/subjects.txt"
echo "Pushed:"
cat "$RELEASE/images.txt"
echo "Written to $DIST:"
cat "$DIST/checksums.txt"
