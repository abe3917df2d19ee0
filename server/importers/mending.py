"""A refused row that somebody mends in place: read again by its own source, and stored as a file of one row is."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from server.access import Access
from server.importers.accounting import Importing
from server.importers.files import Refusal
from server.importers.referrals import store_reports
from server.importers.report import Reading
from server.importers.sources import SOURCES
from server.problems import Invalid, NotFound
from server.queries.referrals import imports
from server.queries.referrals.imports import KeptRow
from shared.model.value import Id


def mend_row(access: Access, batch_id: Id, row_number: int, cells: Mapping[str, str], data: Path, zone: str) -> None:
    """Read a refused row with these cells, and take it out of the tray. Raises Invalid, in words, while it cannot be read."""
    waiting = _find(access, batch_id, row_number)
    _settle(access, batch_id, row_number, keeps=True)
    source = SOURCES.get(waiting.source)
    if source is None:
        raise Invalid("This version of Lantern cannot read rows of that source.")
    read = source.read_cells(row_number, cells, Reading(zone, access.now))
    if isinstance(read, Refusal):
        raise Invalid(read.reason)
    run = Importing(
        "referrals", source.name, f"{waiting.file_name}, row {row_number}", msgspec.json.encode(cells), access.now,
        access.new_id, zone, by=access.actor.worker_id, part_of=(batch_id, row_number),
    )  # fmt: skip
    account = store_reports(access.session, run, [read], data)
    if account.refused:
        raise Invalid(account.refused[0].reason)


def leave_out(access: Access, batch_id: Id, row_number: int) -> None:
    """Say that a refused row is no report."""
    _find(access, batch_id, row_number)
    _settle(access, batch_id, row_number, keeps=False)


def _settle(access: Access, batch_id: Id, row_number: int, *, keeps: bool) -> None:
    """Take it out of the tray before anything becomes of it: of two who press at one moment the second finds it gone. What is
    mended is held as it came, for it waits again when its mending is undone."""
    if not imports.settle_refused(
        access.session, batch_id, row_number, access.now, access.actor.worker_id, keeps=keeps
    ):
        raise NotFound


def _find(access: Access, batch_id: Id, row_number: int) -> KeptRow:
    found = imports.find_refused(access.session, batch_id, row_number)
    if found is None:
        raise NotFound
    return found
