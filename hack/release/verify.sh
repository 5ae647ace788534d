#!/usr/bin/env bash
#
# Verifies a release as its users can: who signed the images, the manifests and the checksums of the archives; that the
# archives have these checksums; the list of contents (SBOM) for each platform; and which commit and workflow the images
# and archives were built from. The directory holds what the release has. Needs cosign, gh and docker.
#   REPOSITORY=<owner/name> TAG=v<version> verify.sh DIRECTORY OPERATOR OTHER...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

directory=$1
shift
signer=(
  --certificate-oidc-issuer https://token.actions.githubusercontent.com
  --certificate-identity "https://github.com/$REPOSITORY/.github/workflows/release.yaml@refs/tags/$TAG"
)
for image in "$@"; do
  cosign verify "${signer[@]}" "$image" > /dev/null
done
gh attestation verify "oci://$1" --repo "$REPOSITORY" --source-ref "refs/tags/$TAG"
hack/release/platforms.sh "$1" | while read -r _ image; do
  cosign verify-attestation "${signer[@]}" --type spdxjson "$image" > /dev/null
  gh attestation verify "oci://$image" --repo "$REPOSITORY" --source-ref "refs/tags/$TAG"
done
for file in "$directory/install.yaml" "$directory"/kubectl-ejob-*-checksums.txt; do
  cosign verify-blob "${signer[@]}" --bundle "$file.sigstore.json" "$file"
done
(cd "$directory" && sha256sum --check --strict kubectl-ejob-*-checksums.txt)
for archive in "$directory"/kubectl-ejob-*.tar.gz "$directory"/kubectl-ejob-*.zip; do
  gh attestation verify "$archive" --repo "$REPOSITORY" --source-ref "refs/tags/$TAG"
done
