"""A partner's own spreadsheet, as an Excel workbook (its first sheet) or CSV, with headings in plain words.

Bytes in; reports and refusals out, in the order of the file. Formulas are read as what they last showed. Pure.
"""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from server.importers.columns import Columns
from server.importers.files import (
    WORKBOOK_MAGIC,
    Refusal,
    Row,
    UnusableFile,
    check_heading,
    decode_text,
    make_row,
    normalise_heading,
    read_table,
)
from server.importers.report import Reading, Report
from shared.model.codes import AlertSource

SPREADSHEET = Columns(
    AlertSource.SPREADSHEET,
    {
        "reference": ("reference", "ref", "id", "alert_id", "report_id", "number", "case_number"),
        "opened": ("date_reported", "reported_at", "reported", "date_and_time", "date", "datetime", "received"),
        "closed": ("date_closed", "closed"),
        "latitude": ("latitude", "lat", "geo_latitude"),
        "longitude": ("longitude", "long", "lng", "lon", "geo_longitude"),
        "postcode": ("postcode", "post_code"),
        "street": ("street", "address", "road"),
        "details": ("place", "location", "location_details", "where", "site", "sleeping_site"),
        "district": ("district", "local_authority", "local_authority_name", "area", "borough"),
        "time_seen": ("time_seen", "when_seen", "time"),
        "appearance": ("description", "appearance", "details", "what_was_seen"),
        "concerns": ("concerns", "immediate_concerns", "risks", "safety"),
        "age": ("age_group", "age", "age_range"),
        "gender": ("gender", "sex"),
        "people": ("people", "number_of_people", "how_many"),
        "referrer": ("referrer_type", "reported_by", "source"),
        "consent": ("contact_consent", "may_we_contact_you", "feedback_wanted"),
        "outcome": ("outcome",),
        "status": ("status",),
    },
)
MAX_ROWS = 200_000


def parse(data: bytes, reading: Reading) -> list[Report | Refusal]:
    """The reports of a spreadsheet. Raises UnusableFile when it cannot be read as one at all."""
    required = SPREADSHEET.list_required("opened")
    rows = (
        _read_workbook(data, required) if data.startswith(WORKBOOK_MAGIC) else read_table(decode_text(data), required)
    )
    return SPREADSHEET.read(rows, reading)


def _read_workbook(data: bytes, required: list[tuple[str, ...]]) -> Iterator[Row | Refusal]:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        lines = workbook.worksheets[0].iter_rows(values_only=True, max_row=MAX_ROWS)
        heading = [normalise_heading(_to_text(value)) for value in next(lines, ())]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, IndexError) as error:
        raise UnusableFile("The workbook cannot be opened: save it again as .xlsx, or as CSV.") from error
    while heading and not heading[-1]:
        heading.pop()
    check_heading(heading, required)
    for number, values in enumerate(lines, start=2):
        cells = [_to_text(value) for value in values]
        if any(cells):
            yield make_row(number, heading, (cells + [""] * len(heading))[: len(heading)])


def _to_text(value: Any) -> str:
    """A cell as it would stand in CSV."""
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
