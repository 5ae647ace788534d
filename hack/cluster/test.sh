#!/usr/bin/env bash
#
# Tests that pods and images work in the local cluster as in any other, that its errors are helpful, and that
# nothing remains on the machine, however the cluster ended. Takes about a minute. Needs root, and no running cluster.
set -euo pipefail

directory=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$directory/lib.sh"
# shellcheck source-path=SCRIPTDIR source=local/env.sh
. "$directory/local/env.sh"
# shellcheck source-path=SCRIPTDIR source=local/host.sh
. "$HACK/local/host.sh"
unset CLUSTER

work=$(mktemp -d)
cluster=$HACK/cluster.sh
kubectl=$KUBERNETES/kubectl

main() {
  need_root
  ! node_pid > /dev/null || die "a local cluster is running; stop it: make cluster-down"
  trap end EXIT
  prepare
  snapshot > "$work/before"

  says "is down" fails "$cluster" status
  "$cluster" up > /dev/null
  test_pods
  test_network
  test_images
  test_a_running_cluster
  test_another_checkout
  test_a_program_that_ends
  leaves_nothing "a cluster that was stopped"

  test_a_killed_node
  test_a_killed_start
  test_an_interrupted_start
  test_a_network_in_use
  echo "All tests passed."
}

# prepare builds everything, so that the changes of the build are not attributed to the cluster.
prepare() {
  # shellcheck source-path=SCRIPTDIR source=local/packages.sh
  . "$HACK/local/packages.sh"
  install_packages
  "$HACK/local/build.sh"
}

end() {
  local status=$?
  "$cluster" down > /dev/null
  rm -rf "$work"
  [ "$status" = 0 ] || echo "The test failed." >&2
}

test_pods() {
  local digest
  says "no tag" run_pod untagged --image=busybox -- echo no tag
  check "an image without a tag is always pulled" [ "$(pod untagged '{.spec.containers[0].imagePullPolicy}')" = Always ]
  digest=$(pod untagged '{.status.containerStatuses[0].imageID}')
  says "by digest" run_pod digest --image="busybox@${digest#*@}" -- echo by digest
}

test_network() {
  says "$API_SERVICE_IP" run_pod dns --image=busybox -- nslookup kubernetes.default.svc.cluster.local
  check "the host reaches a ClusterIP" connects "$API_SERVICE_IP" 443
  check "the host reaches a pod" connects "$("$kubectl" get pods --namespace=kube-system --selector=k8s-app=kube-dns --output=jsonpath='{.items[0].status.podIP}')" 8181
  "$kubectl" run client --image=busybox --restart=OnFailure -- sh -c "echo hello | nc $HOST_IP 7070" > /dev/null
  says hello nc_listen
}

test_images() {
  local image=registry.example/made:1
  for content in first second; do
    make_image "$image" "$content"
    says "Loaded $image" "$cluster" load "$work/made.tar"
    says "$content" run_pod "$content" --image="$image" --image-pull-policy=IfNotPresent -- cat /content
  done
  says "missing.tar does not exist" fails "$cluster" load "$work/missing.tar"
}

test_a_running_cluster() {
  says "has been up since" "$cluster" status
  says "export KUBECONFIG=$KUBECONFIG" "$cluster" up
}

test_another_checkout() {
  local command
  mkdir "$work/other"
  cp -r "$ROOT/hack" "$work/other"
  for command in up down status; do
    says "of $ROOT is up" fails "$work/other/hack/cluster/cluster.sh" "$command"
  done
}

test_a_program_that_ends() {
  local process
  for process in /proc/[0-9]*; do
    if grep -qsa "^$KUBERNETES/kube-scheduler" "$process/cmdline"; then
      kill -KILL "${process#/proc/}"
    fi
  done
  timeout 10 bash -c "until [ -e '$STATE/ended' ]; do sleep 0.1; done"
  says "is broken: kube-scheduler ended" fails "$cluster" status
  says "is broken: kube-scheduler ended" fails "$cluster" up
}

test_a_killed_node() {
  "$cluster" up > /dev/null
  kill -KILL "$(node_pid)"
  leaves_nothing "a cluster whose node was killed"
}

test_a_killed_start() {
  start_until 'The node is ready' KILL
  says "start was interrupted" fails "$cluster" up
  leaves_nothing "a cluster whose start was killed"
}

test_an_interrupted_start() {
  start_until 'The API server is ready' INT group
  check "an interrupted start leaves no node" fails node_pid
  leaves_nothing "a cluster whose start was interrupted"
}

test_a_network_in_use() {
  ip route add "${POD_NETWORK%/*}" dev lo
  says "already has a route" fails "$cluster" up
  ip route delete "${POD_NETWORK%/*}"
  leaves_nothing "a cluster that was not started"
}

# leaves_nothing WHAT stops the cluster and compares the state of the machine with the state before.
leaves_nothing() {
  "$cluster" down > /dev/null
  snapshot > "$work/after"
  # The first start may load kernel modules, which add sysctls: only such lines may be added.
  diff "$work/before" "$work/after" | grep -v '^> sysctl ' | grep '^[<>]' > "$work/difference" || true
  cat "$work/difference"
  check "$1 leaves nothing" [ ! -s "$work/difference" ]
}

# snapshot prints everything that the cluster might leave on the machine.
snapshot() {
  ip -4 route show table all | sed 's/^/route /'
  ip -6 route show table all | sed 's/^/route6 /'
  ip -brief link | awk '{ print "link", $1 }'
  iptables-save | sed -n '/^[^#]/s/^/iptables /p'
  sed 's/^/mount /' /proc/self/mounts
  find /sys/fs/cgroup -type d -name "$CGROUP*" -printf 'cgroup %p\n'
  find /sys/fs/cgroup -maxdepth 1 -name cgroup.subtree_control -exec sed 's/^/controllers /' {} +
  find / /etc /opt /run /usr/libexec /var/lib /var/log -maxdepth 1 -printf 'file %p\n'
  find "$ROOT" -maxdepth 1 -name .cluster -printf 'file %p\n'
  { grep -lsza "^$NODE_PROCESS$" /proc/[0-9]*/cmdline || true; } | sed 's/^/process /'
  # Without those that change by themselves. Some cannot be read.
  { find /proc/sys -type f -perm -u=rw -not -path '*/random/*' -not -name ns_last_pid -not -path "*/$LINK/*" \
    -exec grep -s . {} + || true; } | sed 's/^/sysctl /'
}

# start_until TEXT SIGNAL [GROUP] sends a signal to a start of the cluster when it has printed a line with the text; to
# its process alone, or to its process group as a terminal does.
start_until() {
  local line start
  exec {output}< <(exec setsid "$cluster" up 2> /dev/null)
  start=$!
  while read -r line <&"$output"; do
    if [[ $line == *"$1"* ]]; then
      kill -s "$2" -- "${3:+-}$start"
      break
    fi
  done
  tail --pid="$start" --sleep-interval=0.1 -f /dev/null
  exec {output}<&-
}

# run_pod NAME ARGUMENT... runs a pod to its end and prints its log.
run_pod() {
  "$kubectl" run "$1" --restart=Never "${@:2}" > /dev/null
  "$kubectl" wait --for=jsonpath='{.status.phase}'=Succeeded "pod/$1" --timeout=30s > /dev/null
  "$kubectl" logs "$1"
}

pod() {
  "$kubectl" get pod "$1" --output=jsonpath="$2"
}

# make_image NAME CONTENT makes work/made.tar, an image of busybox with the content in the file /content.
make_image() {
  echo "$2" > "$TOOLS/busybox/content"
  "$TOOLS/image" build -name "$1" -output "$work/made.tar" -root "linux/$(go env GOARCH)=$TOOLS/busybox" > /dev/null
  rm "$TOOLS/busybox/content"
}

connects() {
  timeout 5 bash -c "< /dev/tcp/$1/$2"
}

# nc_listen prints what the first client of port 7070 of the host sends.
nc_listen() {
  timeout 30 "$TOOLS/busybox/bin/busybox" nc -l -p 7070
}

fails() {
  ! "$@"
}

# says TEXT COMMAND... checks that the command succeeds and that its output, in one line, contains the text.
says() {
  local output status=0
  output=$("${@:2}" 2>&1) || status=$?
  output=${output//$'\n'/ }
  if [ "$status" != 0 ] || [[ $output != *"$1"* ]]; then
    die "${*:2}: status $status, and not \"$1\" but \"$output\""
  fi
  echo "ok: ${*:2}: $1"
}

# check WHAT COMMAND... checks that the command succeeds.
check() {
  "${@:2}" > /dev/null || die "failed: $1"
  echo "ok: $1"
}

main
