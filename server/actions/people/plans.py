"""A plan that is the person's: goals in their words, steps with who and when, looking at it together, and what was tried to reach
them. What one service wrote another reads while the person agrees (decision 92)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date

import msgspec

from server.access import Access, day_of
from server.actions.people.consents import find_shared_subject
from server.actions.people.pressing import find_pressed
from server.actions.sync.projection.holding import hold_people
from server.database.sql import storable_words
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.cases import case_actions, caseload, cases
from server.queries.cases.case_actions import OwnedAction
from server.queries.cases.caseload import LeadShown
from server.queries.people import people, plans, stays, subjects
from server.queries.people.consents import list_said
from server.queries.people.plans import Row
from shared.model.person import Person
from shared.model.plan import Goal, Review, Step, Try
from shared.model.telling import GoalEnd, Shareable, TryEffect, TryMethod
from shared.model.value import Id, Value
from shared.policy import Act, Subject
from shared.rules.consent import is_shared
from shared.rules.plan import Idea, find_next_review, find_phase_end, list_ideas
from shared.rules.stays import list_moves

PURPOSE = "plan"
LONGEST = 10_000
LONGEST_WHO = 200
FARTHEST_DAYS = 366 * 5
REVIEW_WITHIN_DAYS = 366


class Plan(Value, frozen=True, kw_only=True):
    """One person's plan as its reader may know it. `actions` are what agencies took on at the conference and have not done;
    `review_on` is when they look at it again."""

    person: Person
    is_shared: bool
    goals: tuple[Goal, ...]
    steps: Mapping[Id, tuple[Step, ...]]
    reviews: tuple[Review, ...]
    tries: tuple[Try, ...]
    ideas: tuple[Idea, ...]
    actions: tuple[OwnedAction, ...]
    lead: LeadShown | None
    phase_end: date | None
    review_on: date | None


class Written(Value, frozen=True, kw_only=True):
    """A goal as a form sends it. `version` is the wording that the form showed, 0 for a new goal."""

    words: str
    works: str = ""
    celebration: str = ""
    target_on: date | None = None
    version: int = 0


def read_plan(access: Access, person_id: Id, purpose: str = PURPOSE) -> Plan:
    """The plan. Raises NotFound or Forbidden."""
    subject, same = find_shared_subject(access, person_id)
    own = None if subject is None else msgspec.structs.replace(subject, owner_agency_id=access.actor.agency_id)
    access.require(Act.SEE_PLAN, own, purpose=purpose)
    person = people.find_person(access.session, person_id)
    if person is None or subject is None:
        raise NotFound
    shared, agency_id = access.allows(Act.SEE_PLAN, subject), access.actor.agency_id
    goals = tuple(each for each in plans.list_goals(access.session, same) if shared or each.agency_id == agency_id)
    reviews = tuple(each for each in plans.list_reviews(access.session, same) if shared or each.agency_id == agency_id)
    tries = tuple(each for each in plans.list_tries(access.session, same) if shared or each.agency_id == agency_id)
    steps: dict[Id, tuple[Step, ...]] = {each.id: () for each in goals}
    for step in plans.list_steps(access.session, same):
        if step.goal_id in steps:
            steps[step.goal_id] += (step,)
    lead, actions = _find_case(access, same)
    moves = [each.moved_in_on for each in list_moves(stays.list_stays(access.session, same))]
    phase_end = (
        find_phase_end(lead.lead.phase, day_of(lead.lead.since, access.zone), moves) if lead is not None else None
    )
    return Plan(
        person=person, is_shared=shared, goals=goals, steps=steps, reviews=reviews, tries=tries,
        ideas=tuple(list_ideas(tries, access.zone.key)),
        actions=actions, lead=lead, phase_end=phase_end,
        review_on=find_next_review(reviews, phase_end, access.zone.key) if person.died_on is None else None,
    )  # fmt: skip


def _find_case(access: Access, same: Collection[Id]) -> tuple[LeadShown | None, tuple[OwnedAction, ...]]:
    """Who leads on their case, and what agencies have taken on and not done, for whoever may see them."""
    live = cases.list_live_cases_of(access.session, list(same))
    if not live:
        return None, ()
    ids = [each.id for each in live]
    lead = next(iter(caseload.list_leads(access.session, ids).values()), None)
    owed = [
        each
        for each in case_actions.list_actions(access.session, ids)
        if each.action.done_at is None
        and (
            each.action.agency_id == access.actor.agency_id
            or access.allows(Act.SEE_ACTIONS, subjects.of_district(each.district_id))
        )
    ]
    return lead, tuple(owed)


def list_reached(access: Access, person_id: Id) -> tuple[Goal, ...]:
    """The goals that they reached, the newest first, as the reader may know them. A look at the plan where there is one."""
    subject, same = find_shared_subject(access, person_id)
    own = None if subject is None else msgspec.structs.replace(subject, owner_agency_id=access.actor.agency_id)
    if subject is None or own is None or not access.allows(Act.SEE_PLAN, own):
        return ()
    shared = access.allows(Act.SEE_PLAN, subject)
    found = tuple(
        each
        for each in plans.list_goals(access.session, same)
        if each.ended is GoalEnd.REACHED and (shared or each.agency_id == access.actor.agency_id)
    )
    if found:
        access.require(Act.SEE_PLAN, own, purpose="what helped last time")
    return found


def require_planning(access: Access, person_id: Id) -> Subject:
    """Let the actor through to this person's plan as who writes in it. Raises NotFound or Forbidden."""
    return access.require(Act.CHANGE_PLAN, access.find_person_and_same(person_id)[0], purpose=PURPOSE)


def _hold_for_planning(access: Access, person_id: Id) -> None:
    """Let the actor write in a plan, one at a time. Raises NotFound, Forbidden, or Invalid where nothing is planned any more."""
    require_planning(access, person_id)
    hold_people(access.session, [person_id])
    person = people.find_person(access.session, person_id)
    if person is not None and person.died_on is not None:
        raise Invalid("They have died: their plan stays as it was.")


def set_goal(access: Access, person_id: Id, written: Written, goal_id: Id = "") -> Goal:
    """Keep a goal, or word one anew. Raises NotFound, Forbidden, Invalid, Failure where somebody worded it meanwhile."""
    _hold_for_planning(access, person_id)
    goal = _find_goal(access, person_id, goal_id) if goal_id else None
    wrong = _find_faults(access, written, goal.target_on if goal is not None else None)
    if wrong:
        raise Invalid(*wrong)
    if goal is None:
        blank = Goal(
            id=access.new_id(), person_id=person_id, agency_id=access.actor.agency_id, words="", set_at=access.now,
            set_by=access.actor.worker_id, version=0,
        )  # fmt: skip
        return _add(access, _worded(blank, written), plans.list_goals(access.session, [person_id]), "set_at")
    if goal.version != written.version:
        raise Failure(
            CONFLICTING, f"Meanwhile somebody else wrote “{goal.words}”. Load the page again, then word it anew."
        )
    changed = _worded(goal, written)
    plans.change(access.session, changed)
    return changed


def _worded(goal: Goal, written: Written) -> Goal:
    return msgspec.structs.replace(
        goal, version=goal.version + 1, words=storable_words(written.words), works=storable_words(written.works),
        celebration=storable_words(written.celebration), target_on=written.target_on,
    )  # fmt: skip


def end_goal(access: Access, person_id: Id, goal_id: Id, ended: str, words: str) -> None:
    """It was reached, or the person let it go. Raises NotFound, Forbidden, Invalid, Failure where it ended before."""
    _hold_for_planning(access, person_id)
    goal = _find_goal(access, person_id, goal_id)
    if ended not in {str(each) for each in GoalEnd}:
        raise Invalid("Choose whether it was reached or let go.")
    if len(storable_words(words)) > LONGEST:
        raise Invalid("Use 10,000 characters or fewer.")
    over = msgspec.structs.replace(
        goal,
        ended=GoalEnd(ended),
        ended_at=access.now,
        ended_by=access.actor.worker_id,
        ended_words=storable_words(words),
    )
    plans.change(access.session, over)


def add_step(access: Access, person_id: Id, goal_id: Id, text: str, who: str, due_on: date | None) -> Step:
    """Keep a step towards a goal. Raises NotFound, Forbidden, Invalid."""
    _hold_for_planning(access, person_id)
    goal = _find_goal(access, person_id, goal_id)
    wrong = [] if storable_words(text) else ["Write the step."]
    if len(storable_words(text)) > LONGEST or len(storable_words(who)) > LONGEST_WHO:
        wrong.append("Use fewer words.")
    wrong += _find_wrong_day(access, due_on)
    if wrong:
        raise Invalid(*wrong)
    step = Step(
        id=access.new_id(), goal_id=goal.id, person_id=person_id, text=storable_words(text), who=storable_words(who),
        due_on=due_on, added_at=access.now, added_by=access.actor.worker_id,
    )  # fmt: skip
    return _add(access, step, plans.list_steps(access.session, [person_id]), "added_at")


def mark_step(access: Access, person_id: Id, step_id: Id, done: bool) -> None:
    """It is done, or not after all. Raises NotFound, Forbidden; said twice it changes nothing."""
    _hold_for_planning(access, person_id)
    plan = read_plan(access, person_id)
    step = next((each for steps in plan.steps.values() for each in steps if each.id == step_id), None)
    if step is None:
        raise NotFound
    if (step.done_at is not None) != done:
        at, by = (access.now, access.actor.worker_id) if done else (None, None)
        plans.change(access.session, msgspec.structs.replace(step, done_at=at, done_by=by))


def review_plan(access: Access, person_id: Id, words: str, next_on: date | None) -> None:
    """Keep that they looked at it together. Raises NotFound, Forbidden, Invalid."""
    _hold_for_planning(access, person_id)
    wrong = [] if storable_words(words) else ["Write what they say of it, in their words."]
    if len(storable_words(words)) > LONGEST:
        wrong.append("Use 10,000 characters or fewer.")
    if next_on is None or not 0 < (next_on - access.today).days <= REVIEW_WITHIN_DAYS:
        wrong.append("Give the day on which you look at it again, within a year.")
    if wrong or next_on is None:
        raise Invalid(*wrong)
    review = Review(
        id=access.new_id(), person_id=person_id, agency_id=access.actor.agency_id, at=access.now,
        worker_id=access.actor.worker_id, words=storable_words(words), next_on=next_on,
    )  # fmt: skip
    _add(access, review, plans.list_reviews(access.session, [person_id]), "at")


def log_try(access: Access, person_id: Id, method: str, effect: str, words: str) -> None:
    """Keep that somebody tried to reach them, and what came of it. Raises NotFound, Forbidden, Invalid."""
    _hold_for_planning(access, person_id)
    wrong = []
    if method not in {str(each) for each in TryMethod}:
        wrong.append("Choose what was tried.")
    if effect not in {str(each) for each in TryEffect}:
        wrong.append("Choose what came of it.")
    if len(storable_words(words)) > LONGEST:
        wrong.append("Use 10,000 characters or fewer.")
    if wrong:
        raise Invalid(*wrong)
    tried = Try(
        id=access.new_id(), person_id=person_id, agency_id=access.actor.agency_id, at=access.now,
        worker_id=access.actor.worker_id, method=TryMethod(method), effect=TryEffect(effect), words=storable_words(words),
    )  # fmt: skip
    _add(access, tried, plans.list_tries(access.session, [person_id]), "at")


def _add(access: Access, new: Row, before: Iterable[Row], moment: str) -> Row:
    """Keep it, unless the same worker kept the very same a moment ago: a button that is pressed twice says nothing twice."""
    pressed = find_pressed(before, new, moment)
    if pressed is None:
        plans.add(access.session, new)
    return pressed or new


class Reaching(Value, frozen=True, kw_only=True):
    """What a meeting hears of reaching somebody: the best way in words, and what was tried."""

    best_way: str = ""
    ideas: tuple[Idea, ...] = ()


def list_reaching(access: Access, person_ids: Collection[Id]) -> dict[Id, Reaching]:
    """For people whom a meeting speaks of and the reader's organisation may see: ideas for engaging. Of other services' tries
    only while the person agrees. Call it with those alone whom the paper of this organisation names."""
    found: dict[Id, Reaching] = {}
    own = access.actor.agency_id
    tried = plans.list_tries_of(access.session, person_ids)
    for person in people.list_people(access.session, person_ids):
        tries = tried.get(person.id, [])
        shared = any(each.agency_id != own for each in tries) and _is_shared(access, person.id)
        readable = [each for each in tries if shared or each.agency_id == own]
        found[person.id] = Reaching(best_way=person.best_way, ideas=tuple(list_ideas(readable, access.zone.key)))
    return found


def _is_shared(access: Access, person_id: Id) -> bool:
    said = list_said(access.session, subjects.list_same_person(access.session, person_id))
    return is_shared(said, Shareable.PLAN, access.actor.agency_id, access.today)


def _find_goal(access: Access, person_id: Id, goal_id: Id) -> Goal:
    """A goal that stands and that the actor reads. Raises NotFound, Failure."""
    goal = next((each for each in read_plan(access, person_id).goals if each.id == goal_id), None)
    if goal is None:
        raise NotFound
    if goal.ended is not None:
        raise Failure(CONFLICTING, "This goal has ended. Load the page again.")
    return goal


def _find_faults(access: Access, written: Written, target_before: date | None) -> list[str]:
    wrong = [] if storable_words(written.words) else ["Write the goal, in their words."]
    if max(len(storable_words(each)) for each in (written.words, written.works, written.celebration)) > LONGEST:
        wrong.append("Use 10,000 characters or fewer.")
    # A day that has passed may stand: whoever words a goal anew says nothing of it.
    return wrong + ([] if written.target_on == target_before else _find_wrong_day(access, written.target_on))


def _find_wrong_day(access: Access, day: date | None) -> list[str]:
    if day is None or 0 <= (day - access.today).days <= FARTHEST_DAYS:
        return []
    return ["Give a day that is still to come, within five years."]
