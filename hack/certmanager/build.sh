#!/usr/bin/env bash
#
# Builds cert-manager for test clusters: build.sh DIRECTORY. Unless they exist, the directory gets the image's
# archive, cert-manager.tar, and cert-manager's CustomResourceDefinitions and manifests, cert-manager.yaml.
set -euo pipefail

output=$(realpath --canonicalize-missing "$1")
cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source-path=SCRIPTDIR source=../gobuild.sh
. ../gobuild.sh
export CGO_ENABLED=0

cert_manager() {
  local output=$1 module=github.com/cert-manager/cert-manager version image file
  version=$(go list -m -f '{{ .Version }}' "$module")
  image=extendedjob.local/cert-manager:$version
  go_build cert-manager "$output/rootfs/cert-manager" -ldflags '-s -w' .
  (cd ../image && go run -trimpath -buildvcs=false . build -name "$image" -output "$output/cert-manager.tar" \
    -root "linux/$(go env GOARCH)=$output/rootfs" -user 65532:65532 -entrypoint /cert-manager > /dev/null)
  {
    for file in "$(go list -m -f '{{ .Dir }}' "$module")"/deploy/crds/*.yaml; do
      cat "$file"
      echo ---
    done
    sed "s|@IMAGE@|$image|" cert-manager.yaml
  } > "$output/cert-manager.yaml"
}

once . "$output" "cert-manager from Go modules: 4 minutes on two cores, once for each version" \
  cert_manager go.mod go.sum main.go cert-manager.yaml build.sh
