"""`lantern import referrals`: a file of reports by the same steps as the page: looked at, its columns matched, its cells mended,
brought in, and undone as one (`lantern import undo`)."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click
from msgspec import Struct, json

from server.actions.operation.keyring import join_keyring
from server.cli.caseload import open_door
from server.cli.imports import check_zone, import_files, json_option, make_id, tell, work, zone_option
from server.cli.notices import notices
from server.cli.setting_out import stop, working
from server.database.engine import Database
from server.importers import conversation, undoing
from server.importers.accounting import Account, Importing
from server.importers.conversation import ORDERS, Answers, Plan
from server.importers.files import UnusableFile, normalise_heading
from server.importers.inputs import Input, look_over, of_bytes, of_path
from server.importers.referrals import import_referrals
from server.importers.refused import Tray
from server.importers.report import Reading
from server.importers.sources import SOURCES
from server.importers.table import Layout
from server.problems import Invalid
from server.queries.partnership import workers
from server.queries.referrals import imports
from server.settings import Settings
from shared.model.value import Id

__all__ = ["import_files", "notices"]

PIPED = "-"


class Said(Struct, frozen=True, kw_only=True):
    """What was said of a file on the command line."""

    source: str = ""
    layout: Layout = Layout()
    means: tuple[str, ...] = ()
    mapping: str = ""
    keep_as: str = ""
    mends: tuple[str, ...] = ()

    def answer(self, database: Database, given: Input) -> Answers:
        """The answers of the conversation. Raises UnusableFile where one of them makes no sense."""
        with database.reading() as session:
            answers = conversation.begin(session, given, self.source, self.layout)
            if self.mapping:
                saved = next((each for each in imports.list_mappings(session) if each.name == self.mapping), None)
                if saved is None:
                    raise UnusableFile(f"No matching of columns is kept as “{self.mapping}”.")
                conversation.use_mapping(answers, saved)
        try:
            conversation.set_meanings(answers, dict(map(_read_meaning, self.means)))
        except Invalid as wrong:
            raise UnusableFile(" ".join(wrong.errors)) from wrong
        for text in self.mends:
            conversation.mend(answers, *_read_mend(text))
        answers.mapping_name = self.keep_as
        return answers


@import_files.command("referrals")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--format", "source", type=click.Choice(sorted(SOURCES)), help="Its source (default: by its look).")
@click.option("--look", is_flag=True, help="Only say what the file would bring in. Nothing is stored.")
@click.option("--sheet", default="", help="The sheet (default: the first visible one that fits).")
@click.option("--heading", "row", default=0, help="The row of the headings (default: found).")
@click.option("--encoding", default="", help="The encoding (default: found).")
@click.option("--delimiter", default="", help="The sign between two cells (default: found).")
@click.option("--dates", type=click.Choice(sorted(filter(None, ORDERS))), help="How dates are written.")
@click.option("--means", multiple=True, help="What a column means: HEADING=NOUN; HEADING= leaves it aside.")
@click.option("--mapping", default="", help="Use the matching of columns that was kept under this name.")
@click.option("--keep-as", default="", help="Keep the matching of columns under this name.")
@click.option("--mend", "mends", multiple=True, help="What a cell should say: ROW:HEADING=TEXT.")
@click.option("--as", "email", default="", help="Who brings it in, by e-mail address: they can undo it.")
@zone_option
@json_option
def referrals(
    file: Path, source: str | None, look: bool, sheet: str, row: int, encoding: str, delimiter: str, dates: str | None,
    means: tuple[str, ...], mapping: str, keep_as: str, mends: tuple[str, ...], email: str, timezone: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """Bring reports of people sleeping rough in, as alerts and referrals. FILE is - for what is piped."""
    layout = Layout(sheet=sheet, heading_row=row, encoding=encoding, delimiter=delimiter, order=dates or "")
    said = Said(source=source or "", layout=layout, means=means, mapping=mapping, keep_as=keep_as, mends=mends)

    def run(settings: Settings, database: Database, step: Callable[[str], None]) -> Account:
        zone = check_zone(timezone or settings.timezone)
        given = of_bytes(sys.stdin.buffer.read(), "piped") if str(file) == PIPED else of_path(file)
        digest = look_over(given)
        answers = said.answer(database, given)
        by = _find_worker(database, email)
        now = datetime.now(UTC)
        keys = join_keyring(database, settings, now)
        run = Importing(
            "referrals", answers.source, file.name, b"", now, make_id, zone, file_sha256=digest, by=by,
            tray=Tray(keys.secret, *keys.secrets_before), in_own_words=conversation.name_cells(answers),
        )  # fmt: skip
        if look:
            with database.reading() as session:
                plan = conversation.make_plan(session, given, answers, run, settings.data)
            _tell_plan(plan, as_json)
            raise SystemExit(1 if plan.account.refused_number else 0)
        step("Finding the districts and storing the rows")
        account = import_referrals(
            database, run, conversation.open_reports(given, answers, Reading(zone, run.now)), settings.data
        )
        with database.writing() as session:
            conversation.keep_mapping(session, answers, make_id(), run.now)
        return account

    work(file, as_json, run)


@import_files.command("undo")
@click.argument("batch_id")
@click.option("--as", "email", required=True, help="Who brought it in, by e-mail address.")
def undo(batch_id: Id, email: str) -> None:
    """Take a file of reports out again. What somebody has worked with since stays, and is named."""
    with working() as services:
        left = undoing.undo(open_door(services, email), batch_id)
    click.echo(
        f"Undone, but for these, with which somebody has worked since: {', '.join(left)}." if left else "Undone."
    )


def _find_worker(database: Database, email: str) -> Id:
    if not email:
        return ""
    with database.reading() as session:
        worker = workers.find_worker_by_email(session, email)
    if worker is None:
        stop(f"Nobody signs in as {email}.")
    return worker.id


def _read_meaning(text: str) -> tuple[str, str]:
    heading, sign, noun = text.rpartition("=")
    if not sign:
        raise UnusableFile("Write --means as HEADING=NOUN.")
    return normalise_heading(heading), noun.strip()


def _read_mend(text: str) -> tuple[int, str, str]:
    place, sign, said = text.partition("=")
    number, colon, heading = place.partition(":")
    if not sign or not colon or not number.strip().isdecimal():
        raise UnusableFile("Write --mend as ROW:HEADING=TEXT.")
    return int(number), heading, said


def _tell_plan(plan: Plan, as_json: bool) -> None:
    if plan.why_not:
        raise UnusableFile(plan.why_not)
    columns = [{"heading": said, "means": meaning, "says": sample} for _, said, meaning, sample in plan.columns]
    if as_json:
        layout = plan.table.layout if plan.table else None
        rows = [
            {"number": row.number, "state": row.state, "place": row.place, "words": row.description}
            for row in plan.rows
        ]
        told = {
            "source": plan.answers.source,
            "layout": layout,
            "columns": columns,
            "rows": rows,
            "whole": plan.is_whole,
        }
        click.echo(json.encode(told | {"account": plan.account.as_json()}))
        return
    if plan.table:
        layout = plan.table.layout
        click.echo(f"{plan.answers.source}, headings in row {layout.heading_row} {layout.sheet or layout.encoding}")
    for column in columns:
        click.echo(f"  {column['heading']} = {column['means'] or '(kept with its row)'}  {column['says']}")
    for row in plan.rows:
        click.echo(f"  {row.number}: {row.state}, {row.place or 'no place'}; {row.description}")
    tell(plan.account, as_json=False)
    click.echo(
        "Nothing is stored yet." if plan.is_whole else "These are the first rows of many. Nothing is stored yet."
    )
