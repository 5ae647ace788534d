#!/usr/bin/env bash
#
# Builds programs of the Operator Framework into bin/, unless they exist:
#   build.sh operator-sdk                 operator-sdk and its scorecard tests
#   build.sh operator-lifecycle-manager   OLM with its CRDs, and opm for catalogs
# Each is a Go module here.
set -euo pipefail

module=$1
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root/hack/olm/$module"
# shellcheck source-path=SCRIPTDIR source=../gobuild.sh
. ../../gobuild.sh
export CGO_ENABLED=0

# Everything that needs C libraries is left out, including sqlite catalogs.
tags=containers_image_openpgp,exclude_graphdriver_btrfs,exclude_graphdriver_devicemapper,json1
version=$(awk -v module="github.com/operator-framework/$module" '$1 == module { print $2 }' go.mod)

programs() {
  go_build "$module" "$1/" -tags "$tags" -ldflags "-s -w -X github.com/operator-framework/$module/internal/version.Version=$version" tool
  [ "$module" = operator-lifecycle-manager ] || return 0
  cp -r "$(go list -m -f '{{.Dir}}' "github.com/operator-framework/$module")/deploy/chart/crds" "$1"
  chmod -R u+w "$1/crds"
}

exec {lock}< .
flock "$lock"
once . "$root/bin/$module-$version" "$module $version from Go modules: 3 to 7 minutes on two cores, once for each version" \
  programs go.mod go.sum ../build.sh
