"""`lantern indicators`: a month's national indicators for each district, ready to be entered into the return.

For the operator's own eyes: exact counts, no names. What is published of them goes through disclosure control elsewhere.
"""

from datetime import UTC, date, datetime, timedelta
from json import dumps
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from server.cli.setting_out import stop, working
from server.hotspots.former_ground import (
    find_ground_coverage,
    find_stays_since,
    list_ground_known_since,
    list_ground_moves,
    list_ground_nights,
)
from server.queries.maps.indicators import list_exits
from server.queries.partnership.districts import list_districts
from shared.model.district import District
from shared.rules.indicators import (
    IndicatorPeriods,
    InstitutionExit,
    MonthIndicators,
    first_of_month,
    month_indicators,
    months_later,
    per_100_000,
)

COLUMNS = ("seen", "seen_on_night", "new", "new_on_night", "long_term", "returning", "left_institution")
BY_STAYS = ("accommodated", "returned_from_settled")
"""Counted from stays. A district that has never recorded one enters them by hand, never as 0."""


@click.command("indicators")
@click.option("--month", "month_text", help="The month, YYYY-MM (default: the last whole one).")
@click.option("--district", "code", help="One district's code (default: every district).")
@click.option("--night", "night_text", help="The typical night of the month, YYYY-MM-DD (default: the median one).")
@click.option("--new-until-day-seen", is_flag=True, help="The 60 months of “new” end on the day seen, not on the 1st.")
@click.option("--long-term-before-month", is_flag=True, help="“Long-term” counts the 12 months before this one.")
@click.option("--population", type=click.IntRange(1), help="People who live there: adds rates per 100,000.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON on standard output.")
def indicators(
    month_text: str | None,
    code: str | None,
    night_text: str | None,
    new_until_day_seen: bool,
    long_term_before_month: bool,
    population: int | None,
    as_json: bool,
) -> None:
    """Count a month's indicators, with what they leave out and the definitions they were counted by. Never sum them."""
    month = _read_month(month_text)
    night = _read_night(night_text, month)
    periods = IndicatorPeriods(
        new_until_day_seen=new_until_day_seen, long_term_with_this_month=not long_term_before_month
    )
    with working() as services, services.database.reading() as session:
        exits = list_exits(session)
        chosen = [each for each in list_districts(session) if code is None or each.code == code]
        if not chosen:
            stop(f"No district has the code {code!r}." if code else "No district is known: import boundaries first.")
        figures = [_count(session, each, month, exits, periods, night, population) for each in chosen]
    if as_json:
        told = {"month": f"{month:%Y-%m}", "settings": msgspec.structs.asdict(periods), "districts": figures}
        click.echo(dumps(told, ensure_ascii=False))
        return
    table = Table("District", "typical night", *(column.replace("_", " ") for column in COLUMNS))
    for row in figures:
        table.add_row(row["name"], row["night"] or "", *(str(row[column]) for column in COLUMNS))
    Console().print(table)
    for row in figures:
        click.echo(_say_coverage(row))


def _count(
    session: Session,
    district: District,
    month: date,
    exits: list[InstitutionExit],
    periods: IndicatorPeriods,
    night: date | None,
    population: int | None,
) -> dict[str, Any]:
    nights, known = list_ground_nights(session, district.id), list_ground_known_since(session, district.id)
    moves = list_ground_moves(session, district.id)
    found: MonthIndicators = month_indicators(
        month, nights, exits, periods, moves=moves, night=night, known_since=known
    )
    has_stays = find_stays_since(session, district.id) is not None
    last = months_later(month, 1) - timedelta(days=1)
    counted = {column: len(getattr(found, column)) for column in COLUMNS}
    rates = {} if population is None else {name: round(per_100_000(n, population), 1) for name, n in counted.items()}
    return {
        "code": district.code,
        "name": district.name,
        **counted,
        **{name: len(getattr(found, name)) if has_stays else None for name in BY_STAYS},
        "night": found.night.isoformat() if found.night else None,
        "night_is_chosen": night is not None,
        "busiest_night": found.busiest_night.isoformat() if found.busiest_night else None,
        "on_busiest_night": len(found.seen_on_busiest_night),
        "nights_in_180_days": {band: len(people) for band, people in found.nights_in_180_days.items()},
        "held_since": found.held_since.isoformat() if found.held_since else None,
        "coverage": msgspec.structs.asdict(find_ground_coverage(session, district.id, month, last, found.night)),
        "per_100_000": rates,
    }


def _say_coverage(row: dict[str, Any]) -> str:
    """What stands beside the figures, so that nobody takes them for more than they are."""
    beside = row["coverage"]
    return (
        f"{row['name']}: held since {row['held_since'] or 'never'}. In no figure: {beside['unidentified']} sightings of people "
        f"whom nobody knew. In the figures and on no map: {beside['without_place']} people without a place, "
        f"{beside['not_verified']} not verified. Not held: {', '.join(_list_not_held(row)) or 'nothing'}."
    )


def _list_not_held(row: dict[str, Any]) -> list[str]:
    return [name.replace("_", " ") for name in BY_STAYS if row[name] is None]


def _read_night(text: str | None, month: date) -> date | None:
    if text is None:
        return None
    try:
        night = date.fromisoformat(text)
    except ValueError:
        stop(f"--night is {text!r}: give a night as YYYY-MM-DD.")
    if first_of_month(night) != month:
        stop(f"--night is {text!r}: give a night of {month:%Y-%m}.")
    return night


def _read_month(text: str | None) -> date:
    if text is None:
        return months_later(first_of_month(datetime.now(UTC).date()), -1)
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        stop(f"--month is {text!r}: give a month as YYYY-MM.")
