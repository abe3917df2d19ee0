"""`lantern county`: a whole partnership in one file. The same steps as the page: plan, apply, undo, export."""

from pathlib import Path

import click
from msgspec import json, to_builtins

from server.cli.setting_out import note_act, stop, working
from server.http.services import Services
from server.importers.county.plan import Plan, Verb
from server.importers.county.sheets import County, read_county, write_json, write_workbook
from server.importers.county.store import apply, keep_plan, plan_of, read_standing, undo
from server.importers.files import UnusableFile, read_bytes
from server.queries.partnership import county as stored

REFUSED = 1
NOTHING = "nothing"
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def county() -> None:
    """Districts, agencies, teams, workers and agreements as one workbook, or the same as JSON."""


@county.command("plan")
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
def plan_county(file: Path, as_json: bool) -> None:
    """Say what FILE would change, line by line, with every fault. Nothing is changed."""
    with working() as services:
        with services.database.writing() as session:
            plan = plan_of(
                session, keep_plan(session, _read(file), file.name, None, services.clock(), services.new_id())
            )
        _tell(plan, as_json=as_json)


@county.command("apply")
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def apply_county(file: Path, as_json: bool) -> None:
    """Carry FILE out, without the rows that have a fault; prints the number to undo it by."""
    with working() as services:
        with services.database.writing() as session:
            batch = keep_plan(session, _read(file), file.name, None, services.clock(), services.new_id())
            plan = apply(session, batch.id, services.clock(), services.new_id)
            note_act(session, services, "apply_county", "county_batch", batch.id)
        _tell(plan, as_json=as_json, batch=batch.id)


@county.command("undo")
@click.argument("batch")
def undo_county(batch: str) -> None:
    """Put everything back as it stood before BATCH was applied."""
    with working() as services, services.database.writing() as session:
        left = undo(session, batch, services.clock(), services.new_id)
        note_act(session, services, "undo_county", "county_batch", batch)
    for sentence in left:
        click.echo(sentence)
    raise SystemExit(REFUSED if left else 0)


@county.command("list")
def list_batches() -> None:
    """List the files that were applied, newest first: number, day, name."""
    with working() as services, services.database.reading() as session:
        for each in stored.list_applied(session):
            undone = "  (undone)" if each.undone_at else ""
            click.echo(f"{each.id}  {each.applied_at:%Y-%m-%d %H:%M}  {each.file_name}{undone}")


@county.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_county(file: Path) -> None:
    """Write the county as it stands to FILE, a workbook (.xlsx) or JSON (.json)."""
    writers = {".xlsx": write_workbook, ".json": write_json}
    if file.suffix not in writers:
        stop("Name the file .xlsx or .json.")
    with working() as services:
        file.write_bytes(writers[file.suffix](_standing(services)))
        with services.database.writing() as session:
            note_act(session, services, "export_county", "county_batch", "")


def _standing(services: Services) -> County:
    with services.database.reading() as session:
        return read_standing(session)


def _read(file: Path) -> County:
    try:
        return read_county(read_bytes(file))
    except UnusableFile as error:
        stop(str(error))


def _tell(plan: Plan, *, as_json: bool, batch: str = "") -> None:
    refused = plan.of(Verb.REFUSE)
    if as_json:
        counts = {f"{verb.value}": len(plan.of(verb)) for verb in Verb}
        click.echo(json.encode({"batch": batch, "counts": counts, "plan": to_builtins(plan)}))
    else:
        for line in plan.lines:
            changes = "; ".join(
                f"{each.column}: {each.before or 'nothing'} -> {each.after or 'nothing'}" for each in line.changes
            )
            faults = " ".join(fault.words for fault in line.faults)
            click.echo(f"{line.sheet} {line.number}: {line.verb.value} {line.label}  {changes}{faults}".rstrip())
        for name, number in plan.left.items():
            if number:
                click.echo(f"{name}: {number} in Lantern and not in the file, left as they are.")
        for strange in plan.unread:
            click.echo(f"Not read: {strange}.")
        if batch:
            click.echo(f"Applied as {batch}")
    raise SystemExit(REFUSED if refused else 0)
