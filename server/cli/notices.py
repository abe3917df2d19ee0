"""`lantern import notices`: a list of discharges or releases, by the same steps as the page, in the name of its coordinator."""

from pathlib import Path

import click

from server.cli.caseload import find_district_id, open_door
from server.cli.imports import import_files
from server.cli.setting_out import stop, working
from server.importers.files import UnusableFile, read_bytes
from server.importers.notices import bring_file

REFUSED = 1


@import_files.command("notices")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--district", required=True, help="The code of the district to which they will come.")
@click.option(
    "--as", "email", required=True, help="The e-mail address of its coordinator: imports are by named people."
)
def notices(file: Path, district: str, email: str) -> None:
    """Take a spreadsheet of notices in (.xlsx or CSV), and say what became of each row."""
    with working() as services, open_door(services, email).open() as access:
        try:
            brought = bring_file(access, services.tray, find_district_id(access, district), read_bytes(file), file.name)
        except UnusableFile as error:
            stop(str(error))
    click.echo(
        f"{brought.read} read: {brought.accepted} taken, {brought.duplicates} known already, {brought.refused_number} not."
    )
    for row in brought.refused:
        click.echo(f"row {row.number}: {row.reason}")
    if brought.refused:
        click.echo("They wait on the page “Notices”, to be mended there.")
    raise SystemExit(REFUSED if brought.refused else 0)
