#!/usr/bin/env bash
#
# Builds images without Docker, for this machine's platform or those of PLATFORMS:
#   NAME=<name of the image> IMAGE_TOOL=<command> [PLATFORMS="linux/amd64 ..."] images.sh ARCHIVE IMAGE
# IMAGE says what the image contains:
#   bundle DIRECTORY    a bundle
#   catalog DIRECTORY   a catalog, served by opm
#   olm                 the Operator Lifecycle Manager
#   opm                 opm, which OLM uses to unpack bundles
#   scorecard-test      operator-sdk's scorecard tests
#   scorecard           our scorecard test
# OLM and OPERATOR_SDK are the directories with the programs.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
archive=$1
what=$2
directory=${3:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
arguments=(-user 1001:0)

# put TARGET FILE... copies files to a directory of the image.
put() {
  mkdir -p "$root/$1"
  cp -r "${@:2}" "$root/$1"
}

# fill copies the contents of the image to the directory root, for the platform $os/$architecture.
fill() {
  case $what in
    bundle)
      put / "$directory"/*
      ;;
    catalog)
      local programs=$OLM/${os}_$architecture
      [ -d "$programs" ] || programs=$OLM
      put bin "$programs/opm"
      cp "$programs/grpc-health-probe" "$root/bin/grpc_health_probe" # as OLM calls it
      put configs "$directory"/*
      mkdir -m 1777 "$root/tmp"
      ;;
    olm)
      put bin "$OLM"/{olm,catalog,copy-content,cpb}
      cp bin/cluster/busybox/bin/busybox "$root/bin/cp" # with it OLM copies cpb
      ;;
    opm)
      put bin "$OLM/opm"
      cp "$OLM/grpc-health-probe" "$root/bin/grpc_health_probe"
      mkdir -m 1777 "$root/tmp"
      ;;
    scorecard-test)
      put usr/local/bin "$OPERATOR_SDK/scorecard-test"
      ;;
    scorecard)
      CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w' -o "$root/scorecard-test" ./test/scorecard
      ;;
    *)
      echo "error: unknown image: $what" >&2
      exit 2
      ;;
  esac
}

case $what in
  bundle)
    while read -r label; do
      arguments+=(-label "$label")
    done < <(sed -n 's/^  \([a-z][^:]*\): /\1=/p' "$directory/metadata/annotations.yaml")
    ;;
  catalog)
    arguments+=(-entrypoint /bin/opm -cmd serve -cmd /configs
      -label operators.operatorframework.io.index.configs.v1=/configs)
    ;;
esac
for platform in ${PLATFORMS:-linux/$(go env GOARCH)}; do
  os=${platform%/*} architecture=${platform#*/}
  root=$work/${os}_$architecture
  mkdir -m 755 "$root" # readable for every user, whatever the umask
  fill
  arguments+=(-root "$platform=$root")
done
mkdir -p "$(dirname "$archive")"
digest=$("$IMAGE_TOOL" build -name "$NAME" -output "$archive" "${arguments[@]}")
echo "Built ${archive#"$PWD/"}: $NAME ($digest)"
