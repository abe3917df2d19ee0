"""`lantern county`: a whole partnership in one file. The same steps as the page: plan, apply, undo, export."""

from pathlib import Path
from zoneinfo import ZoneInfo

import click
from msgspec import json, to_builtins

from server.cli.setting_out import note_act, stop, working
from server.http.services import Services
from server.importers.county.ending import ENDING, make_ending
from server.importers.county.plan import Plan, Verb, make_plan
from server.importers.county.sheets import BY_NAME, County, Row, read_county, write_json, write_workbook
from server.importers.county.store import Kept, apply, keep_plan, make_box, plan_of, read_standing, undo, write_line
from server.importers.files import UnusableFile, read_bytes
from server.queries.partnership import county as stored
from server.security.holding import Box

REFUSED = 1
NEW = "new"
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
                session,
                _box(services),
                keep_plan(session, _box(services), _read(file), file.name, None, services.clock(), services.new_id()),
            )
        _tell(plan, as_json=as_json)


@county.command("apply")
@click.argument("file", type=FILE)
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def apply_county(file: Path, as_json: bool) -> None:
    """Carry FILE out, without the rows that have a fault; prints the number to undo it by."""
    with working() as services:
        with services.database.writing() as session:
            batch = keep_plan(
                session, _box(services), _read(file), file.name, None, services.clock(), services.new_id()
            )
            plan = apply(session, _box(services), batch.id, services.clock(), services.new_id)
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


@county.command("set")
@click.argument("sheet", type=click.Choice(list(BY_NAME), case_sensitive=False))
@click.argument("which")
@click.argument("cells", nargs=-1, required=True, metavar="COLUMN=TEXT...")
def set_record(sheet: str, which: str, cells: tuple[str, ...]) -> None:
    """Change one row of SHEET as its page does: WHICH is its e-mail address, code, name or id, or “new”.

    For example: lantern county set Workers aisha@example.org "Trained on=3 November 2026". A dash takes away what stands.
    """
    said = dict(each.partition("=")[::2] for each in cells)
    unknown = said.keys() - {*BY_NAME[sheet].columns} | said.keys() & {"Id"}
    if unknown:
        stop(f"{sheet} has no column {', '.join(sorted(unknown))}: {', '.join(BY_NAME[sheet].columns[:-1])}.")
    with working() as services, services.database.writing() as session:
        stored.hold_county(session)
        standing = read_standing(session)
        record_id = "" if which == NEW else _find_row(standing, sheet, which)
        row = Row(2, dict.fromkeys(BY_NAME[sheet].columns, "") | said | {"Id": record_id})
        (line,) = make_plan(County({sheet: (row,)}), standing).lines
        if line.verb is Verb.REFUSE:
            stop(" ".join(fault.words for fault in line.faults))
        if which == NEW and line.verb is Verb.CHANGE:
            stop(f"{line.label} is in Lantern already: name it in the place of “new” to change it.")
        if line.verb is not Verb.SAME:
            line = write_line(session, line, services.clock(), services.new_id)
            note_act(session, services, f"{line.verb.value}_record", sheet.lower(), line.id)
    click.echo(f"{line.id}  {line.verb.value} {line.label}")


@county.command("end")
@click.argument("sheet", type=click.Choice(sorted(ENDING), case_sensitive=False))
@click.argument("which")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def end_record(sheet: str, which: str, *, as_json: bool) -> None:
    """End an agency or a team: its people leave, what it signed ends, it walks nowhere. Prints the number to undo it by."""
    with working() as services:
        now = services.clock()
        today = now.astimezone(ZoneInfo(services.settings.timezone)).date()
        with services.database.writing() as session:
            stored.hold_county(session)
            standing = read_standing(session)
            ending = make_ending(standing, sheet, _find_row(standing, sheet, which), today)
            batch = keep_plan(
                session, _box(services), ending or County({}), f"{which} ends", None, now, services.new_id()
            )
            plan = apply(session, _box(services), batch.id, now, services.new_id)
            note_act(session, services, "end_record", "county_batch", batch.id)
        _tell(plan, as_json=as_json, batch=batch.id)


def _box(services: Services) -> Box[Kept]:
    return make_box(services.keys.secret, *services.keys.secrets_before)


def _find_row(standing: County, sheet: str, which: str) -> str:
    """The id of the one row of a sheet that is called so."""
    called = ("Id", "Name", "Code", "E-mail")
    found = [
        row.cells["Id"]
        for row in standing.of(sheet)
        if which.casefold() in {row.cells.get(column, "").casefold() for column in called}
    ]
    if len(found) != 1:
        known = "Nothing" if not found else f"{len(found)} rows"
        stop(f"{known} of {sheet} {'is' if not found else 'are'} called “{which}”: see `lantern county export`.")
    return found[0]


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
