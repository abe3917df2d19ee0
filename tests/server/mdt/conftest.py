"""Watford's list with eighteen people on it, and doors for those who come to its conference."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta

import pytest

from server.access import Access, Door
from server.database import Database
from server.queries.workers import get_worker
from tests.web import county

Enter = Callable[[str], AbstractContextManager[Access]]


@pytest.fixture
def watford(database: Database, now: datetime) -> Database:
    """The cast, and sixteen more on Watford's list: P01 waited longest."""
    with database.writing() as session:
        county.fill(session, now)
        for number in range(1, 17):
            county.put_person(
                session, now, f"p{number:02}", "", name=f"Person {number:02}", state="listed", nights=(3,),
                case_days=40 - number, date_of_birth=date(1980, 1, number),
            )  # fmt: skip
    return database


@pytest.fixture
def enter(watford: Database, now: datetime, new_id: Callable[[], str]) -> Enter:
    """Opens the door for one of the cast: `with enter("priya") as access`."""

    def open_for(worker_id: str, later: timedelta = timedelta()) -> AbstractContextManager[Access]:
        with watford.reading() as session:
            worker = get_worker(session, worker_id)
        return Door(watford, worker, now + later, new_id).open()

    return open_for
