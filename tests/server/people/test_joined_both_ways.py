"""Two desks that join the same two records at once, each into the other: the person is on the list once, and is counted once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from server.actions.sync.projection.verification import derive_verification
from server.database.engine import Database
from server.queries.cases import cases
from server.queries.maps.hotspots import find_one_id
from server.queries.people.merges import store_merges
from shared.model.person import PersonMerged
from tests.server.cast import Cast
from tests.server.people.test_housing_needs import HERE
from tests.server.phone import Phone


@pytest.mark.parametrize("is_first_later", [False, True])
def test_who_was_joined_both_ways_is_put_forward_once(
    is_first_later: bool, phone: Phone, database: Database, cast: Cast, new_id: Callable[[], str], owners: Any
) -> None:
    one, other, now = new_id(), new_id(), phone.clock()
    for each in (one, other):
        assert phone.push(phone.patch("person.patched", each, name="Marek Nowak")).status_code == 200
    ways = [(one, other), (other, one)]
    merges = [
        PersonMerged(id=new_id(), from_id=from_id, into_id=into_id, at=now + timedelta(seconds=later), worker_id=who.id)
        for (from_id, into_id), later, who in zip(
            ways, (is_first_later, not is_first_later), (cast.tom, cast.priya), strict=True
        )
    ]
    with owners.writing() as session:
        store_merges(session, merges)
    assert phone.push(phone.contact(person_ids=[other], position=HERE)).status_code == 200
    with owners.writing() as session:
        derive_verification(session, [one, other], (), now, new_id, "Europe/London")
        assert [each.person_id for each in cases.list_live_cases_of(session, [one, other])] == [min(one, other)]
        assert find_one_id(session) == {max(one, other): min(one, other)}
