"""What the record asks too stands there while every service may read the assessment, and goes from it with the consent, on every
road: said at a desk, on a phone that knows nothing of the answers, brought late by a phone that was away, or by a join."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from server.database.engine import Database
from server.queries.people.people import find_person
from server.queries.people.person_page import list_needs
from server.queries.sync.store import list_changes, publish
from server.web.layout.words import say_day
from shared.model.codes import SupportNeed
from shared.model.person import PersonMerged
from sync.authoring import NewChange
from sync.server import AcceptedChange
from sync.wire import SERVER_DEVICE
from tests.server.cast import Cast
from tests.server.people import test_assessment, test_housing_needs
from tests.server.people.test_assessment import answer, read
from tests.server.people.test_consent import held, say, told
from tests.server.phone import Phone

HTML, marek, post = test_housing_needs.HTML, test_housing_needs.marek, test_housing_needs.post


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


def test_a_yes_on_a_phone_tells_the_record_all_that_the_server_knows_and_an_answer_of_a_phone_too(
    marek: str, sign_in: Any, cast: Cast, phone: Phone, database: Database, clock: Any, new_id: Callable[[], str]
) -> None:
    """The phone knows nothing of what was answered at the desk, and writes nothing on the record itself."""
    assert answer(sign_in(cast.tom), marek, "strengths", good_at="Joinery").status_code == 303
    assert answer(sign_in(cast.tom), marek, "mind", mind_worry="yes").status_code == 303
    assert phone.push(told(phone, new_id, marek, "agreed", clock())).status_code == 200
    assert stands(database, marek) == ("", "", "Joinery")
    with database.reading() as session:
        assert [each.need for each in list_needs(session, [marek])] == [SupportNeed.MENTAL_HEALTH]
        (change,) = [
            each.change
            for each in list_changes(session, marek)
            if each.change and "strengths" in (each.change.set_ or {})
        ]
        assert change.who == cast.tom.id  # who asked, not who heard the yes
    clock.advance(minutes=1)
    given = test_assessment.told(phone, new_id, marek, clock(), question="safe_call", value="", words="Ring Bella")
    assert phone.push(given).status_code == 200
    assert held(phone, database) == [] and stands(database, marek) == ("Ring Bella", "", "Joinery")
    assert b"Joinery" in phone.pull().content


def test_an_answer_that_is_too_long_for_the_record_stands_in_the_assessment_alone(
    marek: str, sign_in: Any, cast: Cast, database: Database
) -> None:
    tom = sign_in(cast.tom)
    assert answer(tom, marek, "strengths", words_good_at="x" * 10_000).status_code == 303
    assert answer(tom, marek, "safety", words_safe_call="Ring Bella").status_code == 303
    assert say(tom, marek, agency="").status_code == 303
    assert stands(database, marek)[0] == "Ring Bella"


def test_the_same_words_of_another_service_stay_after_the_no(
    marek: str, sign_in: Any, cast: Cast, database: Database, clock: Any
) -> None:
    """Priya's service wrote them on the record itself: nobody told it to keep them to itself."""
    assert (
        post(sign_in(cast.priya), f"/people/{marek}/own-record", field="strengths", value="Joinery").status_code == 303
    )
    assert stands(database, marek) == ("", "", "Joinery")
    clock.advance(minutes=1)
    tom = sign_in(cast.tom)
    assert answer(tom, marek, "strengths", words_good_at="Joinery").status_code == 303
    assert answer(tom, marek, "safety", words_safe_call="Ring Bella").status_code == 303
    assert say(tom, marek, agency="").status_code == 303
    assert stands(database, marek) == ("Ring Bella", "", "Joinery")
    clock.advance(minutes=1)
    assert say(sign_in(cast.priya), marek, "refused", agency="").status_code == 303
    assert stands(database, marek) == ("", "", "Joinery")


def test_a_yes_to_one_service_until_a_day_keeps_the_record_from_saying_it_after_that_day(
    agreed: str, cast: Cast, phone: Phone, database: Database, clock: Any, new_id: Callable[[], str]
) -> None:
    until = (clock() + timedelta(days=3)).date().isoformat()
    narrowed = told(phone, new_id, agreed, "agreed", clock(), agency_id=cast.council.id, until=until)
    assert phone.push(narrowed).status_code == 200
    assert held(phone, database) == [] and stands(database, agreed) == ("", "", "")


def test_what_only_whoever_asked_reads_from_now_on_goes_from_the_record_and_stays_away(
    agreed: str, sign_in: Any, cast: Cast, database: Database, clock: Any
) -> None:
    """The assessment's page hides it from the hour in which its question is put anew; the record would go on telling all."""
    narrower = {
        "key": "safe_call",
        "section": "safety",
        "text": "Whom shall we ring?",
        "lives_months": "12",
        "kind": "words",
    }
    priya = sign_in(cast.priya)
    assert post(priya, "/assessment-questions", **narrower, reading="who_asked").status_code == 303
    assert stands(database, agreed) == ("", "The library", "Joinery")
    clock.advance(minutes=1)
    assert post(priya, "/assessment-questions", **narrower, reading="services").status_code == 303
    assert say(sign_in(cast.tom), agreed, agency="").status_code == 303
    assert stands(database, agreed) == ("", "The library", "Joinery")


@pytest.fixture
def other(phone: Phone, new_id: Callable[[], str]) -> str:
    """Somebody else whom the same team met."""
    made, here = new_id(), {"latitude": 51.65, "longitude": -0.4, "source": "gps"}
    named = phone.patch("person.patched", made, name="Marko")
    assert phone.push(named, phone.contact(person_ids=[made], position=here)).status_code == 200
    return made


def wants(database: Database, *people: str) -> list[str]:
    with database.reading() as session:
        return [found.wants_first for each in people if (found := find_person(session, each)) is not None]


def join(services: Any, by: str, one: str, two: str, *, undone: bool = False) -> None:
    """Two workers have said that the two records are one person: what the page of that publishes."""
    now, now_ms = services.clock(), int(services.clock().timestamp() * 1000)
    fact = PersonMerged(id=services.new_id(), from_id=two, into_id=one, at=now, worker_id=by, undone=undone)
    payload = msgspec.Raw(msgspec.json.encode(fact))
    new = NewChange(
        id=services.new_id(), type="person.merged", scope="district:", entity=two, who=by, at_ms=now_ms, payload=payload
    )
    with services.database.writing() as session:
        (change,) = publish(session, [new], now_ms)
        services.project(session, [AcceptedChange(change, change.hlc, now_ms, SERVER_DEVICE)])


def test_a_no_under_the_other_record_outlives_the_yes_once_the_two_are_one(
    marek: str,
    other: str,
    sign_in: Any,
    cast: Cast,
    services: Any,
    database: Database,
    clock: Any,
    new_id: Callable[[], str],
) -> None:
    """Whoever heard the yes had not heard the no; where the two are not one person after all, it was never hers to give."""
    tom = sign_in(cast.tom)
    assert say(tom, other, "refused", agency="").status_code == 303
    assert answer(tom, other, "strengths", good_at="Sings").status_code == 303
    said_on = clock()
    clock.advance(hours=3)  # past midnight
    tom = sign_in(cast.tom)
    assert answer(tom, marek, "safety", words_safe_call="Ring Bella").status_code == 303
    assert say(tom, marek, agency="").status_code == 303
    assert stands(database, marek) == ("Ring Bella", "", "")
    clock.advance(minutes=1)
    join(services, cast.tom.id, marek, other)
    assert stands(database, marek) == ("", "", "")
    priya = sign_in(cast.priya)
    assert "Sings" not in read(priya, marek) and "Ring Bella" not in read(priya, marek)
    page = priya.get(f"/people/{marek}/consent", headers=HTML).text
    assert "yours reads nothing" in page and f"by word on {say_day(said_on)}" in page
    clock.advance(minutes=1)
    assert say(sign_in(cast.tom), marek, agency="").status_code == 303
    assert stands(database, marek) == ("Ring Bella", "", "Sings")


def test_what_came_from_the_other_record_goes_when_the_two_are_parted(
    agreed: str,
    other: str,
    sign_in: Any,
    cast: Cast,
    services: Any,
    database: Database,
    clock: Any,
    new_id: Callable[[], str],
) -> None:
    clock.advance(minutes=1)
    join(services, cast.tom.id, agreed, other)
    clock.advance(minutes=1)
    assert answer(sign_in(cast.tom), other, "home", home_want="A studio").status_code == 303
    assert answer(sign_in(cast.tom), other, "hopes", words_wants_first="A tent").status_code == 303
    clock.advance(minutes=1)
    assert wants(database, agreed, other) == ["", "A tent"]
    assert answer(sign_in(cast.tom), agreed, "hopes", words_wants_first="A van").status_code == 303
    join(services, cast.tom.id, agreed, other, undone=True)
    assert stands(database, agreed) == ("Ring Bella", "The library", "Joinery")
    assert wants(database, agreed, other) == ["", ""]  # neither the other's yes nor the other's words
