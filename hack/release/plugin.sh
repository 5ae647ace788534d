#!/usr/bin/env bash
#
# Builds the kubectl plugin for each platform, and packs it, with checksums and a manifest for krew:
#   VERSION=<version> [PLATFORMS="linux/amd64 ..."] plugin.sh DIRECTORY
# The same commit and toolchain always give the same archives, bit by bit.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

module=github.com/cloudfoundry-incubator/extendedjob-operator/cmd/kubectl-ejob
read -ra platforms <<< "${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64}"

export CGO_ENABLED=0
mkdir -p "$1"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for platform in "${platforms[@]}"; do
  os=${platform%/*} extension=
  [ "$os" != windows ] || extension=.exe
  echo "Building kubectl-ejob for $platform: a minute the first time"
  GOOS=$os GOARCH=${platform#*/} go build -C cmd/kubectl-ejob -trimpath -buildvcs=false \
    -ldflags "-s -w -X $module/internal/cli.version=$VERSION" -o "$work/${platform/\//-}/kubectl-ejob$extension" .
done
go run ./hack/release/pack -version "$VERSION" -modified "$(git log -1 --format=%ct 2> /dev/null || echo 0)" \
  -license LICENSE -krew cmd/kubectl-ejob/krew.yaml -output "$1" "$work"
