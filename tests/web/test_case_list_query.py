"""What the case list asks of the database, on both databases."""

from datetime import datetime, timedelta
from typing import Any

from server.database.engine import Database
from server.queries.cases.case_list import CaseListView, count_cases, list_cases
from shared.model.codes import SupportNeed
from tests.web import county


def names(database: Database, now: datetime, **view: Any) -> list[str]:
    with database.reading() as session:
        rows = list_cases(session, county.WATFORD, CaseListView(**view), today=now.date())
        return [row.known_as for row in rows]


def test_the_list_shows_live_cases_newest_verified_first(filled: Database, now: datetime) -> None:
    assert names(filled, now) == ["Red", "Marek", "Joan Carter", "Stefan Ilic"]


def test_a_row_carries_what_a_coordinator_weighs(filled: Database, now: datetime) -> None:
    with filled.reading() as session:
        rows = list_cases(session, county.WATFORD, CaseListView(), today=now.date())
    marek = next(row for row in rows if row.person_id == "marek")
    assert marek.nights_in_14_days == 3
    assert marek.unsupported_needs == (SupportNeed.ALCOHOL, SupportNeed.PHYSICAL_HEALTH)
    assert marek.date_of_birth_missing
    assert marek.last_seen_at == now.replace(hour=2, minute=11)
    assert "seen bedded down by Aisha N" in marek.reason


def test_filters_narrow_the_list(filled: Database, now: datetime) -> None:
    assert names(filled, now, need=SupportNeed.MENTAL_HEALTH) == ["Joan Carter"]
    assert names(filled, now, without_date_of_birth=True) == ["Red", "Marek"]
    assert names(filled, now, words="irish DOG") == ["Red"]
    assert names(filled, now, words="100%") == []
    assert names(filled, now, sort="nights")[0] == "Joan Carter"


def test_counts_name_what_is_new(filled: Database, now: datetime) -> None:
    with filled.reading() as session:
        counts = count_cases(session, county.WATFORD, now - timedelta(days=1))
    assert counts.new == 2
    assert counts.by_state == {"candidate": 2, "listed": 1, "open": 1, "closed": 1, "declined": 1}


def test_a_record_merged_into_another_counts_for_it(filled: Database, now: datetime) -> None:
    from server.tables.people.person import person_merge

    with filled.writing() as session:
        merge = {"id": "m", "from_id": "red", "into_id": "stefan", "at": now, "worker_id": "priya"}
        county.add(session, person_merge, merge)
    with filled.reading() as session:
        rows = list_cases(session, county.WATFORD, CaseListView(), today=now.date())
    stefan = next(row for row in rows if row.person_id == "stefan")
    assert stefan.nights_in_14_days == 3
    assert stefan.last_seen_at == now.replace(hour=2, minute=11)
