#!/usr/bin/env bash
#
# Makes everything of a release of the last commit that needs no signature, and pushes what is for a registry, each step by
# a make target: IMG=<name> IMAGE_TOOL=<command> DIST=<directory> RELEASE=<directory> artifacts.sh
# DIST gets the files of the release. RELEASE gets images.txt with the names of what was pushed, the operator's first;
# subjects.txt with the digests of all that was built; and notes.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

git diff --quiet HEAD || {
  echo "error: a release is of the last commit, and files have changed" >&2
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
# print TARGET prints what a target prints.
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
