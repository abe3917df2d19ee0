"""What follows where two records are joined or parted: links to one's own page, and a death that was told of one of them."""

from typing import Any

from server.database.engine import Database
from server.queries.people.people import find_person
from tests.server.cast import Cast
from tests.server.people import test_housing_needs, test_told_record
from tests.server.people.test_health import DIED, record
from tests.server.people.test_own_page import HTML, PIN, give, link_in, send, visit_in
from tests.server.people.test_told_record import join

marek, other = test_housing_needs.marek, test_told_record.other


def test_a_link_to_one_record_opens_nothing_once_another_is_found_to_be_the_same(
    marek: str, other: str, sign_in: Any, cast: Cast, client: Any, services: Any, clock: Any
) -> None:
    """Nobody gave it to whoever the other record is of, should the two not be one person after all."""
    link = link_in(give(sign_in(cast.tom), marek))
    opened = link_in(give(sign_in(cast.tom), other))
    client.cookies.clear()
    visit = visit_in(send(client, opened, pin=PIN))
    assert send(client, "/own-page", visit=visit).status_code == 200
    clock.advance(minutes=1)
    join(services, cast.tom.id, marek, other)
    assert client.get(link, headers=HTML).status_code == 404
    assert send(client, link, pin=PIN).status_code == 404
    assert send(client, "/own-page", visit=visit).status_code == 404
    assert send(client, link_in(give(sign_in(cast.tom), marek)), pin=PIN).status_code == 200


def test_whoever_was_only_thought_to_have_died_lives_once_the_two_are_parted(
    marek: str,
    other: str,
    sign_in: Any,
    cast: Cast,
    services: Any,
    database: Database,
    clock: Any,
) -> None:
    """No fact of theirs says it, so that nobody could strike it out from their page."""
    join(services, cast.tom.id, marek, other)
    assert record(sign_in(cast.tom), marek, **DIED).status_code == 303

    def list_dead() -> list[bool]:
        with database.reading() as session:
            people = [find_person(session, each) for each in (marek, other)]
        return [each.died_on is not None for each in people if each is not None]

    assert list_dead() == [True, True]
    clock.advance(minutes=1)
    join(services, cast.tom.id, marek, other, undone=True)
    assert list_dead() == [True, False]
