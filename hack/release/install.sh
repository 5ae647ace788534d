#!/usr/bin/env bash
#
# Installs a release on the local cluster from its artifacts alone, with Helm and then with kubectl, and runs an ExtendedJob
# with each: VERSION=<version> IMAGE_TOOL=<command> HELM=<command> KUBECTL=<command> install.sh ORGANIZATION DIRECTORY
# ORGANIZATION is the location of the images and the chart, as REGISTRY/NAME, and DIRECTORY holds the release's files. An
# operator that is already on the cluster is removed first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

organization=$1
repository=$PWD
work=$(mktemp -d)

kubectl() { $KUBECTL "$@"; }
image() { "$repository/$IMAGE_TOOL" "$@"; }
helm() { "$repository/$HELM" --kube-context="$KUBE_CONTEXT" "$@"; }
ejob() { ./kubectl-ejob --context="$KUBE_CONTEXT" --namespace=rehearsal "$@"; }

# say TEXT prints a heading with the seconds since the start.
say() {
  printf '\n=== %s (%d s)\n' "$1" "$SECONDS"
}

# run COMMAND... shows a command and executes it.
run() {
  echo "\$ $*"
  "$@"
}

# run_an_extendedjob runs an ExtendedJob with the plugin of the release.
run_an_extendedjob() {
  run kubectl apply --namespace=rehearsal --filename=hello.yaml
  run ejob run hello --logs
  run ejob output hello --key=greeting
  echo
  run kubectl delete --namespace=rehearsal extendedjob hello
}

cleanup() {
  kubectl delete namespace rehearsal --ignore-not-found > /dev/null
  rm -rf "$work"
}
trap cleanup EXIT

say "What a user downloads"
cp "$2"/*.* "$work"
cd "$work"
cat > hello.yaml << EOF
apiVersion: fissile.cloudfoundry.org/v1
kind: ExtendedJob
metadata:
  name: hello
spec:
  trigger:
    strategy: manual
  jobTemplate:
    spec:
      template:
        spec:
          containers:
          - name: main
            image: busybox
            command: ["echo", '{"greeting": "hello"}']
          restartPolicy: Never
  output:
    namePrefix: hello
EOF
run sha256sum --check --strict --quiet checksums.txt
run tar --extract --file="kubectl-ejob-$VERSION-linux-$(go env GOARCH).tar.gz"
run ejob version
image=$(grep -o "$organization/extendedjob-operator@sha256:[0-9a-f]*" install.yaml | sort -u)

# The local cluster pulls from a mirror of all registries, into which the image is copied from the one here.
say "The cluster's mirror gets $image"
run image pull "$image" operator.tar
make --no-print-directory -C "$repository" cluster-load IMAGE="$PWD/operator.tar"
make --no-print-directory -C "$repository" undeploy CONFIRM=yes > /dev/null
kubectl create namespace rehearsal > /dev/null

say "Install with Helm"
run helm install extendedjob-operator "oci://$organization/charts/extendedjob-operator" --version="$VERSION" --plain-http \
  --namespace=extendedjob-system --create-namespace --wait --timeout=3m
run kubectl --namespace=extendedjob-system get pods --output=custom-columns='POD:.metadata.name,IMAGE:.status.containerStatuses[0].imageID'
run_an_extendedjob
run helm uninstall extendedjob-operator --namespace=extendedjob-system --wait
run kubectl delete crd extendedjobs.fissile.cloudfoundry.org
run kubectl delete namespace extendedjob-system

say "Install with kubectl"
run kubectl apply --filename=install.yaml
run kubectl --namespace=extendedjob-system rollout status deployment extendedjob-controller-manager --timeout=3m
run_an_extendedjob
run kubectl delete --filename=install.yaml
say "The release is ready"
