#!/usr/bin/env bash
#
# Writes an SBOM of an image for each platform:
#   IMAGE_TOOL=<command> SYFT=<command> sboms.sh NAME@DIGEST DIRECTORY
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

export SYFT_CHECK_FOR_APP_UPDATE=false
"$IMAGE_TOOL" platforms "$1" | while read -r platform image; do
  "$SYFT" scan --quiet "registry:$image" --output spdx-json="$2/sbom-$platform.spdx.json"
done
