#!/usr/bin/env bash
#
# The node: PID 1 of its own pid, mount and network namespaces. Only start_node in cluster.sh starts it.
# When it ends, the kernel ends every other process of the namespace, and takes all mounts and network devices with them.
#
# It prints its process id as the host sees it, which is needed to connect its network device, then a line for each step
# that is done, and finally "started".
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

unset HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy

# Settings that the kubelet always changes for the whole machine: it gets plain files to write to instead.
KUBELET_SYSCTLS=(vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes)

mount_private() {
  local directory file
  mount -t proc proc /proc

  # A fresh sysfs shows the network devices of this namespace. The cgroup hierarchies below it are kept.
  mkdir "$STATE/cgroup"
  mount --rbind /sys/fs/cgroup "$STATE/cgroup"
  mount -t sysfs sysfs /sys
  mount --move "$STATE/cgroup" /sys/fs/cgroup

  mount -t tmpfs -o mode=755 tmpfs /run
  for directory in "${NODE_DIRECTORIES[@]}" /var/log; do
    mkdir -p "$STATE/root$directory"
    mount --bind "$STATE/root$directory" "$directory"
  done

  for file in "${KUBELET_SYSCTLS[@]}"; do
    mkdir -p "$STATE/sysctl/${file%/*}"
    cp --no-preserve=all "/proc/sys/$file" "$STATE/sysctl/$file"
    mount --bind "$STATE/sysctl/$file" "/proc/sys/$file"
  done

  # Pods may request mounts that propagate to other pods; there is no peer outside of this namespace.
  mount --make-rshared /
}

set_up_network() {
  ip link set lo up
  ip address add "$NODE_IP/${NODE_NETWORK#*/}" dev eth0
  ip link set eth0 up
  # Kubernetes looks for the node's address on the device of the default route. The host forwards nothing.
  ip route add default via "$HOST_IP"
  echo 1 > /proc/sys/net/ipv4/ip_forward
}

# run NAME ARGUMENT... starts a program of the node.
declare -A names # by pid
run() {
  "${@:2}" < /dev/null >> "$STATE/logs/$1.log" 2>&1 &
  names[$!]=$1
}

# with_api_server COMMAND... executes the command when the API server is ready. Programs that it refuses, because it does not
# know their roles yet, end; a kubelet would restart them repeatedly.
with_api_server() {
  until "$KUBERNETES/kubectl" get --raw=/readyz > /dev/null 2>&1; do sleep 0.1; done
  exec "$@"
}

# wait_for COMMAND... returns when the command succeeds; if a program of the node ends before that, so does the node.
wait_for() {
  local pid
  until "$@" > /dev/null 2>&1; do
    for pid in "${!names[@]}"; do
      kill -0 "$pid" 2> /dev/null || report_end "$pid"
    done
    [ ! -e "$STATE/ended" ] || exit 1
    sleep 0.1
  done
}

# report_end PID records which program of the node has ended, for status.
report_end() {
  echo "${names[$1]}" >> "$STATE/ended"
  unset "names[$1]"
}

start_etcd() {
  run etcd "$KUBERNETES/etcd" \
    --name=node \
    --data-dir="$STATE/etcd" \
    --unsafe-no-fsync \
    --log-level=warn \
    --listen-client-urls=http://127.0.0.1:2379 \
    --advertise-client-urls=http://127.0.0.1:2379 \
    --listen-peer-urls=http://127.0.0.1:2380 \
    --initial-advertise-peer-urls=http://127.0.0.1:2380 \
    --initial-cluster=node=http://127.0.0.1:2380
}

# OwnerReferencesPermissionEnforcement: as on OpenShift, an operator that sets blockOwnerDeletion needs the permission.
# The audit log is never rotated, so that a test can count all requests since a moment.
start_kube_apiserver() {
  run kube-apiserver "$KUBERNETES/kube-apiserver" \
    --bind-address="$NODE_IP" \
    --advertise-address="$NODE_IP" \
    --secure-port=6443 \
    --etcd-servers=http://127.0.0.1:2379 \
    --service-cluster-ip-range="$SERVICE_NETWORK" \
    --allow-privileged \
    --authorization-mode=Node,RBAC \
    --enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement \
    --client-ca-file="$PKI/ca.crt" \
    --tls-cert-file="$PKI/apiserver.crt" \
    --tls-private-key-file="$PKI/apiserver.key" \
    --kubelet-certificate-authority="$PKI/ca.crt" \
    --kubelet-client-certificate="$PKI/apiserver-kubelet-client.crt" \
    --kubelet-client-key="$PKI/apiserver-kubelet-client.key" \
    --kubelet-preferred-address-types=InternalIP \
    --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --service-account-signing-key-file="$PKI/service-account.key" \
    --service-account-key-file="$PKI/service-account.pub" \
    --requestheader-client-ca-file="$PKI/front-proxy-ca.crt" \
    --requestheader-allowed-names=front-proxy-client \
    --requestheader-username-headers=X-Remote-User \
    --requestheader-group-headers=X-Remote-Group \
    --requestheader-extra-headers-prefix=X-Remote-Extra- \
    --proxy-client-cert-file="$PKI/front-proxy-client.crt" \
    --proxy-client-key-file="$PKI/front-proxy-client.key" \
    --audit-policy-file="$STATE/config/audit-policy.yaml" \
    --audit-log-path="$STATE/audit.log" \
    --audit-log-maxsize=100000
}

start_containerd() {
  run containerd containerd --config "$STATE/config/containerd.toml"
}

# The limits are high enough not to be a bottleneck on one machine.
start_kube_controller_manager() {
  run kube-controller-manager with_api_server "$KUBERNETES/kube-controller-manager" \
    --kubeconfig="$PKI/controller-manager.kubeconfig" \
    --authentication-kubeconfig="$PKI/controller-manager.kubeconfig" \
    --authorization-kubeconfig="$PKI/controller-manager.kubeconfig" \
    --bind-address=127.0.0.1 \
    --leader-elect=false \
    --use-service-account-credentials \
    --service-account-private-key-file="$PKI/service-account.key" \
    --root-ca-file="$PKI/ca.crt" \
    --cluster-signing-cert-file="$PKI/ca.crt" \
    --cluster-signing-key-file="$PKI/ca.key" \
    --allocate-node-cidrs=false \
    --cluster-cidr="$POD_NETWORK" \
    --service-cluster-ip-range="$SERVICE_NETWORK" \
    --flex-volume-plugin-dir=/var/lib/kubelet/volume-plugins \
    --kube-api-qps=500 \
    --kube-api-burst=1000
}

start_kube_scheduler() {
  run kube-scheduler with_api_server "$KUBERNETES/kube-scheduler" \
    --kubeconfig="$PKI/scheduler.kubeconfig" \
    --authentication-kubeconfig="$PKI/scheduler.kubeconfig" \
    --authorization-kubeconfig="$PKI/scheduler.kubeconfig" \
    --bind-address=127.0.0.1 \
    --leader-elect=false \
    --kube-api-qps=500 \
    --kube-api-burst=1000
}

start_kubelet() {
  run kubelet "$KUBERNETES/kubelet" \
    --config="$STATE/config/kubelet.yaml" \
    --kubeconfig="$PKI/kubelet.kubeconfig" \
    --hostname-override="$NODE_NAME" \
    --node-ip="$NODE_IP"
}

start_kube_proxy() {
  run kube-proxy "$KUBERNETES/kube-proxy" --config="$STATE/config/kube-proxy.yaml"
}

# restart_program kills the requested program and starts it again, as if it had crashed.
restart_program() {
  local program pid
  program=$(< "$STATE/restart")
  for pid in "${!names[@]}"; do
    [ "${names[$pid]}" = "$program" ] || continue
    unset "names[$pid]"
    kill -KILL "$pid" || true
    wait "$pid" 2> /dev/null || true
    "start_${program//-/_}"
  done
}

read -r pid _ < /proc/self/stat # of the host's proc file system
echo "$pid"
mount_private
wait_for ip link show eth0
set_up_network

start_etcd
start_kube_apiserver
start_containerd
run registry "$TOOLS/image" serve -address "$REGISTRY"
wait_for bash -c "< /dev/tcp/${REGISTRY/://}"
for archive in "${IMAGES[@]}"; do
  "$TOOLS/image" push -registry "$REGISTRY" "$archive" > /dev/null
done
wait_for ctr version
wait_for "$KUBERNETES/kubectl" get --raw=/readyz
echo "The API server is ready"
start_kube_controller_manager
start_kube_scheduler
start_kubelet
start_kube_proxy
echo started

# From here on, nobody reads the output. As PID 1, the shell also reaps the orphans of the containers.
exec > /dev/null
trap restart_program USR1
while [ "${#names[@]}" -gt 0 ]; do
  wait -n -p pid "${!names[@]}" || true
  [ -z "${pid:-}" ] || report_end "$pid" # none has ended if a signal has arrived
done
