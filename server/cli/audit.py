"""`lantern audit`: prove that the audit is as it was written, and take its head to a safe place."""

import sys
from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from server.actions.operation.audit_sealing import say_head
from server.cli.setting_out import working
from server.http.services import Services
from server.queries.operation import audit_seals
from shared.policy.retention import Kept, first_kept_day


@click.group()
def audit() -> None:
    """The audit: who did what to whom. It is sealed as it grows."""


@audit.command("verify")
@click.option(
    "--head", "heads", type=click.Path(exists=True, dir_okay=False, path_type=Path), multiple=True,
    help="A file with heads that were kept elsewhere; repeat for more.",
)  # fmt: skip
def verify(heads: tuple[Path, ...]) -> None:
    """Look for lines that were changed, deleted, swapped or cut off. Ends with 1 where there are any."""
    with working() as services:
        services.sealer.seal(services.clock())
        told = [line for path in heads for line in path.read_text(encoding="utf-8").splitlines()]
        faults = services.sealer.verify(services.clock(), kept_since(services), told)
        for fault in faults:
            click.echo(fault, err=True)
        if faults:
            sys.exit(1)
        with services.database.reading() as session:
            seals = audit_seals.list_seals(session)
        click.echo(
            f"The audit is as it was written: {sum(each.lines for each in seals):,} lines under {len(seals):,} seals."
        )


@audit.command("head")
def head() -> None:
    """Print the newest seal. Keep it where this server cannot write: with it, a cut is found."""
    with working() as services:
        services.sealer.seal(services.clock())
        with services.database.reading() as session:
            last = audit_seals.find_last_seal(session)
        click.echo(say_head(last) if last else "")


def kept_since(services: Services) -> datetime:
    """The moment before which lines of the audit are past their time."""
    zone = ZoneInfo(services.settings.timezone)
    today = services.clock().astimezone(zone).date()
    return datetime.combine(first_kept_day(Kept.AUDIT, today), time(), zone)
