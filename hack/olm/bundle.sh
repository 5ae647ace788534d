#!/usr/bin/env bash
#
# Generates the OLM bundle from config/manifests:
#   IMG=<image> SCORECARD_IMG=<image of our scorecard test> SCORECARD_TEST_IMG=<image of operator-sdk's> \
#     VERSION=<version> CHANNEL=<channel> KUSTOMIZE=<command> OPERATOR_SDK=<command> bundle.sh DIRECTORY
# DIRECTORY gets bundle/ and bundle.Dockerfile.
set -euo pipefail

output=$(realpath --canonicalize-missing "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A separate overlay, so that no file of the repository changes.
overlay=bin/bundle
rm -rf "$overlay"
mkdir -p "$overlay"
cat > "$overlay/kustomization.yaml" << EOF
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- ../../config/manifests
EOF
(cd "$overlay" && "$KUSTOMIZE" edit set image "ghcr.io/cloudfoundry-incubator/extendedjob-operator=$IMG")
"$KUSTOMIZE" build "$overlay" > "$work/manifests.yaml"

# operator-sdk writes below its working directory, and looks for the layout there. It is too old for all of
# PROJECT.
grep -A1 -E '^(layout|projectName|version):' PROJECT | grep -E '^(layout|projectName|version|- )' > "$work/PROJECT"
# A pipe, because operator-sdk does not accept a file as its standard input.
# shellcheck disable=SC2002
(cd "$work" && cat manifests.yaml | "$OPERATOR_SDK" generate bundle --quiet --package extendedjob-operator --version "$VERSION" \
  --channels "$CHANNEL" --default-channel "$CHANNEL" --output-dir bundle 2> "$work/log") || {
  cat "$work/log" >&2
  exit 1
}
sed -i -e "s|image: scorecard\$|image: $SCORECARD_IMG|" \
  -e "s|image: quay.io/operator-framework/scorecard-test\$|image: $SCORECARD_TEST_IMG|" "$work/bundle/tests/scorecard/config.yaml"
go run ./hack/olm/bundle -image "$IMG" -icon config/manifests/icon.svg "$work/bundle" < "$work/manifests.yaml"

# OpenShift's catalogs offer the bundle from the version that has the CSV's minKubeVersion.
openshift=v4.17
printf '\n  # Annotations for OpenShift.\n  com.redhat.openshift.versions: %s\n' "$openshift" >> "$work/bundle/metadata/annotations.yaml"
sed -i "s|^# Copy files|# Labels for OpenShift.\nLABEL com.redhat.openshift.versions=$openshift\n\n&|" "$work/bundle.Dockerfile"

mkdir -p "$output"
rm -rf "$output/bundle"
cp -r "$work/bundle" "$work/bundle.Dockerfile" "$output"
