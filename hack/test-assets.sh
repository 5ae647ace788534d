#!/usr/bin/env bash
#
# Finds kube-apiserver, etcd and kubectl for the tests, and says which. test-assets.sh LINK makes LINK a symbolic link to
# their directory. It takes the first of
#   the directory KUBEBUILDER_ASSETS, without a link
#   an earlier build
#   an earlier download by setup-envtest
#   a download by setup-envtest, if its index (or ENVTEST_INDEX) answers within 5 seconds
#   a build from Go modules
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source-path=SCRIPTDIR source=cluster/local/env.sh
. hack/cluster/local/env.sh

link=$1
[[ $KUBERNETES_VERSION =~ ^v([0-9]+\.[0-9]+) ]]
minor=${BASH_REMATCH[1]}

# envtest LIMIT COMMAND [FLAG...] runs setup-envtest for the newest patch of Kubernetes' minor version, with a
# timeout.
envtest() {
  timeout "$1" bin/tools/setup-envtest "$2" "$minor.x" --bin-dir="$PWD/bin/envtest" "${@:3}"
}

# download prints the directory that setup-envtest has or downloads. It fails if there is none.
download() {
  local from=(${ENVTEST_INDEX:+"--index=$ENVTEST_INDEX"})
  make --no-print-directory bin/tools/setup-envtest >&2
  envtest 1m use --installed-only --print=path 2> /dev/null && return
  envtest 5s list "${from[@]}" > /dev/null 2>&1 || {
    echo "The index of setup-envtest did not answer within 5 seconds." >&2
    return 1
  }
  envtest 5m use --print=path "${from[@]}"
}

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
  echo "The tests run on the Kubernetes in KUBEBUILDER_ASSETS: $KUBEBUILDER_ASSETS"
  exit
fi
if [ ! -e "$KUBERNETES/.key" ] && assets=$(download); then
  echo "The tests run on the Kubernetes that setup-envtest downloaded: $assets"
else
  assets=$KUBERNETES
  echo "The tests run on the Kubernetes that is built from Go modules: $assets"
  hack/cluster/local/build.sh kubernetes
fi
ln -sfn "$assets" "$link"
