"""How many small mistakes the tests would notice: `python -m tests.mutants --sample 60 --seed 1`.

Each mutant of a module is run against the test files that import that module, in a process that was forked before any of ours was
imported; a test that fails, or does not end in time, kills it. Prints the survivors, and ends with 1 when fewer than `--least` of
a hundred were killed. `equivalent.txt` lists those that somebody has read and that change nothing anybody could see.
"""

import argparse
import importlib.abc
import importlib.util
import os
import random
import re
import resource
import signal
import sys
import time
from collections.abc import Collection, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest

from tests.mutants.changes import Mutant, mutate
from tests.paths import ROOT

ROOMS = ("shared/policy", "shared/rules", "sync")
ASKED = ("tests/shared", "tests/sync")
"""Where the tests of these rooms stand; those of the server and the phone are asked only where no file here imports a module."""
LEFT_OUT = "not slow and not browser and not screen and not postgres and not simulation"
CPU_S, PATIENCE_S = 120, 3_600
"""How long a mutant may compute, and how long it may wait: the first tells a loop without end on a busy machine, too."""
EQUIVALENT = Path(__file__).with_name("equivalent.txt")


class Planted(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives a mutant in the place of its module."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        if name != name_of(self._mutant.path):
            return None
        return importlib.util.spec_from_file_location(name, ROOT / self._mutant.path, loader=self)

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self._mutant.source(), self._mutant.path, "exec"), module.__dict__)


def name_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def list_mutants(rooms: Sequence[str], known: Collection[str]) -> list[Mutant]:
    """Every mutant of the rooms that is none of the known ones."""
    paths = sorted(path for room in rooms for path in (ROOT / room).rglob("*.py"))
    named = [(str(path.relative_to(ROOT)), path.read_text()) for path in paths]
    return [mutant for path, source in named for mutant in mutate(path, source) if mutant.name not in known]


def list_tests(path: str) -> list[str]:
    """The test files that import a module: those of its room, else all."""
    package, _, last = name_of(path).rpartition(".")
    name, own = re.escape(name_of(path)), re.escape(package)
    imports = re.compile(
        rf"^\s*(from {name} import|import {name}\b|from {own} import\b[^#]*?\b{re.escape(last)}\b)", re.M
    )
    for rooms in (ASKED, ("tests",)):
        files = sorted(file for room in rooms for file in (ROOT / room).rglob("test_*.py"))
        found = [str(file.relative_to(ROOT)) for file in files if imports.search(file.read_text())]
        if found:
            return found
    return list(ASKED)


def begin(mutant: Mutant | None, files: Sequence[str]) -> int:
    """Fork a process that runs the files with the mutant in its place; returns its number."""
    child = os.fork()
    if child:
        return child
    if mutant is not None:
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1), os.dup2(quiet, 2)
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
        signal.alarm(PATIENCE_S)
        sys.meta_path.insert(0, Planted(mutant))
    os.chdir(ROOT)
    os._exit(int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-m", LEFT_OUT, *files])))


def find_survivors(mutants: Sequence[Mutant], workers: int) -> list[Mutant]:
    """Those against which every test passed, or none was found."""
    waiting, running, survivors = list(reversed(mutants)), {}, []
    while waiting or running:
        while waiting and len(running) < workers:
            mutant = waiting.pop()
            running[begin(mutant, list_tests(mutant.path))] = mutant
        child, status = os.wait()
        mutant = running.pop(child)
        if os.waitstatus_to_exitcode(status) in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            survivors.append(mutant)
            say(f"survived: {mutant.name} (line {mutant.line})")
    return survivors


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--sample", type=int, default=100, help="how many mutants are tried; 0 for all (default 100)")
    parser.add_argument("--seed", type=int, default=1, help="which of them (default 1)")
    parser.add_argument("--workers", type=int, default=2, help="how many at a time (default 2)")
    parser.add_argument("--least", type=float, default=90.0, help="how many of a hundred must be killed (default 90)")
    parser.add_argument("--rooms", nargs="+", default=ROOMS, help="folders whose modules are changed")
    options = parser.parse_args()
    every = list_mutants(options.rooms, set(EQUIVALENT.read_text().splitlines()))
    chosen = random.Random(options.seed).sample(every, options.sample) if options.sample else every
    files = sorted({file for mutant in chosen for file in list_tests(mutant.path)})
    _, status = os.waitpid(begin(None, files), 0)
    if status:
        say("The tests fail as it is: mend them first.")
        return 2
    began = time.monotonic()
    survivors = find_survivors(chosen, options.workers)
    killed = 100 * (1 - len(survivors) / len(chosen))
    told = f"{killed:.1f} % of {len(chosen)} killed, of {len(every)} there are"
    say(f"{told}; seed {options.seed}; {time.monotonic() - began:.0f} s")
    return 0 if killed >= options.least else 1


if __name__ == "__main__":
    sys.exit(main())
