#!/usr/bin/env bash
#
# Signs the images of a release, its chart, manifests and checksums, and attests the contents of the operator's image on
# each platform: IMAGE_TOOL=<command> attest.sh DIRECTORY OPERATOR OTHER...
# The directory holds the files of the release, and gets their signatures; the other arguments are names with digests.
set -euo pipefail

directory=$1
shift
for image in "$@"; do
  cosign sign --yes --recursive "$image"
done
"$IMAGE_TOOL" platforms "$1" | while read -r platform image; do
  cosign attest --yes --type spdxjson --predicate "$directory/sbom-$platform.spdx.json" "$image"
done
for file in install.yaml checksums.txt; do
  cosign sign-blob --yes --bundle "$directory/$file.sigstore.json" "$directory/$file"
done
