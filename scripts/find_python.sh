#!/usr/bin/env bash
# Prints the first Python that Lantern runs on: the one named by $PYTHON, else python3, python3.13, 3.12 or 3.11.
# A name on the path may be a shim that does not run, so each is asked for its version.
set -u
seen=""
# A Python that was named is taken or refused, never quietly replaced.
for name in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
    version=$("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
    case "$version" in
        3.11 | 3.12 | 3.13) command -v "$name"; exit 0 ;;
    esac
    seen="$seen $name is $version;"
done
{
    echo "Lantern needs Python 3.11, 3.12 or 3.13 (Kivy has no build for newer ones yet)."
    echo "Found:${seen:- ${PYTHON:-no Python at all} (it does not run)}"
    echo "Install one, or name it: make demo PYTHON=/path/to/python3.12"
} >&2
exit 2
