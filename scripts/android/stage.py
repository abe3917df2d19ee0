"""Lays out what travels on a phone, for buildozer: `python scripts/android/stage.py [--map DIRECTORY]` fills build/android/app
from mobile, shared and sync, and with the operator's own map (`tiles.mbtiles`, `sketch.json`, either or both).
"""

import argparse
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STAGED = ROOT / "build" / "android" / "app"
MAP_FILES = ("tiles.mbtiles", "sketch.json")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc")


def main(arguments: list[str] | None = None) -> int:
    """Fill build/android/app anew."""
    parser = argparse.ArgumentParser(description="Lay out what travels on a phone.")
    parser.add_argument("--map", type=Path, help="a directory with tiles.mbtiles, sketch.json, or both")
    options = parser.parse_args(arguments)
    shutil.rmtree(STAGED, ignore_errors=True)
    STAGED.mkdir(parents=True)
    for package in ("mobile", "shared", "sync"):
        shutil.copytree(ROOT / package, STAGED / package, ignore=LEFT_OUT)
    for start in ("main.py", "shift_service.py"):
        shutil.copy(ROOT / "scripts" / "android" / start, STAGED / start)
    for name in MAP_FILES:
        if options.map is not None and (options.map / name).is_file():
            (STAGED / "map").mkdir(exist_ok=True)
            shutil.copy(options.map / name, STAGED / "map" / name)
    print(f"staged {sum(1 for path in STAGED.rglob('*') if path.is_file())} files in {STAGED.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
