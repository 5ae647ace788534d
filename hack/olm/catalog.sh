#!/usr/bin/env bash
#
# Generates a file-based catalog of bundles, oldest first:
#   CHANNEL=<channel> OPM=<command> catalog.sh DIRECTORY BUNDLE=IMAGE...
# DIRECTORY gets the catalog of bundles in the directories BUNDLE, which are in the images IMAGE.
set -euo pipefail

catalog=$1/extendedjob-operator/catalog.yaml
shift
rm -rf "$(dirname "$catalog")"
mkdir -p "$(dirname "$catalog")"

entries="---
schema: olm.channel
package: extendedjob-operator
name: $CHANNEL
entries:"
before=
for pair in "$@"; do
  version=$(sed -n 's/^  version: //p' "${pair%%=*}"/manifests/*.clusterserviceversion.yaml)
  # This version can replace any earlier one.
  entries+=$'\n'"- name: extendedjob-operator.v$version"$'\n'"  skipRange: <$version"
  [ -z "$before" ] || entries+=$'\n'"  replaces: extendedjob-operator.v$before"
  before=$version
done

{
  echo "---
schema: olm.package
name: extendedjob-operator
defaultChannel: $CHANNEL
description: Jobs that run on demand, run again when their configuration changes, and keep their output in Secrets."
  echo "$entries"
  for pair in "$@"; do
    "$OPM" render "${pair%%=*}" --output=yaml --migrate-level=bundle-object-to-csv-metadata \
      --alpha-image-ref-template="${pair#*=}"
  done
} > "$catalog"
"$OPM" validate "$(dirname "$(dirname "$catalog")")"
