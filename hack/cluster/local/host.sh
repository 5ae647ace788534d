# The traces of the local cluster on the host: the node's process, its network device, routes, cgroups and mount points.
# shellcheck shell=bash

need_root() {
  [ "$(id -u)" = 0 ] || die "the local cluster needs root, for namespaces, mounts and cgroups: use sudo make"
}

# lock serializes the starts and stops of all checkouts on this machine. Every machine has this directory.
lock() {
  exec {host_lock}< /run
  flock --nonblock "$host_lock" || die "another process is starting or stopping a local cluster on this machine"
}

# node_pid prints the process id of the node's PID 1, whichever checkout it belongs to. It fails if there is no node.
node_pid() {
  local process name
  for process in /proc/[0-9]*; do
    # A process may end while it is inspected, and a zombie has no command line.
    { IFS= read -r -d '' name < "$process/cmdline"; } 2> /dev/null || continue
    # A shell that the node has forked also has the name, until it executes a program.
    if [ "$name" = "$NODE_PROCESS" ] && grep -qs '^NSpid:.*[[:space:]]1$' "$process/status"; then
      echo "${process#/proc/}"
      return 0 # not a bare return: in a trap, that has the status of the command before the trap
    fi
  done
  return 1
}

# owner PID prints the checkout that a node belongs to.
owner() {
  local script
  { IFS= read -r -d '' _ && IFS= read -r -d '' script; } < "/proc/$1/cmdline"
  echo "${script%/hack/cluster/local/node.sh}"
}

# is_ours PID reports whether a node belongs to this checkout, or to one that no longer exists.
is_ours() {
  local owner
  owner=$(owner "$1")
  [ "$owner" = "$ROOT" ] || [ ! -d "$owner" ]
}

# check_networks ends the script if the machine already uses one of the cluster's networks for something else.
check_networks() {
  local network routes
  for network in "${NETWORKS[@]}"; do
    routes=$(ip -4 route show root "$network")
    [ -z "$routes" ] || die "this machine already has a route to the local cluster's network $network: ${routes%%$'\n'*}"
  done
}

# prepare_host creates everything that the node needs to start.
prepare_host() {
  local network directory hierarchy
  # From now on, no packet for the cluster's networks leaves the machine through its default route. The routes to the node
  # take precedence over these as long as they exist: they disappear with the node.
  for network in "${NETWORKS[@]}"; do
    ip route add blackhole "$network" metric 4000
  done
  for directory in "${NODE_DIRECTORIES[@]}"; do
    [ -d "$directory" ] || echo "$directory" >> "$STATE/made"
    mkdir -p "$directory"
  done
  while read -r hierarchy; do
    make_cgroup "$hierarchy"
  done < <(cgroup_hierarchies)
}

# connect PID puts a network device between the host and the network namespace of the node.
connect() {
  ip link add "$LINK" type veth peer name eth0 netns "$1"
  ip address add "$HOST_IP/${NODE_NETWORK#*/}" dev "$LINK"
  ip link set "$LINK" up
  ip route add "$POD_NETWORK" via "$NODE_IP"
  ip route add "$SERVICE_NETWORK" via "$NODE_IP"
}

# clean_up removes the node, running or killed, and all its traces on the host.
clean_up() {
  local pid network hierarchy
  if pid=$(node_pid); then
    kill -KILL "$pid"
  fi
  thaw
  # The program that has started PID 1 ends after it, and PID 1 after all other processes of the node.
  while grep -lsxzf <(echo "$NODE_PROCESS") /proc/[0-9]*/cmdline > /dev/null; do
    sleep 0.05
  done
  # The kernel removes the link with the node's network namespace, at some moment after the node's end.
  ip link delete "$LINK" 2> /dev/null || true
  for network in "${NETWORKS[@]}"; do
    if ip -4 route show exact "$network" type blackhole | grep -q 'metric 4000'; then
      ip route delete blackhole "$network" metric 4000
    fi
  done
  while read -r hierarchy; do
    remove_cgroup "$hierarchy"
  done < <(cgroup_hierarchies)
  if [ -e "$STATE/made" ]; then
    xargs rmdir < "$STATE/made"
    rm "$STATE/made"
  fi
}

# cgroup_hierarchies prints the root directory of each cgroup hierarchy, of version 1 or 2.
cgroup_hierarchies() {
  awk '$3 == "cgroup" || $3 == "cgroup2" { print $2 }' /proc/mounts
}

# is_version_2 HIERARCHY reports whether the hierarchy is of version 2 and in use: it is the only one then.
is_version_2() {
  [ "$1" = /sys/fs/cgroup ]
}

# make_cgroup HIERARCHY creates our cgroup and enables the controllers that pods need.
make_cgroup() {
  local controller ours=$1/$CGROUP
  mkdir "$ours"
  if is_version_2 "$1"; then
    cp "$1/cgroup.subtree_control" "$STATE/controllers"
    # A cgroup has the controllers that its parent passes on, and the kubelet requires these.
    for controller in cpu cpuset hugetlb memory pids; do
      ! grep -qw "$controller" "$1/cgroup.controllers" || echo "+$controller" > "$1/cgroup.subtree_control"
    done
  elif [ -e "$ours/cpuset.cpus" ]; then
    # In a new cgroup of version 1, these files are empty, and no process could run in it.
    cat "$1/cpuset.cpus" > "$ours/cpuset.cpus"
    cat "$1/cpuset.mems" > "$ours/cpuset.mems"
  fi
}

# remove_cgroup HIERARCHY removes our cgroup and all cgroups below it, which no longer contain processes.
remove_cgroup() {
  local controller ours=$1/$CGROUP deadline=$((SECONDS + 10))
  # The kernel counts a process for a moment after its end.
  until [ ! -d "$ours" ] || find "$ours" -depth -type d -exec rmdir {} + 2> /dev/null; do
    [ "$SECONDS" -lt "$deadline" ] || die "$ours still contains processes"
    sleep 0.05
  done
  if is_version_2 "$1" && [ -e "$STATE/controllers" ]; then
    # runc makes the parent pass on every controller. One that somebody else uses by now cannot be removed again.
    for controller in $(< "$1/cgroup.subtree_control"); do
      grep -qw "$controller" "$STATE/controllers" || echo "-$controller" > "$1/cgroup.subtree_control" || true
    done
    rm "$STATE/controllers"
  fi
}

# thaw resumes the frozen processes of pods. runc freezes processes for a moment before it kills them; with cgroups of
# version 1, frozen processes do not even die.
thaw() {
  local hierarchy freezer
  while read -r hierarchy; do
    while read -r freezer; do
      echo THAWED > "$freezer"
    done < <([ ! -d "$hierarchy/$CGROUP" ] || find "$hierarchy/$CGROUP" -name freezer.state)
  done < <(cgroup_hierarchies)
}
