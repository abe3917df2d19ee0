"""Handing a case over to the district where the person beds down: whole, with its reviews, MDT numbers and actions.

What moves by rule is in `server.actions.cases.arrivals`.
"""

from server.access import Access
from server.actions.cases.letters import tell_new_district
from server.actions.cases.machine import Step, move_case
from server.actions.conferences.conferences import take_off_agendas
from server.actions.operation.orders import order_placing
from server.database.locks import lock_records
from server.problems import Invalid, NotFound, uncut
from server.queries.cases import case_moves, cases, priorities
from server.queries.cases.case_moves import Told
from server.queries.partnership import agencies, districts
from server.queries.people import subjects
from server.queries.sync.store import find_scopes, place_entity
from shared.model.case import Case, CaseMove
from shared.model.codes import CaseStep
from shared.model.value import Id
from shared.policy import Act

LONGEST_REASON = 2_000


def hand_over(access: Access, case_id: Id, to_district_id: Id, reason: str) -> Case:
    """Give a live case to another district, with a reason that both keep; returns it as it is now.

    It keeps its state, MDT number, reviews, actions and lead; it leaves the agendas of conferences to come and any place
    that its coordinator gave it. The phones of the teams that walk the new district carry the person from now on, beside
    those of teams that met them in the last four weeks, and no others.

    Raises NotFound or Forbidden for a case that is not the actor's, Invalid where it cannot go there now.
    """
    access.require(Act.CHANGE_CASE, subjects.find_case(access.session, case_id), purpose="hand over")
    lock_records(access.session, [f"hand over {case_id}"])  # of two presses at one moment the second finds it gone
    case = cases.find_case(access.session, case_id)
    if case is None:
        raise NotFound
    same = subjects.list_same_person(access.session, case.person_id)
    _check_may_go(access, case, same, to_district_id)
    now = subjects.find_case(access.session, case_id)
    if now is None or not access.allows(Act.CHANGE_CASE, now):
        raise Invalid("Somebody has handed this case over meanwhile.")
    move = CaseMove(
        id=access.new_id(),
        case_id=case_id,
        from_district_id=case.district_id,
        to_district_id=to_district_id,
        at=access.now,
        worker_id=access.actor.worker_id,
        reason=_say(reason),
    )
    take_off_agendas(access, same)
    priorities.lift_overrides(access.session, case_id, access.now, access.actor.worker_id)
    step = Step(step=CaseStep.MOVED, at=access.now, worker_id=access.actor.worker_id, reason=move.reason)
    move_case(access.session, case_id, step, access.new_id, district_id=to_district_id)
    case_moves.add_move(access.session, move)
    _tell(access, move, same)
    tell_new_district(access, move, case.person_id)
    _place(access, same, to_district_id)
    return cases.get_case(access.session, case_id)


def _check_may_go(access: Access, case: Case, same: list[Id], to_district_id: Id) -> None:
    there = districts.find_district(access.session, to_district_id)
    is_over = there is not None and there.valid_to is not None and there.valid_to < access.today
    if there is None or is_over or to_district_id == case.district_id:
        raise Invalid("Choose the district that the case goes to.")
    if case.state not in cases.LIVE:
        raise Invalid("This case has ended. The other district puts the person on its list anew.")
    if any(each.district_id == to_district_id for each in cases.list_live_cases_of(access.session, same)):
        raise Invalid(f"{there.name} has this person on its list already. Close this case instead.")
    if case_moves.find_discussion(access.session, case.id) is not None:
        raise Invalid("This case is being discussed at a conference that has not ended. Finish the conference first.")


def _say(reason: str) -> str:
    words = uncut(reason, LONGEST_REASON)
    if not words:
        raise Invalid("Say why, in a few words: the other district reads it first.")
    return words


def _tell(access: Access, move: CaseMove, same: list[Id]) -> None:
    """The old district goes on being told whose list the person is on; the new one need not be."""
    case_moves.forget_told(access.session, move.case_id, move.to_district_id)
    slept = case_moves.list_slept(access.session, {move.case_id: same}, access.today)[move.case_id]
    nights = next((each.nights for each in slept if each.district_id == move.from_district_id), 0)
    told = Told(
        case_id=move.case_id,
        district_id=move.from_district_id,
        nights=nights,
        last_night=access.today,
        told_at=access.now,
    )
    case_moves.tell_districts(access.session, [told])


def _place(access: Access, same: list[Id], district_id: Id) -> None:
    """The sync scopes follow: every record of the person, past included, is heard where it is needed now."""
    walking = {team.id for team in agencies.list_teams_of_district(access.session, district_id)}
    wanted = {f"team:{each}" for each in walking | set(case_moves.list_teams_met(access.session, same, access.today))}
    for person_id in same if walking else ():
        if find_scopes(access.session, person_id) != wanted:
            order_placing(access.session, person_id, wanted, access.now, access.new_id())
            place_entity(access.session, person_id, wanted)
