"""The breaker: an error that all changes meet alike is the server's, one that a single change meets sets that one aside."""

from typing import Any

import pytest

from server.queries.sync import store as sync
from tests.sync.county import Office, Phone


@pytest.mark.parametrize("count", [1, 3, 40])
def test_an_error_that_every_change_meets_alike_is_the_servers(aisha: Phone, office: Office, count: int) -> None:
    tries: list[int] = []

    def project(session: object, accepted: list[Any]) -> None:
        tries.append(len(accepted))
        raise KeyError("a bug")

    office.project = project
    for i in range(count):
        aisha.say(word=f"fine {i}")
    aisha.sync()
    assert office.order(sync.list_quarantined) == []
    assert aisha.store.unsent_count == count
    assert len(tries) <= 25, "the breaker lets go after a few that fail alike"
    office.project = lambda session, accepted: None
    aisha.sync()
    assert aisha.store.unsent_count == 0


def test_one_that_alone_of_its_kind_breaks_the_server_is_set_aside_and_says_whose_fault_it_is(
    aisha: Phone, office: Office
) -> None:
    def project(session: object, accepted: list[Any]) -> None:
        if any(b"poison" in bytes(each.change.p) for each in accepted):
            raise KeyError("Marek's name")

    office.project = project
    for word in ("fine", "poison", "fine"):
        aisha.say(word=word)
    aisha.sync()
    (held,) = office.order(sync.list_quarantined)
    assert held.reason is not None and "an error of the server's" in held.reason and "Marek" not in held.reason
