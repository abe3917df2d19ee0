"""`lantern simulate`: worlds of the sync simulator, from the source tree. They are tests, and no part of an installed server."""

import subprocess
import sys

import click

from server.cli.bench import TREE
from server.cli.setting_out import stop


@click.command()
@click.option("--seed", type=int, help="Replay this one world.")
@click.option("--runs", type=click.IntRange(1), help="So many fresh worlds, one after another.")
def simulate(seed: int | None, runs: int | None) -> None:
    """Play seeded worlds of phones, a server and every fault we know. Ends with 1 when an invariant broke."""
    if not (TREE / "tests" / "simulation").is_dir():
        stop("The simulator is part of the source tree, and this is an installed server.")
    chosen = [*(("--seed", str(seed)) if seed is not None else ()), *(("--runs", str(runs)) if runs else ())]
    sys.exit(subprocess.run([sys.executable, "-m", "tests.simulation", *chosen], cwd=TREE, check=False).returncode)
