#!/usr/bin/env bash
#
# Signs the images of a release, its manifests and the checksums of its archives, and attests what the operator's image
# consists of on each platform: attest.sh OPERATOR OTHER... The arguments are names with digests. The lists of contents
# (SBOM) and the signatures of files are written to dist.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

mkdir -p dist
for image in "$@"; do
  cosign sign --yes --recursive "$image"
done
hack/release/platforms.sh "$1" | while read -r platform image; do
  sbom=dist/sbom-$platform.spdx.json
  syft "registry:$image" --output spdx-json="$sbom"
  cosign attest --yes --type spdxjson --predicate "$sbom" "$image"
done
for file in dist/install.yaml dist/kubectl-ejob-*-checksums.txt; do
  cosign sign-blob --yes --bundle "$file.sigstore.json" "$file"
done
