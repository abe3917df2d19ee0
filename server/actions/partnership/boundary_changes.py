"""Districts end and others begin on a day: planned and shown first, carried out on the day, all at once.

What happened stays where it happened: contacts, stays, minutes and figures keep the district that stood then, and whoever works
for the one that followed reads them under the old name. What is going on moves: cases with all that hangs on them, open reports,
places, teams, workers, seats, conferences to come. Where one district becomes several, each follows its own place.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
import shapely
from sqlalchemy.orm import Session

from server.access import Access
from server.places.districts import Areas
from server.problems import CONFLICTING, Failure, Invalid, NotFound
from server.queries.maps.boundaries import Boundary
from server.queries.partnership import boundary_changes, districts
from server.queries.partnership.boundary_changes import Change, Point
from server.queries.partnership.boundary_customs import count_cold_nights
from server.queries.people.subjects import list_same_person
from shared.model.value import Id, Value
from shared.policy import Act
from shared.rules.wording import say_list

LONGEST_CODE, LONGEST_NAME = 40, 200
EVERY = ""
"""A team or worker of a district that becomes several: works in all of them."""


class Beginning(Value, frozen=True, kw_only=True):
    """A district that begins. Without an outline its ground is that of those that end."""

    code: str
    name: str
    geojson: str = ""


class Plan(Value, frozen=True, kw_only=True):
    """Which districts end, which begin, and in which of them teams and workers work: the code of one, else all."""

    ends: tuple[Id, ...]
    begins: tuple[Beginning, ...]
    works_in: dict[Id, str] = {}


class Shown(Value, frozen=True, kw_only=True):
    """What a plan would do, in sentences; `left` is what somebody has to settle beside it."""

    done: tuple[str, ...]
    left: tuple[str, ...] = ()


# ------------------------------------------------------------------------------------------------------------ planning
def plan_change(access: Access, on_day: date, plan: Plan) -> Change:
    """Keep a plan for a day to come, or for today. Raises Invalid, in words."""
    _require(access, "planned")
    wrong = list(_find_faults(access.session, on_day, plan, access.today))
    if wrong:
        raise Invalid(*wrong)
    change = Change(
        id=access.new_id(), on_day=on_day, plan=msgspec.json.encode(plan).decode(), planned_at=access.now,
        planned_by=access.actor.worker_id,
    )  # fmt: skip
    boundary_changes.add_change(access.session, change)
    return change


def place_staff(access: Access, change_id: Id, works_in: Mapping[Id, str]) -> None:
    """Say where teams and workers work from that day on. Raises NotFound, and Failure once it was carried out or called off."""
    change, plan = _open(access, change_id, "staff")
    codes = {EVERY, *(each.code for each in plan.begins)}
    chosen = {who: code for who, code in works_in.items() if code in codes}
    boundary_changes.set_change(
        access.session, change.id, plan=msgspec.json.encode(msgspec.structs.replace(plan, works_in=chosen)).decode()
    )


def call_off(access: Access, change_id: Id) -> None:
    """It will not come to be. Raises NotFound, Failure."""
    change, _ = _open(access, change_id, "called off")
    boundary_changes.set_change(access.session, change.id, called_off_at=access.now)


def read_plan(change: Change) -> Plan:
    """The plan as it was kept."""
    return msgspec.json.decode(change.plan, type=Plan)


def _open(access: Access, change_id: Id, detail: str) -> tuple[Change, Plan]:
    _require(access, f"{detail} {change_id}")
    change = boundary_changes.lock_change(access.session, change_id)
    if change is None:
        raise NotFound
    if not change.is_waiting:
        raise Failure(CONFLICTING, "This was carried out or called off before. Load the page again.")
    return change, read_plan(change)


def _require(access: Access, detail: str) -> None:
    access.require(Act.MANAGE_DISTRICTS, detail=f"boundaries {detail}"[:200])
    access.require(Act.MANAGE_WORKERS, detail=f"boundaries {detail}"[:200])


def _find_faults(session: Session, on_day: date, plan: Plan, today: date) -> Sequence[str]:
    found = []
    standing = {each.id: each for each in districts.list_districts(session)}
    if on_day < today:
        found.append("Choose today or a day to come.")
    if not plan.ends or any(each not in standing for each in plan.ends):
        found.append("Choose the districts that end.")
    elif any(standing[each].valid_to is not None for each in plan.ends):
        found.append("One of these districts ends already.")
    if not plan.begins:
        found.append("Say which district begins: a code and a name, or a file of outlines.")
    codes = Counter(each.code for each in plan.begins)
    taken = {each.code for each in standing.values() if each.valid_to is None and each.id not in plan.ends}
    found += [f"The code {code} is another district’s." for code in sorted(codes) if codes[code] > 1 or code in taken]
    if any(not each.code.strip() or not each.name.strip() for each in plan.begins):
        found.append("Each district that begins needs a code and a name.")
    if any(len(each.code) > LONGEST_CODE or len(each.name) > LONGEST_NAME for each in plan.begins):
        found.append(f"A code has {LONGEST_CODE} characters or fewer, a name {LONGEST_NAME}.")
    if any("\0" in each.code + each.name for each in plan.begins):
        found.append("A code or a name holds a sign that cannot be kept.")
    if len(plan.begins) > 1 and not all(each.geojson for each in plan.begins):
        found.append("Where several districts begin, each needs its outline: bring them as one GeoJSON file.")
    waiting = [each for each in boundary_changes.list_changes(session) if each.is_waiting]
    if any(set(read_plan(each).ends) & set(plan.ends) for each in waiting):
        found.append("Another plan that waits ends one of these districts.")
    return found


# ------------------------------------------------------------------------------------------------------------- showing
class Going:
    """Where each thing of the districts that end goes: by its place where several begin, else to the one or the first."""

    def __init__(self, session: Session, plan: Plan, ids: Sequence[Id]) -> None:
        self.ids = list(ids)
        outlines = [(each.geojson, to) for each, to in zip(plan.begins, ids, strict=True) if each.geojson]
        boxes = [(*shapely.from_geojson(geojson).bounds, geojson, to) for geojson, to in outlines]
        self._areas = Areas(
            [Boundary(to, geojson, west, south, east, north) for west, south, east, north, geojson, to in boxes]
        )
        self.by_default = 0

    def find(self, point: Point | None) -> Id:
        """Where what lies there goes; without a place, or beyond every outline, the first."""
        found = None
        if len(self.ids) > 1 and point is not None:
            found = self._find_many([point])[0]
        if found is None and len(self.ids) > 1:
            self.by_default += 1
        return found or self.ids[0]

    def _find_many(self, points: Sequence[Point]) -> list[Id | None]:
        latitude, longitude = np.array(points, float).T
        return self._areas.find_many(latitude, longitude)


def show_change(session: Session, change: Change, zone: ZoneInfo) -> Shown:
    """What a plan would do if it were carried out now, or what it did."""
    return msgspec.json.decode(change.told, type=Shown) if change.told else show_plan(session, change, zone)


def show_plan(session: Session, change: Change, zone: ZoneInfo) -> Shown:
    """What the plan would do today, counted: nobody is named to whoever runs the system."""
    plan = read_plan(change)
    names = {each.code: each.name for each in plan.begins}
    going = Going(session, plan, list(names))
    old = {each.id: each.name for each in districts.list_districts(session)}
    ended, begun = say_list(old.get(each, "") for each in plan.ends), say_list(names.values())
    eve = change.on_day - timedelta(days=1)
    ends, begins = ("ends" if len(plan.ends) == 1 else "end"), ("begins" if len(names) == 1 else "begin")
    done = [f"{ended} {ends} with {say_whole_day(eve)}; {begun} {begins} on {say_whole_day(change.on_day)}."]
    moving, doubled = sort_cases(session, plan.ends)
    points = boundary_changes.list_last_points(session, [person_id for _, person_id in moving])
    done += _count("live case", (going.find(points.get(person_id)) for _, person_id in moving), names)
    unplaced = going.by_default
    open_ = boundary_changes.list_open_referrals(session, plan.ends)
    done += _count("open report", (going.find(point) for point in open_.values()), names)
    done += _count("place", map(going.find, boundary_changes.list_sites_in(session, plan.ends).values()), names)
    notices = boundary_changes.list_waiting_notices(session, plan.ends)
    done += _count("waiting notice", (going.ids[0] for _ in notices), names)
    vacancies = boundary_changes.list_open_vacancies(session, plan.ends)
    done += _count("vacancy", (going.ids[0] for _ in vacancies), names)
    is_cold = bool(count_cold_nights(session, plan.ends))
    if is_cold:
        done.append(f"{begun} goes on with the nights of severe weather that are open: beds and telephones.")
    conferences = boundary_changes.list_conferences_to_come(session, plan.ends, begin_of(change.on_day, zone))
    done += _count("conference to come", (going.ids[0] for _ in conferences), names)
    teams = len(boundary_changes.list_teams_in(session, plan.ends))
    staff = len(boundary_changes.list_workers_in(session, plan.ends))
    seated = len(boundary_changes.list_seated(session, plan.ends))
    met = boundary_changes.count_people(session, plan.ends)
    done.append(
        f"Teams that walk there: {teams}. Workers who act there: {staff}. Agencies asked to the table: {seated}."
    )
    done.append("Phones hear of it at their next sync.")
    done.append(
        f"What happened before stays under {ended}, and whoever works for {begun} reads it: {met} people were met there."
    )
    left = []
    if doubled:
        kept = "decided on in both: one case of each stays on its old list until its coordinator closes it"
        left.append(f"{doubled} on the lists of two of these districts, {kept}.")
    if unplaced:
        left.append(f"{unplaced} of these cases are of people met at no known place: they go to {names[going.ids[0]]}.")
    if len(names) > 1 and (notices or vacancies):
        left.append(
            f"Notices and vacancies name no place: {names[going.ids[0]]} sends on, or enters anew, what is another’s."
        )
    if len(names) > 1 and is_cold:
        left.append(
            "Cold nights are open, and stay so in each, with the beds that are told now: say how many each has."
        )
    return Shown(done=tuple(done), left=tuple(left))


def _count(noun: str, to: object, names: Mapping[str, str]) -> list[str]:
    counted = Counter(to)  # type: ignore[call-overload]
    several = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    several = noun.replace(" to come", "s to come") if noun.endswith(" to come") else several
    return [
        f"To {names[code]}: {number} {noun if number == 1 else several}." for code, number in sorted(counted.items())
    ]


def say_whole_day(day: date) -> str:
    """ "1 April 2028"."""
    return f"{day.day} {day:%B %Y}"


def begin_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day."""
    return datetime.combine(day, time(), zone)


def sort_cases(session: Session, ended: Collection[Id]) -> tuple[list[tuple[Id, Id]], int]:
    """The cases that move, (case, person), and how many stay since their person's other case is further on."""
    seen: set[Id] = set()
    moving, doubled = [], 0
    for case_id, person_id, _, _ in boundary_changes.list_live_cases_in(session, ended):
        if person_id in seen:
            doubled += 1
        else:
            seen.update(list_same_person(session, person_id))
            moving.append((case_id, person_id))
    return moving, doubled
