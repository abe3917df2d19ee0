"""`lantern jobs`: whatever is due by itself, once. `lantern serve` does the same every quarter of a minute."""

import sys
from json import dumps

import click
import msgspec

from server.cli.setting_out import UNUSABLE, stop, working
from server.http.services import Services
from server.jobs.catalogue import JOBS, LANES
from server.jobs.runner import Ran, run_due


def _run(services: Services, names: tuple[str, ...]) -> list[Ran] | None:
    """One lane after another; None when another process runs one of them."""
    done: list[Ran] = []
    for lane, jobs in LANES.items():
        asked = [job.name for job in jobs if job.name in names]
        if names and not asked:
            continue
        ran = run_due(services, jobs, services.new_id(), names=asked, lease=lane)
        if ran is None:
            return None
        done += ran
    return done


@click.command("jobs")
@click.option("--only", "names", multiple=True, help="Run this job now, due or not; repeat for more.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON on standard output.")
def jobs(names: tuple[str, ...], as_json: bool) -> None:
    """Run what is due: mails, reminders, digests, retention. Exit code 1 when a job failed, 2 when another runs them."""
    known = [job.name for job in JOBS]
    if unknown := sorted(set(names) - set(known)):
        stop(f"There is no job {', '.join(unknown)}. There are: {', '.join(known)}.")
    with working() as services:
        ran = _run(services, names)
    if ran is None:
        click.echo("Another process runs the jobs at this moment. Try again in a minute.", err=True)
        sys.exit(UNUSABLE)
    if as_json:
        click.echo(dumps({"ran": msgspec.to_builtins(ran)}))
    else:
        for each in ran:
            click.echo(f"{each.job}: {f'failed ({each.error}), see the log' if each.error else each.done}")
    sys.exit(1 if any(each.error for each in ran) else 0)
