"""The phone's part of the road: the first frame beside an empty app's, and a saved contact beside a bare insert.

    python -m bench.road_phone [--saves 200] [--out bench/results/road.json]

The same measurements as in `bench.field` and `bench.field_ui`, which hold the rest, written beside the road's others.
"""

import argparse
import json
import tempfile
from pathlib import Path

from bench.field import measure_saves
from bench.field_ui import measure_first_frames
from mobile.opening.keys import Cost
from tests.mobile.rig import Rig


def main() -> None:
    """Measure, print, and write beside what other benches wrote in the same file."""
    parser = argparse.ArgumentParser(description="The phone's first frame and a saved contact.")
    parser.add_argument("--saves", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("bench/results/road.json"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        rig = Rig(Path(name), Cost())
        rig.enrol()
        saved = measure_saves(rig, Path(name), options.saves)
        rig.field.close()
    result = {"phone": measure_first_frames() | {"save": saved}}
    kept = json.loads(options.out.read_text()) if options.out.exists() else {}
    options.out.write_text(json.dumps(kept | result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
