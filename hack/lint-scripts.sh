#!/usr/bin/env bash
#
# Checks the syntax and the format of the given shell scripts, and runs shellcheck. SHFMT is the path of shfmt.
set -euo pipefail

if ! command -v shellcheck > /dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get > /dev/null; then
    echo "error: shellcheck is missing: install it as root with apt-get install shellcheck" >&2
    exit 1
  fi
  echo "Installing the Debian package shellcheck"
  apt-get update > /dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends shellcheck > /dev/null
fi

for script in "$@"; do
  bash -n "$script"
done
"$SHFMT" --diff "$@"
shellcheck --external-sources --source-path=SCRIPTDIR "$@"
