# What the local cluster takes from Debian.
# shellcheck shell=bash

# install_packages installs the missing ones of the packages that the node runs.
install_packages() {
  local missing=()
  command -v ip > /dev/null || missing+=(iproute2)
  command -v iptables > /dev/null || missing+=(iptables)
  command -v containerd > /dev/null || missing+=(containerd)
  command -v runc > /dev/null || missing+=(runc)
  [ -x /usr/lib/cni/ptp ] || missing+=(containernetworking-plugins)
  [ "${#missing[@]}" -gt 0 ] || return 0

  command -v apt-get > /dev/null || die "the local cluster needs Debian's packages ${missing[*]}; there are CLUSTER=kind and CLUSTER=existing, too"
  [ "$(id -u)" = 0 ] || die "Debian packages are missing; install them as root: apt-get install ${missing[*]}"
  echo "Installing the Debian packages ${missing[*]}: half a minute"
  DEBIAN_FRONTEND=noninteractive apt_get install --yes --no-install-recommends "${missing[@]}"
}

# unpack_package PACKAGE DIRECTORY puts the files of a package into a directory without installing it.
unpack_package() {
  local download
  download=$(mktemp -d)
  (cd "$download" && apt_get download "$1")
  dpkg-deb --extract "$download"/*.deb "$2"
  rm -r "$download"
}

# apt_get runs apt-get with the arguments; where it fails, once more with fresh package lists: there may be none yet, or
# they may name versions that the mirror has replaced since.
apt_get() {
  local log
  log=$(mktemp)
  if ! apt-get "$@" > "$log" 2>&1 && ! { apt-get update && apt-get "$@"; } > "$log" 2>&1; then
    cat "$log" >&2
    rm "$log"
    die "apt-get $* has failed"
  fi
  rm "$log"
}
