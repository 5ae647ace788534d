#!/usr/bin/env bash
#
# Rehearses a release: builds all its artifacts with a registry on this machine, and installs the operator on the local
# cluster from them alone:
#   VERSION=<version> IMAGE_TOOL=<command> HELM=<command> KUBECTL=<command> rehearse.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

registry=127.0.0.1:5001
organization=$registry/cloudfoundry-incubator
files=bin/rehearsal/dist

"$IMAGE_TOOL" serve -address "$registry" &
trap 'kill "$!"' EXIT

notes=$VERSION
grep -qF "## [$VERSION]" CHANGELOG.md || notes=Unreleased
make --no-print-directory release-artifacts IMAGE_NAME="$organization/extendedjob-operator" DIST="$files" NOTES="$notes"
make --no-print-directory cluster-up
hack/release/install.sh "$organization" "$files"
