#!/usr/bin/env bash
# Sees that the named Debian packages are there. As root, where apt-get exists, it installs the missing ones; as anyone
# else it says which to install and stops. On a system without Debian's packages it only says what is needed.
set -euo pipefail

if ! command -v dpkg-query >/dev/null; then
    echo "Not a Debian system: if a test below finds something missing, install your system's equivalent of: $*" >&2
    exit 0
fi

missing=()
for package in "$@"; do
    state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "Installing ${missing[*]} ..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq </dev/null >/dev/null
    apt-get install -qq -y --no-install-recommends "${missing[@]}" </dev/null >/dev/null
    exit 0
fi
{
    echo "These system packages are needed and are not installed: ${missing[*]}"
    echo "Install them: sudo apt-get install --no-install-recommends ${missing[*]}"
} >&2
exit 1
