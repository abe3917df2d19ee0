"""What must hold once a county is quiet."""

from collections import Counter
from typing import Any

from sqlalchemy import text

from server.database.context import Kind, acting
from server.jobs.catalogue import rebuilder_of
from tests.simulation.whole.county import County
from tests.simulation.whole.handset import Handset


def check(county: County) -> None:
    """Raises AssertionError with what does not."""
    what_is_derived_follows_from_the_facts(county)
    nothing_is_lost(county)
    phones_of_a_team_agree(county)
    the_erased_are_nowhere(county)


def what_is_derived_follows_from_the_facts(county: County) -> None:
    with acting(Kind.COMMAND):
        proven = rebuilder_of(county.services, county.clock(), only_prove=True).run()
    assert proven.differing == [], proven.differing


def nothing_is_lost(county: County) -> None:
    """What phones recorded is in the log, held for somebody or not, or its mark where it was erased by order; what a phone
    that was sent away had not delivered came sealed, opened or kept and listed."""
    stored = {change_id for (change_id,) in rows(county, "select id from sync_change")}
    shut = Counter(number for (number,) in rows(county, "select device_number from sealed_outbox"))
    for phone in county.phones:
        assert phone.store.unsent_count == 0
        assert phone.recorded <= stored, (phone.number, phone.recorded - stored)
    for phone in county.gone:
        assert len(phone.recorded - stored) <= shut[phone.number], (phone.number, phone.recorded - stored)


def phones_of_a_team_agree(county: County) -> None:
    for one in county.phones:
        for other in county.phones:
            if one.team_id == other.team_id:
                differing = set(county.shows(one)) ^ set(county.shows(other))
                assert not differing, (one.number, other.number, differing)


def the_erased_are_nowhere(county: County) -> None:
    """In no table that describes, and with no word on a phone."""
    for table, column in (("person", "id"), ("contact_person", "person_id"), ("verification", "person_id")):
        left = {value for (value,) in rows(county, f"select {column} from {table}")} & county.erased
        assert not left, (table, left)
    for phone in county.phones:
        assert not _told_of(phone) & county.erased


def _told_of(phone: Handset) -> set[str]:
    """Whom the phone shows something about."""
    shown = [change for change, _ in phone.store.list_effective() if not change.erased]
    return {change.e for change in shown if change.t == "person.patched" and change.e is not None}


def rows(county: County, query: str) -> list[tuple[Any, ...]]:
    with acting(Kind.COMMAND), county.database.reading() as session:
        return [tuple(row) for row in session.execute(text(query))]
