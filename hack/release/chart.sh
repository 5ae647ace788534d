#!/usr/bin/env bash
#
# Packages the Helm chart with the operator's image: IMG=<name>@<digest> HELM=<command> chart.sh DIRECTORY
# The same commit and image always give the same package, bit by bit.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r dist/chart "$work/chart"
sed -i -e "s|^  repository: .*|  repository: ${IMG%@*}|" -e "s|^  digest: .*|  digest: ${IMG#*@}|" "$work/chart/values.yaml"
sed -i "s|^      image: .*|      image: $IMG|" "$work/chart/Chart.yaml"
find "$work/chart" -exec touch --date="@$(git log -1 --format=%ct)" {} +
"$HELM" package "$work/chart" --destination "$1"
