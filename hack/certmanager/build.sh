#!/usr/bin/env bash
#
# Builds cert-manager for test clusters: build.sh DIRECTORY. Unless they exist, the directory gets the image's
# archive, cert-manager.tar, and cert-manager's CustomResourceDefinitions and manifests, cert-manager.yaml.
set -euo pipefail

output=$(realpath --canonicalize-missing "$1")
cd "$(dirname "${BASH_SOURCE[0]}")"
# The Go build cache would detect this too, but it is large and often deleted.
key=$(cat go.mod go.sum ./*.go ./*.yaml ./*.sh | sha256sum)
[ "$(cat "$output/.key" 2> /dev/null)" != "$key" ] || exit 0

module=github.com/cert-manager/cert-manager
version=$(go list -m -f '{{ .Version }}' "$module")
image=extendedjob.local/cert-manager:$version
echo "Building cert-manager $version from Go modules: 4 minutes on two cores, once for each version"
export CGO_ENABLED=0
rm -rf "$output"
mkdir -p "$output"
go build -trimpath -buildvcs=false -ldflags '-s -w' -o "$output/rootfs/cert-manager" .
(cd ../image && go run -trimpath -buildvcs=false . build -name "$image" -output "$output/cert-manager.tar" \
  -root "linux/$(go env GOARCH)=$output/rootfs" -user 65532:65532 -entrypoint /cert-manager > /dev/null)
{
  for file in "$(go list -m -f '{{ .Dir }}' "$module")"/deploy/crds/*.yaml; do
    cat "$file"
    echo ---
  done
  sed "s|@IMAGE@|$image|" cert-manager.yaml
} > "$output/cert-manager.yaml"
echo "$key" > "$output/.key"
