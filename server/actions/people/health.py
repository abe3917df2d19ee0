"""Health and harm: recorded by whoever works with somebody, answered, learnt from, and struck out where it was wrong.

That somebody died ends what is planned for them: their cases close, they are on no agenda to come, and phones hear of it.
"""

from collections.abc import Sequence
from datetime import date

from msgspec.structs import replace

from server.access import Access
from server.actions.cases.machine import Step, move_case
from server.actions.conferences.conferences import take_off_agendas
from server.actions.people.own_record import scope_of
from server.actions.people.pressing import find_pressed
from server.actions.sync.projection.holding import hold_people
from server.actions.sync.saying import say
from server.problems import CONFLICTING, Failure, InvalidFields, NotFound
from server.queries.cases import cases
from server.queries.people import health, own_pages, subjects
from server.queries.sync.store import Project
from shared.model.codes import CaseStep
from shared.model.health import HealthFact, HealthKind
from shared.model.person import Person
from shared.model.value import Id
from shared.policy import Act
from shared.rules.health import LONGEST, find_death, find_faults
from sync.authoring import NewChange

PURPOSE = "health and harm"
STRUCK = "It was struck out already. Load the page again."


def read_facts(access: Access, person_id: Id, action: Act = Act.SEE_HEALTH) -> tuple[Person, list[HealthFact]]:
    """The person and what is recorded, the newest first. Raises NotFound or Forbidden."""
    person = access.open_person(person_id, PURPOSE, action)
    _, same = access.find_person_and_same(person_id)
    return person, health.list_facts(access.session, same)


def record_fact(access: Access, project: Project, told: HealthFact) -> None:
    """Keep a fact; its id, moment and author are the actor's. Raises NotFound, Forbidden, InvalidFields."""
    hold_people(access.session, [told.person_id])
    _, before = read_facts(access, told.person_id, Act.RECORD_HEALTH)
    new = replace(
        told, id=access.new_id(), agency_id=access.actor.agency_id, recorded_at=access.now,
        recorded_by=access.actor.worker_id, words=told.words.strip(), learning=told.learning.strip(),
    )  # fmt: skip
    if find_pressed(before, new) is not None:  # a near miss that is counted twice is learnt from wrongly
        return
    wrong = find_faults(new, access.today, before)
    if wrong:
        raise InvalidFields(wrong)
    health.add_fact(access.session, new)
    if new.kind is HealthKind.DEATH and new.on is not None:
        _end_what_is_planned(access, project, new.person_id, new.on)


def say_learning(access: Access, person_id: Id, fact_id: Id, learning: str, shown: str) -> None:
    """Say what is to be done otherwise from now on; `shown` is what the form showed before. Raises NotFound, Forbidden,
    InvalidFields, Failure where it was struck out, or where somebody else said something meanwhile."""
    hold_people(access.session, [person_id])
    told = _find(access, person_id, fact_id)
    if told.struck_at is not None:
        raise Failure(CONFLICTING, STRUCK)
    if told.learning not in (shown, learning.strip()):
        raise Failure(CONFLICTING, f"Meanwhile somebody else wrote “{told.learning}”. Load the page again.")
    if len(learning) > LONGEST:
        raise InvalidFields({"learning": f"Use {LONGEST:,} characters or fewer."})
    health.set_fact(access.session, fact_id, learning=learning.strip())


def end_hospital(access: Access, person_id: Id, fact_id: Id, left_on: date | None) -> None:
    """Say when they left hospital. Raises NotFound, Forbidden, InvalidFields, or Failure where it was struck
    out or they had left."""
    hold_people(access.session, [person_id])
    told = _find(access, person_id, fact_id)
    if told.kind is not HealthKind.HOSPITAL:
        raise NotFound
    if told.struck_at is not None:
        raise Failure(CONFLICTING, STRUCK)
    if told.until is not None:
        raise Failure(CONFLICTING, "The day they left was said meanwhile. Load the page again.")
    wrong = {"until": "Give the day."} if left_on is None else {}
    wrong |= find_faults(replace(told, until=left_on), access.today, ())
    if wrong:
        raise InvalidFields(wrong)
    health.set_fact(access.session, fact_id, until=left_on)


def strike_out(access: Access, project: Project, person_id: Id, fact_id: Id) -> None:
    """It was never so; of a death, they are alive again on every page and phone, and no case is opened by it. Where it was
    recorded twice, under two records that were found to be one person, the other day stands.

    Raises NotFound, Forbidden, Failure where it was struck out already."""
    hold_people(access.session, [person_id])
    told = _find(access, person_id, fact_id)
    if told.struck_at is not None:
        raise Failure(CONFLICTING, STRUCK)
    health.strike_out(access.session, fact_id, access.now, access.actor.worker_id)
    if told.kind is HealthKind.DEATH:
        same = subjects.list_same_person(access.session, person_id)
        died_on = find_death(health.list_facts(access.session, same))
        _tell_phones(access, project, same, died_on)


def _find(access: Access, person_id: Id, fact_id: Id) -> HealthFact:
    _, every = read_facts(access, person_id, Act.RECORD_HEALTH)
    found = next((each for each in every if each.id == fact_id), None)
    if found is None:
        raise NotFound
    return found


def _end_what_is_planned(access: Access, project: Project, person_id: Id, died_on: date) -> None:
    same = subjects.list_same_person(access.session, person_id)
    take_off_agendas(access, same)
    own_pages.end_links(access.session, same, access.now)
    why = f"Died on {died_on.day} {died_on:%B %Y}"
    for case in cases.list_live_cases_of(access.session, same):
        step = Step(step=CaseStep.DIED, at=access.now, worker_id=access.actor.worker_id, reason=why)
        move_case(access.session, case.id, step, access.new_id)
    _tell_phones(access, project, same, died_on)


def _tell_phones(access: Access, project: Project, same: Sequence[Id], died_on: date | None) -> None:
    """Write it into the records that phones hold."""
    found = [subject for each in same if (subject := subjects.find_person(access.session, each)) is not None]
    now_ms = int(access.now.timestamp() * 1000)
    new = [
        NewChange(
            id=access.new_id(), type="person.patched", scope=scope_of(access, subject), entity=subject.id,
            who=access.actor.worker_id, at_ms=now_ms, sets={"died_on": died_on.isoformat() if died_on else None},
        )
        for subject in found
    ]  # fmt: skip
    say(access.session, project, new, access.now)
