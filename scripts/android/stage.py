"""Lays out what travels on a phone, for buildozer: `python scripts/android/stage.py` fills build/android/app from
mobile, shared and sync.
"""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAGED = ROOT / "build" / "android" / "app"
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc")


def main() -> int:
    """Fill build/android/app anew."""
    shutil.rmtree(STAGED, ignore_errors=True)
    STAGED.mkdir(parents=True)
    for package in ("mobile", "shared", "sync"):
        shutil.copytree(ROOT / package, STAGED / package, ignore=LEFT_OUT)
    shutil.copy(ROOT / "scripts" / "android" / "main.py", STAGED / "main.py")
    print(f"staged {sum(1 for path in STAGED.rglob('*') if path.is_file())} files in {STAGED.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
