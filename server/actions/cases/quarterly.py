"""The quarterly share with Public Health: counts through disclosure control, of a district and of all districts together, and no
name. Counted once for a settled quarter and frozen (`server.actions.partnership.publications`); every view and download after
that reads what was frozen, so that a late record, a hiding or an erasure never shows as a difference.
"""

import io
from collections.abc import Collection, Sequence
from datetime import timedelta

import msgspec
from sqlalchemy.orm import Session

from server.access import Access
from server.hotspots.disclosure import Chance
from server.hotspots.periods import Period, quarter_of, say_period
from server.queries.cases import presentations, priorities
from server.queries.maps.publications import Release, list_releases
from server.queries.partnership.districts import list_districts
from server.queries.people import people
from shared.model.codes import PublicationKind
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.outcomes import Outcome, Quarter, make_exact_outcome_table, make_outcome_tables
from shared.rules.presentations import (
    Presented,
    Row,
    Table,
    Tally,
    add_up,
    age_on,
    count_presentations,
    make_exact_tables,
    make_tables,
)
from shared.rules.small_counts import HIDDEN_BY_LOT, NOT_SHOWN, Lot
from shared.rules.wording import upper_first

QUARTERS_TOLD = 4
TOGETHER = "together"
"""Stands beside the ids of districts for all of them."""


class Share(Value, frozen=True, kw_only=True):
    """What is told of one area."""

    area: str
    tables: tuple[Table, ...]

    @property
    def is_small(self) -> bool:
        """Is there nothing that may be told, of this quarter or of those before it?"""
        return not any(cell.isdecimal() for table in self.tables for row in table.rows for cell in row.cells)


class Told(Value, frozen=True, kw_only=True):
    """What a coordinator is given: a frozen quarter, of their district and of all together."""

    period: Period
    shares: tuple[Share, Share]


def find_share(access: Access, district_id: Id) -> Told | None:
    """What was frozen of the latest quarter that is told, of a district and of all together; None while none is."""
    access.require_district(Act.SHARE_TRACKER, district_id, purpose="quarterly share")
    for each in list_releases(access.session, PublicationKind.SHARE):
        kept = read_shares(each) if each.is_shown else {}
        if district_id in kept:
            return Told(period=Period(each.starts_on, each.ends_on), shares=(kept[district_id], kept[TOGETHER]))
    return None


def read_shares(release: Release) -> dict[Id, Share]:
    """The frozen shares of a quarter by district, and of all together."""
    return msgspec.json.decode(release.content, type=dict[Id, Share])


def compose_quarter(session: Session, period: Period, chance: Chance) -> dict[Id, Share]:
    """The tables of each district and of all together, counted now and for whoever may know least: hidden people are out.

    What an earlier share told of an earlier quarter is told again as it was, so that no late record shows between the two. Of a
    quarter whose own share was withdrawn nothing is told again, and nothing takes its place.
    `chance` must be secret and fresh: on it rests what "not shown" does not prove.
    """

    def lot() -> bool:
        return chance.random() < HIDDEN_BY_LOT

    names = {each.id: each.name for each in list_districts(session)}
    tallies = _count_districts(session, names, period, lot)
    over_time = _outcomes(session, list(names), period, lot)
    releases = list_releases(session, PublicationKind.SHARE)
    told_before = [read_shares(each) for each in releases if each.withdrawn_at is None]
    gone = {say_period(Period(each.starts_on, each.ends_on)) for each in releases if each.withdrawn_at is not None}
    shares = {
        each: Share(area=name, tables=(*make_tables(tallies[each]), over_time[each])) for each, name in names.items()
    }
    together = (*make_tables(add_up(list(tallies.values()), lot)), over_time[TOGETHER])
    shares[TOGETHER] = Share(area="All districts together", tables=together)
    return {
        area: keep_columns(share, [each[area] for each in told_before if area in each], gone)
        for area, share in shares.items()
    }


def compose_exact(session: Session, period: Period) -> dict[Id, Share]:
    """The same tables with every number as it is: for named analysts alone. Hidden people are out here, too; somebody whom two
    districts listed counts in both, and twice in all together, as in what is told."""

    def never() -> bool:
        return False

    names = {each.id: each.name for each in list_districts(session)}
    tallies = _count_districts(session, names, period, never)
    periods = _last_quarters(period)
    named = [say_period(each) for each in periods]
    every = [_quarters(session, each, never) for each in periods]

    def over_time(district_ids: Collection[Id]) -> Table:
        beside = [[quarters[each] for each in district_ids if each in quarters] for quarters in every]
        return make_exact_outcome_table(named, beside)

    shares = {
        each: Share(area=name, tables=(*make_exact_tables(tallies[each]), over_time([each])))
        for each, name in names.items()
    }
    together = make_exact_tables(add_up(list(tallies.values()), never))
    return shares | {TOGETHER: Share(area="All districts together", tables=(*together, over_time(names)))}


def _count_districts(session: Session, district_ids: Collection[Id], period: Period, lot: Lot) -> dict[Id, Tally]:
    presented = presentations.list_presented_by_district(session, period.first, period.last)
    return {each: _count(session, presented.get(each, frozenset()), period, lot) for each in district_ids}


def keep_columns(share: Share, told_before: Sequence[Share], gone: Collection[str]) -> Share:
    """The same share, its columns of earlier quarters as an earlier one told them; the latest told comes first. Those of `gone`
    are told no more."""
    *tables, over_time = share.tables
    kept = [each.tables[-1] for each in told_before]

    def cell(label: str, column: str, now: str) -> str:
        if column in gone:
            return NOT_SHOWN
        for table in kept:
            row = next((each for each in table.rows if each.label == label), None)
            if row is not None and column in table.columns:
                return row.cells[table.columns.index(column)]
        return now

    rows = tuple(
        Row(
            label=row.label,
            cells=tuple(cell(row.label, column, now) for column, now in zip(over_time.columns, row.cells, strict=True)),
        )
        for row in over_time.rows
    )
    return msgspec.structs.replace(share, tables=(*tables, msgspec.structs.replace(over_time, rows=rows)))


def _count(session: Session, ids: Collection[Id], period: Period, lot: Lot) -> Tally:
    needs = priorities.list_newest_needs(session, ids)
    presented = (
        Presented(
            person_id=person.id,
            gender=person.gender,
            age_years=person.approximate_age_years
            if person.date_of_birth is None
            else age_on(person.date_of_birth, period.last),
            needs=needs.get(person.id, ()),
        )
        for person in people.list_as_one(session, ids)
    )
    return count_presentations(presented, lot)


def _outcomes(session: Session, district_ids: Sequence[Id], period: Period, lot: Lot) -> dict[Id, Table]:
    """The last four quarters, this one last: of each district, and of all together."""
    periods = _last_quarters(period)
    every = [_quarters(session, each, lot) for each in periods]
    nobody = Quarter(people={})
    named = [say_period(each) for each in periods]
    all_of = [[quarters.get(each, nobody) for each in district_ids] for quarters in every]
    tables = {}
    for district_id in district_ids:
        own = [quarters.get(district_id, nobody) for quarters in every]
        tables[district_id], tables[TOGETHER] = make_outcome_tables(named, own, all_of)
    return tables or {TOGETHER: make_outcome_tables(named, [nobody] * len(named), all_of)[1]}


def _quarters(session: Session, period: Period, lot: Lot) -> dict[Id, Quarter]:
    before = _quarter_before(period)
    new = presentations.list_new_by_district(session, *period)
    closed = presentations.list_closed_by_district(session, *period)
    gone = presentations.list_seen_rough(session, *before) - presentations.list_seen_rough(session, *period)
    met = presentations.list_need_met(session, *period)
    return {
        district_id: Quarter(
            people={
                Outcome.PRESENTED: presented,
                Outcome.NEW: new.get(district_id, frozenset()),
                Outcome.NO_LONGER_SEEN: gone,
                Outcome.NEED_MET: met,
                Outcome.CLOSED: closed.get(district_id, frozenset()),
            },
            by_lot=frozenset(each for each in Outcome if lot()),
        )
        for district_id, presented in presentations.list_presented_by_district(session, *period).items()
    }


def _last_quarters(period: Period) -> list[Period]:
    """As many as are told, this one last."""
    periods = [period]
    while len(periods) < QUARTERS_TOLD:
        periods.insert(0, _quarter_before(periods[0]))
    return periods


def _quarter_before(period: Period) -> Period:
    return quarter_of(period.first - timedelta(days=1))


def write_share(shares: Sequence[Share], period: Period, warning: str = "") -> bytes:
    """The tables as an .xlsx file, one sheet for each area, `warning` at the top and the foot of each sheet."""
    import xlsxwriter

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold = book.add_format({"bold": True})
        for share in shares:
            sheet = book.add_worksheet(_sheet_name(share.area))
            sheet.write_string(0, 0, f"{share.area}, {say_period(period)}", bold)
            if warning:
                sheet.write_string(1, 0, warning, bold)
                sheet.set_footer(f"&C{warning}")
            line = 2 + bool(warning)
            for table in share.tables:
                sheet.write_string(line, 0, table.title, bold)
                for column, words in enumerate(table.columns, start=1):
                    sheet.write_string(line, column, upper_first(words), bold)
                for row in table.rows:
                    line += 1
                    sheet.write_string(line, 0, upper_first(row.label))
                    for column, cell in enumerate(row.cells, start=1):
                        sheet.write_string(line, column, cell)
                line += 2
            sheet.set_column(0, 0, 48)
            sheet.set_column(1, 8, 30)
    return file.getvalue()


def _sheet_name(area: str) -> str:
    """Excel takes 31 characters, and not all of them."""
    return "".join(letter for letter in area if letter not in "[]:*?/\\'")[:31]
