#!/usr/bin/env bash
#
# Verifies a release as its users can: the signatures of the images, the chart, the manifests and the checksums; that the files
# have these checksums; the SBOM for each platform; and from which commit and by which workflow the images and
# archives were built. The directory holds the files of the release. Needs cosign, gh and Go.
#   REPOSITORY=<owner/name> TAG=v<version> verify.sh DIRECTORY OPERATOR OTHER...
set -euo pipefail
directory=$(realpath "$1")
shift
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

signer=(
  --certificate-oidc-issuer https://token.actions.githubusercontent.com
  --certificate-identity "https://github.com/$REPOSITORY/.github/workflows/release.yaml@refs/tags/$TAG"
)
for image in "$@"; do
  cosign verify "${signer[@]}" "$image" > /dev/null
done
gh attestation verify "oci://$1" --repo "$REPOSITORY" --source-ref "refs/tags/$TAG"
go run -C hack/image . platforms "$1" | while read -r _ image; do
  cosign verify-attestation "${signer[@]}" --type spdxjson "$image" > /dev/null
  gh attestation verify "oci://$image" --repo "$REPOSITORY" --source-ref "refs/tags/$TAG"
done
cd "$directory"
for file in install.yaml checksums.txt; do
  cosign verify-blob "${signer[@]}" --bundle "$file.sigstore.json" "$file"
done
sha256sum --check --strict checksums.txt
for archive in kubectl-ejob-*.tar.gz kubectl-ejob-*.zip extendedjob-operator-*.tgz; do
  gh attestation verify "$archive" --repo "$REPOSITORY" --source-ref "refs/tags/$TAG"
done
