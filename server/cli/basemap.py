"""`lantern basemap`: streets under the maps of pages and phones, from a file of vector tiles that the operator has."""

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from server.cli.setting_out import load_settings, renew_schema
from server.database.opening import open_database
from server.places.basemap.archive import BadBasemap, open_archive, plain_text
from server.places.basemap.clipping import clip
from server.queries.maps.boundaries import list_boundaries
from server.queries.partnership.districts import list_districts

UNUSABLE = 2

console = Console(stderr=True)


@click.command("basemap")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--attribution", default="", help="Whom the map thanks (default: what the file says of itself).")
def basemap(file: Path, attribution: str) -> None:
    """Put streets under the maps: FILE is MBTiles or PMTiles with vector tiles, such as OS Open Zoomstack.

    What lies in your districts is cut out of it, for the pages and for the phones; the file itself is needed no more. Do it again
    when you have a newer file, or other districts.
    """
    settings = load_settings()
    renew_schema(settings)
    database = open_database(settings)
    try:
        with database.reading() as session:
            areas = {each.district_id: each.geojson for each in list_boundaries(session)}
            names = {each.id: each.name for each in list_districts(session)}
    finally:
        database.close()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    try:
        with open_archive(file) as archive, Progress(*columns, console=console, transient=True) as progress:
            task = progress.add_task("Opening the file")
            made = clip(
                archive,
                areas,
                settings.data,
                plain_text(attribution),
                lambda words: progress.update(task, description=words),
            )
    except BadBasemap as error:
        console.print(f"[red]Nothing was changed.[/red] {error}", highlight=False)
        sys.exit(UNUSABLE)
    click.echo(f"{made.tiles:,} tiles, {made.tile_bytes / 1e6:.1f} MB, for the pages.")
    for district_id, size in sorted(made.pack_bytes.items(), key=lambda pair: names.get(pair[0], "")):
        click.echo(f"{names.get(district_id, district_id)}: {size / 1e6:.1f} MB for the phones.")
    if made.without:
        click.echo(f"The file holds no {' and no '.join(made.without)}: the maps have none.")
