# Functions that the scripts of this directory share.
# shellcheck shell=bash

# die MESSAGE... ends the script.
die() {
  echo "error: $*" >&2
  exit 1
}

# need COMMAND... ends the script if a command is missing.
need() {
  local command
  for command in "$@"; do
    command -v "$command" > /dev/null || die "CLUSTER=$CLUSTER needs the command $command, which is not on the PATH"
  done
}

# need_archive FILE ends the script if there is no such archive.
need_archive() {
  [ -f "$1" ] || die "image archive $1 does not exist: build the operator's with make image"
}
