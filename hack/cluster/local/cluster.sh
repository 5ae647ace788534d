# The project's own single-node cluster. Sourced by ../cluster.sh.
# shellcheck shell=bash

# shellcheck source-path=SCRIPTDIR source=env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"
# shellcheck source-path=SCRIPTDIR source=host.sh
. "$HACK/local/host.sh"
# shellcheck source-path=SCRIPTDIR source=packages.sh
. "$HACK/local/packages.sh"

up() {
  if is_up; then
    return
  fi
  install_packages
  need_root
  "$HACK/local/build.sh"
  lock
  if is_up; then # somebody else was faster
    return
  fi

  echo "Starting the cluster: 10 to 20 seconds"
  SECONDS=0
  clean_up
  check_networks
  trap clean_up EXIT
  trap 'exit 130' INT TERM # at the end of a command, unlike EXIT alone
  prepare_state
  prepare_host
  start_node
  settle
  date '+%F %T' > "$STATE/up"
  trap - EXIT INT TERM
  echo "The cluster is up after $SECONDS seconds."
  how_to_use
}

down() {
  local pid
  need_root
  lock
  if pid=$(node_pid) && ! is_ours "$pid"; then
    die "$(belongs_to_another "$pid")"
  fi
  clean_up
  rm -rf --one-file-system "$STATE"
  echo "The cluster is down."
}

status() {
  local pid
  if ! pid=$(node_pid); then
    echo "The cluster is down. Start it: make cluster-up"
    return 1
  fi
  is_up
}

# restart PROGRAM kills a program of the node, which starts it again. It returns at once.
restart() {
  local pid
  case $1 in
    containerd | kube-apiserver | kube-controller-manager | kube-scheduler | kubelet) ;;
    *) die "$1 is not a program of the node that can be restarted" ;;
  esac
  pid=$(our_node)
  echo "$1" > "$STATE/restart"
  kill -USR1 "$pid"
}

# compact makes etcd forget all but the newest version of each object.
compact() {
  local pid revision
  pid=$(our_node)
  revision=$(ask_etcd "$pid" range '{"key":"AA=="}' | grep -o '"revision":"[0-9]*"' | grep -o '[0-9]*')
  ask_etcd "$pid" compaction "{\"revision\":\"$revision\"}" > /dev/null
}

# ask_etcd PID METHOD BODY sends a request to the etcd of a node and prints the answer.
ask_etcd() {
  # shellcheck disable=SC2016 # the inner shell expands these
  nsenter --target "$1" --net bash -c 'exec {etcd}<> /dev/tcp/127.0.0.1/2379
    printf "POST /v3/kv/%s HTTP/1.0\r\nContent-Length: %d\r\n\r\n%s" "$1" "${#2}" "$2" >&"$etcd"
    cat <&"$etcd"' bash "$2" "$3"
}

# our_node prints the process id of the node. It ends the script if there is none.
our_node() {
  local pid
  need_root
  if ! pid=$(node_pid) || ! is_ours "$pid"; then
    die "the cluster is down; start it: make cluster-up"
  fi
  echo "$pid"
}

load() {
  local pid images image digest
  need_archive "$1"
  pid=$(our_node)
  images=$("$TOOLS/image" push -registry "$REGISTRY" "$1")
  while read -r image digest; do
    # The node forgets the image it has pulled under this name: a pod with the pull policy IfNotPresent would get that one.
    nsenter --target "$pid" --mount ctr --namespace k8s.io images remove "$image" > /dev/null 2>&1 || die "containerd cannot remove $image"
    echo "Loaded $image ($digest)"
  done <<< "$images"
}

# is_up says how to use the cluster if it is up. It fails if there is no cluster, and ends the script if there is one
# that cannot be used.
is_up() {
  local pid
  pid=$(node_pid) || return 1
  is_ours "$pid" || die "$(belongs_to_another "$pid")"
  [ ! -e "$STATE/ended" ] || die "the cluster is broken: $(paste -sd ' ' "$STATE/ended") ended, see $STATE/logs. Stop it: make cluster-down"
  [ -e "$STATE/up" ] || die "the cluster is still starting, or its start was interrupted. Stop it: make cluster-down"
  echo "The cluster has been up since $(< "$STATE/up")."
  how_to_use
}

# belongs_to_another PID says to which checkout the node on this machine belongs.
belongs_to_another() {
  echo "the local cluster of $(owner "$1") is up, and a machine can have only one. Stop it: make -C $(owner "$1") cluster-down"
}

how_to_use() {
  echo "Use it:   export KUBECONFIG=$KUBECONFIG
          $KUBERNETES/kubectl get pods --all-namespaces
Stop it:  make cluster-down"
}

# prepare_state creates the certificates, kubeconfigs and configuration files.
prepare_state() {
  local file
  rm -rf --one-file-system "$STATE"
  mkdir -p "$STATE"/{logs,config/cni,config/registries/_default}
  "$TOOLS/pki" -dir "$PKI" -name "$CONTEXT" -server "$API_SERVER" \
    -node "$NODE_NAME" -node-ip "$NODE_IP" -service-ip "$API_SERVICE_IP"
  mv "$PKI/admin.kubeconfig" "$KUBECONFIG"
  for file in audit-policy.yaml containerd.toml kube-proxy.yaml kubelet.yaml; do
    render "$HACK/local/config/$file" > "$STATE/config/$file"
  done
  render "$HACK/local/config/cni.conflist" > "$STATE/config/cni/extendedjob.conflist"
  render "$HACK/local/config/registries.toml" > "$STATE/config/registries/_default/hosts.toml"
}

# start_node starts the node, and returns when all its programs run.
start_node() {
  local pid line
  # In a session of its own the node outlives this script, and gets none of the terminal's interrupts.
  # shellcheck disable=SC2016 # the inner shell expands these
  exec {from_node}< <(
    exec {host_lock}<&-
    exec setsid unshare --mount --propagation=private --pid --net --fork --kill-child \
      bash -c 'exec -a "$0" bash "$1"' "$NODE_PROCESS" "$HACK/local/node.sh" \
      < /dev/null 2> "$STATE/logs/node.log"
  )
  read -r pid <&"$from_node" || start_failed
  connect "$pid"
  while read -r line <&"$from_node"; do
    [ "$line" != started ] || return 0
    progress "$line"
  done
  start_failed
}

# settle waits until the cluster can be used.
settle() {
  render "$HACK/local/config/coredns.yaml" | "$KUBERNETES/kubectl" apply -f - > /dev/null
  await wait --for=create "node/$NODE_NAME"
  await wait --for=condition=Ready "node/$NODE_NAME"
  progress "The node is ready"
  await wait --for=create serviceaccount/default --namespace=default
  await rollout status deployment/coredns --namespace=kube-system
  progress "CoreDNS is ready"
}

# await ARGUMENT... returns when kubectl, with the arguments, has seen what it waits for. It does not hold the lock: it
# may outlive a start that is killed.
await() {
  "$KUBERNETES/kubectl" "$@" --timeout=120s > /dev/null {host_lock}<&- || start_failed
}

progress() {
  echo "$1 ($SECONDS s)"
}

# start_failed ends the script with an error. The logs stay until the next start.
start_failed() {
  local program=node
  if [ -e "$STATE/ended" ]; then
    read -r program < "$STATE/ended"
  fi
  tail -n 5 "$STATE/logs/$program.log" >&2
  die "the cluster could not be started; see $STATE/logs/$program.log"
}
