"""`lantern import caseload`: a district's own spreadsheet, by the same steps as the page, in the name of its coordinator."""

from pathlib import Path

import click
from msgspec import json

from server.access import Access, Door
from server.cli.imports import import_files
from server.cli.setting_out import stop, working
from server.http.services import Services
from server.importers.caseload import applying, store
from server.importers.caseload.store import Plan
from server.importers.files import UnusableFile, read_bytes
from server.queries.partnership import districts, workers
from shared.model.value import Id

WAITING = 1


@import_files.command("caseload")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--district", required=True, help="The code of the district whose caseload it is.")
@click.option(
    "--as", "email", required=True, help="The e-mail address of its coordinator: imports are by named people."
)
@click.option(
    "--answer", "answers", multiple=True, help="Who a row is: ROW=new, ROW=out, or ROW=the id that is proposed."
)
@click.option("--apply", "is_applied", is_flag=True, help="Bring them in, once no row waits for an answer.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def caseload(file: Path, district: str, email: str, answers: tuple[str, ...], is_applied: bool, as_json: bool) -> None:
    """Say what FILE would bring in, row by row, with what becomes of every cell; and bring it in when told to.

    Exit codes: 0 done, 1 some row waits for an answer and nothing was brought in, 2 unusable input.
    """
    with working() as services:
        with open_door(services, email).open() as access:
            box = store.make_box(services.keys.secret, *services.keys.secrets_before)
            try:
                batch = store.hold_file(access, box, find_district_id(access, district), file.name, read_bytes(file))
            except UnusableFile as error:
                stop(str(error))
            batch, state = store.open_batch(access, box, batch.id)
            state.answers |= dict(_read_answer(text) for text in answers)
            store.keep_state(access, box, batch, state)
            plan = store.make_plan(access, batch, state)
            waits = bool(plan.open_lines)
            if is_applied and not waits:
                applying.bring_in(access, services.project, batch, state, plan, access.new_id())
        _tell(plan, batch.id, is_applied=is_applied and not waits, as_json=as_json)
    raise SystemExit(WAITING if waits else 0)


def open_door(services: Services, email: str) -> Door:
    """The door for somebody who is named at a terminal."""
    with services.database.reading() as session:
        worker = workers.find_worker_by_email(session, email)
    if worker is None:
        stop(f"Nobody signs in as {email}.")
    return Door(services.database, worker, services.clock(), services.new_id, address="terminal")


def find_district_id(access: Access, code: str) -> Id:
    found = districts.by_code(access.session).get(code)
    if found is None:
        stop(f"There is no district with the code {code}.")
    return found


def _read_answer(text: str) -> tuple[str, str]:
    row, sign, answer = text.partition("=")
    if not sign:
        stop("Write --answer as ROW=new, ROW=out or ROW=the id that is proposed.")
    return (row if "-" in row else f"{row}-1"), answer


def _tell(plan: Plan, batch_id: Id, *, is_applied: bool, as_json: bool) -> None:
    if as_json:
        rows = [
            {
                "row": line.draft.key, "name": line.draft.known_as, "answer": line.answer, "asks": line.asks,
                "candidates": [each.answer for each in line.candidates],
            }
            for line in plan.lines
        ]  # fmt: skip
        click.echo(json.encode({"batch": batch_id, "applied": is_applied, "cells": plan.account, "rows": rows}))
        return
    for line in plan.lines:
        click.echo(f"row {line.draft.key}: {line.draft.known_as or 'nobody named'}  {line.asks or line.answer}")
        for each in line.candidates:
            click.echo(f"    {each.answer}: {each.known_as} ({', '.join(each.reasons)})")
    click.echo(", ".join(f"{number} {fate.replace('_', ' ')}" for fate, number in plan.account.items()) + " (cells)")
    for cell in plan.caseload.of("unreadable"):
        click.echo(f"row {cell.row}, {cell.heading}: “{cell.text}”. {cell.words}")
    click.echo("Brought in." if is_applied else f"Nothing is brought in yet. On the page: /caseload/{batch_id}")
