"""The sources of referrals by name, and which of them a file looks like."""

from collections.abc import Mapping

from server.importers.council_form import parse as council_form
from server.importers.files import WORKBOOK_MAGIC, UnusableFile, decode_text, normalise_heading
from server.importers.open311 import parse as open311
from server.importers.report import Parser
from server.importers.spreadsheet import parse as spreadsheet
from server.importers.streetlink import parse as streetlink

PARSERS: Mapping[str, Parser] = {
    "streetlink": streetlink.parse,
    "open311": open311.parse,
    "spreadsheet": spreadsheet.parse,
    "council-form": council_form.parse,
}


def guess_source(data: bytes) -> str:
    """The source whose form a file has. Raises UnusableFile when it has none that is known."""
    if data.startswith(WORKBOOK_MAGIC):
        return "spreadsheet"
    text = decode_text(data).lstrip("\ufeff").lstrip()
    if not text:
        raise UnusableFile("The file is empty.")
    if text[:1] in {"[", "{"}:
        return "open311"
    first_line = text.partition("\n")[0]
    names = {normalise_heading(name) for name in first_line.replace(";", ",").replace("\t", ",").split(",")}
    if names & {"datetime_opened", "geo_latitude", "alert_id"}:
        return "streetlink"
    if names & {"submitted_at", "date_submitted", "where_did_you_see_them"}:
        return "council-form"
    if names & set(spreadsheet.SPREADSHEET.names["opened"]):
        return "spreadsheet"
    raise UnusableFile("It is not clear what kind of file this is: say so with --format.")
