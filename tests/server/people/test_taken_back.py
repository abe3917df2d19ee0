"""What came to stand on the record while every service might read the assessment goes from it with the consent, on every road:
said at a desk, on a phone that knows nothing of the answers, or brought late by a phone that was away."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from server.database.engine import Database
from server.queries.people.people import find_person
from tests.server.cast import Cast
from tests.server.people import test_assessment, test_housing_needs
from tests.server.people.test_assessment import answer
from tests.server.people.test_consent import held, say, told
from tests.server.phone import Phone

marek = test_housing_needs.marek


def stands(database: Database, person: str) -> tuple[str, str, str]:
    with database.reading() as session:
        found = find_person(session, person)
    assert found is not None
    return found.safety_call, found.safety_needs, found.strengths


@pytest.fixture
def agreed(sign_in: Any, cast: Cast, marek: str, database: Database, clock: Any) -> str:
    """Marek told Tom at a desk, and agreed that every service reads it."""
    tom = sign_in(cast.tom)
    assert answer(tom, marek, "safety", words_safe_call="Ring Bella", safe_where="The library").status_code == 303
    assert answer(tom, marek, "strengths", good_at="Joinery").status_code == 303
    assert say(tom, marek, agency="").status_code == 303
    assert stands(database, marek) == ("Ring Bella", "The library", "Joinery")
    clock.advance(minutes=1)
    return marek


@pytest.mark.parametrize("said", ["refused", "withdrawn"])
def test_a_no_on_a_phone_takes_off_what_that_phone_never_knew(
    agreed: str, phone: Phone, database: Database, clock: Any, new_id: Callable[[], str], said: str
) -> None:
    assert phone.push(told(phone, new_id, agreed, said, clock())).status_code == 200
    assert held(phone, database) == []
    assert stands(database, agreed) == ("", "", "")
    assert b"Joinery" not in phone.pull().content.rpartition(b"consent.said")[2]


@pytest.mark.parametrize("narrower", [{"agency_id": "council"}, {"until": "2027-01-01", "answer": "agreed"}])
def test_a_no_to_one_service_or_a_last_day_takes_it_off_too(
    agreed: str, cast: Cast, phone: Phone, database: Database, clock: Any, new_id: Callable[[], str], narrower: Any
) -> None:
    more = dict(narrower)
    if "agency_id" in more:
        more["agency_id"] = cast.council.id
    said = more.pop("answer", "refused")
    assert phone.push(told(phone, new_id, agreed, said, clock(), **more)).status_code == 200
    assert held(phone, database) == [] and stands(database, agreed) == ("", "", "")


def test_what_somebody_wrote_on_the_record_stays_also_beside_what_goes(
    agreed: str, phone: Phone, database: Database, clock: Any, new_id: Callable[[], str]
) -> None:
    unseen = phone.patch("person.patched", agreed, safety_call="Ring Dot", strengths="Sings")
    assert phone.push(unseen).status_code == 200
    both = stands(database, agreed)
    assert "Ring Bella" in both[0] and "Ring Dot" in both[0]
    assert phone.push(told(phone, new_id, agreed, "refused", clock())).status_code == 200
    assert stands(database, agreed) == ("Ring Dot", "", "Sings")


def test_a_phone_that_was_away_puts_nothing_back(
    agreed: str, sign_in: Any, cast: Cast, phone: Phone, database: Database, clock: Any, new_id: Callable[[], str]
) -> None:
    """It took an answer down, and wrote it on the record, before the no was said at a desk; it brings both afterwards."""
    before = clock() - timedelta(seconds=30)
    away = test_assessment.told(
        phone, new_id, agreed, before, question="safe_call", value="", words="Ring Bella's sister"
    )
    wrote = phone.patch("person.patched", agreed, safety_call="Ring Bella's sister")
    assert say(sign_in(cast.tom), agreed, "refused", agency="").status_code == 303
    assert stands(database, agreed) == ("", "", "")
    assert phone.push(away, wrote).status_code == 200
    assert held(phone, database) == [] and stands(database, agreed) == ("", "", "")


def test_a_yes_or_a_word_about_something_else_takes_nothing_off(
    agreed: str, phone: Phone, database: Database, clock: Any, new_id: Callable[[], str]
) -> None:
    for fields in ({"answer": "agreed"}, {"answer": "refused", "what": "plan"}):
        said = dict(fields)
        clock.advance(minutes=1)
        assert phone.push(told(phone, new_id, agreed, said.pop("answer"), clock(), **said)).status_code == 200
        assert stands(database, agreed) == ("Ring Bella", "The library", "Joinery")
