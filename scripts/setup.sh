#!/usr/bin/env bash
# Makes .venv from a lock file, with every hash checked, and puts this tree into it.
#   scripts/setup.sh demo   what runs: the server and the phone app
#   scripts/setup.sh all    that, and what tests and developers use
# The second time it costs nothing: .venv/.lantern-<set> remembers which locks it was made from.
set -euo pipefail
cd "$(dirname "$0")/.."
set_name=${1:-all}
case "$set_name" in
    demo) lock=requirements-demo.lock ;;
    all) lock=requirements.lock ;;
    *) echo "usage: scripts/setup.sh demo|all" >&2; exit 2 ;;
esac

made_from() { cat pyproject.toml "$1" | cksum; }
is_made() { [ -x .venv/bin/lantern ] && [ "$(cat ".venv/.lantern-$1" 2>/dev/null)" = "$(made_from "$2")" ]; }

if is_made "$set_name" "$lock"; then exit 0; fi
if [ "$set_name" = demo ] && is_made all requirements.lock; then exit 0; fi

if ! .venv/bin/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
    python=$(scripts/find_python.sh)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        scripts/system_packages.sh python3-venv
    fi
    echo "Making .venv with $("$python" --version) ..."
    rm -rf .venv
    "$python" -m venv .venv
fi
echo "Installing from $lock ..."
export PIP_DISABLE_PIP_VERSION_CHECK=1
.venv/bin/python -m pip install --quiet --require-hashes -r "$lock"
.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --no-index -e .
made_from "$lock" >".venv/.lantern-$set_name"
