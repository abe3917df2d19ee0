"""`lantern services`: the directory of services, brought in from a file or a feed, and handed out as one."""

from collections.abc import Sequence
from json import dumps
from pathlib import Path

import click
import msgspec

from server.cli.setting_out import stop, working
from server.importers.accounting import Importing
from server.importers.files import Refusal, UnusableFile, read_bytes
from server.importers.openreferral.fetch import fetch_items
from server.importers.openreferral.parse import Read, list_references, parse, understand
from server.importers.openreferral.records import CameWith
from server.importers.openreferral.store import ServiceAccount, import_services
from server.importers.openreferral.write import write_service
from server.queries.partnership import services as directory

SHOWN = 20
json_option = click.option("--json", "as_json", is_flag=True, help="Print the account as JSON.")


@click.group("services")
def services() -> None:
    """The directory of services, as Open Referral UK (HSDS 3.0)."""


@services.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--from", "source", required=True, help="Whose directory it is: the same name brings it up to date later."
)
@json_option
def import_file(file: Path, source: str, as_json: bool) -> None:
    """Bring in FILE, JSON with one service or a list."""
    try:
        rows, named = parse(read_bytes(file), source)
    except UnusableFile as error:
        stop(str(error))
    _store(rows, named, source[:200], file.name, as_json)


@services.command("fetch")
@click.argument("address")
@json_option
def fetch_feed(address: str, as_json: bool) -> None:
    """Bring in the feed at ADDRESS, its beginning before /services. It is asked now, and never by itself."""
    source = address.rstrip("/")[:200]
    try:
        items = list(fetch_items(address))
    except UnusableFile as error:
        stop(str(error))
    rows = [understand(number, each, source) for number, each in enumerate(items, start=1)]
    _store(rows, list_references(items), source, source, as_json)


@services.command("export")
@click.argument("file", type=click.Path(path_type=Path))
def export_file(file: Path) -> None:
    """Write the directory to FILE, each service whole, without secret addresses."""
    with working() as server, server.database.reading() as session:
        listed = directory.list_services(session)
        kept = [each for told in listed if (each := directory.find_kept(session, told.id)) is not None]
        told = [write_service(each.service, msgspec.json.decode(each.came_with, type=CameWith)) for each in kept]
    file.write_bytes(msgspec.json.format(msgspec.json.encode(told)))
    click.echo(f"Wrote {len(told):,} services.")


def _store(rows: Sequence[Read | Refusal], named: frozenset[str] | None, source: str, name: str, as_json: bool) -> None:
    with working() as server:
        run = Importing("services", source, name, b"", server.clock(), server.new_id)
        account = import_services(server.database, run, rows, named)
    _tell(account, as_json)
    raise SystemExit(1 if account.refused else 0)


def _tell(account: ServiceAccount, as_json: bool) -> None:
    if as_json:
        click.echo(dumps(account.as_json(), ensure_ascii=False))
        return
    click.echo(
        f"Read {account.read:,}: new {account.new:,}, changed {account.changed:,}, as they were {account.same:,}, "
        f"kept as changed here {account.kept:,}, refused {len(account.refused):,}, no longer named {account.gone:,}."
    )
    for each in [*account.refused, *account.remarks][:SHOWN]:
        click.echo(f"  {each.number}: {each.reason}")
