#!/usr/bin/env bash
#
# Builds the operator's image into an OCI archive: IMG=<name> VERSION=<version> [PLATFORMS="<OS/ARCH> ..."] build.sh ARCHIVE
# The same source always gives the same archive, bit by bit. The Dockerfile builds the same image with Docker.
set -euo pipefail

archive=$(realpath --canonicalize-missing "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(dirname "$archive")
read -ra platforms <<< "${PLATFORMS:-linux/amd64 linux/arm64}"
# shellcheck source-path=SCRIPTDIR source=../gobuild.sh
. hack/gobuild.sh

export CGO_ENABLED=0
mkdir -p "$work"
echo "Building $IMG for ${platforms[*]}"
(cd hack/image && go_build image "$work/image" .)

commit=$(git rev-parse HEAD 2> /dev/null || true)
arguments=(
  -created "$(git log -1 --format=%ct 2> /dev/null || echo 0)"
  -user 65532:65532
  -entrypoint /manager
  -label "org.opencontainers.image.revision=$commit"
)
# shellcheck disable=SC2016 # the Dockerfile's variable
while read -r label; do
  arguments+=(-label "${label//'$VERSION'/"$VERSION"}")
done < <(sed -n '/^LABEL/,/[^\\]$/ s/^\(LABEL\)\? *\([^ =]*\)="\(.*\)".*/\2=\3/p' Dockerfile)
for platform in "${platforms[@]}"; do
  rootfs=$work/${platform/\//_}
  rm -rf "$rootfs"
  mkdir -p "$rootfs/etc/ssl/certs" "$rootfs/licenses"
  cp LICENSE "$rootfs/licenses"
  "$work/image" ca-certificates > "$rootfs/etc/ssl/certs/ca-certificates.crt"
  for program in manager=. collect=./cmd/collect; do
    GOOS=${platform%/*} GOARCH=${platform#*/} go_build "${program%=*} for $platform" "$rootfs/${program%=*}" \
      -ldflags "-s -w -X github.com/cloudfoundry-incubator/extendedjob-operator/internal/version.version=$VERSION" "${program#*=}"
  done
  arguments+=(-root "$platform=$rootfs")
done
digest=$("$work/image" build -name "$IMG" -output "$archive" "${arguments[@]}")
echo "Built ${archive#"$PWD/"}: $IMG ($digest)"
