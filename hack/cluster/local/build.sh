#!/usr/bin/env bash
#
# Builds the missing parts of the local cluster into bin/:
#   build.sh             the programs and images of the cluster
#   build.sh kubernetes  only Kubernetes and etcd, which the integration tests need
#   build.sh oldest      the same with the kube-apiserver of the oldest Kubernetes that the operator supports
set -euo pipefail
directory=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source-path=SCRIPTDIR source=../lib.sh
. "$directory/../lib.sh"
# shellcheck source-path=SCRIPTDIR source=../../gobuild.sh
. "$directory/../../gobuild.sh"
# shellcheck source-path=SCRIPTDIR source=env.sh
. "$directory/env.sh"
# shellcheck source-path=SCRIPTDIR source=packages.sh
. "$directory/packages.sh"

export CGO_ENABLED=0

# linker_flags VERSION prints the flags that tell Kubernetes' programs their version, for "kubectl version" and the
# user agents.
linker_flags() {
  local major minor package flags='-s -w'
  IFS=. read -r major minor _ <<< "${1#v}"
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $package.gitVersion=$1 -X $package.gitMajor=$major -X $package.gitMinor=$minor"
  done
  echo "$flags"
}

kubernetes() {
  local output=$1 command
  go_build "Kubernetes and etcd" "$output/" -ldflags "$(linker_flags "$KUBERNETES_VERSION")" . go.etcd.io/etcd/server/v3
  mv "$output/server" "$output/etcd"
  for command in kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl; do
    ln -s kubernetes "$output/$command"
  done
}

oldest() {
  go_build kube-apiserver "$1/kube-apiserver" -ldflags "$(linker_flags "$OLDEST_KUBERNETES_VERSION")" tool
}

tools() {
  mkdir -p "$TOOLS"
  (cd "$ROOT" && go_build pki "$TOOLS/" ./hack/cluster/pki)
  (cd "$ROOT/hack/image" && go_build image "$TOOLS/image" .)
}

# image NAME ARCHIVE ROOT ARGUMENT... makes an image of the root file system.
image() {
  "$TOOLS/image" build -name "$1" -output "$2" -root "linux/$(go env GOARCH)=$3" "${@:4}" > /dev/null
}

coredns() {
  local output=$1
  go_build CoreDNS "$output/rootfs/coredns" -ldflags '-s -w' ./coredns
  image "$COREDNS_IMAGE" "$output/coredns.tar" "$output/rootfs" -entrypoint /coredns
}

pause() {
  local rootfs=$TOOLS/pause
  (cd "$ROOT" && go_build pause "$rootfs/pause" -ldflags '-s -w' ./hack/cluster/pause)
  image "$PAUSE_IMAGE" "$TOOLS/pause.tar" "$rootfs" -entrypoint /pause
}

busybox() {
  [ ! -e "$TOOLS/busybox.tar" ] || return 0
  local rootfs=$TOOLS/busybox applet
  rm -rf "$rootfs"
  mkdir -p "$rootfs"/{bin,etc,root,tmp,usr/bin}
  chmod 1777 "$rootfs/tmp"
  echo 'root:x:0:0:root:/root:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/false' > "$rootfs/etc/passwd"
  echo 'root:x:0:
nogroup:x:65534:' > "$rootfs/etc/group"

  unpack_package busybox-static "$rootfs/package"
  mv "$rootfs/package/bin/busybox" "$rootfs/bin/"
  rm -r "$rootfs/package"
  for applet in $("$rootfs/bin/busybox" --list); do
    [ -e "$rootfs/bin/$applet" ] || ln -s busybox "$rootfs/bin/$applet"
  done
  ln -s ../../bin/env "$rootfs/usr/bin/env" # where scripts look for it
  image "$BUSYBOX_IMAGE" "$TOOLS/busybox.tar" "$rootfs" -cmd sh
}

command -v go > /dev/null || die "the local cluster is built with Go, but go is not on the PATH"
mkdir -p "$BIN"
exec {lock}< "$BIN"
flock --nonblock "$lock" || {
  echo "Waiting for another build in $BIN"
  flock "$lock"
}
once "$HACK/kubernetes" "$KUBERNETES" "Kubernetes $KUBERNETES_VERSION and etcd from Go modules: 6 to 8 minutes on two cores, once for each version" kubernetes go.mod go.sum main.go
case ${1:-} in
  kubernetes) exit ;;
  oldest)
    once "$HACK/kubernetes-oldest" "$OLDEST_KUBERNETES" "kube-apiserver $OLDEST_KUBERNETES_VERSION from Go modules: 3 to 5 minutes on two cores, once for each version" oldest go.mod go.sum
    ln -sf "$KUBERNETES"/{etcd,kubectl} "$OLDEST_KUBERNETES"
    exit
    ;;
esac
[ -x "$TOOLS/image" ] || echo "Building the cluster's own programs: half a minute"
tools
once "$HACK/kubernetes" "$COREDNS" "CoreDNS $COREDNS_VERSION from Go modules: half a minute, once for each version" coredns go.mod go.sum coredns/main.go
pause
busybox
