"""Where somebody stays off the streets: who records it, what cannot be, and what the month's return makes of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import msgspec
import pytest
from sqlalchemy import select

from server.access import Door
from server.actions.people.stays import record_stay
from server.problems import Invalid
from server.queries.maps.indicators import list_exits, list_moves_of
from server.queries.people.held import list_everything
from server.tables.people.stay import stay
from shared.model.device import Tokens
from tests.server.database.test_locks import wait_until_someone_waits
from tests.server.people.test_housing_needs import HTML, marek, post  # noqa: F401 - the fixture


def record(client, person_id, cast, **changes):
    told = {"district": cast.watford.id, "kind": "social_tenancy", "moved_in_on": "2026-10-01", "left_on": ""}
    return post(client, f"/people/{person_id}/stays", **(told | changes))


def rows(database):
    with database.reading() as session:
        return session.execute(select(stay).order_by(stay.c.moved_in_on)).mappings().all()


def test_a_stay_is_recorded_ended_and_struck_out_and_its_days_have_to_be_possible(sign_in, cast, marek, database):  # noqa: F811
    client = sign_in(cast.tom)
    for wrong in (
        {"kind": "castle"},
        {"district": "elsewhere"},
        {"moved_in_on": ""},
        {"moved_in_on": "2027-01-01"},
        {"moved_in_on": "soon"},
        {"left_on": "2026-09-01"},
        {"left_on": "2026-10-05", "left_for": "the moon"},
        {"left_for": "hostel"},
    ):
        assert record(client, marek, cast, **wrong).status_code == 422, wrong
    assert rows(database) == []
    assert record(client, marek, cast).status_code == 303
    assert record(client, marek, cast, kind="hostel", moved_in_on="2026-10-05").status_code == 422
    (kept,) = rows(database)
    page = client.get(f"/people/{marek}/stays", headers=HTML).text
    assert "Tenancy of a council or housing association" in page
    assert "until now" in page
    end = f"/people/{marek}/stays/end"
    assert post(client, end, stay=kept["id"], left_on="2026-09-30").status_code == 422
    assert post(client, end, stay=kept["id"], left_on="2026-10-20", left_for="the moon").status_code == 422
    assert post(client, end, stay=kept["id"], left_on="2026-10-20", left_for="sleeping_rough").status_code == 303
    assert "Then: back to the street" in client.get(f"/people/{marek}/stays", headers=HTML).text
    assert post(client, end, stay=kept["id"], left_on="2026-10-21").status_code == 409
    assert post(client, end, stay="another", left_on="2026-10-21").status_code == 404
    with database.reading() as session:
        assert [each.moved_in_on for each in list_moves_of(session, [cast.watford.id])] == [date(2026, 10, 1)]
    assert post(client, end, stay=kept["id"], struck_out="yes").status_code == 303
    assert post(client, end, stay=kept["id"], struck_out="yes").status_code == 409
    assert "struck out" in client.get(f"/people/{marek}/stays", headers=HTML).text
    with database.reading() as session:
        assert list_moves_of(session, [cast.watford.id]) == []
        assert len(list_everything(session, [marek])["person_stay"]) == 1


@pytest.mark.parametrize(("who", "status"), [("helen", 403), ("olu", 403), ("carol", 404)])
def test_where_somebody_stays_is_for_those_who_may_change_the_record(sign_in, cast, marek, database, who, status):  # noqa: F811
    client = sign_in(getattr(cast, who))
    assert client.get(f"/people/{marek}/stays", headers=HTML).status_code == status
    assert record(client, marek, cast).status_code == status
    assert rows(database) == []


def test_a_discharge_counts_after_the_next_one_was_written_over_it(sign_in, cast, phone, marek, database, clock):  # noqa: F811
    def left(institution, day):
        patch = phone.patch("person.patched", marek, institution_left=institution, institution_left_on=day)
        assert phone.push(patch).status_code == 200

    left("prison", "2026-10-20")
    left("prison", "2026-10-21")  # put right
    clock.advance(days=3)
    phone.tokens = msgspec.json.decode(phone.refresh().content, type=Tokens)
    phone.refresh()
    left("hospital", "2026-11-14")
    client = sign_in(cast.tom)
    record(client, marek, cast, kind="uk_armed_forces", moved_in_on="2026-01-01", left_on="2026-05-01")

    with database.reading() as session:
        found = [(str(each.institution), each.left_on) for each in list_exits(session)]

    assert found == [
        ("uk_armed_forces", date(2026, 5, 1)),
        ("prison", date(2026, 10, 21)),
        ("hospital", date(2026, 11, 14)),
    ]


@pytest.mark.postgres
@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_what_is_pressed_twice_at_one_moment_is_one_stay(cast, database, marek, clock, new_id):  # noqa: F811
    def move_in():
        with Door(database, cast.tom, clock(), new_id, may_change=True).open() as access:
            record_stay(access, marek, cast.watford.id, "hostel", date(2026, 10, 1), None)

    with ThreadPoolExecutor(1) as pool:
        with Door(database, cast.tom, clock(), new_id, may_change=True).open() as access:
            record_stay(access, marek, cast.watford.id, "hostel", date(2026, 10, 1), None)
            second = pool.submit(move_in)
            wait_until_someone_waits(database)
        with pytest.raises(Invalid):
            second.result(60)
    assert len(rows(database)) == 1
