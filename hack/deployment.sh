#!/usr/bin/env bash
#
# Prints the operator's manifests: OVERLAY=<directory> IMG=<name of the image> KUSTOMIZE=<command> deployment.sh [ARCHIVE]
# Given the archive that the image is loaded from, pods are replaced even if the image changes and its name does not.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
archive=${1:-}

# A separate overlay, so that no file of the repository changes.
work=bin/deployment
rm -rf "$work"
mkdir -p "$work"
cat > "$work/kustomization.yaml" << EOF
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- ../../$OVERLAY
EOF
if [ -e "$archive" ]; then
  cat >> "$work/kustomization.yaml" << EOF
patches:
- target:
    kind: Deployment
  patch: |
    - op: add
      path: /spec/template/metadata/annotations/fissile.cloudfoundry.org~1image-archive
      value: "$(sha256sum "$archive" | cut -d ' ' -f 1)"
EOF
fi
(cd "$work" && "$KUSTOMIZE" edit set image "ghcr.io/cloudfoundry-incubator/extendedjob-operator=$IMG")
"$KUSTOMIZE" build "$work"
