"""Days of a tracker before March 1900, which Excel counts wrong: 1 January 1900 stands in many systems for "not known"."""

from datetime import date, timedelta

import pytest

from server.actions.cases.tracker import TrackedCase, Tracker
from server.actions.cases.tracker_workbook import read_workbook, write_workbook
from server.queries.cases.priorities import CaseGeneral
from shared.model.codes import Gender

DAYS = [date(1899, 12, 31), *(date(1900, 1, 1) + timedelta(days=day) for day in (0, 1, 30, 57, 58, 59, 60, 400))]


@pytest.mark.parametrize("born", DAYS, ids=str)
def test_a_day_comes_back_from_a_workbook_as_it_was_written(born: date) -> None:
    case = TrackedCase(
        case_id="c1", known_as="A", date_of_birth=born, gender=Gender.NOT_KNOWN, status="open", mdt_number=1,
        verification="v", needs=(), general=CaseGeneral(case_id="c1"), outcome="", reviews=(), actions=(),
    )  # fmt: skip
    made = write_workbook(Tracker(district="W", cases=(case,)))
    (read,) = read_workbook(made, "W", date(2026, 11, 12)).cases
    assert (read.date_of_birth, read.unread) == (born, ())
