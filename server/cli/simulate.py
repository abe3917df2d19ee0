"""`lantern simulate`: worlds of the sync simulator, from the source tree. They are tests, and no part of an installed server."""

import subprocess
import sys

import click

from server.cli.bench import TREE
from server.cli.setting_out import stop


@click.command()
@click.option("--seed", type=int, help="Replay this one world.")
@click.option("--runs", type=click.IntRange(1), help="So many fresh worlds, one after another.")
@click.option("--store", type=click.Choice(["sqlite", "postgresql"]), help="The server's side (PostgreSQL is slower).")
def simulate(seed: int | None, runs: int | None, store: str | None) -> None:
    """Play seeded worlds of phones, a server and every fault we know. Ends with 1 when an invariant broke."""
    if not (TREE / "tests" / "simulation").is_dir():
        stop("The simulator is part of the source tree, and this is an installed server.")
    told = {"--seed": seed, "--runs": runs, "--store": store}
    chosen = [word for name, value in told.items() if value is not None for word in (name, str(value))]
    sys.exit(subprocess.run([sys.executable, "-m", "tests.simulation", *chosen], cwd=TREE, check=False).returncode)
