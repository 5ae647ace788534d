#!/usr/bin/env bash
#
# Verifies a release as its users can: who signed the images and the manifests, the list of contents (SBOM) for each
# platform, and which commit and workflow the images were built from. Needs cosign, gh and docker.
#   REPOSITORY=<owner/name> TAG=v<version> verify.sh INSTALL_YAML BUNDLE OPERATOR OTHER...
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

manifests=$1 bundle=$2
shift 2
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
cosign verify-blob "${signer[@]}" --bundle "$bundle" "$manifests"
