"""Recording where somebody stays off the streets, for whoever may change their record."""

from datetime import date

from server.access import Access
from server.actions.sync.projection.holding import hold_people
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.partnership.districts import find_district
from server.queries.people import stays
from shared.model.codes import Destination, StayKind
from shared.model.person import Person
from shared.model.stay import Stay
from shared.model.value import Id
from shared.policy import Act
from shared.rules.health import why_not_on
from shared.rules.stays import find_faults

PURPOSE = "where somebody stays"


def read_stays(access: Access, person_id: Id) -> tuple[Person, list[Stay]]:
    """The person and their stays, the newest first. Raises NotFound or Forbidden."""
    person = access.open_person(person_id, PURPOSE, Act.EDIT_PERSON)
    _, same = access.find_person_and_same(person_id)
    return person, stays.list_stays(access.session, same)


def record_stay(
    access: Access, person_id: Id, district_id: Id, kind: str, moved_in_on: date | None, left_on: date | None,
    left_for: str = "",
) -> None:  # fmt: skip
    """Keep that they moved in, for the district whose figure it counts in. Raises NotFound, Forbidden, Invalid."""
    _hold(access, person_id)
    person, before = read_stays(access, person_id)
    wrong = find_faults(moved_in_on, left_on, access.today, before)
    wrong += filter(None, (why_not_on(person.died_on, each) for each in (moved_in_on, left_on) if each is not None))
    if kind not in {str(each) for each in StayKind}:
        wrong.insert(0, "Choose the kind of place.")
    if left_for and left_on is None:
        wrong.append("Give the day on which they left, too.")
    wrong += _why_no_destination(left_for)
    if district_id not in access.actor.district_ids:
        wrong.insert(0, "Choose a district that you work in.")
    elif moved_in_on is not None and (why := _why_not_counted(access, district_id, moved_in_on)):
        wrong.insert(0, why)
    if wrong or moved_in_on is None:
        raise Invalid(*wrong)
    stays.add_stay(
        access.session,
        Stay(
            id=access.new_id(), person_id=person_id, district_id=district_id, kind=StayKind(kind), moved_in_on=moved_in_on,
            left_on=left_on, left_for=Destination(left_for) if left_for else None,
            recorded_at=access.now, recorded_by=access.actor.worker_id,
        ),
    )  # fmt: skip


def _why_not_counted(access: Access, district_id: Id, moved_in_on: date) -> str:
    """No figure counts who moved in for a district that had ended by then."""
    found = find_district(access.session, district_id)
    ended = None if found is None else found.valid_to
    if found is None or ended is None or moved_in_on <= ended:
        return ""
    return f"{found.name} ended on {ended.day} {ended:%B %Y}. Choose the district that followed it."


def _why_no_destination(left_for: str) -> list[str]:
    return ["Choose where they went."] if left_for and left_for not in {str(each) for each in Destination} else []


def end_stay(access: Access, person_id: Id, stay_id: Id, left_on: date | None, left_for: str = "") -> None:
    """Say when they left, and where they went. Raises NotFound, Forbidden, Invalid, Failure where that was said already."""
    _hold(access, person_id)
    told, others = _find(access, person_id, stay_id)
    if told.left_on is not None:
        raise Failure(CONFLICTING, "When they left was said already. Load the page again.")
    wrong = (
        ["Give the day on which they left."]
        if left_on is None
        else find_faults(told.moved_in_on, left_on, access.today, others)
    )
    person, _ = read_stays(access, person_id)
    if left_on is not None and (why := why_not_on(person.died_on, left_on)):
        wrong.append(why)
    wrong += _why_no_destination(left_for)
    if wrong or left_on is None:
        raise Invalid(*wrong)
    stays.end_stay(access.session, stay_id, left_on, Destination(left_for) if left_for else None)


def strike_out_stay(access: Access, person_id: Id, stay_id: Id) -> None:
    """It was never so: it counts in no figure, and stays on record. Raises NotFound, Forbidden, Failure."""
    _hold(access, person_id)
    told, _ = _find(access, person_id, stay_id)
    if told.struck_at is not None:
        raise Failure(CONFLICTING, "It was struck out already. Load the page again.")
    stays.strike_out(access.session, stay_id, access.now, access.actor.worker_id)


def _hold(access: Access, person_id: Id) -> None:
    """Nobody else says where they stay until this is kept: a button that is pressed twice counts nobody twice."""
    hold_people(access.session, [person_id])


def _find(access: Access, person_id: Id, stay_id: Id) -> tuple[Stay, list[Stay]]:
    _, every = read_stays(access, person_id)
    found = next((each for each in every if each.id == stay_id), None)
    if found is None:
        raise NotFound
    return found, [each for each in every if each.id != stay_id]
