# The packages that the local cluster uses from Debian.
# shellcheck shell=bash

# install_packages installs those packages of the node that are missing.
install_packages() {
  local missing=()
  command -v ip > /dev/null || missing+=(iproute2)
  command -v iptables > /dev/null || missing+=(iptables)
  command -v containerd > /dev/null || missing+=(containerd)
  command -v runc > /dev/null || missing+=(runc)
  [ -x /usr/lib/cni/ptp ] || missing+=(containernetworking-plugins)
  [ "${#missing[@]}" -gt 0 ] || return 0

  command -v apt-get > /dev/null || die "the local cluster needs the Debian packages ${missing[*]}: use Debian, CLUSTER=kind or CLUSTER=existing"
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

# apt_get runs apt-get with the arguments. If that fails, it tries once more with new package lists: there may be none, or
# they may name versions that the mirror has since replaced.
apt_get() {
  local log
  log=$(mktemp)
  if ! apt-get "$@" > "$log" 2>&1 && ! { apt-get update && apt-get "$@"; } > "$log" 2>&1; then
    cat "$log" >&2
    rm "$log"
    die "apt-get $* failed"
  fi
  rm "$log"
}
