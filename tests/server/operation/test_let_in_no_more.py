"""Who is at a table, a guest, an analyst no more, and what is told no more, is so again after a restore."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select

from server.actions.operation.ledger import replay
from server.actions.operation.orders import (
    order_analyst_ended,
    order_guest_taken,
    order_seat_taken,
    order_withdrawal,
)
from server.database.engine import Database
from server.queries.conferences.guests import Guest, add_guest
from server.queries.conferences.seats import add_seat, list_asked
from server.queries.maps.publications import Release, add_release, find_release
from server.queries.operation.audit import list_ledger
from server.queries.partnership.analysts import NamedAnalyst, add_analyst, list_analysts
from server.tables.cases.case import mdt_case
from server.tables.conferences.conference import case_conference, conference_guest
from server.tables.operation.audit import ledger
from server.tables.people.person import person
from shared.model.codes import PublicationKind
from tests.conftest import Clock
from tests.server.cast import Cast
from tests.server.people.test_retention import make_row


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def test_whoever_was_let_go_since_the_backup_is_let_go_again(
    database: Database, cast: Cast, clock: Clock, new_id: Callable[[], str]
) -> None:
    now, watford, county, by = clock(), cast.watford.id, cast.outreach.id, cast.priya.id
    with database.writing() as session:
        session.execute(case_conference.insert().values(id="c1", district_id=watford, starts_at=now))
        for table, known in (
            (person, {"id": "p1"}),
            (mdt_case, {"id": "k1", "person_id": "p1", "district_id": watford, "state": "candidate"}),
        ):
            session.execute(table.insert().values(**make_row(table, known, now, new_id)))
        add_seat(session, watford, county, now, by)
        add_guest(
            session, Guest(conference_id="c1", case_id="k1", agency_id=county, reason="x", asked_at=now, asked_by=by)
        )
        add_analyst(session, NamedAnalyst(
            id="a1", agency_id=county, worker_id=cast.dean.id, purpose="A study of need", named_at=now, named_by=by,
        ))  # fmt: skip
        add_release(session, Release(
            id="r1", kind=PublicationKind.MAP, starts_on=date(2026, 7, 1), ends_on=date(2026, 9, 30), prepared_at=now,
            content="{}",
        ))  # fmt: skip
        before = {each.id for each in list_ledger(session)}
        order_seat_taken(session, watford, county, now, new_id())
        order_guest_taken(session, "c1", "k1", county, now, new_id())
        order_analyst_ended(session, "a1", by, now)
        order_withdrawal(session, "r1", by, now)
        given = [each for each in list_ledger(session) if each.id not in before]
        session.execute(ledger.delete().where(ledger.c.id.not_in(before)))  # the backup knows none of them
    with database.writing() as session:
        assert replay(session, given, now, "Europe/London") == 4
    with database.reading() as session:
        assert list_asked(session, watford) == []
        assert session.execute(select(conference_guest)).all() == []
        assert [each.ended_by for each in list_analysts(session)] == [by]
        found = find_release(session, "r1")
        assert found is not None and (found.withdrawn_at, found.withdrawn_by) == (now, by)
