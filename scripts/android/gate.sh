#!/usr/bin/env bash
# The Android gate, whole: python-for-android's resolver over buildozer.spec, and the phone's tests with the phone's packages only.
#   scripts/android/gate.sh resolve   the resolver
#   scripts/android/gate.sh tests     the tests, in an environment that holds only what a phone holds
#   scripts/android/gate.sh           both
# Makes .venv-android and .venv-phone (never committed). Takes a minute the first time.
set -euo pipefail
cd "$(dirname "$0")/../.."
what=${1:-both}
python=$(scripts/find_python.sh)
export PIP_DISABLE_PIP_VERSION_CHECK=1

if [ "$what" = resolve ] || [ "$what" = both ]; then
    if [ ! -x .venv-android/bin/p4a ]; then
        "$python" -m venv .venv-android
        .venv-android/bin/python -m pip install --quiet --upgrade pip
        .venv-android/bin/python -m pip install --quiet python-for-android==2026.5.9
    fi
    .venv-android/bin/python scripts/android/gate.py
fi

if [ "$what" = tests ] || [ "$what" = both ]; then
    if [ ! -x .venv-phone/bin/pytest ]; then
        "$python" -m venv .venv-phone
        # The phone's packages at the versions of the lock; pytest is the only guest.
        .venv-phone/bin/python scripts/android/phone_lock.py requirements.lock >.venv-phone/phone.lock
        .venv-phone/bin/python -m pip install --quiet --require-hashes -r .venv-phone/phone.lock
    fi
    .venv-phone/bin/python -m pytest -q -p no:randomly -p no:cacheprovider -m "not screen and not slow" tests/mobile/store tests/mobile/field tests/mobile/opening tests/mobile/device
fi
