#!/usr/bin/env bash
#
# Builds programs of the Operator Framework into bin/, unless they exist:
#   build.sh operator-sdk                 operator-sdk and its scorecard tests
#   build.sh operator-lifecycle-manager   OLM with its CRDs, and opm for catalogs
# Each is a Go module here. The Go build cache would detect this too, but it is large and often deleted.
set -euo pipefail

module=$1
cd "$(dirname "${BASH_SOURCE[0]}")/$module"
root=$(git rev-parse --show-toplevel)

# Everything that needs C libraries is left out, including sqlite catalogs.
tags=containers_image_openpgp,exclude_graphdriver_btrfs,exclude_graphdriver_devicemapper,json1
version=$(awk -v module="github.com/operator-framework/$module" '$1 == module { print $2 }' go.mod)
output=$root/bin/$module-$version
key=$(cat go.mod go.sum ../build.sh | sha256sum)

mkdir -p "$output"
exec {lock}< "$output"
flock "$lock"
[ "$(cat "$output/.key" 2> /dev/null)" != "$key" ] || exit 0
echo "Building $module $version from Go modules: 3 to 7 minutes on two cores, once for each version"
CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags "$tags" \
  -ldflags "-s -w -X github.com/operator-framework/$module/internal/version.Version=$version" -o "$output/" tool
if [ "$module" = operator-lifecycle-manager ]; then
  rm -rf "$output/crds"
  cp -r "$(go list -m -f '{{.Dir}}' "github.com/operator-framework/$module")/deploy/chart/crds" "$output"
  chmod -R u+w "$output/crds"
fi
echo "$key" > "$output/.key"
