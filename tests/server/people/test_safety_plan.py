"""A safety plan in place of a score: written with the person, read before a visit, on the phone under a symbol."""

from typing import Any

from sqlalchemy import select

from server.database.engine import Database
from server.tables.people.person import person
from tests.server.cast import Cast
from tests.server.people import test_housing_needs
from tests.server.phone import Phone

HTML, marek, post = test_housing_needs.HTML, test_housing_needs.marek, test_housing_needs.post
PLAN = {
    "safety_signs": "Stops eating, talks fast",
    "safety_helps": "A walk & tea",
    "safety_call": "His sister Ola, she has her phone on at night",
    "safety_avoid": "Do not touch the bag",
}


def test_it_is_written_together_and_stands_before_everything_else_and_phones_hear_of_it(
    sign_in: Any, cast: Cast, marek: str, phone: Phone, database: Database
) -> None:
    client = sign_in(cast.tom)
    assert "Make a safety plan together" in client.get(f"/people/{marek}", headers=HTML).text
    assert post(client, f"/people/{marek}/facts", **PLAN, best_way="After 8, by the canal").status_code == 303
    page = client.get(f"/people/{marek}", headers=HTML).text
    assert "Safety plan: read before you meet" in page
    assert page.index("Do not touch the bag") < page.index("In their own words")
    assert "A walk &amp; tea" in page and "Signs that things are getting worse" in page
    heard = phone.pull().content
    assert all(each.encode() in heard for each in ("Do not touch the bag", "After 8, by the canal"))
    own = client.get(f"/people/{marek}/own-record", headers=HTML).text
    assert "What we should not do" in own and "After 8, by the canal" in own
    assert post(client, f"/people/{marek}/facts", safety_signs="x" * 10_001).status_code == 422
    with database.reading() as session:
        (kept,) = session.execute(select(person.c.safety_signs, person.c.best_way)).all()
    assert tuple(kept) == ("Stops eating, talks fast", "After 8, by the canal")


def test_what_a_phone_changes_of_it_is_shown_and_what_two_say_unseen_stands_both(
    sign_in: Any, cast: Cast, marek: str, phone: Phone
) -> None:
    client = sign_in(cast.tom)
    post(client, f"/people/{marek}/facts", safety_avoid="No torches")
    assert phone.push(phone.patch("person.patched", marek, safety_avoid="No dogs")).status_code == 200
    page = client.get(f"/people/{marek}", headers=HTML).text
    assert "No torches" in page and "No dogs" in page
