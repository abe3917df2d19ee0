#!/usr/bin/env bash
# Runs an APK in an emulator, for whoever has an Android SDK and /dev/kvm: installs it, opens it, waits for its process and its first
# words in the log, presses Back, opens it again, and fails on a crash. Never run where it was written (docs/android.md).
#   scripts/android/emulate.sh bin/lantern-0.1.0-arm64-v8a-debug.apk
set -euo pipefail
apk=$1
image=${LANTERN_IMAGE:-"system-images;android-36;google_apis;x86_64"}
sdk=${ANDROID_HOME:?an Android SDK}
package=org.lantern.lantern
out=build/emulator
export PATH=$sdk/cmdline-tools/latest/bin:$sdk/emulator:$sdk/platform-tools:$PATH
mkdir -p "$out"

if [ -e /dev/kvm ] && [ ! -w /dev/kvm ]; then
    sudo chmod 666 /dev/kvm
fi
yes | sdkmanager --licenses >/dev/null || true
sdkmanager "$image" platform-tools emulator >/dev/null
echo no | avdmanager --silent create avd --force --name lantern --package "$image"
emulator -avd lantern -no-window -no-audio -no-boot-anim -no-snapshot -gpu swiftshader_indirect >"$out/emulator.log" 2>&1 &
trap 'adb emu kill >/dev/null 2>&1 || true' EXIT
timeout 600 adb wait-for-device
timeout 600 adb shell 'while [ "$(getprop sys.boot_completed)" != 1 ]; do sleep 2; done'

adb install -r "$apk"
adb logcat -c
adb shell am start -W -n "$package/org.kivy.android.PythonActivity" | tee "$out/start.txt"
timeout 120 adb shell "while ! pidof $package; do sleep 1; done"
timeout 120 adb logcat -s python:V -m 1
adb exec-out screencap -p >"$out/first.png" # black: the window is kept off screenshots
adb shell input keyevent KEYCODE_BACK
adb shell am start -W -n "$package/org.kivy.android.PythonActivity" | tee -a "$out/start.txt"
adb shell "pidof $package"
adb logcat -d >"$out/log.txt"
if grep -E "FATAL EXCEPTION|Fatal signal|Traceback" "$out/log.txt"; then
    echo "it crashed" >&2
    exit 1
fi
