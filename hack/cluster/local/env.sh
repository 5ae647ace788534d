# Names, addresses and directories of the local cluster. All parts that have to agree on one of them read it
# from here: the scripts source this file, and render fills the values into the files of config/.
# shellcheck shell=bash disable=SC2034

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
HACK=$ROOT/hack/cluster
BIN=$ROOT/bin        # build results
STATE=$ROOT/.cluster # state of a running cluster; removed when it stops

# module_version MODULE DIRECTORY prints the version of a module that the directory's go.mod requires.
module_version() {
  awk -v module="$1" '{ sub(/^require /, "") } $1 == module { print $2; exit }' "$2/go.mod"
}
KUBERNETES_VERSION=$(module_version k8s.io/kubernetes "$HACK/kubernetes")
OLDEST_KUBERNETES_VERSION=$(module_version k8s.io/kubernetes "$HACK/kubernetes-oldest")
COREDNS_VERSION=$(module_version github.com/coredns/coredns "$HACK/kubernetes")

KUBERNETES=$BIN/kubernetes-$KUBERNETES_VERSION # Kubernetes and etcd
OLDEST_KUBERNETES=$BIN/kubernetes-$OLDEST_KUBERNETES_VERSION
COREDNS=$BIN/coredns-$COREDNS_VERSION
TOOLS=$BIN/cluster # the cluster's own programs and images

PAUSE_IMAGE=extendedjob.local/pause:latest
COREDNS_IMAGE=extendedjob.local/coredns:$COREDNS_VERSION
BUSYBOX_IMAGE=docker.io/library/busybox:latest
IMAGES=("$TOOLS/pause.tar" "$TOOLS/busybox.tar" "$COREDNS/coredns.tar") # in the registry from the start

NODE_NAME=extendedjob-node
CONTEXT=extendedjob-local # of the kubeconfig
PKI=$STATE/pki
export KUBECONFIG=$STATE/kubeconfig

# The node is a network namespace. LINK is the host's end of the veth pair between the two.
NODE_NETWORK=10.250.0.0/24
NODE_IP=10.250.0.1
HOST_IP=10.250.0.254
LINK=extendedjob0
POD_NETWORK=10.244.0.0/24
SERVICE_NETWORK=10.96.0.0/16
API_SERVICE_IP=10.96.0.1 # Kubernetes takes the first address of the network
DNS_SERVICE_IP=10.96.0.10
NETWORKS=("$NODE_NETWORK" "$POD_NETWORK" "$SERVICE_NETWORK")
API_SERVER=https://$NODE_IP:6443
REGISTRY=$NODE_IP:5000

# The node's PID 1 has this name on its command line, and is found by it.
NODE_PROCESS=extendedjob-cluster
# The cgroup, below the root of every cgroup hierarchy, that contains the cgroups of all pods.
CGROUP=extendedjob
# Programs of the node require these directories: the node mounts its own there.
NODE_DIRECTORIES=(/var/lib/cni /var/lib/containerd /var/lib/kubelet)

# Debian keeps administrators' commands out of other users' PATH.
PATH=$PATH:/usr/sbin:/sbin
# The cluster is never reached through a proxy.
export NO_PROXY=${NO_PROXY:+$NO_PROXY,}$NODE_NETWORK,$POD_NETWORK,$SERVICE_NETWORK

# render FILE prints the file with the value of a variable of this file for each @NAME@ in it.
render() {
  local name text
  text=$(< "$1")
  for name in STATE PAUSE_IMAGE COREDNS_IMAGE NODE_NAME NODE_IP POD_NETWORK DNS_SERVICE_IP REGISTRY CGROUP; do
    text=${text//"@$name@"/"${!name}"}
  done
  printf '%s\n' "$text"
}
