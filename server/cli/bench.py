"""`lantern bench`: runs the benchmarks of the source tree, each in a process of its own, and says where the results are.

They stand in `bench/` at the top of the tree and are no part of an installed server.
"""

import subprocess
import sys
from pathlib import Path

import click

from server.cli.setting_out import stop

TREE = Path(__file__).resolve().parent.parent.parent
NO_BENCH = frozenset(
    {
        "__init__",
        "install",
        "los_angeles",
        "mdt_by_hand",
        "mdt_county",
        "mdt_crowd",
        "mdt_server",
        "sync_ground",
        "sync_night",
    }
)


@click.command("bench")
@click.argument("names", nargs=-1)
@click.option("--list", "only_list", is_flag=True, help="Only say which benchmarks there are.")
def bench(names: tuple[str, ...], only_list: bool) -> None:
    """Run every benchmark, or those named. Results are JSON in bench/results/. Ends with 1 when one failed."""
    known = sorted(path.stem for path in (TREE / "bench").glob("*.py") if path.stem not in NO_BENCH)
    if not known:
        stop("The benchmarks are part of the source tree, and this is an installed server.")
    if unknown := sorted(set(names) - set(known)):
        stop(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(known)}.")
    if only_list:
        click.echo("\n".join(known))
        return
    failed = [name for name in names or known if not _run(name)]
    if failed:
        click.echo(f"Failed: {', '.join(failed)}.", err=True)
        sys.exit(1)
    click.echo(f"Results: {TREE / 'bench' / 'results'}")


def _run(name: str) -> bool:
    click.echo(f"bench.{name}", err=True)
    return subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=TREE, check=False).returncode == 0
