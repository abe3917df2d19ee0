"""`lantern indicators`: a month's national indicators for each district, ready to be entered into the return.

For the operator's own eyes: exact counts, no names. What is published of them goes through disclosure control elsewhere.
"""

from datetime import UTC, date, datetime
from json import dumps
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from server.cli.setting_out import stop, working
from server.queries.maps.indicators import list_exits, list_seen_nights
from server.queries.partnership.districts import list_districts
from shared.model.district import District
from shared.rules.indicators import InstitutionExit, MonthIndicators, first_of_month, month_indicators, months_later

COLUMNS = ("seen", "new", "long_term", "returning", "left_institution")


@click.command("indicators")
@click.option("--month", "month_text", help="The month, YYYY-MM (default: the last whole one).")
@click.option("--district", "code", help="One district's code (default: every district).")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON on standard output.")
def indicators(month_text: str | None, code: str | None, as_json: bool) -> None:
    """Count a month's indicators: seen, new, long-term, returning, left an institution. They overlap: never sum them."""
    month = _read_month(month_text)
    with working() as services, services.database.reading() as session:
        exits = list_exits(session)
        chosen = [each for each in list_districts(session) if code is None or each.code == code]
        if not chosen:
            stop(f"No district has the code {code!r}." if code else "No district is known: import boundaries first.")
        figures = [_count(session, each, month, exits) for each in chosen]
    if as_json:
        click.echo(dumps({"month": f"{month:%Y-%m}", "districts": figures}, ensure_ascii=False))
        return
    table = Table("District", *(column.replace("_", " ") for column in COLUMNS), "busiest night")
    for row in figures:
        table.add_row(row["name"], *(str(row[column]) for column in COLUMNS), str(row["on_busiest_night"]))
    Console().print(table)


def _count(session: Session, district: District, month: date, exits: list[InstitutionExit]) -> dict[str, Any]:
    found: MonthIndicators = month_indicators(month, list_seen_nights(session, district.id), exits)
    return {
        "code": district.code,
        "name": district.name,
        **{column: len(getattr(found, column)) for column in COLUMNS},
        "busiest_night": found.busiest_night.isoformat() if found.busiest_night else None,
        "on_busiest_night": len(found.seen_on_busiest_night),
        "nights_in_180_days": {band: len(people) for band, people in found.nights_in_180_days.items()},
    }


def _read_month(text: str | None) -> date:
    if text is None:
        return months_later(first_of_month(datetime.now(UTC).date()), -1)
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        stop(f"--month is {text!r}: give a month as YYYY-MM.")
