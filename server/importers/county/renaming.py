"""What a file calls by another name from now on: whatever names it elsewhere, there and in Lantern, means the same one. Pure."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from server.importers.county.sheets import APART, County, Row

NAMED_BY = {
    "Districts": ("Code", (("Teams", "Districts"), ("Workers", "Districts"))),
    "Agencies": ("Name", (("Teams", "Agency"), ("Workers", "Agency"), ("Agreements", "Agency"))),
    "Teams": ("Name", (("Workers", "Teams"),)),
}
"""Of each sheet the column by which others name its rows, and where they do."""
NAMED_IN_LISTS = {"Districts": ("Code",), "Teams": ("Name",)}
STAYS = {
    "Teams": "A team stays with its agency: let this one end, and add one to the other agency.",
    "Agreements": "An agreement stays with whoever signed it: add one for the other agency.",
}


class Changed(Protocol):
    """A change of one cell."""

    @property
    def column(self) -> str: ...
    @property
    def before(self) -> str: ...
    @property
    def after(self) -> str: ...


def find_new_name(sheet: str, changes: Iterable[Changed]) -> tuple[str, str] | None:
    """By what a row was named, and by what it is; None where that stays."""
    column = NAMED_BY[sheet][0] if sheet in NAMED_BY else ""
    return next(((each.before, each.after) for each in changes if each.column == column), None)


def rename(standing: County, sheet: str, names: Mapping[str, str], agency: str = "") -> County:
    """What stands, with the rows of a sheet, and whatever names them, called as they shall be; a team's within its agency."""
    column, elsewhere = NAMED_BY[sheet]
    places = dict(elsewhere) | {sheet: column}
    return County(
        {
            name: tuple(_rename(row, places[name], names, agency) for row in rows) if name in places else rows
            for name, rows in standing.rows.items()
        }
    )


def _rename(row: Row, column: str, names: Mapping[str, str], agency: str) -> Row:
    if agency and row.cells["Agency"] != agency:
        return row
    before = row.cells[column].split(APART)
    after = [names.get(each, each) for each in before]
    if after == before:
        return row
    said = APART.join(sorted(after, key=str.casefold) if len(after) > 1 else after)
    return Row(row.number, {**row.cells, column: said})
