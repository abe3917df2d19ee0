#!/usr/bin/env bash
# The browser's scripts and styles, from their packages: exactly what package-lock.json names, hashes checked, no
# package's own script run. The second time it costs nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

made_from() { cat package-lock.json scripts/copy_assets.py | cksum; }
stamp=server/web/static/vendor/.made-from
if [ -f tests/vendor/axe/axe.min.js ] && [ "$(cat $stamp 2>/dev/null)" = "$(made_from)" ]; then exit 0; fi
echo "Fetching the browser's scripts and styles ..."
scripts/npm.sh ci --ignore-scripts --no-audit --no-fund --loglevel=error
.venv/bin/python scripts/copy_assets.py
made_from >$stamp
