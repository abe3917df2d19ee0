#!/usr/bin/env bash
# Sees that the named Debian packages are there. As root, where apt-get exists, it installs the missing ones; as anyone
# else it says which to install and stops. On a system without Debian's packages it only says what is needed.
# After --wished it never stops: what is not to be had is said, and what would use it does without.
set -euo pipefail
wished=
if [ "${1:-}" = --wished ]; then
    wished=yes
    shift
fi

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

get() { apt-get install -qq -y --no-install-recommends "$@" </dev/null >/dev/null; }

if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    echo "Installing ${missing[*]} ..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq </dev/null >/dev/null || [ "$wished" ]
    if [ -z "$wished" ]; then
        get "${missing[@]}"
    elif ! get "${missing[@]}" 2>/dev/null; then
        for package in "${missing[@]}"; do
            get "$package" || echo "Not to be had here: $package. What needs it is passed over." >&2
        done
    fi
    exit 0
fi
if [ "$wished" ]; then
    echo "Not installed: ${missing[*]}. What needs them is passed over." >&2
    exit 0
fi
{
    echo "These system packages are needed and are not installed: ${missing[*]}"
    echo "Install them: sudo apt-get install --no-install-recommends ${missing[*]}"
} >&2
exit 1
