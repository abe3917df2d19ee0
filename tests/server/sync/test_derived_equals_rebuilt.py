"""What is derived a batch at a time equals what the rule says of every fact at once, whatever came in whatever order."""

import random
from collections.abc import Callable
from datetime import timedelta
from itertools import combinations
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from server.database.engine import Database
from server.queries.partnership import recipients, workers
from server.queries.partnership.recipients import Recipient
from server.queries.people.verification import find_status, list_groups, list_judgements, list_site_names
from server.queries.street import contacts
from server.queries.sync.store import list_quarantined
from server.tables.street.contact import contact
from shared.geo.night import outreach_night
from shared.model.codes import ContactState, Role
from shared.model.contact import Contact
from shared.policy.held import NOT_KNOWN
from shared.rules.verification import verification_status
from tests.conftest import Clock
from tests.server.cast import WATFORD, Cast, add_role, say_same
from tests.server.phone import Phone

STATES = [str(state.value) for state in ContactState]


@pytest.fixture
def phone(phone: Phone, database: Database, cast: Cast, now: Any, new_id: Callable[[], str]) -> Phone:
    """Aisha's phone, and Aisha may decide everything: what is derived is the question here, not who may say it."""
    with database.writing() as session:
        for role in (Role.TEAM_LEAD, Role.COORDINATOR):
            add_role(session, cast.aisha.id, role)
        told: dict[str, Any] = {"id": new_id(), "agency_id": cast.outreach.id, "role": Role.COORDINATOR}
        recipients.add_recipient(session, Recipient(**told, founding=True, proposed_at=now, reason="test"))
    return phone


@pytest.mark.parametrize("seed", range(4))
def test_verification_a_batch_at_a_time_equals_verification_of_everything(
    seed: int, phone: Phone, database: Database, clock: Clock, new_id: Callable[[], str], cast: Cast
) -> None:
    chance = random.Random(seed)
    people = [new_id() for _ in range(9)]
    for one, other in combinations(people, 2):
        say_same(database, one, other, cast.priya, clock(), new_id)
    recorded: list[str] = []
    for _ in range(10):
        changes = [make_one(chance, phone, people, recorded, new_id) for _ in range(chance.randint(1, 3))]
        clock.advance(minutes=1)
        answer = phone.push(*changes)
        assert answer.status_code == 200, answer.text
        with database.reading() as session:
            assert {each.reason for each in list_quarantined(session)} <= {NOT_KNOWN}  # nobody's, once corrected away
            for person in people:
                compare(session, person, clock)


def compare(session: Any, person: str, clock: Clock) -> None:
    found, wanted = find_status(session, person), rebuild(session, person, clock)
    assert (found is not None and found.verified) is wanted.is_verified, wanted
    if found is not None:
        assert (found.reason, found.since, found.contact_id) == (wanted.reason, wanted.since, wanted.contact_id)


def make_one(
    chance: random.Random, phone: Phone, people: list[str], recorded: list[str], new_id: Any
) -> dict[str, Any]:
    assert phone.enrolled is not None
    worker_id = phone.enrolled.config.worker.id
    moment = phone.clock() - timedelta(minutes=chance.randint(0, 20_000))
    what = chance.choices(["contact", "correction", "judgement", "merge"], weights=[8, 8, 4, 1])[0]
    if what == "correction" and recorded:
        fields = chance.choice(
            [{"state": chance.choice(STATES)}, {"person_ids": chance.sample(people, chance.randint(0, 2))}]
        )
        told = {
            "id": new_id(),
            "contact_id": chance.choice(recorded),
            "at": phone.clock().isoformat(),
            "worker_id": worker_id,
        }
        return phone.make_change("contact.corrected", e=told["contact_id"], p={**told, "fields": fields})
    if what == "judgement":
        told = {
            "id": new_id(),
            "person_id": chance.choice(people),
            "basis": "professional_judgement",
            "review_status": chance.choice(["confirmed", "not_confirmed", "not_required", "unreviewed"]),
            "at": moment.isoformat(),
            "worker_id": worker_id,
            "contact_id": chance.choice([*recorded, None]),
        }
        return phone.make_change("verification.recorded", e=told["person_id"], p=told)
    if what == "merge":
        from_id, into_id = chance.sample(people, 2)
        told = {"id": new_id(), "from_id": from_id, "into_id": into_id, "worker_id": worker_id}
        undone = chance.random() < 0.4
        return phone.make_change("person.merged", e=into_id, p={**told, "at": moment.isoformat(), "undone": undone})
    change = phone.contact(
        state=chance.choice(STATES),
        seen_at=moment.isoformat(),
        night=outreach_night(moment).isoformat(),
        person_ids=chance.sample(people, chance.randint(0, 2)),
        position={"latitude": WATFORD[0], "longitude": WATFORD[1]},
    )
    recorded.append(change["e"])
    return change


def rebuild(session: Any, person: str, clock: Clock) -> Any:
    """The rule, given every contact as first recorded, every correction and every judgement there is."""
    stored = contacts.list_contacts(session, list(session.scalars(select(contact.c.id))))
    first = [
        each.contact if each.original is None else msgspec.json.decode(each.original, type=Contact)
        for each in stored.values()
    ]
    corrections = [word for words in contacts.list_corrections(session, list(stored)).values() for word in words]
    group = list_groups(session, [person])[person]
    verdicts = [each for found in list_judgements(session, group).values() for each in found]
    names = workers.list_short_names(
        session, {each.worker_id for each in first} | {each.worker_id for each in verdicts}
    )
    return verification_status(
        first,
        verdicts,
        corrections=corrections,
        person_ids=group,
        worker_names=names,
        site_names=list_site_names(session, {each.site_id for each in first if each.site_id}),
        today=clock().date(),
    )
