"""Cutting the power at random moments of saving (rule E1): what was never synced is gone, what was acknowledged must
be there.

`python -m tests.mobile.power_cut --cuts 200`. The disk that forgets is `forgetful.c`, compiled here and preloaded; a
child saves on it and is killed, and the store is opened from what the disk had kept. `--synchronous NORMAL` shows
that the test would notice.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path

from mobile.store import database
from tests.mobile import kills
from tests.mobile.kills import Tally

SOURCE = Path(__file__).with_name("forgetful.c")


def compile_forgetful(directory: Path) -> Path | None:
    """The preloaded library; None where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    library = directory / "forgetful.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True, timeout=60)
    return library


def run_apart(cuts: int, seed: int, synchronous: str = "FULL") -> Tally | None:
    """Run the cuts in a process that has the forgetful disk; None where it cannot be compiled."""
    with tempfile.TemporaryDirectory() as name:
        library = compile_forgetful(Path(name))
        if library is None:
            return None
        options = ["--cuts", str(cuts), "--seed", str(seed), "--synchronous", synchronous, "--here"]
        command = [sys.executable, "-m", "tests.mobile.power_cut", *options]
        environment = os.environ | {"LD_PRELOAD": str(library)}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True, timeout=1_800)
    return Tally(**json.loads(done.stdout))


def save_on_a_forgetful_disk(directory: Path, told: Connection, seed: int) -> None:
    """As `kills.save_without_end`, on a disk that forgets."""
    os.environ["FORGETFUL_DIRECTORY"] = str(directory)
    os.environ["FORGETFUL_KEPT"] = str(directory.with_name("kept"))
    kills.save_without_end(directory, told, seed)


def run(cuts: int, seed: int, synchronous: str) -> Tally:
    """So many power cuts; the phone lives on with what its disk kept."""
    tally = Tally()
    database.SETTINGS = tuple(s.replace("= FULL", f"= {synchronous}") for s in database.SETTINGS)  # type: ignore[assignment, misc]
    kills.WORKS["power"] = save_on_a_forgetful_disk
    with tempfile.TemporaryDirectory() as name:
        directory, kept = Path(name) / "phone", Path(name) / "kept"
        directory.mkdir()
        kills.prepare(directory)
        for n in range(cuts):
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(directory, kept)
            said = kills.kill_once("power", directory, seed + n)
            shutil.rmtree(directory)
            shutil.copytree(kept, directory, ignore=shutil.ignore_patterns("*.keeping", "*-shm"))
            tally.kills += 1
            kills.look(directory, said, tally)
    tally.by_work["power"] = cuts
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cuts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--synchronous", default="FULL", choices=["FULL", "NORMAL"])
    parser.add_argument("--here", action="store_true", help="this process already has the forgetful disk")
    options = parser.parse_args()
    work = run if options.here else run_apart
    tally = work(options.cuts, options.seed, options.synchronous)
    sys.stdout.write(json.dumps(tally.__dict__ if tally else {"skipped": "no C compiler"}) + "\n")
    return 0 if options.here or tally is None or tally.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
