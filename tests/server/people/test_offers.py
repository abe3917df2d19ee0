"""Offers and what was said to them, places and who waits for one, homes asked about once, and nights of severe weather."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from server.access import Door
from server.actions.cases.cases import list_case
from server.queries.cases import cases
from server.tables.cases.case import mdt_case
from server.tables.people.offer import cold_nights, home_asked, offer, vacancy
from server.tables.people.person import person, person_merge
from server.tables.people.stay import stay
from tests.server.people.test_housing_needs import HTML, marek, post  # noqa: F401 - the fixture


def rows(database: Any, table: Any) -> list[Any]:
    with database.reading() as session:
        return list(session.execute(select(table)).mappings())


def make_offer(client: Any, person_id: str, cast: Any, **changes: str) -> Any:
    told = {"press": "offer", "district": cast.watford.id, "kind": "hostel", "offered_on": "2026-11-10"}
    return post(client, f"/people/{person_id}/offers", **(told | changes))


def test_an_offer_is_made_and_answered_once_with_a_reason(sign_in, cast, marek, database):  # noqa: F811
    client = sign_in(cast.tom)
    for wrong in (
        {"kind": "castle"},
        {"kind": "prison"},
        {"district": "x"},
        {"offered_on": ""},
        {"offered_on": "2026-12-01"},
    ):
        assert make_offer(client, marek, cast, **wrong).status_code == 422, wrong
    assert rows(database, offer) == []
    assert make_offer(client, marek, cast).status_code == 303
    assert make_offer(client, marek, cast).status_code == 303
    (made,) = rows(database, offer)  # a button that was pressed twice
    path = f"/people/{marek}/offers"
    answer = {"press": "answer", "offer": made["id"], "answered_on": "2026-11-11"}
    for wrong in (
        {"answer": ""}, {"answer": "refused"}, {"answer": "refused", "why": "weather"},
        {"answer": "accepted", "answered_on": "2026-11-09"},
        {"answer": "refused", "why": "rules", "moved_in_on": "2026-11-11"},
    ):  # fmt: skip
        assert post(client, path, **(answer | wrong)).status_code == 422, wrong
    assert post(client, path, **(answer | {"answer": "refused", "why": "animal"})).status_code == 303
    assert post(client, path, **(answer | {"answer": "accepted"})).status_code == 409
    assert post(client, path, **(answer | {"offer": "another", "answer": "accepted"})).status_code == 404
    (told,) = rows(database, offer)
    assert (told["answer"], told["why_refused"], told["answered_on"]) == ("refused", "animal", date(2026, 11, 11))
    assert "not with their animal" in client.get(path, headers=HTML).text


def test_who_accepts_and_moves_in_has_a_stay_by_it(sign_in, cast, marek, database):  # noqa: F811
    client = sign_in(cast.tom)
    make_offer(client, marek, cast, kind="social_tenancy")
    (made,) = rows(database, offer)
    told = {
        "press": "answer",
        "offer": made["id"],
        "answer": "accepted",
        "answered_on": "2026-11-11",
        "moved_in_on": "2026-11-12",
    }
    assert post(client, f"/people/{marek}/offers", **told).status_code == 303
    (kept,) = rows(database, stay)
    assert (kept["kind"], kept["moved_in_on"], kept["district_id"]) == (
        "social_tenancy",
        date(2026, 11, 12),
        cast.watford.id,
    )


@pytest.mark.parametrize(("who", "status"), [("helen", 403), ("olu", 403), ("carol", 404)])
def test_offers_are_for_those_who_may_change_the_record(sign_in, cast, marek, database, who, status):  # noqa: F811
    client = sign_in(getattr(cast, who))
    assert client.get(f"/people/{marek}/offers", headers=HTML).status_code == status
    assert make_offer(client, marek, cast).status_code == status
    assert rows(database, offer) == []


def put_on_list(database: Any, cast: Any, clock: Any, new_id: Any, person_id: str) -> None:
    with Door(database, cast.priya, clock(), new_id, may_change=True).open() as access:
        found = cases.list_live_cases_of(access.session, [person_id])
        list_case(access, found[0].id, "Sleeps out every night")


def test_a_place_finds_who_waits_and_is_gone_when_it_is_taken(sign_in, cast, marek, database, clock, new_id):  # noqa: F811
    with database.writing() as session:
        session.execute(person.update().where(person.c.id == marek).values(gender="male", approximate_age_years=44))
        if not cases.list_live_cases_of(session, [marek]):
            session.execute(mdt_case.insert().values(
                id="case-marek", person_id=marek, district_id=cast.watford.id, state="candidate", since=clock(), reason="",
                mdt_number=1, outcome="",
            ))  # fmt: skip
    put_on_list(database, cast, clock, new_id, marek)
    client = sign_in(cast.priya)
    place = {"press": "add", "name": "Charter House", "district": cast.watford.id, "kind": "hostel", "places": "1",
             "takes": "anybody", "age_from": "18", "age_to": ""}  # fmt: skip
    for wrong in (
        {"name": " "},
        {"kind": "prison"},
        {"places": "0"},
        {"age_from": "old"},
        {"age_to": "17"},
        {"takes": "cats"},
    ):
        assert post(client, "/places", **(place | wrong)).status_code == 422, wrong
    assert post(client, "/places", **(place | {"district": cast.dacorum.id})).status_code == 404
    for told in (place, place | {"name": "The Haven", "takes": "women"}):
        assert post(client, "/places", **told).status_code == 303
    page = client.get("/places", headers=HTML).text
    assert "44 years old, for people of 18 and older" in page and "takes women only" in page
    by_name = {each["name"]: each["id"] for each in rows(database, vacancy)}
    press = {"press": "offer", "vacancy": by_name["Charter House"], "person": marek}
    assert post(client, "/places", **press).status_code == 303
    assert post(client, "/places", **press).status_code == 409
    assert "Offered: what did they say?" in client.get("/places", headers=HTML).text
    (made,) = rows(database, offer)
    assert (made["vacancy_id"], made["kind"]) == (by_name["Charter House"], "hostel")
    told = {
        "press": "answer",
        "offer": made["id"],
        "answer": "accepted",
        "answered_on": "2026-11-12",
        "moved_in_on": "2026-11-12",
    }
    assert post(client, f"/people/{marek}/offers", **told).status_code == 303
    assert {each["name"]: each["closed_at"] is not None for each in rows(database, vacancy)} == {
        "Charter House": True, "The Haven": False,
    }  # fmt: skip
    # Housed, he waits for nothing more; and the place that is gone is offered to nobody.
    assert "takes women only" not in client.get("/places", headers=HTML).text
    assert post(client, "/places", **press).status_code == 409
    sign_in(cast.carol)
    assert post(client, "/places", press="close", vacancy=by_name["The Haven"]).status_code == 404


def test_whoever_is_housed_under_another_record_waits_for_no_place(sign_in, cast, marek, database, clock, new_id):  # noqa: F811
    put_on_list(database, cast, clock, new_id, marek)
    client = sign_in(cast.priya)
    post(client, "/places", name="Charter House", district=cast.watford.id, kind="hostel")
    assert "Offered to them" in client.get("/places", headers=HTML).text
    with database.writing() as session:
        session.execute(person_merge.insert().values(
            id="m", from_id="marek-before", into_id=marek, at=clock(), worker_id=cast.tom.id, undone=False,
        ))  # fmt: skip
        session.execute(stay.insert().values(
            id="s", person_id="marek-before", district_id=cast.watford.id, kind="hostel", moved_in_on=date(2026, 11, 1),
            recorded_at=clock(), recorded_by=cast.tom.id,
        ))  # fmt: skip
        known = dict(session.execute(select(person).where(person.c.id == marek)).mappings().one())
        session.execute(person.insert().values(known | {"id": "marek-before"}))
    assert "Nobody on the list waits for a place." in client.get("/places", headers=HTML).text


def test_two_records_of_one_person_are_offered_a_place_once(sign_in, cast, marek, database, clock, new_id):  # noqa: F811
    put_on_list(database, cast, clock, new_id, marek)
    with database.writing() as session:
        known = dict(session.execute(select(person).where(person.c.id == marek)).mappings().one())
        session.execute(person.insert().values(known | {"id": "marek-before"}))
        case = dict(session.execute(select(mdt_case).where(mdt_case.c.person_id == marek)).mappings().one())
        later = {"id": "case-before", "person_id": "marek-before", "since": clock() + timedelta(hours=1)}
        session.execute(mdt_case.insert().values(case | later))
        session.execute(person_merge.insert().values(
            id="m", from_id="marek-before", into_id=marek, at=clock(), worker_id=cast.tom.id, undone=False,
        ))  # fmt: skip
    client = sign_in(cast.priya)
    post(client, "/places", name="Charter House", district=cast.watford.id, kind="hostel")
    (place,) = rows(database, vacancy)
    assert client.get("/places", headers=HTML).text.count('name="person"') == 1, "one person waits once"
    press = {"press": "offer", "vacancy": place["id"]}
    assert post(client, "/places", **press, person="marek-before").status_code == 303
    assert "Offered: what did they say?" in client.get("/places", headers=HTML).text
    assert post(client, "/places", **press, person=marek).status_code == 409
    assert len(rows(database, offer)) == 1


def test_one_bed_is_taken_once_and_a_place_that_is_added_twice_is_one(sign_in, cast, marek, database, clock, new_id):  # noqa: F811
    put_on_list(database, cast, clock, new_id, marek)
    with database.writing() as session:
        known = dict(session.execute(select(person).where(person.c.id == marek)).mappings().one())
        session.execute(person.insert().values(known | {"id": "ben"}))
        case = dict(session.execute(select(mdt_case).where(mdt_case.c.person_id == marek)).mappings().one())
        session.execute(mdt_case.insert().values(case | {"id": "case-ben", "person_id": "ben"}))
    client = sign_in(cast.priya)
    for _ in ("pressed", "pressed twice"):
        assert post(client, "/places", name="Room 4", district=cast.watford.id, kind="hostel").status_code == 303
    (place,) = rows(database, vacancy)
    for who in (marek, "ben"):
        assert post(client, "/places", press="offer", vacancy=place["id"], person=who).status_code == 303
    made = {each["person_id"]: each["id"] for each in rows(database, offer)}
    said = {"press": "answer", "answered_on": "2026-11-12"}
    yes = said | {"answer": "accepted"}
    assert post(client, f"/people/{marek}/offers", **yes, offer=made[marek]).status_code == 303
    refused = post(client, "/people/ben/offers", **yes, offer=made["ben"])
    assert refused.status_code == 409 and "Somebody else has taken this place meanwhile." in refused.text
    assert post(client, "/people/ben/offers", **said, answer="withdrawn", offer=made["ben"]).status_code == 303


def test_what_is_too_long_is_refused_and_nothing_is_cut(sign_in, cast, database):
    client = sign_in(cast.priya)
    place = {"district": cast.watford.id, "kind": "hostel", "name": "x" * 201}
    assert "Use 200 characters or fewer" in post(client, "/places", **place).text
    told = {"press": "open", "district": cast.watford.id, "beds": "2", "why": "x" * 201}
    assert "Use 200 characters or fewer" in post(client, "/cold-nights", **told).text
    assert rows(database, vacancy) == rows(database, cold_nights) == []


def test_a_home_is_asked_about_once_and_one_that_is_lost_has_ended(sign_in, cast, marek, database):  # noqa: F811
    client = sign_in(cast.tom)
    stayed = {"district": cast.watford.id, "kind": "private_tenancy", "moved_in_on": "2026-04-01", "left_on": ""}
    post(client, f"/people/{marek}/stays", **stayed)
    (home,) = rows(database, stay)
    assert "Is it still theirs, 6 months on?" in client.get(f"/people/{marek}/offers", headers=HTML).text
    told = {"press": "home", "stay": home["id"], "answer": "no", "left_on": "2026-10-20"}
    for wrong in ({"answer": ""}, {"left_on": "2027-01-01"}):
        assert post(client, f"/people/{marek}/offers", **(told | wrong)).status_code == 422, wrong
    assert rows(database, home_asked) == []
    assert post(client, f"/people/{marek}/offers", **told).status_code == 303
    assert post(client, f"/people/{marek}/offers", **told).status_code == 409
    (asked,) = rows(database, home_asked)
    assert (asked["months"], asked["answer"]) == (6, "no")
    assert rows(database, stay)[0]["left_on"] == date(2026, 10, 20)


def test_cold_nights_are_read_by_all_who_are_out_and_counted(sign_in, cast, marek, database, clock):  # noqa: F811
    client = sign_in(cast.priya)
    told = {
        "press": "open",
        "district": cast.watford.id,
        "why": "Three nights below zero",
        "beds": "12",
        "phones": "Hall: 01923 1",
    }
    for wrong in ({"beds": "many"}, {"beds": "9999"}, {"phones": "x" * 2001}):
        assert post(client, "/cold-nights", **(told | wrong)).status_code == 422, wrong
    assert post(client, "/cold-nights", **(told | {"district": cast.dacorum.id})).status_code == 404
    assert post(client, "/cold-nights", **told).status_code == 303
    assert post(client, "/cold-nights", **told).status_code == 409
    sign_in(cast.tom)
    make_offer(client, marek, cast, kind="night_shelter", offered_on=clock().date().isoformat())
    (made,) = rows(database, offer)
    answer = {
        "press": "answer",
        "offer": made["id"],
        "answer": "refused",
        "why": "shared",
        "answered_on": made["offered_on"],
    }
    assert post(client, f"/people/{marek}/offers", **answer).status_code == 303
    page = client.get("/cold-nights", headers=HTML).text
    for words in (
        "everybody is let in",
        "12 beds",
        "Hall: 01923 1",
        "Offered a bed: 1, of whom 0 accepted and 1 refused",
    ):
        assert words in page, words
    make_offer(client, marek, cast, kind="night_shelter", offered_on=clock().date().isoformat())
    (again,) = [each for each in rows(database, offer) if each["answer"] is None]
    yes = answer | {"offer": again["id"], "answer": "accepted", "why": ""}
    assert post(client, f"/people/{marek}/offers", **yes).status_code == 303
    page = client.get("/cold-nights", headers=HTML).text
    assert "Offered a bed: 1, of whom 1 accepted and 1 refused" in page, "one person, who said no and then yes"
    assert post(client, "/cold-nights", press="close", district=cast.watford.id).status_code == 403
    sign_in(cast.priya)
    assert (
        post(client, "/cold-nights", press="change", district=cast.watford.id, beds="10", phones="").status_code == 303
    )
    clock.advance(minutes=10)
    assert post(client, "/cold-nights", press="close", district=cast.watford.id).status_code == 303
    assert post(client, "/cold-nights", press="close", district=cast.watford.id).status_code == 409
    (kept,) = rows(database, cold_nights)
    assert (kept["beds"], kept["closed_by"]) == (10, cast.priya.id)
    assert kept["closed_at"] - kept["opened_at"] >= timedelta(minutes=10)
    sign_in(cast.helen)
    assert client.get("/cold-nights", headers=HTML).status_code == 403
