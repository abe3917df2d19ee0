"""What an import could bury without a word: a second sheet, a report folded into one that is over, an alert opened again."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from server.database.engine import Database
from server.importers.accounting import Account, Importing
from server.importers.dates import Order, judge_order, write_plainly
from server.importers.files import Refusal
from server.importers.placing import DistrictNames
from server.importers.points import read_place
from server.importers.referrals import import_referrals
from server.importers.report import Report
from server.importers.sources import PARSERS, SOURCES
from server.queries.referrals import referral_steps
from server.tables.referrals.referral import alert, referral
from shared.model.codes import ReferralState
from shared.model.district import District
from shared.model.referral import ReferralProgress
from tests.server.importers.conftest import NOW, READING
from tests.server.importers.rows import GOOD, HEADING, streetlink

CLOSED = {"status": "Closed", "closed_date": "12/11/2026 10:00"}


def rows(database: Database, table: Any) -> list[dict[str, Any]]:
    with database.reading() as session:
        return [dict(found) for found in session.execute(select(table)).mappings()]


def states(database: Database) -> dict[str, str]:
    return {row["number"]: row["state"] for row in rows(database, referral)}


@pytest.fixture
def bring(county: Database, new_id: Callable[[], str], tmp_path: Any) -> Callable[..., Account]:
    """Imports bytes so many hours later."""

    def run(data: bytes, hours: int = 0) -> Account:
        later = Importing(
            "referrals", "streetlink", "file", data, NOW + timedelta(hours=hours), new_id, "Europe/London"
        )
        read = replace(READING, now=NOW + timedelta(hours=hours))
        return import_referrals(county, later, PARSERS["streetlink"](data, read), tmp_path)

    return run


def workbook(**sheets: list[list[str]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def line(**cells: str) -> list[str]:
    return [(GOOD | cells).get(name, "") for name in HEADING]


def test_a_second_sheet_of_reports_is_told_of() -> None:
    data = workbook(
        Nov=[list(HEADING), line(alert_id="A"), line(alert_id="B")], Notes=[["hello"]], Dec=[list(HEADING), line()]
    )
    read = PARSERS["streetlink"](data, READING)
    assert [each.reference for each in read if isinstance(each, Report)] == ["A", "B"]
    (told,) = [each for each in read if isinstance(each, Refusal)]
    assert told.number == 4 and "Dec" in told.reason and "Notes" not in told.reason


def test_one_of_two_under_a_shared_reference_is_known_again_when_it_comes_alone(bring: Any, county: Database) -> None:
    bring(streetlink({"alert_id": "R", "appearance": "a"}, {"alert_id": "R", "appearance": "b"}))
    alone = bring(streetlink({"alert_id": "R", "appearance": "b"}))
    assert (alone.accepted, alone.duplicates) == (0, 1)
    assert len(rows(county, referral)) == 2


@pytest.mark.parametrize("in_one_file", [True, False])
def test_no_open_report_is_folded_alone_into_one_that_is_closed(
    bring: Any, county: Database, in_one_file: bool
) -> None:
    parent = {"alert_id": "P", **CLOSED}
    child = {"alert_id": "C", "parent_alert_id": "P", "duplication_status": "Duplicate"}
    if in_one_file:
        bring(streetlink(parent, child))
    else:
        bring(streetlink(parent))
        bring(streetlink(child))
    assert states(county) == {"P": "closed", "C": "received"}
    told = next(row["guesses"] for row in rows(county, alert) if row["source_reference"] == "C")
    assert "repeats P, which is closed" in told


def test_one_that_its_source_has_closed_as_well_stays_folded(bring: Any, county: Database) -> None:
    bring(streetlink({"alert_id": "P", **CLOSED}, {"alert_id": "C", "parent_alert_id": "P", **CLOSED}))
    assert states(county) == {"P": "closed", "C": "duplicate_of"}


def test_a_source_that_is_not_sure_folds_nothing(bring: Any, county: Database) -> None:
    bring(
        streetlink(
            {"alert_id": "P"}, {"alert_id": "C", "parent_alert_id": "P", "duplication_status": "Possible duplicate"}
        )
    )
    assert states(county) == {"P": "received", "C": "received"}
    assert any("may be the same" in row["guesses"] for row in rows(county, alert))


def test_what_its_source_closed_and_opens_again_is_work_again(bring: Any, county: Database) -> None:
    bring(streetlink({"alert_id": "X"}))
    bring(streetlink({"alert_id": "X", **CLOSED}), hours=1)
    assert states(county) == {"X": "closed"}
    bring(streetlink({"alert_id": "X", "status": "Reopened", "appearance": "still there, worse"}), hours=24 * 30)
    (found,) = rows(county, referral)
    assert found["state"] == "received" and found["closed_at"] is None
    assert found["due_on"] > (NOW + timedelta(days=30)).date()


def test_what_a_worker_closed_stays_closed_whatever_its_source_calls_it(bring: Any, county: Database) -> None:
    bring(streetlink({"alert_id": "X"}))
    (found,) = rows(county, referral)
    step = ReferralProgress(id="s1", referral_id=found["id"], state=ReferralState.CLOSED, at=NOW, worker_id="tom")
    with county.writing() as session:
        referral_steps.add_step(session, step)
    bring(streetlink({"alert_id": "X", "appearance": "a new word"}), hours=1)
    assert states(county) == {"X": "closed"}


def test_what_was_sent_away_for_good_is_no_work_again_when_its_place_is_told(bring: Any, county: Database) -> None:
    nowhere = {"geo_latitude": "", "geo_longitude": ""}
    bring(streetlink({"alert_id": "X", **nowhere}))
    (found,) = rows(county, referral)
    step = ReferralProgress(id="s1", referral_id=found["id"], state=ReferralState.WRONG_AREA, at=NOW, worker_id="tom")
    with county.writing() as session:
        referral_steps.add_step(session, step)
    bring(streetlink({"alert_id": "X"}), hours=1)
    assert states(county) == {"X": "wrong_area"}


def test_a_name_that_two_districts_share_is_no_guess() -> None:
    names = DistrictNames(
        [District(id="b", code="E1", name="Barnet"), District(id="c", code="E2", name="Barnet Borough")]
    )
    assert names.find("Barnet Council") == (None, "")
    assert names.find("Barnet") == ("b", "")


def test_an_export_without_a_status_opens_nothing_again(bring: Any, county: Database) -> None:
    bring(streetlink({"alert_id": "X", **CLOSED}))
    bring(streetlink({"alert_id": "X", "status": "", "appearance": "other words"}), hours=1)
    assert states(county) == {"X": "closed"}


@pytest.mark.parametrize("text", ["TQ123456", "tq 12345 67890", "bench, TL108965", "NO 120 130"])
def test_grid_references_as_people_write_them(text: str) -> None:
    assert read_place(("lat", "long"), "", "", "", text).point is not None


@pytest.mark.parametrize(
    "text", ["flat no 123 456", "so 100 200 people", "TQ 12 34", "call on 020 7946 0123", "ST12345"]
)
def test_words_and_numbers_that_are_no_grid_reference(text: str) -> None:
    assert read_place(("lat", "long"), "", "", "", text).point is None


@pytest.mark.parametrize(
    ("one", "two"),
    [("(51.66, -0.396)", ""), ("51.66,", "-0.396,"), ("geo:51.66,-0.396", ""), ("https://maps.example/?q=51.66,-0.396", ""),
     ("https://maps.example/@51.66,-0.396,17z", "")],
)  # fmt: skip
def test_points_with_something_round_them(one: str, two: str) -> None:
    assert read_place(("lat", "long"), one, two, "").point == (51.66, -0.396)


def test_a_day_still_to_come_makes_a_column_asked_for_not_guessed() -> None:
    now = datetime(2026, 11, 29, tzinfo=UTC)
    assert judge_order(["11/05/2026", "11/12/2026"], now) is Order.BOTH
    assert judge_order(["11/05/2026", "13/11/2026", "11/12/2026"], now) is Order.DAY_FIRST
    assert judge_order(["11/05/2026", "05/11/2026"], now) is Order.UNKNOWN


@pytest.mark.parametrize(
    ("text", "order", "plain"),
    [("11/05/2026 21:40", Order.MONTH_FIRST, "05/11/2026 21:40"), ("11/05/2026", Order.UNKNOWN, "11/05/2026"),
     ("11/05/2026", Order.BOTH, "11/05/2026 (day or month first?)"), ("13/05/2026", Order.BOTH, "13/05/2026"),
     ("05/13/2026", Order.BOTH, "13/05/2026"), ("5 Nov 2026", Order.MONTH_FIRST, "5 Nov 2026")],
)  # fmt: skip
def test_a_date_is_kept_so_that_it_reads_alike_alone(text: str, order: Order, plain: str) -> None:
    assert write_plainly(text, order) == plain


def test_a_row_of_an_american_file_that_is_mended_keeps_its_day() -> None:
    bad = {"alert_id": "B", "datetime_opened": "11/05/2026 21:40", "geo_latitude": "rubbish"}
    read = PARSERS["streetlink"](streetlink({"datetime_opened": "10/31/2026 10:00"}, bad), READING)
    (refused,) = [each for each in read if isinstance(each, Refusal)]
    mended = SOURCES["streetlink"].read_cells(3, {**refused.cells, "geo_latitude": "51.66"}, READING)
    assert isinstance(mended, Report) and mended.reported_at == datetime(2026, 11, 5, 21, 40, tzinfo=UTC)
    assert "11/05/2026" in refused.raw
