"""Where things lie, seen from the tests. A test that needs the public data skips without it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHARED_DATA = ROOT.parent / "shared" / "data"
PACKAGES = ("shared", "sync", "server", "mobile")
VENDOR = ROOT / "tests" / "vendor"
AXE = VENDOR / "axe" / "axe.min.js"
