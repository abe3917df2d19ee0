"""Carrying a change of boundaries out: the districts end and begin, and what is going on moves, in one transaction."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import shapely
from sqlalchemy.orm import Session

from server.access import Access
from server.actions.cases.machine import Step, move_case
from server.actions.operation.enrolment import make_config
from server.actions.operation.orders import order_placing
from server.actions.partnership.boundary_changes import (
    EVERY,
    Going,
    begin_of,
    read_plan,
    say_whole_day,
    show_plan,
    sort_cases,
)
from server.actions.sync.projection.verification import derive_verification
from server.database.engine import Database
from server.database.locks import lock_records
from server.problems import CONFLICTING, Failure, NotFound
from server.queries.cases import case_moves, cases
from server.queries.maps.boundaries import Boundary, list_boundaries, save_boundary
from server.queries.operation import audit, devices
from server.queries.operation.audit import AuditLine
from server.queries.partnership import agencies, boundary_changes, districts
from server.queries.partnership.boundary_changes import Change
from server.queries.partnership.boundary_customs import carry_over
from server.queries.people.rebuilding import renew_districts
from server.queries.people.subjects import list_same_person
from server.queries.street.looks import rebuild_looks
from server.queries.sync.store import find_scopes, place_entity, set_config
from server.settings import Settings
from server.tables.conferences.conference import case_conference
from server.tables.maps.snapshot import snapshot
from server.tables.people.offer import offer, vacancy
from server.tables.referrals.imports import import_batch
from server.tables.referrals.notice import notice
from server.tables.referrals.referral import referral
from server.tables.street.contact import contact
from server.tables.street.shift import visit
from server.tables.street.site import site
from shared.model.case import CaseMove
from shared.model.codes import CaseStep
from shared.model.district import District
from shared.model.value import Id
from shared.policy import Act, SubjectKind
from shared.rules.wording import say_list


class Mover:
    """Carries a plan out, in one transaction."""

    def __init__(
        self, session: Session, change: Change, settings: Settings, now: datetime, new_id: Callable[[], Id]
    ) -> None:
        self._session, self._change, self._settings = session, change, settings
        self._now, self._new_id = now, new_id
        self._plan = read_plan(change)
        self._zone = ZoneInfo(settings.timezone)

    def carry_out(self) -> None:
        """Let the districts end and begin, and everything move. Raises Failure where the plan fits no longer."""
        session, change, plan = self._session, self._change, self._plan
        told = show_plan(session, change, self._zone)
        ids = self._begin_districts()
        going = Going(session, plan, ids)
        self._move_cases(going)
        self._move_things(going)
        self._move_staff(dict(zip((each.code for each in plan.begins), ids, strict=True)))
        self._move_conferences(going)
        carry_over(session, plan.ends, ids, self._now, change.planned_by, self._new_id)
        boundary_changes.set_change(session, change.id, applied_at=self._now, told=msgspec.json.encode(told).decode())
        audit.add_lines(session, [self._line(change.id, "boundaries carried out", SubjectKind.DISTRICT)])

    def _begin_districts(self) -> list[Id]:
        session, plan, change = self._session, self._plan, self._change
        standing = {each.id: each for each in districts.list_districts(session)}
        if any(each not in standing or standing[each].valid_to is not None for each in plan.ends):
            raise Failure(CONFLICTING, "One of these districts has ended since. Call this plan off, and make another.")
        kept = {each.code for each in standing.values() if each.valid_to is None and each.id not in plan.ends}
        if kept & {each.code for each in plan.begins}:
            raise Failure(
                CONFLICTING, "Another district has one of these codes since. Call this plan off, and make another."
            )
        first = standing[plan.ends[0]]
        ids = [self._new_id() for _ in plan.begins]
        for new_id, each in zip(ids, plan.begins, strict=True):
            new = District(
                id=new_id, code=each.code, name=each.name, valid_from=change.on_day, verified_only=first.verified_only,
                answer_days=first.answer_days,
            )  # fmt: skip
            districts.add_district(session, new)
            outline = each.geojson or self._join_outlines()
            if outline:
                west, south, east, north = shapely.from_geojson(outline).bounds
                save_boundary(
                    session, Boundary(new_id, outline, west, south, east, north, "boundary change"), self._now
                )
        for each_id in plan.ends:
            boundary_changes.end_district(session, each_id, change.on_day - timedelta(days=1))
        boundary_changes.follow(session, plan.ends, ids, change.on_day)
        return ids

    def _join_outlines(self) -> str:
        """The outlines of those that end as one; empty where one of them is known by its postcodes alone."""
        drawn = {each.district_id: each.geojson for each in list_boundaries(self._session)}
        if any(each not in drawn for each in self._plan.ends):
            return ""
        return str(
            shapely.to_geojson(shapely.union_all([shapely.from_geojson(drawn[each]) for each in self._plan.ends]))
        )

    def _move_cases(self, going: Going) -> None:
        session = self._session
        moving, _ = sort_cases(session, self._plan.ends)
        lock_records(session, [person_id for _, person_id in moving])
        points = boundary_changes.list_last_points(session, [person_id for _, person_id in moving])
        reason = self._reason()
        for case_id, person_id in moving:
            to = going.find(points.get(person_id))
            before = cases.get_case(session, case_id).district_id
            move = CaseMove(
                id=self._new_id(),
                case_id=case_id,
                from_district_id=before,
                to_district_id=to,
                at=self._now,
                reason=reason,
            )
            step = Step(step=CaseStep.MOVED, at=self._now, reason=reason)
            move_case(session, case_id, step, self._new_id, district_id=to)
            case_moves.add_move(session, move)
            case_moves.forget_told(session, case_id, to)

    def _reason(self) -> str:
        names = {each.id: each.name for each in districts.list_districts(self._session)}
        ended = say_list(names[each] for each in self._plan.ends)
        return f"{ended} became {say_list(each.name for each in self._plan.begins)} on {say_whole_day(self._change.on_day)}"

    def _move_things(self, going: Going) -> None:
        """Open reports, waiting notices, vacancies, offers, snapshot nights to come, places, and what was recorded late of nights
        since."""
        session, ends, day = self._session, self._plan.ends, self._change.on_day
        visited = boundary_changes.list_points_since(session, visit, ends, day)
        for table, waiting in (
            (notice, boundary_changes.list_waiting_notices(session, ends)),
            (vacancy, boundary_changes.list_open_vacancies(session, ends)),
            (import_batch, boundary_changes.list_files_of_notices(session, ends)),
        ):
            boundary_changes.set_district(session, table, dict.fromkeys(waiting, going.ids[0]))
        self._move_offers(going)
        for table, found in (
            (referral, boundary_changes.list_open_referrals(session, ends)),
            (site, boundary_changes.list_sites_in(session, ends)),
            (visit, visited),
        ):
            boundary_changes.set_district(session, table, {each: going.find(point) for each, point in found.items()})
        plans = boundary_changes.list_snapshots_to_come(session, ends, day)
        boundary_changes.set_district(session, snapshot, dict.fromkeys(plans, going.ids[0]))
        late = boundary_changes.list_points_since(session, contact, ends, day)
        boundary_changes.place_contacts(session, {each: going.find(point) for each, point in late.items()})
        met = boundary_changes.list_met_at(session, late)
        lock_records(session, met)
        renew_districts(session, met)
        derive_verification(session, met, met, self._now, self._new_id, self._settings.timezone)
        if late or visited:
            rebuild_looks(session)

    def _move_offers(self, going: Going) -> None:
        """Where somebody moves in by an offer counts for the district that stands then: a place goes where the list of places
        went, any other offer where its person is met."""
        offered = boundary_changes.list_open_offers(self._session, self._plan.ends)
        points = boundary_changes.list_last_points(self._session, [person_id for _, person_id, _ in offered])
        moved = {
            each: going.ids[0] if is_listed else going.find(points.get(person_id))
            for each, person_id, is_listed in offered
        }
        boundary_changes.set_district(self._session, offer, moved)

    def _move_staff(self, ids: Mapping[str, Id]) -> None:
        """Nothing of it stands in the ledger: a database put back to before that day knows none of the new districts, lets
        everybody work where they did, and carries the plan out again."""
        session, plan = self._session, self._plan
        teams = boundary_changes.list_teams_in(session, plan.ends)
        for team_id in teams:
            team = agencies.find_team(session, team_id)
            kept = [each for each in (team.district_ids if team else ()) if each not in plan.ends]
            walked = [*kept, *self._works_in(team_id, ids)]
            agencies.set_team_districts(session, team_id, walked)
        for worker_id in boundary_changes.list_workers_in(session, plan.ends):
            boundary_changes.replace_worker_districts(session, worker_id, plan.ends, self._works_in(worker_id, ids))
        seated = boundary_changes.list_seated(session, plan.ends)
        for district_id in ids.values():
            boundary_changes.seat_agencies(session, district_id, seated, self._now)
        self._tell_phones(teams)
        self._place_people(ids.values())

    def _works_in(self, who: Id, ids: Mapping[str, Id]) -> list[Id]:
        code = self._plan.works_in.get(who, EVERY)
        return [ids[code]] if code in ids else list(ids.values())

    def _tell_phones(self, team_ids: Collection[Id]) -> None:
        """Each phone hears where its team walks now."""
        now_ms = int(self._now.timestamp() * 1000)
        for number in boundary_changes.list_phones_of(self._session, team_ids):
            enrolment = devices.find_enrolment(self._session, number)
            if enrolment is not None:
                config = msgspec.json.encode(make_config(self._session, enrolment, self._settings))
                set_config(self._session, number, self._new_id(), config, now_ms)

    def _place_people(self, district_ids: Collection[Id]) -> None:
        """Who is on a new list is heard by the teams that walk there, beside those that met them lately."""
        session = self._session
        today = self._now.astimezone(self._zone).date()
        for district_id in district_ids:
            walking = {team.id for team in agencies.list_teams_of_district(session, district_id)}
            for _, person_id, _, _ in boundary_changes.list_live_cases_in(session, [district_id]):
                same = list_same_person(session, person_id)
                wanted = {f"team:{each}" for each in walking | set(case_moves.list_teams_met(session, same, today))}
                for each in same if walking else ():
                    if find_scopes(session, each) != wanted:
                        order_placing(session, each, wanted, self._now, self._new_id())
                        place_entity(session, each, wanted)

    def _move_conferences(self, going: Going) -> None:
        begins = begin_of(self._change.on_day, self._zone)
        conferences = boundary_changes.list_conferences_to_come(self._session, self._plan.ends, begins)
        boundary_changes.set_district(self._session, case_conference, dict.fromkeys(conferences, going.ids[0]))
        boundary_changes.take_strangers_off(self._session, conferences, self._now, self._reason())

    def _line(self, subject_id: Id, detail: str, kind: SubjectKind) -> AuditLine:
        return AuditLine(
            id=self._new_id(), at=self._now, actor_id=self._change.planned_by, action=str(Act.MANAGE_DISTRICTS),
            subject_kind=str(kind), subject_id=subject_id, detail=detail,
        )  # fmt: skip


def carry_out(access: Access, change_id: Id, settings: Settings) -> None:
    """Carry a plan out whose day has come, without waiting for the night's job; twice, it is done once.

    Raises NotFound, Failure.
    """
    access.require(Act.MANAGE_DISTRICTS, detail=f"boundaries carried out {change_id}")
    access.require(Act.MANAGE_WORKERS, detail=f"boundaries carried out {change_id}")
    change = boundary_changes.lock_change(access.session, change_id)
    if change is None:
        raise NotFound
    if change.is_waiting and change.on_day > access.today:
        raise Failure(CONFLICTING, "Its day has not come yet.")
    if change.is_waiting:
        Mover(access.session, change, settings, access.now, access.new_id).carry_out()


def carry_out_due(database: Database, settings: Settings, now: datetime, new_id: Callable[[], Id]) -> int:
    """Carry out what is planned for today or was for a day without a server; returns how many plans that were.

    Each in a transaction of its own: one that fits no longer keeps no other district waiting. Raises Failure, of the first such
    one, once the others are carried out.
    """
    today = now.astimezone(ZoneInfo(settings.timezone)).date()
    with database.reading() as session:
        waiting = [each for each in boundary_changes.list_changes(session) if each.is_waiting and each.on_day <= today]
    done, wrong = 0, None
    for each in sorted(waiting, key=lambda change: (change.on_day, change.planned_at)):
        try:
            with database.writing() as session:
                change = boundary_changes.lock_change(session, each.id)
                if change is not None and change.is_waiting:
                    Mover(session, change, settings, now, new_id).carry_out()
                    done += 1
        except Failure as failure:
            wrong = wrong or failure
    if wrong is not None:
        raise wrong
    return done
