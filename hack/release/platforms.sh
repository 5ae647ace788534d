#!/usr/bin/env bash
#
# Prints a line with platform and name for each image of an index: platforms.sh NAME@DIGEST
set -euo pipefail

name=${1%@*}
docker buildx imagetools inspect --raw "$1" |
  jq -r --arg name "$name" '.manifests[] | "\(.platform.os)-\(.platform.architecture) \($name)@\(.digest)"'
