"""The MDT list of a district:

somebody puts a person forward on some evidence, a coordinator decides; from candidate to listed, declined or closed. Every
step keeps its reason. Who arrives by themselves is in `server.actions.cases.arrivals`.
"""

from server.access import Access
from server.actions.cases.letters import tell_who_put_forward
from server.actions.cases.machine import Step, begin_cases, move_case
from server.actions.conferences.conferences import take_case_off_agendas
from server.problems import Invalid, NotFound
from server.queries.cases import case_moves, cases
from server.queries.maps.boundaries import list_districts_on
from server.queries.partnership import districts
from server.queries.people import health, people, subjects
from server.queries.people.verification import find_status
from shared.model.case import Case
from shared.model.codes import CaseState, CaseStep, EvidenceBasis
from shared.model.value import Id
from shared.policy import Act
from shared.rules.case import MOVES

BASES = tuple(basis for basis in EvidenceBasis if basis is not EvidenceBasis.PUBLIC_REFERRAL_ONLY)
"""On what evidence somebody may be put forward: an alert alone is a referral, and is looked into first."""


def put_forward(access: Access, person_id: Id, district_id: Id, basis: EvidenceBasis | None, reason: str) -> Case:
    """Put a person forward, verified or not, on some evidence: onto the list by its coordinator, as a candidate by anybody
    else.

    Raises NotFound or Forbidden where the actor may not know the person, Invalid where the list may not take them.
    """
    subject = access.require(Act.SEE_PERSON, subjects.find_person(access.session, person_id), purpose="case list")
    access.require(Act.PUT_FORWARD_CASE, subject, purpose="case list")
    access.require_district(Act.PUT_FORWARD_CASE, district_id)
    if basis not in BASES:
        raise Invalid("Choose the evidence.")
    check_on_no_list(access, person_id, district_id)
    if may_decide(access, district_id):
        _check_verified_only(access, person_id, district_id)
    person = people.find_person(access.session, person_id)
    return add_case(access, person_id, district_id, basis, reason, person.known_as if person else "")


def add_case(
    access: Access, person_id: Id, district_id: Id, basis: EvidenceBasis, reason: str, told_as: str | None = None
) -> Case:
    """Store a case that somebody put forward, and what they called them; what may not be is refused before. Raises Invalid for a
    district that ended."""
    if all(each.id != district_id for each in list_districts_on(access.session, access.today)):
        raise Invalid("That district has ended: choose the one that followed it.")
    new = Case(
        id=access.new_id(),
        person_id=person_id,
        district_id=district_id,
        state=CaseState.LISTED if may_decide(access, district_id) else CaseState.CANDIDATE,
        since=access.now,
        reason=_say(reason),
        put_forward_by=access.actor.worker_id,
        basis=basis,
        told_as=told_as,
    )
    step = CaseStep.LISTED if new.state is CaseState.LISTED else CaseStep.PUT_FORWARD
    if not begin_cases(access.session, [(new, step)], access.new_id):
        raise Invalid("Somebody else has put this person on the list meanwhile. Load the page again.")
    return new


def may_decide(access: Access, district_id: Id) -> bool:
    """Does the actor decide about a district's list, rather than put somebody forward for its coordinator to decide?"""
    return access.allows(Act.CHANGE_CASE, subjects.of_district(district_id))


def check_on_no_list(access: Access, person_id: Id, district_id: Id) -> None:
    """A person is on one list at a time. Raises Invalid with whose it is and whom to ask."""
    same = subjects.list_same_person(access.session, person_id)
    if health.list_dead(access.session, same):
        raise Invalid("They have died: no case begins. If that is wrong, strike it out under “Health and harm”.")
    live = cases.list_live_cases_of(access.session, same)
    if not live:
        return
    found = next((case for case in live if case.district_id == district_id), live[0])
    if found.district_id == district_id:
        raise Invalid("This person is on the list already.")
    there = districts.find_district(access.session, found.district_id)
    name = there.name if there else "Another district"
    asked = case_moves.list_whom_to_ask(access.session, [found.district_id]).get(found.district_id, [])
    whom = f" Ask {' or '.join(asked)} to hand the case over." if asked else ""
    raise Invalid(f"{name} has this person on its list already.{whom}")


def _check_verified_only(access: Access, person_id: Id, district_id: Id) -> None:
    district = districts.find_district(access.session, district_id)
    status = find_status(access.session, person_id)
    if district is None:
        raise NotFound
    if district.verified_only and not (status and status.verified):
        raise Invalid("This district's list takes verified people only. Confirm the verification first.")


def list_case(access: Access, case_id: Id, reason: str) -> Case:
    """Take a candidate onto the list. Raises Invalid where it takes verified people only and this one is not."""
    found = cases.find_case(access.session, case_id)
    if found is not None and may_decide(access, found.district_id):
        _check_verified_only(access, found.person_id, found.district_id)
    listed = _move(access, case_id, CaseStep.LISTED, reason)
    tell_who_put_forward(access, listed)
    return listed


def decline_case(access: Access, case_id: Id, reason: str) -> Case:
    """Do not take a candidate on. The reason is kept, and the person can be put forward again."""
    declined = _move(access, case_id, CaseStep.DECLINED, reason)
    tell_who_put_forward(access, declined)
    return declined


def close_case(access: Access, case_id: Id, reason: str) -> Case:
    """Close a case that was on the list. It leaves every agenda to come; what was typed there about it stays with it."""
    _admit(access, case_id, CaseStep.CLOSED)
    said = _say(reason)
    # The conferences first, then the case: Finish takes them in this order too, so that neither waits for the other for ever.
    take_case_off_agendas(access, [case_id], f"Closed: {said}")
    return _take(access, case_id, CaseStep.CLOSED, said)


def _move(access: Access, case_id: Id, step: CaseStep, reason: str) -> Case:
    _admit(access, case_id, step)
    return _take(access, case_id, step, _say(reason))


def _admit(access: Access, case_id: Id, step: CaseStep) -> None:
    after = str(MOVES[step].after or "")
    access.require(Act.CHANGE_CASE, subjects.find_case(access.session, case_id), detail=after)
    if cases.find_case(access.session, case_id) is None:
        raise NotFound


def _take(access: Access, case_id: Id, step: CaseStep, said: str) -> Case:
    taken = Step(step=step, at=access.now, worker_id=access.actor.worker_id, reason=said)
    return move_case(access.session, case_id, taken, access.new_id, reason=said)


def _say(reason: str) -> str:
    words = reason.strip()
    if not words:
        raise Invalid("Say why, in a few words: partners will read it.")
    return words
